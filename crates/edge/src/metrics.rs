//! The figures of an API, in OpenMetrics.

use std::{fmt, time::Duration};

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, text},
    metrics::{
        MetricType, counter::ConstCounter, counter::Counter, family::Family, gauge::ConstGauge, histogram::Histogram,
    },
    registry::{Registry, Unit},
};

use crate::Connections;

/// The media type of what [`answer`] answers.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a millisecond to the longest an answer takes.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// A histogram of how long something of an interactive kind takes.
pub fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// What registries hold, as an answer.
pub fn answer(registries: &[&Registry]) -> Response {
    match encoded(registries) {
        Ok(text) => {
            let kind = HeaderValue::from_static(MEDIA_TYPE);
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        // A string takes everything; a collector of ours fails for no other reason.
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn encoded(registries: &[&Registry]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for registry in registries {
        text::encode_registry(&mut out, registry)?;
    }
    text::encode_eof(&mut out)?;
    Ok(out)
}

/// How requests went.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
    method: String,
}

impl Default for Requests {
    fn default() -> Self {
        Self { answered: Family::default(), seconds: Family::new_with_constructor(seconds) }
    }
}

impl Requests {
    /// Makes the figures part of `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered, by the route they matched", self.answered.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took, from head to answer",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }

    /// Counts a request; `route` is the template it matched, if any did.
    pub fn answered(&self, route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
        // Paths and methods that strangers think of must not become series without end.
        let route = route.unwrap_or("none").to_owned();
        let usual = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        let method = if usual.contains(method) { method.as_str() } else { "other" }.to_owned();
        let labels = Route { route: route.clone(), method: method.clone() };
        self.seconds.get_or_create(&labels).observe(took.as_secs_f64());
        self.answered.get_or_create(&Answered { route, method, status: status.as_u16() }).inc();
    }
}

/// The figures of a service's connections.
impl Collector for Connections {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let found = self.occupancy();
        let open = [("silent", found.silent), ("asking", found.asking), ("idle", found.idle), ("busy", found.busy)];
        let help = "Connections open: with a good token idle or busy, without one silent or asking";
        let mut family = encoder.encode_descriptor("http_connections", help, None, MetricType::Gauge)?;
        for (use_, count) in open {
            let gauge = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            gauge.encode(family.encode_family(&[("use", use_)])?)?;
        }
        let closed = [("gave-way", found.gave_way), ("refused", found.refused), ("timed-out", found.timed_out)];
        let help =
            "Connections closed by this end: less useful than another, for lack of room, or because nothing came";
        let mut family = encoder.encode_descriptor("http_connections_closed", help, None, MetricType::Counter)?;
        for (reason, count) in closed {
            ConstCounter::new(count).encode(family.encode_family(&[("reason", reason)])?)?;
        }
        Ok(())
    }
}
