//! How a plan goes to its sites: in waves, in windows, so many at once, judged, held, and taken back.
//!
//! [`step`] says from what is known now what every site is to be offered. It keeps nothing but [`Progress`], which it is given and
//! gives back; the same again changes nothing, so that whoever carries it out may do so as often as they like, and after any
//! interruption. What is not known changes nothing either: a site of which nothing is [`Seen`] stays as it is.

mod adopt;
mod check;
mod command;
mod go;
mod history;
mod judge;
mod machine;
mod obey;
mod outcome;
mod outlook;
mod progress;
mod seen;
mod spec;
mod window;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use command::{Command, Order, Refused};
pub use history::{Entry, Event};
pub use outcome::{Step, Target, Waiting, WaveState, WaveStatus};
pub use outlook::{Outlook, Turned};
pub use progress::{Hold, Progress, Stage, Turn};
pub use seen::{Declined, Offered, Report, Seen, State, Traffic};
pub use spec::{Amount, Offline, OnFailure, Period, Promotion, Rollout, SITE, TIMEZONE, TimeOfDay, Wave, Window};
pub use window::zone;

pub(super) use check::check;

use super::{Deployment, Plan};
use crate::model::Label;
use machine::Machine;

/// What a step follows from, besides the time and how far the rollout is.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// What every site shall have in the end.
    pub plan: &'a Plan,
    /// What is known of sites; those that are left out stay as they are.
    pub sites: &'a BTreeMap<Label, Seen>,
}

/// Judges what became of what was offered, and says what is offered next.
pub fn step(inputs: Inputs<'_>, progress: &Progress, now: Timestamp) -> Step {
    let mut machine = Machine::new(inputs, progress, now);
    machine.adopt();
    machine.go();
    machine.outcome()
}

/// A step in which a person says something.
///
/// # Errors
///
/// When it would change nothing.
pub fn command(inputs: Inputs<'_>, progress: &Progress, now: Timestamp, order: &Order) -> Result<Step, Refused> {
    let mut machine = Machine::new(inputs, progress, now);
    machine.adopt();
    machine.judge();
    machine.obey(order)?;
    machine.go();
    Ok(machine.outcome())
}
