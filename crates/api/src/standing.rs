//! Where an object stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// Where an object stands, since when, why, and what would move it: the same four things of every object, in words for
/// whoever has to do something about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "state": "open",
    "since": "2027-01-31T09:00:00Z",
    "why": "its start has come",
    "next": "it ends 2027-02-28T18:00:00Z, unless that is moved"
}))]
pub struct Standing {
    /// Where it stands, in a word.
    pub state: String,
    /// Since when it stands there.
    #[schema(schema_with = schema::time)]
    pub since: Timestamp,
    /// Why it stands there.
    pub why: String,
    /// What moves it next, or would.
    pub next: String,
}
