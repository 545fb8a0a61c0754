//! The certificates the installation has issued: where each stands, and what can be done about it.

mod change;
mod standing;

use jiff::Timestamp;
use model::{AuthorityId, CertificateId, GenericUuid, Identity};
use store::{
    Cursor, StoreError, authority,
    authority::{AuthorityState, Owner},
    backbone, backbone_site, certificate,
    denial::{self, Denial},
    invitation, member, network,
};
use uuid::Uuid;

use super::{Listing, OpError, Page, position::Position};
use crate::App;

pub use change::{Revocation, revoke, rotate};

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
    pub id: Uuid,
    /// What it is for.
    pub kind: Kind,
    /// What it was issued to, as people name it, such as `NETWORK/SITE`; the identity where nothing has a name any more.
    pub subject: String,
    /// The identity in it; authorities have none.
    pub identity: Option<String>,
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The authority that issued it, when that is one of ours.
    pub issuer: Option<Uuid>,
    /// Which generation of its subject it is, from 1.
    pub generation: u32,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// The certificate that took its place.
    pub superseded_by: Option<Uuid>,
    /// Where it stands.
    pub standing: Standing,
    /// The certificate itself, PEM.
    pub pem: String,
    /// When it was issued.
    pub created: Timestamp,
}

/// Where a certificate stands, since when, why, and what would move it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Why it stands there.
    pub why: String,
    /// What would move it, or will.
    pub next: String,
}

/// Where a certificate can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// An authority that everybody is told to trust, and that issues nothing yet.
    Announced,
    /// It is in use; of an authority: it issues.
    Current,
    /// A newer one took its place. It is accepted until it ends; an authority issues nothing new.
    Superseded,
    /// Its end has come.
    Expired,
    /// Whom it speaks for is denied, or nobody trusts the authority any more.
    Revoked,
}

impl Certificate {
    /// Its position among all certificates: authorities first, each kind in the order in which they were made.
    pub(crate) fn position(&self) -> Position {
        let group = match self.kind {
            Kind::Installation => 0,
            Kind::BackboneCa => 1,
            Kind::NetworkCa => 2,
            _ => 3,
        };
        Position::in_group(group, self.created, CertificateId::from_untyped_uuid(self.id))
    }
}

/// Lists authorities, then certificates, each in the order in which they were made. The cursor is an authority's position
/// among those, and one of the store among the others.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Certificate>, OpError> {
    let mut items = vec![];
    let among_authorities = page.after.as_ref().is_none_or(|cursor| cursor.parse::<Position>().is_ok());
    let leaves = if among_authorities {
        let mut authorities = vec![];
        let all = authority::list_all(app.store()).await?;
        for row in &all {
            authorities.extend(of_authority(app, row, &all).await?);
        }
        let cut = page.cut(authorities, Certificate::position)?;
        let room = page.limit().saturating_sub(cut.items.len());
        if cut.next.is_some() {
            return Ok(cut);
        }
        items = cut.items;
        if room == 0 {
            return Ok(Listing::of(items, Some(Cursor::START)));
        }
        store::Page::first(u32::try_from(room).unwrap_or(u32::MAX))
    } else {
        page.in_store()?
    };
    let found = certificate::list(app.store(), None, leaves).await?;
    let denials = denial::list_all(app.store()).await?;
    for row in found.items {
        items.push(of_leaf(app, row, &denials).await?);
    }
    Ok(Listing::of(items, found.next))
}

/// Shows one, by id.
pub async fn show(app: &App, id: Uuid) -> Result<Certificate, OpError> {
    let missing = || OpError::NotFound { kind: "certificate".to_owned(), name: id.to_string() };
    match certificate::get(app.store(), CertificateId::from_untyped_uuid(id)).await {
        Ok(row) => return of_leaf(app, row, &denial::list_all(app.store()).await?).await,
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    match authority::get(app.store(), AuthorityId::from_untyped_uuid(id)).await {
        Ok(row) => {
            of_authority(app, &row, &authority::list(app.store(), row.owner()).await?).await?.ok_or_else(missing)
        }
        Err(StoreError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}

async fn of_authority(
    app: &App,
    row: &authority::Authority,
    all: &[authority::Authority],
) -> Result<Option<Certificate>, OpError> {
    // One that waits for its certificate has nothing to show.
    let Some(der) = &row.certificate else { return Ok(None) };
    let read = read(der)?;
    let (kind, subject) = match row.owner() {
        Owner::Root => (Kind::Installation, "installation".to_owned()),
        Owner::Backbone(id) => (Kind::BackboneCa, backbone::get(app.store(), id).await?.name.to_string()),
        Owner::Network(id) => (Kind::NetworkCa, network::get(app.store(), id).await?.name.to_string()),
    };
    let later = all.iter().find(|other| other.owner() == row.owner() && other.generation > row.generation);
    Ok(Some(Certificate {
        id: row.id.into_untyped_uuid(),
        kind,
        subject,
        identity: None,
        pem: read.to_pem(),
        serial: read.serial,
        issuer: row.issuer.map(GenericUuid::into_untyped_uuid),
        generation: row.generation,
        not_before: read.not_before,
        not_after: read.not_after,
        superseded_by: later.filter(|_| row.state != AuthorityState::Active).map(|later| later.id.into_untyped_uuid()),
        standing: standing::of_authority(app, row).await?,
        created: row.created,
    }))
}

async fn of_leaf(app: &App, row: certificate::Certificate, denials: &[Denial]) -> Result<Certificate, OpError> {
    let kind = match row.subject.identity {
        Identity::BackboneSite { .. } => Kind::BackboneSite,
        Identity::Bootstrap { .. } => Kind::Bootstrap,
        Identity::TrustSigner { .. } => Kind::TrustSigner,
        Identity::Invitation { .. } => Kind::Invitation,
        Identity::Member { .. } => Kind::Member,
        Identity::Controller { .. } => Kind::Controller,
    };
    let subject = match named(app, &row.subject.identity).await {
        Ok(name) => name,
        // What it was issued to is gone; its identity stays.
        Err(StoreError::NotFound { .. }) => row.subject.to_string(),
        Err(error) => return Err(error.into()),
    };
    Ok(Certificate {
        id: row.id.into_untyped_uuid(),
        kind,
        subject,
        identity: Some(row.subject.to_string()),
        pem: read(&row.der)?.to_pem(),
        standing: standing::of_leaf(&row, denials, app.now()),
        serial: row.serial,
        issuer: Some(row.issuer.into_untyped_uuid()),
        generation: row.generation,
        not_before: row.not_before,
        not_after: row.not_after,
        superseded_by: row.superseded_by.map(GenericUuid::into_untyped_uuid),
        created: row.created,
    })
}

async fn named(app: &App, identity: &Identity) -> Result<String, StoreError> {
    let store = app.store();
    Ok(match *identity {
        Identity::BackboneSite { backbone, site } | Identity::Bootstrap { backbone, site } => {
            let backbone = backbone::get(store, backbone).await?.name;
            format!("{backbone}/{}", backbone_site::get(store, site).await?.name)
        }
        Identity::TrustSigner { backbone, controller } => {
            format!("{}/{controller}", backbone::get(store, backbone).await?.name)
        }
        Identity::Invitation { network, invitation } => {
            let network = network::get(store, network).await?.name;
            format!("{network}/{}", invitation::get(store, invitation).await?.name)
        }
        Identity::Member { network, site } => {
            let network = network::get(store, network).await?.name;
            format!("{network}/{}", member::get(store, site).await?.name)
        }
        Identity::Controller { controller } => controller.to_string(),
    })
}

fn read(der: &model::Der) -> Result<pki::Certificate, OpError> {
    pki::Certificate::parse(der.as_bytes()).map_err(OpError::internal("a certificate in the database is damaged"))
}
