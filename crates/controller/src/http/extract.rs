//! What handlers are given: path, query, headers and body, each refused in words when it is not what it should be.

use std::{borrow::Cow, collections::BTreeMap, str::FromStr, sync::Arc, time::Duration};

use api::{Check, DEFAULT_LIMIT, Endpoint, FieldError, Listing, MAX_LIMIT, Problem, ProblemType};
use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde::{Serialize, de::DeserializeOwned};
use store::listing::Sort;
use tokio::time::timeout;

use super::{problem::Refusal, turns::Turn};
use crate::ops::{Actor, Once, Page, Ref};

/// How long a body may take to arrive.
const BODY: Duration = Duration::from_secs(20);

/// A JSON body that was read and checked.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Serialize + Check> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        require_json(request.headers())?;
        read(&bytes(request, state).await?).map(Self)
    }
}

/// The JSON body of a creation, and who asks for it; with its idempotency key, if it has one.
pub(crate) struct Create<T>(pub(crate) Actor, pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Serialize + Check> FromRequest<S> for Create<T> {
    type Rejection = Refusal;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Refusal> {
        require_json(request.headers())?;
        let (path, key) = (request.uri().path().to_owned(), idempotency_key(request.headers())?);
        let actor = actor(request.extensions_mut().remove())?;
        let body = bytes(request, state).await?;
        let input = read(&body)?;
        let once = key.map(|key| Once::new(key, &[path.as_bytes(), &without_passcode(&body)]));
        Ok(Self(Actor { once, ..actor }, input))
    }
}

/// What of a body tells one request from another for as long as its idempotency key is remembered: all of it but a passcode,
/// which could be guessed from a digest that is quickly made.
fn without_passcode(body: &[u8]) -> Cow<'_, [u8]> {
    let Ok(mut object) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body) else {
        return Cow::Borrowed(body);
    };
    match object.remove("passcode") {
        Some(_) => Cow::Owned(serde_json::Value::Object(object).to_string().into_bytes()),
        None => Cow::Borrowed(body),
    }
}

/// The body of an action that takes none: nothing, or an empty object.
pub(crate) struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        match bytes(request, state).await?.trim_ascii() {
            b"" | b"{}" => Ok(Self),
            _ => Err(Refusal::new(ProblemType::Invalid, "this request takes no body; leave it out")),
        }
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    let turn = request.extensions().get::<Arc<Turn>>().cloned();
    match timeout(BODY, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => {
            if let Some(turn) = turn {
                turn.begin().await;
            }
            Ok(bytes)
        }
        Ok(Err(rejection)) if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Refusal::new(ProblemType::TooLarge, "the body is larger than 1 MiB"))
        }
        Ok(Err(_)) => Err(Refusal::new(ProblemType::Malformed, "the body ended before it was complete")),
        Err(_) => Err(Refusal::new(ProblemType::Timeout, "the body took longer than 20 seconds to arrive")),
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        let given = if essence.is_empty() { "nothing".to_owned() } else { format!("{essence:?}") };
        Err(Refusal::new(
            ProblemType::UnsupportedMediaType,
            format!("the body's Content-Type must be application/json; it says {given}"),
        ))
    }
}

fn read<T: DeserializeOwned + Serialize + Check>(body: &[u8]) -> Result<T, Refusal> {
    let input: T = api::read_json(body).map_err(Refusal)?;
    let faults = input.faults();
    if faults.is_empty() { Ok(input) } else { Err(Problem::fields(faults).into()) }
}

/// The parameters of a path. One that cannot name an object names none.
pub(crate) struct At<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(at)) => Ok(Self(at)),
            Err(_) => Err(Self::unnamed()),
        }
    }
}

impl<T> At<T> {
    /// What is said of a path whose parameter can name nothing.
    pub(crate) fn unnamed() -> Refusal {
        Refusal::new(ProblemType::NotFound, "there is no such object: a name or id in the path is not one")
    }
}

/// A name or id in a path.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Named(pub(crate) Ref);

impl TryFrom<String> for Named {
    type Error = model::name::InvalidName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ref::from_str(&text).map(Self)
    }
}

/// The query. [`guard::contract`](super::guard::contract) has refused parameters that the endpoint does not have.
pub(crate) struct Parameters {
    given: BTreeMap<String, String>,
    /// What the endpoint's list can be narrowed and ordered by.
    list: &'static Listing,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let list = parts.extensions.get::<&'static Endpoint>().map_or(&Listing::PLAIN, |endpoint| endpoint.list);
        match Query::<BTreeMap<String, String>>::from_request_parts(parts, state).await {
            Ok(Query(given)) => Ok(Self { given, list }),
            Err(_) => Err(Refusal::new(ProblemType::Malformed, "the query is not well-formed")),
        }
    }
}

impl Parameters {
    /// A parameter's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// A parameter's value.
    pub(crate) fn value<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Refusal>
    where
        T::Err: std::fmt::Display,
    {
        self.text(name)
            .map(|text| text.parse().map_err(|error: T::Err| Refusal::field(name, error.to_string())))
            .transpose()
    }

    /// Which page of a list is asked for, how narrowed, and in which order.
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        let limit = match self.text("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => match text.parse::<u16>() {
                Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => limit,
                _ => return Err(Refusal::field("limit", format!("{text:?} is not a number from 1 to {MAX_LIMIT}"))),
            },
        };
        let narrowed =
            self.list.read(|name| self.text(name)).map_err(|errors| Refusal::from(Problem::fields(errors)))?;
        Ok(Page {
            after: self.text("cursor").map(str::to_owned),
            limit: Some(limit.into()),
            search: narrowed.search,
            sort: narrowed.sort.map(|(field, descending)| Sort { field, descending }),
            filters: narrowed.filters,
        })
    }
}

/// The revision a change was prepared for, if the request says.
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        if_match(&parts.headers).map(Self)
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let (first, more) = (values.next(), values.next().is_some());
    let Some(value) = first else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" && !more {
        return Ok(None);
    }
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .filter(|_| !more)
        .and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or_else(|| {
            Refusal::field("If-Match", "give one ETag as the object's answer showed it, such as \"3\", or *")
        })
}

/// The digest of what whoever asks has already, if the request says.
pub(crate) struct IfNoneMatch(Option<String>);

impl IfNoneMatch {
    /// Whether they have this.
    pub(crate) fn has(&self, digest: &str) -> bool {
        let tags = self.0.iter().flat_map(|tags| tags.split(','));
        tags.map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"')).any(|tag| tag == digest)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // What is not understood is no condition.
        let value = parts.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        Ok(Self(value.map(str::to_owned)))
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    let (first, more) = (values.next(), values.next().is_some());
    let Some(value) = first else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !more && (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Refusal::new(
            ProblemType::Malformed,
            "Idempotency-Key must be one text of 1 to 128 visible ASCII characters",
        )),
    }
}

/// Who asks.
pub(crate) struct By(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        actor(parts.extensions.get().cloned()).map(Self)
    }
}

/// Who asks: [`guard::sign_in`](super::guard::sign_in) put it there, or nobody is asking.
fn actor(found: Option<Actor>) -> Result<Actor, Refusal> {
    found.ok_or_else(|| Refusal::new(ProblemType::Unauthorized, "this needs a token"))
}

/// The errors of several fields.
pub(crate) fn faults(errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors).into()) }
}

#[cfg(test)]
mod tests {
    use api::{BackboneCreate, BackboneSiteCreate, NetworkCreate};

    use super::*;

    fn refused<T: DeserializeOwned + Serialize + Check>(body: &str) -> Problem {
        match read::<T>(body.as_bytes()) {
            Ok(_) => panic!("accepted: {body}"),
            Err(Refusal(problem)) => *problem,
        }
    }

    #[test]
    fn what_is_remembered_of_a_request_tells_nothing_of_a_passcode() {
        let remembered = |body: &'static str| without_passcode(body.as_bytes()).into_owned();
        assert_eq!(remembered(r#"{"name":"a","passcode":"1234"}"#), remembered(r#"{"name":"a","passcode":"5678"}"#));
        assert_ne!(remembered(r#"{"name":"a","passcode":"1234"}"#), remembered(r#"{"name":"b","passcode":"1234"}"#));
        assert_eq!(remembered(r#"{"name":"a"}"#), br#"{"name":"a"}"#);
    }

    #[test]
    fn bad_input_names_the_field_and_what_is_allowed() {
        for (body, field, said) in [
            (r#"{}"#, "name", "missing"),
            (r#"{"name": "East"}"#, "name", "upper-case"),
            (r#"{"name": 3}"#, "name", "string"),
            (r#"{"name": "a", "surprise": 1}"#, "surprise", "data_plane"),
            (r#"{"name": "a", "data_plane": "skupper"}"#, "data_plane", "native"),
            (r#"{"name": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00"}"#, "name", "looks like an id"),
            ("[]", "body", "an object is expected"),
            (r#"["a", null, "b"]"#, "body", "an object is expected"),
        ] {
            let problem = refused::<BackboneCreate>(body);
            assert_eq!(problem.status, 422, "{body}: {problem:?}");
            assert_eq!(problem.errors[0].field, field, "{body}: {problem:?}");
            assert!(problem.errors[0].message.contains(said), "{body}: {problem:?}");
        }
        let access = |point: &str| refused::<BackboneSiteCreate>(&format!(r#"{{"name": "a", "access": [{point}]}}"#));
        for (point, field) in [
            (r#"{"name": "m", "kinds": ["pear"], "advertised": "h:1"}"#, "access[0].kinds[0]"),
            (r#"{"name": "m", "kinds": [], "advertised": "h:1"}"#, "access[0].kinds"),
            (r#"{"name": "m", "kinds": ["peer"], "advertised": "h"}"#, "access[0].advertised"),
            (r#"{"name": "m", "kinds": ["peer"]}"#, "access[0].advertised"),
            (r#"{"name": "m", "kinds": ["peer"], "advertised": "h:1", "port": 1}"#, "access[0].port"),
        ] {
            assert_eq!(access(point).errors[0].field, field, "{point}");
        }
        let problem = refused::<NetworkCreate>(
            r#"{"name": "n", "start": "2027-01-02T00:00:00Z", "end": "2027-01-01T00:00:00Z"}"#,
        );
        assert_eq!(problem.errors[0].field, "end");
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "{\"name\": \"a\"} x", "name=a", "\u{feff}{}"] {
            assert_eq!(refused::<BackboneCreate>(body).status, 400, "{body:?}");
        }
    }

    #[test]
    fn if_match_is_one_strong_etag() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, value.parse().expect("a header value"));
            }
            if_match(&headers).map_err(|refusal| refusal.0.status)
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["\"3\""]), Ok(Some(3)));
        assert_eq!(read(&["*"]), Ok(None));
        for bad in [&["3"][..], &["W/\"3\""], &["\"a\""], &["\"1\"", "\"2\""], &["\"1\", \"2\""], &[""]] {
            assert_eq!(read(bad), Err(422), "{bad:?}");
        }
    }

    #[test]
    fn an_idempotency_key_is_visible_text() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", value.parse().expect("a header value"));
            idempotency_key(&headers).map_err(|refusal| refusal.0.status)
        };
        assert_eq!(read("a-1"), Ok(Some("a-1".to_owned())));
        for bad in ["", "a b", &"x".repeat(129)] {
            assert_eq!(read(bad), Err(400), "{bad:?}");
        }
    }
}
