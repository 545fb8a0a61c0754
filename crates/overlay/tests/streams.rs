//! Streams over real sockets and real certificates, with a backbone made of relays that a test can turn hostile.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "streams/configuration.rs"]
mod configuration;
#[path = "streams/flow.rs"]
mod flow;
#[path = "streams/hostile.rs"]
mod hostile;
#[path = "streams/limits.rs"]
mod limits;
#[path = "streams/resume.rs"]
mod resume;
#[path = "streams/reuse.rs"]
mod reuse;
#[path = "streams/support.rs"]
mod support;
