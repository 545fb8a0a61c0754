//! Errors as the API answers them: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error answer. `type` is stable and meant for programs; `detail` is meant for people and may change its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "https://skupperx.io/problems/invalid",
    "title": "A value is not acceptable",
    "status": 422,
    "detail": "name: \"East\" is not a name: it has upper-case letters",
    "errors": [{"field": "name", "message": "\"East\" is not a name: it has upper-case letters"}],
    "request_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00"
}))]
pub struct Problem {
    /// What kind of problem it is: a URI that never changes. See [`ProblemType`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// What to do about it, when that can be said by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Which fields of the request are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// In how many seconds it may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The request, for finding it in the controller's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: a path such as `access[0].name`, or the name of a query parameter or header.
    #[schema(example = "access[0].name")]
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// Where exactly, and what was probably meant, of what is wrong with documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<Box<Diagnostic>>,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    /// Where it is. What no document says has no position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// What kind of mistake it is: a word that never changes.
    #[schema(example = "unknown-block")]
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The block or instance it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub block: String,
    /// What would be right.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// The nearest valid alternative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// The name of the text, as it was given; `library:…` is a document that is in the library.
    pub source: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// How many characters it spans, at least 1.
    pub length: u32,
}

impl FieldError {
    /// What is wrong with a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), diagnostic: None }
    }

    /// What is wrong with a value that was read as JSON at `path`, as `serde_path_to_error` says it.
    pub fn of_json(path: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        // A field that is missing or unknown is named in the message, its object in the path.
        let named = ["missing field `", "unknown field `"]
            .iter()
            .find_map(|start| message.strip_prefix(start)?.split('`').next());
        let path = if path == "." { "" } else { path };
        let field = match named {
            Some(name) => {
                // The path may end with the unknown field already.
                let parent = path.strip_suffix(name).unwrap_or(path).trim_end_matches(['.', '?']);
                if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
            }
            None if path.is_empty() => "body".to_owned(),
            None => path.to_owned(),
        };
        let message = match named {
            Some(name) if message.starts_with("missing") => format!("{name} is missing"),
            Some(name) => match message.split_once("expected ") {
                Some((_, known)) => format!("there is no field {name}; there are {known}"),
                None => format!("there is no field {name}"),
            },
            // What a type is called here means nothing to a reader.
            None => match message.split_once("expected struct ") {
                Some((given, _)) => {
                    format!(
                        "{}; an object is expected here, with its fields by name",
                        given.trim_end_matches([',', ' '])
                    )
                }
                None => message.to_owned(),
            },
        };
        Self::new(field, message)
    }

    /// The same, of a field within another.
    #[must_use]
    pub fn within(self, parent: &str) -> Self {
        Self { field: format!("{parent}.{}", self.field), ..self }
    }

    /// What is wrong with a document.
    pub fn of_document(diagnostic: Diagnostic) -> Self {
        let at = diagnostic.at.as_ref();
        let field = at.map(|at| format!("{}:{}:{}", at.source, at.line, at.column)).unwrap_or_default();
        let mut message = diagnostic.message.clone();
        if !diagnostic.expected.is_empty() {
            message = format!("{message}; expected {}", diagnostic.expected);
        }
        if let Some(nearest) = &diagnostic.nearest {
            message = format!("{message}; nearest: {nearest}");
        }
        Self { field, message, diagnostic: Some(Box::new(diagnostic)) }
    }
}

impl Problem {
    /// The media type of an error answer.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of a kind, with what happened this time.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind: kind.uri(),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            how: None,
            errors: vec![],
            retry_after: None,
            request_id: None,
        }
    }

    /// A problem with one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(field, message)])
    }

    /// A problem with some fields; `errors` must not be empty.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(ProblemType::Invalid, detail) }
    }

    /// The same problem, with what to do about it.
    #[must_use]
    pub fn with_how(self, how: impl Into<String>) -> Self {
        Self { how: Some(how.into()), ..self }
    }

    /// The kind, when it is one this version knows.
    pub fn known(&self) -> Option<ProblemType> {
        ProblemType::ALL.into_iter().find(|kind| kind.uri() == self.kind)
    }
}

macro_rules! problem_types {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// The kinds of problem. Their URIs are part of the API and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemType {$($(#[$doc])* $variant,)+}

        impl ProblemType {
            /// Every kind.
            pub const ALL: [Self; [$($status),+].len()] = [$(Self::$variant),+];

            /// The last segment of the URI.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The kind in words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

problem_types! {
    /// The request is not well-formed HTTP or JSON.
    Malformed = "malformed", 400, "The request is not well-formed";
    /// No token, or one that is not valid.
    Unauthorized = "unauthorized", 401, "Not signed in";
    /// The password is right, and opens nothing but the choice of another.
    PasswordChangeRequired = "password-change-required", 403, "The password must be changed";
    /// The caller sees what it is about, and may not do this.
    Forbidden = "forbidden", 403, "Not allowed";
    /// There is no such object or path, or none the caller may see.
    NotFound = "not-found", 404, "No such object";
    /// The path exists, but not with this method.
    MethodNotAllowed = "method-not-allowed", 405, "The method is not allowed here";
    /// The client took too long to send the request.
    Timeout = "timeout", 408, "The request took too long";
    /// The name is taken within its parent.
    NameTaken = "name-taken", 409, "The name is taken";
    /// The system stands where this cannot be done.
    Precondition = "precondition", 409, "This cannot be done now";
    /// An idempotency key was used before for something else, or its first request is still running.
    IdempotencyConflict = "idempotency-conflict", 409, "The idempotency key belongs to another request";
    /// A version of a document is in the library with other content.
    VersionTaken = "version-taken", 409, "The version exists with other content";
    /// The object changed since the caller looked.
    RevisionMismatch = "revision-mismatch", 412, "The object has changed meanwhile";
    /// The body is larger than the limit.
    TooLarge = "too-large", 413, "The request is too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported-media-type", 415, "The body must be application/json";
    /// A value is not acceptable.
    Invalid = "invalid", 422, "A value is not acceptable";
    /// Documents are not in order; each error has a diagnostic with its position.
    InvalidDocuments = "invalid-documents", 422, "The documents are not in order";
    /// An option this version does not carry out.
    NotHonoured = "not-honoured", 422, "An option is not supported by this version";
    /// The events after a position are not there: they have left, or never were.
    PositionGone = "position-gone", 410, "The events are not there";
    /// There are as many event streams as there may be.
    TooManyStreams = "too-many-streams", 429, "Too many event streams";
    /// It was tried and refused too often of late.
    TooManyAttempts = "too-many-attempts", 429, "Too many attempts";
    /// A defect, or a damaged installation.
    Internal = "internal", 500, "The controller failed";
    /// The database does not answer, or the controller is shutting down.
    Unavailable = "unavailable", 503, "The controller cannot do this at the moment";
}

impl ProblemType {
    /// The stable URI, sent as `type`.
    pub fn uri(self) -> String {
        format!("https://skupperx.io/problems/{}", self.slug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_uris_are_distinct_and_never_change() {
        let slugs: Vec<&str> = ProblemType::ALL.into_iter().map(ProblemType::slug).collect();
        assert_eq!(
            slugs,
            [
                "malformed",
                "unauthorized",
                "password-change-required",
                "forbidden",
                "not-found",
                "method-not-allowed",
                "timeout",
                "name-taken",
                "precondition",
                "idempotency-conflict",
                "version-taken",
                "revision-mismatch",
                "too-large",
                "unsupported-media-type",
                "invalid",
                "invalid-documents",
                "not-honoured",
                "position-gone",
                "too-many-streams",
                "too-many-attempts",
                "internal",
                "unavailable",
            ]
        );
    }

    #[test]
    fn a_problem_is_rfc_9457_json() {
        let problem = Problem::field("name", "too long").with_how("shorten it");
        let json = serde_json::to_value(&problem).expect("serialises");
        assert_eq!(
            json,
            serde_json::json!({
                "type": "https://skupperx.io/problems/invalid",
                "title": "A value is not acceptable",
                "status": 422,
                "detail": "name: too long",
                "how": "shorten it",
                "errors": [{"field": "name", "message": "too long"}],
            })
        );
        let back: Problem = serde_json::from_value(json).expect("round trip");
        assert_eq!(back.known(), Some(ProblemType::Invalid));
        assert_eq!(back, problem);
    }
}
