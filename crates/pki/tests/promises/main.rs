//! What this crate promises, tried from outside, mostly by those who would like it broken.
#![expect(clippy::unwrap_used, reason = "tests")]

mod authority;
mod chain;
mod hostile;
mod issuer;
mod issuers;
mod limits;
mod renewal;
mod ticket;
mod tls;
mod trust;
mod verify;
mod world;
