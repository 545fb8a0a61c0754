//! Who comes when: waves, thresholds, those who are away, and releases in between.

use crate::fleet::{Fleet, deployment, label};
use crate::{STORY, TRIAL, at, fleet, one_wave};
use compose::deploy::rollout::{Command, Event, Hold, Refused, Seen, State, Step, Target, Waiting, WaveState};
use compose::deploy::{Held, SitePlan};
use jiff::SignedDuration;

#[test]
fn a_trial_is_promoted_by_hand_and_the_rest_follow_by_night() {
    let mut fleet = fleet(STORY, 5).with("v1");
    fleet.site("store-4").labels.insert("timezone".to_owned(), "America/New_York".to_owned());
    fleet.site("store-5").online = false;
    fleet.release("v2");
    let mut told = String::new();
    let mut tell = |fleet: &mut Fleet, what: &str| {
        let done = fleet.settle();
        let waves: Vec<String> = done.waves.iter().map(|wave| format!("{}: {:?}", wave.name, wave.state)).collect();
        told += &format!("{} {what}\n    v2: {}; {}\n", fleet.now, fleet.offered("v2").join(" "), waves.join(", "));
        for (site, waiting) in &done.waiting {
            told += &format!("    {site} waits: {}\n", serde_json::to_string(waiting).expect("JSON"));
        }
        told += &format!("    again: {}\n", done.again.map_or_else(|| "-".to_owned(), |at| at.to_string()));
        done
    };
    tell(&mut fleet, "a release");
    fleet.now = at("2026-06-01T14:00:00Z");
    tell(&mut fleet, "the trial has soaked");
    fleet.now = at("2026-06-01T15:00:00Z");
    fleet.order(Command::Promote).expect("promoted");
    tell(&mut fleet, "a person promoted it");
    fleet.now = at("2026-06-01T20:00:00Z");
    // Two at once: the third waits for them.
    fleet.step();
    assert_eq!(fleet.offered("v2"), ["store-1", "store-2", "store-3"]);
    tell(&mut fleet, "night in Berlin");
    fleet.now = at("2026-06-02T02:00:00Z");
    tell(&mut fleet, "night in New York");
    fleet.now = at("2026-06-02T12:00:00Z");
    fleet.site("store-5").online = true;
    tell(&mut fleet, "the fifth is back by day");
    fleet.now = at("2026-06-02T20:00:00Z");
    tell(&mut fleet, "the next night");
    insta::assert_snapshot!(format!("{told}\n{}", fleet.history()));
}

#[test]
fn without_a_rollout_everybody_gets_everything_at_once() {
    let mut fleet = fleet("", 5);
    fleet.release("v1");
    fleet.step();
    assert_eq!(fleet.offered("v1").len(), 5);
    fleet.settle();
    fleet.release("v2");
    fleet.make(&["store-2"], "v2", State::Failed);
    let done = fleet.settle();
    assert_eq!(fleet.offered("v2").len(), 5, "nothing is judged");
    assert_eq!((done.again, fleet.progress.hold.clone()), (None, None));
    // It may be held and taken back all the same.
    fleet.order(Command::Rollback).expect("back");
    assert_eq!(fleet.offered("v1").len(), 5);
    assert_eq!(fleet.order(Command::Promote), Err(Refused::Held));
    fleet.order(Command::Resume).expect("again");
    assert_eq!(fleet.offered("v2").len(), 5);
    assert_eq!(fleet.order(Command::Promote), Err(Refused::NoWave));
}

#[test]
fn the_stop_threshold_stops_at_its_share_and_not_before() {
    let mut fleet = fleet(&one_wave(", max: 1, stopAt: 10%", "    onFailure: pause\n"), 20).with("v1");
    fleet.release("v2");
    fleet.make(&["store-1", "store-3"], "v2", State::Failed);
    fleet.settle();
    // In the order of their names: store-1, store-10 to store-19, store-2, store-20, store-3.
    assert_eq!(fleet.progress.hold, Some(Hold::Stopped { wave: label("all") }));
    assert_eq!(fleet.offered("v2").len(), 14, "two of twenty are 10 %");
    let stopped = Event::Stopped { wave: label("all"), failed: 2, of: 20 };
    assert!(fleet.progress.history.iter().any(|entry| entry.event == stopped), "{}", fleet.history());
    // With one site more than twenty, two are less than 10 %.
    let mut more = self::fleet(&one_wave(", max: 1, stopAt: 10%", "    onFailure: pause\n"), 21).with("v1");
    more.release("v2");
    more.make(&["store-1", "store-3"], "v2", State::Failed);
    more.settle();
    assert_eq!((more.progress.hold.clone(), more.offered("v2").len()), (None, 21));
}

#[test]
fn one_failure_stops_a_wave_that_says_nothing_of_failures() {
    let mut fleet = fleet(&one_wave(", max: 1", ""), 3).with("v1");
    fleet.release("v2");
    fleet.make(&["store-1"], "v2", State::Failed);
    fleet.settle();
    assert_eq!(fleet.progress.hold, Some(Hold::Stopped { wave: label("all") }));
    assert_eq!(fleet.offered("v1").len(), 3, "the one goes back, and the others did not begin");
}

#[test]
fn a_wave_in_which_nobody_is_healthy_has_tried_nothing_and_waits_for_a_person() {
    let offline = |fleet: &mut Fleet| fleet.site("store-1").online = false;
    let silent = |fleet: &mut Fleet| fleet.make(&["store-1"], "v2", State::AwaitingConsent);
    let declines = |fleet: &mut Fleet| fleet.make(&["store-1"], "v2", State::Declined);
    let barred = |fleet: &mut Fleet| {
        let had = fleet.plan.sites[&label("store-1")].clone();
        let held = Some(Held::Declined { parts: ["shop/till".to_owned()].into() });
        fleet.plan.sites.insert(label("store-1"), SitePlan { digest: "v1".to_owned(), held, ..had });
    };
    let dies: fn(&mut Fleet) = |fleet| {
        fleet.deployment = deployment(&TRIAL.replace("[store-1]", "[store-1], soak: 1h"));
        fleet.settle();
        fleet.site("store-1").online = false;
    };
    type Absence<'a> = (&'a str, &'a dyn Fn(&mut Fleet));
    let each: [Absence<'_>; 5] = [
        ("offline", &offline),
        ("whose participant says nothing", &silent),
        ("whose participant declines", &declines),
        ("held for what was declined", &barred),
        ("offline by it", &dies),
    ];
    for (what, happens) in each {
        let mut fleet = fleet(TRIAL, 3).with("v1");
        fleet.release("v2");
        happens(&mut fleet);
        fleet.finish();
        fleet.wait(86_400);
        let done = fleet.step();
        assert_eq!((done.waves[0].state, done.waves[0].away), (WaveState::Untested, 1), "{what}");
        assert!(!fleet.offered("v2").contains(&"store-2"), "{what}");
        fleet.order(Command::Promote).expect("a person goes on");
        fleet.finish();
        assert!(fleet.offered("v2").contains(&"store-2"), "{what}");
    }
    // Who comes back goes on by itself.
    let mut fleet = fleet(TRIAL, 3).with("v1");
    fleet.release("v2");
    offline(&mut fleet);
    fleet.settle();
    fleet.site("store-1").online = true;
    fleet.finish();
    assert_eq!(fleet.offered("v2").len(), 3);
}

#[test]
fn a_site_that_began_and_loses_its_controller_is_waited_for() {
    let mut fleet = fleet(&TRIAL.replace("[store-1]", "[store-1], soak: 1h"), 3).with("v1");
    fleet.release("v2");
    fleet.settle();
    let is = |step: &Step| (step.waves[0].state, step.waves[0].underway, step.waves[0].away);
    assert_eq!(is(&fleet.step()), (WaveState::Soaking, 0, 0));
    let left = fleet.now;
    fleet.site("store-1").online = false;
    fleet.site("store-1").left = Some(left);
    let begun = fleet.step();
    assert_eq!((is(&begun), begun.again), ((WaveState::Underway, 1, 0), Some(left + SignedDuration::from_secs(90))));
    fleet.wait(89);
    assert_eq!(is(&fleet.step()), (WaveState::Underway, 1, 0));
    fleet.wait(1);
    assert_eq!(is(&fleet.step()), (WaveState::Untested, 0, 1), "nobody knows when it is back");
    fleet.site("store-1").online = true;
    fleet.site("store-1").left = None;
    assert_eq!(is(&fleet.step()), (WaveState::Soaking, 0, 0));
}

#[test]
fn whoever_is_away_blocks_no_wave_and_counts_for_nothing() {
    let spec = "  rollout:\n    waves:\n    - {name: first, labels: {first: 'yes'}, stopAt: 50%}\n    - {name: all, rest: true}\n";
    let mut fleet = fleet(spec, 6).with("v1");
    for site in ["store-1", "store-2", "store-3", "store-4", "store-5"] {
        fleet.site(site).labels.insert("first".to_owned(), "yes".to_owned());
    }
    fleet.release("v2");
    fleet.site("store-1").online = false;
    fleet.make(&["store-2"], "v2", State::AwaitingConsent);
    fleet.make(&["store-3"], "v2", State::Declined);
    fleet.settle();
    assert_eq!(fleet.offered("v1"), ["store-1"], "the others got theirs, and so did the next wave");
    // One of two that count is half.
    fleet.make(&["store-4"], "v3", State::Failed);
    fleet.make(&["store-2"], "v3", State::AwaitingConsent);
    fleet.make(&["store-3"], "v3", State::Declined);
    fleet.release("v3");
    fleet.settle();
    assert_eq!(fleet.progress.hold, Some(Hold::Stopped { wave: label("first") }));
}

#[test]
fn a_site_that_is_offline_through_three_releases_ends_at_the_newest() {
    let mut fleet = fleet(&one_wave("", ""), 3).with("v1");
    fleet.site("store-2").online = false;
    for version in ["v2", "v3", "v4"] {
        fleet.release(version);
        fleet.finish();
        assert_eq!(fleet.offered("v1"), ["store-2"], "nothing is waited for");
    }
    fleet.site("store-2").online = true;
    fleet.finish();
    assert_eq!(fleet.offered("v4").len(), 3);
    assert_eq!(fleet.kept[&label("store-2")].digest, "v1");
}

#[test]
fn another_release_begins_the_waves_again_and_facts_do_not() {
    let mut fleet = fleet(STORY, 3).with("v1");
    fleet.release("v2");
    fleet.finish();
    fleet.order(Command::Promote).expect("promoted");
    fleet.finish();
    // Headquarters' door for a store that joins, and the store itself, need no new trial, and wait for the night.
    let seen = Seen { online: true, labels: fleet.sites["store-2"].labels.clone(), ..Seen::default() };
    fleet.sites.insert(label("store-9"), seen);
    fleet.now = at("2026-06-05T12:00:00Z");
    fleet.fact("store-9", Some("v2"));
    fleet.fact("store-2", Some("v2 with a door"));
    let done = fleet.settle();
    assert!(done.waiting.values().all(|waiting| matches!(waiting, Waiting::Window { .. })) && done.waiting.len() == 2);
    fleet.fact("store-1", Some("v2 with a window"));
    fleet.settle();
    assert_eq!(fleet.offered("v2 with a window"), ["store-1"], "the trial wave has no window");
    fleet.finish();
    assert_eq!(fleet.offered("v2 with a door"), ["store-2"]);
    // A new release goes by the trial again, also while another is under way.
    for version in ["v3", "v4"] {
        fleet.release(version);
        fleet.finish();
        assert_eq!(fleet.offered(version), ["store-1"]);
    }
}

#[test]
fn a_change_of_how_it_is_rolled_out_begins_nothing_again() {
    let mut fleet = fleet(STORY, 3).with("v1");
    fleet.release("v2");
    fleet.finish();
    fleet.order(Command::Promote).expect("promoted");
    fleet.deployment = deployment(&STORY.replace("max: 2", "max: 1"));
    fleet.step();
    fleet.finish();
    assert_eq!(fleet.offered("v2").len(), 3);
    assert_eq!(fleet.progress.history.iter().filter(|entry| matches!(entry.event, Event::Began { .. })).count(), 1);
}

#[test]
fn a_site_of_which_nothing_is_known_stays_as_it_is() {
    let mut fleet = fleet(&one_wave("", ""), 3).with("v1");
    let silent = fleet.sites.remove("store-2");
    fleet.fact("store-2", None);
    fleet.fact("store-1", Some("v2"));
    let done = fleet.settle();
    assert_eq!(done.targets["store-2"], Target::Stay);
    assert_eq!(fleet.offered("v2"), ["store-1"]);
    fleet.sites.extend(silent.map(|seen| (label("store-2"), seen)));
    fleet.settle();
    assert_eq!(fleet.offered("nothing"), ["store-2"]);
}
