//! Sites whose certificates expire while they are away, and sites whose clocks are wrong.

use std::sync::atomic::{AtomicU8, Ordering};

use jiff::{SignedDuration, Timestamp};
use model::{ListenerId, ticket::Ticket};
use pki::Validity;

use super::{
    backbone::Backbone,
    flow::{invite, refusal, stored},
    site::{Home, Running},
};
use crate::{
    fixture::{self, ManualClock, now},
    join::{Applied, Wishes, apply},
    state::{Change, End, LocalConfig},
};

/// The last byte of the next address for a listener of a site's own: tests that run together share none.
static OWN: AtomicU8 = AtomicU8::new(1);

fn hour(n: i64) -> Timestamp {
    now() + SignedDuration::from_hours(n)
}

/// A member whose certificate lives for three hours, and may be renewed for two more; it has a listener of its own.
async fn member(clock: &ManualClock, site_clock: &ManualClock) -> (Backbone, Home) {
    let mut backbone = Backbone::start(clock).await;
    {
        let mut mind = backbone.mind.lock().expect("no panic");
        mind.validity = Some(Validity::backdated(now(), hour(3)));
        mind.grace = Some(SignedDuration::from_hours(2));
    }
    let home = Home::new();
    invite(&home, vec![backbone.address.clone()]);
    let site = Running::start(&home, site_clock);
    backbone.session().await;
    site.until("a member", |status| status.healthy).await;
    site.stop().await;
    let own = model::router::Listener {
        id: model::GenericUuid::from_untyped_uuid(uuid::Uuid::from_u128(9)),
        address: "own".parse().expect("an address"),
        bind: format!("127.0.1.{}:1", OWN.fetch_add(1, Ordering::Relaxed)).parse().expect("a socket"),
    };
    let local = LocalConfig::default().changed(&stored(&home).items, Change::AddListener(own)).expect("allowed");
    home.lock().save_local(&local).expect("saves");
    backbone.mind.lock().expect("no panic").validity = Some(Validity::backdated(hour(4), hour(7)));
    (backbone, home)
}

fn keeps_its_listener(home: &Home) -> bool {
    let own: ListenerId = model::GenericUuid::from_untyped_uuid(uuid::Uuid::from_u128(9));
    home.dir().local().expect("readable").listeners.iter().any(|listener| listener.id == own)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_was_away_has_its_certificate_renewed_and_goes_on() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = member(&clock, &clock).await;
    let before = stored(&home);
    backbone.stop_controller().await;
    clock.set(hour(3) + SignedDuration::from_secs(1));
    let site = Running::start(&home, &clock);
    let status = site.until("expired", |status| status.state.as_str() == "expired").await;
    let reason = status.reason.expect("a reason");
    for part in ["2027-01-31T12:00:00Z", "2027-01-31T12:00:01Z", "check the clock", "until 2027-01-31T14:00:00Z"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert!(!status.healthy);
    clock.set(hour(4));
    backbone.start_controller().await;
    site.line("the certificate was renewed").await;
    backbone.session().await;
    site.until("a member again", |status| status.state.as_str() == "member" && status.session.error.is_none()).await;
    let after = stored(&home);
    assert_eq!((before.site, after.next_key.is_none()), (after.site, true));
    assert!(before.key != after.key && before.certificate != after.certificate);
    assert!(keeps_its_listener(&home));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_asked_for_again_with_the_same_key() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = member(&clock, &clock).await;
    clock.set(hour(4));
    {
        let mut mind = backbone.mind.lock().expect("no panic");
        mind.keys.clear();
        mind.refusals.push_back(refusal("busy", false));
    }
    let site = Running::start(&home, &clock);
    site.line("the certificate was renewed").await;
    backbone.session().await;
    site.stop().await;
    let keys = backbone.mind.lock().expect("no panic").keys.clone();
    assert!(keys.len() >= 2 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_grace_it_says_what_to_do_and_a_new_invitation_finds_everything_as_it_was() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = member(&clock, &clock).await;
    clock.set(hour(5) + SignedDuration::from_secs(1));
    let site = Running::start(&home, &clock);
    let status = site.until("expired", |status| status.state.as_str() == "expired").await;
    let reason = status.reason.expect("a reason");
    for part in ["could be renewed until 2027-01-31T14:00:00Z", "new invitation", "is kept"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    site.stop().await;
    let key = stored(&home).key;
    let mut ticket = fixture::invitation_ticket();
    ticket.access = vec![backbone.address.clone()];
    ticket.invitation = model::GenericUuid::from_untyped_uuid(uuid::Uuid::from_u128(77));
    let applied = apply(&home.lock(), Ticket::Invitation(ticket), Wishes::default(), clock_now(&clock));
    assert_eq!(applied.expect("applies"), Applied::Began);
    let validity = Validity::backdated(hour(5), hour(8));
    backbone.mind.lock().expect("no panic").validity = Some(validity);
    let site = Running::start(&home, &clock);
    backbone.session().await;
    site.until("a member again", |status| status.state.as_str() == "member").await;
    assert!(keeps_its_listener(&home));
    assert_eq!(stored(&home).key, key, "its key makes it the same member");
    site.stop().await;
}

fn clock_now(clock: &ManualClock) -> Timestamp {
    model::Clock::now(clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_good_is_told_and_only_an_eviction_or_an_end_ends_the_site() {
    for (code, end) in [("superseded", None), ("evicted", Some(End::Evicted)), ("ended", Some(End::Ended))] {
        let clock = ManualClock::at(now());
        let (backbone, home) = member(&clock, &clock).await;
        clock.set(hour(4));
        backbone.mind.lock().expect("no panic").refusals.push_back(refusal(code, true));
        let site = Running::start(&home, &clock);
        match end {
            Some(end) => assert_eq!(site.over().await.end, end),
            None => {
                let words = format!("the words for {code}");
                let told = |status: &api::local::SiteStatus| {
                    status.reason.as_ref().is_some_and(|reason| reason.contains(&words))
                };
                let status = site.until("told why", told).await;
                assert_eq!(status.state.as_str(), "expired");
                site.stop().await;
            }
        }
        assert!(keeps_its_listener(&home), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_named_with_the_times_and_the_site_recovers_when_it_is_put_right() {
    // Hours ahead of the others, and hours behind.
    for (here, there) in [(4, 1), (1, 4)] {
        let (clock, own) = (ManualClock::at(now()), ManualClock::at(now()));
        let (mut backbone, home) = member(&clock, &own).await;
        own.set(hour(here));
        clock.set(hour(there));
        let site = Running::start(&home, &own);
        let named = |status: &api::local::SiteStatus| {
            status.warnings.iter().any(|warning| warning.contains("check the clock of the site"))
        };
        let status = site.until("told of the clock", named).await;
        let warning = status.warnings.into_iter().find(|it| it.contains("check the clock")).expect("it is there");
        for time in [hour(here), hour(there), hour(3)] {
            assert!(warning.contains(&format!("{time:.0}")), "{time:.0}: {warning}");
        }
        own.set(hour(there));
        backbone.session().await;
        site.until("a member, in good health", |status| {
            status.state.as_str() == "member" && status.healthy && status.warnings.is_empty()
        })
        .await;
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_differs_from_the_controllers_is_named_though_everything_works() {
    for (here, there) in [(1, 0), (0, 1)] {
        let (clock, own) = (ManualClock::at(now()), ManualClock::at(now()));
        let (mut backbone, home) = member(&clock, &own).await;
        own.set(hour(here));
        clock.set(hour(there));
        backbone.mind.lock().expect("no panic").time = hour(there).as_second();
        let site = Running::start(&home, &own);
        backbone.session().await;
        let said = format!(
            "this machine's time is {:.0}, and by the clock of the controllers it is {:.0}: check the clock",
            hour(here),
            hour(there)
        );
        let told =
            |status: &api::local::SiteStatus| status.warnings.contains(&said) && status.state.as_str() == "member";
        site.until("a member told of the clock", told).await;
        // Put right, it is said no more from the next session on.
        own.set(hour(there));
        backbone.stop_controller().await;
        backbone.start_controller().await;
        backbone.session().await;
        site.until("a member without warnings", |status| status.healthy && status.warnings.is_empty()).await;
        site.stop().await;
    }
}
