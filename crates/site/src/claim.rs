//! Redeeming an invitation, enrolling as a backbone site, or having a certificate renewed that has expired: asked again until
//! there is a final answer.

use std::{sync::Arc, time::Duration};

use compose::model::Platform;
use dataplane::DataPlane;
use model::{Address, Clock, GenericUuid, Name};
use pki::PrivateKey;
use site_proto::{
    Admission, EnrolRequest, RedeemRequest, Refusal, claim_client::ClaimClient, enrol_reply, redeem_reply,
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use uuid::Uuid;

use crate::{
    certificate::{self, AnswerError},
    channel::{self, ChannelError},
    platform,
    retry::Retry,
    state::{Joined, Joining, Origin, SecretPem, SecretText},
};

/// How long a controller may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a refusal that is not final may keep us from asking again, whatever it says: a start can be moved.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What came of an attempt.
#[derive(Debug)]
pub(crate) enum ClaimEvent {
    /// The site is admitted: nothing further comes.
    Admitted(Box<Joined>),
    /// The controller refused. When the refusal is final, nothing further comes.
    Refused(Refusal),
    /// The attempt failed.
    Failed(String),
}

/// Who asks, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Claimant {
    /// The key that is to be certified.
    pub(crate) key: SecretPem,
    /// The name the participant wishes.
    pub(crate) name: Option<Name>,
    /// The passcode the participant gave.
    pub(crate) passcode: Option<SecretText>,
    /// The site that asks, where that is known before.
    pub(crate) site: Option<Uuid>,
}

impl Claimant {
    /// Who has been invited, or enrols.
    pub(crate) fn joining(origin: &Origin, joining: &Joining) -> Self {
        let site = match origin {
            Origin::Bundle { site, .. } => Some(site.into_untyped_uuid()),
            Origin::Invitation { .. } => None,
        };
        Self { key: joining.key.clone(), name: joining.name.clone(), passcode: joining.passcode.clone(), site }
    }

    /// A member whose certificate has expired, once it has made the key of the next one.
    pub(crate) fn renewing(joined: &Joined) -> Option<Self> {
        let key = joined.next_key.clone()?;
        Some(Self { key, name: None, passcode: None, site: Some(joined.site) })
    }
}

/// What is needed to ask.
pub(crate) struct Claim {
    pub(crate) router: Arc<dyn DataPlane>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) origin: Origin,
    pub(crate) claimant: Claimant,
    pub(crate) software: String,
    /// What workloads are run on.
    pub(crate) runs: Option<Platform>,
}

#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error("the controller's answer failed: {}", channel::status_words(.0))]
    Status(Box<tonic::Status>),
    #[error("the controller did not answer within {} seconds", ANSWER_TIMEOUT.as_secs())]
    Timeout,
    #[error("the controller's answer was empty")]
    Empty,
    #[error("the controller's answer cannot be used: {0}")]
    Answer(#[from] AnswerError),
}

enum Reply {
    Admitted(Admission),
    Refused(Refusal),
}

impl Claim {
    /// Asks until there is a final answer, at once when `wake` says that something changed for the better. The same
    /// key is presented each time, so that an answer that was lost costs nothing.
    pub(crate) async fn seek(self, events: mpsc::Sender<ClaimEvent>, wake: Arc<Notify>) {
        let mut retry = Retry::new(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            let mut wait = retry.next();
            let event = match self.attempt().await {
                Ok(Ok(joined)) => ClaimEvent::Admitted(Box::new(joined)),
                Ok(Err(refusal)) => {
                    wait = self.wait_after(&refusal).max(wait);
                    ClaimEvent::Refused(refusal)
                }
                Err(error) => ClaimEvent::Failed(channel::words(&error)),
            };
            let done = match &event {
                ClaimEvent::Admitted(_) => true,
                ClaimEvent::Refused(refusal) => refusal.r#final,
                ClaimEvent::Failed(_) => false,
            };
            if events.send(event).await.is_err() || done {
                return;
            }
            // Whoever wakes us knows of a new link: what failed without it says nothing of the next attempt.
            if timeout(wait, wake.notified()).await.is_ok() {
                retry.reset();
            }
        }
    }

    fn wait_after(&self, refusal: &Refusal) -> Duration {
        let seconds = refusal.not_before.saturating_sub(self.clock.now().as_second());
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).clamp(Duration::from_secs(1), LONGEST_WAIT)
    }

    async fn attempt(&self) -> Result<Result<Joined, Refusal>, AttemptError> {
        let channel = channel::open(&self.router, Address::claim()).await?;
        let client = ClaimClient::new(channel).max_decoding_message_size(channel::MAX_MESSAGE);
        match timeout(ANSWER_TIMEOUT, self.ask(client)).await.map_err(|_| AttemptError::Timeout)?? {
            Reply::Refused(refusal) => Ok(Err(refusal)),
            Reply::Admitted(admission) => {
                Ok(Ok(certificate::admitted(&self.origin, &self.claimant, &admission, self.clock.now())?))
            }
        }
    }

    async fn ask(&self, mut client: ClaimClient<tonic::transport::Channel>) -> Result<Reply, AttemptError> {
        let key = PrivateKey::from_pem(self.claimant.key.expose()).map_err(AnswerError::OwnKey)?;
        let (csr, platform) = (key.csr(), Some(platform::facts(&self.software, self.runs)));
        let status = |status| AttemptError::Status(Box::new(status));
        match &self.origin {
            Origin::Invitation { .. } => {
                let name = self.claimant.name.as_ref().map(ToString::to_string).unwrap_or_default();
                let passcode = self.claimant.passcode.as_ref().map(|it| it.expose().to_owned()).unwrap_or_default();
                let request = RedeemRequest { csr, name, platform, passcode };
                let reply = client.redeem(request).await.map_err(status)?;
                match reply.into_inner().outcome.ok_or(AttemptError::Empty)? {
                    redeem_reply::Outcome::Admitted(admission) => Ok(Reply::Admitted(admission)),
                    redeem_reply::Outcome::Refused(refusal) => Ok(Reply::Refused(refusal)),
                }
            }
            Origin::Bundle { .. } => {
                let reply = client.enrol(EnrolRequest { csr, platform }).await.map_err(status)?;
                match reply.into_inner().outcome.ok_or(AttemptError::Empty)? {
                    enrol_reply::Outcome::Admitted(admission) => Ok(Reply::Admitted(admission)),
                    enrol_reply::Outcome::Refused(refusal) => Ok(Reply::Refused(refusal)),
                }
            }
        }
    }
}
