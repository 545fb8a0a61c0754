//! What a deployment says, checked against itself, its network and its release.

use std::num::NonZeroUsize;

use compose::{
    Code, Diagnostic, Problems, Source,
    deploy::{Authored, Planner, Sites},
    render,
};
use model::{GenericUuid, Name};
use serde_json::Value;
use store::{
    network::Network,
    release::{self, Release},
};

use crate::{
    App,
    ops::{
        OpError, compute,
        release::{self as releases, ReleaseRef},
    },
};

/// A document that is in order.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// What the deployment is called.
    pub(super) name: Name,
    /// The document, with the release by its whole name.
    pub(super) document: Value,
    /// The release it places now.
    pub(super) release: Release,
}

/// Reads a document for a network.
///
/// # Errors
///
/// [`OpError::Fields`] with everything that is wrong with it, by field.
pub(super) async fn read(app: &App, network: &Network, mut document: Value) -> Result<Read, OpError> {
    let text = pretty(&document)?;
    let authored = compute::run(move |_| match Authored::read(&Source::new("deployment", text.clone())) {
        Ok(authored) => Ok(authored),
        Err(problems) => Err(fields(&problems, &text)),
    })
    .await?
    .map_err(OpError::Fields)?;
    let metadata = &authored.deployment.metadata;
    if metadata.network.as_str() != network.name.as_str() {
        return Err(wrong("metadata.network", format!("this is the network {}", network.name)));
    }
    let name: Name = metadata.name.as_str().parse().map_err(|error| wrong("metadata.name", error))?;
    if uuid::Uuid::try_parse(name.as_str()).is_ok() {
        return Err(wrong("metadata.name", "it looks like an id; choose a name that is not a UUID"));
    }
    let release = named(app, &authored).await?;
    if authored.deployment.spec.release.is_some() {
        document["spec"]["release"] = releases::name(&release).into();
    }
    fits(app, network, &document, &release).await?;
    Ok(Read { name, document, release })
}

/// The release that a document leads to now.
async fn named(app: &App, authored: &Authored) -> Result<Release, OpError> {
    let spec = &authored.deployment.spec;
    match (&spec.release, &spec.application) {
        (Some(text), _) => {
            let wanted: ReleaseRef = text.parse().map_err(|error| wrong("spec.release", error))?;
            match releases::find(app.store(), &wanted).await {
                Ok(release) => Ok(release),
                Err(OpError::NotFound { .. }) => Err(wrong("spec.release", format!("there is no release {text:?}"))),
                Err(OpError::Invalid { message, .. }) => Err(wrong("spec.release", message)),
                Err(error) => Err(error),
            }
        }
        (None, application) => {
            let application = application.as_ref().map(|name| name.as_str()).unwrap_or_default();
            let newest = match application.parse() {
                Ok(name) => release::newest(app.store(), &name).await?,
                Err(_) => None,
            };
            let none = format!("there is no release of {application}; `skx compose build {application}` makes one");
            newest.ok_or_else(|| wrong("spec.application", none))
        }
    }
}

/// Whether a document fits its release: planned for no site, it says all that does not.
async fn fits(app: &App, network: &Network, document: &Value, release: &Release) -> Result<(), OpError> {
    let (text, built) = (pretty(document)?, release::document(app.store(), release.id).await?);
    let sites = Sites {
        network: render::Network { name: network.name.to_string(), id: network.id.into_untyped_uuid().to_string() },
        sites: vec![],
    };
    let planned = compute::run(move |_| {
        let release = releases::read(&built)?;
        let authored = Authored::read(&Source::new("deployment", text.clone()));
        let planned = authored.and_then(|it| Planner::new(&release, NonZeroUsize::MIN).plan(&it, &sites, None));
        planned.map(drop).map_err(|problems| OpError::Fields(fields(&problems, &text)))
    });
    planned.await?
}

/// What is wrong with one field.
pub(super) fn wrong(field: &str, message: impl ToString) -> OpError {
    OpError::Fields(vec![(field.to_owned(), Diagnostic::new(Code::InvalidDeployment, message.to_string()))])
}

/// With one key or element on each line.
fn pretty(document: &Value) -> Result<String, OpError> {
    serde_json::to_string_pretty(document).map_err(OpError::internal("writing a document"))
}

/// What is wrong, by field instead of by line.
fn fields(problems: &Problems, text: &str) -> Vec<(String, Diagnostic)> {
    let one = |problem: &Diagnostic| {
        let field = problem.at.as_ref().map_or_else(|| "document".to_owned(), |at| field_at(text, at.line));
        (field, Diagnostic { at: None, ..problem.clone() })
    };
    problems.iter().map(one).collect()
}

/// The field that a line of a document is about, which was written with one key or element on each line.
fn field_at(text: &str, line: u32) -> String {
    // What is open: keys, and the positions of elements.
    let mut path: Vec<(String, usize)> = Vec::new();
    for line in text.lines().take(usize::try_from(line).unwrap_or(usize::MAX)) {
        let content = line.trim_start();
        let depth = (line.len() - content.len()) / 2;
        if depth == 0 || content.starts_with(['}', ']']) {
            continue;
        }
        let index = path.get(depth - 1).map_or(0, |(_, index)| index + 1);
        path.truncate(depth - 1);
        let key = content.strip_prefix('"').and_then(|rest| rest.split_once("\":")).map(|(key, _)| key.to_owned());
        path.push((key.unwrap_or_else(|| format!("[{index}]")), index));
    }
    let joined = path.into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(".").replace(".[", "[");
    if joined.is_empty() { "document".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_document_is_said_by_field() {
        let said = |spec: Value| {
            let document = json!({
                "apiVersion": "skupperx.io/v1",
                "kind": "Deployment",
                "metadata": {"name": "shop", "network": "retail"},
                "spec": spec,
            });
            let text = pretty(&document).expect("JSON");
            let problems = Authored::read(&Source::new("deployment", text.clone())).expect_err("not in order");
            fields(&problems, &text).into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(said(json!({})), ["spec"]);
        assert_eq!(said(json!({"application": "shop", "places": {"store": {}}})), ["spec.places.store"]);
        let overlays = json!([{"sites": ["a"], "config": {"x.y": 1}}, {"config": {"x.y": 1}}]);
        assert_eq!(said(json!({"application": "shop", "overlays": overlays})), ["spec.overlays[1]"]);
        let guard = json!({"application": "shop", "guard": {"maxRemovals": "ten"}});
        assert_eq!(said(guard), ["spec.guard.maxRemovals"]);
    }
}
