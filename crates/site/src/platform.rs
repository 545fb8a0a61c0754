//! Facts about the machine and the program, for the controller.

use std::net::IpAddr;

use compose::model::Platform;
use nix::{ifaddrs::getifaddrs, sys::socket::SockaddrStorage};

/// The most addresses that are told: a machine with more has none a person would pick from a list.
const MAX_HOSTS: usize = 16;

/// What this site says of itself.
pub(crate) fn facts(software: &str, runs: Option<Platform>) -> site_proto::Platform {
    let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
    site_proto::Platform {
        software: software.to_owned(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        hostname,
        runs: runs.map(|platform| platform.as_str().to_owned()).unwrap_or_default(),
    }
}

/// The hosts under which this machine is known: the addresses of its interfaces that others may be able to dial.
pub(crate) fn hosts() -> Vec<String> {
    let Ok(interfaces) = getifaddrs() else { return vec![] };
    candidates(interfaces.filter_map(|interface| address(&interface.address?)))
}

fn address(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
}

/// The addresses that mean something elsewhere, each once, in a stable order.
fn candidates(addresses: impl Iterator<Item = IpAddr>) -> Vec<String> {
    let elsewhere = |address: &IpAddr| match address {
        IpAddr::V4(it) => !(it.is_loopback() || it.is_link_local() || it.is_unspecified() || it.is_multicast()),
        IpAddr::V6(it) => !(it.is_loopback() || it.is_unicast_link_local() || it.is_unspecified() || it.is_multicast()),
    };
    let mut found: Vec<IpAddr> = addresses.filter(elsewhere).collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MAX_HOSTS);
    found.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_mean_something_elsewhere_are_told() {
        let seen = ["127.0.0.1", "10.1.2.3", "169.254.7.7", "::1", "fe80::1", "2001:db8::7", "10.1.2.3", "0.0.0.0"];
        let seen = seen.map(|text| text.parse().expect("an address"));
        assert_eq!(candidates(seen.into_iter()), ["10.1.2.3", "2001:db8::7"]);
        let many = (0..=255).map(|n| IpAddr::from([10, 0, 0, n]));
        assert_eq!(candidates(many).len(), MAX_HOSTS);
    }
}
