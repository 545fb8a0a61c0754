//! Where HTTP meets strangers: the controller's API and a site's local API accept connections here.
//!
//! A stranger may hold on to nothing for long, and one source to little: see [`Limits`]. When the room is full, the
//! connection that is the least use gives way, so that no crowd locks out who comes with a good token. What asks gets
//! a [`RequestId`], and both APIs count the same ([`metrics`]).

pub mod metrics;

mod connection;
mod limits;
mod places;
mod request_id;
mod serve;

pub use limits::Limits;
pub use places::{Connections, Occupancy, Peer};
pub use request_id::{REQUEST_ID, RequestId};
pub use serve::{Plain, Transport, serve};
