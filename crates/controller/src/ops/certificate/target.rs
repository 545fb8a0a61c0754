//! What certificates are of, as it is decided who may see them.

use authz::{Standing, Target};
use model::{AuthorityId, CertificateId, GenericUuid, Identity};
use store::{
    StoreError,
    authority::{self, Owner},
    certificate, network,
};
use uuid::Uuid;

use crate::{
    App,
    ops::{Actor, OpError, actor},
};

/// The networks and backbones that somebody manages; `None`: every one.
pub(crate) async fn managed(app: &App, actor: &Actor) -> Result<Option<Vec<Uuid>>, OpError> {
    let Some(mut ids) = actor::only(actor.networks(app, Standing::Owns).await?) else { return Ok(None) };
    let administered = actor.reach.backbones().into_iter().flatten().filter(|id| actor.reach.inspects(*id));
    ids.extend(administered.map(GenericUuid::into_untyped_uuid));
    Ok(Some(ids))
}

/// What the certificate is of that is named by id or serial number; nothing, where there is none.
pub(crate) async fn target(app: &App, name: &str) -> Result<Option<Target>, OpError> {
    let id = match Uuid::try_parse(name) {
        Ok(id) if name.contains('-') => Some(id),
        _ => super::by_serial(app, name).await?,
    };
    let Some(id) = id else { return Ok(None) };
    let leaf = if_any(certificate::get(app.store(), CertificateId::from_untyped_uuid(id)).await)?;
    let owner = match leaf.map(|leaf| leaf.subject.identity) {
        Some(
            Identity::BackboneSite { backbone, .. }
            | Identity::Bootstrap { backbone, .. }
            | Identity::TrustSigner { backbone, .. },
        ) => Owner::Backbone(backbone),
        Some(
            Identity::Invitation { network, .. } | Identity::Member { network, .. } | Identity::Renewal { network, .. },
        ) => Owner::Network(network),
        Some(Identity::Controller { .. }) => Owner::Root,
        None => match if_any(authority::get(app.store(), AuthorityId::from_untyped_uuid(id)).await)? {
            Some(authority) => authority.owner(),
            None => return Ok(None),
        },
    };
    Ok(Some(match owner {
        Owner::Root => Target::Installation,
        Owner::Backbone(id) => Target::Backbone { id },
        Owner::Network(id) => match if_any(network::get(app.store(), id).await)? {
            Some(network) => actor::target(&network),
            // The network is gone: nobody owns it any more.
            None => Target::Installation,
        },
    }))
}

fn if_any<T>(found: Result<T, StoreError>) -> Result<Option<T>, OpError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
