//! Forward proxies: through which host connections are dialled that may not leave a network directly.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Host, HostPort, host::InvalidHost};

/// An HTTP proxy that is asked to `CONNECT`, written `http://[USER:PASSWORD@]HOST:PORT`.
///
/// Neither `Debug` nor `Display` shows the password. The serialised form holds it: it is for files that hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it listens.
    pub address: HostPort,
    credentials: Option<(String, String)>,
}

/// Why a text is not a [`Proxy`]. Never shows the text: a password may be in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// It names another kind of proxy.
    #[error("a proxy must be an HTTP proxy, written http://[USER:PASSWORD@]HOST:PORT")]
    Scheme,
    /// User or password are not written as they must be.
    #[error("the proxy's user and password must be written USER:PASSWORD@, with %XX for what else means something")]
    Credentials,
    /// Where it listens is not said.
    #[error("the proxy's host: {0}")]
    Address(#[from] InvalidHost),
}

impl Proxy {
    /// User and password, if it wants to know who asks.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|(user, password)| (user.as_str(), password.as_str()))
    }

    /// What a request must say to be let through (RFC 7617), if the proxy wants to know who asks. It holds the password.
    pub fn authorization(&self) -> Option<String> {
        let (user, password) = self.credentials()?;
        Some(format!("Basic {}", data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes())))
    }

    /// The URL with the password in it.
    fn expose(&self) -> String {
        match &self.credentials {
            Some((user, password)) => format!("http://{}:{}@{}", escape(user), escape(password), self.address),
            None => format!("http://{}", self.address),
        }
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(InvalidProxy::Scheme),
            None => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, address) = match rest.rsplit_once('@') {
            Some((credentials, address)) => {
                let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
                let read = |text| unescape(text).ok_or(InvalidProxy::Credentials);
                let (user, password) = (read(user)?, read(password)?);
                // Basic authentication (RFC 7617) could not tell where such a user ends.
                if user.is_empty() || user.contains(':') {
                    return Err(InvalidProxy::Credentials);
                }
                (Some((user, password)), address)
            }
            None => (None, rest),
        };
        // An error would repeat what is taken for the address: nothing before the last @ is in it.
        Ok(Self { address: address.parse()?, credentials })
    }
}

/// Percent-encodes what means something in a URL.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    // Control characters could end the header in which they are sent.
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.address)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Through what a router dials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySettings {
    /// The proxy.
    pub proxy: Proxy,
    /// Whom to dial directly all the same.
    #[serde(default)]
    pub no_proxy: NoProxy,
}

/// Whom to dial directly though there is a proxy: the list that `NO_PROXY` holds.
///
/// Entries are separated by commas: `*` is everybody; `example.com` and `.example.com` are that host and all below it; an
/// IP address is that address; `10.0.0.0/8` is a whole network. A port behind a colon restricts an entry to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    whom: Whom,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Whom {
    Everybody,
    /// This name, and all that end with it behind a dot.
    Domain(String),
    /// The addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
}

impl NoProxy {
    /// Whether `target` is to be dialled directly.
    pub fn covers(&self, target: &HostPort) -> bool {
        self.0.iter().any(|entry| {
            entry.port.is_none_or(|port| port == target.port)
                && match (&entry.whom, &target.host) {
                    (Whom::Everybody, _) => true,
                    (Whom::Domain(domain), Host::Dns(name)) => {
                        name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                    }
                    (Whom::Network(network, bits), Host::Ip(ip)) => in_network(*ip, *network, *bits),
                    _ => false,
                }
        })
    }
}

fn in_network(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (ip.to_canonical(), network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            u32::from(ip) & mask == u32::from(network) & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            u128::from(ip) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

impl From<String> for NoProxy {
    /// What is no entry is left out, as every other program does with this list.
    fn from(text: String) -> Self {
        Self(text.split(',').filter_map(|entry| Entry::read(entry.trim())).collect())
    }
}

impl From<&str> for NoProxy {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<NoProxy> for String {
    fn from(list: NoProxy) -> Self {
        list.to_string()
    }
}

impl Entry {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { whom: Whom::Everybody, port: None });
        }
        if let Some((network, bits)) = text.split_once('/') {
            let network: IpAddr = network.parse().ok()?;
            let most = if network.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| *bits <= most)?;
            return Some(Self { whom: Whom::Network(network, bits), port: None });
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(Self { whom: host(Host::Ip(ip)), port: None });
        }
        let name = text.trim_start_matches("*.").trim_start_matches('.');
        match name.parse::<HostPort>() {
            Ok(target) => Some(Self { whom: host(target.host), port: Some(target.port) }),
            Err(_) => name.parse::<Host>().ok().map(|name| Self { whom: host(name), port: None }),
        }
    }
}

fn host(host: Host) -> Whom {
    match host {
        Host::Dns(name) => Whom::Domain(name),
        Host::Ip(ip) => Whom::Network(ip, if ip.is_ipv4() { 32 } else { 128 }),
    }
}

impl fmt::Display for NoProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, entry) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            match &entry.whom {
                Whom::Everybody => f.write_str("*")?,
                Whom::Domain(domain) => f.write_str(domain)?,
                Whom::Network(ip, bits) => match (ip, bits, entry.port) {
                    (IpAddr::V6(ip), 128, Some(_)) => write!(f, "[{ip}]")?,
                    (IpAddr::V4(_), 32, _) | (IpAddr::V6(_), 128, _) => write!(f, "{ip}")?,
                    _ => write!(f, "{ip}/{bits}")?,
                },
            }
            if let Some(port) = entry.port {
                write!(f, ":{port}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_reads_as_it_is_written_and_hides_its_password() {
        for text in ["http://proxy.example.com:3128", "http://me:p%40ss%3A%2F@10.0.0.1:8080", "http://me:@[::1]:1"] {
            let proxy: Proxy = text.parse().expect(text);
            assert_eq!(proxy.expose(), text);
            assert_eq!(
                serde_json::from_value::<Proxy>(serde_json::to_value(&proxy).expect("text")).expect("text"),
                proxy
            );
        }
        let proxy: Proxy = "HTTP://me:p%40ss@proxy:3128/".parse().expect("a proxy");
        assert_eq!(proxy.credentials(), Some(("me", "p@ss")));
        assert_eq!(proxy.authorization().as_deref(), Some("Basic bWU6cEBzcw=="));
        assert_eq!(format!("{proxy} {proxy:?}"), "http://proxy:3128 http://proxy:3128");
        assert_eq!("proxy:3128".parse::<Proxy>().expect("a proxy").to_string(), "http://proxy:3128");
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_a_password() {
        let error = |text: &str| text.parse::<Proxy>().expect_err(text).to_string();
        assert!(error("socks5://proxy:1080").contains("HTTP proxy"));
        assert!(error("http://proxy").contains("port"));
        for secret in [
            "http://me:hunter2@proxy",
            "http://:hunter2@proxy:1",
            "http://me:hunter2%0d@proxy:1",
            "http://me:hunter2%zz@p:1",
        ] {
            assert!(!error(secret).contains("hunter2"), "{secret}");
        }
    }

    #[test]
    fn the_list_of_those_dialled_directly_covers_names_below_addresses_and_networks() {
        let list = NoProxy::from("localhost, .example.com,*.corp,10.0.0.0/8,192.0.2.7:443,2001:db8::/32,,/x,http://");
        let covers = |target: &str| list.covers(&target.parse().expect(target));
        for direct in [
            "localhost:1",
            "example.com:1",
            "a.b.example.com:1",
            "x.corp:1",
            "10.9.8.7:1",
            "192.0.2.7:443",
            "[2001:db8::9]:1",
        ] {
            assert!(covers(direct), "{direct}");
        }
        for through in ["badexample.com:1", "11.0.0.1:1", "192.0.2.7:444", "[2001:db9::9]:1", "host:1"] {
            assert!(!covers(through), "{through}");
        }
        assert!(NoProxy::from("*").covers(&"anything:1".parse().expect("a target")));
        assert!(!NoProxy::default().covers(&"localhost:1".parse().expect("a target")));
        assert_eq!(NoProxy::from(list.to_string()), list);
    }
}
