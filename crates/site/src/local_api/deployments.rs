//! What can be asked and said about what is deployed.

use api::{
    Problem,
    local::{Accept, ConsentSet, Decline, Deployment, Fill, List, LogLine},
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use model::Name;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::{
    LocalApi, Refused, Request,
    answer::{Answer, no_such, read, unavailable},
};
use crate::{
    channel::words,
    deploy::{mind::Act, view},
};

/// How many lines of a workload are shown, unless asked otherwise, and at most.
const LINES: usize = 100;
const MAX_LINES: usize = 1_000;

/// What is asked of logs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogQuery {
    /// The workload; all, if left out.
    workload: Option<String>,
    /// How many lines of each, at most.
    lines: Option<usize>,
}

pub(super) async fn list(State(api): State<LocalApi>) -> Json<List<Deployment>> {
    Json(List { items: view::deployments(&api.live.borrow().clone()) })
}

pub(super) async fn consent(State(api): State<LocalApi>, body: Bytes) -> Result<StatusCode, Answer> {
    let set: ConsentSet = read(&body)?;
    if set == ConsentSet::default() {
        return Err(Problem::field("consent", "nothing is said: give consent, logs or volumes").into());
    }
    api.ask(|answer| Request::Consent(set, answer)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn accept(
    State(api): State<LocalApi>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Deployment>, Answer> {
    let Accept { digest, without, with } = read(&body)?;
    let act = Act::Accept { digest, without: without.into_iter().collect(), with: with.into_iter().collect() };
    api.act(&name, act).await
}

pub(super) async fn decline(
    State(api): State<LocalApi>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Deployment>, Answer> {
    let Decline { digest, part } = read(&body)?;
    api.act(&name, Act::Decline { digest, part }).await
}

pub(super) async fn fill(
    State(api): State<LocalApi>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Deployment>, Answer> {
    let Fill { instance, field, value } = read(&body)?;
    api.act(&name, Act::Fill { instance, field, value }).await
}

pub(super) async fn logs(
    State(api): State<LocalApi>,
    Path(name): Path<String>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Json<List<LogLine>>, Answer> {
    let Query(LogQuery { workload, lines }) = query.map_err(|refused| Problem::field("query", refused.body_text()))?;
    let deployment = api.deployment(&name)?;
    let mut names: Vec<String> = deployment.workloads.into_iter().map(|it| it.name).collect();
    if let Some(workload) = workload {
        names.retain(|name| *name == workload);
        if names.is_empty() {
            return Err(no_such("workload"));
        }
    }
    let driver = api.workloads.as_ref().and_then(|opened| opened.borrow().clone());
    let Some(driver) = driver else { return Ok(Json(List { items: vec![] })) };
    let lines = lines.unwrap_or(LINES).min(MAX_LINES);
    let mut items = vec![];
    for workload in names {
        let said = driver.logs(&name, &workload, lines).await.map_err(|error| unavailable(words(&error)))?;
        let line =
            |it: driver::LogLine| LogLine { workload: workload.clone(), at: it.at, error: it.error, text: it.text };
        items.extend(said.into_iter().map(line));
    }
    Ok(Json(List { items }))
}

impl LocalApi {
    /// Has the running site do something, and waits until it is done.
    pub(super) async fn ask(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<(), Refused>>) -> Request,
    ) -> Result<(), Answer> {
        let (answer, answered) = oneshot::channel();
        let stopping = || unavailable("the site is stopping");
        self.requests.send(request(answer)).await.map_err(|_| stopping())?;
        Ok(answered.await.map_err(|_| stopping())??)
    }

    async fn act(&self, name: &str, act: Act) -> Result<Json<Deployment>, Answer> {
        let known: Name = name.parse().map_err(|_| no_such("deployment"))?;
        self.ask(|answer| Request::Act(known, act, answer)).await?;
        self.deployment(name).map(Json)
    }

    fn deployment(&self, name: &str) -> Result<Deployment, Answer> {
        let all = view::deployments(&self.live.borrow().clone());
        all.into_iter().find(|it| it.name.as_str() == name).ok_or_else(|| no_such("deployment"))
    }
}
