//! Figures that are read from the database when somebody asks.

use std::time::Duration;

use jiff::Timestamp;
use model::lifecycle::BackboneSiteState;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use store::{Page, Store, StoreError, backbone, backbone_site, event, status, trust};
use tokio::time::timeout;

use super::PREFIX;
use crate::{App, ops::observed};

/// How long the database may take before the figures are answered without it.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBackbone {
    backbone: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sites {
    kind: &'static str,
    session: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Use {
    r#use: &'static str,
}

#[derive(Default)]
struct Figures {
    trust_version: Family<OfBackbone, Gauge>,
    trust_valid_until: Family<OfBackbone, Gauge>,
    unacknowledged: Family<OfBackbone, Gauge>,
    sites: Family<Sites, Gauge>,
    feed_head: Gauge,
}

/// Reads them. Without the database there is what can be said without it, and that it is away.
pub(super) async fn read(app: &App) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let figures = timeout(PATIENCE, figures(app)).await;
    let up = Gauge::<i64>::default();
    up.set(i64::from(matches!(figures, Ok(Ok(_)))));
    registry.register("database_up", "Whether the database answers", up);
    let connections: Family<Use, Gauge> = Family::default();
    let (open, idle) = app.store().connections();
    let open = i64::from(open);
    let idle = i64::try_from(idle).unwrap_or(open).min(open);
    connections.get_or_create(&Use { r#use: "idle" }).set(idle);
    connections.get_or_create(&Use { r#use: "busy" }).set(open - idle);
    registry.register("database_connections", "Connections to the database", connections);
    let most = Gauge::<i64>::default();
    most.set(i64::from(Store::MAX_CONNECTIONS));
    registry.register("database_connections_max", "How many connections to the database there can be", most);
    match figures {
        Ok(Ok(figures)) => figures.register(&mut registry),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "figures are answered without the database's");
        }
        Err(_) => tracing::warn!("figures are answered without the database's: it takes too long"),
    }
    registry
}

impl Figures {
    fn register(self, registry: &mut Registry) {
        let Self { trust_version, trust_valid_until, unacknowledged, sites, feed_head } = self;
        registry.register("trust_version", "The version of the trust document in force", trust_version);
        registry.register(
            "trust_valid_until_timestamp",
            "Until when the trust document is valid, in seconds since 1970",
            trust_valid_until,
        );
        registry.register(
            "trust_unacknowledged_routers",
            "Deployed relay sites that have not said that this version, or a newer one, is in force there",
            unacknowledged,
        );
        registry.register("sites", "Sites that are deployed or members, by whether they have a session", sites);
        registry.register(
            "feed_head",
            "The last event there is; feed_position says how far this controller is",
            feed_head,
        );
    }
}

async fn figures(app: &App) -> Result<Figures, StoreError> {
    let (store, now) = (app.store(), app.now());
    let figures = Figures::default();
    let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (mut up, mut down) = (0, 0);
    for row in backbone::list(store, Page::ALL).await?.items {
        let labels = OfBackbone { backbone: row.name.to_string() };
        let latest = trust::latest(store, row.id).await?;
        let reported = status::list_of_backbone(store, row.id).await?;
        let said = |site| reported.iter().find(|(id, _)| *id == site).map(|(_, status)| status);
        let mut unacknowledged = 0;
        for site in backbone_site::list(store, row.id, Page::ALL).await?.items {
            if site.state != BackboneSiteState::Deployed {
                continue;
            }
            let status = said(site.id);
            *if status.is_some_and(|status| observed::is_online(status, now)) { &mut up } else { &mut down } += 1;
            let version = status.and_then(|status| status.trust_version);
            if latest.as_ref().is_some_and(|latest| version.is_none_or(|version| version < latest.version)) {
                unacknowledged += 1;
            }
        }
        figures.unacknowledged.get_or_create(&labels).set(unacknowledged);
        if let Some(latest) = latest {
            figures.trust_version.get_or_create(&labels).set(gauge(latest.version));
            figures.trust_valid_until.get_or_create(&labels).set(latest.valid_until.as_second());
        }
    }
    let since = now.saturating_sub(observed::SILENCE).unwrap_or(Timestamp::MIN);
    let members = status::count_of_all_networks(store, since).await?;
    let sites = [
        ("backbone-site", "up", up),
        ("backbone-site", "down", down),
        ("member", "up", gauge(members.connected)),
        ("member", "down", gauge(members.members.saturating_sub(members.connected))),
    ];
    for (kind, session, count) in sites {
        figures.sites.get_or_create(&Sites { kind, session }).set(count);
    }
    figures.feed_head.set(event::head(store).await?);
    Ok(figures)
}
