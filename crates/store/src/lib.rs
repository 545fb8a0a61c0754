//! The store: everything an installation knows, in PostgreSQL.
//!
//! Reads take `&Store`, `&mut Tx` or `&mut Snapshot`. Changes take a [`Tx`], and each records the event that tells of
//! it: an object cannot change without a line in the audit chain and a wake-up of the [`feed`]. What passes (liveness,
//! leases, idempotency keys) records nothing.

pub mod access_point;
pub mod address_policy;
pub mod api_token;
pub mod assignment;
pub mod authority;
pub mod backbone;
pub mod backbone_site;
pub mod causes;
pub mod certificate;
pub mod chain;
pub mod class;
pub mod connector;
pub mod cut;
pub mod denial;
pub mod deployment;
pub mod dump;
pub mod event;
pub mod feed;
pub mod flow;
pub mod grant;
pub mod group;
pub mod idempotency;
pub mod inputs;
pub mod installation;
pub mod invitation;
pub mod lease;
pub mod library;
pub mod link;
pub mod listener;
pub mod listing;
pub mod manifest_set;
pub mod member;
pub mod names;
pub mod network;
pub mod page;
pub mod private;
pub mod quota;
pub mod redemption;
pub mod release;
pub mod replica;
pub mod sealed;
pub mod secret;
pub mod setup;
pub mod sign_in;
pub mod status;
pub mod subject;
pub mod trust;
pub mod waiting_room;

mod db;
mod error;
mod sql;
mod whole;

pub use db::{Context, Db, Snapshot, Store, Tx};
pub use error::{StoreError, UnknownWord};
pub use page::{Cursor, Items, Page};
pub use whole::Whole;

/// A store operation's error, under the name other crates use next to their own.
pub type Error = StoreError;
