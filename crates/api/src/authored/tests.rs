use serde_json::json;

use super::*;

fn manifest(kind: &str, metadata: Value, spec: Value) -> Value {
    json!({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})
}

/// One manifest of each kind, with everything in it that can be.
fn every_kind() -> Vec<Value> {
    let network = json!({"network": "retail"});
    vec![
        manifest("Backbone", json!({"name": "europe"}), json!({"data_plane": "native"})),
        manifest(
            "BackboneSite",
            json!({"name": "paris", "backbone": "europe"}),
            json!({"access": [{"name": "main", "kinds": ["peer", "member"], "advertised": "r1.example.com:5671", "bind": "0.0.0.0:5671"}]}),
        ),
        manifest(
            "Link",
            json!({"backbone": "europe"}),
            json!({"from": "rome", "to": "paris", "access": "main", "cost": 3, "transport": "tls"}),
        ),
        manifest(
            "ApplicationNetwork",
            json!({"name": "retail"}),
            json!({"backbone": "europe", "start": "2027-01-31T09:00:00Z", "end": "2027-02-07T09:00:00Z",
                "grace_seconds": 60, "addresses": "assigned", "classes": ["hq", "store"]}),
        ),
        manifest(
            "Invitation",
            json!({"name": "stores", "network": "retail"}),
            json!({"uses": "unlimited", "deadline": "2027-02-01T09:00:00Z", "classes": ["store"], "prefix": "shop"}),
        ),
        manifest("Listener", network.clone(), json!({"address": "till.api", "bind": "127.0.0.1:80", "class": "store"})),
        manifest(
            "Connector",
            network,
            json!({"address": "till.api", "target": "127.0.0.1:81", "site": "hq", "adaptable": false}),
        ),
        manifest(
            "AddressPolicy",
            json!({"name": "till.api", "network": "retail"}),
            json!({"policy": "failover", "order": ["hq-b", "hq-a"]}),
        ),
        manifest(
            "Deployment",
            json!({"name": "tills", "network": "retail"}),
            json!({"application": "retail", "places": {"store": {"classes": ["store", "kiosk"]}}, "guard": {"maxRemovals": "10%"},
                "rollout": {"waves": [{"name": "trial", "sites": ["store-2", "store-1"]}, {"name": "all", "rest": true}]}}),
        ),
    ]
}

#[test]
fn what_is_written_is_what_was_read() {
    let kinds = every_kind();
    assert_eq!(kinds.len(), ManifestKind::ALL.len());
    for (value, kind) in kinds.into_iter().zip(ManifestKind::ALL) {
        let authored = Authored::read(&value).unwrap_or_else(|faults| panic!("{kind}: {faults:?}"));
        assert_eq!(authored.kind(), kind);
        let written = serde_json::to_value(authored.manifest()).expect("manifests are JSON");
        for (field, given) in value["spec"].as_object().expect("an object") {
            assert_eq!(&written["spec"][field], given, "{kind} {field}");
        }
        assert_eq!(written["metadata"], value["metadata"]);
        assert_eq!(Authored::read(&written).as_ref(), Ok(&authored), "{kind}");
    }
}

#[test]
fn everything_an_object_is_created_by_is_shown_of_it() {
    fn lacking<S: PartialSchema, C: PartialSchema>() -> Vec<String> {
        let shown = fields_of::<S>();
        let lacking = fields_of::<C>().into_iter().filter(|field| !shown.contains(field));
        lacking.filter(|field| !SECRETS.contains(&field.as_str())).collect()
    }
    let none: Vec<String> = vec![];
    assert_eq!(lacking::<Backbone, BackboneCreate>(), none);
    assert_eq!(lacking::<BackboneSite, BackboneSiteCreate>(), none);
    assert_eq!(lacking::<AccessPoint, AccessPointCreate>(), none);
    assert_eq!(lacking::<Link, LinkCreate>(), none);
    assert_eq!(lacking::<Network, NetworkCreate>(), none);
    assert_eq!(lacking::<Invitation, InvitationCreate>(), none);
    assert_eq!(lacking::<Listener, ListenerCreate>(), none);
    assert_eq!(lacking::<Connector, ConnectorCreate>(), none);
    assert_eq!(lacking::<AddressPolicy, AddressPolicySet>(), none);
}

#[test]
fn what_the_api_shows_of_an_object_is_what_its_manifest_says() {
    fn shown<T: DeserializeOwned + PartialSchema>() -> T {
        let schema = serde_json::to_value(T::schema()).expect("schemas are JSON");
        serde_json::from_value(schema["example"].clone()).expect("examples are read")
    }
    let all = [
        Authored::from(&shown::<Backbone>()),
        Authored::from(&shown::<BackboneSite>()),
        Authored::from(&shown::<Link>()),
        Authored::from(&shown::<Network>()),
        Authored::from(&shown::<Invitation>()),
        Authored::from(&shown::<Deployment>()),
        Authored::policy("retail".parse().expect("a name"), &shown::<AddressPolicy>()),
    ];
    for authored in all {
        let written = serde_json::to_value(authored.manifest()).expect("manifests are JSON");
        assert_eq!(Authored::read(&written), Ok(authored));
    }
}

#[test]
fn a_mistake_is_said_by_its_field() {
    for (value, field) in [
        (json!({"kind": "Backbone", "metadata": {"name": "a"}}), "apiVersion"),
        (json!({"apiVersion": "v1", "kind": "Backbone", "metadata": {"name": "a"}}), "apiVersion"),
        (manifest("Bakbone", json!({"name": "a"}), json!({})), "kind"),
        (manifest("Block", json!({"name": "a", "version": "1.0.0"}), json!({})), "kind"),
        (manifest("Backbone", json!({"name": "a", "labels": {}}), json!({})), "metadata.labels"),
        (manifest("Backbone", json!({}), json!({})), "metadata.name"),
        (manifest("Backbone", json!({"name": "East"}), json!({})), "metadata.name"),
        (manifest("Backbone", json!({"name": "a", "network": "b"}), json!({})), "metadata.network"),
        (manifest("Backbone", json!({"name": "a"}), json!({"name": "a"})), "spec.name"),
        (manifest("Backbone", json!({"name": "a"}), json!({"colour": "red"})), "spec.colour"),
        (manifest("BackboneSite", json!({"name": "a"}), json!({})), "metadata.backbone"),
        (
            manifest(
                "BackboneSite",
                json!({"name": "a", "backbone": "b"}),
                json!({"access": [{"name": "x", "kinds": ["guest"], "advertised": ":1"}]}),
            ),
            "spec.access[0].kinds[0]",
        ),
        (manifest("Link", json!({"name": "a", "backbone": "b"}), json!({"from": "x", "to": "y"})), "metadata.name"),
        (manifest("Link", json!({"backbone": "b"}), json!({"from": "x", "to": "y", "cost": 0})), "spec.cost"),
        (
            manifest(
                "Link",
                json!({"backbone": "b"}),
                json!({"from": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00", "to": "y"}),
            ),
            "spec.from",
        ),
        (manifest("Invitation", json!({"name": "a", "network": "b"}), json!({"passcode": "1"})), "spec.passcode"),
        (manifest("Listener", json!({"network": "b"}), json!({"address": "x", "bind": "a:1"})), "spec.site"),
        (
            manifest("Deployment", json!({"name": "Tills", "network": "b"}), json!({"application": "x"})),
            "metadata.name",
        ),
        (manifest("Deployment", json!({"name": "tills"}), json!({"application": "x"})), "metadata.network"),
        (manifest("AddressPolicy", json!({"name": "", "network": "b"}), json!({"policy": "closest"})), "metadata.name"),
    ] {
        let faults = Authored::read(&value).expect_err(field);
        assert_eq!(faults[0].field, field, "{faults:?}");
    }
}

#[test]
fn every_kind_is_in_order_by_the_schema_for_editors_and_mistakes_are_not() {
    let schema: Value = serde_json::from_str(&crate::manifest_schema_json()).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    for value in every_kind() {
        assert!(validator.is_valid(&value), "{value}");
        let mut wrong = value.clone();
        wrong["spec"]["colour"] = json!("red");
        assert!(!validator.is_valid(&wrong), "{wrong}");
        let mut wrong = value;
        wrong["metadata"] = json!({});
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}
