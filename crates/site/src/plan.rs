//! What the router shall be: a pure function of what the site stores, what is configured locally, and the time.

use dataplane::RouterConfig;
use jiff::Timestamp;
use model::{
    GenericUuid, LinkId,
    router::{Link, Transport},
    ticket::{Credential, Ticket},
};
use pki::{Certificate, PrivateKey, tls::Leaf};

use crate::{
    certificate::{Life, life},
    deploy::sockets::Sockets,
    state::{Joined, LocalConfig, Origin, Phase, StoredSite},
};

/// Why there is nothing for a router to be.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The site is over.
    #[error("the site is over: {0}")]
    Over(String),
    /// A key in the state or ticket cannot be read.
    #[error("a private key cannot be read")]
    Key(#[from] pki::KeyError),
    /// A certificate in the ticket cannot be read.
    #[error("the certificate in the ticket cannot be read")]
    Certificate(#[from] pki::CertificateError),
}

/// The router's configuration.
///
/// A network that is known to be over gets no listeners and connectors, whoever can be reached: that is how a site
/// that is offline at the end keeps the end.
pub fn plan(
    site: &StoredSite,
    local: &LocalConfig,
    deployed: &Sockets,
    now: Timestamp,
) -> Result<RouterConfig, PlanError> {
    Ok(RouterConfig { proxy: local.proxy.clone(), ..planned(site, local, deployed, now)? })
}

/// Whether a site is a member whose certificate has expired and may be renewed: it can do that, and nothing else.
pub(crate) fn renews(site: &StoredSite, now: Timestamp) -> bool {
    match &site.phase {
        Phase::Joined(joined) => matches!(life(joined, now), Life::Renewable(_)) && !is_past_its_end(joined, now),
        Phase::Joining(_) | Phase::Over(_) => false,
    }
}

fn planned(
    site: &StoredSite,
    local: &LocalConfig,
    deployed: &Sockets,
    now: Timestamp,
) -> Result<RouterConfig, PlanError> {
    match &site.phase {
        Phase::Joining(joining) => match &joining.ticket {
            Ticket::Invitation(ticket) => {
                // The link of an invitation is replaced by the member's own: it is named after the invitation.
                let link = LinkId::from_untyped_uuid(ticket.invitation.into_untyped_uuid());
                Ok(RouterConfig {
                    links: link_to(link, local.in_order(ticket.access.clone())),
                    backbone_authorities: ticket.backbone_authorities.clone(),
                    ..bare(site, credential(&ticket.claim)?)
                })
            }
            Ticket::Bootstrap(ticket) => {
                let link = LinkId::from_untyped_uuid(ticket.site.into_untyped_uuid());
                Ok(RouterConfig {
                    access_points: ticket.listen.clone(),
                    links: link_to(link, ticket.dial.clone()),
                    backbone_authorities: ticket.backbone_authorities.clone(),
                    ..bare(site, credential(&ticket.bootstrap)?)
                })
            }
        },
        Phase::Joined(joined) => {
            let config = joined_config(site, joined)?;
            match &site.origin {
                Origin::Bundle { .. } => Ok(RouterConfig { trust: joined.trust.clone(), ..config }),
                Origin::Invitation { .. } if renews(site, now) => Ok(RouterConfig {
                    renews: true,
                    links: in_order(config.links, local),
                    assignments: Default::default(),
                    ..config
                }),
                Origin::Invitation { .. } => Ok(member(config, joined, local, deployed, now)),
            }
        }
        Phase::Over(over) => Err(PlanError::Over(over.reason.clone())),
    }
}

/// Whether the network of this site is known to be over.
pub fn is_past_its_end(joined: &Joined, now: Timestamp) -> bool {
    joined.items.network_trust().and_then(|scope| scope.closes).is_some_and(|closes| now >= closes)
}

fn joined_config(site: &StoredSite, joined: &Joined) -> Result<RouterConfig, PlanError> {
    let key = PrivateKey::from_pem(joined.key.expose())?;
    let leaf = Leaf { certificate: joined.certificate.clone(), key };
    Ok(RouterConfig {
        backbone_authorities: joined.items.backbone_trust().map(|it| it.authorities.clone()).unwrap_or_default(),
        access_points: joined.items.access_points().cloned().collect(),
        links: joined.items.links().cloned().collect(),
        assignments: joined.items.assignments().map(|it| (it.network, it.assignments.clone())).collect(),
        draining: joined.items.settings().is_some_and(|settings| settings.draining),
        ..bare(site, leaf)
    })
}

fn member(
    config: RouterConfig,
    joined: &Joined,
    local: &LocalConfig,
    deployed: &Sockets,
    now: Timestamp,
) -> RouterConfig {
    let links = in_order(config.links, local);
    let (listeners, connectors) = if is_past_its_end(joined, now) {
        (vec![], vec![])
    } else {
        let (mut listeners, mut connectors) =
            (local.effective_listeners(&joined.items), local.effective_connectors(&joined.items));
        listeners.extend(deployed.listeners.iter().map(|it| it.socket.clone()));
        connectors.extend(deployed.connectors.iter().map(|it| it.socket.clone()));
        // Routers and other members refuse them in any case; here it can be said why.
        listeners.retain(|it| joined.items.may_not_use(&it.address).is_none());
        connectors.retain(|it| joined.items.may_not_serve(&it.address).is_none());
        (listeners, connectors)
    };
    let network = joined.items.network_trust().cloned();
    let policies = joined.items.address_policies();
    RouterConfig { links, network, listeners, connectors, policies, ..config }
}

fn in_order(links: Vec<Link>, local: &LocalConfig) -> Vec<Link> {
    links.into_iter().map(|link| Link { targets: local.in_order(link.targets), ..link }).collect()
}

fn bare(site: &StoredSite, leaf: Leaf) -> RouterConfig {
    RouterConfig::new(site.origin.installation(), site.origin.backbone(), leaf)
}

fn link_to(id: LinkId, targets: Vec<model::HostPort>) -> Vec<Link> {
    // Without a target there is nothing to dial: the site waits to be dialled.
    let link = Link { id, targets, peer: None, cost: 1, transport: Transport::Direct };
    if link.targets.is_empty() { vec![] } else { vec![link] }
}

fn credential(credential: &Credential) -> Result<Leaf, PlanError> {
    let certificate = Certificate::from_pem(&credential.certificate)?.der;
    Ok(Leaf { certificate, key: PrivateKey::from_pem(&credential.key)? })
}

#[cfg(test)]
mod tests {
    use model::{ListenerId, desired::Item, router};
    use uuid::Uuid;

    use super::*;
    use crate::{
        fixture::{self, now, time},
        state::{Change, End, Items},
    };

    /// A configuration as text: what each part of it is, without keys and certificates.
    fn show(config: &RouterConfig) -> String {
        let identity = Certificate::parse(config.leaf.certificate.as_bytes()).expect("a leaf").id.expect("an identity");
        let mut lines = vec![format!("as {}", identity.identity.role())];
        lines.push(format!("pins {} Backbone CA", config.backbone_authorities.len()));
        lines.extend(
            config.network.iter().map(|network| format!("network closes {:?}", network.closes.map(|t| t.to_string()))),
        );
        lines.extend(config.trust.iter().map(|_| "trust document".to_owned()));
        lines.extend(config.draining.then(|| "draining".to_owned()));
        lines.extend(
            config.access_points.iter().map(|it| format!("access point {} at {} for {}", it.name, it.bind, it.kinds)),
        );
        lines.extend(config.links.iter().map(|it| {
            let targets: Vec<_> = it.targets.iter().map(ToString::to_string).collect();
            format!("link {} to {} cost {} {}", it.id, targets.join(", "), it.cost, it.transport)
        }));
        lines.extend(config.listeners.iter().map(|it| format!("listener {} at {}", it.address, it.bind)));
        lines.extend(config.policies.iter().map(|(address, policy)| format!("address {address} {policy}")));
        lines.extend(
            config
                .assignments
                .values()
                .flat_map(|it| &it.0)
                .map(|(address, sites)| format!("address {address} is for {} sites", sites.len())),
        );
        lines.extend(config.connectors.iter().map(|it| format!("connector {} to {}", it.address, it.target)));
        lines.join("\n")
    }

    fn listener(n: u128, address: &str, bind: &str) -> router::Listener {
        router::Listener {
            id: ListenerId::from_untyped_uuid(Uuid::from_u128(n)),
            address: address.parse().expect("an address"),
            bind: bind.parse().expect("a socket"),
        }
    }

    fn with_items(mut site: StoredSite, items: Items) -> StoredSite {
        let Phase::Joined(joined) = &mut site.phase else { unreachable!("it joined") };
        joined.items = items;
        site
    }

    fn serving_member() -> StoredSite {
        let mut items = fixture::member_items();
        items.push(Item::Listener(listener(1, "web", "127.0.0.1:80")));
        items.push(Item::Connector(router::Connector {
            id: model::ConnectorId::from_untyped_uuid(Uuid::from_u128(2)),
            address: "db".parse().expect("an address"),
            target: "127.0.0.1:5432".parse().expect("a target"),
        }));
        with_items(fixture::joined_member(), fixture::items(&items, false))
    }

    #[test]
    fn what_its_invitation_keeps_from_a_site_does_not_run_and_says_why() {
        let mut site = serving_member();
        let Phase::Joined(joined) = &mut site.phase else { unreachable!("it joined") };
        let terms = r#"{"limits": {"serve": ["till.*"], "use": []}}"#;
        let mut items: Vec<Item> = joined.items.listeners().cloned().map(Item::Listener).collect();
        items.extend(joined.items.connectors().cloned().map(Item::Connector));
        items.extend(fixture::member_items());
        for item in &mut items {
            if let Item::Settings(settings) = item {
                settings.terms = serde_json::from_str(terms).expect("terms");
            }
        }
        joined.items = fixture::items(&items, false);
        let local = LocalConfig::default();
        let config = plan(&site, &local, &Sockets::default(), now()).expect("a plan");
        assert!(config.listeners.is_empty() && config.connectors.is_empty());
        let Phase::Joined(joined) = &site.phase else { unreachable!("it joined") };
        let listeners = crate::view::configured_listeners(&joined.items, &local);
        let said = listeners[0].error.as_ref().expect("a reason");
        assert!(said.contains("may not use web") && said.contains("use nothing"), "{said}");
        let connectors = crate::view::configured_connectors(&joined.items, &local);
        let said = connectors[0].error.as_ref().expect("a reason");
        assert!(said.contains("may not serve db") && said.contains("serve till.*"), "{said}");
        let add = Change::AddListener(listener(9, "log", "127.0.0.1:81"));
        let refused = local.changed(&joined.items, add).expect_err("beyond its terms").to_string();
        assert!(refused.contains("may not use log"), "{refused}");
    }

    #[test]
    fn an_invitee_only_dials_with_the_claim_credential() {
        let config =
            plan(&fixture::joining_member(), &LocalConfig::default(), &Sockets::default(), now()).expect("a plan");
        assert_eq!(
            show(&config),
            "as invitation\n\
             pins 1 Backbone CA\n\
             link 00000000-0000-0000-0000-000000000004 to r1.example.com:5671, 10.0.0.2:5671 cost 1 direct"
        );
    }

    #[test]
    fn a_new_backbone_site_listens_and_dials_with_the_bootstrap_credential() {
        let site = fixture::joining_backbone();
        let config = plan(&site, &LocalConfig::default(), &Sockets::default(), now()).expect("a plan");
        assert_eq!(
            show(&config),
            "as bootstrap\n\
             pins 1 Backbone CA\n\
             access point main at 0.0.0.0:5671 for peer,member,claim,manage\n\
             link 00000000-0000-0000-0000-000000000006 to r2.example.com:5671 cost 1 direct"
        );
        // The first site has nobody to dial.
        let ticket = model::ticket::BootstrapTicket { dial: vec![], ..fixture::bootstrap_ticket() };
        let Phase::Joining(joining) = &site.phase else { unreachable!("it joins") };
        let first = StoredSite::begin(Ticket::Bootstrap(ticket), joining.key.clone(), None, None, now());
        assert!(plan(&first, &LocalConfig::default(), &Sockets::default(), now()).expect("a plan").links.is_empty());
    }

    #[test]
    fn a_member_serves_what_is_authored_centrally_and_locally() {
        let site = serving_member();
        let Phase::Joined(joined) = &site.phase else { unreachable!("it joined") };
        let central = ListenerId::from_untyped_uuid(Uuid::from_u128(1));
        let local = LocalConfig::default()
            .changed(&joined.items, Change::AddListener(listener(9, "own", "127.0.0.1:9000")))
            .and_then(|local| {
                local.changed(&joined.items, Change::SetListener(central, "127.0.0.1:8080".parse().expect("ok")))
            })
            .expect("allowed");
        let local = LocalConfig { prefer: Some("10.0.0.2:5671".parse().expect("ok")), ..local };
        assert_eq!(
            show(&plan(&site, &local, &Sockets::default(), now()).expect("a plan")),
            "as member site\n\
             pins 1 Backbone CA\n\
             network closes Some(\"2027-02-28T18:05:00Z\")\n\
             link 00000000-0000-0000-0000-000000000005 to 10.0.0.2:5671, r1.example.com:5671 cost 1 direct\n\
             listener web at 127.0.0.1:8080\n\
             listener own at 127.0.0.1:9000\n\
             connector db to 127.0.0.1:5432"
        );
    }

    #[test]
    fn a_network_that_is_known_to_be_over_is_served_no_more_and_still_dialled() {
        let site = serving_member();
        let before =
            plan(&site, &LocalConfig::default(), &Sockets::default(), time("2027-02-28T18:04:59Z")).expect("a plan");
        assert_eq!((before.listeners.len(), before.connectors.len()), (1, 1));
        let after =
            plan(&site, &LocalConfig::default(), &Sockets::default(), time("2027-02-28T18:05:00Z")).expect("a plan");
        // The end may have been moved while the site was away: it keeps asking.
        assert_eq!((after.listeners.len(), after.connectors.len(), after.links.len()), (0, 0, 1));
    }

    #[test]
    fn a_backbone_site_has_access_points_links_and_its_trust_document() {
        let mut site = fixture::joined_backbone();
        let Phase::Joined(joined) = &mut site.phase else { unreachable!("it joined") };
        joined.trust = Some(pki::SignedTrust { document: vec![], signature: vec![], signer: model::Der(vec![]) });
        assert_eq!(
            show(&plan(&site, &LocalConfig::default(), &Sockets::default(), now()).expect("a plan")),
            "as backbone site\n\
             pins 1 Backbone CA\n\
             trust document\n\
             access point main at 0.0.0.0:5671 for peer,member,claim,manage\n\
             link 00000000-0000-0000-0000-000000000008 to r2.example.com:5671 cost 3 tls"
        );
    }

    #[test]
    fn a_backbone_site_drains_as_long_as_it_is_told_to() {
        let plan_of = |draining| {
            let mut items = fixture::backbone_items();
            for item in &mut items {
                if let Item::Settings(settings) = item {
                    settings.draining = draining;
                }
            }
            let site = with_items(fixture::joined_backbone(), fixture::items(&items, true));
            plan(&site, &LocalConfig::default(), &Sockets::default(), now()).expect("a plan").draining
        };
        assert_eq!([true, false].map(plan_of), [true, false]);
    }

    #[test]
    fn policies_and_assignments_reach_the_router() {
        let mut items = fixture::member_items();
        let address: model::Address = "db".parse().expect("an address");
        let policies = [(address.clone(), router::AddressPolicy::Balanced)].into();
        items.push(Item::AddressPolicies(model::desired::AddressPolicies { policies }));
        let Phase::Joined(joined) = fixture::joined_member().phase else { unreachable!("it joined") };
        items.push(Item::Assignments(model::desired::NetworkAssignments {
            network: model::NetworkId::from_untyped_uuid(Uuid::from_u128(3)),
            assignments: router::Assignments(
                [(address, [model::SiteId::from_untyped_uuid(joined.site)].into())].into(),
            ),
        }));
        let site = with_items(fixture::joined_member(), fixture::items(&items, false));
        let shown = show(&plan(&site, &LocalConfig::default(), &Sockets::default(), now()).expect("a plan"));
        assert!(shown.contains("address db balanced\naddress db is for 1 sites"), "{shown}");
    }

    #[test]
    fn whatever_the_site_is_it_dials_through_its_proxy() {
        let settings = model::proxy::ProxySettings {
            proxy: "http://me:secret@proxy:3128".parse().expect("a proxy"),
            no_proxy: "localhost".into(),
        };
        let local = LocalConfig { proxy: Some(settings.clone()), ..LocalConfig::default() };
        for site in
            [fixture::joining_member(), serving_member(), fixture::joining_backbone(), fixture::joined_backbone()]
        {
            assert_eq!(
                plan(&site, &local, &Sockets::default(), now()).expect("a plan").proxy.as_ref(),
                Some(&settings)
            );
            assert_eq!(plan(&site, &LocalConfig::default(), &Sockets::default(), now()).expect("a plan").proxy, None);
        }
    }

    #[test]
    fn what_is_over_is_nothing_to_a_router() {
        let site = fixture::joined_member().over(End::Evicted, "evicted".to_owned(), now());
        assert!(matches!(plan(&site, &LocalConfig::default(), &Sockets::default(), now()), Err(PlanError::Over(_))));
    }

    #[test]
    fn the_same_inputs_make_the_same_plan() {
        let (site, local) = (serving_member(), LocalConfig::default());
        let twice = [(); 2].map(|()| show(&plan(&site, &local, &Sockets::default(), now()).expect("a plan")));
        assert_eq!(twice[0], twice[1]);
    }
}
