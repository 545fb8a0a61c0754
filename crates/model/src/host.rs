//! Hosts and ports as people enter them.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A host: a DNS name (RFC 1123) or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Host {
    /// A DNS name, in lower case.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

/// A host and a TCP or UDP port, written `HOST:PORT`; IPv6 addresses in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPort {
    /// The host.
    pub host: Host,
    /// The port; never 0.
    pub port: u16,
}

/// Where others dial a port: `HOST:PORT`, or `:PORT` as long as the host is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Advertised {
    /// The host, once it is known.
    pub host: Option<Host>,
    /// The port; never 0.
    pub port: u16,
}

impl Advertised {
    /// What can be dialled; nothing, as long as the host is not known.
    pub fn known(&self) -> Option<HostPort> {
        self.host.clone().map(|host| HostPort { host, port: self.port })
    }
}

impl From<HostPort> for Advertised {
    fn from(HostPort { host, port }: HostPort) -> Self {
        Self { host: Some(host), port }
    }
}

/// Why a text is not a host, or not a host with a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// Neither an IP address nor a DNS name.
    #[error("{0:?} is not a host; give an IP address or a DNS name such as router.example.com")]
    Host(String),
    /// No port, or one that is no number from 1 to 65535.
    #[error("{0:?} needs a port from 1 to 65535, written HOST:PORT, with an IPv6 address in brackets")]
    Port(String),
}

impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse() {
            return Ok(Self::Ip(ip));
        }
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && !l.starts_with('-')
                && !l.ends_with('-')
        };
        // All-numeric last labels are mistyped IPv4 addresses, never names (WHATWG URL, "ends in a number").
        let numeric_end = text.rsplit('.').next().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
        if text.len() <= 253 && text.split('.').all(label) && !numeric_end {
            Ok(Self::Dns(text.to_ascii_lowercase()))
        } else {
            Err(InvalidHost::Host(text.chars().take(80).collect()))
        }
    }
}

impl FromStr for HostPort {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no_port = || InvalidHost::Port(text.chars().take(80).collect());
        let (host, port) = text.rsplit_once(':').ok_or_else(no_port)?;
        let port = port.parse::<u16>().ok().filter(|p| *p != 0).ok_or_else(no_port)?;
        // A bare IPv6 address would otherwise lose its last group to the port.
        if host.contains(':') && !host.starts_with('[') {
            return Err(no_port());
        }
        Ok(Self { host: host.parse()?, port })
    }
}

impl FromStr for Advertised {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(':') {
            // A port alone: what is before it is not known yet.
            Some(port) => match port.parse::<u16>() {
                Ok(port) if port != 0 => Ok(Self { host: None, port }),
                _ => Err(InvalidHost::Port(text.chars().take(80).collect())),
            },
            None => text.parse().map(HostPort::into),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

impl fmt::Display for Advertised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(known) => known.fmt(f),
            None => write!(f, ":{}", self.port),
        }
    }
}

macro_rules! as_text {
    ($($t:ty),+) => {$(
        impl TryFrom<String> for $t {
            type Error = InvalidHost;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$t> for String {
            fn from(value: $t) -> Self {
                value.to_string()
            }
        }
    )+};
}

as_text!(Host, HostPort, Advertised);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_ports_survive_a_round_trip() {
        for text in ["127.0.0.1:80", "[::1]:5671", "router.example.com:443", "localhost:1"] {
            assert_eq!(text.parse::<HostPort>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_port_can_wait_for_its_host() {
        let unknown = ":5671".parse::<Advertised>().expect("a port");
        assert_eq!((unknown.known(), unknown.to_string().as_str()), (None, ":5671"));
        let known = "[::1]:5671".parse::<Advertised>().expect("a host");
        assert_eq!((known.known(), known.to_string().as_str()), ("[::1]:5671".parse().ok(), "[::1]:5671"));
        for bad in ["::1:80", ":0", ":", ":65536", "::80", "host"] {
            assert!(matches!(bad.parse::<Advertised>(), Err(InvalidHost::Port(_))), "{bad}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for bad in ["host", "host:0", "host:65536", "host:", "::1:80", "a:b:1"] {
            assert!(matches!(bad.parse::<HostPort>(), Err(InvalidHost::Port(_))), "{bad}");
        }
        for bad in ["", "a..b", "256.1.1.1", "-a", "a b", "1.2.3", "x/y"] {
            assert!(matches!(bad.parse::<Host>(), Err(InvalidHost::Host(_))), "{bad}");
        }
    }
}
