use serde::{Deserialize, Serialize};

/// How many objects a page has unless the request says otherwise.
pub const DEFAULT_LIMIT: u16 = 100;
/// The most objects a page can have.
pub const MAX_LIMIT: u16 = 500;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The objects.
    pub items: Vec<T>,
    /// The cursor of the next page, to be sent as `cursor`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
