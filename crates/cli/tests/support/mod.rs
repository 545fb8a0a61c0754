//! `skx` with a controller in a process of its own.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use testkit::{installation::free_address, postgres, process::eventually};

/// A controller, and a home in which `skx login` has stored how to reach it.
pub(crate) struct Service {
    process: Child,
    pub(crate) home: tempfile::TempDir,
    _database: postgres::TestDatabase,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let database = postgres::database().await;
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("controller");
        let listen = free_address().unwrap().to_string();
        let arguments = ["controller", "--data-dir", data.to_str().unwrap(), "--listen", &listen];
        let process = skx(home.path(), &arguments).env("SKX_DATABASE_URL", &database.url).spawn().unwrap();
        let service = Self { process, home, _database: database };
        let (ca, token) = (data.join("ca.crt"), data.join("admin.token"));
        let server = format!("https://{listen}");
        let login = ["login", &server, "--ca", ca.to_str().unwrap(), "--token-file", token.to_str().unwrap()];
        eventually("the controller answers", async || {
            skx(service.home.path(), &login).output().unwrap().status.success().then_some(())
        })
        .await
        .unwrap();
        service
    }

    /// Runs it in the examples, expects this exit code, and returns what it printed and what it said.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32, args: &[&str]) -> (String, String) {
        exits(self.home.path(), code, args)
    }

    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.exits(0, &[args, &["-o", "json"]].concat()).0).unwrap()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn skx(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skx"));
    command.args(args).env_clear().env("XDG_CONFIG_HOME", home).stdin(Stdio::null());
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"));
    command
}

#[track_caller]
pub(crate) fn exits(home: &Path, code: i32, args: &[&str]) -> (String, String) {
    let output = skx(home, args).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "skx {args:?}\n{out}{err}");
    (out, err)
}
