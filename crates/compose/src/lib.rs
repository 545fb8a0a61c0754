//! Formal composition of distributed applications.
//!
//! Documents go in, documents or [diagnostics](Diagnostic) come out: nothing here touches a file, a socket, a clock or a
//! random number, so the same inputs always give the same release, on any machine.
//!
//! * [`Library::load`] reads YAML documents: [interface types](model::InterfaceType), [blocks](model::Block) and
//!   [applications](model::Application);
//! * [`build`](build::build) resolves an application against a library and gives a [`Release`](release::Release);
//! * [`render`](render::render) says what one site gets of a release;
//! * [`graph`] draws a release, [`diff`] compares two of them.

pub mod build;
pub mod canonical;
pub mod deploy;
pub mod diagnostic;
pub mod diff;
mod document;
mod expression;
mod findings;
#[doc(hidden)]
pub mod fuzzing;
pub mod graph;
mod library;
pub mod model;
mod peers;
pub mod reference;
pub mod release;
pub mod render;
pub mod schema;
mod single;
mod source;
mod starter;
mod stop;
pub mod words;
mod workload;
mod yaml;

pub use diagnostic::{Code, Diagnostic, Position, Problems};
pub use document::{Document, documents, references};
pub use library::{Entry, Library, MAX_DEPTH};
pub use source::{Authored, Source};
pub use starter::starter;
pub use stop::Stop;
