//! `skx/claim`: redemption of invitations, enrolment of relay sites, and renewal for members that were away too long.
//!
//! Who asks is read from the certificate of the stream alone. Whatever a request changes, it changes in one transaction,
//! and asking again with the same key answers the same again: a lost reply costs nothing.

mod enrol;
mod redeem;
mod renewal;
mod turns;

use std::{sync::Arc, time::Duration};

use model::{GenericUuid, Identity, SpiffeId};
use site_proto::{
    Admission, EnrolReply, EnrolRequest, Platform, RedeemReply, RedeemRequest, Refusal, claim_server::Claim,
    enrol_reply, redeem_reply,
};
use store::{
    Context, Tx,
    event::{Event, ObjectKind, Outcome},
};
use tokio::time::{Instant, timeout};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use self::turns::Turns;
use crate::{App, ops::OpError, pace::Pace, refusals, streams::Caller};

/// How long a claim waits for its turn before it is asked to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many refusals of one claimant are told in the log at once, and how long until the next.
const TOLD: (u32, Duration) = (20, Duration::from_secs(10));
/// The longest text of a platform fact that is kept.
const MAX_FACT: usize = 256;

/// The service behind `skx/claim`.
#[derive(Clone, Debug)]
pub(crate) struct ClaimService {
    app: App,
    turns: Arc<Turns>,
    told: Arc<Pace<Uuid>>,
}

/// Why a claim came to nothing.
#[derive(Debug)]
pub(super) enum Unclaimed {
    /// For a reason the site is told.
    Refused(Refusal),
    /// For one of our own; the site comes back.
    Failed(OpError),
}

impl<E: Into<OpError>> From<E> for Unclaimed {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl ClaimService {
    pub(crate) fn new(app: App) -> Self {
        Self { app, turns: Arc::new(Turns::new()), told: Arc::new(Pace::new(TOLD.1, TOLD.0)) }
    }

    /// Does the work, and counts how it came out.
    async fn answer(
        &self,
        kind: &'static str,
        claimant: Uuid,
        work: impl Future<Output = Result<Admission, Unclaimed>>,
    ) -> Result<Admission, Refusal> {
        let answer = self.in_turn(claimant, work).await;
        let outcome = answer.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| "admitted");
        self.app.metrics().claimed(kind, outcome);
        answer
    }

    /// Records a refusal that is final: after any other one, who asks comes again. A second key is recorded by the alarm.
    async fn note(&self, identity: Identity, refusal: &Refusal) {
        if !refusal.r#final || refusal.code == "key-mismatch" {
            return;
        }
        let event = match identity {
            Identity::Invitation { network, invitation } => {
                Event::new("invitation.redeem", ObjectKind::Invitation, invitation).in_network(network)
            }
            Identity::Renewal { network, site } => {
                Event::new("certificate.renew", ObjectKind::Site, site).in_network(network)
            }
            Identity::Bootstrap { backbone, site } => {
                Event::new("backbone-site.enrol", ObjectKind::BackboneSite, site).on_backbone(backbone)
            }
            _ => return,
        };
        let id = SpiffeId { installation: self.app.installation(), identity };
        let event = event.ended(Outcome::Refused, format!("{}: {}", refusal.code, refusal.message));
        refusals::known(&self.app, &Context::identity(&id), event).await;
    }

    /// Does the work when the claimant's turn has come: an invitation's, or a relay site's.
    async fn in_turn(
        &self,
        claimant: Uuid,
        work: impl Future<Output = Result<Admission, Unclaimed>>,
    ) -> Result<Admission, Refusal> {
        let Ok(Some(_turn)) = timeout(PATIENCE, self.turns.take(claimant)).await else {
            return Err(busy());
        };
        match work.await {
            Ok(admission) => Ok(admission),
            Err(Unclaimed::Refused(refusal)) => {
                // Who waits asks again and again.
                if refusal.since == 0 && self.told.may(claimant, Instant::now()) {
                    tracing::info!(%claimant, code = refusal.code, reason = refusal.message, "a claim was refused");
                }
                Err(refusal)
            }
            Err(Unclaimed::Failed(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a claim could not be answered");
                Err(busy())
            }
        }
    }
}

#[tonic::async_trait]
impl Claim for ClaimService {
    async fn redeem(&self, request: Request<RedeemRequest>) -> Result<Response<RedeemReply>, Status> {
        let caller = Caller::of(&request)?;
        let asked = request.into_inner();
        let answer = match caller.identity {
            Identity::Invitation { network, invitation } => {
                let work = Box::pin(redeem::redeem(&self.app, &caller, (network, invitation), asked));
                self.answer("redemption", invitation.into_untyped_uuid(), work).await
            }
            Identity::Renewal { network, site } => {
                let work = Box::pin(renewal::renew(&self.app, &caller, (network, site), asked));
                self.answer("renewal", site.into_untyped_uuid(), work).await
            }
            _ => return Err(wrong_caller(&caller)),
        };
        let outcome = match answer {
            Ok(admission) => redeem_reply::Outcome::Admitted(admission),
            Err(refusal) => {
                self.note(caller.identity, &refusal).await;
                redeem_reply::Outcome::Refused(refusal)
            }
        };
        Ok(Response::new(RedeemReply { outcome: Some(outcome) }))
    }

    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let caller = Caller::of(&request)?;
        let Identity::Bootstrap { backbone, site } = caller.identity else {
            return Err(wrong_caller(&caller));
        };
        let work = Box::pin(enrol::enrol(&self.app, backbone, site, caller.serial.clone(), request.into_inner()));
        let outcome = match self.answer("enrolment", site.into_untyped_uuid(), work).await {
            Ok(admission) => enrol_reply::Outcome::Admitted(admission),
            Err(refusal) => {
                self.note(caller.identity, &refusal).await;
                enrol_reply::Outcome::Refused(refusal)
            }
        };
        Ok(Response::new(EnrolReply { outcome: Some(outcome) }))
    }
}

fn wrong_caller(caller: &Caller) -> Status {
    Status::permission_denied(format!("a {} certificate is not for this", caller.identity.role()))
}

/// A refusal in the words of the protocol.
pub(super) fn refusal(code: &str, message: impl Into<String>, is_final: bool) -> Refusal {
    Refusal { code: code.to_owned(), message: message.into(), r#final: is_final, not_before: 0, since: 0 }
}

fn busy() -> Refusal {
    refusal("busy", "the controller cannot answer just now; trying again", false)
}

fn refused(code: &str, message: impl Into<String>) -> Unclaimed {
    Unclaimed::Refused(refusal(code, message, true))
}

/// Begins a transaction on behalf of who calls.
async fn begin(app: &App, identity: Identity) -> Result<Tx, OpError> {
    let id = SpiffeId { installation: app.installation(), identity };
    Ok(app.store().begin(&Context::identity(&id)).await?)
}

fn request(csr: &[u8]) -> Result<pki::Csr, Unclaimed> {
    pki::Csr::parse(csr).map_err(|error| refused("csr", format!("the certificate request is not acceptable: {error}")))
}

/// What a site says of itself, cut to a sensible length.
pub(crate) fn platform(facts: Option<Platform>) -> serde_json::Value {
    let facts = facts.unwrap_or_default();
    let cut = |text: String| text.chars().filter(|c| !c.is_control()).take(MAX_FACT).collect::<String>();
    let mut kept = serde_json::json!({
        "software": cut(facts.software),
        "os": cut(facts.os),
        "arch": cut(facts.arch),
        "hostname": cut(facts.hostname),
    });
    if !facts.runs.is_empty() {
        kept["runs"] = cut(facts.runs).into();
    }
    kept
}
