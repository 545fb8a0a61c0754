//! How workloads are.

use jiff::Timestamp;

/// How a workload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadStatus {
    /// The name of its object.
    pub name: String,
    /// The path of the instance it is of.
    pub instance: String,
    /// How it is.
    pub state: State,
    /// Why, in words. Empty, if there is nothing to say.
    pub message: String,
    /// Since when it is so.
    pub since: Timestamp,
    /// How often it was started again because it ended or did not live.
    pub restarts: u32,
    /// The image it runs, by its digest, if it is a container.
    pub image: Option<String>,
}

/// How a workload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is about to run, or runs and was not ready yet.
    Starting,
    /// It runs, and can serve.
    Ready,
    /// It runs, and cannot serve.
    Unready,
    /// It does not run, and should.
    Failed,
    /// It ran to its end, as it should.
    Done,
    /// It was stopped, as it should.
    Stopped,
}

/// A line of what a workload said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it said it, as far as that is known.
    pub at: Option<Timestamp>,
    /// Whether it was said as an error.
    pub error: bool,
    /// What it said.
    pub text: String,
}
