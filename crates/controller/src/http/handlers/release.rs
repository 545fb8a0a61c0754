use api::{Built, Release, ReleaseCreate, ReleaseDiff, ReleaseRender, ReleaseRendered, Rendered};
use axum::extract::{Path, State};
use compose::graph::Format;
use data_encoding::HEXLOWER;

use super::library::wanted;
use crate::{
    App,
    http::{
        answer::{Answer, created_immutable, digested, nothing, object, page},
        extract::{Body, By, Create, NoBody, Parameters},
        problem::Refusal,
    },
    ops::{
        OpError,
        release::{self, ReleaseRef},
    },
};

fn line(found: release::Release) -> Release {
    Release {
        id: found.id,
        name: release::name(&found),
        application: found.name,
        version: found.version.to_string(),
        digest: HEXLOWER.encode(&found.digest),
        instances: found.instances,
        created: found.created,
        release: None,
    }
}

fn named(field: &'static str, text: &str) -> Result<ReleaseRef, Refusal> {
    text.chars().take(400).collect::<String>().parse().map_err(|message: String| Refusal::field(field, message))
}

fn json<T: serde::Serialize>(value: &T) -> Result<serde_json::Value, Refusal> {
    Ok(serde_json::to_value(value).map_err(OpError::internal("writing what was worked out"))?)
}

pub(crate) async fn build(State(app): State<App>, Path(name): Path<String>, _: NoBody) -> Answer {
    let built = release::build(&app, &wanted("application", &name)?).await?.release;
    object(Built { name: built.name(), digest: built.digest(), release: json(&built)? })
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(release::list(&app, &parameters.page()?).await?, line)
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<ReleaseCreate>) -> Answer {
    let made = line(release::create(&app, &actor, &wanted("application", &input.application)?).await?);
    let digest = made.digest.clone();
    created_immutable(made, &digest)
}

pub(crate) async fn show(State(app): State<App>, Path(name): Path<String>) -> Answer {
    let (found, document) = release::show(&app, &named("release", &name)?).await?;
    let content = serde_json::from_str(&document).map_err(OpError::internal("reading a release of the database"))?;
    let shown = Release { release: Some(content), ..line(found) };
    let digest = shown.digest.clone();
    digested(shown, &digest)
}

pub(crate) async fn delete(State(app): State<App>, By(actor): By, Path(name): Path<String>) -> Answer {
    release::delete(&app, &actor, &named("release", &name)?).await?;
    nothing()
}

pub(crate) async fn diff(State(app): State<App>, Path(name): Path<String>, parameters: Parameters) -> Answer {
    let Some(to) = parameters.text("to") else {
        return Err(Refusal::field("to", "give the release to compare with"));
    };
    let found = release::diff(&app, &named("release", &name)?, &named("to", to)?).await?;
    let difference: ReleaseDiff =
        serde_json::from_value(json(&found)?).map_err(OpError::internal("writing what differs"))?;
    object(difference)
}

pub(crate) async fn graph(State(app): State<App>, Path(name): Path<String>, parameters: Parameters) -> Answer {
    let (format, ending, media_type) = match parameters.text("format") {
        None | Some("mermaid") => (Format::Mermaid, "mmd", "text/plain; charset=utf-8"),
        Some("dot") => (Format::Dot, "dot", "text/vnd.graphviz; charset=utf-8"),
        Some("svg") => (Format::Svg, "svg", "image/svg+xml"),
        Some(_) => return Err(Refusal::field("format", "give mermaid, dot or svg")),
    };
    let (found, content) = release::drawing(&app, &named("release", &name)?, format).await?;
    object(Rendered { file_name: format!("{}.{ending}", found.name), media_type: media_type.to_owned(), content })
}

pub(crate) async fn render(
    State(app): State<App>,
    Path(name): Path<String>,
    Body(input): Body<ReleaseRender>,
) -> Answer {
    let rendered = release::render(&app, &named("release", &name)?, input.facts.to_string()).await?;
    object(ReleaseRendered { rendered: json(&rendered)?, explanation: rendered.explain() })
}
