//! The certificates the installation has issued: where each stands, and what can be done about it.

mod change;
mod revocation_list;
mod standing;
mod target;

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{AuthorityId, CertificateId, GenericUuid, Identity, NetworkId};
use store::{
    StoreError, authority,
    authority::{AuthorityState, Owner},
    certificate, denial,
    listing::Wanted,
    names,
    names::Names,
    network,
};
use uuid::Uuid;

use super::{Actor, Listing, OpError, Page, controller};
use crate::App;
use standing::Networks;

pub use change::{Revocation, revoke, rotate};
pub use revocation_list::{RevocationList, revocation_list};
pub(crate) use target::{managed, target};

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

/// Lists the authorities and certificates of what somebody manages, in the order in which they were made unless wanted
/// otherwise.
pub async fn list(app: &App, actor: &Actor, page: &Page) -> Result<Listing<Certificate>, OpError> {
    let wanted = Wanted { only: managed(app, actor).await?, ..page.wanted(app)? };
    let found = certificate::page(app.store(), &wanted).await?;
    let leaves = leaves(app, certificate::among(app.store(), &found.items).await?).await?;
    let mut shown: BTreeMap<Uuid, Certificate> = leaves.into_iter().map(|leaf| (leaf.id, leaf)).collect();
    // What is left are authorities, of which there are few.
    if shown.len() < found.items.len() {
        let all = authority::list_all(app.store()).await?;
        let listed = || all.iter().filter(|row| found.items.contains(&row.id.into_untyped_uuid()));
        let owners = owners(app, listed()).await?;
        for row in listed() {
            if let Some(authority) = of_authority(app, actor, row, &all, &owners).await? {
                shown.insert(authority.id, authority);
            }
        }
    }
    Ok(Listing::of(found.items.iter().filter_map(|id| shown.remove(id)).collect(), found.next))
}

/// The one with a serial number.
pub(crate) async fn by_serial(app: &App, serial: &str) -> Result<Option<Uuid>, OpError> {
    let mut wanted = Page::default().wanted(app)?;
    wanted.filters.push(("serial", serial.to_owned()));
    if let [id] = certificate::page(app.store(), &wanted).await?.items.as_slice() {
        return Ok(Some(*id));
    }
    // The serial numbers of authorities are in their certificates alone.
    for row in authority::list_all(app.store()).await? {
        if let Some(der) = &row.certificate
            && read(der)?.serial == serial
        {
            return Ok(Some(row.id.into_untyped_uuid()));
        }
    }
    Ok(None)
}

/// Shows one, by id.
pub async fn show(app: &App, actor: &Actor, id: Uuid) -> Result<Certificate, OpError> {
    let missing = || OpError::NotFound { kind: "certificate".to_owned(), name: id.to_string() };
    match certificate::get(app.store(), CertificateId::from_untyped_uuid(id)).await {
        Ok(row) => return Ok(leaves(app, vec![row]).await?.remove(0)),
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    match authority::get(app.store(), AuthorityId::from_untyped_uuid(id)).await {
        Ok(row) => {
            let all = authority::list(app.store(), row.owner()).await?;
            let owners = owners(app, [&row]).await?;
            of_authority(app, actor, &row, &all, &owners).await?.ok_or_else(missing)
        }
        Err(StoreError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}

/// What certificates are of: what it is called, and the networks among it.
struct Owners {
    names: Names,
    networks: Networks,
}

impl Owners {
    /// Whether somebody sees the inside of the backbone that an authority is on.
    fn inside(&self, actor: &Actor, owner: Owner) -> bool {
        match owner {
            Owner::Root => actor.reach.is_everything(),
            Owner::Backbone(id) => actor.reach.inspects(id),
            Owner::Network(id) => self.networks.get(&id).is_some_and(|found| actor.reach.inspects(found.backbone)),
        }
    }

    async fn read(app: &App, named: &[Uuid], mut networks: Vec<NetworkId>) -> Result<Self, OpError> {
        networks.sort_unstable();
        networks.dedup();
        let networks = network::among(app.store(), &networks).await?;
        Ok(Self {
            names: names::read(app.store(), named).await?,
            networks: networks.into_iter().map(|network| (network.id, network)).collect(),
        })
    }
}

/// The backbones and networks that authorities belong to.
async fn owners(app: &App, rows: impl IntoIterator<Item = &authority::Authority>) -> Result<Owners, OpError> {
    let (mut named, mut networks) = (vec![], vec![]);
    for row in rows {
        match row.owner() {
            Owner::Root => {}
            Owner::Backbone(id) => named.push(id.into_untyped_uuid()),
            Owner::Network(id) => {
                named.push(id.into_untyped_uuid());
                networks.push(id);
            }
        }
    }
    Owners::read(app, &named, networks).await
}

async fn of_authority(
    app: &App,
    actor: &Actor,
    row: &authority::Authority,
    all: &[authority::Authority],
    owners: &Owners,
) -> Result<Option<Certificate>, OpError> {
    // One that waits for its certificate has nothing to show.
    let Some(der) = &row.certificate else { return Ok(None) };
    let read = read(der)?;
    let (kind, subject) = match row.owner() {
        Owner::Root => (Kind::Installation, "installation".to_owned()),
        Owner::Backbone(id) => (Kind::BackboneCa, owners.names.of(id, "backbone")?.to_string()),
        Owner::Network(id) => (Kind::NetworkCa, owners.names.of(id, "network")?.to_string()),
    };
    let mut standing = standing::of_authority(app, row, &owners.networks).await?;
    let inside = owners.inside(actor, row.owner());
    if standing.state == State::Announced && !inside {
        // Among those who are waited for are sites of the backbone.
        standing.next = "it issues as soon as whoever would meet what it issues trusts it".to_owned();
    }
    let later = all.iter().find(|other| other.owner() == row.owner() && other.generation > row.generation);
    Ok(Some(Certificate {
        id: row.id.into_untyped_uuid(),
        kind,
        subject,
        identity: None,
        pem: read.to_pem(),
        serial: read.serial,
        // What issued it is inside the backbone.
        issuer: row.issuer.filter(|_| inside).map(GenericUuid::into_untyped_uuid),
        generation: row.generation,
        not_before: read.not_before,
        not_after: read.not_after,
        superseded_by: later.filter(|_| row.state != AuthorityState::Active).map(|later| later.id.into_untyped_uuid()),
        standing,
        created: row.created,
    }))
}

async fn leaves(app: &App, rows: Vec<certificate::Certificate>) -> Result<Vec<Certificate>, OpError> {
    let ids: Vec<Uuid> = rows.iter().flat_map(|row| named_in(&row.subject.identity)).collect();
    let networks = rows.iter().filter_map(|row| row.subject.identity.network()).collect();
    let owners = Owners::read(app, &ids, networks).await?;
    let known = standing::Known {
        denials: denial::list_all(app.store()).await?,
        networks: owners.networks,
        running: controller::running(app).await?,
    };
    rows.into_iter().map(|row| of_leaf(app, row, &owners.names, &known)).collect()
}

fn of_leaf(
    app: &App,
    row: certificate::Certificate,
    names: &Names,
    known: &standing::Known,
) -> Result<Certificate, OpError> {
    let kind = match row.subject.identity {
        Identity::BackboneSite { .. } => Kind::BackboneSite,
        Identity::Bootstrap { .. } => Kind::Bootstrap,
        Identity::TrustSigner { .. } => Kind::TrustSigner,
        Identity::Invitation { .. } => Kind::Invitation,
        Identity::Member { .. } | Identity::Renewal { .. } => Kind::Member,
        Identity::Controller { .. } => Kind::Controller,
    };
    // Whatever it was issued to may be gone; its identity stays.
    let subject = named(names, &row.subject.identity).unwrap_or_else(|| row.subject.to_string());
    Ok(Certificate {
        id: row.id.into_untyped_uuid(),
        kind,
        subject,
        identity: Some(row.subject.to_string()),
        pem: read(&row.der)?.to_pem(),
        standing: standing::of_leaf(&row, known, app.now()),
        serial: row.serial,
        issuer: Some(row.issuer.into_untyped_uuid()),
        generation: row.generation,
        not_before: row.not_before,
        not_after: row.not_after,
        superseded_by: row.superseded_by.map(GenericUuid::into_untyped_uuid),
        created: row.created,
    })
}

/// What identities name, but for controllers, which have no names.
fn named_in(identity: &Identity) -> Vec<Uuid> {
    match *identity {
        Identity::BackboneSite { backbone, site } | Identity::Bootstrap { backbone, site } => {
            vec![backbone.into_untyped_uuid(), site.into_untyped_uuid()]
        }
        Identity::TrustSigner { backbone, .. } => vec![backbone.into_untyped_uuid()],
        Identity::Invitation { network, invitation } => {
            vec![network.into_untyped_uuid(), invitation.into_untyped_uuid()]
        }
        Identity::Member { network, site } | Identity::Renewal { network, site } => {
            vec![network.into_untyped_uuid(), site.into_untyped_uuid()]
        }
        Identity::Controller { .. } => vec![],
    }
}

/// How people name whom an identity speaks for; nothing, when a part of it is gone.
fn named(names: &Names, identity: &Identity) -> Option<String> {
    let parts = named_in(identity).into_iter().map(|id| names.get(id).map(ToString::to_string));
    let controller = match identity {
        Identity::Controller { controller } | Identity::TrustSigner { controller, .. } => Some(controller.to_string()),
        _ => None,
    };
    Some(parts.chain(controller.map(Some)).collect::<Option<Vec<_>>>()?.join("/"))
}

fn read(der: &model::Der) -> Result<pki::Certificate, OpError> {
    pki::Certificate::parse(der.as_bytes()).map_err(OpError::internal("a certificate in the database is damaged"))
}
