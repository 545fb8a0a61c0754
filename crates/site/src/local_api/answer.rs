//! Answers: JSON, or a problem.

use api::{Problem, ProblemType};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use edge::RequestId;
use serde::{Serialize, de::DeserializeOwned};

use super::Refused;
use crate::{channel::words, deploy::mind::ActError, state::ChangeError};

/// A problem as an answer. [`finish`](super::guard::finish) writes it, with the request's id.
#[derive(Clone, Debug)]
pub(super) struct Answer(Box<Problem>);

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the problem of a response that has one.
pub(super) fn written(mut response: Response, id: &RequestId) -> Response {
    let Some(Answer(mut problem)) = response.extensions_mut().remove() else { return response };
    problem.request_id = Some(id.as_str().to_owned());
    let mut written = (response.status(), Json(problem)).into_response();
    // What was said beside it, such as how to sign in.
    written.headers_mut().extend(std::mem::take(response.headers_mut()));
    written.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
    written
}

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        let kind = match &refused {
            Refused::Change(ChangeError::NotFound { .. })
            | Refused::Act(ActError::NoDeployment(_) | ActError::NoPart { .. }) => ProblemType::NotFound,
            Refused::Act(ActError::Value(_) | ActError::Both) => ProblemType::Invalid,
            Refused::Change(ChangeError::Exists { .. }) => ProblemType::NameTaken,
            Refused::Change(
                ChangeError::Taken { .. }
                | ChangeError::Central { .. }
                | ChangeError::Fixed { .. }
                | ChangeError::NotAssigned { .. }
                | ChangeError::BeyondTerms { .. },
            )
            | Refused::Act(
                ActError::Stale { .. }
                | ActError::Needed { .. }
                | ActError::NotDeclined { .. }
                | ActError::InForce { .. }
                | ActError::Held(_),
            )
            | Refused::Relay
            | Refused::Backbone
            | Refused::NotYet => ProblemType::Precondition,
            Refused::Storage(_) => return unavailable(words(&refused)),
        };
        Problem::new(kind, refused.to_string()).into()
    }
}

/// The site cannot do it at the moment.
pub(super) fn unavailable(detail: impl Into<String>) -> Answer {
    let problem = Problem::new(ProblemType::Unavailable, detail);
    Problem { title: "The site cannot do this at the moment".to_owned(), ..problem }.into()
}

/// There is no object of this id.
pub(super) fn no_such(what: &str) -> Answer {
    Problem::new(ProblemType::NotFound, format!("this site has no such {what}")).into()
}

pub(super) async fn no_such_path() -> Answer {
    Problem::new(ProblemType::NotFound, "there is nothing at this path").into()
}

pub(super) async fn no_such_method() -> Answer {
    Problem::new(ProblemType::MethodNotAllowed, "this path has no such method").into()
}

/// Reads the JSON body of a request.
pub(super) fn read<T: DeserializeOwned + Serialize>(body: &[u8]) -> Result<T, Answer> {
    api::read_json(body).map_err(Answer)
}
