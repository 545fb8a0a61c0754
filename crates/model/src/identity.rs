//! Identities: the one URI in a certificate that says who holds it and what they may be.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BackboneId, BackboneSiteId, ControllerId, GenericUuid, InstallationId, InvitationId, NetworkId, SiteId};

/// Who a certificate speaks for. Read from a *verified* certificate only, never from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// `/backbone/B/site/S`: a relay site, and its access points.
    BackboneSite {
        /// The backbone.
        backbone: BackboneId,
        /// The site.
        site: BackboneSiteId,
    },
    /// `/backbone/B/bootstrap/S`: may enrol as backbone site S, and nothing else.
    Bootstrap {
        /// The backbone.
        backbone: BackboneId,
        /// The site it may enrol as.
        site: BackboneSiteId,
    },
    /// `/backbone/B/trust/C`: signs the trust document of backbone B for controller C, and nothing else.
    TrustSigner {
        /// The backbone.
        backbone: BackboneId,
        /// The replica of the management controller whose key it is.
        controller: ControllerId,
    },
    /// `/network/N/invitation/I`: may redeem invitation I, and nothing else.
    Invitation {
        /// The application network.
        network: NetworkId,
        /// The invitation.
        invitation: InvitationId,
    },
    /// `/network/N/site/S`: a member site.
    Member {
        /// The application network.
        network: NetworkId,
        /// The site.
        site: SiteId,
    },
    /// A member site whose certificate has expired, and may still be renewed: it may ask for that, and nothing else. No URI
    /// of its own says so; the time does, which is why only verification makes one of a member's certificate.
    Renewal {
        /// The application network.
        network: NetworkId,
        /// The site.
        site: SiteId,
    },
    /// `/controller/C`: a replica of the management controller.
    Controller {
        /// The replica.
        controller: ControllerId,
    },
}

impl Identity {
    /// The application network the identity belongs to, if it belongs to one.
    pub fn network(&self) -> Option<NetworkId> {
        match self {
            Self::Invitation { network, .. } | Self::Member { network, .. } | Self::Renewal { network, .. } => {
                Some(*network)
            }
            _ => None,
        }
    }

    /// The backbone the identity belongs to, if its certificate names one.
    pub fn backbone(&self) -> Option<BackboneId> {
        match self {
            Self::BackboneSite { backbone, .. }
            | Self::Bootstrap { backbone, .. }
            | Self::TrustSigner { backbone, .. } => Some(*backbone),
            _ => None,
        }
    }

    /// What the identity may be, in a word for people.
    pub fn role(&self) -> &'static str {
        match self {
            Self::BackboneSite { .. } => "backbone site",
            Self::Bootstrap { .. } => "bootstrap",
            Self::TrustSigner { .. } => "trust signer",
            Self::Invitation { .. } => "invitation",
            Self::Member { .. } => "member site",
            Self::Renewal { .. } => "member site with an expired certificate",
            Self::Controller { .. } => "controller",
        }
    }
}

impl fmt::Display for Identity {
    /// For people and logs: the role and the id, such as `member site 0192…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role())?;
        match self {
            Self::BackboneSite { site, .. } | Self::Bootstrap { site, .. } => write!(f, " {site}"),
            Self::TrustSigner { controller, .. } => write!(f, " of controller {controller}"),
            Self::Invitation { invitation, .. } => write!(f, " {invitation}"),
            Self::Member { site, .. } | Self::Renewal { site, .. } => write!(f, " {site}"),
            Self::Controller { controller } => write!(f, " {controller}"),
        }
    }
}

/// An [`Identity`] under its installation's trust domain: a SPIFFE ID
/// (`spiffe://INSTALLATION/…`, <https://spiffe.io/docs/latest/spiffe-specs/spiffe-id/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpiffeId {
    /// The trust domain.
    pub installation: InstallationId,
    /// Who, within it.
    pub identity: Identity,
}

/// Why a text is not a [`SpiffeId`] of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an identity of a Skupper-X installation")]
pub struct InvalidIdentity(String);

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}", self.installation)?;
        match self.identity {
            Identity::BackboneSite { backbone, site } => write!(f, "/backbone/{backbone}/site/{site}"),
            Identity::Bootstrap { backbone, site } => write!(f, "/backbone/{backbone}/bootstrap/{site}"),
            Identity::TrustSigner { backbone, controller } => write!(f, "/backbone/{backbone}/trust/{controller}"),
            Identity::Invitation { network, invitation } => write!(f, "/network/{network}/invitation/{invitation}"),
            Identity::Member { network, site } | Identity::Renewal { network, site } => {
                write!(f, "/network/{network}/site/{site}")
            }
            Identity::Controller { controller } => write!(f, "/controller/{controller}"),
        }
    }
}

impl FromStr for SpiffeId {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| InvalidIdentity(text.chars().take(200).collect()))
    }
}

fn parse(text: &str) -> Option<SpiffeId> {
    let (installation, path) = text.strip_prefix("spiffe://")?.split_once('/')?;
    let segments: Vec<&str> = path.split('/').collect();
    let identity = match *segments.as_slice() {
        ["backbone", b, "site", s] => Identity::BackboneSite { backbone: id(b)?, site: id(s)? },
        ["backbone", b, "bootstrap", s] => Identity::Bootstrap { backbone: id(b)?, site: id(s)? },
        ["backbone", b, "trust", c] => Identity::TrustSigner { backbone: id(b)?, controller: id(c)? },
        ["network", n, "invitation", i] => Identity::Invitation { network: id(n)?, invitation: id(i)? },
        ["network", n, "site", s] => Identity::Member { network: id(n)?, site: id(s)? },
        ["controller", c] => Identity::Controller { controller: id(c)? },
        _ => return None,
    };
    Some(SpiffeId { installation: id(installation)?, identity })
}

/// Accepts only the canonical form (lower case, hyphenated), so that one identity has one spelling.
fn id<T: GenericUuid>(text: &str) -> Option<T> {
    let uuid = Uuid::try_parse(text).ok()?;
    (uuid.hyphenated().to_string() == text).then(|| T::from_untyped_uuid(uuid))
}

impl TryFrom<String> for SpiffeId {
    type Error = InvalidIdentity;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SpiffeId> for String {
    fn from(id: SpiffeId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_id<T: GenericUuid + fmt::Debug>() -> impl Strategy<Value = T> {
        any::<u128>().prop_map(|n| T::from_untyped_uuid(Uuid::from_u128(n)))
    }

    fn any_identity() -> impl Strategy<Value = Identity> {
        prop_oneof![
            (any_id(), any_id()).prop_map(|(backbone, site)| Identity::BackboneSite { backbone, site }),
            (any_id(), any_id()).prop_map(|(backbone, site)| Identity::Bootstrap { backbone, site }),
            (any_id(), any_id()).prop_map(|(backbone, controller)| Identity::TrustSigner { backbone, controller }),
            (any_id(), any_id()).prop_map(|(network, invitation)| Identity::Invitation { network, invitation }),
            (any_id(), any_id()).prop_map(|(network, site)| Identity::Member { network, site }),
            any_id().prop_map(|controller| Identity::Controller { controller }),
        ]
    }

    proptest! {
        #[test]
        fn every_identity_has_exactly_one_spelling(installation in any_id(), identity in any_identity()) {
            let id = SpiffeId { installation, identity };
            let text = id.to_string();
            prop_assert_eq!(text.parse::<SpiffeId>(), Ok(id));
            prop_assert!(text.to_uppercase().parse::<SpiffeId>().is_err());
            let with_slash = format!("{text}/");
            prop_assert!(with_slash.parse::<SpiffeId>().is_err());
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<SpiffeId>();
        }
    }
}
