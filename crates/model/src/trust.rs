//! The trust document: what one backbone trusts, and until when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{BackboneId, BackboneSiteId, ControllerId, Der, Identity, InstallationId, InvitationId, NetworkId, SiteId};

/// Everything the routers of one backbone need to decide whom to admit, without a controller.
///
/// It travels as the exact signed bytes of its JSON form; a router adopts it only when the signature verifies and
/// the version is greater than the one it holds, so trust never rolls back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustDocument {
    /// The version of this format: [`TrustDocument::FORMAT`].
    pub format: u32,
    /// The installation.
    pub installation: InstallationId,
    /// The backbone this document is for.
    pub backbone: BackboneId,
    /// Grows with every change.
    pub version: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// After this, new links are refused and what is linked stays linked.
    pub valid_until: Timestamp,
    /// The networks that are open or about to open.
    pub networks: BTreeMap<NetworkId, NetworkTrust>,
    /// Who is refused whatever their certificate says.
    pub denied: Denied,
}

/// What a router needs to know of one application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkTrust {
    /// Connections are admitted from here on (shortly before the network's start).
    pub opens: Timestamp,
    /// Connections end here (the network's end plus grace); never, when absent.
    pub closes: Option<Timestamp>,
    /// The network's certificate authorities, newest last.
    pub authorities: Vec<AuthorityTrust>,
}

/// One generation of a certificate authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityTrust {
    /// Which generation, from 1.
    pub generation: u32,
    /// The CA certificate.
    pub certificate: Der,
}

/// Ids that are refused at every level, for every certificate generation, each with the reason its holder is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// Networks.
    pub networks: BTreeMap<NetworkId, Denial>,
    /// Member sites.
    pub sites: BTreeMap<SiteId, Denial>,
    /// Invitations.
    pub invitations: BTreeMap<InvitationId, Denial>,
    /// Backbone sites (their bootstrap credentials included).
    pub backbone_sites: BTreeMap<BackboneSiteId, Denial>,
    /// Controllers.
    pub controllers: BTreeMap<ControllerId, Denial>,
}

/// Why an id is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// Removed by an administrator or owner.
    Evicted,
    /// Over: the network ended, the invitation was closed.
    Ended,
    /// Replaced: a newer bundle was rendered.
    Superseded,
}

impl Denial {
    /// The reason in words for the one who is refused.
    pub fn message(self) -> &'static str {
        match self {
            Self::Evicted => "it was evicted",
            Self::Ended => "it has ended",
            Self::Superseded => "it was replaced by a newer one",
        }
    }
}

/// What a trust document says of an identity at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may connect.
    Admitted,
    /// Its id, or its network's, is denied.
    Denied(Denial),
    /// Its network is not in the document: it never was, or its time is over.
    UnknownNetwork,
    /// Its network opens later.
    NotYetOpen(Timestamp),
    /// Its network has closed.
    Closed(Timestamp),
}

impl TrustDocument {
    /// The version of the format written here.
    pub const FORMAT: u32 = 1;

    /// What the document says of `identity` at `now`. Says nothing of certificates: those are verified separately,
    /// and both must agree.
    pub fn standing(&self, identity: &Identity, now: Timestamp) -> Standing {
        if let Some(denial) = self.denied.get(identity) {
            return Standing::Denied(denial);
        }
        let Some(network) = identity.network() else {
            return Standing::Admitted;
        };
        match self.networks.get(&network) {
            None => Standing::UnknownNetwork,
            Some(trust) => trust.standing(now),
        }
    }

    /// The next moment after `now` at which some network opens or closes, for a timer.
    pub fn next_edge(&self, now: Timestamp) -> Option<Timestamp> {
        self.networks.values().flat_map(|n| [Some(n.opens), n.closes]).flatten().filter(|edge| *edge > now).min()
    }
}

impl NetworkTrust {
    /// Whether the network's window admits connections at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.closes {
            _ if now < self.opens => Standing::NotYetOpen(self.opens),
            Some(closes) if now >= closes => Standing::Closed(closes),
            _ => Standing::Admitted,
        }
    }
}

impl Denied {
    /// Why `identity` is denied, if it is, at whatever level.
    pub fn get(&self, identity: &Identity) -> Option<Denial> {
        match identity {
            Identity::BackboneSite { site, .. } | Identity::Bootstrap { site, .. } => self.backbone_sites.get(site),
            Identity::Invitation { network, invitation } => {
                self.networks.get(network).or_else(|| self.invitations.get(invitation))
            }
            Identity::Member { network, site } | Identity::Renewal { network, site } => {
                self.networks.get(network).or_else(|| self.sites.get(site))
            }
            // Who may not connect signs nothing, either.
            Identity::Controller { controller } | Identity::TrustSigner { controller, .. } => {
                self.controllers.get(controller)
            }
        }
        .copied()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::GenericUuid;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn document(opens: i64, closes: Option<i64>) -> (TrustDocument, Identity) {
        let network = NetworkId::from_untyped_uuid(Uuid::from_u128(1));
        let site = SiteId::from_untyped_uuid(Uuid::from_u128(2));
        let trust = NetworkTrust { opens: at(opens), closes: closes.map(at), authorities: vec![] };
        let document = TrustDocument {
            format: TrustDocument::FORMAT,
            installation: InstallationId::from_untyped_uuid(Uuid::nil()),
            backbone: BackboneId::from_untyped_uuid(Uuid::nil()),
            version: 1,
            issued: at(0),
            valid_until: at(1_000),
            networks: [(network, trust)].into(),
            denied: Denied::default(),
        };
        (document, Identity::Member { network, site })
    }

    #[test]
    fn a_window_admits_from_its_opening_until_just_before_its_close() {
        let (document, member) = document(100, Some(200));
        assert_eq!(document.standing(&member, at(99)), Standing::NotYetOpen(at(100)));
        assert_eq!(document.standing(&member, at(100)), Standing::Admitted);
        assert_eq!(document.standing(&member, at(199)), Standing::Admitted);
        assert_eq!(document.standing(&member, at(200)), Standing::Closed(at(200)));
    }

    #[test]
    fn the_next_edge_is_strictly_later() {
        let (document, _) = document(100, Some(200));
        assert_eq!(document.next_edge(at(0)), Some(at(100)));
        assert_eq!(document.next_edge(at(100)), Some(at(200)));
        assert_eq!(document.next_edge(at(200)), None);
    }

    #[test]
    fn a_denied_network_denies_its_members_and_invitations() {
        let (mut document, member) = document(0, None);
        let network = member.network().expect("a member has a network");
        let invitation = Identity::Invitation { network, invitation: InvitationId::from_untyped_uuid(Uuid::nil()) };
        document.denied.networks.insert(network, Denial::Evicted);
        assert_eq!(document.standing(&member, at(1)), Standing::Denied(Denial::Evicted));
        assert_eq!(document.standing(&invitation, at(1)), Standing::Denied(Denial::Evicted));
    }

    #[test]
    fn a_network_the_document_does_not_name_is_refused() {
        let (mut document, member) = document(0, None);
        document.networks.clear();
        assert_eq!(document.standing(&member, at(1)), Standing::UnknownNetwork);
    }

    #[test]
    fn unknown_fields_are_refused() {
        let (document, _) = document(0, None);
        let mut json = serde_json::to_value(&document).expect("serialises");
        assert_eq!(serde_json::from_value::<TrustDocument>(json.clone()).expect("round trip"), document);
        json["extra"] = true.into();
        assert!(serde_json::from_value::<TrustDocument>(json).is_err());
    }
}
