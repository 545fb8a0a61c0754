//! The HTTP API of a real controller, over TLS, on real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests")]

mod apply;
mod backbones;
mod changes;
mod crowd;
mod figures;
mod fixture;
mod input;
mod library;
mod lists;
mod objects;
mod outages;
mod sign_in;
mod sites;
