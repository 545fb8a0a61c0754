//! What is inside a backbone reaches nobody who does not administer it: in no answer, event or error.

use std::sync::Arc;

use api::{Endpoint, Method, Success, endpoints};
use model::{BackboneSiteId, ControllerId, GenericUuid, NetworkId, SiteId};
use pki::SystemClock;
use serde_json::{Value, json};
use store::{
    Context, Store, backbone_site, class, invitation, network,
    redemption::{Redeemed, Redemption, redeem},
    status::{self, Report, SiteRef},
};
use uuid::Uuid;

use crate::{
    fixture::{Api, json as with_body},
    personas::{INSIDE, Personas},
};

/// Who does not administer the backbone, by the titles of the committed table.
const OTHERS: [&str; 5] = ["user, own", "user, other", "operator", "viewer", "none"];

#[tokio::test]
async fn what_is_inside_a_backbone_reaches_only_its_administrators() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let member = member_that_complains(&api).await;
    a_controller_acts(&api).await;
    let mut needles: Vec<String> = INSIDE.iter().map(|name| (*name).to_owned()).collect();
    needles.extend(ids_inside(&api).await);
    let found = |text: &str| needles.iter().find(|needle| text.contains(needle.as_str())).cloned();

    // The search finds what there is to find.
    let status = api.get("/backbones/europe/status").await.is(200).to_string();
    assert!(found(&status).is_some(), "{status}");
    let seen = api.get(&format!("/networks/exercise/members/{member}")).await.is(200).to_string();
    assert!(found(&seen).is_some(), "an administrator sees why a member has no link: {seen}");

    let mut told = vec![];
    for title in OTHERS {
        let token = &personas.of(title).token;
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.success != Success::Stream) {
            // What an invitation is rendered to says where to join.
            if endpoint.operation == "renderInvitation" {
                continue;
            }
            for path in paths(endpoint, &member) {
                let text = answer(&api, endpoint, token, &path).await;
                // What was asked for may be named again.
                let asked = needles.iter().find(|needle| path.contains(needle.as_str()));
                told.extend(
                    found(&text).filter(|it| Some(it) != asked).map(|it| format!("{title}: {path}: {it}: {text}")),
                );
            }
        }
    }
    for title in OTHERS {
        let text = events(&api, &personas.of(title).token).await;
        told.extend(found(&text).map(|it| format!("{title}: the stream of events: {it}: {text}")));
        // All of it, not only the first page.
        let text = personas.get(&api, title, "/audit?limit=500").await.is(200).to_string();
        told.extend(found(&text).map(|it| format!("{title}: the list of events: {it}: {text}")));
    }
    let own = personas.get(&api, "user, own", "/audit?limit=500").await.is(200).to_string();
    for what_owners_see in ["authority.create", "made-by-a-controller", r#""actor":"controller""#] {
        assert!(own.contains(what_owners_see), "{what_owners_see}: {own}");
    }
    assert!(found(&events(&api, &api.token).await).is_some(), "an administrator is told what happens inside");
    assert!(told.is_empty(), "{}", told.join("\n"));

    // Neither when something is done.
    for (path, body) in [
        ("/networks", json!({"name": "more", "backbone": "europe"})),
        ("/networks/exercise/invitations", json!({"name": "more"})),
        (&format!("/networks/exercise/members/{member}/evict"), json!({"invitation": "keep"})),
        (&format!("/certificates/{}/rotate", personas.of("user, own").own["certificate"]), json!({"now": false})),
        ("/networks/exercise/evict", json!({})),
    ] {
        let done = personas.post(&api, "user, own", path, &body.to_string()).await;
        assert!(done.status.is_success(), "{path}: {done:?}");
        assert_eq!(found(&done.body.to_string()), None, "{path}: {done:?}");
    }
    for path in ["/audit?limit=500", "/certificates", "/networks/exercise/members", "/networks/exercise"] {
        let text = personas.get(&api, "user, own", path).await.is(200).to_string();
        assert_eq!(found(&text), None, "{path}: {text}");
    }
    let text = events(&api, &personas.of("user, own").token).await;
    assert!(text.contains("network.evict"), "owners are told of their networks: {text}");
    assert_eq!(found(&text), None, "{text}");
}

/// All that the stream of events has told.
async fn events(api: &Api, token: &str) -> String {
    let request = api.http.get(format!("{}/api/v1/events?after=0&follow=false", api.server)).bearer_auth(token);
    request.send().await.unwrap().text().await.unwrap()
}

/// The ids of what is inside `europe`, and of what stands behind it: controllers, and all certificates and authorities that are
/// of no network.
async fn ids_inside(api: &Api) -> Vec<String> {
    const OF_NETWORKS: [&str; 3] = ["network-ca", "invitation", "member"];
    let mut ids = vec![];
    let mut collect = |found: &Value| {
        let items = found["items"].as_array().unwrap().iter();
        let inside = items.filter(|item| item["kind"].as_str().is_none_or(|kind| !OF_NETWORKS.contains(&kind)));
        ids.extend(inside.map(|item| item["id"].as_str().unwrap().to_owned()));
    };
    collect(&api.get("/backbones/europe/sites").await.is(200));
    collect(&api.get("/backbones/europe/links").await.is(200));
    collect(&api.get("/backbones/europe/sites/zzparis/access-points").await.is(200));
    let certificates = api.get("/certificates?limit=500").await.is(200);
    for kind in ["installation", "backbone-ca"] {
        let is_there = certificates["items"].as_array().unwrap().iter().any(|it| it["kind"] == kind);
        assert!(is_there, "{kind}: {certificates}");
    }
    collect(&certificates);
    ids.push(controller(api).await.to_string());
    ids
}

/// The controller that answers.
async fn controller(api: &Api) -> ControllerId {
    let found = api.get("/controllers").await.is(200);
    let answers = found["items"].as_array().unwrap().iter().find(|it| it["answering"] == true).unwrap().clone();
    GenericUuid::from_untyped_uuid(answers["id"].as_str().unwrap().parse().unwrap())
}

/// A controller adds a class to `exercise`, on its own account.
async fn a_controller_acts(api: &Api) {
    let store = Store::connect(api.database(), Arc::new(SystemClock)).await.unwrap();
    let exercise = network::find(&store, "exercise").await.unwrap();
    let mut tx = store.begin(&Context::controller(controller(api).await)).await.unwrap();
    class::add(&mut tx, exercise.id, &"made-by-a-controller".parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

/// A site that has come by an invitation: a member, or one that waits.
pub(crate) async fn joined(api: &Api, network: &str, invitation: &str, number: u8) -> SiteId {
    let store = Store::connect(api.database(), Arc::new(SystemClock)).await.unwrap();
    let shown = api.get(&format!("/networks/{network}")).await.is(200);
    let network = NetworkId::from_untyped_uuid(shown["id"].as_str().unwrap().parse().unwrap());
    let invitation = invitation::find(&store, network, invitation).await.unwrap().id;
    let site = SiteId::from_untyped_uuid(Uuid::from_u128(number.into()));
    let mut tx = store.begin(&Context::new("test")).await.unwrap();
    let redemption = Redemption {
        network,
        invitation,
        site,
        claim_until: None,
        key_digest: [number; 32],
        name: None,
        passcode: None,
        platform: json!({"software": "test"}),
    };
    let redeemed = redeem(&mut tx, &redemption).await.unwrap();
    assert!(matches!(redeemed, Redeemed::New(_) | Redeemed::Waiting(_)), "{redeemed:?}");
    tx.commit().await.unwrap();
    store.close().await;
    site
}

/// A member of `exercise` whose site says of its link to the backbone all that a site can say.
async fn member_that_complains(api: &Api) -> Uuid {
    let site = joined(api, "exercise", "stores", 9).await;
    let store = Store::connect(api.database(), Arc::new(SystemClock)).await.unwrap();
    let link = ids_inside(api).await[2].clone();
    let error = "zzhost:5672: zzparis has hung up";
    let report = json!({
        "links": [{"link": link, "peer": "zzparis", "state": "connecting", "rtt_us": 0, "error": error}],
        "failures": [{"key": format!("link/{link}"), "message": error}],
    });
    let now = jiff::Timestamp::now();
    let relay: BackboneSiteId = backbone_site::find(&store, backbone(api).await, "zzparis").await.unwrap().id;
    for site in [SiteRef::Member(site), SiteRef::Backbone(relay)] {
        let session = Uuid::new_v4();
        let controller = ControllerId::from_untyped_uuid(Uuid::new_v4());
        status::connected(&store, site, session, controller, now).await.unwrap();
        let report = Report { report: Some(report.clone()), ..Report::default() };
        assert!(status::report(&store, site, session, &report, now).await.unwrap());
    }
    store.close().await;
    site.into_untyped_uuid()
}

async fn backbone(api: &Api) -> model::BackboneId {
    let shown = api.get("/backbones/europe").await.is(200);
    GenericUuid::from_untyped_uuid(shown["id"].as_str().unwrap().parse().unwrap())
}

/// The paths of an endpoint at what there is: in the own network, the own backbone, and at what one may not even see.
fn paths(endpoint: &Endpoint, member: &Uuid) -> Vec<String> {
    let nil = Uuid::nil().to_string();
    let member = member.to_string();
    let fill = |network: &str| {
        let part = |part: &str| match part {
            "{backbone}" => "europe".to_owned(),
            "{network}" => network.to_owned(),
            "{site}" => "zzparis".to_owned(),
            "{access_point}" => "zzmain".to_owned(),
            "{member}" => member.clone(),
            "{invitation}" => "stores".to_owned(),
            "{class}" => "missing".to_owned(),
            "{kind}" => "blocks".to_owned(),
            "{address}" => "till.api".to_owned(),
            part if part.starts_with('{') => nil.clone(),
            part => part.to_owned(),
        };
        endpoint.path.split('/').map(part).collect::<Vec<_>>().join("/")
    };
    if endpoint.path.contains("{network}") { vec![fill("exercise"), fill("other")] } else { vec![fill("exercise")] }
}

/// All that is said, to a request that changes nothing.
async fn answer(api: &Api, endpoint: &Endpoint, token: &str, path: &str) -> String {
    let method: reqwest::Method = endpoint.method.as_str().parse().unwrap();
    let mut request = api.http.request(method, format!("{}{path}", api.server)).bearer_auth(token);
    if endpoint.method != Method::Get {
        request = with_body(request, r#"{"surprise": true}"#);
    }
    if endpoint.if_match {
        request = request.header("if-match", "\"999999\"");
    }
    let response = request.send().await.unwrap();
    let headers = format!("{:?}", response.headers());
    format!("{headers} {}", response.text().await.unwrap())
}
