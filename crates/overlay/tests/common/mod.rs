//! An installation made of real certificates, and routers on ephemeral ports of this machine.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "every test binary uses its own part of it")]

pub mod hostile;
pub mod installation;
pub mod routers;
pub mod services;
pub mod topology;

pub use installation::{Installation, Network, TestClock, local};
pub use routers::{TestRouter, until};
