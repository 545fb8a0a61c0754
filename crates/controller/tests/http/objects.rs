//! Every object from its creation to its end.

use pki::ticket;
use rcgen::PublicKeyData as _;
use serde_json::json;

use crate::{fixture::Api, inside::joined};

#[tokio::test]
async fn nothing_is_made_before_the_root_and_the_refusal_says_how_to_make_one() {
    let api = Api::without_root().await;
    let ca = api.get("/ca").await.is(200);
    assert_eq!(ca["state"], "none");
    assert!(ca["how"].as_str().unwrap().contains("skx ca init --development"), "{ca}");
    let problem = api.post("/backbones", r#"{"name": "europe"}"#).await.problem(409, "precondition");
    assert!(problem["how"].as_str().unwrap().contains("skx ca init --development"), "{problem}");
    let status = api.get("/status").await.is(200);
    assert_eq!((&status["healthy"], &status["ca"]), (&json!(false), &json!("none")));

    let made = api.post("/ca/development", r#"{"name": "laboratory"}"#).await.is(201);
    assert_eq!(made["state"], "development");
    assert!(made["chain"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"), "{made}");
    assert_eq!(api.get("/ca").await.is(200), made);
    api.post("/ca/development", "{}").await.problem(409, "precondition");
    api.post("/backbones", r#"{"name": "europe"}"#).await.is(201);
}

#[tokio::test]
async fn a_root_of_the_enterprise_signs_what_is_asked_for_and_nothing_else_is_imported() {
    let api = Api::without_root().await;
    let csr = api.post("/ca/csr", "").await.is(200)["csr"].as_str().unwrap().to_owned();
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{csr}");
    let again = api.post("/ca/csr", "").await.is(200)["csr"].as_str().unwrap().to_owned();
    let key =
        |csr: &str| rcgen::CertificateSigningRequestParams::from_pem(csr).unwrap().public_key.der_bytes().to_vec();
    assert_eq!(key(&again), key(&csr), "the key stays until the request is answered");
    assert_eq!(api.get("/ca").await.is(200)["state"], "requested");

    assert!(api.post("/ca/import", r#"{"chain": "nonsense"}"#).await.names("chain").contains("PEM"));
    let stranger = std::fs::read_to_string(api.dir.path().join("ca.crt")).unwrap();
    let answer = api.post("/ca/import", &json!({"chain": stranger}).to_string()).await;
    assert!(answer.status.is_client_error(), "{answer:?}");

    let (root_key, params) = enterprise();
    let root = params.self_signed(&root_key).unwrap();
    let issuer = rcgen::Issuer::new(params, root_key);
    let mut request = rcgen::CertificateSigningRequestParams::from_pem(&csr).unwrap();
    request.params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    request.params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    let signed = request.signed_by(&issuer).unwrap();
    let chain = format!("{}{}", signed.pem(), root.pem());
    let ca = api.post("/ca/import", &json!({"chain": chain}).to_string()).await.is(200);
    assert_eq!(ca["state"], "external");
    api.post("/backbones", r#"{"name": "europe"}"#).await.is(201);
}

fn enterprise() -> (rcgen::KeyPair, rcgen::CertificateParams) {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Enterprise root");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    (rcgen::KeyPair::generate().unwrap(), params)
}

#[tokio::test]
async fn backbones() {
    let api = Api::new().await;
    let made = api.post("/backbones", r#"{"name": "europe", "data_plane": "native"}"#).await.is(201);
    assert_eq!((&made["name"], &made["data_plane"], &made["sites"]), (&json!("europe"), &json!("native"), &json!(0)));
    let id = made["id"].as_str().unwrap();
    assert_eq!(api.get("/backbones/europe").await.is(200), made);
    assert_eq!(api.get(&format!("/backbones/{id}")).await.is(200), made, "ids are names, too");
    assert_eq!(api.get("/backbones").await.is(200)["items"], json!([made]));
    let taken = api.post("/backbones", r#"{"name": "europe"}"#).await.problem(409, "name-taken");
    assert_eq!(taken["errors"][0]["field"], "name");
    api.delete("/backbones/europe").await.is(204);
    api.get("/backbones/europe").await.problem(404, "not-found");
    api.delete("/backbones/europe").await.problem(404, "not-found");
}

#[tokio::test]
async fn sites_access_points_and_links() {
    let api = Api::with_backbone().await;
    let point =
        r#"{"name": "main", "kinds": ["manage", "peer", "claim", "member"], "advertised": "r1.example.com:5671"}"#;
    let paris =
        api.post("/backbones/europe/sites", &format!(r#"{{"name": "paris", "access": [{point}]}}"#)).await.is(201);
    assert_eq!(paris["state"], "defined");
    assert_eq!(paris["access"][0]["kinds"], json!(["peer", "member", "claim", "manage"]));
    assert!(paris["next"].as_str().unwrap().contains("skx backbone site bundle europe/paris"), "{paris}");
    api.post("/backbones/europe/sites", r#"{"name": "rome"}"#).await.is(201);
    assert_eq!(api.get("/backbones/europe/sites").await.is(200)["items"].as_array().unwrap().len(), 2);
    assert_eq!(api.get("/backbones/europe/sites/paris").await.is(200), paris);

    let points = "/backbones/europe/sites/rome/access-points";
    let dmz = r#"{"name": "dmz", "kinds": ["member"], "advertised": "[2001:db8::1]:443", "bind": "0.0.0.0:5671"}"#;
    let made = api.post(points, dmz).await.is(201);
    assert_eq!((&made["advertised"], &made["bind"]), (&json!("[2001:db8::1]:443"), &json!("0.0.0.0:5671")));
    api.post(points, dmz).await.problem(409, "name-taken");
    assert_eq!(api.get(points).await.is(200)["items"], json!([made]));
    let changed = r#"{"kinds": ["member", "claim"], "advertised": "edge.example.com:443"}"#;
    let set = api.put(&format!("{points}/dmz"), changed).await.is(200);
    assert_eq!((&set["id"], &set["kinds"], &set["bind"]), (&made["id"], &json!(["member", "claim"]), &json!(null)));
    assert_eq!(api.get(&format!("{points}/{}", made["id"].as_str().unwrap())).await.is(200), set);
    api.delete(&format!("{points}/dmz")).await.is(204);
    api.get(&format!("{points}/dmz")).await.problem(404, "not-found");

    let links = "/backbones/europe/links";
    let link = api.post(links, r#"{"from": "rome", "to": "paris"}"#).await.is(201);
    assert_eq!((&link["access"], &link["cost"], &link["transport"]), (&json!("main"), &json!(1), &json!("direct")));
    assert_eq!(link["state"], "unknown", "nobody has reported on it");
    let path = format!("{links}/{}", link["id"].as_str().unwrap());
    let set = api.patch(&path, r#"{"cost": 7, "transport": "tls"}"#).await.is(200);
    assert_eq!((&set["cost"], &set["transport"]), (&json!(7), &json!("tls")));
    assert_eq!(api.get(&path).await.is(200), set);
    assert_eq!(api.get(&format!("{links}?from=rome&to=paris")).await.is(200)["items"], json!([set]));
    let rome = api.get("/backbones/europe/sites/rome").await.is(200)["id"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("{links}?from={rome}")).await.is(200)["items"], json!([set]));
    assert_eq!(api.get(&format!("{links}?from=paris")).await.is(200)["items"], json!([]));
    api.delete("/backbones/europe/sites/paris/access-points/main").await.problem(409, "precondition");

    let status = api.get("/backbones/europe/status").await.is(200);
    assert_eq!(status["healthy"], false);
    assert_eq!(status["links"][0]["transport"], "tls");
    assert_eq!(status["sites"].as_array().unwrap().len(), 2);
    api.delete(&path).await.is(204);
    api.get(&path).await.problem(404, "not-found");
    api.delete("/backbones/europe/sites/rome").await.is(204);
    api.get("/backbones/europe/sites/rome").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_bundle_enrols_one_site_and_a_newer_one_takes_its_place() {
    let api = Api::with_backbone().await;
    let point = r#"{"name": "main", "kinds": ["peer", "manage"], "advertised": "r1.example.com:5671"}"#;
    api.post("/backbones/europe/sites", &format!(r#"{{"name": "paris", "access": [{point}]}}"#)).await.is(201);
    let path = "/backbones/europe/sites/paris/bundle";
    let bundle = api.post(path, "").await.is(200);
    let model::ticket::Ticket::Bootstrap(first) = ticket::decode(bundle["content"].as_str().unwrap()).unwrap() else {
        panic!("a bundle is a bootstrap ticket")
    };
    assert_eq!(first.site_name.as_str(), "paris");
    let again = api.post(&format!("{path}?format=linux"), "{}").await.is(200);
    let model::ticket::Ticket::Bootstrap(second) = ticket::decode(again["content"].as_str().unwrap()).unwrap() else {
        panic!("a bundle is a bootstrap ticket")
    };
    assert_ne!(first.bootstrap.certificate, second.bootstrap.certificate);
    // There is no image to name.
    api.post(&format!("{path}?format=kubernetes"), "").await.problem(409, "precondition");
    assert!(api.post(&format!("{path}?format=floppy"), "").await.names("format").contains("linux"));
}

#[tokio::test]
async fn networks_and_their_classes() {
    let api = Api::with_backbone().await;
    let body =
        r#"{"name": "exercise", "start": "2090-01-01T00:00:00Z", "end": "2090-02-01T00:00:00Z", "grace_seconds": 60}"#;
    let refused = api.post("/networks", body).await;
    assert!(refused.status.is_client_error(), "a network cannot outlive the authority above it: {refused:?}");
    let body = r#"{"name": "exercise", "backbone": "europe", "grace_seconds": 60, "classes": ["store"]}"#;
    let made = api.post("/networks", body).await.is(201);
    assert_eq!(
        (&made["state"], &made["backbone"], &made["grace_seconds"]),
        (&json!("open"), &json!("europe"), &json!(60))
    );
    assert_eq!((&made["classes"], &made["end"]), (&json!(["store"]), &json!(null)));
    assert_eq!(api.get("/networks/exercise").await.is(200), made);
    assert_eq!(api.get("/networks").await.is(200)["items"], json!([made]));

    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let set = api.patch("/networks/exercise", &json!({"end": end}).to_string()).await.is(200);
    assert_eq!((&set["grace_seconds"], set["end"].is_string()), (&json!(60), true));
    let set = api.patch("/networks/exercise", r#"{"end": null, "grace_seconds": 0}"#).await.is(200);
    assert_eq!((&set["end"], &set["grace_seconds"]), (&json!(null), &json!(0)));

    let classes = "/networks/exercise/classes";
    assert_eq!(api.post(classes, r#"{"name": "hq"}"#).await.is(201), json!({"name": "hq", "members": 0}));
    api.post(classes, r#"{"name": "hq"}"#).await.problem(409, "name-taken");
    let names: Vec<_> =
        api.get(classes).await.is(200)["items"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
    assert_eq!(names, ["hq", "store"]);
    api.delete(&format!("{classes}/hq")).await.is(204);
    api.delete(&format!("{classes}/hq")).await.problem(404, "not-found");

    api.delete("/backbones/europe").await.problem(409, "precondition");
    let eviction = api.post("/networks/exercise/evict", "").await.is(200);
    assert_eq!(eviction["complete"], true, "there is no router that could be late: {eviction}");
    assert_eq!(api.get("/networks/exercise").await.is(200)["state"], "evicted");
    let deleted = api.delete("/networks/exercise").await.is(200);
    assert_eq!((&deleted["id"], &deleted["complete"]), (&eviction["id"], &json!(true)), "{deleted}");
    api.get("/networks/exercise").await.problem(404, "not-found");
    // What was denied can be looked at later, though the network is gone.
    let id = eviction["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/evictions/{id}")).await.is(200)["complete"], true);
    api.get("/evictions/exercise").await.problem(404, "not-found");
    api.get(&format!("/evictions/{}", uuid::Uuid::nil())).await.problem(404, "not-found");
}

#[tokio::test]
async fn invitations() {
    let api = Api::with_network().await;
    api.post("/networks/exercise/classes", r#"{"name": "store"}"#).await.is(201);
    let invitations = "/networks/exercise/invitations";
    let body = r#"{"name": "stores", "uses": "unlimited", "classes": ["store"], "prefix": "shop"}"#;
    let made = api.post(invitations, body).await.is(201);
    assert_eq!((&made["state"], &made["uses"], &made["used"]), (&json!("live"), &json!("unlimited"), &json!(0)));
    assert_eq!((&made["classes"], &made["prefix"]), (&json!(["store"]), &json!("shop")));
    assert_eq!(api.post(invitations, r#"{"name": "one"}"#).await.is(201)["uses"], 1);
    assert_eq!(api.get(&format!("{invitations}/stores")).await.is(200), made);
    assert_eq!(api.get(invitations).await.is(200)["items"].as_array().unwrap().len(), 2);
    let mistyped = api.post(invitations, r#"{"name": "x", "classes": ["stroe"]}"#).await;
    assert!(mistyped.status.is_client_error(), "a mistyped class is an error, not a new class: {mistyped:?}");

    let deadline = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let set = json!({"uses": 9, "deadline": deadline}).to_string();
    let set = api.patch(&format!("{invitations}/stores"), &set).await.is(200);
    assert_eq!((&set["uses"], set["deadline"].is_string()), (&json!(9), true));
    let set = api.patch(&format!("{invitations}/stores"), r#"{"deadline": null}"#).await.is(200);
    assert_eq!(set["deadline"], json!(null));
    // Nobody could join by it yet.
    api.get(&format!("{invitations}/stores/text")).await.problem(409, "precondition");
    api.get(&format!("{invitations}/stores/text?format=html")).await.problem(409, "precondition");
    let unknown = api.get(&format!("{invitations}/stores/text?format=pdf")).await.problem(422, "invalid");
    assert!(unknown.to_string().contains("kubernetes"), "{unknown}");

    let closed = api.post(&format!("{invitations}/stores/expire"), "").await.is(200);
    assert_eq!(closed["state"], "closed");
    api.patch(&format!("{invitations}/stores"), r#"{"uses": 10}"#).await.problem(409, "precondition");
    api.post(&format!("{invitations}/one/evict"), r#"{"member": true}"#).await.names("member");
    let evicted = api.post(&format!("{invitations}/one/evict"), r#"{"members": true}"#).await.is(200);
    assert_eq!((&evicted["complete"], &evicted["routers"]), (&json!(true), &json!([])));
    assert_eq!(api.get(&format!("{invitations}/one")).await.is(200)["state"], "closed");
    assert!(api.delete(&format!("{invitations}/stores")).await.is(200)["trust_version"].is_u64());
    api.get(&format!("{invitations}/stores")).await.problem(404, "not-found");
}

#[tokio::test]
async fn controllers() {
    let api = Api::with_network().await;
    let all = api.get("/controllers").await.is(200)["items"].as_array().unwrap().clone();
    assert_eq!((all.len(), &all[0]["answering"]), (1, &json!(true)));
    let this = all[0]["id"].as_str().unwrap();
    let only = api.post(&format!("/controllers/{this}/evict"), "").await.problem(409, "precondition");
    assert!(only.to_string().contains("only controller"), "{only}");
    api.post(&format!("/controllers/{}/evict", uuid::Uuid::nil()), "").await.problem(404, "not-found");
    api.post("/controllers/here/evict", "").await.problem(404, "not-found");
}

#[tokio::test]
async fn listeners_and_connectors() {
    let api = Api::with_network().await;
    api.post("/networks/exercise/classes", r#"{"name": "store"}"#).await.is(201);
    for (kind, field) in [("listeners", "bind"), ("connectors", "target")] {
        let path = format!("/networks/exercise/{kind}");
        let body = json!({"address": "till.api", field: "127.0.0.1:8080", "class": "store"}).to_string();
        let made = api.post(&path, &body).await.is(201);
        assert_eq!(
            (&made[field], &made["class"], &made["site"]),
            (&json!("127.0.0.1:8080"), &json!("store"), &json!(null))
        );
        let other = json!({"address": "other", field: "127.0.0.1:8081", "class": "store"}).to_string();
        api.post(&path, &other).await.is(201);
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        assert_eq!(api.get(&one).await.is(200), made);
        assert_eq!(api.get(&path).await.is(200)["items"].as_array().unwrap().len(), 2);
        assert_eq!(api.get(&format!("{path}?address=till.api")).await.is(200)["items"], json!([made]));
        assert!(api.get(&format!("{path}?address=Till")).await.names("address").contains("not an address"));
        let nobody = json!({"address": "till.api", field: "127.0.0.1:8080", "site": "nobody"}).to_string();
        let answer = api.post(&path, &nobody).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        api.delete(&one).await.is(204);
        api.get(&one).await.problem(404, "not-found");
        api.get(&format!("{path}/till.api")).await.problem(404, "not-found");
    }
    assert_eq!(api.get("/networks/exercise/addresses").await.is(200)["items"], json!([]));
    assert_eq!(api.get("/networks/exercise/members").await.is(200)["items"], json!([]));
    api.get("/networks/exercise/members/nobody").await.problem(404, "not-found");
}

#[tokio::test]
async fn addresses_pick_by_the_names_of_sites_that_are_members() {
    let api = Api::with_network().await;
    api.post("/networks/exercise/invitations", r#"{"name": "stores", "uses": 5}"#).await.is(201);
    for n in 1..=3 {
        joined(&api, "exercise", "stores", n).await;
    }
    let members = api.get("/networks/exercise/members").await.is(200);
    let names: Vec<String> =
        members["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    let [one, two, three] = &names[..] else { panic!("three members, not {names:?}") };
    let path = "/networks/exercise/address-policies/till.api";
    api.get(path).await.problem(404, "not-found");

    let weights = json!({one.as_str(): 3, two.as_str(): 0});
    let set = api.put(path, &json!({"policy": "weighted", "weights": weights}).to_string()).await.is(200);
    assert_eq!((&set["policy"], &set["weights"], &set["order"]), (&json!("weighted"), &weights, &json!(null)));
    assert_eq!(api.get(path).await.is(200), set);
    assert_eq!(api.get("/networks/exercise/address-policies?policy=weighted").await.is(200)["items"], json!([set]));
    // What is named by id is the same site.
    let id = members["items"][0]["id"].as_str().unwrap();
    let again = json!({"policy": "weighted", "weights": {id: 3, two.as_str(): 0}}).to_string();
    assert_eq!(api.put(path, &again).await.is(200)["revision"], set["revision"], "nothing has changed");
    let twice = json!({"policy": "weighted", "weights": {id: 3, one.as_str(): 1}}).to_string();
    assert!(api.put(path, &twice).await.names("weights").contains("twice"));

    let failover = json!({"policy": "failover", "order": [three, one]}).to_string();
    let set = api.put(path, &failover).await.is(200);
    assert_eq!((&set["policy"], &set["order"]), (&json!("failover"), &json!([three, one])));
    let events = api.get("/audit?action=address.set").await.is(200);
    let event = events["items"].as_array().unwrap().iter().find(|it| it["after"]["policy"]["failover"].is_array());
    let event = event.expect("what was before, and what is after");
    assert_eq!(event["before"]["policy"]["weighted"][id], 3, "{event}");

    // Who is renamed keeps the place; who is evicted has none any more, and cannot be given one.
    api.patch(&format!("/networks/exercise/members/{three}"), r#"{"name": "harbour"}"#).await.is(200);
    assert_eq!(api.get(path).await.is(200)["order"], json!(["harbour", one]));
    api.post(&format!("/networks/exercise/members/{one}/evict"), r#"{"invitation": "keep"}"#).await.is(200);
    assert_eq!(api.get(path).await.is(200)["order"], json!(["harbour"]));
    let refused = api.put(path, &failover.replace(three, "harbour")).await.names("order");
    assert!(refused.contains(one) && refused.contains("no member of exercise any more"), "{refused}");
    let refused = api.put(path, r#"{"policy": "weighted", "weights": {"harbuor": 1}}"#).await.names("weights");
    assert!(refused.contains("no site harbuor; is harbour meant?"), "{refused}");

    for (body, field) in [
        (r#"{"policy": "fastest"}"#, "policy"),
        (r#"{"policy": "failover"}"#, "order"),
        (r#"{"policy": "failover", "order": ["harbour", "harbour"]}"#, "order[1]"),
        (r#"{"policy": "balanced", "order": ["harbour"]}"#, "order"),
        (r#"{"policy": "failover", "order": ["harbour"], "weights": {"harbour": 1}}"#, "weights"),
        (r#"{"policy": "weighted", "weights": {"harbour": 1001}}"#, "weights.harbour"),
    ] {
        api.put(path, body).await.names(field);
    }
    assert_eq!(api.get(path).await.is(200)["order"], json!(["harbour"]), "what is refused changes nothing");
}

#[tokio::test]
async fn certificates_tell_who_issued_what() {
    let api = Api::with_network().await;
    let all = api.get("/certificates").await.is(200)["items"].as_array().unwrap().clone();
    let of = |kind: &str| all.iter().find(|c| c["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {all:#?}"));
    let (root, backbone, network) = (of("installation"), of("backbone-ca"), of("network-ca"));
    assert_eq!((&backbone["issuer"], &network["issuer"]), (&root["id"], &backbone["id"]));
    assert_eq!((&backbone["subject"], &network["subject"]), (&json!("europe"), &json!("exercise")));
    assert!(of("controller")["identity"].as_str().unwrap().contains("/controller/"));
    assert_eq!(root["pem"], json!(null), "lists leave the certificates themselves out");
    for name in [&network["id"], &network["serial"]] {
        let shown = api.get(&format!("/certificates/{}", name.as_str().unwrap())).await.is(200);
        assert_eq!(shown["serial"], network["serial"]);
        assert!(shown["pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    }
    let filtered = api.get("/certificates?kind=network-ca").await.is(200);
    assert_eq!(filtered["items"], json!([network]));
    assert!(api.get("/certificates?kind=tissue").await.names("kind").contains("tissue"));
    api.get("/certificates/ff").await.problem(404, "not-found");
}

#[tokio::test]
async fn who_and_what_is_answering() {
    let api = Api::with_network().await;
    assert_eq!(api.get("/version").await.is(200), json!({"version": env!("CARGO_PKG_VERSION"), "api": "v1"}));
    let whoami = api.get("/whoami").await.is(200);
    assert_eq!(whoami["subject"], "admin");
    assert_eq!(whoami["installation"], api.get("/ca").await.is(200)["installation"]);
    let status = api.get("/status").await.is(200);
    assert_eq!(status["ca"], "development");
    assert_eq!(status["backbones"][0]["name"], "europe");
    assert_eq!((&status["networks"][0]["name"], &status["networks"][0]["state"]), (&json!("exercise"), &json!("open")));
}
