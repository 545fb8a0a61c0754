//! When a wave may begin, by the clocks of the sites.

use crate::fleet::{deployment, label};
use crate::{STORY, at, fleet, one_wave};
use compose::deploy::rollout::{Command, Waiting, WaveState, zone};

#[test]
fn a_site_without_a_time_zone_waits_and_says_so() {
    let mut fleet = fleet(&STORY.replace("sites: [store-1]", "sites: [nobody]"), 3).with("v1");
    fleet.site("store-1").labels.insert("timezone".to_owned(), "Mars/Olympus".to_owned());
    fleet.site("store-2").labels.clear();
    fleet.release("v2");
    fleet.settle();
    fleet.order(Command::Promote).expect("promoted");
    let done = fleet.finish();
    let nowhere = Waiting::Zone { window: label("night") };
    assert_eq!((&done.waiting["store-1"], &done.waiting["store-2"]), (&nowhere, &nowhere));
    assert_eq!(done.waves[1].state, WaveState::Done, "nobody waits for them");
    assert_eq!(fleet.offered("v2"), ["store-3"]);
}

#[test]
fn a_window_is_open_from_its_first_second_to_its_last() {
    let spec = one_wave(", window: night", "    windows: {night: {from: '22:00', to: '05:00', zone: Europe/Berlin}}\n");
    for (time, open) in [
        ("2026-06-01T19:59:59Z", false),
        ("2026-06-01T20:00:00Z", true),
        ("2026-06-01T22:30:00Z", true),
        ("2026-06-02T02:59:59Z", true),
        ("2026-06-02T03:00:00Z", false),
        // In winter, an hour later.
        ("2026-12-01T20:59:59Z", false),
        ("2026-12-01T21:00:00Z", true),
        ("2026-12-02T03:59:59Z", true),
        ("2026-12-02T04:00:00Z", false),
    ] {
        let mut fleet = fleet(&spec, 1).with("v1");
        fleet.now = at(time);
        fleet.release("v2");
        let done = fleet.step();
        assert_eq!(fleet.offered("v2").len() == 1, open, "{time}");
        if !open {
            let opens = done.again.expect("it opens");
            fleet.now = opens - jiff::SignedDuration::from_secs(1);
            fleet.step();
            assert!(fleet.offered("v2").is_empty(), "{time}");
            fleet.now = opens;
            fleet.step();
            assert_eq!(fleet.offered("v2").len(), 1, "{time}");
        }
    }
}

#[test]
fn windows_go_by_the_clock_on_the_wall_when_clocks_are_changed() {
    let window = |from: &str, to: &str| {
        let spec = format!("    windows: {{w: {{from: '{from}', to: '{to}', zone: Europe/Berlin}}}}\n");
        deployment(&one_wave("", &spec)).spec.rollout.expect("a rollout").windows[&label("w")].clone()
    };
    let berlin = zone("Europe/Berlin").expect("Berlin");
    let opens =
        |from: &str, to: &str, now: &str| window(from, to).opens(&berlin, at(now)).expect("it opens").to_string();
    // On 2026-03-29, 02:00 to 03:00 is left out.
    assert_eq!(
        opens("02:30", "03:30", "2026-03-28T23:00:00Z"),
        "2026-03-29T01:00:00Z",
        "at 03:00, when clocks jump into it"
    );
    assert_eq!(opens("02:15", "02:45", "2026-03-28T23:00:00Z"), "2026-03-30T00:15:00Z", "not on that day");
    // On 2026-10-25, 02:00 to 03:00 is there twice.
    assert_eq!(opens("02:15", "02:45", "2026-10-24T23:00:00Z"), "2026-10-25T00:15:00Z");
    assert_eq!(opens("02:15", "02:45", "2026-10-25T00:45:00Z"), "2026-10-25T01:15:00Z", "the second time");
    assert_eq!(opens("02:15", "02:45", "2026-10-25T01:45:00Z"), "2026-10-26T01:15:00Z");
    // Samoa left out a whole day.
    let apia = zone("Pacific/Apia").expect("Apia");
    let opens = window("22:00", "23:00").opens(&apia, at("2011-12-30T09:30:00Z")).expect("it opens");
    assert_eq!(opens.to_string(), "2011-12-31T08:00:00Z");
}

#[test]
fn a_clock_that_is_put_back_delays_nothing_longer_than_it_may_take() {
    let mut fleet = fleet(&one_wave(", soak: 1h", ""), 1).with("v1");
    fleet.release("v2");
    fleet.settle();
    fleet.now = at("2026-06-01T02:00:00Z");
    let done = fleet.settle();
    assert_eq!(done.again, Some(at("2026-06-01T03:00:00Z")));
    fleet.now = at("2026-06-01T03:00:00Z");
    assert_eq!(fleet.settle().waves[0].state, WaveState::Done);
}
