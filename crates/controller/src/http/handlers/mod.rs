//! One handler per endpoint, by object: read the request, call the operation, write the answer.

pub(crate) mod address;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod backbone;
pub(crate) mod ca;
pub(crate) mod certificate;
pub(crate) mod controller;
pub(crate) mod deployment;
pub(crate) mod event;
pub(crate) mod grant;
pub(crate) mod group;
pub(crate) mod invitation;
pub(crate) mod library;
pub(crate) mod link;
pub(crate) mod listener;
pub(crate) mod member;
pub(crate) mod metrics;
pub(crate) mod network;
pub(crate) mod quota;
pub(crate) mod release;
pub(crate) mod secret;
pub(crate) mod sign_in;
pub(crate) mod site;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod user;

use super::{extract::Parameters, problem::Refusal};
use crate::ops::{self, Actor, Ref, cut_off::Even};
use api::{LinkState, Milliseconds};

/// A reference in a request's body: a name, or an id (ids have the form of names).
pub(super) fn reference(name: model::Name) -> Ref {
    name.as_str().parse().unwrap_or(Ref::Name(name))
}

/// The id of an object that has no name.
fn id<T: model::GenericUuid>(kind: &str, reference: &Ref) -> Result<T, Refusal> {
    match reference {
        Ref::Id(id) => Ok(T::from_untyped_uuid(*id)),
        Ref::Name(name) => Err(Refusal::not_found(kind, name.as_str())),
    }
}

/// Everything in a list, for lists that are filtered here: `all!(page => operation(…, page))`.
macro_rules! all {
    ($page:ident => $list:expr) => {{
        let mut items = vec![];
        let mut page = $crate::ops::Page { limit: Some($crate::ops::Page::MAX_LIMIT), ..$crate::ops::Page::default() };
        loop {
            let $page = &page;
            let listing = $list.await?;
            items.extend(listing.items);
            match listing.next {
                Some(next) => page.after = Some(next),
                None => break items,
            }
        }
    }};
}
pub(super) use all;

/// How far an eviction has come; which routers that is about is for administrators of their backbones.
fn eviction(eviction: ops::eviction::Eviction, actor: &Actor) -> api::Eviction {
    let inside = eviction.backbones.iter().all(|backbone| actor.reach.inspects(*backbone));
    let routers = eviction.routers.into_iter().map(|router| api::RouterAcknowledgement {
        backbone: router.backbone,
        site: router.name,
        site_id: router.site,
        acknowledged: router.acknowledged,
        reachable: router.reachable,
        document_expires: router.document_expires,
    });
    api::Eviction {
        id: eviction.id,
        trust_version: eviction.trust_version.filter(|_| inside),
        complete: eviction.complete,
        routers: inside.then(|| routers.collect()),
    }
}

fn platform(platform: ops::Platform) -> api::Platform {
    let ops::Platform { software, os, arch, hostname } = platform;
    api::Platform { software, os, arch, hostname }
}

fn rendered(rendered: ops::backbone_site::Rendered) -> api::Rendered {
    api::Rendered { file_name: rendered.file_name, media_type: rendered.media_type.to_owned(), content: rendered.text }
}

pub(super) fn link_state(state: ops::LinkState) -> LinkState {
    match state {
        ops::LinkState::Up => LinkState::Up,
        ops::LinkState::Connecting => LinkState::Connecting,
        ops::LinkState::Down => LinkState::Down,
        ops::LinkState::Unknown => LinkState::Unknown,
    }
}

/// What `?force=` says of a change that would cut off what runs.
fn even_if(parameters: &Parameters) -> Result<Even, Refusal> {
    Ok(if forced(parameters)? { Even::CutOff } else { Even::Never })
}

/// What `?force=` says.
fn forced(parameters: &Parameters) -> Result<bool, Refusal> {
    match parameters.text("force") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Refusal::field("force", format!("{other:?} is neither true nor false"))),
    }
}

fn traffic(observation: &ops::LinkObservation) -> Option<api::LinkTraffic> {
    observation.traffic.map(|traffic| api::LinkTraffic {
        bytes_in: traffic.bytes_in,
        bytes_out: traffic.bytes_out,
        bytes_in_per_second: traffic.rate_in,
        bytes_out_per_second: traffic.rate_out,
    })
}

fn rtt(observation: &ops::LinkObservation) -> Option<Milliseconds> {
    observation.rtt_us.map(|micros| Milliseconds { micros })
}

fn socket_state(socket: &ops::SocketObservation) -> String {
    if socket.ready { "ready" } else { "failed" }.to_owned()
}
