use api::{AccessPoint, AccessPointCreate, AccessPointSet, BackboneSite, BackboneSiteCreate};
use axum::extract::State;
use model::{AccessPointSpec, GenericUuid as _};

use super::{even_if, eviction, platform, rendered};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, object, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, NoBody, Parameters},
        problem::Refusal,
        standing,
    },
    ops::{
        Actor, Ref, access_point,
        backbone_site::{self, AccessPointInfo, BundleFormat},
    },
};

pub(in crate::http) fn view(found: backbone_site::BackboneSite) -> BackboneSite {
    let standing = standing::backbone_site(&found);
    let access = found.access.iter().map(|info| point(info.clone(), &found)).collect();
    BackboneSite {
        standing,
        access,
        id: found.id,
        name: found.name,
        backbone: found.backbone_name,
        state: found.state,
        draining: found.draining,
        connected: found.online,
        last_seen: found.last_seen,
        platform: found.platform.map(platform),
        hosts: found.hosts,
        next: found.next_step,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

fn point(found: AccessPointInfo, site: &backbone_site::BackboneSite) -> AccessPoint {
    AccessPoint {
        standing: standing::access_point(&found, site),
        id: found.id,
        name: found.spec.name,
        kinds: found.spec.kinds,
        advertised: found.spec.advertised,
        bind: found.spec.bind,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(in crate::http) fn spec(input: AccessPointCreate) -> AccessPointSpec {
    AccessPointSpec { name: input.name, kinds: input.kinds, advertised: input.advertised, bind: input.bind }
}

pub(in crate::http) fn wanted(backbone: Ref, input: BackboneSiteCreate) -> backbone_site::Create {
    let access = input.access.into_iter().map(spec).collect();
    backbone_site::Create { backbone, name: input.name, access }
}

pub(crate) async fn list(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    page(backbone_site::list(&app, &name, &parameters.page()?).await?, view)
}

pub(crate) async fn create(
    State(app): State<App>,
    At(Named(backbone)): At<Named>,
    Create(actor, input): Create<BackboneSiteCreate>,
) -> Answer {
    let made = backbone_site::create(&app, &actor, wanted(backbone, input)).await?;
    let revision = made.meta.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At((Named(backbone), Named(site))): At<(Named, Named)>) -> Answer {
    let found = backbone_site::show(&app, &backbone, &site).await?;
    let revision = found.meta.revision;
    tagged(view(found), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    backbone_site::delete(&app, &actor, &backbone, &site, revision).await?;
    nothing()
}

pub(crate) async fn evict(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    _: NoBody,
) -> Answer {
    object(eviction(backbone_site::evict(&app, &actor, &backbone, &site, revision).await?, &actor))
}

pub(crate) async fn drain(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    _: NoBody,
) -> Answer {
    draining(&app, &actor, (&backbone, &site), true, revision).await
}

pub(crate) async fn resume(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    _: NoBody,
) -> Answer {
    draining(&app, &actor, (&backbone, &site), false, revision).await
}

async fn draining(
    app: &App,
    actor: &Actor,
    (backbone, site): (&Ref, &Ref),
    draining: bool,
    revision: Option<i64>,
) -> Answer {
    let changed = backbone_site::set_draining(app, actor, backbone, site, draining, revision).await?;
    let revision = changed.meta.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn bundle(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    parameters: Parameters,
    _: NoBody,
) -> Answer {
    let format = parameters.text("format").unwrap_or("linux").parse::<BundleFormat>();
    let format = format.map_err(|error| Refusal::field("format", error.to_string()))?;
    object(rendered(backbone_site::bundle(&app, &actor, &backbone, &site, format).await?))
}

/// The access point of a site that a path names.
fn find(site: &backbone_site::BackboneSite, wanted: &Ref) -> Result<AccessPointInfo, Refusal> {
    let is = |point: &AccessPointInfo| match wanted {
        Ref::Name(name) => point.spec.name == *name,
        Ref::Id(id) => point.id.into_untyped_uuid() == *id,
    };
    site.access
        .iter()
        .find(|point| is(point))
        .cloned()
        .ok_or_else(|| Refusal::not_found("access point", &wanted.to_string()))
}

pub(crate) async fn access_list(
    State(app): State<App>,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    parameters: Parameters,
) -> Answer {
    let found = backbone_site::show(&app, &backbone, &site).await?;
    let items = parameters.page()?.pick(found.access.clone(), &access_point::FIELDS)?;
    page(items, |info| point(info, &found))
}

pub(crate) async fn access_create(
    State(app): State<App>,
    At((Named(backbone), Named(site))): At<(Named, Named)>,
    Create(actor, input): Create<AccessPointCreate>,
) -> Answer {
    let name = Ref::Name(input.name.clone());
    let changed = access_point::add(&app, &actor, &backbone, &site, spec(input)).await?;
    let made = find(&changed, &name)?;
    let revision = made.meta.revision;
    created_tagged(point(made, &changed), revision)
}

pub(crate) async fn access_show(
    State(app): State<App>,
    At((Named(backbone), Named(site), Named(access))): At<(Named, Named, Named)>,
) -> Answer {
    let of = backbone_site::show(&app, &backbone, &site).await?;
    let found = find(&of, &access)?;
    let revision = found.meta.revision;
    tagged(point(found, &of), revision)
}

pub(crate) async fn access_set(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site), Named(access))): At<(Named, Named, Named)>,
    IfMatch(revision): IfMatch,
    parameters: Parameters,
    Body(input): Body<AccessPointSet>,
) -> Answer {
    // By its id it may be given another name meanwhile: the operation goes by name, and If-Match protects the rest.
    let name = find(&backbone_site::show(&app, &backbone, &site).await?, &access)?.spec.name;
    let spec = AccessPointSpec { name, kinds: input.kinds, advertised: input.advertised, bind: input.bind };
    let even_if = even_if(&parameters)?;
    let changed = access_point::set(&app, &actor, &backbone, &site, spec, revision, even_if).await?;
    let found = find(&changed, &access)?;
    let revision = found.meta.revision;
    tagged(point(found, &changed), revision)
}

pub(crate) async fn access_delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(site), Named(access))): At<(Named, Named, Named)>,
    IfMatch(revision): IfMatch,
    parameters: Parameters,
) -> Answer {
    access_point::remove(&app, &actor, &backbone, &site, &access, revision, even_if(&parameters)?).await?;
    nothing()
}
