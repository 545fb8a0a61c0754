// What the fuzz target does with a manifest. An ordinary test includes this file as well.

use api::Authored;
use serde_json::Value;

/// Reads a manifest: what it asks for is written as a manifest that asks for the same; of any other it is said what is wrong.
pub fn manifest(text: &str) {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    match Authored::read(&value) {
        Ok(authored) => {
            let written = serde_json::to_value(authored.manifest()).expect("a manifest is JSON");
            assert_eq!(Authored::read(&written), Ok(authored), "{written}");
        }
        Err(faults) => assert!(!faults.is_empty(), "what is wrong is said"),
    }
}
