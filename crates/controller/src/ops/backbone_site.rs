//! Relay sites of a backbone, their access points and their bootstrap bundles.

use jiff::Timestamp;
use model::{AccessPointId, AccessPointSpec, BackboneId, BackboneSiteId, Name, lifecycle::BackboneSiteState};

use super::{Actor, Listing, Meta, OpError, Page, Platform, Ref, eviction::Eviction};
use crate::App;

/// A new relay site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The backbone.
    pub backbone: Ref,
    /// The site's name, unique within the backbone.
    pub name: Name,
    /// Where it listens.
    pub access: Vec<AccessPointSpec>,
}

/// A relay site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneSite {
    /// Its id.
    pub id: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// The backbone.
    pub backbone: BackboneId,
    /// The backbone's name.
    pub backbone_name: Name,
    /// Where it stands.
    pub state: BackboneSiteState,
    /// The next possible step in words, or why there is none yet; absent when nothing is to be done.
    pub next_step: Option<String>,
    /// Its access points, by name.
    pub access: Vec<AccessPointInfo>,
    /// The bundle last rendered: its generation and when.
    pub bundle: Option<(u32, Timestamp)>,
    /// When it enrolled.
    pub enrolled: Option<Timestamp>,
    /// Until when its certificate is valid.
    pub certificate_expires: Option<Timestamp>,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// What it reported of its machine when it enrolled.
    pub platform: Option<Platform>,
    /// When it was made and changed.
    pub meta: Meta,
}

/// An access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPointInfo {
    /// Its id.
    pub id: AccessPointId,
    /// What a person wrote.
    pub spec: AccessPointSpec,
    /// When it was made and changed.
    pub meta: Meta,
}

/// What a bundle is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleFormat {
    /// A text file for `skx join FILE`.
    Linux,
}

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// A good name for the file.
    pub file_name: String,
    /// Its content. Holds a private key: to be shown to the one who asked, never logged or kept.
    pub text: String,
}

impl std::str::FromStr for BundleFormat {
    type Err = OpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "linux" => Ok(Self::Linux),
            "kubernetes" | "podman" | "docker" => {
                Err(OpError::NotHonoured { field: "format", message: format!("{text} is not rendered yet; use linux") })
            }
            _ => Err(OpError::Invalid { field: "format", message: format!("{text:?} is not a format; use linux") }),
        }
    }
}

/// Creates a site with its access points.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<BackboneSite, OpError> {
    todo!()
}

/// Lists the sites of a backbone.
pub async fn list(app: &App, backbone: &Ref, page: &Page) -> Result<Listing<BackboneSite>, OpError> {
    todo!()
}

/// Shows one site.
pub async fn show(app: &App, backbone: &Ref, site: &Ref) -> Result<BackboneSite, OpError> {
    todo!()
}

/// Deletes a site that has never enrolled, or was evicted. One that runs must be evicted first.
pub async fn delete(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    todo!()
}

/// Evicts a site for good: its id is denied on the whole backbone, its connections end, its access points and links go.
pub async fn evict(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    if_revision: Option<i64>,
) -> Result<Eviction, OpError> {
    todo!()
}

/// Renders a bundle with a new bootstrap credential. Every bundle rendered before for this site becomes useless.
/// Refused once the site has enrolled.
pub async fn bundle(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    format: BundleFormat,
) -> Result<Rendered, OpError> {
    todo!()
}

/// Adds an access point.
pub async fn access_add(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    spec: AccessPointSpec,
) -> Result<BackboneSite, OpError> {
    todo!()
}

/// Replaces the access point of the same name.
pub async fn access_set(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    spec: AccessPointSpec,
    if_revision: Option<i64>,
) -> Result<BackboneSite, OpError> {
    todo!()
}

/// Removes an access point; refused while a link dials it.
pub async fn access_remove(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    access: &Ref,
    if_revision: Option<i64>,
) -> Result<BackboneSite, OpError> {
    todo!()
}
