use std::{fs, path::Path};

use api::{DeploymentEvent, DeploymentSum};
use jiff::SignedDuration;
use model::{GenericUuid as _, SiteId};

use super::*;

/// When it is looked.
fn now() -> Timestamp {
    "2027-01-31T09:00:00Z".parse().expect("a time")
}

/// A site of which something was heard some seconds ago.
fn site(n: u64, state: State, ago: Option<i64>, message: &str) -> DeploymentSite {
    let runs = !matches!(state, State::WaitingWave | State::Pending | State::AwaitingConsent);
    DeploymentSite {
        site: format!("store-{n:04}").parse().expect("a name"),
        site_id: SiteId::from_untyped_uuid(uuid::Uuid::from_u128(u128::from(n))),
        state,
        since: ago.map(|ago| now() - SignedDuration::from_secs(ago)),
        observed: ago.map(|ago| now() - SignedDuration::from_secs(ago)),
        message: message.to_owned(),
        number: runs.then_some(2),
        planned: Some(2),
        declined: BTreeSet::new(),
        ready: u64::from(state == State::Healthy),
        all: u64::from(runs),
        workloads: vec![],
    }
}

fn status(sites: Vec<DeploymentSite>) -> DeploymentStatus {
    let mut sums = BTreeMap::<State, u64>::new();
    sites.iter().for_each(|site| *sums.entry(site.state).or_default() += 1);
    let part = DeploymentPart {
        part: "retail/till".to_owned(),
        ready: sites.iter().map(|site| site.ready).sum(),
        all: sites.iter().map(|site| site.all).sum(),
    };
    DeploymentStatus {
        deployment: "tills".parse().expect("a name"),
        network: "retail".parse().expect("a name"),
        release: format!("retail@sha256:{}", "9f".repeat(32)),
        number: Some(4),
        trouble: None,
        removing: false,
        sums: sums.into_iter().map(|(state, sites)| DeploymentSum { state, sites }).collect(),
        hold: None,
        missing: vec![],
        waves: vec![],
        history: vec![],
        parts: vec![part],
        sites,
    }
}

fn wave_of(name: &str, state: &str, sites: usize, [waiting, underway, healthy, failed]: [usize; 4]) -> DeploymentWave {
    let name = name.to_owned();
    DeploymentWave { name, state: state.to_owned(), sites, waiting, underway, healthy, failed, back: 0, away: 0 }
}

/// A rollout at a thousand sites, of which so many have it; every state is there.
fn rollout(have: u64) -> DeploymentStatus {
    let problems = [
        (State::Failed, "no room\nat all"),
        (State::Degraded, "till is not ready"),
        (State::RolledBack, "it went back to what it had: no room"),
        (State::Offline, "it was healthy when last heard of"),
        (State::Declined, "retail/monitor was declined"),
        (State::AwaitingConsent, "its participant is asked"),
    ];
    let one = |n: u64| match (usize::try_from(n).expect("small"), n) {
        (i, _) if i < 24 && have > 500 => {
            site(n, problems[i % 6].0, Some(60 * i64::try_from(n).expect("small")), problems[i % 6].1)
        }
        (_, n) if n < have => site(n, State::Healthy, Some(5), ""),
        (_, n) if n < have + 3 => site(n, State::Applying, Some(1), ""),
        (_, n) if n < have + 5 => site(n, State::Pending, None, "it has not said yet that it knows of its plan"),
        (_, n) if n < 990 => site(n, State::WaitingWave, Some(3_600), "as many of its wave are under way as may be"),
        (_, n) => site(n, State::WaitingWindow, Some(200_000), "the window night opens 2027-01-31T22:00:00Z"),
    };
    let (healthy, failed) = if have > 500 { (576, 4) } else { (400, 0) };
    DeploymentStatus {
        waves: vec![
            wave_of("trial", "done", 1, [0, 0, 1, 0]),
            wave_of("all", "underway", 999, [999 - 5 - healthy - failed, 5, healthy, failed]),
        ],
        history: vec![DeploymentEvent { at: now(), text: "wave all begins".to_owned() }],
        ..status((0..1_000).map(one).collect())
    }
}

/// Holds a text against what is kept of it; with UPDATE=1 in the environment, keeps it.
fn golden(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/deploy/status/words");
    let file = folder.join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, text).expect("it is written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, kept, "{name} differs; UPDATE=1 keeps what is shown now");
}

#[test]
fn three_sites_are_shown_each() {
    let three = status(vec![
        site(1, State::Healthy, Some(5), ""),
        site(2, State::Failed, Some(125), "no room\nat all"),
        site(3, State::Pending, None, "it has not said yet that it knows of its plan"),
    ]);
    golden("three.txt", &text(&three, false, now()));
}

#[test]
fn of_a_thousand_sites_those_that_want_looking_at_are_shown_and_the_others_counted() {
    let shown = text(&rollout(600), false, now());
    golden("thousand.txt", &shown);
    assert!(shown.lines().count() < 35, "it is a screenful");
    assert_eq!(text(&rollout(600), true, now()).matches("store-").count(), 1_000);
}

#[test]
fn who_follows_is_told_what_has_changed_the_problems_first_and_nothing_else() {
    let three = |state, message: &str| {
        let others = [site(1, State::Healthy, Some(5), ""), site(2, State::Healthy, Some(5), "")];
        status([others.to_vec(), vec![site(3, state, Some(125), message)]].concat())
    };
    let (before, after) = (three(State::Applying, ""), three(State::Failed, "no room\nat all"));
    assert_eq!(changed(&before, &before, now()), "");
    golden("three-next.txt", &changed(&before, &after, now()));
    golden("thousand-next.txt", &changed(&rollout(400), &rollout(600), now()));
    let mut fewer = rollout(600);
    fewer.sites.truncate(998);
    assert!(changed(&rollout(600), &fewer, now()).contains("no longer there: store-0998, store-0999"));
    // That a site was heard of is no news.
    let mut heard = before.clone();
    heard.sites[0].observed = Some(now());
    assert!(changed(&before, &heard, now()).is_empty() && is_same(&before, &heard) && !is_same(&before, &after));
}

#[test]
fn every_state_is_said_with_how_long_ago_it_was_heard_of() {
    for (seconds, said) in
        [(0, "0 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7_200, "2 h ago"), (172_800, "2 d ago")]
    {
        for state in State::ALL {
            let one = text(&status(vec![site(1, state, Some(seconds), "")]), false, now());
            assert!(one.contains(state.as_str()) && one.contains(said), "{one}");
        }
    }
    assert!(text(&status(vec![site(1, State::Pending, None, "")]), false, now()).contains("never"));
}
