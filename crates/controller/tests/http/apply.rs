//! Manifests: applied as a whole, found unchanged, pruned under a guard.

use serde_json::{Value, json};

use crate::{fixture::Api, inside::joined};

fn manifest(kind: &str, metadata: Value, spec: Value) -> Value {
    json!({"apiVersion": "skupperx.io/v1", "kind": kind, "metadata": metadata, "spec": spec})
}

/// Every kind of manifest: a backbone with two sites, and a network on it with everything in it.
fn every_kind() -> Vec<Value> {
    let within = || json!({"network": "retail"});
    let site = |name: &str, port: u16| {
        let access = json!([{"name": "main", "kinds": ["peer", "member"], "advertised": format!("127.0.0.1:{port}")}]);
        manifest("BackboneSite", json!({"name": name, "backbone": "europe"}), json!({"access": access}))
    };
    vec![
        // In an order in which nothing could be made one after the other.
        manifest("AddressPolicy", json!({"name": "till.api", "network": "retail"}), json!({"policy": "balanced"})),
        manifest("Connector", within(), json!({"address": "till.api", "target": "127.0.0.1:81", "class": "hq"})),
        manifest("Listener", within(), json!({"address": "till.api", "bind": "127.0.0.1:80", "class": "store"})),
        manifest(
            "Invitation",
            json!({"name": "stores", "network": "retail"}),
            json!({"uses": 5, "classes": ["store"]}),
        ),
        manifest(
            "ApplicationNetwork",
            json!({"name": "retail"}),
            json!({"backbone": "europe", "classes": ["store", "hq"]}),
        ),
        manifest("Link", json!({"backbone": "europe"}), json!({"from": "rome", "to": "paris", "cost": 3})),
        site("rome", 5672),
        site("paris", 5671),
        manifest("Backbone", json!({"name": "europe"}), json!({})),
    ]
}

fn invitation(name: &str, uses: u32) -> Value {
    manifest("Invitation", json!({"name": name, "network": "exercise"}), json!({"uses": uses}))
}

fn network(spec: Value) -> Value {
    manifest("ApplicationNetwork", json!({"name": "exercise"}), spec)
}

fn of(manifests: &[Value], options: Value) -> String {
    let mut request = json!({"manifests": manifests});
    let fields = request.as_object_mut().unwrap();
    fields.extend(options.as_object().unwrap().clone());
    request.to_string()
}

impl Api {
    async fn apply(&self, manifests: &[Value], options: Value) -> Value {
        self.post("/apply", &of(manifests, options)).await.is(200)
    }

    async fn events(&self) -> Vec<Value> {
        let page = self.get("/audit?limit=500&actor=admin").await.is(200);
        page["items"].as_array().unwrap().clone()
    }
}

fn actions(applied: &Value) -> Vec<&str> {
    applied["steps"].as_array().unwrap().iter().map(|step| step["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_kind_is_applied_in_one_go_and_a_second_time_there_is_nothing_to_do() {
    let api = Api::new().await;
    let manifests = every_kind();
    let before = api.events().await.len();
    let plan = api.apply(&manifests, json!({"set": "all", "dry_run": true})).await;
    assert_eq!((plan["differences"].as_u64(), plan["dry_run"].as_bool()), (Some(9), Some(true)));
    assert_eq!(api.events().await.len(), before, "a dry run leaves nothing");
    api.get("/backbones/europe").await.problem(404, "not-found");

    let applied = api.apply(&manifests, json!({"set": "all", "if_plan": plan["plan"]})).await;
    assert_eq!(applied["steps"], plan["steps"]);
    assert!(actions(&applied).iter().all(|action| *action == "create"), "{applied}");
    let link = &api.get("/backbones/europe/links").await.is(200)["items"][0];
    assert_eq!((&link["from"], &link["access"], &link["cost"]), (&json!("rome"), &json!("main"), &json!(3)));
    let events = api.events().await;
    for action in ["backbone.create", "link.create", "network.create", "listener.create", "manifest-set.join"] {
        assert!(events[before..].iter().any(|event| event["action"] == action), "{action}");
    }
    assert_eq!(api.get("/audit/verify").await.is(200)["intact"], true);

    let again = api.apply(&manifests, json!({"set": "all", "prune": true})).await;
    assert_eq!(again["differences"], 0, "{again}");
    assert_eq!(api.events().await.len(), before + events[before..].len(), "nothing happened");
}

#[tokio::test]
async fn what_is_refused_in_the_middle_leaves_nothing_half_done() {
    let api = Api::with_network().await;
    let manifests = [invitation("first", 1), invitation("second", 1), network(json!({"classes": ["store"]})), {
        let spec = json!({"address": "x", "bind": "127.0.0.1:1", "class": "stroe"});
        manifest("Listener", json!({"network": "exercise"}), spec)
    }];
    for dry_run in [true, false] {
        let problem = api.post("/apply", &of(&manifests, json!({"dry_run": dry_run}))).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "manifests[3].spec.class", "{problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with("Listener exercise/x,class=stroe,127.0.0.1:1: "));
    }
    assert_eq!(api.get("/networks/exercise/invitations").await.is(200)["items"], json!([]));
    assert_eq!(api.get("/networks/exercise").await.is(200)["classes"], json!([]));
    // And what was tried can be tried again.
    api.apply(&manifests[..3], json!({})).await;
}

#[tokio::test]
async fn a_manifest_that_changes_changes_its_object_field_by_field() {
    let api = Api::with_network().await;
    let end = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 86_400).unwrap().to_string();
    let spec = json!({"end": end, "grace_seconds": 60, "addresses": "assigned", "classes": ["a", "b"]});
    api.apply(&[network(spec), invitation("stores", 2)], json!({})).await;
    let before = api.get("/networks/exercise").await.is(200);

    let changed = [network(json!({"grace_seconds": 30, "classes": ["b", "c"]})), invitation("stores", 7)];
    let applied = api.apply(&changed, json!({})).await;
    assert_eq!(
        applied["steps"][0]["changes"],
        json!([
            {"field": "addresses", "from": "assigned", "to": "open"},
            {"field": "classes", "from": ["a", "b"], "to": ["b", "c"]},
            {"field": "end", "from": end},
            {"field": "grace_seconds", "from": 60, "to": 30},
        ])
    );
    let after = api.get("/networks/exercise").await.is(200);
    assert_eq!((&after["classes"], &after["grace_seconds"]), (&json!(["b", "c"]), &json!(30)));
    assert_eq!((&after["id"], &after["start"], after.get("end")), (&before["id"], &before["start"], None));
    assert_eq!(api.get("/networks/exercise/invitations/stores").await.is(200)["uses"], 7);
    assert_eq!(api.apply(&changed, json!({})).await["differences"], 0);

    let problem = api.post("/apply", &of(&[network(json!({"backbone": "asia"}))], json!({}))).await;
    problem.names("manifests[0].spec.backbone");
}

#[tokio::test]
async fn the_order_and_the_weights_of_an_address_are_applied_as_they_are_written() {
    let api = Api::with_network().await;
    api.apply(&[invitation("stores", 5)], json!({})).await;
    for n in 1..=2 {
        joined(&api, "exercise", "stores", n).await;
    }
    let members = api.get("/networks/exercise/members").await.is(200);
    let [one, two] = [0, 1].map(|n| members["items"][n]["name"].as_str().unwrap().to_owned());
    let policy = |spec| [manifest("AddressPolicy", json!({"name": "till.api", "network": "exercise"}), spec)];
    let both = |weight: u32| policy(json!({"policy": "weighted", "weights": {&one: weight, &two: 1}}));
    assert_eq!(actions(&api.apply(&both(3), json!({})).await), ["create"]);
    assert_eq!(actions(&api.apply(&both(3), json!({})).await), ["nothing"]);
    let applied = api.apply(&both(4), json!({})).await;
    let field = format!("weights.{one}");
    assert_eq!(applied["steps"][0]["changes"], json!([{"field": field, "from": 3, "to": 4}]));
    for order in [[&one, &two], [&two, &one]] {
        let failover = policy(json!({"policy": "failover", "order": order}));
        assert_eq!(actions(&api.apply(&failover, json!({})).await), ["change"]);
        assert_eq!(actions(&api.apply(&failover, json!({})).await), ["nothing"]);
    }
    let by_id = policy(json!({"policy": "failover", "order": [members["items"][0]["id"]]}));
    api.post("/apply", &of(&by_id, json!({}))).await.names("manifests[0].spec.order");
    let unknown = policy(json!({"policy": "failover", "order": ["nobody"]}));
    api.post("/apply", &of(&unknown, json!({}))).await.names("manifests[0].spec.order");
}

#[tokio::test]
async fn access_points_and_links_are_exchanged_without_a_gap() {
    let api = Api::new().await;
    let site = |name: &str, access: Value| {
        manifest("BackboneSite", json!({"name": name, "backbone": "europe"}), json!({"access": access}))
    };
    let link = |access: &str| {
        manifest("Link", json!({"backbone": "europe"}), json!({"from": "rome", "to": "paris", "access": access}))
    };
    let point = |name: &str, kinds: Value, port: u16| json!({"name": name, "kinds": kinds, "advertised": format!("127.0.0.1:{port}")});
    let base = [manifest("Backbone", json!({"name": "europe"}), json!({})), site("rome", json!([]))];
    let before = [site("paris", json!([point("old", json!(["peer", "member"]), 1)])), link("old")];
    api.apply(&[&base[..], &before].concat(), json!({"set": "s"})).await;
    // The link goes over to a new access point, and the old one admits peers no more.
    let after =
        [site("paris", json!([point("old", json!(["member"]), 1), point("new", json!(["peer"]), 2)])), link("new")];
    let manifests = [&base[..], &after].concat();
    let applied = api.apply(&manifests, json!({"set": "s", "prune": true})).await;
    assert_eq!(actions(&applied), ["nothing", "nothing", "change", "create", "delete"]);
    assert_eq!(api.apply(&manifests, json!({"set": "s", "prune": true})).await["differences"], 0);
    let links = api.get("/backbones/europe/links").await.is(200);
    assert_eq!((links["items"].as_array().unwrap().len(), &links["items"][0]["access"]), (1, &json!("new")));
}

#[tokio::test]
async fn what_left_a_set_is_pruned_behind_a_guard() {
    let api = Api::with_network().await;
    let names = ["i1", "i2", "i3", "i4"];
    let all: Vec<Value> = names.iter().map(|name| invitation(name, 1)).collect();
    api.apply(&all, json!({"set": "demo"})).await;
    // What nobody applied is of no set, and is left alone.
    api.post("/networks/exercise/invitations", r#"{"name": "by-hand"}"#).await.is(201);

    let kept = api.apply(&all[..3], json!({"set": "demo"})).await;
    assert_eq!((actions(&kept), &kept["differences"]), (vec!["nothing", "nothing", "nothing", "keep"], &json!(0)));
    let too_much = api.post("/apply", &of(&all[..1], json!({"set": "demo", "prune": true}))).await;
    let problem = too_much.problem(409, "precondition");
    assert_eq!(problem["errors"][0]["field"], "max_removals", "{problem}");
    let pruned = api.apply(&all[..1], json!({"set": "demo", "prune": true, "max_removals": 3})).await;
    assert_eq!(actions(&pruned), ["nothing", "delete", "delete", "delete"]);
    let left = api.get("/networks/exercise/invitations").await.is(200);
    let left: Vec<_> = left["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
    assert_eq!(left, ["i1", "by-hand"]);
    // All that is left of the set may go: one object always may.
    let gone = api.apply(&[], json!({"set": "demo", "prune": true})).await;
    assert_eq!(actions(&gone), ["delete"]);
}

#[tokio::test]
async fn a_plan_that_is_not_the_one_agreed_to_is_refused() {
    let api = Api::with_network().await;
    let plan = api.apply(&[invitation("stores", 1)], json!({"dry_run": true})).await;
    api.apply(&[invitation("stores", 2)], json!({})).await;
    let body = of(&[invitation("stores", 1)], json!({"if_plan": plan["plan"]}));
    let problem = api.post("/apply", &body).await.problem(409, "precondition");
    assert!(problem["how"].is_string(), "{problem}");
}

#[tokio::test]
async fn objects_of_another_set_are_taken_only_when_that_is_said() {
    let api = Api::with_network().await;
    api.apply(&[invitation("stores", 1)], json!({"set": "mine"})).await;
    for options in [json!({"set": "yours"}), json!({})] {
        let problem = api.post("/apply", &of(&[invitation("stores", 2)], options)).await.problem(409, "precondition");
        assert_eq!(problem["errors"][0]["field"], "manifests[0]", "{problem}");
    }
    let taken = api.apply(&[invitation("stores", 2)], json!({"set": "yours", "take_over": true})).await;
    let step = &taken["steps"][0];
    assert_eq!((&step["action"], &step["leaves"], &step["joins"]), (&json!("change"), &json!("mine"), &json!("yours")));
    assert_eq!(api.apply(&[], json!({"set": "mine", "prune": true})).await["steps"], json!([]));
}

#[tokio::test]
async fn a_network_and_what_is_in_it_go_together_and_its_denial_is_told() {
    let api = Api::with_backbone().await;
    let all = [network(json!({"classes": ["c"]})), invitation("stores", 1)];
    api.apply(&all, json!({"set": "demo"})).await;
    let id = api.get("/networks/exercise").await.is(200)["id"].as_str().unwrap().to_owned();
    let gone = api.apply(&[], json!({"set": "demo", "prune": true, "max_removals": 2})).await;
    assert_eq!(gone["differences"], 2, "{gone}");
    api.get("/networks/exercise").await.problem(404, "not-found");
    let eviction = api.get(&format!("/evictions/{id}")).await.is(200);
    assert!(eviction["trust_version"].is_number(), "{eviction}");
}

#[tokio::test]
async fn whoever_applies_at_the_same_time_waits_and_finds_it_done() {
    let api = Api::new().await;
    let body = of(&every_kind(), json!({"set": "all"}));
    let (one, other) = tokio::join!(api.post("/apply", &body), api.post("/apply", &body));
    let differences = [one.is(200), other.is(200)].map(|applied| applied["differences"].as_u64().unwrap());
    assert_eq!(differences.iter().sum::<u64>(), 9, "{differences:?}");
}

#[tokio::test]
async fn a_mistake_in_any_manifest_is_said_with_its_place() {
    let api = Api::with_network().await;
    let mut manifests = vec![invitation("a", 1), invitation("b", 1), invitation("a", 1)];
    manifests[1]["spec"]["use"] = json!(["x", "x*", "not an address"]);
    let problem = api.post("/apply", &of(&manifests, json!({}))).await.problem(422, "invalid");
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["manifests[1].spec.use[2]", "manifests[0]", "manifests[2]"], "{problem}");
    api.post("/apply", r#"{"manifests": []}"#).await.names("manifests");
    api.post("/apply", &of(&manifests[..1], json!({"prune": true}))).await.names("prune");
    let unknown = manifest("Invitation", json!({"name": "x", "network": "nowhere"}), json!({}));
    api.post("/apply", &of(&[unknown], json!({}))).await.names("manifests[0]");
}
