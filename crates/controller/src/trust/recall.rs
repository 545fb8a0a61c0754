//! What routers remember and the database does not: it was restored to an older state. The line of versions goes on behind
//! theirs, and nobody they have cut comes back.

use model::{
    BackboneId, BackboneSiteId, GenericUuid, InvitationId, NetworkId, SiteId, trust::Denial, trust::TrustDocument,
};
use pki::SignedTrust;
use store::{
    Context, StoreError, Tx, backbone_site,
    denial::{self, Kind},
    invitation, link, member, network, trust as documents,
};
use uuid::Uuid;

use crate::{App, issue, ops::OpError};

use super::read_bytes;

/// Why an object is evicted again.
const REASON: &str = "evicted before the database was restored";

/// Hears of a document that a router holds, whose signature this replica's router has verified. When the database does
/// not know it, what it denies is denied here again, and the next document gets a version beyond it.
pub(crate) async fn recall(app: &App, backbone: BackboneId, signed: &SignedTrust, version: u64) -> Result<(), OpError> {
    let kept = documents::kept(app.store(), backbone).await?;
    let known = kept.iter().any(|one| one.version == version && one.document == signed.document);
    // One older than all that are kept may be a router's that was away for long: nothing can be told of it.
    let too_old = kept.last().is_some_and(|oldest| version < oldest.version);
    if known || too_old {
        return Ok(());
    }
    tracing::warn!(
        %backbone,
        version,
        newest = kept.first().map_or(0, |newest| newest.version),
        "a router holds a trust document that this database does not know: the database is older than the network; what \
         that document denies stays denied, and the next one gets a version beyond it"
    );
    let document = read_bytes(&signed.document)?;
    let mut tx = app.store().begin(&Context::controller(app.controller())).await?;
    for (kind, id, reason) in denials(&document) {
        if denial::take_back(&mut tx, kind, id, backbone, reason).await?.is_some() {
            end(&mut tx, kind, id, reason).await?;
        }
    }
    tx.commit().await?;
    app.trust_beyond(backbone, version);
    app.reconcile();
    Ok(())
}

fn denials(document: &TrustDocument) -> Vec<(Kind, Uuid, Denial)> {
    let denied = &document.denied;
    let networks = denied.networks.iter().map(|(id, why)| (Kind::Network, id.into_untyped_uuid(), *why));
    let sites = denied.sites.iter().map(|(id, why)| (Kind::Site, id.into_untyped_uuid(), *why));
    let invitations = denied.invitations.iter().map(|(id, why)| (Kind::Invitation, id.into_untyped_uuid(), *why));
    let relays = denied.backbone_sites.iter().map(|(id, why)| (Kind::BackboneSite, id.into_untyped_uuid(), *why));
    let controllers = denied.controllers.iter().map(|(id, why)| (Kind::Controller, id.into_untyped_uuid(), *why));
    networks.chain(sites).chain(invitations).chain(relays).chain(controllers).collect()
}

/// Makes the object what the denial says it is, as far as the database knows it.
async fn end(tx: &mut Tx, kind: Kind, id: Uuid, reason: Denial) -> Result<(), StoreError> {
    let ended = match (kind, reason) {
        (Kind::Network, Denial::Evicted) => end_network(tx, NetworkId::from_untyped_uuid(id)).await,
        (Kind::Site, Denial::Ended) => member::leave(tx, SiteId::from_untyped_uuid(id), REASON).await.map(drop),
        (Kind::Site, _) => member::evict(tx, SiteId::from_untyped_uuid(id), None, REASON).await.map(drop),
        (Kind::Invitation, _) => {
            invitation::close(tx, InvitationId::from_untyped_uuid(id), None, REASON).await.map(drop)
        }
        (Kind::BackboneSite, Denial::Evicted | Denial::Ended) => {
            end_relay(tx, BackboneSiteId::from_untyped_uuid(id)).await
        }
        // A network that has ended says so by its times; of a superseded bundle and of a controller nothing else is kept.
        (Kind::Network | Kind::BackboneSite | Kind::Controller, _) => Ok(()),
    };
    match ended {
        // It was made after the state that was restored.
        Err(StoreError::NotFound { .. }) => Ok(()),
        ended => ended,
    }
}

async fn end_network(tx: &mut Tx, id: NetworkId) -> Result<(), StoreError> {
    network::evict(tx, id, None).await?;
    issue::destroy_keys(tx, id).await
}

async fn end_relay(tx: &mut Tx, id: BackboneSiteId) -> Result<(), StoreError> {
    let site = backbone_site::get(&mut *tx, id).await?;
    backbone_site::evict(tx, id, None).await?;
    for link in link::list(&mut *tx, site.backbone).await? {
        if link.from == id || link.to == id {
            link::delete(tx, link.id, None).await?;
        }
    }
    Ok(())
}
