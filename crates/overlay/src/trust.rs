//! Whom this router believes and admits at a moment, and the rule that trust never rolls back.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, Der, Identity, InstallationId, NetworkId,
    desired::NetworkScope,
    trust::{AuthorityTrust, Denial, Standing, TrustDocument},
};
use pki::{Anchors, SignedTrust};
use tokio::sync::watch;

use crate::observe::{Farewell, Reason};

/// How far a connection has come when its peer is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is being made.
    New,
    /// It is established. An outdated trust document ends nothing that is established.
    Live,
}

/// Why an identity is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is none of those who may connect here.
    NotAdmitted,
    /// It is denied.
    Denied(Denial),
    /// Its network opens later.
    NotYetOpen(Timestamp),
    /// Its network has closed.
    Closed,
    /// Nobody new is admitted, because the trust document here is out of date.
    Outdated,
}

impl Refusal {
    /// What the peer is told. Never says anything about other tenants or the backbone.
    pub fn farewell(self) -> Farewell {
        let (reason, message) = match self {
            Self::NotAdmitted => (Reason::NotAdmitted, "this identity is not admitted here".to_owned()),
            Self::Denied(denial) => {
                let reason = match denial {
                    Denial::Evicted => Reason::Evicted,
                    Denial::Ended => Reason::Ended,
                    Denial::Superseded => Reason::Superseded,
                };
                (reason, denial.message().to_owned())
            }
            Self::NotYetOpen(opens) => (Reason::NotYetOpen, format!("the network opens at {opens:.0}")),
            Self::Closed => (Reason::Ended, "the network has ended".to_owned()),
            Self::Outdated => {
                (Reason::NotAdmitted, "nobody new is admitted until the controllers are heard of again".to_owned())
            }
        };
        Farewell { reason, message }
    }
}

/// An immutable picture of what is trusted.
#[derive(Debug)]
pub struct TrustView {
    own: Identity,
    anchors: Arc<Anchors>,
    held: Option<Held>,
    scope: Option<NetworkScope>,
}

/// A trust document with the bytes it was signed as.
#[derive(Clone, Debug)]
pub struct Held {
    /// As it travels.
    pub signed: SignedTrust,
    /// As it reads.
    pub document: Arc<TrustDocument>,
    /// SHA-256 of the signed bytes.
    pub digest: [u8; 32],
}

impl TrustView {
    /// Builds the picture of a router that is `own`.
    pub fn new(
        (installation, backbone): (InstallationId, BackboneId),
        own: Identity,
        authorities: &[AuthorityTrust],
        scope: Option<NetworkScope>,
        held: Option<Held>,
    ) -> Self {
        let mut networks: BTreeMap<NetworkId, Vec<Der>> = BTreeMap::new();
        if let (Some(scope), Some(network)) = (&scope, own.network()) {
            networks.insert(network, certificates(&scope.authorities));
        }
        let backbone_authorities = certificates(authorities);
        let anchors = Arc::new(Anchors { installation, backbone, backbone_authorities, networks });
        let view = Self { own, anchors, held: None, scope };
        match held {
            Some(held) => view.holding(held),
            None => view,
        }
    }

    /// The same, with a newer trust document.
    fn holding(&self, held: Held) -> Self {
        let networks = held.document.networks.iter();
        let networks = networks.map(|(id, network)| (*id, certificates(&network.authorities))).collect();
        let anchors = Arc::new(Anchors { networks, ..(*self.anchors).clone() });
        Self { own: self.own, anchors, held: Some(held), scope: self.scope.clone() }
    }

    /// The certificates that may have issued a peer's.
    pub fn anchors(&self) -> Arc<Anchors> {
        self.anchors.clone()
    }

    /// The only authorities that may have issued the certificate of `peer`.
    pub(crate) fn authorities_of(&self, peer: &Identity) -> &[Der] {
        match peer.network() {
            None => &self.anchors.backbone_authorities,
            Some(network) => self.anchors.networks.get(&network).map_or(&[], Vec::as_slice),
        }
    }

    /// Who this router is.
    pub fn own(&self) -> Identity {
        self.own
    }

    /// The trust document in force.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The version of the trust document in force; 0 without one.
    pub fn version(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.document.version)
    }

    /// The next moment at which somebody's standing changes by time alone.
    pub fn next_edge(&self, now: Timestamp) -> Option<Timestamp> {
        match (&self.held, &self.scope) {
            (Some(held), _) => held.document.next_edge(now),
            (None, Some(scope)) => scope.closes.filter(|closes| *closes > now),
            (None, None) => None,
        }
    }

    /// Whether the network of `peer` closes within the second in which a certificate of it expires. Certificates count
    /// whole seconds, and last no longer than their network: then it is the network that has ended.
    pub(crate) fn closes_with(&self, peer: &Identity, expires: Timestamp) -> bool {
        let closes = match (&self.held, &self.scope) {
            (Some(held), _) => peer.network().and_then(|network| held.document.networks.get(&network)?.closes),
            (None, Some(scope)) => scope.closes,
            (None, None) => None,
        };
        closes.is_some_and(|closes| closes.duration_since(expires).abs() <= SignedDuration::from_secs(1))
    }

    /// Whether `peer`, whose certificate verifies, may be connected with this router at `now`.
    pub fn admit(&self, peer: &Identity, now: Timestamp, stage: Stage) -> Result<(), Refusal> {
        if matches!(peer, Identity::TrustSigner { .. }) {
            return Err(Refusal::NotAdmitted);
        }
        match (&self.held, &self.scope) {
            (Some(held), _) => admit_by_document(&held.document, peer, now, stage),
            (None, Some(scope)) => self.admit_by_scope(scope, peer, now),
            // Without a document nothing is known of networks; those through whom one can come are admitted.
            (None, None) if peer.network().is_some() => Err(Refusal::NotAdmitted),
            (None, None) => Ok(()),
        }
    }

    fn admit_by_scope(&self, scope: &NetworkScope, peer: &Identity, now: Timestamp) -> Result<(), Refusal> {
        if let Some(denial) = scope.denied.get(peer) {
            return Err(Refusal::Denied(denial));
        }
        match peer.network() {
            None => Ok(()),
            // Whether the network is open yet is for the routers to say: they know the moment, and it may move.
            Some(network) if Some(network) == self.own.network() => match scope.closes {
                Some(closes) if now >= closes => Err(Refusal::Closed),
                _ => Ok(()),
            },
            Some(_) => Err(Refusal::NotAdmitted),
        }
    }
}

fn admit_by_document(document: &TrustDocument, peer: &Identity, now: Timestamp, stage: Stage) -> Result<(), Refusal> {
    match document.standing(peer, now) {
        Standing::Admitted => {}
        Standing::Denied(denial) => return Err(Refusal::Denied(denial)),
        Standing::UnknownNetwork => return Err(Refusal::NotAdmitted),
        Standing::NotYetOpen(opens) => return Err(Refusal::NotYetOpen(opens)),
        Standing::Closed(_) => return Err(Refusal::Closed),
    }
    // Backbone sites and controllers stay welcome: a newer document can come through nobody else.
    let brings_trust = matches!(peer, Identity::BackboneSite { .. } | Identity::Controller { .. });
    if stage == Stage::New && now >= document.valid_until && !brings_trust {
        return Err(Refusal::Outdated);
    }
    Ok(())
}

fn certificates(authorities: &[AuthorityTrust]) -> Vec<Der> {
    authorities.iter().map(|authority| authority.certificate.clone()).collect()
}

/// Why a trust document is not adopted.
#[derive(Debug, thiserror::Error)]
pub enum NotAdopted {
    /// The signature, its signer or the content is not acceptable.
    #[error("the trust document is not acceptable: {0}")]
    Invalid(#[source] pki::TrustError),
    /// Who signed it is denied by the one in force.
    #[error("the trust document was signed by {0}, which is denied")]
    SignerDenied(Identity),
    /// It is not newer than the one in force.
    #[error("trust document version {offered} is not newer than version {held} in force")]
    NotNewer {
        /// The version offered.
        offered: u64,
        /// The version in force.
        held: u64,
    },
}

/// The current [`TrustView`], shared by everything that judges peers. Whoever holds connections watches it and
/// judges them again after every change; a change is also announced when only time has moved past an edge.
#[derive(Clone, Debug)]
pub struct Trust {
    view: Arc<watch::Sender<Arc<TrustView>>>,
}

impl Trust {
    /// Starts with `view`.
    pub fn new(view: TrustView) -> Self {
        Self { view: Arc::new(watch::Sender::new(Arc::new(view))) }
    }

    /// What is trusted now.
    pub fn view(&self) -> Arc<TrustView> {
        self.view.borrow().clone()
    }

    /// Wakes at every change of who may be connected.
    pub fn subscribe(&self) -> watch::Receiver<Arc<TrustView>> {
        self.view.subscribe()
    }

    /// Takes over what the configuration says; the trust document stays. Says whether anything changed.
    pub(crate) fn configure(&self, authorities: &[AuthorityTrust], scope: Option<&NetworkScope>) -> bool {
        self.view.send_if_modified(|view| {
            let same = view.scope.as_ref() == scope && view.anchors.backbone_authorities == certificates(authorities);
            if !same {
                let ids = (view.anchors.installation, view.anchors.backbone);
                *view = Arc::new(TrustView::new(ids, view.own, authorities, scope.cloned(), view.held.clone()));
            }
            !same
        })
    }

    /// Verifies `signed` and takes it when it is newer than what is held, so that trust never rolls back. Returns the
    /// version that is in force from now on.
    pub(crate) fn adopt(&self, signed: SignedTrust, now: Timestamp) -> Result<u64, NotAdopted> {
        let view = self.view();
        let document = signed.verify(&view.anchors, now).map_err(NotAdopted::Invalid)?;
        // An evicted controller holds a certificate that verifies: what it signs must not take back its own eviction.
        let denied = |signer: &Identity| view.held().is_some_and(|held| held.document.denied.get(signer).is_some());
        if let Some(signer) = signed.signed_by().filter(denied) {
            return Err(NotAdopted::SignerDenied(signer));
        }
        let offered = document.version;
        let adopted = self.view.send_if_modified(|view| {
            let newer = offered > view.version();
            if newer {
                let digest = signed.digest();
                *view = Arc::new(view.holding(Held { signed, document: Arc::new(document), digest }));
            }
            newer
        });
        if adopted { Ok(offered) } else { Err(NotAdopted::NotNewer { offered, held: self.view().version() }) }
    }

    /// Announces that time alone has changed somebody's standing.
    pub(crate) fn edge_passed(&self) {
        self.view.send_modify(|_| ());
    }
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
