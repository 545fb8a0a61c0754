//! Whole sites, with the native router, real sockets and real files, against a backbone and a controller in this process.

mod away;
mod backbone;
mod crashes;
mod deployments;
mod flow;
mod leave;
mod local_api;
mod logs;
mod site;
mod told;
