//! Spans as OTLP writes them in JSON.

use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::{Kind, SpanContext};

/// A span that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) context: SpanContext,
    pub(crate) parent: Option<[u8; 8]>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) begun: SystemTime,
    pub(crate) took: Duration,
    pub(crate) attributes: Vec<(&'static str, Attribute)>,
    pub(crate) failure: Option<String>,
}

/// Who tells.
#[derive(Clone, Debug)]
pub(crate) struct Resource(pub(crate) Vec<(&'static str, Attribute)>);

/// What is said of a span, or of who tells.
#[derive(Clone, Debug)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Attribute {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// The body of a request to a collector.
pub(crate) fn request(resource: &Resource, spans: &[Ended]) -> Value {
    let spans: Vec<Value> = spans.iter().map(encode).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": attributes(&resource.0)},
        "scopeSpans": [{"scope": {"name": "skx"}, "spans": spans}],
    }]})
}

fn encode(span: &Ended) -> Value {
    let kind = match span.kind {
        Kind::Server => 2,
        Kind::Producer => 4,
        Kind::Consumer => 5,
    };
    let mut value = json!({
        "traceId": HEXLOWER.encode(&span.context.trace),
        "spanId": HEXLOWER.encode(&span.context.span),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": nanoseconds(span.begun),
        "endTimeUnixNano": nanoseconds(span.begun + span.took),
        "attributes": attributes(&span.attributes),
    });
    if let Some(parent) = &span.parent {
        value["parentSpanId"] = HEXLOWER.encode(parent).into();
    }
    if let Some(failure) = &span.failure {
        value["status"] = json!({"code": 2, "message": failure});
    }
    value
}

/// 64-bit numbers are texts in this JSON.
fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

fn attributes(all: &[(&'static str, Attribute)]) -> Vec<Value> {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Text(text) => json!({"stringValue": text}),
        Attribute::Number(number) => json!({"intValue": number.to_string()}),
    };
    all.iter().map(|(name, attribute)| json!({"key": name, "value": value(attribute)})).collect()
}
