//! One change is one trace: from the request to what a site made of it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use axum::{Json, Router, extract::State, routing::post};
use e2e::line::backbone;
use serde_json::Value;
use testkit::{
    installation::{Installation, free_address},
    postgres,
    process::eventually,
};
use tokio::net::TcpListener;

/// What a caller of the API says of itself.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Takes what it is told by OTLP over HTTP.
struct Collector {
    url: String,
    spans: Spans,
}

type Spans = Arc<Mutex<Vec<Span>>>;

#[derive(Clone, Debug, PartialEq)]
struct Span {
    service: String,
    name: String,
    id: String,
    parent: String,
    trace: String,
}

impl Collector {
    async fn start() -> Result<Self> {
        let spans = Spans::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().route("/v1/traces", post(take)).with_state(spans.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, spans })
    }

    /// What it was told until now.
    fn all(&self) -> Vec<Span> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The one span of the caller's trace that is called so.
    fn span(&self, name: &str) -> Option<Span> {
        self.all().into_iter().find(|span| span.trace == TRACE && span.name == name)
    }
}

async fn take(State(spans): State<Spans>, Json(told): Json<Value>) -> Json<Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut known = spans.lock().unwrap_or_else(PoisonError::into_inner);
    for resource in list(&told["resourceSpans"]) {
        let attributes = list(&resource["resource"]["attributes"]);
        let service =
            attributes.iter().find(|it| it["key"] == "service.name").map(|it| text(&it["value"]["stringValue"]));
        for span in list(&resource["scopeSpans"]).iter().flat_map(|scope| list(&scope["spans"])) {
            known.push(Span {
                service: service.clone().unwrap_or_default(),
                name: text(&span["name"]),
                id: text(&span["spanId"]),
                parent: text(&span["parentSpanId"]),
                trace: text(&span["traceId"]),
            });
        }
    }
    Json(serde_json::json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_one_trace_from_the_request_to_what_the_site_made_of_it() -> Result<()> {
    let collector = Collector::start().await?;
    let told = ["--otlp-endpoint", collector.url.as_str()];
    let server = postgres::server().await;
    let database = server.create_database()?;
    let mut installation = Installation::over_with(&database.url, &told).await?;
    let _backbone = backbone(&installation, "direct").await?;
    installation.cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "1"]).await?;
    let options = [&["--name", "store"][..], &told].concat();
    let mut store = installation.join(&invitation, "store", &options, None)?;
    installation.cli.site_reaches(&installation.site_dir("store"), "member").await?;

    let mut cli = installation.cli.clone();
    cli.env.push(("TRACEPARENT".to_owned(), format!("00-{TRACE}-{CALLER}-01")));
    let door = free_address()?.to_string();
    cli.ok(&["network", "listener", "add", "retail", "goods", &door, "--site", "store"]).await?;

    let applied =
        eventually("the site tells what it made of it", async || collector.span("apply desired state")).await?;
    ensure!(applied.service == "skx-site", "{applied:?}");
    let mut parent = applied.parent;
    for name in ["send desired state", "reconcile", "POST /api/v1/networks/{network}/listeners"] {
        let span = eventually(name, async || collector.span(name)).await?;
        ensure!(span.id == parent && span.service == "skx-controller", "{span:?}");
        parent = span.parent;
    }
    ensure!(parent == CALLER, "the request hangs on what its caller said: {parent}");

    // What the trust document has to say of a change is a step of it, too.
    let of_networks =
        || collector.all().into_iter().find(|span| span.name == "POST /api/v1/networks" && span.parent.is_empty());
    let own = eventually("a request without a traceparent", async || of_networks()).await?;
    ensure!(own.trace != TRACE, "it begins a trace of its own: {own:?}");
    let of_own = |name: &str| collector.all().into_iter().find(|span| span.trace == own.trace && span.name == name);
    let trust = eventually("the trust document", async || of_own("reconcile trust")).await?;
    let read = eventually("the events are read", async || of_own("reconcile")).await?;
    ensure!(trust.parent == read.id && read.parent == own.id, "{trust:?} {read:?}");

    // What ends tells what it has to tell first, and is held up by no collector.
    ensure!(store.terminate().await?.success());
    ensure!(installation.controller.terminate().await?.success());
    ensure!(
        collector.all().iter().all(|span| !span.name.starts_with("GET ") || span.trace == TRACE),
        "who only looks is not traced"
    );
    Ok(())
}
