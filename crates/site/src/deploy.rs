//! What is deployed at a site: decided here, brought into force by a [worker](worker::Worker) of its own, and told.

pub(crate) mod decide;
pub(crate) mod logs;
pub(crate) mod mind;
pub(crate) mod open;
pub(crate) mod settle;
pub(crate) mod sockets;
pub(crate) mod view;
pub(crate) mod worker;
