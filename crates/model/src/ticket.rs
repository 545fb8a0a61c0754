//! Tickets: what a site is started with. An invitation lets it redeem a membership, a bootstrap bundle lets it enrol
//! as one backbone site; each key in a ticket can do that one thing only.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    BackboneId, BackboneSiteId, HostPort, InstallationId, InvitationId, Name, NetworkId, router::AccessPoint,
    trust::AuthorityTrust,
};

/// The only version of the ticket format.
pub const FORMAT: u32 = 1;

/// The content of an invitation or a bootstrap bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ticket {
    /// Redeems a membership.
    Invitation(InvitationTicket),
    /// Enrols a backbone site.
    Bootstrap(BootstrapTicket),
}

/// A certificate with its private key, both PEM. The key's text never appears in `Debug` output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The leaf certificate.
    pub certificate: String,
    /// Its private key (PKCS #8).
    pub key: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// What an invitee applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationTicket {
    /// [`FORMAT`].
    pub format: u32,
    /// The installation.
    pub installation: InstallationId,
    /// The backbone the network runs on, by id only: its layout is not the invitee's concern.
    pub backbone: BackboneId,
    /// The application network.
    pub network: NetworkId,
    /// Its name.
    pub network_name: Name,
    /// The invitation.
    pub invitation: InvitationId,
    /// Its name.
    pub invitation_name: Name,
    /// When the network starts.
    pub start: Timestamp,
    /// When it ends, if it does.
    pub end: Option<Timestamp>,
    /// Until when a site may join, if there is such a limit.
    pub deadline: Option<Timestamp>,
    /// Whether the participant is to name the site before it joins.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interactive: bool,
    /// Whether a passcode is asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passcode: bool,
    /// The Backbone CA to pin.
    pub backbone_authorities: Vec<AuthorityTrust>,
    /// The claim certificate and key.
    pub claim: Credential,
    /// Where to attach, in order of preference. Each admits members and claims.
    pub access: Vec<HostPort>,
}

/// What the host of a new backbone site applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapTicket {
    /// [`FORMAT`].
    pub format: u32,
    /// The installation.
    pub installation: InstallationId,
    /// The backbone.
    pub backbone: BackboneId,
    /// Its name.
    pub backbone_name: Name,
    /// The site to enrol as.
    pub site: BackboneSiteId,
    /// Its name.
    pub site_name: Name,
    /// The Backbone CA to pin.
    pub backbone_authorities: Vec<AuthorityTrust>,
    /// The bootstrap certificate and key.
    pub bootstrap: Credential,
    /// Where to listen for a controller, when the site has a `manage` access point.
    pub listen: Vec<AccessPoint>,
    /// Peer access points to enrol through, when the site links to others.
    pub dial: Vec<HostPort>,
}
