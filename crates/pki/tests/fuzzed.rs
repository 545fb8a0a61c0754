//! What the fuzz targets do with what arrives from outside, over inputs near to genuine ones: nothing makes a parser fall over,
//! and nothing is accepted but what was issued and signed.

use proptest::{prelude::*, sample::Index};

#[path = "../../../fuzz/outside.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod outside;

use outside::GENUINE;

/// A change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize),
    End(Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => (any::<Index>(), 1_usize..40).prop_map(|(at, length)| Change::Cut(at, length)),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (any::<Index>(), 1_usize..200).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => any::<Index>().prop_map(Change::End),
    ]
}

fn changed(genuine: &[u8], changes: Vec<Change>) -> Vec<u8> {
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

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[test]
fn what_is_genuine_is_accepted() {
    pki::ticket::decode(&GENUINE.ticket).expect("a ticket");
    pki::Csr::parse(&GENUINE.csr).expect("a request");
    outside::ticket(&GENUINE.ticket);
    outside::csr(&GENUINE.csr);
    outside::certificate(&GENUINE.certificate);
    outside::trust(&GENUINE.trust);
    outside::chain(&GENUINE.chain);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_it_on_the_way_is_read_or_refused(changes in prop::collection::vec(change(), 1..4)) {
        outside::ticket(&text(changed(GENUINE.ticket.as_bytes(), changes.clone())));
        outside::csr(&changed(&GENUINE.csr, changes.clone()));
        outside::certificate(&changed(&GENUINE.certificate, changes.clone()));
        outside::trust(&changed(&GENUINE.trust, changes.clone()));
        outside::chain(&text(changed(GENUINE.chain.as_bytes(), changes)));
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        outside::csr(&bytes);
        outside::certificate(&bytes);
        outside::trust(&bytes);
        let text = text(bytes);
        outside::ticket(&text);
        outside::chain(&text);
    }
}
