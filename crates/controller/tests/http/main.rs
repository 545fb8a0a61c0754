//! The HTTP API of a real controller, over TLS, on real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod apply;
mod audit;
mod backbones;
mod changes;
mod conditions;
mod crowd;
mod deployments;
mod figures;
mod fixture;
mod input;
mod inside;
mod library;
mod lists;
mod objects;
mod outages;
mod owners;
mod permissions;
mod personas;
mod queries;
mod sign_in;
mod sites;
mod tokens;
