//! A site at which something is deployed dies as by a power failure, and the next one goes on as if none had.

use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use crashpoint::{Point, Role, VARIABLE};
use model::desired::Item;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use site_proto::{Notice, controller_message, site_message};
use tokio::time::{sleep, timeout};

use super::{
    backbone::{Backbone, Session},
    deployments::{answers, free_port, serving},
    flow::invite,
    site::{Home, PATIENCE},
};
use crate::{
    Options,
    fixture::{
        ManualClock, now,
        offers::{connector, item, listener, offer},
    },
    run,
    state::{DataDir, LocalConfig, Runs},
};

/// The directory of the site that [`is_a_site_where_it_is_told_to`] is.
const HOME: &str = "SITE_TEST_HOME";

/// A site in a process of its own: this very program, and nothing of it but this.
#[tokio::test(flavor = "multi_thread")]
async fn is_a_site_where_it_is_told_to() {
    let Ok(home) = env::var(HOME) else { return };
    let dir = DataDir::new(home).lock().expect("nobody else has it");
    let options = Options { clock: Arc::new(ManualClock::at(now())), ..Options::new("skx/test") };
    let outcome = run(dir, options, std::future::pending()).await;
    println!("{:?}", outcome.expect("it ran"));
}

/// A site in a process of its own.
struct Process(Child);

impl Process {
    fn start(home: &Path, dies_at: Option<Point>) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(["--exact", "tests::crashes::is_a_site_where_it_is_told_to", "--nocapture"]);
        command.env(HOME, home).envs(dies_at.map(|point| (VARIABLE, point.name())));
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("starts"))
    }

    async fn ended(&mut self) -> ExitStatus {
        let waiting = async {
            loop {
                if let Some(status) = self.0.try_wait().expect("a child of ours") {
                    return status;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(2 * PATIENCE, waiting).await.expect("it ends")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Agrees to what is offered, as long as the site asks for that and lives.
async fn agree(home: &Home, http: &Client, site: &mut Process) {
    let agreeing = async {
        loop {
            if site.0.try_wait().expect("a child of ours").is_some() || agreed(home, http).await == Some(true) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(2 * PATIENCE, agreeing).await.expect("it asks");
}

/// Whether all is agreed to; none while nobody answers.
async fn agreed(home: &Home, http: &Client) -> Option<bool> {
    let address = home.dir().local_api().ok()??.address;
    let token = home.dir().token().ok()??;
    let request = |method, path: &str| {
        http.request(method, format!("http://{address}/api/v1/deployments{path}")).bearer_auth(token.as_str())
    };
    let list: Value = request(Method::GET, "").send().await.ok()?.json().await.ok()?;
    let shop = list["items"].get(0)?;
    if shop["asks"] == json!(true) {
        let accept = json!({ "digest": shop["offered"]["digest"] });
        request(Method::POST, "/shop/accept").json(&accept).send().await.ok()?;
    }
    Some(shop["asks"] == json!(false))
}

async fn healthy(session: &mut Session) {
    let healthy = |body| match body {
        site_message::Body::Observed(it) => it.deployments.iter().any(|it| it.state == "healthy").then_some(()),
        _ => None,
    };
    session.expect("a healthy deployment", healthy).await;
}

async fn tell(point: Point) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::builder().no_proxy().build().expect("a client");
    let clock = ManualClock::at(now());
    let mut backbone = Backbone::start(&clock).await;
    let (port, inlet) = (free_port(), free_port());
    let mut items = backbone.member_items();
    for item in &mut items {
        if let Item::Settings(settings) = item {
            settings.terms = serde_json::from_value(json!({ "consent": "ask" })).expect("terms");
        }
    }
    let mut offered = offer("one", &[serving("shop/till", port, &json!("still here"))]);
    offered["gets"]["connectors"] = json!([connector("till.api", port)]);
    offered["gets"]["listeners"] = json!([listener("till.api", "127.0.0.1", inlet)]);
    items.push(item(&offered));
    backbone.mind.lock().expect("no panic").items = items;
    let home = Home::new();
    invite(&home, vec![backbone.address.clone()]);
    home.lock().save_local(&LocalConfig { run: Some(Runs::Process), ..LocalConfig::default() }).expect("saves");
    let evicted = || {
        let notice = Notice { kind: "evicted".to_owned(), message: "that was it".to_owned() };
        controller_message::Body::Notice(notice)
    };

    let mut site = Process::start(&home.path, Some(point));
    let session = backbone.session().await;
    agree(&home, &http, &mut site).await;
    if point == Point::DeploymentsRemoved {
        answers(port, Some("still here")).await;
        session.send(evicted()).await;
    }
    assert_eq!(site.ended().await.signal(), Some(9), "it dies at {}", point.name());

    let mut site = Process::start(&home.path, None);
    if point != Point::DeploymentsRemoved {
        let mut session = backbone.session().await;
        agree(&home, &http, &mut site).await;
        answers(inlet, Some("still here")).await;
        healthy(&mut session).await;
        session.send(evicted()).await;
    }
    assert!(site.ended().await.success());
    answers(port, None).await;
    answers(inlet, None).await;
    assert_eq!(home.dir().kept_deployments().expect("readable"), None, "after {}", point.name());
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_site_dies_what_was_agreed_to_runs_in_the_end_and_goes_at_the_end() {
    for point in Point::ALL.iter().filter(|point| point.role() == Role::Host) {
        tell(*point).await;
    }
}
