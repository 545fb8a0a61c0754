//! The API as programs meet it: what its document says is held against a controller that runs.
#![expect(clippy::unwrap_used, reason = "tests")]

mod abuse;
mod events;
mod streams;
mod support;
mod walk;
