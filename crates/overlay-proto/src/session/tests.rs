#![expect(clippy::unwrap_used, reason = "tests")]

mod frames;
mod model;
mod rules;
