//! What an eviction answers: which routers enforce it already.

use model::{BackboneSiteId, Name};

/// How far an eviction has come. It is committed in any case: a router that has not acknowledged it admits nobody once
/// its trust document has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// The version of the trust document that carries the denial.
    pub trust_version: u64,
    /// Whether every router has acknowledged.
    pub complete: bool,
    /// The deployed routers of the backbone.
    pub routers: Vec<Acknowledgement>,
}

/// Whether a router enforces a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The relay site.
    pub site: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// Whether it says that this version, or a later one, is in force there.
    pub acknowledged: bool,
}
