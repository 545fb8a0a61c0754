//! Figures that are read from the database when somebody asks.

use std::time::Duration;

use jiff::Timestamp;
use model::{Identity, Name, SpiffeId, lifecycle::BackboneSiteState};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use store::{
    Page, Store, authority,
    authority::{Authority, AuthorityState},
    backbone, certificate, event, status, waiting_room,
};
use tokio::time::timeout;

use super::PREFIX;
use crate::{
    App,
    ops::{LinkState, OpError, observed, status as standing, status::LinkStatus},
};

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
struct Links {
    backbone: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Certificates {
    kind: &'static str,
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
    links: Family<Links, Gauge>,
    expires: Family<Certificates, Gauge>,
    waiting: Gauge,
    waiting_since: Gauge,
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
    fn expires(&self, kind: &'static str, at: Timestamp) {
        let first = self.expires.get_or_create_owned(&Certificates { kind });
        let at = at.as_second();
        first.set(if first.get() == 0 { at } else { first.get().min(at) });
    }

    fn count_links(&self, backbone: &Name, links: &[LinkStatus]) {
        let count = |state: &'static str, is: fn(LinkState) -> bool| {
            let count = links.iter().filter(|link| is(link.observed.state)).count();
            let labels = Links { backbone: backbone.to_string(), state };
            self.links.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
        };
        count("up", |state| state == LinkState::Up);
        count("connecting", |state| state == LinkState::Connecting);
        count("down", |state| state == LinkState::Down);
        count("unknown", |state| state == LinkState::Unknown);
    }

    fn register(self, registry: &mut Registry) {
        let Self {
            trust_version,
            trust_valid_until,
            unacknowledged,
            sites,
            links,
            expires,
            waiting,
            waiting_since,
            feed_head,
        } = self;
        registry.register("links", "Links of backbones, by how the site that dials says they are", links);
        registry.register(
            "certificate_expires_timestamp",
            "When the first certificate of a kind that is in use expires, in seconds since 1970",
            expires,
        );
        registry.register("members_waiting", "Sites that wait to be admitted", waiting);
        registry.register(
            "members_waiting_since_timestamp",
            "Since when the first of them waits, in seconds since 1970; now, when none does",
            waiting_since,
        );
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

async fn figures(app: &App) -> Result<Figures, OpError> {
    let (store, now) = (app.store(), app.now());
    let figures = Figures::default();
    let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (mut up, mut down) = (0, 0);
    for row in backbone::list(store, Page::ALL).await?.items {
        let labels = OfBackbone { backbone: row.name.to_string() };
        let status = standing::of_backbone(app, &row).await?;
        let mut unacknowledged = 0;
        for site in status.sites.iter().filter(|site| site.state == BackboneSiteState::Deployed) {
            *if site.online { &mut up } else { &mut down } += 1;
            unacknowledged += i64::from(status.trust_version.is_some() && site.trust_version < status.trust_version);
            let identity = Identity::BackboneSite { backbone: row.id, site: site.id };
            let subject = SpiffeId { installation: app.installation(), identity };
            if let Some(held) = certificate::current(store, &subject).await? {
                figures.expires("backbone-site", held.not_after);
            }
        }
        let signer = Identity::TrustSigner { backbone: row.id, controller: app.controller() };
        let signer = SpiffeId { installation: app.installation(), identity: signer };
        if let Some(held) = certificate::current(store, &signer).await? {
            figures.expires("trust-signer", held.not_after);
        }
        figures.count_links(&row.name, &status.links);
        figures.unacknowledged.get_or_create(&labels).set(unacknowledged);
        if let (Some(version), Some(until)) = (status.trust_version, status.trust_valid_until) {
            figures.trust_version.get_or_create(&labels).set(gauge(version));
            figures.trust_valid_until.get_or_create(&labels).set(until.as_second());
        }
    }
    let authorities = authority::list_all(store).await?;
    let issuing: Vec<_> = authorities.iter().filter(|it| it.state == AuthorityState::Active).collect();
    for authority in &issuing {
        if let Some(until) = authority.not_after {
            figures.expires(kind(authority), until);
        }
    }
    // A controller has one of every backbone; those of backbones that are gone are of no use.
    let own =
        SpiffeId { installation: app.installation(), identity: Identity::Controller { controller: app.controller() } };
    for held in certificate::list_of_subject(store, &own).await? {
        if held.superseded_by.is_none() && issuing.iter().any(|authority| authority.id == held.issuer) {
            figures.expires("controller", held.not_after);
        }
    }
    let queue = waiting_room::queue(store).await?;
    figures.waiting.set(gauge(queue.waiting));
    figures.waiting_since.set(queue.since.unwrap_or(now).as_second());
    let since = now.saturating_sub(observed::SILENCE).unwrap_or(Timestamp::MIN);
    let members = status::count_of_all_networks(store, since).await?;
    if let Some(first) = certificate::first_expiry_of_members(store, app.installation(), since).await? {
        figures.expires("member", first);
    }
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

fn kind(authority: &Authority) -> &'static str {
    match (authority.backbone, authority.network) {
        (_, Some(_)) => "network-ca",
        (Some(_), _) => "backbone-ca",
        (None, None) => "root-ca",
    }
}
