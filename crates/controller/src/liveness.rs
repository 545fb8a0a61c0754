//! How sites are just now: who has come, who has gone, and what they carry. Told to those who watch, while there are any.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use model::{BackboneId, NetworkId};
use store::status::{self, Seen, SiteRef, Status};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{App, ops::observed};

/// How often it is looked how sites are.
const LOOK: Duration = Duration::from_secs(2);

/// How a site is just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passing {
    /// Which.
    pub(crate) site: SiteRef,
    /// The network of a member.
    pub(crate) network: Option<NetworkId>,
    /// The backbone of a relay.
    pub(crate) backbone: Option<BackboneId>,
    /// What is to be said.
    pub(crate) what: What,
}

/// What is to be said of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Whether it has a session, and when it was last heard of.
    Liveness {
        /// Whether it has one.
        connected: bool,
        /// When.
        last_seen: Timestamp,
    },
    /// What it carries.
    Traffic(Carried),
}

/// What a site carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// Open connections, or links that are up.
    pub(crate) connections: u64,
    /// Bytes that came.
    pub(crate) bytes_in: u64,
    /// Bytes that went.
    pub(crate) bytes_out: u64,
}

/// How a site was when it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    connected: bool,
    carried: Carried,
}

/// Looks how sites are as long as somebody watches, and says what has changed.
pub(crate) async fn keep(app: App, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(app.watchers().opened()).await.is_some() {
        let mut known: Option<HashMap<SiteRef, Known>> = None;
        while app.watchers().count() > 0 {
            match status::list_all(app.store()).await {
                Ok(seen) => {
                    let now = app.now();
                    let (news, next) = compare(known.as_ref(), &seen, now);
                    news.into_iter().for_each(|passing| app.watchers().passes(passing));
                    known = Some(next);
                }
                Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "how sites are is not known"),
            }
            if shutdown.run_until_cancelled(sleep(LOOK)).await.is_none() {
                return;
            }
        }
    }
}

/// What has changed since, and how it is now. Whoever begins to look has nothing to compare with, and says nothing.
fn compare(
    known: Option<&HashMap<SiteRef, Known>>,
    seen: &[Seen],
    now: Timestamp,
) -> (Vec<Passing>, HashMap<SiteRef, Known>) {
    let mut news = vec![];
    let mut next = HashMap::with_capacity(seen.len());
    for Seen { site, network, backbone, status } in seen {
        let is = Known { connected: observed::is_online(status, now), carried: carried(*site, status, now) };
        next.insert(*site, is);
        let Some(known) = known else { continue };
        let was = known.get(site);
        let mut say = |what| news.push(Passing { site: *site, network: *network, backbone: *backbone, what });
        if was.is_none_or(|was| was.connected != is.connected) {
            say(What::Liveness { connected: is.connected, last_seen: status.last_seen });
        }
        if was.map(|was| was.carried).unwrap_or_default() != is.carried {
            say(What::Traffic(is.carried));
        }
    }
    (news, next)
}

fn carried(site: SiteRef, status: &Status, now: Timestamp) -> Carried {
    let Some(report) = observed::report(Some(status), now) else { return Carried::default() };
    let mut sum = Carried::default();
    match site {
        SiteRef::Member(_) => {
            for flow in &report.open_flows {
                sum.connections = sum.connections.saturating_add(flow.connections);
                let (came, went) = if flow.out {
                    (flow.bytes_to_server, flow.bytes_to_client)
                } else {
                    (flow.bytes_to_client, flow.bytes_to_server)
                };
                sum.bytes_in = sum.bytes_in.saturating_add(came);
                sum.bytes_out = sum.bytes_out.saturating_add(went);
            }
        }
        SiteRef::Backbone(_) => {
            for link in report.links.iter().filter(|link| link.state == "up") {
                sum.connections += 1;
                sum.bytes_in = sum.bytes_in.saturating_add(link.traffic.bytes_in);
                sum.bytes_out = sum.bytes_out.saturating_add(link.traffic.bytes_out);
            }
        }
    }
    sum
}
