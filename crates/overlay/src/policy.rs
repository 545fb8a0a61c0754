//! Whom TLS admits: the verification rule of `pki`, with this router's trust and role.

use std::sync::Arc;

use jiff::Timestamp;
use model::{Clock, Identity};
use overlay_proto::pool::Side;
use pki::{Anchors, PeerPolicy};

use crate::trust::{Refusal, Stage, Trust};

/// Judges the peers of links during the TLS handshake.
#[derive(Debug)]
pub(crate) struct LinkPolicy {
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) side: Side,
}

/// Whether a router that is `own`, at this `side` of it, may have a link with `peer` at all.
pub(crate) fn may_link(own: &Identity, side: Side, peer: &Identity) -> bool {
    use Identity::{BackboneSite, Bootstrap, Controller, Invitation, Member, Renewal, TrustSigner};
    match (side, own) {
        // Sites that enrol are dialled by controllers, and by the sites whose links lead to them: nothing else may reach a
        // site that itself may dial nobody.
        (Side::Dialler, Controller { .. } | BackboneSite { .. }) => {
            matches!(peer, BackboneSite { .. } | Bootstrap { .. })
        }
        (Side::Dialler, _) => matches!(peer, BackboneSite { .. }),
        (Side::Acceptor, BackboneSite { .. }) => !matches!(peer, TrustSigner { .. }),
        (Side::Acceptor, Bootstrap { .. }) => matches!(peer, Controller { .. } | BackboneSite { .. }),
        (
            Side::Acceptor,
            Controller { .. } | Invitation { .. } | Member { .. } | Renewal { .. } | TrustSigner { .. },
        ) => false,
    }
}

impl PeerPolicy for LinkPolicy {
    fn anchors(&self) -> Arc<Anchors> {
        self.trust.view().anchors()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn admits_renewal(&self) -> bool {
        self.side == Side::Acceptor
    }

    fn admit(&self, peer: &Identity) -> Result<(), String> {
        let view = self.trust.view();
        if !may_link(&view.own(), self.side, peer) {
            return Err(format!("a {} is not admitted here", peer.role()));
        }
        match view.admit(peer, self.clock.now(), Stage::New) {
            Ok(()) => Ok(()),
            // Those whose time is over are let through to the control channel, which tells them so and closes.
            Err(Refusal::Denied(_) | Refusal::Closed) if self.side == Side::Acceptor => Ok(()),
            Err(refusal) => Err(refusal.farewell().message),
        }
    }
}

/// Judges the peers of end-to-end connections. Who may serve or use which address is judged by those who know it.
#[derive(Debug)]
pub struct EndToEndPolicy {
    trust: Trust,
    clock: Arc<dyn Clock>,
}

impl EndToEndPolicy {
    /// Judges by `trust`, at the time `clock` tells.
    pub fn new(trust: Trust, clock: Arc<dyn Clock>) -> Self {
        Self { trust, clock }
    }
}

impl PeerPolicy for EndToEndPolicy {
    fn anchors(&self) -> Arc<Anchors> {
        self.trust.view().anchors()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Controllers renew them; over which protocol is judged when it is known.
    fn admits_renewal(&self) -> bool {
        matches!(self.trust.view().own(), Identity::Controller { .. })
    }

    fn admit(&self, peer: &Identity) -> Result<(), String> {
        // A stream over links that are established is not a new link: an outdated document does not end it.
        let verdict = self.trust.view().admit(peer, self.clock.now(), Stage::Live);
        verdict.map_err(|refusal| refusal.farewell().message)
    }
}
