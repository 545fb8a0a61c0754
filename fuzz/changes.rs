// What becomes of genuine bytes on their way: for the ordinary tests that drive the fuzz targets.

use proptest::{prelude::*, sample::Index};

/// A change of some bytes.
#[derive(Clone, Debug)]
pub enum Change {
    Flip(Index, u8),
    Cut(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize),
    End(Index),
}

/// Any change.
pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => (any::<Index>(), 1_usize..40).prop_map(|(at, length)| Change::Cut(at, length)),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (any::<Index>(), 1_usize..200).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => any::<Index>().prop_map(Change::End),
    ]
}

/// What becomes of bytes by some changes.
pub fn changed(genuine: &[u8], changes: Vec<Change>) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let end = |at: usize, length: usize| at.saturating_add(length).min(bytes.len());
        match change {
            Change::Flip(at, bit) => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Change::Cut(at, length) => {
                let at = at.index(bytes.len());
                let end = end(at, length);
                bytes.drain(at..end);
            }
            Change::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new);
            }
            Change::Repeat(at, length) => {
                let at = at.index(bytes.len());
                let again = bytes[at..end(at, length)].to_vec();
                bytes.splice(at..at, again);
            }
            Change::End(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

/// Bytes as a text.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
