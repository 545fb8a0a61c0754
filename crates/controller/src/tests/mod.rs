//! The controller over a real database, and with real routers and sites.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod audit;
mod authority;
mod backup;
mod boundaries;
mod claims;
mod clocks;
mod deployments;
mod evictions;
mod findings;
mod fixture;
mod hostile;
mod logs;
mod meetings;
mod networks;
mod replicas;
mod revocation_list;
mod rotation;
mod sessions;
mod setup_links;
mod sign_ins;
mod standing;
mod time;
mod trust;
mod upgrade;
mod whole;
