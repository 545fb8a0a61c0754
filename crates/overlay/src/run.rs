//! The life of one link, from the hellos to the last word.

use std::sync::Arc;

use overlay_proto::preface::WireLinkId;

use crate::{
    actor::Input,
    credentials::DialConfigs,
    link::{Link, channel::Channel, drive::drive},
    observe::{Farewell, Observation},
    shared::Shared,
};

/// Runs a link that is in the table already, and takes it out when it has ended. `accepted` is the id its data
/// connections name, at the accepting end; `dial` is what they are dialled with, at the dialling end.
pub(crate) async fn run_link(
    shared: Arc<Shared>,
    link: Arc<Link>,
    channel: Channel,
    accepted: Option<WireLinkId>,
    dial: Option<DialConfigs>,
) -> Farewell {
    let (config, peer) = (link.facts.config, link.facts.peer);
    tracing::info!(link = %link.key(), %peer, remote = %link.facts.remote, "a link is up");
    // Only a router that stops no longer listens; the link then ends by its token.
    let _ = shared.actor.send(Input::Up(link.clone())).await;
    shared.tell_trust(&link);
    shared.observe(Observation::LinkUp { link: config, peer });
    let reason = drive(&shared, &link, channel, dial).await;
    shared.links.remove(link.key(), accepted);
    let _ = shared.actor.send(Input::Down(link.key())).await;
    tracing::info!(link = %link.key(), %peer, %reason, "a link is down");
    shared.observe(Observation::LinkDown { link: config, peer, reason: reason.clone() });
    reason
}
