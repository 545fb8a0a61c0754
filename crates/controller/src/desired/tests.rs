use std::collections::BTreeMap;

use jiff::SignedDuration;
use model::{AccessPointId, BackboneSiteId, Der, ListenerId, NetworkId, lifecycle::MemberState, router::Assignments};
use proptest::prelude::*;
use serde_json::{Value, json};
use store::{
    authority::AuthorityState,
    backbone::{Backbone, DataPlane},
    connector, link, listener,
    network::{AddressMode, Network},
};
use uuid::Uuid;

use super::*;
use crate::samples::{self, THEN, relay_site};

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn site(n: u128, state: BackboneSiteState) -> BackboneSite {
    relay_site(id(900), id(n), name(&format!("site-{n}")), state)
}

fn point(n: u128, site: BackboneSiteId, spec: &str) -> access_point::AccessPoint {
    samples::access_point(id(n), site, spec)
}

fn authority(bytes: &[u8]) -> Authority {
    Authority {
        id: id(901),
        backbone: None,
        network: None,
        generation: 1,
        state: AuthorityState::Active,
        since: THEN,
        reason: None,
        hurried: false,
        issuer: None,
        certificate: Some(Der(bytes.to_vec())),
        chain: vec![],
        sealed_key: None,
        not_before: None,
        not_after: None,
        created: THEN,
        updated: THEN,
        revision: 1,
    }
}

fn relay() -> BackboneSiteInputs {
    let backbone = Backbone {
        id: id(900),
        name: name("east"),
        data_plane: DataPlane::Native,
        created: THEN,
        updated: THEN,
        revision: 1,
    };
    let target = |n, to| (id::<AccessPointId>(n), point(n, id(to), "main=peer@r1.example.com:5671"));
    let link = |n, to, at| link::Link {
        id: id(n),
        backbone: id(900),
        from: id(2),
        to: id(to),
        access_point: id(at),
        cost: 7,
        transport: Transport::Tls,
        created: THEN,
        updated: THEN,
        revision: 1,
    };
    BackboneSiteInputs {
        assignments: [(id(903), Assignments([("web".parse().expect("an address"), [id(80)].into())].into()))].into(),
        installation: id(902),
        site: site(2, BackboneSiteState::Deployed),
        backbone,
        authorities: vec![authority(&[1, 2, 3])],
        access_points: vec![
            point(200, id(2), "m=manage@10.0.0.2:9000;bind=127.0.0.1:9"),
            point(201, id(2), "u=member@r2:5671"),
        ],
        links: vec![link(50, 1, 100), link(51, 4, 400)],
        targets: [target(100, 1), target(400, 4)].into(),
        sites: [site(1, BackboneSiteState::Deployed), site(4, BackboneSiteState::Evicted)]
            .into_iter()
            .map(|site| (site.id, site))
            .collect(),
    }
}

fn network() -> NetworkInputs {
    let listener = |n: u128, address: &str, at: Option<u128>, class: Option<&str>| listener::Listener {
        id: id(n),
        network: id(903),
        address: address.parse().expect("an address"),
        bind: "127.0.0.1:8080".parse().expect("a socket"),
        site: at.map(id),
        class: class.map(name),
        adaptable: true,
        created: THEN,
        updated: THEN,
        revision: 1,
    };
    let connector = connector::Connector {
        id: id(72),
        network: id(903),
        address: "web".parse().expect("an address"),
        target: "localhost:80".parse().expect("a socket"),
        site: None,
        class: Some(name("store")),
        adaptable: false,
        created: THEN,
        updated: THEN,
        revision: 1,
    };
    let denial = |kind, n| Denial {
        kind,
        id: Uuid::from_u128(n),
        backbone: Some(id(900)),
        network: Some(id(903)),
        reason: model::trust::Denial::Evicted,
        until: None,
        created: THEN,
        authorities: vec![],
    };
    NetworkInputs {
        policies: vec![],
        offered: [].into(),
        assignments: None,
        installation: id(902),
        network: Network {
            id: id::<NetworkId>(903),
            backbone: id(900),
            name: name("shop"),
            owner: authz::INSTALLATION,
            owner_name: None,
            start: "2027-01-01T00:00:00Z".parse().expect("a time"),
            end: Some("2027-01-02T00:00:00Z".parse().expect("a time")),
            grace: SignedDuration::from_mins(1),
            address_mode: AddressMode::Open,
            evicted: None,
            ended: None,
            created: THEN,
            updated: THEN,
            revision: 1,
        },
        authorities: vec![authority(&[9])],
        denials: vec![denial(Kind::Site, 61), denial(Kind::Invitation, 62)],
        backbone_authorities: vec![authority(&[1, 2, 3])],
        access_points: vec![
            point(100, id(1), "main=member@r1.example.com:5671"),
            point(201, id(2), "u=member@r2:5671"),
        ],
        listeners: vec![listener(70, "web", Some(60), None), listener(71, "api", None, Some("till"))],
        connectors: vec![connector],
    }
}

fn member_of(classes: &[&str]) -> Member {
    Member {
        id: id(60),
        network: id(903),
        name: name("till-1"),
        state: MemberState::Member,
        invitation: None,
        key_digest: [0; 32],
        classes: classes.iter().map(|class| name(class)).collect(),
        platform: Value::Null,
        labels: json!({}),
        terms: Default::default(),
        admitted: None,
        waits_until: None,
        ended: None,
        reason: None,
        created: THEN,
        updated: THEN,
        revision: 1,
    }
}

#[test]
fn a_relay_site_is_told_its_access_points_and_the_links_it_dials() {
    let items = serde_json::to_value(backbone_site(&relay())).expect("serialises");
    let expected = json!([
        {"kind": "settings", "name": "site-2", "parent": "east", "classes": []},
        {"kind": "backbone-trust", "authorities": [{"generation": 1, "certificate": "AQID"}]},
        {"kind": "access-point", "id": "00000000-0000-0000-0000-0000000000c8", "name": "m", "kinds": ["manage"],
         "bind": "127.0.0.1:9"},
        {"kind": "access-point", "id": "00000000-0000-0000-0000-0000000000c9", "name": "u", "kinds": ["member"],
         "bind": "[::]:5671"},
        {"kind": "link", "id": "00000000-0000-0000-0000-000000000032", "targets": ["r1.example.com:5671"],
         "peer": "00000000-0000-0000-0000-000000000001", "cost": 7, "transport": "tls"},
        {"kind": "assignments", "network": "00000000-0000-0000-0000-000000000387",
         "assignments": {"web": ["00000000-0000-0000-0000-000000000050"]}},
    ]);
    assert_eq!(items, expected);
}

#[test]
fn an_evicted_relay_site_is_to_be_nothing() {
    let mut relay = relay();
    relay.site.state = BackboneSiteState::Evicted;
    assert_eq!(backbone_site(&relay), []);
}

#[test]
fn a_member_is_told_its_network_its_attachments_and_its_own_sockets() {
    let items = serde_json::to_value(member(&network(), &member_of(&["store"]))).expect("serialises");
    let expected = json!([
        {"kind": "settings", "name": "till-1", "parent": "shop", "classes": ["store"]},
        {"kind": "backbone-trust", "authorities": [{"generation": 1, "certificate": "AQID"}]},
        {"kind": "network-trust", "start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z",
         "closes": "2027-01-02T00:01:00Z", "authorities": [{"generation": 1, "certificate": "CQ=="}],
         "denied": {"networks": {}, "sites": {"00000000-0000-0000-0000-00000000003d": "evicted"}, "invitations": {},
                    "backbone_sites": {}, "controllers": {}}},
        {"kind": "link", "id": "00000000-0000-0000-0000-00000000003c",
         "targets": ["r1.example.com:5671", "r2:5671"], "peer": null, "cost": 1, "transport": "direct"},
        {"kind": "listener", "id": "00000000-0000-0000-0000-000000000046", "address": "web", "bind": "127.0.0.1:8080"},
        {"kind": "connector", "id": "00000000-0000-0000-0000-000000000048", "address": "web", "target": "localhost:80"},
        {"kind": "fixed", "listeners": [], "connectors": ["00000000-0000-0000-0000-000000000048"]},
    ]);
    assert_eq!(items, expected);
}

#[test]
fn a_class_places_on_its_sites_only() {
    let sockets = |classes: &[&str]| {
        let items = member(&network(), &member_of(classes));
        items.into_iter().filter(|i| matches!(i, Item::Listener(_) | Item::Connector(_))).map(|i| i.key()).collect()
    };
    let keys: Vec<String> = sockets(&["till"]);
    assert!(keys.iter().all(|key| key.starts_with("listener/")) && keys.len() == 2, "{keys:?}");
    let keys: Vec<String> = sockets(&[]);
    assert_eq!(keys, [format!("listener/{}", id::<ListenerId>(70))]);
}

#[test]
fn a_controller_dials_what_runs_and_what_waits_to_enrol() {
    let points = [
        point(100, id(1), "main=peer,member,claim,manage@r1:1"),
        point(101, id(1), "more=peer@r1:2"),
        point(300, id(3), "main=manage@r3:1"),
        point(400, id(4), "main=manage@r4:1"),
    ];
    let mut sites = [
        site(1, BackboneSiteState::Deployed),
        site(3, BackboneSiteState::Defined),
        site(4, BackboneSiteState::Evicted),
    ];
    let dialled = |sites: &[BackboneSite]| -> Vec<String> {
        managed(sites, &points).iter().map(|link| link.targets[0].to_string()).collect()
    };
    assert_eq!(dialled(&sites), ["r1:1"]);
    sites[1].bundle_generation = 1;
    sites[2].bundle_generation = 1;
    assert_eq!(dialled(&sites), ["r1:1", "r3:1"]);
}

#[test]
fn a_site_that_has_everything_is_sent_nothing() {
    let state = Encoded::new(&backbone_site(&relay()));
    let have: Vec<_> =
        state.all().into_iter().map(|i| site_proto::ItemDigest { key: i.key, digest: i.digest }).collect();
    assert!(state.missing_from(&have).is_empty());
    assert_eq!(state.missing_from(&have[1..]).len(), 1);
    assert!(state.difference(&state).is_none());
}

proptest! {
    /// Whatever two states are: the difference, applied to the first, is the second.
    #[test]
    fn a_difference_leads_from_one_state_to_the_other(
        before in proptest::collection::btree_map(0u128..8, 0u16..3, 0..8),
        after in proptest::collection::btree_map(0u128..8, 0u16..3, 0..8),
    ) {
        let state = |ports: &BTreeMap<u128, u16>| {
            let item = |(n, port): (&u128, &u16)| Item::Connector(Connector {
                id: id(*n),
                address: "a".parse().expect("an address"),
                target: format!("h:{}", port + 1).parse().expect("a socket"),
            });
            Encoded::new(&ports.iter().map(item).collect::<Vec<_>>())
        };
        let (before, after) = (state(&before), state(&after));
        let mut items: BTreeMap<String, site_proto::Item> =
            before.all().into_iter().map(|item| (item.key.clone(), item)).collect();
        let difference = before.difference(&after);
        prop_assert_eq!(difference.is_none(), before == after);
        let difference = difference.unwrap_or_default();
        for key in difference.removed {
            prop_assert!(items.remove(&key).is_some());
        }
        items.extend(difference.changed.into_iter().map(|item| (item.key.clone(), item)));
        prop_assert_eq!(items.into_values().collect::<Vec<_>>(), after.all());
    }
}
