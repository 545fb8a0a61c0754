//! Ports of a site's own: the same wherever and whenever it is rendered, as far as they do not collide.

use std::collections::BTreeMap;

/// The ports given out at a site.
#[derive(Debug, Default)]
pub(super) struct Ports {
    given: BTreeMap<u16, String>,
    spent: bool,
}

/// Where ports of our own begin, and how many there are: below what systems use for outgoing connections.
const FIRST: u16 = 20_000;
pub(super) const COUNT: u16 = 10_000;

impl Ports {
    /// The port for a key: from a hash of the key, or the next free one.
    pub(super) fn allocate(&mut self, key: &str) -> u16 {
        let digest = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
        let bytes = digest.as_ref();
        let start = u16::from_be_bytes([bytes[0], bytes[1]]) % COUNT;
        let mut all = (0..COUNT).map(|i| FIRST + (start + i) % COUNT);
        let free = if self.spent { None } else { all.find(|port| !self.given.contains_key(port)) };
        self.spent = free.is_none();
        let port = free.unwrap_or(FIRST);
        self.given.insert(port, key.to_owned());
        port
    }

    /// The port for a key: the one it has, or one from a hash of the key.
    pub(super) fn keep(&mut self, key: &str) -> u16 {
        self.held(key).unwrap_or_else(|| self.allocate(key))
    }

    fn held(&self, key: &str) -> Option<u16> {
        self.given.iter().find(|(_, holder)| *holder == key).map(|(port, _)| *port)
    }

    /// The port for a key, from `first` on: the one it has, or the first that nobody has.
    pub(super) fn from(&mut self, first: u16, key: &str) -> Option<u16> {
        let port = match self.held(key) {
            Some(port) => port,
            None => (first..=u16::MAX).find(|port| !self.given.contains_key(port))?,
        };
        self.given.insert(port, key.to_owned());
        Some(port)
    }

    /// Whether more were asked for than there are.
    pub(super) fn are_spent(&self) -> bool {
        self.spent
    }

    /// Takes a port somebody wants. Gives who has it, if somebody else does.
    pub(super) fn take(&mut self, port: u16, key: &str) -> Result<u16, String> {
        match self.given.get(&port) {
            Some(other) if other != key => Err(other.clone()),
            _ => {
                self.given.insert(port, key.to_owned());
                Ok(port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_port_and_collisions_are_resolved() {
        let mut ports = Ports::default();
        let port = ports.allocate("a");
        assert_eq!(Ports::default().allocate("a"), port);
        assert_eq!(ports.allocate("a"), FIRST + (port - FIRST + 1) % COUNT);
        assert_eq!((ports.keep("b"), ports.keep("b")), (ports.keep("b"), Ports::default().allocate("b")));
        assert_eq!(ports.take(80, "x"), Ok(80));
        assert_eq!(ports.take(80, "y"), Err("x".to_owned()));
        assert_eq!((ports.from(80, "y"), ports.from(80, "z"), ports.from(80, "y")), (Some(81), Some(82), Some(81)));
        assert_eq!((ports.from(u16::MAX, "a big one"), ports.from(u16::MAX, "another")), (Some(u16::MAX), None));
    }
}
