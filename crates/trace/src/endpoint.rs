use std::{fmt, str::FromStr};

use serde::Deserialize;
use url::Url;

/// Where a collector takes traces, by OTLP over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint(Url);

/// That is no such place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is not where a collector takes OTLP over HTTP: {0}; give such as http://collector.example.com:4318")]
pub struct InvalidEndpoint(&'static str);

impl Endpoint {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    /// The address of a collector; traces go to `/v1/traces` there, unless a path is given.
    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let mut url = Url::parse(text).map_err(|_| InvalidEndpoint("it is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(InvalidEndpoint("it does not begin with http:// or https:// and a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpoint("it holds a password, which would be seen in logs"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidEndpoint("it has a query or a fragment"));
        }
        if url.path() == "/" {
            url.set_path("/v1/traces");
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidEndpoint;

    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        text.parse()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_go_to_the_path_of_the_specification_unless_another_is_given() {
        for (given, meant) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://otel.example.com/", "https://otel.example.com/v1/traces"),
            ("https://otel.example.com/tenant/v1/traces", "https://otel.example.com/tenant/v1/traces"),
        ] {
            assert_eq!(given.parse::<Endpoint>().expect(given).to_string(), meant);
        }
    }

    #[test]
    fn what_is_no_place_for_traces_is_refused_with_a_reason() {
        for (given, why) in [
            ("collector:4318", "http://"),
            ("/var/run/otel", "URL"),
            ("ftp://otel.example.com", "http://"),
            ("https://skx:hunter2@otel.example.com", "password"),
            ("https://otel.example.com/?key=1", "query"),
        ] {
            let said = given.parse::<Endpoint>().expect_err(given).to_string();
            assert!(said.contains(why) && !said.contains("hunter2"), "{given}: {said}");
        }
    }
}
