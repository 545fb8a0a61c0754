use model::{Der, trust::Denied};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn site(n: u128, state: BackboneSiteState, access: &[&str]) -> SiteInput {
    let access = access
        .iter()
        .enumerate()
        .map(|(i, spec)| AccessInput { id: id(n * 100 + i as u128), spec: spec.parse().expect("an access point") })
        .collect();
    SiteInput { id: id(n), name: name(&format!("site-{n}")), state, bundled: false, access }
}

fn backbone() -> BackboneInputs {
    BackboneInputs {
        name: name("east"),
        authorities: vec![AuthorityTrust { generation: 1, certificate: Der(vec![1, 2, 3]) }],
        sites: vec![
            site(1, BackboneSiteState::Deployed, &["main=peer,member,claim,manage@r1.example.com:5671"]),
            site(2, BackboneSiteState::Deployed, &["m=manage@10.0.0.2:9000;bind=127.0.0.1:9", "u=member@r2:5671"]),
            site(3, BackboneSiteState::Defined, &["main=peer,member,claim,manage@r3:5671"]),
            site(4, BackboneSiteState::Evicted, &["main=peer,member,claim,manage@r4:5671"]),
        ],
        links: vec![LinkInput {
            id: id(50),
            from: id(2),
            to: id(1),
            access: id(100),
            cost: 7,
            transport: Transport::Tls,
        }],
    }
}

fn network() -> NetworkInputs {
    let socket = |n, address: &str| Listener {
        id: id(n),
        address: address.parse().expect("an address"),
        bind: "127.0.0.1:8080".parse().expect("a socket"),
    };
    let target = Connector {
        id: id(72),
        address: "web".parse().expect("an address"),
        target: "localhost:80".parse().expect("a socket"),
    };
    NetworkInputs {
        name: name("shop"),
        scope: NetworkScope {
            start: "2027-01-01T00:00:00Z".parse().expect("a time"),
            end: None,
            closes: None,
            authorities: vec![AuthorityTrust { generation: 1, certificate: Der(vec![9]) }],
            denied: Denied::default(),
        },
        listeners: vec![(Place::Site(id(60)), socket(70, "web")), (Place::Class(name("till")), socket(71, "api"))],
        connectors: vec![(Place::Class(name("store")), target)],
    }
}

fn member_of(classes: &[&str]) -> MemberInput {
    MemberInput { id: id(60), name: name("till-1"), classes: classes.iter().map(|c| name(c)).collect() }
}

#[test]
fn a_relay_site_is_told_its_access_points_and_the_links_it_dials() {
    let json = serde_json::to_value(backbone_site(&backbone(), id(2))).expect("serialises");
    let expected = serde_json::json!([
        {"kind": "settings", "name": "site-2", "parent": "east", "classes": []},
        {"kind": "backbone-trust", "authorities": [{"generation": 1, "certificate": "AQID"}]},
        {"kind": "access-point", "id": "00000000-0000-0000-0000-0000000000c8", "name": "m", "kinds": ["manage"],
         "bind": "127.0.0.1:9"},
        {"kind": "access-point", "id": "00000000-0000-0000-0000-0000000000c9", "name": "u", "kinds": ["member"],
         "bind": "0.0.0.0:5671"},
        {"kind": "link", "id": "00000000-0000-0000-0000-000000000032", "targets": ["r1.example.com:5671"],
         "peer": "00000000-0000-0000-0000-000000000001", "cost": 7, "transport": "tls"},
    ]);
    assert_eq!(json, expected);
}

#[test]
fn a_member_is_told_its_network_its_attachments_and_its_own_sockets() {
    let json = serde_json::to_value(member(&backbone(), &network(), &member_of(&["store"]))).expect("serialises");
    let expected = serde_json::json!([
        {"kind": "settings", "name": "till-1", "parent": "shop", "classes": ["store"]},
        {"kind": "backbone-trust", "authorities": [{"generation": 1, "certificate": "AQID"}]},
        {"kind": "network-trust", "start": "2027-01-01T00:00:00Z", "end": null, "closes": null,
         "authorities": [{"generation": 1, "certificate": "CQ=="}],
         "denied": {"networks": {}, "sites": {}, "invitations": {}, "backbone_sites": {}, "controllers": {}}},
        {"kind": "link", "id": "00000000-0000-0000-0000-00000000003c",
         "targets": ["r1.example.com:5671", "r2:5671"], "peer": null, "cost": 1, "transport": "direct"},
        {"kind": "listener", "id": "00000000-0000-0000-0000-000000000046", "address": "web", "bind": "127.0.0.1:8080"},
        {"kind": "connector", "id": "00000000-0000-0000-0000-000000000048", "address": "web", "target": "localhost:80"},
    ]);
    assert_eq!(json, expected);
}

#[test]
fn a_class_places_on_its_sites_only() {
    let sockets = |classes: &[&str]| {
        let items = member(&backbone(), &network(), &member_of(classes));
        items.into_iter().filter(|i| matches!(i, Item::Listener(_) | Item::Connector(_))).map(|i| i.key()).collect()
    };
    let keys: Vec<String> = sockets(&["till"]);
    assert!(keys.iter().all(|key| key.starts_with("listener/")) && keys.len() == 2, "{keys:?}");
    let keys: Vec<String> = sockets(&[]);
    assert_eq!(keys.len(), 1);
}

#[test]
fn evicted_sites_are_nowhere_and_sites_that_have_not_enrolled_attract_no_members() {
    let backbone = backbone();
    assert!(backbone_site(&backbone, id(4)).is_empty());
    let claims = backbone.attachments(&[AccessKind::Member, AccessKind::Claim]);
    assert_eq!(claims, vec!["r1.example.com:5671".parse().expect("a socket")]);
}

#[test]
fn a_controller_dials_what_runs_and_what_waits_to_enrol() {
    let mut backbone = backbone();
    let dialled = |backbone: &BackboneInputs| -> Vec<String> {
        backbone.managed().iter().map(|link| link.targets[0].to_string()).collect()
    };
    assert_eq!(dialled(&backbone), ["r1.example.com:5671", "10.0.0.2:9000"]);
    backbone.sites[2].bundled = true;
    backbone.sites[3].bundled = true;
    assert_eq!(dialled(&backbone), ["r1.example.com:5671", "10.0.0.2:9000", "r3:5671"]);
}

#[test]
fn a_site_that_has_everything_is_sent_nothing() {
    let state = Encoded::new(&backbone_site(&backbone(), id(2)));
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
