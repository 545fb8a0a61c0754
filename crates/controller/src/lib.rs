//! The management controller: domain operations, reconcilers, the certificate issuer, enrolment and redemption, and
//! the sessions of sites. All its state is in PostgreSQL; replicas are equal.

pub mod ops;

mod app;

pub use app::App;
