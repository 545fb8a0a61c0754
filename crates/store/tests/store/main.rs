//! The store's promises, against a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod chain;
mod deployments;
mod feed;
mod gate;
mod interleavings;
mod library;
mod listing;
mod outage;
mod private;
mod redemption;
mod repositories;
mod running;
mod support;
mod trust;
mod waiting_room;
mod whole;
