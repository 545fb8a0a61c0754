//! The site controller: from a ticket to a running site, and from its last good state to a running site again.
//!
//! A site stores everything it needs in one directory ([`state`]), applies a ticket to it ([`join`]), and runs
//! ([`run`]): a router that does what the stored desired state says, redemption or enrolment while there is no
//! certificate yet, a session with a controller whenever one can be reached, and an API for the participant. No part of
//! it needs a controller to go on.

pub mod join;
pub mod plan;
pub mod progress;
pub mod state;
pub mod status;
pub mod view;

mod certificate;
mod channel;
mod claim;
mod deploy;
mod live;
mod local_api;
mod metrics;
mod observed;
mod platform;
mod retry;
mod runtime;
mod session;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use runtime::{Options, Outcome, RunError, leave_stopped, run};
