//! Access points of relay sites: where they listen, and for whom.

use model::{AccessKind, AccessPointId, AccessPointSpec, GenericUuid};
use store::{access_point, access_point::AccessPoint, backbone::Backbone, backbone_site, link, listing::Key};
use uuid::Uuid;

use super::{
    Actor, Fields, OpError, Ref,
    backbone_site::{AccessPointInfo, BackboneSite, unless_evicted, view},
    cut_off::{Even, Ways},
    find, once,
    once::Claimed,
};
use crate::App;

/// What the list of a site's access points can be narrowed and ordered by.
pub(crate) const FIELDS: Fields<AccessPointInfo> = Fields {
    id: |point| point.id.to_string(),
    sorts: &[
        ("created", |point| Key::Time(point.meta.created)),
        ("name", |point| Key::Text(point.spec.name.to_string())),
    ],
    filters: &[("kind", |point, wanted| point.spec.kinds.to_string().split(',').any(|kind| kind == wanted))],
    search: |point| format!("{} {}", point.spec.name, point.spec.advertised),
};

/// Adds an access point.
pub async fn add(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    spec: AccessPointSpec,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    let mut tx = match once::claim::<AccessPointId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(_) => return view(app, &backbone, found).await,
    };
    unless_evicted(&found)?;
    let others = specs(access_point::list(&mut tx, found.id).await?);
    if others.iter().any(|other| other.name == spec.name) {
        return Err(OpError::NameTaken { kind: "access point".to_owned() });
    }
    check_beside(&spec, &others)?;
    let id = AccessPointId::from_untyped_uuid(Uuid::new_v4());
    access_point::add(&mut tx, id, found.id, &spec).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

/// Replaces the access point of the same name. It may move while it is used: who is connected there stays connected, and
/// learns where it is now. Refused when it was the last way to something, unless that is `even_if` wanted.
pub async fn set(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    spec: AccessPointSpec,
    if_revision: Option<i64>,
    even_if: Even,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    unless_evicted(&found)?;
    let point = find::access_point(&mut tx, found.id, &Ref::Name(spec.name.clone())).await?;
    OpError::unless_at(if_revision, "access point", point.revision)?;
    let others = access_point::list(&mut tx, found.id).await?;
    check_beside(&spec, &specs(others.into_iter().filter(|other| other.id != point.id).collect()))?;
    if !spec.kinds.contains(AccessKind::Peer) {
        unless_dialled(&mut tx, &backbone, &point, "it must go on admitting peers").await?;
    }
    let before = Ways::read(&mut tx, backbone.id).await?;
    access_point::set(&mut tx, point.id, if_revision, &spec).await?;
    before.unless_lost(&mut tx, even_if).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

/// Removes an access point; who is connected there is sent away. Refused while a link dials it, and when it is the last
/// way to something, unless that is `even_if` wanted.
pub async fn remove(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    access: &Ref,
    if_revision: Option<i64>,
    even_if: Even,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    let point = find::access_point(&mut tx, found.id, access).await?;
    OpError::unless_at(if_revision, "access point", point.revision)?;
    unless_dialled(&mut tx, &backbone, &point, "it cannot go").await?;
    let before = Ways::read(&mut tx, backbone.id).await?;
    access_point::remove(&mut tx, point.id, if_revision).await?;
    before.unless_lost(&mut tx, even_if).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

async fn unless_dialled(
    tx: &mut store::Tx,
    backbone: &Backbone,
    point: &AccessPoint,
    consequence: &str,
) -> Result<(), OpError> {
    let links = link::list(&mut *tx, backbone.id).await?;
    let Some(link) = links.iter().find(|link| link.access_point == point.id) else {
        return Ok(());
    };
    let from = backbone_site::get(&mut *tx, link.from).await?.name;
    let to = backbone_site::get(&mut *tx, link.to).await?.name;
    Err(OpError::precondition(
        format!("the site {from} has a link to the access point {}, so {consequence}", point.name),
        format!(
            "delete the link first: `skx backbone link delete {} --from {from} --to {to}/{}`",
            backbone.name, point.name
        ),
    ))
}

fn specs(points: Vec<AccessPoint>) -> Vec<AccessPointSpec> {
    points.into_iter().map(spec).collect()
}

pub(super) fn spec(point: AccessPoint) -> AccessPointSpec {
    AccessPointSpec { name: point.name, kinds: point.kinds, advertised: point.advertised, bind: point.bind }
}

/// Refuses what cannot stand beside the site's other access points.
pub(super) fn check_beside(spec: &AccessPointSpec, others: &[AccessPointSpec]) -> Result<(), OpError> {
    let bind = crate::desired::bind;
    for other in others {
        if other.name == spec.name {
            return Err(OpError::invalid("access", format!("there are two access points with the name {}", spec.name)));
        }
        let (one, two) = (bind(spec), bind(other));
        let same_host = one.ip() == two.ip() || one.ip().is_unspecified() || two.ip().is_unspecified();
        if one.port() == two.port() && same_host {
            return Err(OpError::invalid(
                "access",
                format!(
                    "the access points {} and {} would listen at the same port {}; let one serve the kinds of both, or give another bind=HOST:PORT",
                    other.name,
                    spec.name,
                    one.port()
                ),
            ));
        }
    }
    Ok(())
}
