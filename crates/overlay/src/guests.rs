//! Connections that have not authenticated yet: few in total, and few from one source.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::net;

/// How many unauthenticated connections may be open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuestLimits {
    pub(crate) total: usize,
    pub(crate) per_source: usize,
}

impl Default for GuestLimits {
    fn default() -> Self {
        Self { total: 4096, per_source: 256 }
    }
}

/// Counts unauthenticated connections by source.
#[derive(Debug)]
pub(crate) struct Guests {
    limits: GuestLimits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_source: HashMap<IpAddr, usize>,
}

/// A place among the unauthenticated, given up when dropped.
#[derive(Debug)]
pub(crate) struct Guest {
    guests: Arc<Guests>,
    source: IpAddr,
}

impl Guests {
    pub(crate) fn new(limits: GuestLimits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    /// A place for a connection from `ip`; none when too many are taken.
    pub(crate) fn enter(self: &Arc<Self>, ip: IpAddr) -> Option<Guest> {
        let source = net::source(ip);
        let mut open = self.lock();
        let here = open.by_source.get(&source).copied().unwrap_or(0);
        if open.total >= self.limits.total || here >= self.limits.per_source {
            return None;
        }
        open.total += 1;
        open.by_source.insert(source, here + 1);
        Some(Guest { guests: self.clone(), source })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.guests.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.by_source.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let guests = Guests::new(GuestLimits { total: 3, per_source: 2 });
        let first = guests.enter(ip("10.0.0.1"));
        let second = guests.enter(ip("10.0.0.1"));
        assert!(first.is_some() && second.is_some());
        assert!(guests.enter(ip("10.0.0.1")).is_none());
        let other = guests.enter(ip("10.0.0.2"));
        assert!(other.is_some());
        assert!(guests.enter(ip("10.0.0.3")).is_none(), "the total is taken");
        drop(first);
        assert!(guests.enter(ip("10.0.0.1")).is_some(), "a place that was left can be taken");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let guests = Guests::new(GuestLimits { total: 9, per_source: 1 });
        let _first = guests.enter(ip("2001:db8::1"));
        assert!(guests.enter(ip("2001:db8::2")).is_none());
        assert!(guests.enter(ip("2001:db8:0:1::1")).is_some());
        let _mapped = guests.enter(ip("::ffff:10.0.0.1"));
        assert!(guests.enter(ip("10.0.0.1")).is_none());
    }
}
