use jiff::SignedDuration;
use model::{
    InvitationId, NetworkId,
    lifecycle::MemberState,
    terms::{Admission, Consent, Terms},
};
use store::{
    Page, Store, StoreError, event,
    invitation::{self, InvitationChange, NewInvitation},
    listing::Wanted,
    member::{self, Member},
    redemption::{Redeemed, Refusal},
    waiting_room::{self, Look, MAX_WAITING, PASSCODE_TRIES, Try},
};
use tokio::task::JoinSet;

use crate::{
    redemption::{race, redeem_once},
    support::{Fixture, NOW, a_network, at, claim, context, fixture, key, name, new_invitation},
};

/// A network, and an invitation to it.
async fn invited(fixture: &Fixture, change: impl FnOnce(&mut NewInvitation)) -> (NetworkId, InvitationId) {
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let mut new = new_invitation(network, "guests", Some(4));
    change(&mut new);
    let invitation = invitation::create(&mut tx, new).await.unwrap().id;
    tx.commit().await.unwrap();
    (network, invitation)
}

fn with_a_waiting_room(new: &mut NewInvitation) {
    new.admission = Admission::WaitingRoom;
}

fn waits(redeemed: Redeemed) -> Member {
    match redeemed {
        Redeemed::Waiting(member) => member,
        other => panic!("{other:?}"),
    }
}

async fn counts(fixture: &Fixture, invitation: InvitationId) -> (u32, u32) {
    let found = invitation::get(&fixture.store, invitation).await.unwrap();
    (found.uses_spent, found.waiting)
}

async fn refuse(fixture: &Fixture, site: &Member, why: &str) {
    let mut tx = fixture.begin().await;
    waiting_room::refuse(&mut tx, site.id, None, why).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn who_waits_reserves_a_use_and_is_a_member_once_admitted() {
    let fixture = fixture().await;
    let terms = Terms { consent: Consent::Ask, renewable: false, ..Terms::default() };
    let (network, invitation) = invited(&fixture, |new| {
        with_a_waiting_room(new);
        new.terms = terms.clone();
    })
    .await;
    let asked = claim(network, invitation, key(1), Some("counter"));
    let site = waits(redeem_once(&fixture, &asked).await);
    assert_eq!((site.state, site.name.as_str(), &site.terms), (MemberState::Waiting, "counter", &terms));
    assert_eq!(waits(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await), site, "asking again");
    assert_eq!(counts(&fixture, invitation).await, (0, 1));
    let of_name = redeem_once(&fixture, &claim(network, invitation, key(2), Some("counter"))).await;
    assert_eq!(of_name, Redeemed::Refused(Refusal::NameTaken), "who waits has its name");
    assert_eq!(member::list(&fixture.store, network, false, Page::ALL).await.unwrap().items, [], "no member yet");
    assert_eq!(
        member::page(&fixture.store, network, &Wanted::default()).await.unwrap().items,
        std::slice::from_ref(&site)
    );

    let mut tx = fixture.begin().await;
    let admitted = waiting_room::admit(&mut tx, site.id, Some(site.revision)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((admitted.state, admitted.ended), (MemberState::Member, None));
    assert_eq!(redeem_once(&fixture, &asked).await, Redeemed::Existing(admitted.clone()));
    assert_eq!(counts(&fixture, invitation).await, (1, 0));
    let mut tx = fixture.begin().await;
    let again = waiting_room::admit(&mut tx, site.id, None).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "it waits no more: {again:?}");
    drop(tx);

    let actions: Vec<_> = event::after(&fixture.store, 0, 100).await.unwrap().into_iter().map(|it| it.action).collect();
    assert!(actions.ends_with(&["site.wait".to_owned(), "site.admit".to_owned()]), "{actions:?}");
}

#[tokio::test]
async fn who_is_refused_gives_its_use_and_name_back_and_does_not_come_again_with_its_key() {
    let fixture = fixture().await;
    let (network, invitation) = invited(&fixture, |new| {
        with_a_waiting_room(new);
        new.uses_allowed = Some(1);
    })
    .await;
    let asked = claim(network, invitation, key(1), Some("counter"));
    let site = waits(redeem_once(&fixture, &asked).await);
    let other = claim(network, invitation, key(2), Some("counter"));
    assert_eq!(redeem_once(&fixture, &other).await, Redeemed::Refused(Refusal::UsedUp), "the only use is reserved");
    refuse(&fixture, &site, "unknown here").await;
    let told = Redeemed::Refused(Refusal::NotAdmitted("unknown here".to_owned()));
    assert_eq!(redeem_once(&fixture, &asked).await, told);
    assert_eq!(redeem_once(&fixture, &asked).await, told, "as often as it asks");
    waits(redeem_once(&fixture, &other).await);
    assert_eq!(counts(&fixture, invitation).await, (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_come_and_are_decided_on_at_once_no_more_than_the_uses_are_in_or_wait() {
    let fixture = fixture().await;
    let (network, invitation) = invited(&fixture, |new| {
        with_a_waiting_room(new);
        new.uses_allowed = Some(10);
    })
    .await;
    let claims = |keys: std::ops::Range<u8>| keys.map(|n| claim(network, invitation, key(n), None)).collect();
    let came = race(&fixture, claims(0..40)).await;
    let waiting: Vec<Member> =
        came.into_iter().filter_map(|it| if let Redeemed::Waiting(site) = it { Some(site) } else { None }).collect();
    assert_eq!((waiting.len(), counts(&fixture, invitation).await), (10, (0, 10)));

    // Half are admitted and half refused, each by two at once, while others come.
    let mut decisions = JoinSet::new();
    for (index, site) in waiting.iter().enumerate().flat_map(|it| [it, it]) {
        let (store, id) = (fixture.store.clone(), site.id);
        decisions.spawn(async move {
            let mut tx = store.begin(&context()).await.unwrap();
            let decided = match index % 2 {
                0 => waiting_room::admit(&mut tx, id, None).await,
                _ => waiting_room::refuse(&mut tx, id, None, "no").await,
            };
            match decided {
                Ok(_) => tx.commit().await.map(|_| true).unwrap(),
                Err(StoreError::Conflict { .. }) => false,
                Err(error) => panic!("{error}"),
            }
        });
    }
    let (decided, _) = tokio::join!(decisions.join_all(), race(&fixture, claims(40..60)));
    assert_eq!(decided.into_iter().filter(|done| *done).count(), 10, "each once");
    race(&fixture, claims(60..100)).await;
    assert_eq!(counts(&fixture, invitation).await, (5, 5), "all that were given back are reserved again");
    let members = member::list(&fixture.store, network, false, Page::ALL).await.unwrap().items;
    assert_eq!(members.len(), 5);
    assert_eq!(member::list_waiting(&fixture.store, invitation).await.unwrap().len(), 5);
}

#[tokio::test]
async fn the_waiting_room_is_bounded() {
    let fixture = fixture().await;
    let (network, invitation) = invited(&fixture, |new| {
        with_a_waiting_room(new);
        new.uses_allowed = None;
    })
    .await;
    let full = i32::try_from(MAX_WAITING).unwrap();
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&fixture.database.url).await.unwrap();
    sqlx::query("UPDATE invitation SET waiting = $1").bind(full).execute(&mut connection).await.unwrap();
    let one_more = redeem_once(&fixture, &claim(network, invitation, key(1), None)).await;
    assert_eq!(one_more, Redeemed::Refused(Refusal::Crowded));
    sqlx::query("UPDATE invitation SET waiting = $1").bind(full - 1).execute(&mut connection).await.unwrap();
    waits(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await);
}

#[tokio::test]
async fn closing_or_deleting_an_invitation_refuses_who_waits() {
    let fixture = fixture().await;
    for delete in [false, true] {
        let mut tx = fixture.begin().await;
        let network = a_network(&mut tx, if delete { "deleted" } else { "closed" }).await;
        let mut new = new_invitation(network, "guests", None);
        with_a_waiting_room(&mut new);
        let invitation = invitation::create(&mut tx, new).await.unwrap().id;
        tx.commit().await.unwrap();
        let asked = claim(network, invitation, key(1), None);
        let site = waits(redeem_once(&fixture, &asked).await);
        let mut tx = fixture.begin().await;
        if delete {
            invitation::delete(&mut tx, invitation, None).await.unwrap();
        } else {
            invitation::close(&mut tx, invitation, None, "the invitation was closed").await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(member::get(&fixture.store, site.id).await.unwrap().state, MemberState::Refused);
        let Redeemed::Refused(Refusal::NotAdmitted(why)) = redeem_once(&fixture, &asked).await else {
            panic!("it was refused")
        };
        assert_eq!(why, if delete { "the invitation was deleted" } else { "the invitation was closed" });
    }
}

#[tokio::test]
async fn a_passcode_is_asked_for_by_its_verifier_and_a_name_where_one_is_needed() {
    let fixture = fixture().await;
    let verifier = "$argon2id$one".to_owned();
    let (network, invitation) = invited(&fixture, |new| {
        new.passcode = Some(verifier.clone());
        new.interactive = true;
    })
    .await;
    let mut asked = claim(network, invitation, key(1), None);
    assert_eq!(redeem_once(&fixture, &asked).await, Redeemed::Passcode(verifier.clone()));
    asked.passcode = Some("$argon2id$other".to_owned());
    let changed = redeem_once(&fixture, &asked).await;
    assert_eq!(changed, Redeemed::Passcode(verifier.clone()), "one that was changed since it was checked");
    asked.passcode = Some(verifier);
    assert_eq!(redeem_once(&fixture, &asked).await, Redeemed::Refused(Refusal::NameNeeded));
    assert_eq!(counts(&fixture, invitation).await, (0, 0), "nothing was spent");
    asked.name = Some(name("counter"));
    assert!(matches!(redeem_once(&fixture, &asked).await, Redeemed::New(_)));
    asked.passcode = None;
    assert!(matches!(redeem_once(&fixture, &asked).await, Redeemed::Existing(_)), "a known key has shown it");
}

#[tokio::test]
async fn so_many_wrong_passcodes_may_be_tried_in_an_hour_and_no_more() {
    let fixture = fixture().await;
    let (network, invitation) = invited(&fixture, |new| new.passcode = Some("$argon2id$one".to_owned())).await;
    let attempt = async |wrong: bool| {
        let mut tx = fixture.begin().await;
        let taken = waiting_room::take_try(&mut tx, invitation).await.unwrap();
        if let Try::Granted(look) = taken {
            if wrong {
                waiting_room::wrong_passcode(&mut tx, network, look).await.unwrap().unwrap();
            } else {
                assert!(waiting_room::give_try_back(&mut tx, look).await.unwrap());
            }
        }
        tx.commit().await.unwrap();
        taken
    };
    for _ in 0..PASSCODE_TRIES {
        assert!(matches!(attempt(false).await, Try::Granted(_)));
        assert!(matches!(attempt(true).await, Try::Granted(_)));
    }
    let until = at(NOW).saturating_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(attempt(true).await, Try::Locked(until));
    fixture.clock.move_to(NOW + 3_599);
    assert_eq!(attempt(false).await, Try::Locked(until), "one second before");
    fixture.clock.move_to(NOW + 3_600);
    assert!(matches!(attempt(true).await, Try::Granted(_)));
    let refused = event::after(&fixture.store, 0, 100).await.unwrap();
    let refused = refused.iter().filter(|it| it.action == "invitation.passcode").count();
    assert_eq!(refused, usize::try_from(PASSCODE_TRIES).unwrap() + 1, "each is in the audit chain");

    // Another passcode is another start.
    for _ in 1..PASSCODE_TRIES {
        attempt(true).await;
    }
    assert!(matches!(attempt(true).await, Try::Locked(_)));
    let mut tx = fixture.begin().await;
    let passcode = Some(Some("$argon2id$two".to_owned()));
    let change = InvitationChange { passcode, ..InvitationChange::default() };
    invitation::set(&mut tx, invitation, None, change).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(attempt(true).await, Try::Granted(_)));
}

/// A network, and an invitation with a passcode.
async fn with_a_passcode(fixture: &Fixture) -> (NetworkId, InvitationId) {
    invited(fixture, |new| new.passcode = Some("$argon2id$one".to_owned())).await
}

async fn take(store: &Store, invitation: InvitationId) -> Try {
    let mut tx = store.begin(&context()).await.unwrap();
    let taken = waiting_room::take_try(&mut tx, invitation).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

async fn take_some(fixture: &Fixture, invitation: InvitationId, count: u32) -> Vec<Look> {
    let mut looks = vec![];
    for _ in 0..count {
        let Try::Granted(look) = take(&fixture.store, invitation).await else {
            panic!("no try, after {}", looks.len())
        };
        looks.push(look);
    }
    looks
}

/// Ends a look at a right passcode.
async fn right(fixture: &Fixture, look: Look) -> bool {
    let mut tx = fixture.begin().await;
    let told = waiting_room::give_try_back(&mut tx, look).await.unwrap();
    tx.commit().await.unwrap();
    told
}

/// Ends a look at a wrong passcode.
async fn wrong(fixture: &Fixture, network: NetworkId, look: Look) -> Option<u32> {
    let mut tx = fixture.begin().await;
    let left = waiting_room::wrong_passcode(&mut tx, network, look).await.unwrap();
    tx.commit().await.unwrap();
    left
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_passcodes_come_at_once_no_more_are_looked_at_than_may_be_wrong_and_nobody_is_locked_out() {
    let fixture = fixture().await;
    let (network, invitation) = with_a_passcode(&fixture).await;
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let store = fixture.store.clone();
        tasks.spawn(async move { take(&store, invitation).await });
    }
    let taken = tasks.join_all().await;
    let looks: Vec<Look> =
        taken.iter().filter_map(|it| if let Try::Granted(look) = it { Some(*look) } else { None }).collect();
    assert_eq!(looks.len(), usize::try_from(PASSCODE_TRIES).unwrap());
    assert_eq!(taken.iter().filter(|it| **it == Try::Busy).count(), 30, "the others come again");

    // A wrong one uses its try up; a right one gives it back.
    let (first, rest) = looks.split_first().unwrap();
    assert_eq!(wrong(&fixture, network, *first).await, Some(PASSCODE_TRIES - 1));
    assert_eq!(take(&fixture.store, invitation).await, Try::Busy);
    for look in rest {
        assert!(right(&fixture, *look).await);
    }
    let rest = take_some(&fixture, invitation, PASSCODE_TRIES - 1).await;
    assert_eq!(take(&fixture.store, invitation).await, Try::Busy);
    for look in rest {
        wrong(&fixture, network, look).await.unwrap();
    }
    let until = at(NOW).saturating_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(take(&fixture.store, invitation).await, Try::Locked(until));
}

#[tokio::test]
async fn a_look_that_nobody_ends_has_its_try_for_a_minute_and_what_comes_of_it_later_is_not_told() {
    let fixture = fixture().await;
    let (network, invitation) = with_a_passcode(&fixture).await;
    let looks = take_some(&fixture, invitation, PASSCODE_TRIES).await;
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&fixture.database.url).await.unwrap();
    let mut goes = async |seconds: i32| {
        let earlier = "UPDATE passcode_look SET begun = begun - make_interval(secs => $1)";
        sqlx::query(earlier).bind(f64::from(seconds)).execute(&mut connection).await.unwrap();
    };
    goes(30).await;
    assert_eq!(take(&fixture.store, invitation).await, Try::Busy, "it may still be looked at");
    goes(30).await;
    let others = take_some(&fixture, invitation, PASSCODE_TRIES).await;
    assert!(!right(&fixture, looks[0]).await, "another has its try");
    assert_eq!(wrong(&fixture, network, looks[1]).await, None);
    assert_eq!(wrong(&fixture, network, others[0]).await, Some(PASSCODE_TRIES - 1), "nothing was burnt");
    assert!(right(&fixture, others[1]).await);
    assert!(!right(&fixture, others[1]).await, "once");
}

#[tokio::test]
async fn a_look_at_a_passcode_that_is_replaced_meanwhile_comes_to_nothing() {
    let fixture = fixture().await;
    let (network, invitation) = with_a_passcode(&fixture).await;
    let looks = take_some(&fixture, invitation, PASSCODE_TRIES).await;
    let mut tx = fixture.begin().await;
    let passcode = Some(Some("$argon2id$two".to_owned()));
    let change = InvitationChange { passcode, ..InvitationChange::default() };
    invitation::set(&mut tx, invitation, None, change).await.unwrap();
    tx.commit().await.unwrap();
    take_some(&fixture, invitation, PASSCODE_TRIES).await;
    assert_eq!((wrong(&fixture, network, looks[0]).await, right(&fixture, looks[1]).await), (None, false));
    let mut tx = fixture.begin().await;
    invitation::delete(&mut tx, invitation, None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(wrong(&fixture, network, looks[2]).await, None, "the invitation is gone");
}
