//! What a collector is told, and what becomes of spans when there is none.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};
use trace::{Endpoint, Kind, SpanContext, Tracer};

const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0";

fn caller(sampled: bool) -> Option<SpanContext> {
    Some(format!("{CALLER}{}", u8::from(sampled)).parse().unwrap())
}

/// A collector that answers so, and what it is told.
async fn collector(status: StatusCode) -> (Endpoint, mpsc::UnboundedReceiver<Value>) {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (sender, told) = mpsc::unbounded_channel();
    let take = move |State(sender): State<mpsc::UnboundedSender<Value>>, Json(body): Json<Value>| async move {
        sender.send(body).unwrap();
        status
    };
    let router = Router::new().route("/v1/traces", post(take)).with_state(sender);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (endpoint, told)
}

fn tracer(endpoint: &Endpoint) -> Tracer {
    Tracer::start(endpoint, "skx-test", "1.0", &[("service.instance.id", "here".into())]).unwrap()
}

#[tokio::test]
async fn a_collector_is_told_of_spans_as_otlp_has_it() {
    let (endpoint, mut told) = collector(StatusCode::OK).await;
    let tracer = tracer(&endpoint);
    let mut outer = tracer.span("outer", Kind::Server, caller(true));
    outer.set("words", "three");
    outer.set("number", 3_u64);
    let mut inner = tracer.span("inner", Kind::Producer, outer.context());
    inner.fail("nobody takes it");
    drop(inner);
    let context = outer.context().unwrap().to_string();
    drop(outer);
    tracer.span("forgotten", Kind::Consumer, None).forget();
    tracer.finish().await;

    let body = told.try_recv().unwrap();
    let resource = &body["resourceSpans"][0];
    assert_eq!(
        resource["resource"]["attributes"][0],
        serde_json::json!({"key": "service.name", "value": {"stringValue": "skx-test"}})
    );
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    let [inner, outer] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((outer["name"].as_str(), outer["kind"].as_u64()), (Some("outer"), Some(2)));
    assert_eq!(outer["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(outer["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(context, format!("00-{}-{}-01", outer["traceId"].as_str().unwrap(), outer["spanId"].as_str().unwrap()));
    assert_eq!(outer["attributes"][1], serde_json::json!({"key": "number", "value": {"intValue": "3"}}));
    assert_eq!((&inner["parentSpanId"], &inner["traceId"]), (&outer["spanId"], &outer["traceId"]));
    assert_eq!(inner["status"], serde_json::json!({"code": 2, "message": "nobody takes it"}));
    let nanoseconds = |span: &Value, name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(nanoseconds(outer, "startTimeUnixNano") <= nanoseconds(outer, "endTimeUnixNano"));
    assert!(nanoseconds(outer, "startTimeUnixNano") > 1_600_000_000_000_000_000);
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn what_is_not_to_be_recorded_is_not_and_is_passed_on_all_the_same() {
    let (endpoint, mut told) = collector(StatusCode::OK).await;
    let on = tracer(&endpoint);
    assert_eq!(on.span("unsampled", Kind::Server, caller(false)).context(), caller(false));
    let off = Tracer::default();
    assert_eq!(off.span("passed on", Kind::Server, caller(true)).context(), caller(true));
    assert_eq!(off.span("nobody's", Kind::Server, None).context(), None);
    on.finish().await;
    off.finish().await;
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_collector_that_takes_nothing_holds_up_nobody() {
    let (endpoint, mut told) = collector(StatusCode::SERVICE_UNAVAILABLE).await;
    let gone: Endpoint = "http://127.0.0.1:1".parse().unwrap();
    for tracer in [tracer(&endpoint), tracer(&gone)] {
        for _ in 0..10_000 {
            drop(tracer.span("lost", Kind::Server, None));
        }
        tracer.finish().await;
    }
    assert!(told.try_recv().is_ok(), "it was told");
}
