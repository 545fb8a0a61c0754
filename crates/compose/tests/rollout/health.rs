//! When a site counts as healthy, and when as failed.

use crate::fleet::label;
use crate::{TRIAL, at, fleet, one_wave, stage};
use compose::deploy::rollout::{Hold, Stage, State, Traffic, WaveState};

#[test]
fn a_site_has_the_deadline_to_be_healthy_and_not_a_second_more() {
    for state in [State::Applying, State::Degraded] {
        let mut fleet = fleet(&one_wave("", "    deadline: 5m\n"), 1).with("v1");
        fleet.release("v2");
        fleet.make(&["store-1"], "v2", state);
        let done = fleet.settle();
        assert_eq!(done.again, Some(at("2026-06-01T12:05:00Z")));
        fleet.wait(299);
        assert!(matches!(stage(&fleet, "store-1"), Some(Stage::Underway { .. })));
        fleet.wait(1);
        assert!(matches!(stage(&fleet, "store-1"), Some(Stage::Failed { returned: true, .. })));
        assert_eq!(fleet.offered("v1"), ["store-1"]);
    }
}

#[test]
fn a_wave_soaks_to_the_second_and_anew_after_it_was_not_healthy() {
    let spec =
        "  rollout:\n    waves:\n    - {name: trial, sites: [store-1], soak: 1h}\n    - {name: all, rest: true}\n";
    let mut fleet = fleet(spec, 2).with("v1");
    fleet.release("v2");
    let done = fleet.settle();
    assert_eq!((done.waves[0].state, done.again), (WaveState::Soaking, Some(at("2026-06-01T13:00:00Z"))));
    fleet.wait(3000);
    fleet.make(&["store-1"], "v2", State::Degraded);
    fleet.answer();
    let done = fleet.settle();
    assert_eq!(done.waves[0].state, WaveState::Underway);
    fleet.make(&["store-1"], "v2", State::Healthy);
    fleet.answer();
    fleet.settle();
    fleet.wait(3599);
    assert_eq!(fleet.offered("v2"), ["store-1"]);
    fleet.wait(1);
    assert_eq!(fleet.offered("v2"), ["store-1", "store-2"]);
}

#[test]
fn connections_that_come_to_nothing_are_a_failure_once_there_are_enough() {
    let mut fleet = fleet(&one_wave(", soak: 1h", "    maxErrors: 20%\n"), 1).with("v1");
    fleet.release("v2");
    fleet.settle();
    for (connections, errors, failed) in [(9, 9, false), (10, 2, false), (10, 3, true)] {
        fleet.site("store-1").traffic = Traffic { connections, errors };
        fleet.settle();
        assert_eq!(fleet.offered("v1").len() == 1, failed, "{errors} of {connections}");
    }
    let Some(Stage::Failed { why, .. }) = stage(&fleet, "store-1") else { panic!("it failed") };
    assert_eq!(why, "3 of 10 connections at its addresses came to nothing");
}

#[test]
fn a_site_at_which_workloads_are_started_again_and_again_is_not_healthy_however_well_it_is_in_between() {
    let mut fleet = fleet(TRIAL, 3).with("v1");
    fleet.release("v2");
    fleet.make(&["store-1"], "v2", State::Applying);
    fleet.settle();
    fleet.make(&["store-1"], "v2", State::Healthy);
    for restarts in 1..=14 {
        fleet.restarts.insert(label("store-1"), restarts);
        fleet.answer();
        fleet.settle();
        assert_eq!(fleet.offered("v2").len(), usize::from(restarts < 12), "{}", fleet.now);
        fleet.now += jiff::SignedDuration::from_secs(55);
    }
    let Some(Stage::Failed { why, returned: true, .. }) = stage(&fleet, "store-1") else { panic!("it went back") };
    assert_eq!(why, "it was not healthy for 10m");
    assert_eq!(fleet.progress.hold, Some(Hold::Stopped { wave: label("trial") }));
}

#[test]
fn a_site_at_which_a_workload_was_started_again_is_healthy_after_a_calm_minute() {
    let mut fleet = fleet(TRIAL, 2).with("v1");
    fleet.restarts.insert(label("store-1"), 7);
    fleet.answer();
    fleet.release("v2");
    fleet.make(&["store-1"], "v2", State::Applying);
    fleet.settle();
    fleet.restarts.insert(label("store-1"), 8);
    fleet.make(&["store-1"], "v2", State::Healthy);
    fleet.answer();
    let done = fleet.settle();
    assert_eq!((fleet.offered("v2"), done.again), (vec!["store-1"], Some(at("2026-06-01T12:01:00Z"))));
    fleet.wait(60);
    assert_eq!(fleet.offered("v2").len(), 2);
    // Whoever counts anew was started itself, and nothing else.
    fleet.restarts.insert(label("store-2"), 0);
    fleet.answer();
    fleet.settle();
    assert_eq!(stage(&fleet, "store-2"), Some(&Stage::Done));
}

#[test]
fn a_site_that_is_well_for_moments_while_it_soaks_has_the_deadline_once_and_not_each_time_anew() {
    let mut fleet = fleet(&one_wave(", soak: 5m", "    deadline: 10m\n"), 1).with("v1");
    fleet.release("v2");
    fleet.settle();
    let mut said = vec![];
    for _ in 0..12 {
        // Ill for a minute, well for half of one.
        for (state, seconds) in [(State::Degraded, 60), (State::Healthy, 30)] {
            fleet.make(&["store-1"], "v2", state);
            fleet.answer();
            fleet.settle();
            fleet.wait(seconds);
        }
        said.push(fleet.offered("v2").len());
    }
    assert_eq!(said, [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0], "ten minutes of illness are what it may have");
    // A site that was well for as long as it has to soak has all of its time again.
    let mut well = self::fleet(&one_wave(", soak: 5m", "    deadline: 10m\n"), 2).with("v1");
    well.release("v2");
    well.make(&["store-2"], "v2", State::Applying);
    well.settle();
    well.now += jiff::SignedDuration::from_mins(9);
    well.make(&["store-2"], "v2", State::Healthy);
    well.settle();
    well.wait(200);
    well.make(&["store-2"], "v2", State::Degraded);
    well.answer();
    well.settle();
    well.wait(59);
    assert!(matches!(stage(&well, "store-2"), Some(Stage::Underway { .. })));
    well.wait(1);
    assert!(matches!(stage(&well, "store-2"), Some(Stage::Failed { .. })));
}

#[test]
fn whoever_goes_offline_with_an_offer_has_time_when_they_are_back() {
    let mut fleet = fleet(&one_wave("", ""), 2).with("v1");
    fleet.release("v2");
    fleet.step();
    fleet.site("store-1").online = false;
    fleet.wait(7200);
    assert!(matches!(stage(&fleet, "store-2"), Some(Stage::Done)));
    assert_eq!(stage(&fleet, "store-1"), Some(&Stage::Underway { unwell: None }));
    fleet.site("store-1").online = true;
    fleet.finish();
    assert_eq!(stage(&fleet, "store-1"), Some(&Stage::Done));
}
