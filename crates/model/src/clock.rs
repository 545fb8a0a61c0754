//! The clock port: whoever needs the time of day is given one.

use std::fmt;

use jiff::Timestamp;

/// Tells the time of day. The system's clock in production; one that tests can move, in tests.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}
