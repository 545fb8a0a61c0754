//! Slips of the pen: what is wrong where it is plain what was meant.
//!
//! A document is no less wrong for it. But with its slips put right the rest of it can be judged, so that its author is told
//! everything at once.

use serde_json::Value;

use crate::{diagnostic::Code, findings::Finding};

/// The document with every slip put right: a key or value that is nearly a valid one is read as that one, and a key that is
/// nothing like any is left out. What else is wrong stays.
pub(super) fn put_right(document: &Value, findings: &[Finding]) -> Value {
    let mut document = document.clone();
    // The innermost first: a key that is put right is on the way to what is within it.
    let mut innermost: Vec<&Finding> = findings.iter().collect();
    innermost.sort_by_key(|finding| std::cmp::Reverse(finding.path.len()));
    for finding in innermost {
        let path: String =
            finding.path.iter().map(|p| format!("/{}", p.replace('~', "~0").replace('/', "~1"))).collect();
        let Some(place) = document.pointer_mut(&path) else { continue };
        match (&finding.code, &finding.key, &finding.nearest, place) {
            (Code::UnknownKey, Some(key), nearest, Value::Object(map)) => {
                let value = map.remove(key);
                if let (Some(nearest), Some(value)) = (nearest, value) {
                    map.entry(nearest.clone()).or_insert(value);
                }
            }
            (Code::InvalidValue, None, Some(nearest), place @ Value::String(_)) => *place = nearest.clone().into(),
            (Code::WrongType, None, Some(nearest), place) => {
                if let Ok(boolean) = nearest.parse() {
                    *place = Value::Bool(boolean);
                }
            }
            _ => {}
        }
    }
    document
}
