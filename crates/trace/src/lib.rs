//! Traces: what caused what, from a request to the API to what a site made of it.
//!
//! A [`Span`] is one step of that: it hangs on the one that caused it, wherever that ran. What travels between processes
//! is a [`SpanContext`], as W3C Trace Context writes it (`traceparent`). Who is told of a collector tells it what spans it
//! has ended, by OTLP over HTTP; who is not passes contexts on all the same, so that others' traces have no gap.
//!
//! Why this is not a library of others: docs/adr/0033.

mod context;
mod endpoint;
mod export;
mod otlp;
mod span;

pub use context::{InvalidContext, SpanContext};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use export::NoClient;
pub use otlp::Attribute;
pub use span::{Kind, Span, Tracer};
