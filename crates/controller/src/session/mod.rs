//! `skx/controller`: one session per site process, over which desired state is pushed and observations come back.

mod choices;
mod deployments;
mod drive;
mod flows;
mod greeting;
mod leave;
mod logs;
mod rate;
pub(crate) mod renew;
mod report;
mod sent;
mod standing;
mod throughput;

use std::time::Duration;

use futures_util::stream::BoxStream;
use model::Identity;
use site_proto::{ControllerMessage, SiteMessage, controller_message::Body, site_server::Site};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Request, Response, Status, Streaming};

pub(crate) use logs::Reading;

use crate::{App, sessions::Party, streams::Caller};

/// How many messages wait for a site that reads slowly.
const OUTBOX: usize = 8;
/// How long a site may take to read one of them before its session is ended.
const SEND: Duration = Duration::from_secs(20);

/// The service behind `skx/controller`.
#[derive(Clone, Debug)]
pub(crate) struct SessionService {
    app: App,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl SessionService {
    /// Sessions run as tasks of `tasks` and end with `shutdown`.
    pub(crate) fn new(app: App, tasks: TaskTracker, shutdown: CancellationToken) -> Self {
        Self { app, tasks, shutdown }
    }
}

#[tonic::async_trait]
impl Site for SessionService {
    type SessionStream = BoxStream<'static, Result<ControllerMessage, Status>>;

    async fn session(&self, request: Request<Streaming<SiteMessage>>) -> Result<Response<Self::SessionStream>, Status> {
        let caller = Caller::of(&request)?;
        let party = match caller.identity {
            Identity::BackboneSite { backbone, site } => Party::Backbone(backbone, site),
            Identity::Member { network, site } => Party::Member(caller.backbone, network, site),
            _ => {
                let message = format!("a {} certificate is not for this", caller.identity.role());
                return Err(Status::permission_denied(message));
            }
        };
        // Each beginning is written down: a site that only ever begins writes no more than one that stays.
        if !self.app.sessions().may_begin(party) {
            return Err(Status::resource_exhausted("too many sessions were begun; wait a few seconds"));
        }
        let (sender, receiver) = mpsc::channel(OUTBOX);
        let outbox = Outbox { sender };
        let session = drive::run(self.app.clone(), party, request.into_inner(), outbox, self.shutdown.clone());
        self.tasks.spawn(session);
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// The way to the site: bounded, so that a site that does not read costs a few messages and its own session.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    sender: mpsc::Sender<Result<ControllerMessage, Status>>,
}

/// The session is over: the site is gone, or does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

impl Outbox {
    async fn send(&self, body: Body) -> Result<(), Gone> {
        self.put(Ok(ControllerMessage { body: Some(body) })).await
    }

    /// Ends the session with a status; the site comes back.
    async fn end(&self, status: Status) {
        let _ = self.put(Err(status)).await;
    }

    async fn put(&self, message: Result<ControllerMessage, Status>) -> Result<(), Gone> {
        match timeout(SEND, self.sender.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    /// Until the site has gone.
    async fn closed(&self) {
        self.sender.closed().await;
    }
}
