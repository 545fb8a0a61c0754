//! Deployments at a site: real processes, a real router, and a controller that the tests play.

use std::{env, io::Write as _, net::TcpListener, sync::Arc, time::Duration};

use api::local::{ConsentPolicy, Deployment, DeploymentState, List};
use driver::Volumes;
use model::desired::Item;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use site_proto::{DeploymentStatus, Notice, SocketStatus, controller_message, site_message};
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    backbone::{Backbone, Session},
    flow::invite,
    site::{Home, PATIENCE, Running},
};
use crate::{
    deploy::{
        open::Opener,
        worker::{Finish, Worker},
    },
    fixture::{
        self, ManualClock, now,
        offers::{connector, digest, idle, item, listener, no_secret, offer, process, secret},
    },
    state::{LocalConfig, Runs},
};

/// Where [`serves_while_it_is_a_workload`] answers, and what.
const PORT: &str = "SITE_TEST_PORT";
const SAYS: &str = "SITE_TEST_SAYS";

/// What the workloads of these tests run: this very program, and nothing of it but this.
#[test]
fn serves_while_it_is_a_workload() {
    let (Ok(port), Ok(says)) = (env::var(PORT), env::var(SAYS)) else { return };
    let listener = TcpListener::bind(("127.0.0.1", port.parse().expect("a port"))).expect("a free port");
    println!("serving");
    for connection in listener.incoming() {
        connection.expect("a connection").write_all(says.as_bytes()).expect("somebody listens");
    }
}

/// A part that answers at a port of this machine.
pub(super) fn serving<'p>(path: &'p str, port: u16, says: &Value) -> (&'p str, Value) {
    let command = this_test("deployments::serves_while_it_is_a_workload");
    (path, process(path, &command, &json!({ PORT: port.to_string(), SAYS: says })))
}

/// The command that runs one of these tests, and nothing else.
pub(super) fn this_test(name: &str) -> Vec<String> {
    let this = env::current_exe().expect("this program");
    let this = this.to_str().expect("a path of text");
    [this, "--exact", &format!("tests::{name}"), "--nocapture"].map(str::to_owned).into()
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// What answers at a port of this machine, if something does.
pub(super) async fn answer(port: u16) -> Option<String> {
    let mut text = String::new();
    TcpStream::connect(("127.0.0.1", port)).await.ok()?.read_to_string(&mut text).await.ok()?;
    Some(text)
}

/// Waits until this is what answers.
pub(super) async fn answers(port: u16, wanted: Option<&str>) {
    let asking = async {
        while answer(port).await.as_deref() != wanted {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(2 * PATIENCE, asking).await.unwrap_or_else(|_| panic!("{wanted:?} never answers at {port}"));
}

/// A site that runs processes, and its controller.
pub(super) struct Scene {
    pub(super) clock: ManualClock,
    pub(super) backbone: Backbone,
    pub(super) home: Home,
    pub(super) site: Running,
    pub(super) session: Session,
    revision: u64,
}

impl Scene {
    /// A member that is offered this.
    pub(super) async fn start(consent: &str, offered: &[Item]) -> Self {
        let clock = ManualClock::at(now());
        let mut backbone = Backbone::start(&clock).await;
        let mut items = backbone.member_items();
        for item in &mut items {
            if let Item::Settings(settings) = item {
                settings.terms = serde_json::from_value(json!({ "consent": consent })).expect("terms");
            }
        }
        items.extend(offered.iter().cloned());
        backbone.mind.lock().expect("no panic").items = items;
        let home = Home::new();
        invite(&home, vec![backbone.address.clone()]);
        home.lock().save_local(&LocalConfig { run: Some(Runs::Process), ..LocalConfig::default() }).expect("saves");
        let site = Running::start(&home, &clock);
        let session = backbone.session().await;
        Self { clock, backbone, home, site, session, revision: 1 }
    }

    /// Offers this in place of what was offered.
    pub(super) async fn offer(&mut self, offered: &[Item]) {
        self.revision += 1;
        let mut items = self.backbone.mind.lock().expect("no panic").items.clone();
        items.retain(|item| !matches!(item, Item::Deployment(_) | Item::Secret(_)));
        items.extend(offered.iter().cloned());
        self.session.state(self.revision, &items).await;
    }

    /// After a restart of the site, in its next session.
    pub(super) async fn restarted(self) -> Self {
        let Self { clock, mut backbone, home, site, revision, .. } = self;
        site.stop().await;
        let site = Running::start(&home, &clock);
        let session = backbone.session().await;
        Self { clock, backbone, home, site, session, revision }
    }

    /// The first report about the shop that is as wished.
    pub(super) async fn told(&mut self, what: &str, wished: impl Fn(&DeploymentStatus) -> bool) -> DeploymentStatus {
        let of = |body| match body {
            site_message::Body::Observed(it) => it.deployments.into_iter().find(|it| wished(it)),
            _ => None,
        };
        self.session.expect(what, of).await
    }

    pub(super) async fn is(&mut self, state: &str) -> DeploymentStatus {
        self.told(state, |it| it.state == state).await
    }

    async fn shown(&self) -> Deployment {
        let list: List<Deployment> = serde_json::from_value(self.site.get("/deployments").await).expect("deployments");
        list.items.into_iter().next().expect("one")
    }

    async fn says(&self, method: Method, what: &str, body: Value) -> (StatusCode, Value) {
        let request = self.site.request(method, &format!("/deployments/shop/{what}")).await;
        let response = request.json(&body).send().await.expect("an answer");
        (response.status(), response.json().await.unwrap_or(Value::Null))
    }

    async fn accepts(&self, body: Value) {
        let (status, answer) = self.says(Method::POST, "accept", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_runs_once_the_participant_has_agreed_to_it_and_not_before() {
    let (port, inlet) = (free_port(), free_port());
    let mut offered = offer("one", &[serving("shop/till", port, &json!("ka-ching"))]);
    offered["gets"]["connectors"] = json!([connector("till.api", port)]);
    offered["gets"]["listeners"] = json!([listener("till.api", "127.0.0.1", inlet)]);
    offered["open"] =
        json!([{"address": "wishes", "kind": "http@1.0.0", "role": "accept", "description": "What is wished for."}]);
    let mut scene = Scene::start("ask", &[item(&offered)]).await;
    assert_eq!(scene.session.hello.platform.as_ref().expect("facts").runs, "process");
    let told = scene.is("awaiting-consent").await;
    assert_eq!((told.offered, told.applied.as_str(), told.workloads.len()), (digest(&offered), "", 0));
    assert!(answer(port).await.is_none() && TcpStream::connect(("127.0.0.1", inlet)).await.is_err());
    let shown = scene.shown().await;
    assert!(shown.asks && shown.impact == api::local::Impact::New);
    let changes = shown.changes.join("\n");
    let command = this_test("deployments::serves_while_it_is_a_workload");
    assert!(changes.contains("content.command: [") && changes.contains(&command[2]), "{changes}");
    assert!(changes.contains(&format!("content.env.{PORT}: \"{port}\"")), "{changes}");
    assert!(shown.differences.iter().any(|it| it["subject"] == "object" && !it["fields"].is_null()), "{shown:?}");
    assert!(changes.contains("+ part shop/till") && changes.contains("+ listener till.api"), "{changes}");
    for other in [json!({"digest": "another"}), json!({})] {
        let (status, answer) = scene.says(Method::POST, "accept", other).await;
        assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    }

    scene.accepts(json!({"digest": digest(&offered)})).await;
    let is_of = |it: &SocketStatus| it.deployment == "shop" && it.parts == ["shop/till"];
    let healthy = |body| match body {
        site_message::Body::Observed(it) => {
            let marked = it.listeners.iter().all(is_of) && it.connectors.iter().all(is_of);
            let all_there = (it.listeners.len(), it.connectors.len()) == (1, 1);
            it.deployments.into_iter().find(|it| marked && all_there && it.state == "healthy")
        }
        _ => None,
    };
    let told = scene.session.expect("that it is healthy, and whose the listener and the connector are", healthy).await;
    assert_eq!((told.applied, told.number, told.workloads.len()), (digest(&offered), 1, 1));
    answers(port, Some("ka-ching")).await;
    // And over the network, from the listener to the connector of the same site.
    answers(inlet, Some("ka-ching")).await;
    for what in ["listeners", "connectors"] {
        let shown = scene.site.get(&format!("/{what}")).await["items"][0].clone();
        let whose = (&shown["deployment"], &shown["parts"], &shown["adaptable"]);
        assert_eq!(whose, (&json!("shop"), &json!(["shop/till"]), &json!(false)), "{what}");
    }
    let addresses = scene.site.get("/addresses").await;
    let [own, open] = addresses["items"].as_array().expect("addresses").as_slice() else { panic!("{addresses}") };
    assert_eq!(
        (&own["address"], &own["deployments"], &own["open"]),
        (&json!("till.api"), &json!(["shop"]), &Value::Null)
    );
    assert_eq!((&open["address"], &open["used"], &open["served"]), (&json!("wishes"), &json!(false), &json!(false)));
    assert_eq!(
        open["open"],
        json!({"interface": "http@1.0.0", "role": "accept", "description": "What is wished for."})
    );
    let logs = scene.site.get("/deployments/shop/logs").await;
    assert!(logs["items"].as_array().expect("lines").iter().any(|line| line["text"] == "serving"), "{logs}");
    let status = scene.site.until("a member that runs it", |status| !status.deployments.is_empty()).await;
    assert_eq!((status.asked, status.runs.as_deref()), (Some(ConsentPolicy::Ask), Some("process")));

    // The same content asks nobody again; other content does, and what runs goes on meanwhile.
    let mut again = offered.clone();
    again["gets"]["newer"] = json!("two");
    again["gets"]["release"] = json!("shop@sha256:two");
    scene.offer(&[item(&again)]).await;
    scene.told("the new plan", |it| it.applied == digest(&again) && it.state == "healthy").await;
    let mut other = again.clone();
    other["gets"]["objects"][0]["content"]["env"][SAYS] = json!("other");
    scene.offer(&[item(&other)]).await;
    let told = scene.is("awaiting-consent").await;
    assert_eq!((told.offered, told.applied), (digest(&other), digest(&again)));
    let (status, _) = scene.says(Method::POST, "decline", json!({"digest": digest(&other)})).await;
    assert_eq!(status, StatusCode::OK);
    scene.is("declined").await;
    answers(port, Some("ka-ching")).await;
    scene.site.stop().await;
    answers(port, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_part_never_runs_and_the_rest_does_before_and_after_it_is_planned_without_it() {
    let ports = [free_port(), free_port()];
    let till = serving("shop/till", ports[0], &json!("till"));
    let monitor = serving("shop/monitor", ports[1], &json!("monitor"));
    let both = offer("two", &[till.clone(), monitor]);
    let mut scene = Scene::start("ask", &[item(&both)]).await;
    scene.is("awaiting-consent").await;
    let without_the_till = json!({"digest": digest(&both), "without": ["shop/till"]});
    let (status, refused) = scene.says(Method::POST, "accept", without_the_till).await;
    assert_eq!(status, StatusCode::CONFLICT, "the rest needs it: {refused}");
    scene.accepts(json!({"digest": digest(&both), "without": ["shop/monitor"]})).await;
    let told = scene.told("the decline", |it| !it.declined.is_empty()).await;
    assert_eq!(told.declined, ["shop/monitor"]);
    let told = scene.is("healthy").await;
    assert_eq!((told.applied, told.workloads.len()), (digest(&both), 1));
    answers(ports[0], Some("till")).await;
    assert_eq!(answer(ports[1]).await, None);

    let without = offer("one", &[till]);
    scene.offer(&[item(&without)]).await;
    let told = scene.told("the plan without it", |it| it.applied == digest(&without) && it.state == "healthy").await;
    assert_eq!(told.workloads.len(), 1);
    answers(ports[0], Some("till")).await;
    assert_eq!(answer(ports[1]).await, None);

    // Taken back, it is asked about when it is offered.
    let one = scene.shown().await;
    assert!(one.parts.iter().any(|part| part.path == "shop/monitor" && part.declined));
    scene.accepts(json!({"digest": digest(&without), "with": ["shop/monitor"]})).await;
    scene.told("that it is wanted", |it| it.declined.is_empty()).await;
    scene.offer(&[item(&both)]).await;
    scene.is("awaiting-consent").await;
    assert_eq!(answer(ports[1]).await, None);
    scene.accepts(json!({"digest": digest(&both)})).await;
    scene.told("both", |it| it.applied == digest(&both) && it.state == "healthy").await;
    answers(ports[1], Some("monitor")).await;
    scene.site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_declined_while_it_runs_ends_though_no_plan_without_it_comes() {
    let ports = [free_port(), free_port()];
    let till = serving("shop/till", ports[0], &json!("till"));
    let monitor = serving("shop/monitor", ports[1], &json!("monitor"));
    let both = offer("two", &[till, monitor]);
    let mut scene = Scene::start("ask", &[item(&both)]).await;
    scene.is("awaiting-consent").await;
    scene.accepts(json!({"digest": digest(&both)})).await;
    answers(ports[1], Some("monitor")).await;
    let (status, said) = scene.says(Method::POST, "decline", json!({"digest": "", "part": "shop/monitor"})).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    answers(ports[1], None).await;
    answers(ports[0], Some("till")).await;
    scene.site.stop().await;
}

#[tokio::test]
async fn a_site_that_is_over_before_its_driver_is_open_removes_what_is_there_all_the_same() {
    let home = Home::new();
    let dir = home.lock();
    let local = LocalConfig { run: Some(Runs::Process), ..LocalConfig::default() };
    let kept = dir.ensure_deployments().expect("kept");
    let root = dir.dir().workloads().join("deployments/shop/workloads/till/root");
    std::fs::create_dir_all(&root).expect("made");
    let opener = Opener::of(dir.dir(), &kept, &local, Arc::new(ManualClock::at(now()))).await;
    assert!(Worker::start(opener, Volumes::Delete).end(Finish::Remove).await);
    assert!(!root.exists());
}

/// Whether something is in any file below a directory.
fn holds(dir: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).any(|path| {
        if path.is_symlink() || path.is_dir() {
            !path.is_symlink() && holds(&path, text)
        } else {
            std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|at| at == text.as_bytes()))
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_controller_a_site_starts_with_what_was_in_force() {
    let port = free_port();
    let mut offered = offer("one", &[serving("shop/till", port, &json!({"secret": "word"}))]);
    offered["gets"]["secrets"] = json!([{"name": "word", "why": ["shop/till"]}]);
    let mut scene = Scene::start("auto", &[item(&offered)]).await;
    let told = scene.is("applying").await;
    assert!(told.message.contains("the secret word"), "{}", told.message);
    scene.offer(&[item(&offered), secret("word", "open sesame")]).await;
    answers(port, Some("open sesame")).await;
    scene.is("healthy").await;
    scene.offer(&[item(&offered), secret("word", "shibboleth")]).await;
    answers(port, Some("shibboleth")).await;
    for file in ["deployments.json", "state.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(scene.home.path.join(file)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file} holds values of secrets");
    }
    let lines = scene.site.lines().join("\n");
    assert!(!lines.contains("shibboleth") && !lines.contains("sesame"), "{lines}");

    // Taken back, it is nowhere at the site, and what needs it is stopped; another one starts it again.
    scene.offer(&[item(&offered), no_secret("word")]).await;
    answers(port, None).await;
    let told = scene.is("degraded").await;
    assert!(told.message.contains("waits for the secret word") && told.secrets == ["word"], "{told:?}");
    assert!(!holds(&scene.home.path, "shibboleth"), "the value is still there");
    scene.offer(&[item(&offered), secret("word", "shibboleth")]).await;
    answers(port, Some("shibboleth")).await;

    scene.backbone.stop_controller().await;
    scene.backbone.relay_shutdown().await;
    scene.site.stop().await;
    answers(port, None).await;
    let site = Running::start(&scene.home, &scene.clock);
    answers(port, Some("shibboleth")).await;
    site.line("deployment shop is healthy").await;

    // The known end of its network takes it all, and an end that was none gives it back.
    scene.clock.set(fixture::time("2027-02-28T18:05:00Z"));
    answers(port, None).await;
    scene.clock.set(now());
    answers(port, Some("shibboleth")).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deployed_goes_with_its_offer_with_the_site_and_with_an_eviction() {
    let port = free_port();
    let till = || item(&offer("one", &[serving("shop/till", port, &json!("till"))]));
    let mut scene = Scene::start("auto", &[till()]).await;
    scene.is("healthy").await;
    scene.offer(&[]).await;
    scene.site.line("deployment shop is gone").await;
    answers(port, None).await;
    scene.offer(&[till()]).await;
    answers(port, Some("till")).await;

    let notice = Notice { kind: "evicted".to_owned(), message: "the stand is closed".to_owned() };
    scene.session.send(controller_message::Body::Notice(notice)).await;
    scene.site.over().await;
    assert_eq!(answer(port).await, None);
    assert!(!scene.home.path.join("deployments.json").exists());

    let scene = Scene::start("auto", &[till()]).await;
    answers(port, Some("till")).await;
    let leave = scene.site.request(Method::POST, "/site/leave").await.json(&json!({})).send();
    assert_eq!(leave.await.expect("an answer").status(), StatusCode::OK);
    scene.site.ended().await;
    assert_eq!(answer(port).await, None);
    assert!(!scene.home.path.exists(), "nothing it kept is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_only_the_participant_knows_is_asked_for_and_told_once_it_fits() {
    let mut blocked = offer("none", &[]);
    blocked["held"] = json!({"why": "blocked", "problems": "shop/till.currency is not filled in"});
    blocked["parts"][0]["local"] =
        json!({"currency": {"type": "string", "maxLength": 3, "required": true, "local": true}});
    let mut scene = Scene::start("auto", &[item(&blocked)]).await;
    let told = scene.is("awaiting-consent").await;
    assert!(told.message.contains("currency is not filled in"), "{}", told.message);
    let fill = |value: &str| json!({"instance": "shop/till", "field": "currency", "value": value});
    let (status, answer) = scene.says(Method::PUT, "locals", fill("EURO")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer["detail"].as_str().expect("words").contains("shop/till.currency"), "{answer}");
    let (status, answer) = scene.says(Method::PUT, "locals", fill("EUR")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let told = scene.told("the value", |it| it.locals.contains("EUR")).await;
    assert_eq!(serde_json::from_str::<Value>(&told.locals).expect("JSON"), json!({"shop/till": {"currency": "EUR"}}));
    // It survives a restart, and what is offered next.
    let mut scene = scene.restarted().await;
    scene.offer(&[item(&offer("one", &[idle("shop/till")]))]).await;
    scene.told("healthy", |it| it.state == "healthy" && it.locals.contains("EUR")).await;
    assert_eq!(scene.shown().await.state, DeploymentState::Healthy);
    scene.site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_none_is_a_failure_of_its_item() {
    let mut scene = Scene::start("auto", &[]).await;
    let broken = json!({"deployment": "shop", "number": "one"});
    scene.offer(&[item(&broken)]).await;
    let applied = scene
        .session
        .expect("acknowledgement", |body| if let site_message::Body::Applied(it) = body { Some(it) } else { None })
        .await;
    assert_eq!(applied.failures.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["deployment/shop"]);
    assert!(applied.failures[0].message.contains("no offer of a deployment"), "{:?}", applied.failures);
    scene.site.stop().await;
}
