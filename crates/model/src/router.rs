//! What a data plane is told to do: access points, links, listeners and connectors.

mod address_policy;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    str::FromStr,
};

pub use address_policy::{AddressPolicy, AddressPolicyKind, InvalidAddressPolicyKind, InvalidWeight, Weight};

use serde::{Deserialize, Serialize};

use crate::{
    AccessKinds, AccessPointId, Address, BackboneSiteId, ConnectorId, HostPort, LinkId, ListenerId, Name, SiteId,
};

/// How the data connections of a link travel. The control channel is always mutually authenticated TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Plain TCP carrying end-to-end ciphertext, forwarded without copying.
    #[default]
    Direct,
    /// Wrapped in server-authenticated TLS, for networks that admit nothing else.
    Tls,
}

impl FromStr for Transport {
    type Err = InvalidTransport;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "direct" => Ok(Self::Direct),
            "tls" => Ok(Self::Tls),
            _ => Err(InvalidTransport(text.to_owned())),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct",
            Self::Tls => "tls",
        })
    }
}

/// Why a text is not a [`Transport`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a transport; transports are direct and tls")]
pub struct InvalidTransport(String);

/// A port a backbone router listens at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPoint {
    /// Identity of the object.
    pub id: AccessPointId,
    /// Its name at the site.
    pub name: Name,
    /// Whom it admits.
    pub kinds: AccessKinds,
    /// Where the router listens.
    pub bind: SocketAddr,
}

/// A link this router dials and keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Identity of the object.
    pub id: LinkId,
    /// Where to dial, in order of preference; the first that works is kept.
    pub targets: Vec<HostPort>,
    /// The only backbone site acceptable at the other end; any site of the backbone, when absent.
    pub peer: Option<BackboneSiteId>,
    /// Cost for routing; at least 1. Lower is preferred.
    pub cost: u32,
    /// How data connections travel.
    pub transport: Transport,
}

/// A local socket whose connections enter the network at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Identity of the object.
    pub id: ListenerId,
    /// The address.
    pub address: Address,
    /// Where to listen: the host must resolve to an address of this machine.
    pub bind: HostPort,
}

/// Where connections to an address leave the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Identity of the object.
    pub id: ConnectorId,
    /// The address.
    pub address: Address,
    /// The local target.
    pub target: HostPort,
}

/// Which sites may serve which addresses of a network whose addresses are assigned. What it does not name, nobody may
/// serve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Assignments(pub BTreeMap<Address, BTreeSet<SiteId>>);

impl Assignments {
    /// Whether `site` may serve `address`.
    pub fn allow(&self, address: &Address, site: SiteId) -> bool {
        self.0.get(address).is_some_and(|sites| sites.contains(&site))
    }
}
