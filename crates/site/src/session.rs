//! The session with a controller: kept, and begun anew whenever it ends.

use std::{sync::Arc, time::Duration};

use compose::model::Platform;
use dataplane::DataPlane;
use model::Address;
use site_proto::{
    ControllerMessage, ItemDigest, Notice, ReadLogs, Refusal, SiteHello, SiteMessage, State, VERSION, Welcome,
    controller_message::Body, site_client::SiteClient, site_message,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::{
    channel::{self, ChannelError},
    platform,
    retry::Retry,
};

/// How long a controller may take to welcome the site.
const WELCOME_TIMEOUT: Duration = Duration::from_secs(10);
/// How many messages may wait for a controller that does not read.
const OUTGOING: usize = 64;

/// What happens in the session.
#[derive(Debug)]
pub(crate) enum SessionEvent {
    /// A controller has welcomed the site; what is put into `outgoing` reaches it. `time` is what it takes the time for, in Unix
    /// seconds; 0, when it does not say.
    Up { controller: String, outgoing: mpsc::Sender<SiteMessage>, time: i64 },
    /// Desired state.
    State(State),
    /// A new certificate.
    Renewed(Vec<u8>),
    /// Somebody wants to read what workloads said.
    ReadLogs(ReadLogs),
    /// A new certificate is to be asked for.
    RenewNow,
    /// An authenticated end.
    Notice(Notice),
    /// What the site said of leaving is committed.
    Left,
    /// The controller refuses something.
    Refused(Refusal),
    /// The session ended, or did not come about.
    Down(String),
}

/// What is needed to keep a session.
pub(crate) struct Session {
    pub(crate) router: Arc<dyn DataPlane>,
    /// What the site has at the moment.
    pub(crate) have: watch::Receiver<Vec<ItemDigest>>,
    pub(crate) software: String,
    /// What workloads are run on.
    pub(crate) runs: Option<Platform>,
}

#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error("the session ended: {}", channel::status_words(.0))]
    Status(Box<tonic::Status>),
    #[error("the controller did not welcome the site within {} seconds", WELCOME_TIMEOUT.as_secs())]
    Timeout,
    #[error("the controller speaks version {0} of the protocol, and this site {VERSION}")]
    Version(u32),
    #[error("the controller refuses the session: {0}")]
    Refused(String),
    #[error("the controller began with something else than a welcome")]
    Unexpected,
    #[error("the controller ended the session")]
    Ended,
    #[error("the site has stopped")]
    Stopped,
}

impl From<tonic::Status> for SessionError {
    fn from(status: tonic::Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl Session {
    /// Keeps a session until aborted. Tries again at once when `wake` says that a link has come up.
    pub(crate) async fn keep(self, events: mpsc::Sender<SessionEvent>, wake: Arc<Notify>) {
        let mut retry = Retry::new(Duration::from_millis(50), Duration::from_secs(10));
        loop {
            let mut welcomed = false;
            let Err(error) = self.hold(&events, &mut welcomed).await;
            if matches!(error, SessionError::Stopped)
                || events.send(SessionEvent::Down(channel::words(&error))).await.is_err()
            {
                return;
            }
            if welcomed {
                retry.reset();
            }
            if timeout(retry.next(), wake.notified()).await.is_ok() {
                retry.reset();
            }
        }
    }

    async fn hold(
        &self,
        events: &mpsc::Sender<SessionEvent>,
        welcomed: &mut bool,
    ) -> Result<std::convert::Infallible, SessionError> {
        let channel = channel::open(&self.router, Address::controller()).await?;
        let mut client = SiteClient::new(channel).max_decoding_message_size(channel::MAX_MESSAGE);
        let (outgoing, messages) = mpsc::channel(OUTGOING);
        let hello = SiteHello {
            version_min: VERSION,
            version_max: VERSION,
            platform: Some(platform::facts(&self.software, self.runs)),
            have: self.have.borrow().clone(),
        };
        let hello = SiteMessage { body: Some(site_message::Body::Hello(hello)) };
        outgoing.try_send(hello).expect("a new channel has room for one message");
        let begin = async {
            let mut incoming = client.session(ReceiverStream::new(messages)).await?.into_inner();
            let welcome = welcome(&mut incoming, events).await?;
            Ok::<_, SessionError>((incoming, welcome))
        };
        let (mut incoming, welcome) = timeout(WELCOME_TIMEOUT, begin).await.map_err(|_| SessionError::Timeout)??;
        *welcomed = true;
        let tell = |event| async { events.send(event).await.map_err(|_| SessionError::Stopped) };
        let Welcome { controller, time, .. } = welcome;
        tell(SessionEvent::Up { controller, outgoing, time }).await?;
        loop {
            let message = incoming.message().await?.ok_or(SessionError::Ended)?;
            let event = match message.body {
                Some(Body::State(state)) => SessionEvent::State(state),
                Some(Body::Renewed(renewed)) => SessionEvent::Renewed(renewed.certificate),
                Some(Body::ReadLogs(wanted)) => SessionEvent::ReadLogs(wanted),
                Some(Body::RenewNow(_)) => SessionEvent::RenewNow,
                Some(Body::Notice(notice)) => SessionEvent::Notice(notice),
                Some(Body::Refused(refusal)) => SessionEvent::Refused(refusal),
                Some(Body::Left(_)) => SessionEvent::Left,
                // A second welcome says nothing new, and what a newer controller may send besides is not for us.
                Some(Body::Welcome(_)) | None => continue,
            };
            tell(event).await?;
        }
    }
}

async fn welcome(
    incoming: &mut Streaming<ControllerMessage>,
    events: &mpsc::Sender<SessionEvent>,
) -> Result<Welcome, SessionError> {
    match incoming.message().await?.ok_or(SessionError::Ended)?.body {
        Some(Body::Welcome(welcome)) if welcome.version == VERSION => Ok(welcome),
        Some(Body::Welcome(welcome)) => Err(SessionError::Version(welcome.version)),
        Some(Body::Refused(refusal)) => {
            let message = refusal.message.clone();
            let told = events.send(SessionEvent::Refused(refusal)).await;
            Err(if told.is_ok() { SessionError::Refused(message) } else { SessionError::Stopped })
        }
        Some(Body::Notice(notice)) => {
            let message = notice.message.clone();
            let told = events.send(SessionEvent::Notice(notice)).await;
            Err(if told.is_ok() { SessionError::Refused(message) } else { SessionError::Stopped })
        }
        _ => Err(SessionError::Unexpected),
    }
}
