//! What the end-to-end tests share: a first network, and HTTP through it.

pub mod http;
pub mod line;
pub mod talk;
