//! What the end-to-end tests share: a first network, and traffic through it.

pub mod http;
pub mod line;
pub mod pages;
pub mod steady;
pub mod stores;
pub mod talk;
pub mod ticks;
