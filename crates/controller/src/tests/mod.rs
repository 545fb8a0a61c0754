//! The controller over a real database, and with real routers and sites.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod claims;
mod evictions;
mod fixture;
mod hostile;
mod meetings;
mod networks;
mod replicas;
mod rotation;
mod sessions;
mod trust;
mod whole;
