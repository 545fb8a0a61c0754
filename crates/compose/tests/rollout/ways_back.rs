//! What sites go back to, and when.

use crate::fleet::label;
use crate::{STORY, fleet, one_wave, stage};
use compose::deploy::rollout::{Command, Hold, Refused, Seen, Stage, State};

#[test]
fn sites_that_fail_go_back_each_or_all_or_stay_as_the_deployment_says() {
    let play = |on_failure: &str| {
        let spec = one_wave(", max: 2, stopAt: 50%", &format!("    onFailure: {on_failure}\n"));
        let mut fleet = fleet(&spec, 4).with("v1");
        fleet.release("v2");
        fleet.make(&["store-2", "store-3"], "v2", State::Failed);
        fleet.settle();
        fleet
    };
    let each = play("rollback-site");
    assert_eq!((each.offered("v2"), each.offered("v1")), (vec!["store-1", "store-4"], vec!["store-2", "store-3"]));
    let stay = play("pause");
    assert_eq!(stay.offered("v2").len(), 4);
    assert_eq!(stay.progress.hold, Some(Hold::Stopped { wave: label("all") }));
    let all = play("rollback-all");
    assert_eq!((all.offered("v1").len(), all.progress.hold.clone()), (4, Some(Hold::RolledBack)));
}

#[test]
fn a_site_that_had_nothing_before_keeps_what_it_has_when_it_fails() {
    let mut fleet = fleet(&one_wave("", ""), 2);
    fleet.release("v1");
    fleet.make(&["store-1"], "v1", State::Failed);
    fleet.settle();
    assert_eq!(fleet.offered("v1"), ["store-1", "store-2"]);
    assert!(matches!(stage(&fleet, "store-1"), Some(Stage::Failed { returned: false, .. })));
    assert_eq!(fleet.order(Command::Rollback), Err(Refused::NothingBack));
}

#[test]
fn whoever_follows_facts_keeps_the_way_back_to_the_release_before() {
    let mut fleet = fleet(&one_wave("", ""), 3).with("v1");
    fleet.release("v2");
    fleet.finish();
    // A participant fills in a note; headquarters has a door for every store that joins.
    fleet.fact("store-1", Some("v2 with a note"));
    fleet.finish();
    for doors in 1..=3 {
        fleet.fact("store-2", Some(&format!("v2 with {doors} doors")));
        fleet.finish();
    }
    assert_eq!(fleet.offered("v2 with 3 doors"), ["store-2"]);
    fleet.order(Command::Rollback).expect("back");
    assert_eq!(fleet.offered("v1").len(), 3);
    // The next release can be taken back to what was there before it, facts included.
    fleet.release("v3");
    fleet.finish();
    fleet.fact("store-1", Some("v3 with a note"));
    fleet.finish();
    fleet.release("v4");
    fleet.finish();
    fleet.order(Command::Rollback).expect("back");
    assert_eq!((fleet.offered("v3 with a note"), fleet.offered("v3")), (vec!["store-1"], vec!["store-2", "store-3"]));
}

#[test]
fn what_follows_from_facts_and_fails_takes_nobody_back_to_another_release() {
    let mut fleet = fleet(&one_wave("", ""), 2).with("v1");
    fleet.release("v2");
    fleet.finish();
    fleet.make(&["store-1"], "v2 with a taken port", State::Failed);
    fleet.fact("store-1", Some("v2 with a taken port"));
    fleet.finish();
    assert_eq!(fleet.offered("v2 with a taken port"), ["store-1"]);
    assert_eq!(fleet.progress.hold, Some(Hold::Stopped { wave: label("all") }));
    fleet.order(Command::Rollback).expect("a person may");
    assert_eq!(fleet.offered("v1").len(), 2);
}

#[test]
fn after_an_abort_those_who_were_not_healthy_go_back_and_the_healthy_stay() {
    let mut fleet = fleet(&one_wave(", max: 1", ""), 3).with("v1");
    fleet.make(&["store-2"], "v2", State::Applying);
    fleet.release("v2");
    fleet.settle();
    fleet.order(Command::Abort).expect("aborted");
    fleet.wait(86_400);
    assert_eq!((fleet.offered("v2"), fleet.offered("v1")), (vec!["store-1"], vec!["store-2", "store-3"]));
    assert_eq!(fleet.order(Command::Abort), Err(Refused::Ended));
    // A new release begins anew.
    fleet.release("v3");
    fleet.finish();
    assert_eq!(fleet.offered("v3").len(), 3);
}

#[test]
fn after_an_abort_those_who_failed_and_stayed_go_back_too() {
    let mut fleet = fleet(&one_wave(", stopAt: 50%", "    onFailure: pause\n"), 3).with("v1");
    fleet.release("v2");
    fleet.make(&["store-2", "store-3"], "v2", State::Failed);
    fleet.settle();
    assert_eq!(fleet.offered("v2").len(), 3, "they stay as they are");
    fleet.order(Command::Abort).expect("aborted");
    fleet.wait(86_400);
    assert_eq!((fleet.offered("v2"), fleet.offered("v1")), (vec!["store-1"], vec!["store-2", "store-3"]));
}

#[test]
fn a_rollback_takes_everybody_back_also_after_the_last_wave() {
    let mut fleet = fleet(STORY, 4).with("v1");
    fleet.release("v2");
    fleet.finish();
    fleet.order(Command::Promote).expect("promoted");
    fleet.finish();
    assert_eq!(fleet.offered("v2").len(), 4);
    fleet.order(Command::Rollback).expect("back");
    fleet.wait(86_400);
    assert_eq!(fleet.offered("v1").len(), 4, "at once, whatever the windows");
    assert_eq!(fleet.order(Command::Rollback), Err(Refused::NothingBack));
    // The same is tried again when a person says so, wave by wave.
    fleet.order(Command::Resume).expect("again");
    fleet.finish();
    assert_eq!(fleet.offered("v2").len(), 4);
}

#[test]
fn who_goes_back_to_the_release_before_has_nothing_left_of_the_stop() {
    let mut fleet = fleet(&one_wave(", max: 1", ""), 3).with("v1");
    fleet.release("v2");
    fleet.make(&["store-1"], "v2", State::Failed);
    fleet.settle();
    assert_eq!(fleet.progress.hold, Some(Hold::Stopped { wave: label("all") }));
    assert_eq!(fleet.offered("v1").len(), 3);
    fleet.release("v1");
    fleet.finish();
    assert_eq!((&fleet.progress.hold, fleet.offered("v1").len()), (&None, 3));
    let seen = Seen { online: true, ..Seen::default() };
    fleet.sites.insert(label("store-9"), seen);
    fleet.fact("store-9", Some("v1"));
    fleet.finish();
    assert_eq!(fleet.offered("v1").len(), 4, "who joins has it, too");
}
