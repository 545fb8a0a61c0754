//! What sites and controllers say to each other: the generated types and services of `proto/site.proto`.
//!
//! `cargo run -p xtask -- generate` makes them anew; a test of `xtask` fails when they differ from the definition.

#[expect(missing_docs, unused_qualifications, clippy::allow_attributes_without_reason, reason = "generated; proto/site.proto is documented")]
#[rustfmt::skip]
mod generated {
    include!("generated/site.rs");
}

pub use generated::*;

/// The version of the protocol spoken here.
pub const VERSION: u32 = 1;

/// The most that a participant can fill in of one deployment, in bytes of JSON.
pub const MAX_LOCALS: usize = 64 * 1024;
