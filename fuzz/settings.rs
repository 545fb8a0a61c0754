// What the fuzz target does with what a participant may write at their site: its local.json. An ordinary test includes this file
// as well.

use std::fs;

use site::state::{DataDir, Items, LocalConfig};
use tempfile::TempDir;

thread_local! {
    /// Tests that run side by side write their own.
    static DIR: TempDir = tempfile::tempdir().expect("a directory");
}

/// Such a file with everything in it.
pub const GENUINE: &str = r#"{
  "format": 1,
  "listeners": [{"id": "00000000-0000-0000-0000-000000000001", "address": "web", "bind": "127.0.0.1:8080"}],
  "connectors": [{"id": "00000000-0000-0000-0000-000000000002", "address": "till.api", "target": "db.example.com:5432"}],
  "adapted_listeners": {"00000000-0000-0000-0000-000000000003": "[::1]:80"},
  "adapted_connectors": {"00000000-0000-0000-0000-000000000004": "10.0.0.1:443"},
  "prefer": "r1.example.com:5671",
  "proxy": {"proxy": "http://proxy.example.com:3128", "no_proxy": "10.0.0.0/8"}
}"#;

/// Reads bytes as such a file: they are refused, or mean the same when they are written again.
pub fn local(bytes: &[u8]) -> Option<LocalConfig> {
    let config = DIR.with(|dir| {
        fs::write(dir.path().join("local.json"), bytes).expect("writes");
        DataDir::new(dir.path()).local().ok()
    })?;
    let written = serde_json::to_string(&config).expect("it has a JSON form");
    assert_eq!(serde_json::from_str::<LocalConfig>(&written).as_ref().ok(), Some(&config), "{written}");
    let items = Items::default();
    assert_eq!(config.effective_listeners(&items), config.listeners);
    assert_eq!(config.effective_connectors(&items), config.connectors);
    Some(config)
}
