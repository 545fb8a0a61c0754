//! What a site keeps: who it is, what it was last told to be, and how it ended if it did.

use jiff::Timestamp;
use model::{
    BackboneId, BackboneSiteId, Der, GenericUuid, Identity, InstallationId, InvitationId, Name, NetworkId, SiteId,
    lifecycle::SiteState, ticket::Ticket,
};
use pki::SignedTrust;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Items, SecretPem, SecretText};

/// The version of the state file written here.
pub(super) const FORMAT: u32 = 1;

/// The content of a site's state file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSite {
    /// [`FORMAT`].
    pub format: u32,
    /// The number of the site's last start; it grows with each.
    pub epoch: u64,
    /// What the site was started with.
    pub origin: Origin,
    /// How far it has come.
    pub phase: Phase,
}

/// What a site was started with, without its secrets: enough to recognise the same ticket again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Origin {
    /// An invitation to an application network.
    Invitation {
        /// The installation.
        installation: InstallationId,
        /// The backbone the network runs on.
        backbone: BackboneId,
        /// The network.
        network: NetworkId,
        /// Its name.
        network_name: Name,
        /// The invitation.
        invitation: InvitationId,
        /// Its name.
        invitation_name: Name,
    },
    /// The bundle of one backbone site.
    Bundle {
        /// The installation.
        installation: InstallationId,
        /// The backbone.
        backbone: BackboneId,
        /// Its name.
        backbone_name: Name,
        /// The site.
        site: BackboneSiteId,
        /// Its name.
        site_name: Name,
    },
}

/// How far a site has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Phase {
    /// It has a ticket and its own key, and no certificate yet.
    Joining(Box<Joining>),
    /// It has its certificate and settings.
    Joined(Box<Joined>),
    /// It was refused, ended or evicted: nothing runs any more.
    Over(Over),
}

/// A site that redeems or enrols.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// The ticket; its key is gone from here once the site is admitted.
    pub ticket: Ticket,
    /// The site's own key, made before anything was sent.
    pub key: SecretPem,
    /// The name the participant wishes.
    pub name: Option<Name>,
    /// Since when it asks to be admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The passcode the participant gave. It is gone from here once the site is admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<SecretText>,
    /// Since when it waits to be admitted, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
}

/// The waiting of a site for somebody to admit it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Since when.
    pub since: Timestamp,
    /// What it waits for, for people.
    pub reason: String,
}

/// A site that was admitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// The site's id, of a member site or a backbone site as the origin says.
    pub site: Uuid,
    /// The key of `certificate`.
    pub key: SecretPem,
    /// The leaf certificate.
    pub certificate: Der,
    /// The last good desired state.
    pub items: Items,
    /// The newest trust document that was in force. Backbone sites only.
    pub trust: Option<SignedTrust>,
    /// Since when it is what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The key of the next certificate, once that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key: Option<SecretPem>,
    /// When it learned last that the start of its network was moved, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_moved: Option<Timestamp>,
}

impl Joined {
    /// The same site, told to be this at `now`.
    pub(crate) fn told(&self, items: Items, now: Timestamp) -> Self {
        let start = |items: &Items| items.network_trust().map(|scope| scope.start);
        let start_moved = if start(&items) == start(&self.items) { self.start_moved } else { Some(now) };
        Self { items, start_moved, ..self.clone() }
    }
}

/// The end of a site, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Over {
    /// How it ended.
    pub end: End,
    /// Why, for people.
    pub reason: String,
    /// When the site learned of it.
    pub at: Timestamp,
    /// The site's name, if it had one.
    pub name: Option<Name>,
    /// The key a refused site had made: the same ticket, tried again, must use the same.
    pub key: Option<SecretPem>,
}

/// How a site ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It was never admitted, for good.
    Refused,
    /// What it belonged to is over.
    Ended,
    /// It was evicted.
    Evicted,
}

impl End {
    /// The state the site shows.
    pub fn state(self) -> SiteState {
        match self {
            Self::Refused => SiteState::Refused,
            Self::Ended => SiteState::Ended,
            Self::Evicted => SiteState::Evicted,
        }
    }
}

impl Origin {
    /// The origin that `ticket` is.
    pub fn of(ticket: &Ticket) -> Self {
        match ticket {
            Ticket::Invitation(it) => Self::Invitation {
                installation: it.installation,
                backbone: it.backbone,
                network: it.network,
                network_name: it.network_name.clone(),
                invitation: it.invitation,
                invitation_name: it.invitation_name.clone(),
            },
            Ticket::Bootstrap(it) => Self::Bundle {
                installation: it.installation,
                backbone: it.backbone,
                backbone_name: it.backbone_name.clone(),
                site: it.site,
                site_name: it.site_name.clone(),
            },
        }
    }

    /// Whether `other` is the same invitation, or a bundle of the same site: names may have changed since, and a
    /// bundle may have been rendered again.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Invitation { installation, network, invitation, .. },
                Self::Invitation { installation: i, network: n, invitation: v, .. },
            ) => (installation, network, invitation) == (i, n, v),
            (
                Self::Bundle { installation, backbone, site, .. },
                Self::Bundle { installation: i, backbone: b, site: s, .. },
            ) => (installation, backbone, site) == (i, b, s),
            _ => false,
        }
    }

    /// Whether `other` leads to the same network, or is a bundle of the same site.
    pub fn leads_to_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Invitation { installation, network, .. }, Self::Invitation { installation: i, network: n, .. }) => {
                (installation, network) == (i, n)
            }
            _ => self.is_same(other),
        }
    }

    /// The installation.
    pub fn installation(&self) -> InstallationId {
        match self {
            Self::Invitation { installation, .. } | Self::Bundle { installation, .. } => *installation,
        }
    }

    /// The backbone.
    pub fn backbone(&self) -> BackboneId {
        match self {
            Self::Invitation { backbone, .. } | Self::Bundle { backbone, .. } => *backbone,
        }
    }

    /// The identity a certificate for site `site` of this origin carries.
    pub fn identity(&self, site: Uuid) -> Identity {
        match self {
            Self::Invitation { network, .. } => {
                Identity::Member { network: *network, site: SiteId::from_untyped_uuid(site) }
            }
            Self::Bundle { backbone, .. } => {
                Identity::BackboneSite { backbone: *backbone, site: BackboneSiteId::from_untyped_uuid(site) }
            }
        }
    }

    /// Whether this makes a relay site of a backbone, rather than a member of a network.
    pub fn is_backbone(&self) -> bool {
        matches!(self, Self::Bundle { .. })
    }

    /// What it is, for people: `invitation "x" to network "y"`.
    pub fn describe(&self) -> String {
        match self {
            Self::Invitation { network_name, invitation_name, .. } => {
                format!(
                    "invitation {invitation_name:?} to network {network_name:?}",
                    invitation_name = invitation_name.as_str(),
                    network_name = network_name.as_str()
                )
            }
            Self::Bundle { backbone_name, site_name, .. } => {
                format!(
                    "the bundle of site {site_name:?} of backbone {backbone_name:?}",
                    site_name = site_name.as_str(),
                    backbone_name = backbone_name.as_str()
                )
            }
        }
    }

    /// The name of the network or backbone when the ticket was made.
    pub fn parent(&self) -> &Name {
        match self {
            Self::Invitation { network_name, .. } => network_name,
            Self::Bundle { backbone_name, .. } => backbone_name,
        }
    }
}

impl StoredSite {
    /// A site that has just made its own key.
    pub fn begin(
        ticket: Ticket,
        key: SecretPem,
        name: Option<Name>,
        passcode: Option<SecretText>,
        now: Timestamp,
    ) -> Self {
        let origin = Origin::of(&ticket);
        let joining = Joining { ticket, key, name, since: Some(now), passcode, waiting: None };
        Self { format: FORMAT, epoch: 0, origin, phase: Phase::Joining(Box::new(joining)) }
    }

    /// The number of a start at `now`: greater than every one before, even when one could not be stored.
    pub fn next_epoch(&self, now: Timestamp) -> u64 {
        // The clock alone could go back, the counter alone could fail to be written; both at once is not expected.
        (self.epoch + 1).max(u64::try_from(now.as_second()).unwrap_or(0))
    }

    /// The site's name: the one it was given, else the one it wishes.
    pub fn name(&self) -> Option<&Name> {
        match (&self.phase, &self.origin) {
            (Phase::Joined(joined), _) => joined.items.settings().map(|settings| &settings.name),
            (_, Origin::Bundle { site_name, .. }) => Some(site_name),
            (Phase::Joining(joining), _) => joining.name.as_ref(),
            (Phase::Over(over), _) => over.name.as_ref(),
        }
    }

    /// The name of what the site belongs to, as last told.
    pub fn parent(&self) -> &Name {
        match &self.phase {
            Phase::Joined(joined) => joined.items.settings().map_or(self.origin.parent(), |settings| &settings.parent),
            _ => self.origin.parent(),
        }
    }

    /// The same site, over: certificates and keys that no longer serve are gone from it.
    pub fn over(&self, end: End, reason: String, at: Timestamp) -> Self {
        let key = match &self.phase {
            Phase::Joining(joining) if end == End::Refused => Some(joining.key.clone()),
            _ => None,
        };
        let over = Over { end, reason, at, name: self.name().cloned(), key };
        Self { phase: Phase::Over(over), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_start_is_later_than_every_start_before_it() {
        let mut site = fixture::joining_member();
        let at = |second| Timestamp::from_second(second).expect("in range");
        site.epoch = site.next_epoch(at(1_000));
        assert_eq!(site.epoch, 1_000);
        // Not stored, a minute later: still greater.
        assert_eq!(site.next_epoch(at(1_060)), 1_060);
        // The clock was set back: the stored number wins.
        assert_eq!(site.next_epoch(at(5)), 1_001);
    }

    #[test]
    fn the_same_invitation_is_recognised_whatever_it_is_called() {
        let site = fixture::joining_member();
        let Phase::Joining(joining) = &site.phase else { unreachable!("it joins") };
        let Ticket::Invitation(mut ticket) = joining.ticket.clone() else { unreachable!("an invitation") };
        ticket.network_name = "renamed".parse().expect("a name");
        assert!(site.origin.is_same(&Origin::of(&Ticket::Invitation(ticket.clone()))));
        ticket.invitation = InvitationId::from_untyped_uuid(Uuid::from_u128(99));
        assert!(!site.origin.is_same(&Origin::of(&Ticket::Invitation(ticket))));
        assert!(!site.origin.is_same(&fixture::joining_backbone().origin));
    }

    #[test]
    fn no_key_is_seen_in_debug_output() {
        let text = format!("{:?}", fixture::joining_member());
        assert!(!text.contains("PRIVATE KEY"), "{text}");
    }

    #[test]
    fn what_is_over_holds_no_credentials() {
        let site = fixture::joined_member().over(End::Evicted, "it was evicted".to_owned(), Timestamp::UNIX_EPOCH);
        let json = serde_json::to_string(&site).expect("serialises");
        assert!(!json.contains("PRIVATE KEY"));
        assert_eq!(site.name().map(Name::as_str), Some("shop-1"));
        // A refused site may be tried again with the same ticket, and then with the same key.
        let refused = fixture::joining_member().over(End::Refused, "used up".to_owned(), Timestamp::UNIX_EPOCH);
        assert!(matches!(refused.phase, Phase::Over(Over { key: Some(_), .. })));
    }
}
