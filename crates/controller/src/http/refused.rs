//! What of a request that was refused is recorded: who asked for what, and why not. Of what was sent, nothing but names.

use api::{About, Endpoint, Problem, ProblemType};
use authz::Target;
use axum::{
    extract::{Query, Request, State},
    middleware::Next,
    response::Response,
};
use edge::Peer;
use http::{Method, StatusCode, Uri, header};
use serde_json::json;
use store::event::{Event, ObjectKind, Outcome};

use super::{guard, problem::Refusal};
use crate::{
    App,
    ops::{Actor, Ref, certificate, eviction, find},
    refusals,
};

/// The longest words that are recorded.
const WORDS: usize = 300;

/// Counts those who come with a token that is none.
pub(crate) async fn strangers(State(app): State<App>, request: Request, next: Next) -> Response {
    let tried = request.headers().contains_key(header::AUTHORIZATION);
    let address = request.extensions().get::<Peer>().map(|peer| peer.address().ip().to_canonical());
    let response = next.run(request).await;
    if tried && response.status() == StatusCode::UNAUTHORIZED {
        refusals::stranger(&app, address);
    }
    response
}

/// In an answer: whoever asked may not see what the path names. That it is there is not said, nor that it is not: both are
/// recorded alike, since who watches the positions of the chain could tell them apart otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Withheld;

/// Records what is refused to those who are signed in: every change, and looks at what they may not see.
pub(crate) async fn note(State(app): State<App>, request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Actor>().cloned();
    let endpoint = guard::endpoint(&request);
    let path = request.uri().path().to_owned();
    let narrowed = endpoint.map(|endpoint| narrowed(endpoint, request.uri())).unwrap_or_default();
    let changes = request.method() != Method::GET;
    let response = next.run(request).await;
    let (status, (Some(actor), Some(endpoint))) = (response.status(), (actor, endpoint)) else { return response };
    let refused = status.is_client_error() || status == StatusCode::INTERNAL_SERVER_ERROR;
    let withheld =
        response.extensions().get::<Withheld>().is_some() || (status == StatusCode::NOT_FOUND && !narrowed.is_empty());
    if refused && (changes || withheld || status == StatusCode::FORBIDDEN) {
        let problem = response.extensions().get::<Refusal>().map(|refusal| &*refusal.0);
        let event = event(&app, endpoint, &path, &narrowed, status, problem).await;
        if withheld && !changes {
            refusals::look(&app, &actor.context(), event).await;
        } else {
            refusals::known(&app, &actor.context(), event).await;
        }
    }
    response
}

/// What an answer is narrowed to by the name of a network or a backbone in the query, where the path names none.
fn narrowed(endpoint: &Endpoint, uri: &Uri) -> Vec<(String, String)> {
    if !matches!(endpoint.operation, "watchEvents" | "listAudit") {
        return vec![];
    }
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return vec![] };
    pairs.into_iter().filter(|(name, _)| matches!(name.as_str(), "network" | "backbone")).collect()
}

async fn event(
    app: &App,
    endpoint: &Endpoint,
    path: &str,
    narrowed: &[(String, String)],
    status: StatusCode,
    problem: Option<&Problem>,
) -> Event {
    let (action, object) = action(endpoint.operation);
    let reason: String = reason(status, problem).chars().take(WORDS).collect();
    let mut event = Event::new(action, object.parse().unwrap_or(ObjectKind::Installation), app.installation());
    // What it was is said by the path; it may not even exist.
    event.object_id = None;
    let path: String = path.chars().take(WORDS).collect();
    event.after = Some(json!({ "reason": reason, "path": path }));
    event.outcome = if status.is_server_error() { Outcome::Failed } else { Outcome::Refused };
    // Whose network it is sees what was tried at it.
    let text = |parameter: &str| {
        let at = endpoint.path.split('/').position(|part| part == format!("{{{parameter}}}"));
        let in_path = at.and_then(|at| path.split('/').nth(at));
        let in_query = narrowed.iter().find(|(name, _)| name == parameter).map(|(_, text)| text.as_str());
        in_path.or(in_query)
    };
    let named = |parameter: &str| text(parameter)?.parse::<Ref>().ok();
    if let Some(network) = named("network") {
        event.network = find::network(app.store(), &network).await.ok().map(|found| found.id);
    }
    if let Some(backbone) = named("backbone") {
        event.backbone = find::backbone(app.store(), &backbone).await.ok().map(|found| found.id);
    }
    let by_id = match endpoint.about() {
        About::Certificate => certificate::target(app, text("certificate").unwrap_or_default()).await.ok().flatten(),
        About::Eviction => match text("eviction").unwrap_or_default().parse() {
            Ok(id) => eviction::target(app, id).await.ok().flatten(),
            Err(_) => None,
        },
        _ => None,
    };
    match by_id {
        Some(Target::Network { id, .. }) => event.network = Some(id),
        Some(Target::Backbone { id }) => event.backbone = Some(id),
        Some(Target::Installation) | None => {}
    }
    event
}

/// Why, in words that repeat nothing of what was sent: a value that is wrong may be a secret in the wrong place.
fn reason(status: StatusCode, problem: Option<&Problem>) -> String {
    let Some(problem) = problem else { return status.to_string() };
    match problem.known() {
        Some(ProblemType::Invalid | ProblemType::Malformed) | None => {
            let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
            if fields.is_empty() { problem.title.clone() } else { format!("{}: {}", problem.title, fields.join(", ")) }
        }
        Some(_) => problem.detail.clone(),
    }
}

/// What an operation such as `createBackboneSite` is called in the chain, `backbone-site.create`, and to what it is done.
fn action(operation: &str) -> (String, String) {
    let mut words: Vec<String> = vec![String::new()];
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        words.last_mut().expect("there is one from the beginning").push(letter.to_ascii_lowercase());
    }
    let object = if words.len() > 1 { words[1..].join("-") } else { "installation".to_owned() };
    (format!("{object}.{}", words[0]), object)
}

#[cfg(test)]
mod tests {
    use api::FieldError;

    use super::*;

    #[test]
    fn every_operation_has_an_action_as_the_chain_writes_them() {
        assert_eq!(action("createBackboneSite").0, "backbone-site.create");
        assert_eq!(action("apply").0, "installation.apply");
        for endpoint in api::endpoints() {
            let (action, _) = action(endpoint.operation);
            let sound = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            assert!(action.split_once('.').is_some_and(|(a, b)| sound(a) && sound(b)), "{action}");
        }
    }

    #[test]
    fn nothing_that_was_sent_is_recorded() {
        let problem = Problem::fields(vec![FieldError::new("passcode", "invalid type: integer `12345678`".to_owned())]);
        let reason = reason(StatusCode::BAD_REQUEST, Some(&problem));
        assert!(reason.contains("passcode") && !reason.contains("12345678"), "{reason}");
    }
}
