//! The HTTP API: TLS, sign-in, limits, errors in one form, and one handler per endpoint, each a thin coat over an
//! operation of [`ops`](crate::ops).

mod answer;
mod apply;
mod boxed;
mod certificate;
mod extract;
mod guard;
mod handlers;
mod listen;
mod local;
mod permit;
mod problem;
mod refused;
mod routes;
mod standing;
mod traced;
mod turns;

pub use certificate::ApiCertificateError;
pub use listen::{Server, ServerError};
pub(crate) use local::LocalSocket;
#[cfg(test)]
pub(crate) use routes::router;
pub(crate) use turns::Turns;
