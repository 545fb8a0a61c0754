//! What can be asked.

use std::time::Duration;

use api::local::{
    AddressStatus, Connector, ConnectorCreate, ConnectorSet, Leave, Left, List, Listener, ListenerCreate, ListenerSet,
    SiteStatus,
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use model::{ConnectorId, GenericUuid, ListenerId, router};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{
    LocalApi, Request,
    answer::{Answer, no_such, read, unavailable},
};
use crate::{state::Change, status, view};

/// How long a new listener may take to say whether it listens, before it is shown as it stands, and how often it is asked.
const SETTLE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(5);

type Answered<T> = Result<Json<T>, Answer>;

pub(super) async fn site(State(api): State<LocalApi>) -> Json<SiteStatus> {
    let live = api.live.borrow().clone();
    Json(status::running(&live, &api.router.status(), api.clock.now()))
}

pub(super) async fn metrics(State(api): State<LocalApi>) -> Response {
    let live = api.live.borrow().clone();
    api.metrics.scrape(&live, &*api.router, api.clock.now())
}

pub(super) async fn addresses(State(api): State<LocalApi>) -> Json<List<AddressStatus>> {
    Json(List { items: view::addresses(&api.live.borrow(), &api.router.status()) })
}

pub(super) async fn listeners(State(api): State<LocalApi>) -> Json<List<Listener>> {
    Json(List { items: api.listeners() })
}

pub(super) async fn connectors(State(api): State<LocalApi>) -> Json<List<Connector>> {
    Json(List { items: api.connectors() })
}

pub(super) async fn add_listener(
    State(api): State<LocalApi>,
    body: Bytes,
) -> Result<(StatusCode, Json<Listener>), Answer> {
    let ListenerCreate { address, bind } = read(&body)?;
    let id = ListenerId::from_untyped_uuid(Uuid::now_v7());
    api.change(Change::AddListener(router::Listener { id, address, bind })).await?;
    Ok((StatusCode::CREATED, api.listener(id).await?))
}

pub(super) async fn set_listener(
    State(api): State<LocalApi>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answered<Listener> {
    let ListenerSet { bind } = read(&body)?;
    let id = id.parse().map_err(|_| no_such("listener"))?;
    api.change(Change::SetListener(id, bind)).await?;
    api.listener(id).await
}

pub(super) async fn remove_listener(State(api): State<LocalApi>, Path(id): Path<String>) -> Result<StatusCode, Answer> {
    let id = id.parse().map_err(|_| no_such("listener"))?;
    api.change(Change::RemoveListener(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn add_connector(
    State(api): State<LocalApi>,
    body: Bytes,
) -> Result<(StatusCode, Json<Connector>), Answer> {
    let ConnectorCreate { address, target } = read(&body)?;
    let id = ConnectorId::from_untyped_uuid(Uuid::now_v7());
    api.change(Change::AddConnector(router::Connector { id, address, target })).await?;
    Ok((StatusCode::CREATED, api.connector(id)?))
}

pub(super) async fn set_connector(
    State(api): State<LocalApi>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answered<Connector> {
    let ConnectorSet { target } = read(&body)?;
    let id = id.parse().map_err(|_| no_such("connector"))?;
    api.change(Change::SetConnector(id, target)).await?;
    api.connector(id)
}

pub(super) async fn remove_connector(
    State(api): State<LocalApi>,
    Path(id): Path<String>,
) -> Result<StatusCode, Answer> {
    let id = id.parse().map_err(|_| no_such("connector"))?;
    api.change(Change::RemoveConnector(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave(State(api): State<LocalApi>, body: Bytes) -> Answered<Left> {
    let Leave { reason } = if body.is_empty() { Leave::default() } else { read(&body)? };
    let (answer, answered) = oneshot::channel();
    let stopping = || unavailable("the site is stopping");
    api.requests.send(Request::Leave(reason, answer)).await.map_err(|_| stopping())?;
    let told = answered.await.map_err(|_| stopping())?;
    Ok(Json(Left { told }))
}

impl LocalApi {
    /// Has the running site make a change, and waits until it is in force.
    async fn change(&self, change: Change) -> Result<(), Answer> {
        self.ask(|answer| Request::Change(change, answer)).await
    }

    fn listeners(&self) -> Vec<Listener> {
        view::listeners(&self.live.borrow(), &self.router.status())
    }

    fn connectors(&self) -> Vec<Connector> {
        view::connectors(&self.live.borrow(), &self.router.status())
    }

    /// The listener, once it is known whether it listens.
    async fn listener(&self, id: ListenerId) -> Answered<Listener> {
        let deadline = Instant::now() + SETTLE;
        loop {
            let found = self.listeners().into_iter().find(|it| it.id == id);
            let listener = found.ok_or_else(|| no_such("listener"))?;
            if listener.ready || listener.error.is_some() || Instant::now() >= deadline {
                return Ok(Json(listener));
            }
            sleep(LOOK).await;
        }
    }

    fn connector(&self, id: ConnectorId) -> Answered<Connector> {
        self.connectors().into_iter().find(|it| it.id == id).map(Json).ok_or_else(|| no_such("connector"))
    }
}
