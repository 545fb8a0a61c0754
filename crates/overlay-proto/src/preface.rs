//! The preface of a data connection: proof that it belongs to a link, without certificates or bearer tokens.
//!
//! Both ends of the link know K, [`KEY_LEN`] bytes exported from the TLS session of its control channel under
//! [`EXPORTER_LABEL`] (no context). The dialler of the data connection sends the link's id, a number never used before on
//! this link, and HMAC-SHA256(K, …) over both; the acceptor answers with its own. The number then names the connection on
//! the control channel.

use std::fmt;

use ring::hmac;

mod window;

pub use window::ReplayWindow;

/// The label under which K is exported from TLS (RFC 8446, 7.5).
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-skx-data-v1";
/// The length of K.
pub const KEY_LEN: usize = 32;
/// The length of a link's id.
pub const LINK_ID_LEN: usize = 16;
/// The length of what the dialler sends.
pub const DIAL_LEN: usize = 4 + 1 + LINK_ID_LEN + 8 + TAG_LEN;
/// The length of the acceptor's answer.
pub const ACCEPT_LEN: usize = 4 + 8 + TAG_LEN;
/// The first byte of a preface. A TLS record begins with 0x16: both may arrive at one port.
pub const FIRST_BYTE: u8 = MAGIC[0];

const MAGIC: [u8; 4] = *b"SKXD";
const VERSION: u8 = 1;
const TAG_LEN: usize = 32;
const DIAL: &[u8] = b"skx-data-dial\0";
const ACCEPT: &[u8] = b"skx-data-accept\0";

/// Names a link in prefaces: sixteen random bytes that the acceptor of the link chose.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WireLinkId(pub [u8; LINK_ID_LEN]);

impl WireLinkId {
    /// Reads the id from a [`Hello`](crate::link::Hello).
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for WireLinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why a preface is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefaceError {
    /// The bytes are no preface.
    #[error("not the preface of a data connection")]
    Form,
    /// A preface of a version we do not speak.
    #[error("a preface of version {0}")]
    Version(u8),
    /// For another link, or another connection, than it should be.
    #[error("the preface is for another link or connection")]
    Other,
    /// The proof is wrong.
    #[error("the preface does not prove that it belongs to the link")]
    Proof,
    /// The number was used before, or is too old to tell.
    #[error("the connection's number {0} was used before")]
    Replayed(u64),
}

/// What a dialler claims. Nothing in it is proven before [`Key::verify_dial`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The link.
    pub link: WireLinkId,
    /// The connection's number.
    pub number: u64,
    tag: [u8; TAG_LEN],
}

impl Dial {
    /// Reads a dialler's preface, to find the link whose key decides.
    pub fn decode(bytes: &[u8; DIAL_LEN]) -> Result<Self, PrefaceError> {
        let (magic, rest) = bytes.split_first_chunk().ok_or(PrefaceError::Form)?;
        let ([version], rest) = rest.split_first_chunk().ok_or(PrefaceError::Form)?;
        let (link, rest) = rest.split_first_chunk().ok_or(PrefaceError::Form)?;
        let (number, rest) = rest.split_first_chunk().ok_or(PrefaceError::Form)?;
        let tag = rest.try_into().map_err(|_| PrefaceError::Form)?;
        match (*magic, *version) {
            (MAGIC, VERSION) => Ok(Self { link: WireLinkId(*link), number: u64::from_be_bytes(*number), tag }),
            (MAGIC, other) => Err(PrefaceError::Version(other)),
            _ => Err(PrefaceError::Form),
        }
    }
}

/// A link's key for prefaces. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct Key {
    key: hmac::Key,
    link: WireLinkId,
}

impl Key {
    /// The key of `link`, from the bytes exported from its control channel.
    pub fn new(exported: &[u8; KEY_LEN], link: WireLinkId) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, exported), link }
    }

    /// The preface with which connection `number` is dialled.
    pub fn dial(&self, number: u64) -> [u8; DIAL_LEN] {
        let mut out = [0; DIAL_LEN];
        let (head, tag) = out.split_at_mut(DIAL_LEN - TAG_LEN);
        head.copy_from_slice(&[&MAGIC[..], &[VERSION], &self.link.0, &number.to_be_bytes()].concat());
        tag.copy_from_slice(hmac::sign(&self.key, &self.signed(DIAL, number)).as_ref());
        out
    }

    /// Verifies a dialler's preface, in constant time, and takes its number: a second time it is refused.
    pub fn verify_dial(&self, dial: &Dial, window: &mut ReplayWindow) -> Result<u64, PrefaceError> {
        if dial.link != self.link {
            return Err(PrefaceError::Other);
        }
        hmac::verify(&self.key, &self.signed(DIAL, dial.number), &dial.tag).map_err(|_| PrefaceError::Proof)?;
        if !window.accept(dial.number) {
            return Err(PrefaceError::Replayed(dial.number));
        }
        Ok(dial.number)
    }

    /// The acceptor's answer for connection `number`.
    pub fn accept(&self, number: u64) -> [u8; ACCEPT_LEN] {
        let mut out = [0; ACCEPT_LEN];
        let (head, tag) = out.split_at_mut(ACCEPT_LEN - TAG_LEN);
        head.copy_from_slice(&[&MAGIC[..], &number.to_be_bytes()].concat());
        tag.copy_from_slice(hmac::sign(&self.key, &self.signed(ACCEPT, number)).as_ref());
        out
    }

    /// Verifies, in constant time, that `bytes` are the acceptor's answer for connection `number`.
    pub fn verify_accept(&self, number: u64, bytes: &[u8; ACCEPT_LEN]) -> Result<(), PrefaceError> {
        let (magic, rest) = bytes.split_first_chunk::<4>().ok_or(PrefaceError::Form)?;
        let (answered, tag) = rest.split_first_chunk::<8>().ok_or(PrefaceError::Form)?;
        if *magic != MAGIC {
            return Err(PrefaceError::Form);
        }
        if u64::from_be_bytes(*answered) != number {
            return Err(PrefaceError::Other);
        }
        hmac::verify(&self.key, &self.signed(ACCEPT, number), tag).map_err(|_| PrefaceError::Proof)
    }

    fn signed(&self, context: &[u8], number: u64) -> Vec<u8> {
        [context, &self.link.0, &number.to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINK: WireLinkId = WireLinkId([7; LINK_ID_LEN]);

    fn key(byte: u8) -> Key {
        Key::new(&[byte; KEY_LEN], LINK)
    }

    fn verify(key: &Key, bytes: &[u8; DIAL_LEN]) -> Result<u64, PrefaceError> {
        key.verify_dial(&Dial::decode(bytes)?, &mut ReplayWindow::default())
    }

    proptest! {
        #[test]
        fn both_ends_of_a_link_recognise_each_other(number in 1..u64::MAX) {
            prop_assert_eq!(verify(&key(1), &key(1).dial(number)), Ok(number));
            prop_assert_eq!(key(1).verify_accept(number, &key(1).accept(number)), Ok(()));
        }

        #[test]
        fn no_changed_bit_goes_unnoticed(number in 1..u64::MAX, bit in 0..DIAL_LEN * 8) {
            let mut bytes = key(1).dial(number);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify(&key(1), &bytes).is_err());
            if bit < ACCEPT_LEN * 8 {
                let mut bytes = key(1).accept(number);
                bytes[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(key(1).verify_accept(number, &bytes).is_err());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), DIAL_LEN)) {
            let bytes: &[u8; DIAL_LEN] = bytes[..].try_into().expect("length");
            prop_assert!(verify(&key(1), bytes).is_err());
        }
    }

    #[test]
    fn a_preface_of_another_session_proves_nothing() {
        assert_eq!(verify(&key(1), &key(2).dial(1)), Err(PrefaceError::Proof));
        assert_eq!(key(1).verify_accept(1, &key(2).accept(1)), Err(PrefaceError::Proof));
    }

    #[test]
    fn a_preface_for_another_link_is_refused_even_with_the_same_key() {
        let other = Key::new(&[1; KEY_LEN], WireLinkId([8; LINK_ID_LEN]));
        assert_eq!(verify(&key(1), &other.dial(1)), Err(PrefaceError::Other));
        assert_eq!(key(1).verify_accept(1, &other.accept(1)), Err(PrefaceError::Proof));
    }

    #[test]
    fn a_dialler_cannot_be_answered_with_its_own_proof() {
        let dialled = key(1).dial(1);
        let mut reflected = [0; ACCEPT_LEN];
        reflected[..4].copy_from_slice(&dialled[..4]);
        reflected[4..].copy_from_slice(&dialled[DIAL_LEN - TAG_LEN - 8..]);
        assert_eq!(key(1).verify_accept(1, &reflected), Err(PrefaceError::Proof));
    }

    #[test]
    fn a_preface_works_once() {
        let (key, mut window) = (key(1), ReplayWindow::default());
        let dial = Dial::decode(&key.dial(3)).expect("well formed");
        assert_eq!(key.verify_dial(&dial, &mut window), Ok(3));
        assert_eq!(key.verify_dial(&dial, &mut window), Err(PrefaceError::Replayed(3)));
    }

    #[test]
    fn what_proves_nothing_takes_no_number() {
        let (key, mut window) = (key(1), ReplayWindow::default());
        let mut forged = key.dial(3);
        forged[DIAL_LEN - 1] ^= 1;
        let forged = Dial::decode(&forged).expect("well formed");
        assert_eq!(key.verify_dial(&forged, &mut window), Err(PrefaceError::Proof));
        let dial = Dial::decode(&key.dial(3)).expect("well formed");
        assert_eq!(key.verify_dial(&dial, &mut window), Ok(3));
    }

    #[test]
    fn other_versions_and_other_protocols_are_told_apart() {
        let mut bytes = key(1).dial(1);
        bytes[4] = 9;
        assert_eq!(Dial::decode(&bytes), Err(PrefaceError::Version(9)));
        bytes[0] = 0x16;
        assert_eq!(Dial::decode(&bytes), Err(PrefaceError::Form));
        assert_eq!(FIRST_BYTE, 0x53);
    }
}
