//! What tests stand on: real processes, real PostgreSQL, real network namespaces.

pub mod disk;
pub mod documents;
pub mod installation;
pub mod netns;
pub mod openmetrics;
pub mod podman;
pub mod postgres;
pub mod process;
pub mod skx;
pub mod trials;
#[cfg(feature = "weather")]
pub mod weather;
