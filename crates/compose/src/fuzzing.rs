//! For fuzzing: what is private, made reachable. Nothing else may use it.

use serde_json::{Map, Value};

use crate::expression::{Context, references_of};

/// The value of a text with expressions that see these roots, or why it has none. What it refers to is found out on the way.
pub fn evaluate(text: &str, roots: &Map<String, Value>) -> Result<Value, String> {
    let references = references_of(text).map_err(|error| error.message)?;
    assert!(references.iter().all(|r| !r.is_empty()), "a reference has a name");
    Context::new(roots).evaluate(text).map_err(|error| error.message)
}
