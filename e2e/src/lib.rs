//! What the end-to-end tests share: a first network, and traffic through it.

pub mod http;
pub mod line;
pub mod steady;
pub mod talk;
pub mod ticks;
