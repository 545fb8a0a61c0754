//! The native router: sockets and TLS around the protocol core of `overlay-proto`.
//!
//! * [`Node`] is a router as whoever runs it sees it: told what to be by a [`RouterConfig`], observed, asked for streams.
//! * Links between routers: access points accept them, dialers keep them; each has a control channel and a pool of data
//!   connections. One task owns the core, and does what it says.
//! * [`trust`]: who is admitted, from the signed trust document; every change is held against everything that is live.
//! * Streams: [`ingress`] and [`egress`] speak end-to-end TLS with each other over paths that the links provide; routers
//!   between them forward ciphertext ([`relay`]).

pub mod config;
pub mod credentials;
pub mod data_conn;
pub mod e2e;
pub mod egress;
pub mod ingress;
pub mod node;
pub mod observe;
pub mod paths;
pub mod policy;
pub mod relay;
pub mod stream;
pub mod trust;

mod acceptor;
mod actor;
mod buffer;
mod dialer;
mod flows;
mod forward;
mod guests;
mod link;
mod link_paths;
mod links;
mod live;
mod net;
mod proxy;
mod records;
mod router;
mod run;
mod services;
mod session_io;
mod shared;
mod time;
mod ways;

pub use config::RouterConfig;
pub use node::{ApplyError, Node, NodeOptions};
pub use observe::{Observation, Status};
pub use stream::Stream;
