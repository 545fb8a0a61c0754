//! What the fuzz target does with what a participant may write at their site, over texts near to a genuine one.

use proptest::prelude::*;

#[path = "../../../fuzz/changes.rs"]
#[expect(unreachable_pub, dead_code, reason = "other tests use it as well, and all of it")]
mod changes;
#[path = "../../../fuzz/settings.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod settings;

use changes::{change, changed};

#[test]
fn what_a_participant_has_configured_is_read() {
    let config = settings::local(settings::GENUINE.as_bytes()).expect("it is read");
    assert_eq!((config.listeners.len(), config.adapted_connectors.len()), (1, 1));
    assert!(config.prefer.is_some() && config.proxy.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_it_is_refused_or_means_the_same_when_it_is_written_again(
        changes in prop::collection::vec(change(), 1..4),
        any in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        settings::local(&changed(settings::GENUINE.as_bytes(), changes));
        settings::local(&any);
    }
}
