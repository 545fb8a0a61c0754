//! Every endpoint, as every persona, against own and foreign objects, is answered as the committed table says.

use std::collections::BTreeMap;

use api::{About, Endpoint, Method, endpoints};
use authz::Need;
use serde_json::json;

use crate::{
    fixture::{Answer, Api, json as with_body, send},
    personas::Personas,
};

const TABLE: &str = include_str!("../../../../docs/permissions.md");

/// The rows of the committed table: the endpoint, its action, and what each persona gets.
fn table() -> (Vec<&'static str>, BTreeMap<String, Vec<&'static str>>) {
    let mut rows = TABLE
        .lines()
        .skip_while(|line| !line.starts_with("| endpoint | action |"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let head = rows.next().unwrap().into_iter().skip(2).collect();
    let rows = rows.skip(1).map(|row| (row[0].trim_matches('`').to_owned(), row[1..].to_vec()));
    (head, rows.collect())
}

#[test]
fn every_endpoint_is_in_the_table_and_names_its_action() {
    let (head, rows) = table();
    assert_eq!(head.len(), 8);
    for endpoint in endpoints() {
        let name = format!("{} {}", endpoint.method.as_str(), endpoint.path);
        let row = rows.get(&name).unwrap_or_else(|| panic!("{name} is not in docs/permissions.md: run make generate"));
        assert_eq!(row[0], endpoint.action.as_str(), "{name}");
    }
    assert_eq!(rows.len(), endpoints().len(), "docs/permissions.md has endpoints that there are not");
}

/// A path with a value for every parameter. What is inside a backbone or a network is missing there, so that nothing is
/// changed by what is allowed.
fn filled(endpoint: &Endpoint, own: &BTreeMap<&'static str, String>) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        None => part.to_owned(),
        Some("address") => "till.api".to_owned(),
        Some("kind") => "blocks".to_owned(),
        Some("link" | "listener" | "connector" | "share" | "grant" | "quota" | "controller" | "token") => {
            uuid::Uuid::nil().to_string()
        }
        Some("invitation") if endpoint.method == Method::Get => "stores".to_owned(),
        Some(name) => own.get(name).cloned().unwrap_or_else(|| "missing".to_owned()),
    };
    endpoint.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A request that nobody's permission could make do anything: what it says is refused, or meets nothing.
async fn ask(api: &Api, endpoint: &Endpoint, token: &str, own: &BTreeMap<&'static str, String>) -> Asked {
    let method: reqwest::Method = endpoint.method.as_str().parse().unwrap();
    let url = format!("{}{}", api.server, filled(endpoint, own));
    let mut request = api.http.request(method, url).bearer_auth(token);
    if endpoint.method != Method::Get {
        let body = match endpoint.about() {
            // Which backbone it is about is in the body; the name can be no one's.
            About::BackboneInBody => json!({"name": "exercise", "backbone": own["backbone"]}),
            _ => json!({"surprise": true}),
        };
        request = with_body(request, &body.to_string());
    }
    if endpoint.if_match {
        request = request.header("if-match", "\"999999\"");
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    // What is allowed may be a stream without end.
    let body = if response.status().is_client_error() { response.text().await.unwrap() } else { String::new() };
    Asked { status, body }
}

struct Asked {
    status: u16,
    body: String,
}

impl Asked {
    /// As the table says it.
    fn outcome(&self, endpoint: &Endpoint, own: &BTreeMap<&'static str, String>) -> &'static str {
        let hidden = match endpoint.about() {
            About::Backbone | About::BackboneInBody => format!("there is no backbone \\\"{}\\\"", own["backbone"]),
            About::Network => format!("there is no network \\\"{}\\\"", own["network"]),
            About::Certificate => "there is no certificate".to_owned(),
            About::Eviction => "there is no eviction".to_owned(),
            About::Installation => "there is nothing that could be hidden".to_owned(),
        };
        match self.status {
            401 => "401",
            403 if self.body.contains("/problems/forbidden") => "403",
            404 if self.body.contains(&hidden) => "404",
            500.. => "5xx",
            _ => "yes",
        }
    }
}

#[tokio::test]
async fn every_persona_is_answered_as_the_committed_table_says() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let (head, rows) = table();
    let mut wrong = vec![];
    for endpoint in endpoints() {
        let name = format!("{} {}", endpoint.method.as_str(), endpoint.path);
        for (title, expected) in head.iter().zip(&rows[&name][1..]) {
            let persona = personas.of(title);
            let asked = ask(&api, &endpoint, &persona.token, &persona.own).await;
            let outcome = asked.outcome(&endpoint, &persona.own);
            let expected = if endpoint.action.need() == Need::Nothing { "yes" } else { expected };
            // Where signing in is what it is about, being signed in is no help.
            let open = endpoint.action.need() == Need::Nothing && outcome == "401";
            if outcome != expected && !open {
                wrong.push(format!("{name}, {title}: {outcome}, not {expected}: {} {}", asked.status, asked.body));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_hidden_is_refused_in_the_same_words_as_what_is_not_there() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let token = &personas.of("user, own").token;
    let get = async |path: &str| send(api.http.get(format!("{}/api/v1{path}", api.server)).bearer_auth(token)).await;
    let same = |hidden: Answer, missing: Answer, name: &str| {
        let (mut hidden, mut missing) = (hidden.problem(404, "not-found"), missing.problem(404, "not-found"));
        let detail = hidden["detail"].as_str().unwrap().replace(name, "nothing");
        assert_eq!(detail, missing["detail"].as_str().unwrap());
        for problem in [&mut hidden, &mut missing] {
            problem["detail"] = json!(null);
            problem["request_id"] = json!(null);
        }
        assert_eq!(hidden, missing);
    };
    same(get("/networks/other").await, get("/networks/nothing").await, "other");
    same(get("/networks/other/members").await, get("/networks/nothing/members").await, "other");
    same(get("/backbones/asia").await, get("/backbones/nothing").await, "asia");
    same(get("/audit?network=other").await, get("/audit?network=nothing").await, "other");
    let foreign = &personas.of("user, other").own["certificate"];
    let nil = uuid::Uuid::nil().to_string();
    let (hidden, missing) =
        (get(&format!("/certificates/{foreign}")).await, get(&format!("/certificates/{nil}")).await);
    assert_eq!(
        hidden.problem(404, "not-found")["detail"].as_str().unwrap().replace(foreign, &nil),
        missing.problem(404, "not-found")["detail"].as_str().unwrap()
    );
}

#[tokio::test]
async fn lists_have_what_one_may_see_in_pages_as_long_as_others() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    for n in 0..5 {
        // Foreign ones in between.
        let body = json!({"name": format!("foreign-{n}"), "backbone": "europe"}).to_string();
        api.post("/networks", &body).await.is(201);
        let body = json!({"name": format!("own-{n}"), "backbone": "europe"}).to_string();
        personas.post(&api, "user, own", "/networks", &body).await.is(201);
    }
    let mut seen = vec![];
    let mut path = "/networks?limit=2".to_owned();
    loop {
        let page = personas.get(&api, "user, own", &path).await.is(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|network| network["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => {
                assert_eq!(items.len(), 2, "only the last page is shorter");
                path = format!("/networks?limit=2&cursor={next}");
            }
            None => break,
        }
    }
    assert_eq!(seen, ["exercise", "own-0", "own-1", "own-2", "own-3", "own-4"]);
    let names = async |title: &str, path: &str| {
        let items = personas.get(&api, title, path).await.is(200)["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("viewer", "/networks").await, ["exercise"]);
    assert_eq!(names("none", "/networks").await, Vec::<String>::new());
    assert_eq!(names("user, own", "/backbones").await, ["europe"]);
    assert_eq!(names("viewer", "/backbones").await, Vec::<String>::new());
    assert_eq!(names("service administrator", "/backbones").await, ["europe", "asia"]);
    let events = personas.get(&api, "user, own", "/audit?limit=500").await.is(200)["items"].as_array().unwrap().clone();
    assert!(events.iter().any(|event| event["action"] == "network.create"), "owners see their networks");
    assert!(events.iter().all(|event| event["network"].is_string()), "and nothing else: {events:#?}");
    assert_eq!(personas.get(&api, "viewer", "/audit").await.is(200)["items"], json!([]));
}

#[tokio::test]
async fn a_conflict_on_a_name_says_only_that_it_is_taken() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let taken = personas.post(&api, "user, own", "/networks", r#"{"name": "other", "backbone": "europe"}"#).await;
    let problem = taken.problem(409, "name-taken");
    assert_eq!(problem["detail"], "the name is taken by another network");
    assert!(!problem.to_string().contains("bob"), "{problem}");
}

#[tokio::test]
async fn a_network_is_made_on_the_default_backbone_and_owned_by_who_made_it() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    // The only one that may be used.
    let made = personas.post(&api, "user, own", "/networks", r#"{"name": "first"}"#).await.is(201);
    assert_eq!(made["backbone"], "europe");
    api.post("/grants", r#"{"user": "alice", "role": "user", "backbone": "asia"}"#).await.is(201);
    let refused = personas.post(&api, "user, own", "/networks", r#"{"name": "second"}"#).await.names("backbone");
    assert!(refused.contains("asia") && refused.contains("europe"), "{refused}");
    let grants = api.get("/grants").await.is(200)["items"].as_array().unwrap().clone();
    let on_asia = grants.iter().find(|grant| grant["to"]["name"] == "alice" && grant["backbone"] == "asia").unwrap();
    api.delete(&format!("/grants/{}", on_asia["id"].as_str().unwrap())).await.is(204);
    let default = r#"{"user": "alice", "role": "user", "backbone": "asia", "default_backbone": true}"#;
    api.post("/grants", default).await.is(201);
    let made = personas.post(&api, "user, own", "/networks", r#"{"name": "second"}"#).await.is(201);
    assert_eq!(made["backbone"], "asia");
    api.post("/grants", r#"{"user": "alice", "role": "viewer", "backbone": "asia"}"#).await.names("network");
    api.post("/grants", r#"{"user": "alice", "role": "service-administrator", "backbone": "asia"}"#)
        .await
        .names("role");
}

#[tokio::test]
async fn what_is_granted_and_taken_back_counts_from_the_next_request_on() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let share = r#"{"user": "nobody", "role": "viewer"}"#;
    personas.get(&api, "none", "/networks/exercise").await.problem(404, "not-found");
    let made = personas.post(&api, "user, own", "/networks/exercise/shares", share).await.is(201);
    personas.get(&api, "none", "/networks/exercise").await.is(200);
    personas.post(&api, "none", "/networks/exercise/classes", r#"{"name": "x"}"#).await.problem(403, "forbidden");
    personas.post(&api, "operator", "/networks/exercise/shares", share).await.problem(403, "forbidden");
    personas.post(&api, "user, own", "/networks/exercise/shares", share).await.problem(409, "precondition");
    // A share is one of its own network only.
    let id = made["id"].as_str().unwrap();
    let path = format!("/networks/foreign/shares/{id}");
    api.delete(&path).await.problem(404, "not-found");
    personas.delete(&api, "user, own", &format!("/networks/exercise/shares/{id}")).await.is(204);
    personas.get(&api, "none", "/networks/exercise").await.problem(404, "not-found");
    let events = personas.get(&api, "user, own", "/audit?limit=500").await.is(200).to_string();
    assert!(events.contains("grant.create") && events.contains("grant.delete"), "{events}");
    // Groups count, too.
    api.post("/groups", r#"{"name": "watchers"}"#).await.is(201);
    let group = r#"{"group": "watchers", "role": "operator"}"#;
    personas.post(&api, "user, own", "/networks/exercise/shares", group).await.is(201);
    personas.get(&api, "none", "/networks/exercise").await.problem(404, "not-found");
    let joined = api.post("/groups/watchers/members", r#"{"user": "nobody"}"#).await;
    assert!(joined.status.is_success(), "{joined:?}");
    personas.post(&api, "none", "/networks/exercise/classes", r#"{"name": "x"}"#).await.is(201);
}

#[tokio::test]
async fn quotas_limit_networks_and_invitations_and_the_narrower_one_counts() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let network = |name: &str| json!({"name": name, "backbone": "europe"}).to_string();
    let all = api.post("/quotas", r#"{"resource": "networks", "most": 1}"#).await.is(201);
    api.post("/quotas", r#"{"resource": "networks", "most": 2}"#).await.problem(409, "precondition");
    let refused = personas.post(&api, "user, own", "/networks", &network("second")).await;
    assert!(refused.problem(409, "precondition")["detail"].as_str().unwrap().contains("limited to 1"));
    api.post("/networks", &network("beyond")).await.is(201);
    api.post("/quotas", r#"{"resource": "networks", "user": "alice", "most": 2}"#).await.is(201);
    personas.post(&api, "user, own", "/networks", &network("second")).await.is(201);
    personas.post(&api, "user, own", "/networks", &network("third")).await.problem(409, "precondition");
    let path = format!("/quotas/{}", all["id"].as_str().unwrap());
    assert_eq!(api.patch(&path, r#"{"most": 3}"#).await.is(200)["revision"], 2);
    api.delete(&path).await.is(204);

    let invite = |name: &str| json!({"name": name}).to_string();
    let path = "/networks/exercise/invitations";
    // There is one already.
    api.post("/quotas", r#"{"resource": "invitations", "backbone": "europe", "most": 1}"#).await.is(201);
    personas.post(&api, "user, own", path, &invite("more")).await.problem(409, "precondition");
    api.post("/quotas", r#"{"resource": "invitations", "network": "exercise", "most": 2}"#).await.is(201);
    personas.post(&api, "user, own", path, &invite("more")).await.is(201);
    personas.post(&api, "user, own", path, &invite("most")).await.problem(409, "precondition");
    api.post("/quotas", r#"{"resource": "networks", "network": "exercise", "most": 2}"#).await.names("resource");
    personas.get(&api, "user, own", "/quotas").await.problem(403, "forbidden");
}

#[tokio::test]
async fn manifests_are_decided_object_by_object() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let manifest = |kind: &str, metadata: serde_json::Value, spec: serde_json::Value| json!({"apiVersion": "skupperx.io/v1", "kind": kind, "metadata": metadata, "spec": spec});
    let apply = async |title: &str, manifest: serde_json::Value| {
        let body = json!({"manifests": [manifest], "dry_run": true}).to_string();
        personas.post(&api, title, "/apply", &body).await
    };
    let class = |network: &str| manifest("ApplicationNetwork", json!({"name": network}), json!({"classes": ["new"]}));
    apply("user, own", class("exercise")).await.is(200);
    apply("operator", class("exercise")).await.problem(403, "forbidden");
    // Of what somebody may not see, nothing is said but that the name is taken.
    let taken = apply("user, own", class("other")).await;
    assert!(
        taken.problem(409, "name-taken")["detail"].as_str().unwrap().ends_with("the name is taken by another network")
    );
    let listener = |network: &str| {
        let spec = json!({"address": "till.api", "bind": "127.0.0.1:1", "class": "store"});
        manifest("Listener", json!({"network": network}), spec)
    };
    apply("operator", listener("exercise")).await.is(200);
    apply("viewer", listener("exercise")).await.problem(403, "forbidden");
    let hidden = apply("user, own", listener("other")).await.problem(422, "invalid");
    assert!(hidden["detail"].as_str().unwrap().contains("there is no network"), "{hidden}");
    let site = |backbone: &str| manifest("BackboneSite", json!({"backbone": backbone, "name": "mine"}), json!({}));
    apply("user, own", site("europe")).await.problem(403, "forbidden");
    apply("user, own", site("asia")).await.problem(422, "invalid");
    apply("backbone administrator, own", site("europe")).await.is(200);
    let backbone = manifest("Backbone", json!({"name": "mine"}), json!({}));
    apply("backbone administrator, own", backbone.clone()).await.problem(403, "forbidden");
    apply("service administrator", backbone).await.is(200);
}
