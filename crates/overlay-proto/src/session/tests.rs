#![expect(clippy::unwrap_used, reason = "tests")]

mod frames;
mod model;
mod resumption;
mod rules;

use super::Progress;

/// What an end says that has received so much, and nothing that has ended.
fn progress(received: u64, window: u32) -> Progress {
    Progress { received, window, ended: false, idle: false }
}
