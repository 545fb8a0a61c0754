//! The protocol core of the native router, without sockets, clocks or randomness: time is an argument ([`Millis`]),
//! random bytes and identities are passed in, and what is to be done comes out as values.
//!
//! * [`wire`]: frames of the control channel.
//! * [`preface`]: how a data connection proves to which link it belongs.
//! * [`pool`]: the data connections of a link: their numbers, how many to keep ready.
//! * [`records`], [`lsdb`], [`addresses`]: what is known of the backbone, and of who serves what where.
//! * [`select`]: which of several sites that serve an address is tried first.
//! * [`router`]: the state machine that puts these together; the shell (`overlay`) feeds it and does what it says.
//! * [`session`]: streams that survive the paths they run over.
//!
//! The control channel's messages are generated from `proto/link.proto` into [`link`];
//! `cargo run -p xtask -- generate` makes them anew, and a test of `xtask` fails when they differ from the definition.

pub mod addresses;
pub mod id;
pub mod lsdb;
pub mod pool;
pub mod preface;
pub mod records;
pub mod router;
pub mod select;
pub mod session;
pub mod wire;

mod clock;

/// The messages of the control channel, as `proto/link.proto` defines them.
#[expect(missing_docs, reason = "generated; proto/link.proto is documented")]
#[rustfmt::skip]
pub mod link {
    include!("generated/link.rs");
}

pub use clock::Millis;
pub use id::{LinkKey, NodeId, Peer, PeerKind, Realm};

/// The version of the link protocol spoken here.
pub const VERSION: u32 = 1;
