//! What the fuzz target does with backups, over such as are near to genuine ones: nothing makes reading one fall over, and none is
//! taken that is not as it was written.

use proptest::{prelude::*, sample::Index};

#[path = "../../../fuzz/backups.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod backups;
#[path = "../../../fuzz/changes.rs"]
#[expect(unreachable_pub, dead_code, reason = "other tests use it as well, and all of it")]
mod changes;

use backups::GENUINE;
use changes::{change, changed};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_a_backup_it_is_refused_or_as_it_was_written(
        which in any::<Index>(),
        changes in prop::collection::vec(change(), 0..4),
    ) {
        backups::backup(&changed(&GENUINE[which.index(GENUINE.len())].bytes, changes));
    }

    #[test]
    fn any_bytes_are_no_backup(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        backups::backup(&bytes);
    }
}
