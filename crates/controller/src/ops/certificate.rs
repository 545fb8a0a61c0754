//! The certificates the installation has issued.

use jiff::Timestamp;

use super::{Listing, OpError, Page};
use crate::App;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The installation's own authority.
    Installation,
    /// A Backbone CA.
    BackboneCa,
    /// The CA of an application network.
    NetworkCa,
    /// A relay site.
    BackboneSite,
    /// Enrolment of one relay site.
    Bootstrap,
    /// Signs a backbone's trust document.
    TrustSigner,
    /// A controller replica.
    Controller,
    /// Redemption of one invitation.
    Invitation,
    /// A member site.
    Member,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Identity of the record: of the certificate, or of the authority whose certificate it is.
    pub id: uuid::Uuid,
    /// What it is for.
    pub kind: Kind,
    /// What it was issued to, as people name it, such as `NETWORK/SITE`; the identity where nothing has a name any more.
    pub subject: String,
    /// The identity in it; authorities have none.
    pub identity: Option<String>,
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The authority that issued it, when that is one of ours.
    pub issuer: Option<uuid::Uuid>,
    /// Which generation of its subject it is, from 1.
    pub generation: u32,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// The certificate that took its place.
    pub superseded_by: Option<uuid::Uuid>,
    /// The certificate itself, PEM.
    pub pem: String,
}

/// Lists authorities and certificates in the order they were made, authorities first; the cursor is an id.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Certificate>, OpError> {
    todo!()
}

/// Shows one, by id.
pub async fn show(app: &App, id: uuid::Uuid) -> Result<Certificate, OpError> {
    todo!()
}
