use std::{sync::Arc, time::Duration};

use dataplane::SocketStatus;
use model::{BackboneSiteId, GenericUuid, ListenerId, desired::Item, router::Listener};
use uuid::Uuid;

use super::*;
use crate::{
    fixture::{self, now, time},
    live::SessionLive,
    state::{End, Waiting},
};

fn live(site: StoredSite) -> Live {
    Live {
        attached: true,
        site: Arc::new(site),
        local: Arc::default(),
        kept: Arc::default(),
        deployed: Arc::default(),
        runs: None,
        attempt: None,
        refused: None,
        logs_read: None,
        session: SessionLive { up: true, since: now(), error: None },
        stood: Default::default(),
        trouble: Default::default(),
    }
}

fn link(id: u128, state: LinkState, error: Option<&str>) -> dataplane::LinkStatus {
    let up = state == LinkState::Up;
    let relay = BackboneSiteId::from_untyped_uuid(Uuid::from_u128(9));
    dataplane::LinkStatus {
        link: Some(LinkId::from_untyped_uuid(Uuid::from_u128(id))),
        target: up.then(|| "10.0.0.2:5671".parse().expect("ok")),
        peer: up.then_some(Identity::BackboneSite { backbone: fixture::backbone(), site: relay }),
        state,
        rtt: up.then(|| Duration::from_micros(1_234)),
        error: error.map(str::to_owned),
        bytes_in: 1,
        bytes_out: 2,
        ..dataplane::LinkStatus::default()
    }
}

fn router(links: Vec<dataplane::LinkStatus>) -> Status {
    Status { links, ..Status::default() }
}

#[test]
fn a_site_in_a_waiting_room_says_so_and_since_when_running_or_not() {
    let mut site = fixture::joining_member();
    let Phase::Joining(joining) = &mut site.phase else { unreachable!("it joins") };
    joining.waiting = Some(Waiting { since: now(), reason: "in the waiting room".to_owned() });
    let later = now() + SignedDuration::from_hours(1);
    let live = live(site);
    for status in [stored(&live.site, later), running(&live, &Status::default(), later)] {
        assert_eq!((status.state, status.waiting_since), (SiteState::Waiting, Some(now())), "{status:?}");
    }
    assert_eq!(stored(&live.site, later).reason.as_deref(), Some("in the waiting room"));
}

/// In so many seconds.
fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time + SignedDuration::from_secs(seconds)
}

#[test]
fn since_when_a_site_stands_so_and_what_moves_it_are_said_before_and_after_every_boundary() {
    let begun = fixture::joining_member();
    let opens = fixture::start() - Window::LEAD;
    let expires = |site: &StoredSite| {
        let Phase::Joined(joined) = &site.phase else { unreachable!("it joined") };
        Certificate::parse(joined.certificate.as_bytes()).expect("a certificate").not_after
    };
    let (member, relay) = (fixture::joined_member(), fixture::joined_backbone());
    let (expires, relay_expires) = (expires(&member), expires(&relay));
    let Phase::Joined(joined) = &member.phase else { unreachable!("it joined") };
    let closes = joined.items.network_trust().and_then(|scope| scope.closes).expect("it ends");
    let over = |end| member.over(end, "the words".to_owned(), after(now(), 7));
    for (site, at, state, since, next) in [
        (&begun, after(opens, -1), "waiting", Some(now()), "opens, for 2027-01-31T08:00:00Z: it joins by itself"),
        (&begun, opens, "joining", Some(now()), "a controller admits it"),
        (&fixture::joining_backbone(), now(), "enrolling", Some(now()), "a controller reaches it"),
        (&member, expires, "member", Some(now()), "ends 2027-02-28T18:00:00Z"),
        (&member, after(expires, 1), "expired", Some(expires), "it joins again, with a new invitation"),
        (&member, after(closes, -1), "expired", Some(expires), "it joins again, with a new invitation"),
        (&member, closes, "ended", Some(closes), "for good"),
        (&relay, relay_expires, "backbone", Some(now()), "renewed by itself"),
        (&relay, after(relay_expires, 1), "expired", Some(relay_expires), "a new bundle"),
        (&over(End::Refused), now(), "refused", Some(after(now(), 7)), "another invitation"),
        (&over(End::Ended), now(), "ended", Some(after(now(), 7)), "for good"),
        (&over(End::Evicted), now(), "evicted", Some(after(now(), 7)), "for good"),
    ] {
        let (whole, rests) = (unanswered(site, "no answer", at), stored(site, at));
        assert_eq!((whole.state.as_str(), whole.since), (state, since), "{whole:?}");
        assert!(whole.next.contains(next), "{whole:?}");
        let starts = rests.next.starts_with("it is started: `skx site run`");
        assert_eq!((rests.since, starts), (since, !matches!(site.phase, Phase::Over(_))), "{rests:?}");
    }
}

#[test]
fn a_site_that_does_not_run_is_known_by_what_it_stored() {
    let over = fixture::joined_member().over(End::Evicted, "the words".to_owned(), now());
    let cases = [
        (fixture::joining_member(), now(), "joining", "skx site run"),
        (fixture::joining_member(), time("2027-01-31T07:58:59Z"), "waiting", "starts 2027-01-31T08:00:00Z"),
        (fixture::joining_backbone(), now(), "enrolling", "skx site run"),
        (fixture::joined_member(), now(), "member", "skx site run"),
        (fixture::joined_member(), time("2027-02-20T00:00:00Z"), "expired", "check the clock"),
        (fixture::joined_member(), time("2027-02-28T18:05:00Z"), "ended", "ended at 2027-02-28T18:00:00Z"),
        // A clock that is slow.
        (fixture::joining_member(), time("2027-01-29T23:00:00Z"), "waiting", "valid from 2027-01-30T00:00:00Z"),
        (
            fixture::joined_member(),
            time("2027-01-31T07:59:30Z"),
            "member",
            "this machine's time is 2027-01-31T07:59:30Z",
        ),
        (fixture::joined_backbone(), time("2027-01-31T07:59:59Z"), "backbone", "check the clock"),
        (fixture::joined_backbone(), time("2027-01-31T08:00:00Z"), "backbone", "skx site run"),
        (fixture::joined_backbone(), now(), "backbone", "skx site run"),
        (over, now(), "evicted", "the words"),
    ];
    for (site, at, state, words) in cases {
        let status = stored(&site, at);
        assert_eq!((status.state.as_str(), status.running, status.healthy), (state, false, false));
        assert!(status.reason.as_deref().is_some_and(|reason| reason.contains(words)), "{state}: {status:?}");
    }
}

#[test]
fn a_site_that_does_not_answer_yet_says_what_it_stored() {
    let early = unanswered(&fixture::joining_member(), "no answer", time("2027-01-31T07:00:00Z"));
    assert!(early.reason.is_some_and(|reason| reason.contains("lets sites in from")));
    let status = unanswered(&fixture::joining_member(), "no answer", now());
    assert_eq!((status.running, status.healthy, status.reason.as_deref()), (true, false, Some("no answer")));
}

#[test]
fn a_member_sees_access_points_and_never_who_is_behind_them() {
    let status = running(&live(fixture::joined_member()), &router(vec![link(5, LinkState::Up, None)]), now());
    assert_eq!((status.state, status.healthy, status.reason.clone()), (SiteState::Member, true, None));
    assert_eq!(
        (status.links[0].peer.as_str(), status.links[0].rtt_ms),
        ("access point 2 (10.0.0.2:5671)", Some(1.234))
    );
    let json = serde_json::to_string(&status).expect("serialises");
    assert!(!json.contains(&Uuid::from_u128(9).to_string()), "no relay is named: {json}");
}

#[test]
fn a_backbone_site_is_well_when_every_link_is_up() {
    let site = || live(fixture::joined_backbone());
    let status = running(&site(), &router(vec![link(8, LinkState::Up, None)]), now());
    assert!(status.healthy, "{status:?}");
    assert_eq!(status.links[0].peer, Uuid::from_u128(9).to_string());
    let status = running(&site(), &router(vec![link(8, LinkState::Connecting, Some("refused"))]), now());
    assert!(!status.healthy);
    assert!(status.reason.is_some_and(|reason| reason.contains("is not up: refused")));
}

#[test]
fn a_lost_controller_is_a_warning_and_no_illness() {
    let mut live = live(fixture::joined_member());
    live.session = SessionLive { up: false, since: now(), error: Some("gone".to_owned()) };
    let status = running(&live, &router(vec![link(5, LinkState::Up, None)]), now());
    assert!(status.healthy);
    assert!(status.warnings[0].contains("no session with a controller (gone)"), "{status:?}");
}

#[test]
fn a_listener_that_does_not_listen_is_an_illness() {
    let id = ListenerId::from_untyped_uuid(Uuid::from_u128(1));
    let mut items = fixture::member_items();
    items.push(Item::Listener(Listener {
        id,
        address: "web".parse().expect("an address"),
        bind: "127.0.0.1:80".parse().expect("a socket"),
    }));
    let mut site = fixture::joined_member();
    let Phase::Joined(joined) = &mut site.phase else { unreachable!("it joined") };
    joined.items = fixture::items(&items, false);
    let mut router = router(vec![link(5, LinkState::Up, None)]);
    router.listeners = vec![SocketStatus { id, bound: None, error: Some("in use".to_owned()), connections: 0 }];
    let status = running(&live(site), &router, now());
    assert!(!status.healthy);
    assert!(status.warnings[0].contains("listener web at 127.0.0.1:80: in use"), "{status:?}");
}

#[test]
fn an_admitted_site_is_no_member_before_it_has_attached_as_one() {
    let live = Live { attached: false, ..live(fixture::joined_member()) };
    let status = running(&live, &router(vec![link(5, LinkState::Connecting, None)]), now());
    assert_eq!((status.state, status.healthy), (SiteState::Joining, false));
    assert!(status.reason.is_some_and(|reason| reason.contains("admitted")));
}

#[test]
fn a_refusal_for_now_says_what_the_controller_said() {
    let refused = |code: &str| Attempt::Refused { code: code.to_owned(), message: "words".to_owned() };
    let mut live = live(fixture::joining_member());
    live.attempt = Some(refused("busy"));
    let status = running(&live, &router(vec![link(4, LinkState::Up, None)]), now());
    assert_eq!((status.state, status.reason.as_deref()), (SiteState::Joining, Some("words")));
    live.attempt = Some(refused("not-open"));
    let status = running(&live, &router(vec![link(4, LinkState::Up, None)]), now());
    assert_eq!(status.state, SiteState::Waiting);
}

/// A member whose certificate lasts as long as its network, with that network.
fn lasting() -> (StoredSite, model::desired::NetworkScope) {
    let mut site = fixture::joined_member();
    let identity = site.origin.identity(match &site.phase {
        Phase::Joined(joined) => joined.site,
        _ => unreachable!("it joined"),
    });
    let Phase::Joined(joined) = &mut site.phase else { unreachable!("it joined") };
    let scope = joined.items.network_trust().expect("a member's network").clone();
    let validity = pki::Validity { not_before: now(), not_after: scope.closes.expect("it ends") };
    joined.certificate = fixture::issue(&pki::PrivateKey::generate(), identity, validity).der;
    (site, scope)
}

#[test]
fn between_the_end_of_its_network_and_the_end_of_the_grace_a_member_says_that_it_has_ended() {
    let (site, scope) = lasting();
    let (end, closes) = (scope.end.expect("it ends"), scope.closes.expect("it ends"));
    let at = |time| unanswered(&site, "no answer", time);
    assert!(at(after(end, -1)).next.contains(&format!("its network ends {end:.0}; until then")), "{:?}", at(end));
    for time in [end, after(end, 1), after(closes, -1)] {
        let status = at(time);
        assert_eq!(status.state, SiteState::Member, "{status:?}");
        let said = format!("its network ended {end:.0}; its connections end {closes:.0}");
        assert!(status.next.contains(&said), "{status:?}");
    }
    for time in [closes, after(closes, 1)] {
        assert_eq!((at(time).state, at(time).since), (SiteState::Ended, Some(closes)));
    }
}

#[test]
fn a_member_whose_network_starts_later_says_since_when_it_waits_and_until_when() {
    let (site, scope) = lasting();
    let Phase::Joined(joined) = &site.phase else { unreachable!("it joined") };
    let (told, start) = (after(now(), 60), after(now(), 7_200));
    let mut items = fixture::member_items();
    for item in &mut items {
        if let Item::NetworkTrust(it) = item {
            it.start = start;
        }
    }
    let moved = joined.told(fixture::items(&items, false), told);
    assert_eq!(moved.told(moved.items.clone(), after(told, 60)).start_moved, Some(told), "nothing else is a move");
    assert_eq!(joined.told(joined.items.clone(), told).start_moved, None);
    let mut live = live(StoredSite { phase: Phase::Joined(Box::new(moved)), ..site.clone() });
    live.session = SessionLive { up: false, since: told, error: Some("the channel is broken".to_owned()) };
    let status = running(&live, &Status::default(), after(told, 1));
    assert_eq!((status.state, status.since), (SiteState::Waiting, Some(told)), "{status:?}");
    let opens = start - Window::LEAD;
    let said = format!("starts {start:.0} and lets sites in from {opens:.0} on");
    assert!(status.reason.is_some_and(|reason| reason.contains(&said)));
    assert!(status.session.error.is_some_and(|error| error.contains(&said)));
    assert_eq!(running(&live, &Status::default(), after(opens, -1)).state, SiteState::Waiting);
    assert_eq!(running(&live, &Status::default(), opens).state, SiteState::Member);
    assert!(scope.start < start);
}

#[test]
fn an_invitation_that_is_refused_for_its_age_is_over_where_this_clock_says_so_too() {
    let Phase::Joining(joining) = fixture::joining_member().phase else { unreachable!("it joins") };
    let ends = claim(&joining.ticket).expect("a certificate").not_after;
    let over = |time| claim_over(&joining.ticket, time);
    assert!(over(ends).is_some_and(|said| said.contains(&format!("ends {ends:.0}")) && !said.contains("clock")));
    assert!(over(ends - TOLERANCE).is_some());
    assert_eq!(over(ends - TOLERANCE - SignedDuration::from_secs(1)), None, "one of the clocks is wrong");
}
