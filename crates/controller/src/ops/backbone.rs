//! Network backbones.

use model::{BackboneId, Name};

use super::{Actor, CertificateInfo, Listing, Meta, OpError, Page, Ref};
use crate::App;

/// A new backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name, unique in the installation.
    pub name: Name,
    /// Its data plane, `native` when absent; nothing else is honoured yet.
    pub dataplane: Option<String>,
}

/// A backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backbone {
    /// Its id.
    pub id: BackboneId,
    /// Its name.
    pub name: Name,
    /// Its data plane.
    pub dataplane: String,
    /// How many sites it has, evicted ones not counted.
    pub sites: u64,
    /// How many of them are deployed.
    pub deployed: u64,
    /// How many application networks run on it, evicted ones not counted.
    pub networks: u64,
    /// Its CA.
    pub ca: CertificateInfo,
    /// The version of its trust document, once there is one.
    pub trust_version: Option<u64>,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Creates a backbone: its CA, its trust signer, and this controller's certificate under it.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Backbone, OpError> {
    todo!()
}

/// Lists backbones.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Backbone>, OpError> {
    todo!()
}

/// Shows one backbone.
pub async fn show(app: &App, backbone: &Ref) -> Result<Backbone, OpError> {
    todo!()
}

/// Deletes a backbone with its sites; refused while networks exist on it. Sites that run are told and cut.
pub async fn delete(app: &App, actor: &Actor, backbone: &Ref, if_revision: Option<i64>) -> Result<(), OpError> {
    todo!()
}
