//! Objects by the names people give them; what is not found is named in the error as it was asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{AccessPointId, BackboneId, BackboneSiteId, Name, NetworkId, SiteId};
use store::{
    Db, Page, StoreError, Tx, access_point, access_point::AccessPoint, backbone, backbone::Backbone, backbone_site,
    backbone_site::BackboneSite, deployment, deployment::Deployment, group, group::Group, invitation,
    invitation::Invitation, member, member::Member, network, network::Network, secret, secret::Secret, subject,
    subject::Subject,
};

use super::{OpError, Ref, network::unless_history};

fn named(reference: &Ref) -> impl FnOnce(StoreError) -> OpError {
    move |error| match error {
        StoreError::NotFound { what } => OpError::NotFound { kind: what.to_owned(), name: reference.to_string() },
        error => error.into(),
    }
}

pub(crate) async fn backbone(db: impl Db, reference: &Ref) -> Result<Backbone, OpError> {
    backbone::find(db, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn backbone_site(db: impl Db, backbone: BackboneId, reference: &Ref) -> Result<BackboneSite, OpError> {
    backbone_site::find(db, backbone, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn access_point(db: impl Db, site: BackboneSiteId, reference: &Ref) -> Result<AccessPoint, OpError> {
    let wanted = |point: &AccessPoint| match reference {
        Ref::Name(name) => point.name == *name,
        Ref::Id(id) => Ref::id::<AccessPointId>(point.id) == Ref::Id(*id),
    };
    let points = access_point::list(db, site).await?;
    let missing = || OpError::NotFound { kind: "access point".to_owned(), name: reference.to_string() };
    points.into_iter().find(wanted).ok_or_else(missing)
}

pub(crate) async fn network(db: impl Db, reference: &Ref) -> Result<Network, OpError> {
    network::find(db, &reference.to_string()).await.map_err(named(reference))
}

/// The same, for changing something in it: not when it is over.
pub(crate) async fn changeable_network(tx: &mut Tx, reference: &Ref, now: Timestamp) -> Result<Network, OpError> {
    let found = network(&mut *tx, reference).await?;
    unless_history(&found, now)?;
    Ok(found)
}

pub(crate) async fn invitation(db: impl Db, network: NetworkId, reference: &Ref) -> Result<Invitation, OpError> {
    invitation::find(db, network, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn deployment(db: impl Db, network: NetworkId, reference: &Ref) -> Result<Deployment, OpError> {
    deployment::find(db, network, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn secret(db: impl Db, network: NetworkId, reference: &Ref) -> Result<Secret, OpError> {
    secret::find(db, network, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn member(db: impl Db, network: NetworkId, reference: &Ref) -> Result<Member, OpError> {
    member::find(db, network, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn subject(db: impl Db, reference: &Ref) -> Result<Subject, OpError> {
    subject::find(db, &reference.to_string()).await.map_err(named(reference))
}

pub(crate) async fn group(db: impl Db, reference: &Ref) -> Result<Group, OpError> {
    group::find(db, &reference.to_string()).await.map_err(named(reference))
}

/// The names of the member sites of a network; of former ones, too, when they matter.
pub(crate) async fn member_names(
    db: impl Db,
    network: NetworkId,
    former: bool,
) -> Result<BTreeMap<SiteId, Name>, OpError> {
    let members = member::list(db, network, former, Page::ALL).await?.items;
    Ok(members.into_iter().map(|member| (member.id, member.name)).collect())
}
