//! The management controller: domain operations, reconcilers, the certificate issuer, enrolment and redemption, and
//! the sessions of sites. All its state is in PostgreSQL; replicas are equal.
//!
//! [`run`] starts one and runs it. What people and pipelines may ask of it is in [`ops`], and [`http`] serves that.
//! Changes flow one way: an operation commits, the change feed tells the reconcilers and the sessions, and each reads
//! what is, plans purely, and acts.

pub mod http;
pub mod ops;

mod app;
mod attempts;
mod backup;
mod cache;
mod check;
mod claim;
mod clock;
mod config;
mod data_dir;
mod deploy;
mod desired;
mod effects;
mod identity_provider;
mod issue;
mod key_file;
mod keys;
mod liveness;
mod metrics;
mod pace;
mod passcode;
mod password;
mod planes;
mod readers;
mod reconcile;
mod refusals;
mod render;
mod rotation;
mod run;
#[cfg(test)]
mod samples;
mod secret;
mod session;
mod sessions;
mod setup_link;
mod streams;
#[cfg(test)]
mod tests;
mod trust;
mod watchers;

pub use app::App;
#[doc(hidden)]
pub use backup::fuzzing;
pub use backup::{BackupError, KeysIn, Manifest, Restored, WithKeys, backup, restore};
pub use check::check;
pub use config::{Config, InvalidConfig};
pub use data_dir::DataDirError;
pub use identity_provider::ProviderConfig;
pub use oidc::Settings as ProviderSettings;
pub use run::{StartError, run, run_reloading, run_with_clock};
pub use store::dump::DumpError;
