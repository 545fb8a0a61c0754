//! How a request is refused. Handlers answer with a [`Refusal`]; [`guard::finish`](super::guard::finish) writes it.

use std::error::Error;

use api::{Diagnostic, FieldError, Position, Problem, ProblemType};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::ops::OpError;

/// A refused request. Becomes a response that carries the problem as an extension, to be written with the request's id.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(pub(crate) Box<Problem>);

impl Refusal {
    pub(crate) fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Problem::new(kind, detail).into()
    }

    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Problem::field(field, message).into()
    }

    pub(crate) fn not_found(kind: &str, name: &str) -> Self {
        let name: String = name.chars().take(80).collect();
        Self::new(ProblemType::NotFound, format!("there is no {kind} {name:?}"))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<OpError> for Refusal {
    fn from(error: OpError) -> Self {
        let detail = error.to_string();
        match error {
            OpError::NotFound { .. } => Self::new(ProblemType::NotFound, detail),
            OpError::Forbidden { .. } => Problem::new(ProblemType::Forbidden, detail)
                .with_how("ask who administers the installation, or owns the network, for a role: `skx grant`, `skx network share`")
                .into(),
            OpError::Invalid { field, message } => Self::field(field, message),
            OpError::Fields(wrong) => {
                let error = |(field, found)| FieldError { field, ..FieldError::of_document(diagnostic(&found)) };
                Problem::fields(wrong.into_iter().take(DIAGNOSTICS).map(error).collect()).into()
            }
            OpError::NotHonoured { field, message } => {
                let errors = vec![FieldError::new(field, message)];
                Problem { errors, ..Problem::new(ProblemType::NotHonoured, detail) }.into()
            }
            OpError::NameTaken { .. } => Problem {
                errors: vec![FieldError::new("name", detail.clone())],
                ..Problem::new(ProblemType::NameTaken, detail).with_how("choose another name")
            }
            .into(),
            OpError::Precondition { message, how } => {
                Problem::new(ProblemType::Precondition, message).with_how(how).into()
            }
            OpError::RevisionMismatch { .. } => Self::new(ProblemType::RevisionMismatch, detail),
            OpError::KeyReused => Self::new(ProblemType::IdempotencyConflict, detail),
            OpError::Documents(problems) => documents(ProblemType::InvalidDocuments, detail, &problems),
            OpError::VersionTaken(problems) => documents(ProblemType::VersionTaken, detail, &problems),
            OpError::NotSignedIn(_) => Self::new(ProblemType::Unauthorized, detail),
            OpError::IdToken(_) => Problem::new(ProblemType::Unauthorized, detail)
                .with_how("get a new one from the identity provider, made for this installation")
                .into(),
            OpError::PasswordChangeRequired => Self::new(ProblemType::PasswordChangeRequired, detail),
            OpError::TooManyAttempts { seconds } => {
                Problem { retry_after: Some(seconds), ..Problem::new(ProblemType::TooManyAttempts, detail) }.into()
            }
            OpError::Busy(_) => Self::new(ProblemType::Unavailable, detail),
            OpError::Unavailable(source) => {
                let (why, how) = source.unavailable();
                tracing::warn!(error = chain(&source), "{why}");
                Problem::new(ProblemType::Unavailable, why).with_how(how).into()
            }
            OpError::Internal { context, source } => {
                tracing::error!(context, error = chain(source.as_ref()), "an operation failed");
                internal()
            }
        }
    }
}

/// The most that is said at once of what is wrong with documents.
const DIAGNOSTICS: usize = 500;

fn documents(kind: ProblemType, detail: String, problems: &compose::Problems) -> Refusal {
    let errors: Vec<FieldError> =
        problems.iter().take(DIAGNOSTICS).map(|problem| FieldError::of_document(diagnostic(problem))).collect();
    let detail = match errors.as_slice() {
        [] => detail,
        [only] if only.field.is_empty() => format!("{detail}: {}", only.message),
        [only] => format!("{detail}: {}: {}", only.field, only.message),
        [first, ..] => format!("{detail}: {} problems, the first: {}: {}", problems.len(), first.field, first.message),
    };
    Problem { errors, ..Problem::new(kind, detail) }.into()
}

/// A diagnostic, as the API gives it.
pub(crate) fn diagnostic(found: &compose::Diagnostic) -> Diagnostic {
    Diagnostic {
        at: found.at.as_ref().map(|at| Position {
            source: at.source.clone(),
            line: at.line,
            column: at.column,
            length: at.length,
        }),
        code: found.code.as_str().to_owned(),
        message: found.message.clone(),
        block: found.block.clone(),
        expected: found.expected.clone(),
        nearest: found.nearest.clone(),
    }
}

/// What is said of a defect: everything else about it is in the log.
pub(crate) fn internal() -> Refusal {
    Problem::new(ProblemType::Internal, "the controller failed at this; its log says where")
        .with_how("look for the request id in the controller's log")
        .into()
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_tells_the_client_nothing_of_the_inside() {
        let error =
            OpError::Internal { context: "reading the table of secrets", source: "password=hunter2".to_owned().into() };
        let text = serde_json::to_string(&Refusal::from(error).0).expect("serialises");
        assert!(!text.contains("secrets") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_precondition_says_separately_what_to_do() {
        let error = OpError::Precondition { message: "there is no root".to_owned(), how: "make one".to_owned() };
        let problem = Refusal::from(error).0;
        assert_eq!(
            (problem.status, problem.detail.as_str(), problem.how.as_deref()),
            (409, "there is no root", Some("make one"))
        );
    }
}
