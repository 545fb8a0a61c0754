//! What people and participants say to a rollout.

use crate::fleet::{Fleet, deployment, label};
use crate::{TRIAL, fleet, one_wave, stage};
use compose::deploy::rollout::{Command, Declined, Hold, Order, Refused, Stage, State, Waiting, WaveState};

#[test]
fn two_people_who_promote_at_once_promote_one_wave() {
    let spec = "  rollout:\n    waves:\n    - {name: first, sites: [store-1], promote: manual}\n    \
                - {name: second, sites: [store-2], promote: manual}\n    - {name: third, rest: true}\n";
    let promote = |wave: &str| Order { wave: Some(label(wave)), ..Order::new(Command::Promote, "ada") };
    let mut fleet = fleet(spec, 3).with("v1");
    fleet.release("v2");
    fleet.settle();
    fleet.say(&promote("first")).expect("promoted");
    let other = Refused::OtherWave { under_way: label("second"), meant: label("first") };
    assert_eq!(fleet.say(&promote("first")), Err(other));
    let early = Refused::TooEarly { wave: label("second") };
    assert_eq!(fleet.order(Command::Promote), Err(early.clone()), "also who names no wave");
    assert_eq!(fleet.say(&promote("second")), Err(early));
    assert!(fleet.offered("v2").len() == 2 && fleet.progress.promoted.len() == 1);
    fleet.say(&Order { early: true, ..promote("second") }).expect("they say that they know");
    assert_eq!(fleet.offered("v2").len(), 3);
}

#[test]
fn what_a_participant_declined_goes_at_once_whatever_holds_the_rollout() {
    let both: &[&str] = &["shop/till", "shop/monitor"];
    let plan = |parts: &[&str], digest: &str| fleet::runs(&label("store-1"), parts, digest);
    let spec = one_wave(", window: night", "    windows: {night: {from: '22:00', to: '05:00', zone: Europe/Berlin}}\n")
        + "  guard: {maxRemovals: 0%}\n";
    let declined = |fleet: &mut Fleet, part: &str, parts: &[&str]| {
        let offered = plan(both, "both").gets;
        fleet.site("store-1").declined = Some(Declined { parts: [part.to_owned()].into(), offered });
        fleet.plan.sites.insert(label("store-1"), plan(parts, "less"));
    };
    let begins = || {
        let mut fleet = fleet(&spec, 2).with("both");
        fleet.plan.sites.insert(label("store-1"), plan(both, "both"));
        fleet.settle();
        fleet
    };
    // By day, paused, stopped for another reason, and when it is all the site has.
    let holds = [None, Some(Hold::Paused), Some(Hold::Aborted), Some(Hold::Stopped { wave: label("all") })];
    for (hold, parts) in holds.iter().flat_map(|hold| [(hold, &both[..1]), (hold, &[][..])]) {
        let mut fleet = begins();
        fleet.progress.hold.clone_from(hold);
        let part = if parts.is_empty() { "shop" } else { "shop/monitor" };
        declined(&mut fleet, part, parts);
        let done = fleet.settle();
        assert_eq!(fleet.offered("less"), ["store-1"], "{hold:?} {parts:?}");
        assert_eq!((&fleet.progress.hold, done.exceeded), (hold, None));
    }
    // What comes with something new, or takes what was not declined, waits.
    for (part, parts) in [("shop/monitor", &["shop/till", "shop/other"][..]), ("shop/mon", &both[..1])] {
        let mut fleet = begins();
        declined(&mut fleet, part, parts);
        fleet.settle();
        assert!(fleet.offered("less").is_empty(), "{part} {parts:?}");
    }
}

#[test]
fn a_rollout_that_is_stopped_says_so_and_a_wave_that_is_gone_stops_nothing() {
    let mut fleet = fleet(TRIAL, 3).with("v1");
    fleet.make(&["store-1"], "v2", State::Failed);
    fleet.release("v2");
    let done = fleet.settle();
    assert_eq!((done.waves[0].state, done.waves[0].failed), (WaveState::Stopped, 1));
    let mut without = fleet.clone();
    without.deployment = deployment("");
    without.finish();
    assert_eq!((without.offered("v2").len(), &without.progress.hold), (3, &None), "everything is offered at once");
    let mut renamed = fleet.clone();
    renamed.deployment = deployment(&TRIAL.replace("trial", "pilot"));
    renamed.makes.clear();
    renamed.finish();
    assert_eq!(renamed.offered("v2").len(), 3, "it is tried again");
    fleet.order(Command::Rollback).expect_err("nothing is there to go back from");
}

#[test]
fn a_person_pauses_and_nothing_begins_until_they_resume() {
    let mut fleet = fleet(&one_wave(", max: 1", ""), 3).with("v1");
    fleet.release("v2");
    fleet.step();
    let paused = fleet.order(Command::Pause).expect("paused");
    assert_eq!(paused.waiting.values().collect::<Vec<_>>(), [&Waiting::Held, &Waiting::Held]);
    fleet.wait(86_400);
    assert_eq!(fleet.offered("v2"), ["store-1"]);
    assert!(matches!(stage(&fleet, "store-1"), Some(Stage::Soaking { .. })), "it goes on");
    assert_eq!(fleet.order(Command::Pause), Err(Refused::Paused));
    assert_eq!(fleet.order(Command::Promote), Err(Refused::Held));
    // Another release does not take it up.
    fleet.release("v3");
    fleet.wait(86_400);
    assert!(fleet.offered("v3").is_empty());
    fleet.order(Command::Resume).expect("resumed");
    fleet.finish();
    assert_eq!(fleet.offered("v3").len(), 3);
    assert_eq!(fleet.order(Command::Resume), Err(Refused::GoesOn));
}

#[test]
fn a_stop_ends_by_promoting_by_resuming_or_by_another_release() {
    let stopped = || {
        let mut fleet = fleet(&one_wave(", max: 1", ""), 3).with("v1");
        fleet.make(&["store-1"], "v2", State::Failed);
        fleet.release("v2");
        fleet.settle();
        assert!(fleet.progress.hold.is_some());
        fleet
    };
    let mut promoted = stopped();
    promoted.order(Command::Promote).expect("promoted");
    promoted.finish();
    assert_eq!((promoted.offered("v1"), promoted.offered("v2").len()), (vec!["store-1"], 2), "it is not tried again");
    let mut resumed = stopped();
    resumed.makes.clear();
    resumed.order(Command::Resume).expect("resumed");
    resumed.finish();
    assert_eq!(resumed.offered("v2").len(), 3, "it is tried again");
    let mut fixed = stopped();
    fixed.release("v3");
    fixed.finish();
    assert_eq!(fixed.offered("v3").len(), 3);
    assert_eq!(fixed.kept[&label("store-1")].digest, "v1");
}

#[test]
fn more_removals_than_the_guard_allows_hold_everything_until_they_are_allowed() {
    let mut fleet = fleet(&(one_wave("", "") + "  guard: {maxRemovals: 25%}\n"), 4).with("v1");
    fleet.release("v2");
    fleet.finish();
    fleet.fact("store-1", None);
    fleet.finish();
    assert_eq!(fleet.offered("nothing"), ["store-1"], "one of four is 25 %");
    fleet.fact("store-1", Some("v2"));
    fleet.finish();
    fleet.fact("store-1", None);
    fleet.fact("store-2", None);
    fleet.fact("store-3", Some("v2 with a door"));
    let held = fleet.finish();
    assert_eq!(held.exceeded.map(|exceeded| (exceeded.removals, exceeded.of)), Some((2, 4)));
    assert!(held.waiting.values().all(|waiting| *waiting == Waiting::Guard) && held.waiting.len() == 3);
    fleet.order(Command::AllowRemovals).expect("allowed");
    assert_eq!(fleet.offered("nothing"), ["store-1", "store-2"]);
    fleet.finish();
    assert_eq!(fleet.order(Command::AllowRemovals), Err(Refused::NotGuarded));
    // What was allowed once is not allowed for ever.
    fleet.fact("store-1", Some("v2"));
    fleet.fact("store-2", Some("v2"));
    fleet.finish();
    fleet.fact("store-1", None);
    fleet.fact("store-2", None);
    assert!(fleet.finish().exceeded.is_some());
}
