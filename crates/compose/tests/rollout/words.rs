//! What is said of rollouts, and what may be written of them.

use crate::fleet::{Fleet, deployment};
use crate::{STORY, fleet, one_wave};
use compose::Source;
use compose::deploy::rollout::{Command, Outlook, Progress, step};
use compose::deploy::{Authored, missing};

#[test]
fn what_will_happen_is_said_wave_by_wave_before_it_does() {
    let mut fleet = fleet(STORY, 8).with("v1");
    fleet.release("v2");
    let look = |fleet: &Fleet| {
        Outlook::of(fleet.inputs(), &fleet.progress, &step(fleet.inputs(), &fleet.progress, fleet.now)).text()
    };
    let trial = "\nwave trial: underway\n    store-1: at once\nwave all: waiting\n    ";
    let rest = "store-2, store-3, store-4, store-5, store-6 and 2 more: ";
    assert_eq!(look(&fleet), format!("{trial}{rest}its wave all comes after trial\n"));
    fleet.finish();
    fleet.order(Command::Promote).expect("promoted");
    fleet.order(Command::Pause).expect("paused");
    let said = look(&fleet);
    assert!(said.starts_with("\nheld: it is paused since 2026-06-01T14:00:00Z\nwave trial: done\n"), "{said}");
    fleet.order(Command::Resume).expect("resumed");
    let said = look(&fleet);
    assert!(said.ends_with(&format!("{rest}the window night opens 2026-06-01T20:00:00Z\n")), "{said}");
    let mut at_once = self::fleet("", 2).with("v1");
    at_once.release("v2");
    assert_eq!(look(&at_once), "", "there is nothing to say");
}

#[test]
fn places_that_want_more_sites_than_there_are_say_how_many_are_missing() {
    let wants = deployment(
        "  places: {store: {classes: [store], count: 3}, hq: {classes: [hq], count: 1}, kiosk: {sites: [a]}}\n",
    );
    let filled = ["store", "hq", "store"];
    assert_eq!(missing(&wants, filled.into_iter()), ["place store has 2 of 3 sites: 1 missing"]);
}

#[test]
fn everything_wrong_with_a_rollout_is_said_with_its_place() {
    let read = |text: &str| Authored::read(&Source::new("d.yaml", text)).expect_err("wrong").render(|_| Some(text));
    let head = "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {name: x, network: y}\nspec:\n  application: a\n  rollout:\n";
    let form = read(&format!(
        "{head}    windows: {{night: {{from: '24:00', to: 5, zone: site}}}}\n    waves: []\n    deadline: soon\n    onFailure: ignore\n"
    ));
    let sense = read(&format!(
        "{head}    windows:\n      night: {{from: '22:00', to: '22:00', zone: Europe/Berln}}\n    waves:\n    - {{name: trial}}\n    \
         - {{name: trial, sites: [a], window: nigth}}\n    - {{name: rest, rest: true}}\n    - {{name: both, rest: true, sites: [b]}}\n    \
         - {{name: last, classes: [c], soak: 2h, max: 20%, stopAt: 5%}}\n"
    ));
    insta::assert_snapshot!([form, sense].join("\n=====\n"));
}

#[test]
fn what_is_kept_stays_short_and_may_lack_what_older_versions_did_not_know() {
    let mut fleet = fleet(&one_wave("", ""), 2).with("v1");
    for _ in 0..150 {
        fleet.order(Command::Pause).expect("paused");
        fleet.order(Command::Resume).expect("resumed");
    }
    assert_eq!(fleet.progress.history.len(), 200);
    assert_eq!(serde_json::from_str::<Progress>(r#"{"plan": 7, "later": true}"#).expect("progress").plan, 7);
}

#[test]
fn the_example_of_the_guide_is_a_rollout() {
    let guide = include_str!("../../../../docs/deploy.md");
    let (_, section) = guide.split_once("\n## Rollout\n").expect("a section");
    let example = section.split("```").nth(1).and_then(|fence| fence.strip_prefix("yaml\n")).expect("an example");
    let indented: String = example.lines().map(|line| format!("  {line}\n")).collect();
    assert_eq!(deployment(&indented).spec.rollout.expect("a rollout").waves.len(), 3);
}
