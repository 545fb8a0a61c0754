//! Deployments and secrets, as a person or a pipeline asks for them.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::process::eventually;

use crate::{
    fixture::{Answer, Api, json as with_json, send},
    inside::joined,
    personas::Personas,
};

const SECRET: &str = "hunter2-hunter2";

/// A network `exercise` with class `gold`, and a release of the application `premises`.
async fn with_release() -> (Api, String) {
    let api = Api::with_network().await;
    let release = released(&api).await;
    api.post("/networks/exercise/classes", r#"{"name": "gold"}"#).await.is(201);
    let invitation = json!({"name": "gold", "uses": "unlimited", "classes": ["gold"]});
    api.post("/networks/exercise/invitations", &invitation.to_string()).await.is(201);
    (api, release)
}

async fn released(api: &Api) -> String {
    let text = std::fs::read_to_string(format!("{}/../../examples/customer-premises.yaml", env!("CARGO_MANIFEST_DIR")));
    let source = json!({"name": "premises.yaml", "text": text.unwrap()});
    let mut all = vec![source];
    for part in ["connectors", "edges", "messaging", "monitoring", "stores", "web"] {
        let path = format!("{}/../../examples/library/{part}.yaml", env!("CARGO_MANIFEST_DIR"));
        all.push(json!({"name": part, "text": std::fs::read_to_string(path).unwrap()}));
    }
    api.post("/library/import", &json!({"sources": all}).to_string()).await.is(200);
    let built = api.post("/releases", r#"{"application": "premises"}"#).await.is(201);
    built["name"].as_str().unwrap().to_owned()
}

fn document(spec: &Value) -> Value {
    json!({
        "apiVersion": "skupperx.io/v1",
        "kind": "Deployment",
        "metadata": {"name": "premises", "network": "exercise"},
        "spec": spec,
    })
}

fn following() -> Value {
    document(&json!({"application": "premises", "places": {"hq": {"sites": ["hq"]}, "gold": {"classes": ["gold"]}}}))
}

async fn create(api: &Api, document: &Value) -> Answer {
    api.post("/networks/exercise/deployments", &document.to_string()).await
}

async fn events(api: &Api) -> Vec<Value> {
    api.get("/audit?limit=500").await.is(200)["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_deployment_is_created_found_changed_and_taken_away() {
    let (api, release) = with_release().await;
    let made = create(&api, &following()).await.is(201);
    assert_eq!(
        (&made["release"], &made["follows"], &made["version"]),
        (&json!(release), &json!(true), &json!("1.0.0"))
    );
    assert_eq!(made["document"], following());
    assert_eq!(made["standing"]["state"], "in-force");
    create(&api, &following()).await.problem(409, "name-taken");
    let list = "/networks/exercise/deployments";
    for (query, count) in [
        ("", 1),
        ("?application=premises&search=prem 1.0", 1),
        ("?application=other", 0),
        ("?removing=true", 0),
        ("?sort=-name&trouble=false", 1),
    ] {
        let found = api.get(&format!("{list}{query}")).await.is(200);
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}: {found}");
    }
    let path = format!("{list}/premises");
    let shown = api.get(&path).await;
    let etag = shown.etag();
    let id = shown.is(200)["id"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("{list}/{id}")).await.is(200)["name"], "premises");

    // By a few digits; what is kept is the whole name.
    let short = release.split_at(release.find("sha256:").unwrap() + 7 + 12).0;
    let fixed = document(&json!({"release": short, "places": {"gold": {"classes": ["gold"]}}}));
    let set = |etag: String| {
        let request = with_json(api.request(Method::PUT, &path), &fixed.to_string());
        send(request.header("if-match", etag))
    };
    let changed = set(etag.clone()).await.is(200);
    assert_eq!((&changed["document"]["spec"]["release"], &changed["follows"]), (&json!(release), &json!(false)));
    set(etag).await.problem(412, "revision-mismatch");
    let other = json!({"metadata": {"name": "other", "network": "exercise"}, "apiVersion": "skupperx.io/v1",
        "kind": "Deployment", "spec": fixed["spec"]});
    api.put(&path, &other.to_string()).await.names("metadata.name");
    let refused = api.delete(&format!("/releases/{release}")).await.problem(409, "precondition");
    assert!(refused["detail"].as_str().unwrap().contains("deployment"), "{refused}");

    let going = api.delete(&path).await.is(200);
    assert_eq!(going["removing"], true);
    eventually("it is gone when its sites are offered nothing of it", async || {
        (api.get(&path).await.status == 404).then_some(())
    })
    .await
    .unwrap();
    let all = events(&api).await;
    let lines: Vec<_> = all
        .iter()
        .filter(|event| event["object_kind"] == "deployment" && event["outcome"] == "done")
        .map(|event| event["action"].as_str().unwrap())
        .filter(|action| *action != "deployment.planned")
        .collect();
    assert_eq!(lines, ["deployment.create", "deployment.update", "deployment.delete", "deployment.removed"]);
    assert_eq!(api.get("/audit/verify").await.is(200)["intact"], true);
}

#[tokio::test]
async fn what_is_wrong_with_a_deployment_is_said_by_field() {
    let (api, _) = with_release().await;
    for (spec, field, said) in [
        (json!({}), "spec", "application"),
        (json!({"application": "premises", "release": "x"}), "spec.application", "one of both"),
        (json!({"application": "nothing"}), "spec.application", "skx compose build nothing"),
        (json!({"release": "premises@sha256:00000000"}), "spec.release", "no release"),
        (json!({"release": "premises"}), "spec.release", "8 are enough"),
        (json!({"application": "premises", "places": {"gold": {}}}), "spec.places.gold", "classes:"),
        (json!({"application": "premises", "places": {"moon": {"sites": ["a"]}}}), "spec.places.moon", "gold"),
        (json!({"application": "premises", "guard": {"maxRemovals": "ten"}}), "spec.guard.maxRemovals", "0%"),
        (json!({"application": "premises", "surprise": 1}), "spec.surprise", "surprise"),
    ] {
        let message = create(&api, &document(&spec)).await.names(field);
        assert!(message.contains(said), "{field}: {message}");
    }
    let mut foreign = following();
    foreign["metadata"]["network"] = "other".into();
    assert!(create(&api, &foreign).await.names("metadata.network").contains("exercise"));
    let mut named = following();
    named["metadata"]["name"] = uuid::Uuid::nil().to_string().into();
    create(&api, &named).await.names("metadata.name");
    let mut surprise = following();
    surprise["surprise"] = true.into();
    create(&api, &surprise).await.names("surprise");
    assert_eq!(api.get("/networks/exercise/deployments").await.is(200)["items"], json!([]));
}

#[tokio::test]
async fn the_same_creation_repeated_is_carried_out_once() {
    let (api, _) = with_release().await;
    let ask = || {
        let request = with_json(api.request(Method::POST, "/networks/exercise/deployments"), &following().to_string());
        send(request.header("idempotency-key", "once"))
    };
    let (first, second) = (ask().await.is(201), ask().await.is(201));
    assert_eq!(first["id"], second["id"]);
}

#[tokio::test]
async fn a_plan_says_what_would_change_and_changes_nothing() {
    let (api, release) = with_release().await;
    joined(&api, "exercise", "gold", 1).await;
    let path = "/networks/exercise/deployments/premises";
    let spec = json!({"application": "premises", "places": {"gold": {"classes": ["gold"]}}});
    let asked = json!({"document": document(&spec)}).to_string();
    let preview = api.post(&format!("{path}/plan"), &asked).await.is(200);
    let changes = &preview["changes"];
    assert_eq!((&changes["release"], changes["sites"].as_array().unwrap().len()), (&json!(release), 1), "{preview}");
    assert!(preview["text"].as_str().unwrap().starts_with("plan 1 of premises in exercise"), "{preview}");
    assert_eq!(preview["exceeded"], Value::Null);
    api.get(path).await.problem(404, "not-found");
    api.post(&format!("{path}/plan"), "{}").await.problem(404, "not-found");
    create(&api, &document(&spec)).await.is(201);
    let with_release = json!({"release": release}).to_string();
    api.post(&format!("{path}/plan"), &with_release).await.is(200);
    let other = json!({"release": "premises@sha256:00000000"}).to_string();
    api.post(&format!("{path}/plan"), &other).await.names("spec.release");
    assert_eq!(api.get(path).await.is(200)["revision"], 1);
}

#[tokio::test]
async fn a_status_tells_of_every_site_and_sums_them_up() {
    let (api, _) = with_release().await;
    joined(&api, "exercise", "gold", 1).await;
    joined(&api, "exercise", "gold", 2).await;
    create(&api, &following()).await.is(201);
    let path = "/networks/exercise/deployments/premises/status";
    let status = eventually("it is planned for both sites", async || {
        let status = api.get(path).await.is(200);
        (status["sites"].as_array().unwrap().len() == 2).then_some(status)
    })
    .await
    .unwrap();
    assert_eq!(status["sums"], json!([{"state": "offline", "sites": 2}]), "{status}");
    assert!(status["sites"][0]["message"].as_str().unwrap().contains("nothing"), "{status}");
    let one = status["sites"][0]["site"].as_str().unwrap();
    let only = api.get(&format!("{path}?site={one}")).await.is(200);
    assert_eq!(only["sites"].as_array().unwrap().len(), 1);
    api.get(&format!("{path}?site=nobody")).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_rollout_is_paused_and_goes_on_and_every_word_said_to_it_is_recorded() {
    let (api, _) = with_release().await;
    joined(&api, "exercise", "gold", 1).await;
    create(&api, &following()).await.is(201);
    let path = "/networks/exercise/deployments/premises";
    eventually("it is planned", async || api.get(&format!("{path}/status")).await.is(200)["number"].as_u64())
        .await
        .unwrap();
    let say =
        async |command: &str| api.post(&format!("{path}/rollout"), &json!({"command": command}).to_string()).await;
    say("pause").await.is(200);
    say("pause").await.problem(409, "precondition");
    let status = api.get(&format!("{path}/status")).await.is(200);
    assert!(status["hold"].as_str().unwrap().contains("paused"), "{status}");
    assert!(status["history"].to_string().contains("admin: pause"), "{status}");
    say("resume").await.is(200);
    assert_eq!(api.get(&format!("{path}/status")).await.is(200)["hold"], Value::Null);
    say("dance").await.names("command");
    let said: Vec<_> = events(&api).await.into_iter().filter(|event| event["outcome"] == "done").collect();
    for action in ["deployment.pause", "deployment.resume"] {
        assert_eq!(said.iter().filter(|event| event["action"] == action).count(), 1, "{action}");
    }
}

#[tokio::test]
async fn a_network_has_so_many_deployments_as_a_site_can_tell_of() {
    let (api, _) = with_release().await;
    let mut named = following();
    for n in 0..64 {
        named["metadata"]["name"] = format!("d{n}").into();
        create(&api, &named).await.is(201);
    }
    named["metadata"]["name"] = "one-more".into();
    create(&api, &named).await.problem(409, "precondition");
}

#[tokio::test]
async fn nothing_is_deployed_in_a_network_that_is_over() {
    let (api, _) = with_release().await;
    create(&api, &following()).await.is(201);
    api.post("/networks/exercise/evict", "{}").await.is(200);
    let mut other = following();
    other["metadata"]["name"] = "other".into();
    create(&api, &other).await.problem(409, "precondition");
    api.put("/networks/exercise/deployments/premises", &following().to_string()).await.problem(409, "precondition");
    let values = r#"{"values": {"password": "x"}}"#;
    api.put("/networks/exercise/secrets/portal-db", values).await.problem(409, "precondition");
    api.get("/networks/exercise/deployments/premises").await.is(200);
}

#[tokio::test]
async fn a_secret_is_set_and_never_read_again_by_anybody() {
    let (api, _) = with_release().await;
    let path = "/networks/exercise/secrets/portal-db";
    let values = json!({"values": {"password": SECRET, "user": "app"}}).to_string();
    let set = api.put(path, &values).await.is(200);
    assert_eq!((&set["keys"], &set["revision"]), (&json!(["password", "user"]), &json!(1)));
    assert_eq!(api.put(path, &values).await.is(200)["revision"], 1, "the same once more changes nothing");
    let other = json!({"values": {"password": SECRET}}).to_string();
    assert_eq!(api.put(path, &other).await.is(200)["keys"], json!(["password"]));
    for wrong in [
        format!(r#"{{"values": "{SECRET}"}}"#),
        format!(r#"{{"values": {{"a b": "{SECRET}"}}}}"#),
        format!(r#"{{"values": {{"a": ["{SECRET}"]}}}}"#),
        format!(r#"{{"values": {{"a": "{SECRET}\u0000"}}}}"#),
        r#"{"values": {}}"#.to_owned(),
    ] {
        let refused = api.put(path, &wrong).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        assert!(!refused.body.to_string().contains(SECRET), "{refused:?}");
    }

    create(&api, &following()).await.is(201);
    let shown = api.get(path).await.is(200);
    assert_eq!((&shown["deployments"], &shown["standing"]["state"]), (&json!(["premises"]), &json!("in-use")));
    let refused = api.delete(path).await.problem(409, "precondition");
    assert!(refused["detail"].as_str().unwrap().contains("premises"), "{refused}");
    let list = "/networks/exercise/secrets";
    assert_eq!(api.get(&format!("{list}?search=portal password")).await.is(200)["items"][0], shown);
    let mut all = String::new();
    for told in
        [list, path, "/networks/exercise/deployments/premises", "/networks/exercise/deployments/premises/status"]
    {
        let _ = write!(all, "{}", api.get(told).await.is(200));
    }
    let plan = api.post("/networks/exercise/deployments/premises/plan", "{}").await.is(200);
    let _ = write!(all, "{plan} {}", json!(events(&api).await));
    assert!(all.contains("secret.set") && !all.contains(SECRET), "{all}");
    let database = api.database.as_ref().unwrap();
    let kept = database.sql("SELECT name || encode(sealed, 'escape') FROM secret").await.unwrap();
    assert!(kept.contains("portal-db") && !kept.contains(SECRET), "it is sealed in the database");

    api.delete(&format!("{path}?force=perhaps")).await.names("force");
    api.delete(&format!("{path}?force=true")).await.is(204);
    api.get(path).await.problem(404, "not-found");
}

#[tokio::test]
async fn operators_deploy_and_set_secrets_and_viewers_look_at_their_names() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    released(&api).await;
    let (list, body) = ("/networks/exercise/deployments", following().to_string());
    personas.post(&api, "viewer", list, &body).await.problem(403, "forbidden");
    personas.post(&api, "none", list, &body).await.problem(404, "not-found");
    personas.post(&api, "operator", list, &body).await.is(201);
    personas.get(&api, "viewer", &format!("{list}/premises/status")).await.is(200);
    personas.post(&api, "viewer", &format!("{list}/premises/plan"), "{}").await.is(200);
    let pause = format!("{list}/premises/rollout");
    personas.post(&api, "viewer", &pause, r#"{"command": "pause"}"#).await.problem(403, "forbidden");
    personas.delete(&api, "viewer", &format!("{list}/premises")).await.problem(403, "forbidden");
    let secret = "/networks/exercise/secrets/portal-db";
    let values = json!({"values": {"password": SECRET}}).to_string();
    let ask = async |title: &str, method: Method| {
        let url = format!("{}/api/v1{secret}", api.server);
        let request = api.http.request(method, url).bearer_auth(&personas.of(title).token);
        send(with_json(request, &values)).await
    };
    ask("viewer", Method::PUT).await.problem(403, "forbidden");
    ask("operator", Method::PUT).await.is(200);
    for title in ["viewer", "operator", "user, own", "service administrator"] {
        let shown = personas.get(&api, title, secret).await.is(200);
        assert!(!shown.to_string().contains(SECRET), "{title}: {shown}");
    }
}

#[tokio::test]
async fn logs_are_asked_for_at_one_site_of_ones_own_network_that_can_be_asked() {
    let (api, _) = with_release().await;
    create(&api, &following()).await.is(201);
    joined(&api, "exercise", "gold", 1).await;
    let member = api.get("/networks/exercise/members").await.is(200)["items"][0].clone();
    let (name, id) = (member["name"].as_str().unwrap(), member["id"].as_str().unwrap());
    let logs = "/networks/exercise/deployments/premises/logs";
    api.get(logs).await.names("site");
    api.get(&format!("{logs}?site={name}&lines=0")).await.names("lines");
    api.get(&format!("{logs}?site={name}&lines=1001")).await.names("lines");
    api.get(&format!("{logs}?site={name}&since=yesterday")).await.names("since");
    api.get(&format!("{logs}?site=nobody")).await.problem(404, "not-found");
    api.get(&format!("/networks/exercise/deployments/none/logs?site={name}")).await.problem(404, "not-found");
    let away = api.get(&format!("{logs}?site={name}")).await.problem(409, "precondition");
    assert!(away["detail"].as_str().unwrap().contains("is offline"), "{away}");
    // Of another network, neither by its name nor by its id.
    api.post("/networks", r#"{"name": "other"}"#).await.is(201);
    let mut elsewhere = following();
    elsewhere["metadata"]["network"] = json!("other");
    api.post("/networks/other/deployments", &elsewhere.to_string()).await.is(201);
    for site in [name, id] {
        let other = format!("/networks/other/deployments/premises/logs?site={site}");
        api.get(&other).await.problem(404, "not-found");
    }
    assert!(events(&api).await.iter().all(|event| event["action"] != "deployment.read-logs"), "nothing was read");
}

fn manifest(kind: &str, metadata: &Value, spec: &Value) -> Value {
    json!({"apiVersion": "skupperx.io/v1", "kind": kind, "metadata": metadata, "spec": spec})
}

async fn apply(api: &Api, manifests: &[Value], options: &Value) -> Answer {
    let mut request = json!({"manifests": manifests});
    request.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    api.post("/apply", &request.to_string()).await
}

fn actions(applied: &Value) -> Vec<&str> {
    applied["steps"].as_array().unwrap().iter().map(|step| step["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_deployment_is_applied_with_its_network_found_unchanged_changed_and_pruned() {
    let (api, release) = with_release().await;
    let network = manifest("ApplicationNetwork", &json!({"name": "retail"}), &json!({"classes": ["gold"]}));
    let places = json!({"gold": {"classes": ["gold"]}, "hq": {"sites": ["two", "one"]}});
    let deployment = |spec: Value| manifest("Deployment", &json!({"name": "premises", "network": "retail"}), &spec);
    let following = deployment(json!({"application": "premises", "places": places}));
    let set = json!({"set": "retail"});
    let both = [following.clone(), network.clone()];
    let dry = json!({"set": "retail", "dry_run": true});
    let plan = apply(&api, &both, &dry).await.is(200);
    assert_eq!(actions(&plan), ["create", "create"], "in a network that is made in the same go");
    api.get("/networks/retail").await.problem(404, "not-found");
    let applied = apply(&api, &both, &set).await.is(200);
    assert_eq!(applied["steps"], plan["steps"]);
    let shown = api.get("/networks/retail/deployments/premises").await.is(200);
    assert_eq!(shown["release"], release);
    assert_eq!(apply(&api, &both, &set).await.is(200)["differences"], 0);

    // What is shown of it says the same; so do fewer digits of its release.
    let short = release.split_at(release.find("sha256:").unwrap() + 7 + 12).0;
    let fixed = deployment(json!({"release": short, "places": places}));
    let changed = apply(&api, &[network.clone(), fixed.clone()], &set).await.is(200);
    assert_eq!(actions(&changed), ["nothing", "change"]);
    let field = |change: &Value| change["field"].as_str().unwrap().to_owned();
    let fields: Vec<_> = changed["steps"][1]["changes"].as_array().unwrap().iter().map(field).collect();
    assert_eq!(fields, ["application", "release"]);
    let written = manifest(
        "Deployment",
        &json!({"name": "premises", "network": "retail"}),
        &api.get("/networks/retail/deployments/premises").await.is(200)["document"]["spec"],
    );
    for same in [fixed, written] {
        assert_eq!(apply(&api, &[network.clone(), same], &set).await.is(200)["differences"], 0);
    }

    // What is wrong is said by the field of the manifest, and nothing has happened.
    for (spec, at) in [
        (
            json!({"application": "premises", "places": {"moon": {"classes": ["gold"]}}}),
            "manifests[1].spec.places.moon",
        ),
        (json!({"application": "premises", "colour": "red"}), "manifests[1].spec.colour"),
        (json!({"application": "none"}), "manifests[1].spec.application"),
        (json!({}), "manifests[1].spec"),
    ] {
        apply(&api, &[network.clone(), deployment(spec)], &set).await.names(at);
    }

    // Pruned, behind the guard; while it is being taken away, there is nothing to do, and it cannot be applied.
    let pruning = |removals: u32| json!({"set": "retail", "prune": true, "max_removals": removals});
    apply(&api, std::slice::from_ref(&network), &pruning(0)).await.problem(409, "precondition");
    let pruned = apply(&api, std::slice::from_ref(&network), &pruning(1)).await.is(200);
    assert_eq!(actions(&pruned), ["nothing", "delete"]);
    eventually("it is gone", async || {
        let again = apply(&api, std::slice::from_ref(&network), &pruning(0)).await.is(200);
        assert_eq!(again["differences"], 0, "{again}");
        (api.get("/networks/retail/deployments/premises").await.status == 404).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(actions(&apply(&api, &both, &set).await.is(200)), ["create", "nothing"]);
    // With everything it is in.
    let all = json!({"set": "retail", "prune": true, "max_removals": 2});
    assert_eq!(actions(&apply(&api, &[], &all).await.is(200)).len(), 2);
    assert_eq!(api.get("/audit/verify").await.is(200)["intact"], true);
}

#[tokio::test]
async fn who_has_how_a_deployment_stands_is_given_it_again_only_when_it_is_different() {
    let (api, _) = with_release().await;
    create(&api, &following()).await.is(201);
    let path = "/networks/exercise/deployments/premises/status";
    let known = async |tag: &str| send(api.request(Method::GET, path).header("if-none-match", tag)).await;
    // Once it is planned, and nothing is to be done any more.
    let tag = eventually("nothing is different", async || {
        let shown = api.get(path).await;
        let tag = shown.etag();
        let planned = shown.is(200)["number"].is_u64();
        for same in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            if known(&same).await.status != 304 {
                return None;
            }
        }
        planned.then_some(tag)
    })
    .await
    .unwrap();
    assert_eq!(known("\"other\"").await.status, 200);
    // A site that joins, and what its operator says of it.
    joined(&api, "exercise", "gold", 1).await;
    let shown = known(&tag).await;
    assert_ne!(shown.etag(), tag);
    shown.is(200);
    let tag = eventually("it is planned for", async || {
        let status = api.get(path).await;
        let tag = status.etag();
        (status.is(200)["sums"][0]["sites"] == 1).then_some(tag)
    })
    .await
    .unwrap();
    let order = "/networks/exercise/deployments/premises/rollout";
    api.post(order, r#"{"command": "pause"}"#).await.is(200);
    assert_eq!(known(&tag).await.status, 200);
}
