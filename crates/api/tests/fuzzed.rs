//! What the fuzz target does with manifests, over made-up ones that are near to what is asked for.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[path = "../../../fuzz/manifests.rs"]
#[expect(unreachable_pub, reason = "the fuzz target uses it as well")]
mod manifests;

static KINDS: [&str; 9] = [
    "Backbone",
    "BackboneSite",
    "Link",
    "ApplicationNetwork",
    "Invitation",
    "Listener",
    "Connector",
    "AddressPolicy",
    "Block",
];

/// Fields that manifests of some kind have, and one that none has.
static FIELDS: [&str; 29] = [
    "backbone",
    "network",
    "name",
    "address",
    "host",
    "port",
    "site",
    "class",
    "classes",
    "start",
    "end",
    "grace",
    "uses",
    "deadline",
    "from",
    "to",
    "cost",
    "transport",
    "access",
    "kinds",
    "strategy",
    "policy",
    "weights",
    "order",
    "sites",
    "passcode",
    "serve",
    "platform",
    "surprise",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            json!("main"),
            json!("web"),
            json!("127.0.0.1"),
            json!(8080),
            json!("host:8080"),
            json!("2027-01-01T00:00:00Z"),
            json!("1h"),
            json!("direct"),
            json!("closest"),
            json!("weighted"),
            json!("failover"),
            json!({"b": 3, "a": 0}),
            json!(["b", "a"]),
            json!("peer"),
            json!("unlimited"),
        ]),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            fields(inner).prop_map(Value::Object)
        ]
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((prop::sample::select(&FIELDS[..]), value), 0..6)
        .prop_map(|all| all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_manifest_is_read_and_written_or_explained(
        kind in prop::sample::select(&KINDS[..]), metadata in fields(value()), spec in fields(value()),
    ) {
        let manifest = json!({ "apiVersion": api::API_VERSION, "kind": kind, "metadata": metadata, "spec": spec });
        manifests::manifest(&manifest.to_string());
    }

    #[test]
    fn any_text_is_refused(text in r#"(\{|\}|\[|\]|"kind"|"spec"|:|,|"[ -~é]{0,8}"|1){0,40}"#) {
        manifests::manifest(&text);
    }
}
