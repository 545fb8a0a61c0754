//! Replacing a certificate before its time, and revoking one, which is denying whom it speaks for.

use model::{AuthorityId, CertificateId, GenericUuid, Identity};
use store::{
    StoreError,
    authority::{self, Authority, AuthorityState, Owner, Succession},
    certificate, network,
};
use uuid::Uuid;

use super::{Certificate, show};
use crate::{
    App,
    ops::{
        Actor, OpError, Ref, backbone_site, controller, eviction::Eviction, invitation, member, member::InvitationFate,
        network as networks,
    },
    rotation,
};

/// What became of revoking a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// What goes, in words.
    pub gone: String,
    /// How far the denial has come; absent when a generation of an authority was withdrawn.
    pub eviction: Option<Eviction>,
}

enum Found {
    Leaf(Box<certificate::Certificate>),
    Authority(Box<Authority>),
}

async fn find(app: &App, id: Uuid) -> Result<Found, OpError> {
    match certificate::get(app.store(), CertificateId::from_untyped_uuid(id)).await {
        Ok(row) => return Ok(Found::Leaf(Box::new(row))),
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    match authority::get(app.store(), AuthorityId::from_untyped_uuid(id)).await {
        Ok(row) => Ok(Found::Authority(Box::new(row))),
        Err(StoreError::NotFound { .. }) => {
            Err(OpError::NotFound { kind: "certificate".to_owned(), name: id.to_string() })
        }
        Err(error) => Err(error.into()),
    }
}

/// Replaces a certificate before its time. A site is asked for a new request, a controller replaces its own, and of an
/// authority a new generation is announced; `hurried`, it waits for nobody who is absent.
pub async fn rotate(app: &App, actor: &Actor, id: Uuid, hurried: bool) -> Result<Certificate, OpError> {
    match find(app, id).await? {
        Found::Leaf(row) => {
            rotate_leaf(app, actor, &row, hurried).await?;
            show(app, actor, id).await
        }
        Found::Authority(row) => {
            let next = rotate_authority(app, actor, row.owner(), hurried).await?;
            show(app, actor, next.into_untyped_uuid()).await
        }
    }
}

async fn rotate_leaf(app: &App, actor: &Actor, row: &certificate::Certificate, hurried: bool) -> Result<(), OpError> {
    if hurried {
        return Err(OpError::invalid("now", "a site or controller waits for nobody; leave this out"));
    }
    let other = match row.subject.identity {
        Identity::Invitation { .. } => Some(
            "an invitation's certificate is in what was handed out; create another invitation, and expire this one",
        ),
        Identity::Bootstrap { .. } => Some("a bundle's certificate is in what was handed out; render the bundle again"),
        _ => None,
    };
    if let Some(how) = other {
        return Err(OpError::precondition("this certificate cannot be replaced where it is", how));
    }
    if row.superseded_by.is_some() {
        return Err(OpError::precondition(
            "a newer certificate took its place already",
            "rotate the newest of its subject",
        ));
    }
    let mut tx = app.store().begin(&actor.context()).await?;
    if let Some(id) = row.subject.identity.network() {
        networks::unless_history(&network::get(&mut tx, id).await?, app.now())?;
    }
    certificate::ask_to_renew(&mut tx, row.id).await?;
    tx.commit().await?;
    app.reconcile();
    Ok(())
}

async fn rotate_authority(app: &App, actor: &Actor, owner: Owner, hurried: bool) -> Result<AuthorityId, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    if let Owner::Network(id) = owner {
        networks::unless_history(&network::get(&mut tx, id).await?, app.now())?;
    }
    let rows = authority::list_locked(&mut tx, owner).await?;
    let announced = rows.iter().find(|row| row.state == AuthorityState::Announced);
    let next = match announced {
        Some(row) if hurried => authority::hurry(&mut tx, row.id).await?.id,
        // It is under way already.
        Some(row) => row.id,
        None => {
            let succession = Succession { reason: format!("{} asked for it", actor.acting.name), hurried };
            rotation::announce(app, &mut tx, owner, &rows, succession).await?
        }
    };
    tx.commit().await?;
    app.reconcile();
    Ok(next)
}

/// Revokes a certificate: whom it speaks for is denied, for good. Of an authority, a generation that issues no more is
/// withdrawn; the last one of a network goes with the network.
pub async fn revoke(app: &App, actor: &Actor, id: Uuid, fate: Option<InvitationFate>) -> Result<Revocation, OpError> {
    let revoked = |gone: String, eviction| Revocation { gone, eviction: Some(eviction) };
    match find(app, id).await? {
        Found::Authority(row) => revoke_authority(app, actor, &row).await,
        Found::Leaf(row) => Ok(match row.subject.identity {
            Identity::Member { network, site } | Identity::Renewal { network, site } => revoked(
                format!("the site {site} of network {network}, with every certificate it holds"),
                member::evict(app, actor, &Ref::id(network), &Ref::id(site), fate, None).await?,
            ),
            Identity::Invitation { network, invitation } => revoked(
                format!("the invitation {invitation} of network {network}; the sites that came by it stay"),
                invitation::evict(app, actor, &Ref::id(network), &Ref::id(invitation), false, None).await?,
            ),
            Identity::BackboneSite { backbone, site } | Identity::Bootstrap { backbone, site } => revoked(
                format!("the backbone site {site}, with its links, access points and bundles"),
                backbone_site::evict(app, actor, &Ref::id(backbone), &Ref::id(site), None).await?,
            ),
            Identity::Controller { controller } | Identity::TrustSigner { controller, .. } => revoked(
                format!("the controller {controller}, with what it signs"),
                controller::evict(app, actor, controller).await?,
            ),
        }),
    }
}

async fn revoke_authority(app: &App, actor: &Actor, row: &Authority) -> Result<Revocation, OpError> {
    match (row.owner(), row.state) {
        (Owner::Root, _) => Err(OpError::precondition(
            "the installation's own certificate authority is trusted by nobody directly, so that revoking it would move nothing",
            "import a chain for a new key in its place: `skx ca csr`, `skx ca import FILE`",
        )),
        (Owner::Network(network), AuthorityState::Active) => Ok(Revocation {
            gone: format!("the network {network}, with every site and invitation in it"),
            eviction: Some(networks::evict(app, actor, &Ref::id(network), None).await?),
        }),
        (Owner::Backbone(_), AuthorityState::Active) => Err(OpError::precondition(
            "everything on the backbone hangs on this generation of its certificate authority",
            "rotate it first (`skx certificate rotate`, with --now when it cannot wait); once the next one issues, revoke this one",
        )),
        (_, AuthorityState::Withdrawn) => {
            Err(OpError::precondition("this generation is trusted by nobody any more", "nothing is left to do"))
        }
        _ => {
            let mut tx = app.store().begin(&actor.context()).await?;
            authority::withdraw(&mut tx, row.id).await?;
            tx.commit().await?;
            app.reconcile();
            Ok(Revocation {
                gone: format!(
                    "generation {} of the authority: whoever holds nothing but a certificate of it is refused from now on",
                    row.generation
                ),
                eviction: None,
            })
        }
    }
}
