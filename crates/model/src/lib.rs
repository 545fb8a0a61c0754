//! The vocabulary of Skupper-X: what the parts of the system talk about, and the rules that hold for it everywhere.
//!
//! Nothing here touches a clock, a socket, a file or a random number: time and identifiers are passed in.

pub mod access;
pub mod address;
pub mod clock;
pub mod desired;
pub mod host;
pub mod id;
pub mod identity;
pub mod lifecycle;
pub mod name;
pub mod proxy;
pub mod router;
pub mod secret;
pub mod terms;
pub mod ticket;
pub mod time;
pub mod trust;

mod der;

pub use access::{AccessKind, AccessKinds, AccessPointSpec};
pub use address::Address;
pub use clock::Clock;
pub use der::Der;
pub use host::{Advertised, Host, HostPort};
pub use id::*;
pub use identity::{Identity, SpiffeId};
pub use name::Name;
