//! The root of trust: a development root, or an installation CA below the enterprise's own root.

use super::{Actor, CertificateInfo, OpError};
use crate::App;

/// Where the root of trust stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaState {
    /// Nothing has been made yet.
    Absent,
    /// A signing request has been made; its signed chain has not been imported yet.
    Requested,
    /// There is an installation CA; backbones can be created.
    Ready,
}

/// The root of trust as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaInfo {
    /// Where it stands.
    pub state: CaState,
    /// Whether the root is a development root made by this controller.
    pub development: bool,
    /// The root certificate.
    pub root: Option<CertificateInfo>,
    /// The installation CA: the root itself for a development root, otherwise the CA the enterprise's root signed.
    pub ca: Option<CertificateInfo>,
    /// The installation CA's certificate and those above it up to the root, PEM.
    pub chain_pem: Option<String>,
    /// What to do next, in words; absent when nothing is left to do.
    pub next_step: Option<String>,
}

/// Makes a development root: a self-signed CA whose key this controller keeps. `name` is for recognising it.
pub async fn init_development(app: &App, actor: &Actor, name: Option<&model::Name>) -> Result<CaInfo, OpError> {
    todo!()
}

/// Makes the installation CA's key, if there is none, and answers its signing request (PEM) for the enterprise's root.
pub async fn csr(app: &App, actor: &Actor) -> Result<String, OpError> {
    todo!()
}

/// Imports the chain (PEM, installation CA first, root last) that was signed for [`csr`]'s request.
pub async fn import(app: &App, actor: &Actor, chain_pem: &str) -> Result<CaInfo, OpError> {
    todo!()
}

/// Where the root of trust stands.
pub async fn show(app: &App) -> Result<CaInfo, OpError> {
    todo!()
}
