use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header a request's id comes and goes in.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over.
const MAX: usize = 64;

/// The id of a request: in the answer, in the log, and in the events it causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id that came with the request, if it is one: 1 to 64 letters, digits, `-`, `_` and `.`, given once. Another
    /// one otherwise: what is written into logs must not be made of what a stranger likes.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(REQUEST_ID).iter();
        match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
            (Some(id), None) if is_well_formed(id) => Self(id.to_owned()),
            _ => Self(Uuid::now_v7().to_string()),
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header's value.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::try_from(&self.0).expect("letters, digits, -, _ and . are a header's value")
    }
}

fn is_well_formed(id: &str) -> bool {
    (1..=MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REQUEST_ID, value.parse().expect("a header value"));
        }
        RequestId::of(&headers).0
    }

    #[test]
    fn a_well_formed_id_is_kept_and_everything_else_replaced() {
        for id in ["a", "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00", "pipeline_7.retry-2", &"x".repeat(MAX)] {
            assert_eq!(of(&[id]), id);
        }
        for bad in [&[][..], &[""], &["a b"], &["a\"b"], &["a/b"], &["a", "b"], &[&"x".repeat(MAX + 1)]] {
            let made = of(bad);
            assert!(!bad.contains(&made.as_str()) && is_well_formed(&made), "{bad:?}: {made}");
        }
    }
}
