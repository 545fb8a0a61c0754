//! What the fuzz targets do with what arrives from outside, over inputs near to genuine ones: nothing makes a parser fall over,
//! and nothing is accepted but what was issued and signed.

use proptest::prelude::*;

#[path = "../../../fuzz/changes.rs"]
#[expect(unreachable_pub, reason = "other tests use it as well")]
mod changes;
#[path = "../../../fuzz/outside.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod outside;

use changes::{change, changed, text};
use outside::GENUINE;

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
