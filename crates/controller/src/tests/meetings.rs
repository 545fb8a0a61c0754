//! Invitations with conditions: waiting rooms, passcodes, names, and the terms of memberships.

use futures_util::future::join_all;
use jiff::SignedDuration;
use model::{
    lifecycle::MemberState,
    terms::{AddressLimits, AddressPatterns, Admission, Consent, Terms},
};
use pki::PrivateKey;
use store::waiting_room::Try;

use super::fixture::{Fixture, admin, at, name, new_invitation};
use crate::ops::{
    OpError, Page,
    invitation::{self, Passcode, TermsChange, Uses},
    member, network, waiting_room,
};

async fn invited(change: impl FnOnce(&mut invitation::Create)) -> (Fixture, model::ticket::Ticket) {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let mut input = new_invitation("guests", Uses::Limited(3));
    change(&mut input);
    invitation::create(&fixture.app, &admin(), input).await.unwrap();
    let ticket = fixture.render("guests").await;
    (fixture, ticket)
}

fn with_a_waiting_room(input: &mut invitation::Create) {
    input.admission = Admission::WaitingRoom;
}

async fn listed(fixture: &Fixture) -> Vec<(String, MemberState)> {
    let items = member::list(&fixture.app, &at("shop"), &Page::default()).await.unwrap().items;
    items.into_iter().map(|it| (it.name.to_string(), it.state)).collect()
}

fn patterns(texts: &[&str]) -> AddressPatterns {
    AddressPatterns(texts.iter().map(|text| text.parse().unwrap()).collect())
}

#[tokio::test]
async fn who_joins_waits_until_somebody_admits_it() {
    let (fixture, ticket) = invited(with_a_waiting_room).await;
    let key = PrivateKey::generate();
    let told = fixture.redeem(&ticket, &key, "lobby").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("waiting-room", false));
    assert_eq!(told.since, fixture.app.now().as_second());
    assert!(told.message.contains("lobby"), "{}", told.message);
    fixture.clock.forward(SignedDuration::from_mins(1));
    assert_eq!(fixture.redeem(&ticket, &key, "lobby").await.unwrap_err(), told, "asking again changes nothing");
    assert_eq!(listed(&fixture).await, [("lobby".to_owned(), MemberState::Waiting)]);
    let shown = invitation::show(&fixture.app, &at("shop"), &at("guests")).await.unwrap();
    assert_eq!((shown.used, shown.waiting), (0, 1));

    // Nothing else is done with a site that waits.
    let set = member::Set { name: Some(name("other")), ..member::Set::default() };
    let renamed = member::set(&fixture.app, &admin(), &at("shop"), &at("lobby"), set, None).await;
    assert!(renamed.unwrap_err().to_string().contains("admit|refuse"));
    assert!(member::evict(&fixture.app, &admin(), &at("shop"), &at("lobby"), None, None).await.is_err());

    waiting_room::admit(&fixture.app, &admin(), &at("shop"), &at("lobby"), None).await.unwrap();
    assert_eq!(fixture.redeem(&ticket, &key, "lobby").await.unwrap().name, "lobby");
    assert_eq!(listed(&fixture).await, [("lobby".to_owned(), MemberState::Member)]);
    let again = waiting_room::admit(&fixture.app, &admin(), &at("shop"), &at("lobby"), None).await.unwrap_err();
    assert!(again.to_string().contains("does not wait"), "{again}");
}

#[tokio::test]
async fn who_is_refused_is_told_why_for_good_and_its_use_is_there_for_others() {
    let (fixture, ticket) = invited(|input| {
        with_a_waiting_room(input);
        input.uses = Some(Uses::Limited(1));
    })
    .await;
    let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
    fixture.redeem(&ticket, &key, "lobby").await.unwrap_err();
    assert_eq!(fixture.redeem(&ticket, &other, "").await.unwrap_err().code, "used-up");
    let refuse = async |reason: &str| {
        waiting_room::refuse(&fixture.app, &admin(), &at("shop"), &at("lobby"), Some(reason.to_owned()), None).await
    };
    assert!(matches!(refuse("two\nlines").await, Err(OpError::Invalid { field: "reason", .. })));
    let refused = refuse("unknown here").await.unwrap();
    assert_eq!((refused.state, refused.reason.as_deref()), (MemberState::Refused, Some("unknown here")));
    let told = fixture.redeem(&ticket, &key, "lobby").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("not-admitted", true));
    assert!(told.message.contains("unknown here"), "{}", told.message);
    assert_eq!(fixture.redeem(&ticket, &other, "").await.unwrap_err().code, "waiting-room");
}

#[tokio::test]
async fn waiting_ends_with_the_invitation_and_with_the_network() {
    let (fixture, ticket) = invited(|input| {
        with_a_waiting_room(input);
        input.uses = Some(Uses::Unlimited);
    })
    .await;
    let keys = [(); 2].map(|()| PrivateKey::generate());
    fixture.redeem(&ticket, &keys[0], "first").await.unwrap_err();
    let grace = Some(SignedDuration::from_mins(1));
    let set = network::Set { end: Some(Some(fixture.after(3_600))), grace, ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    fixture.clock.forward(SignedDuration::from_hours(1));
    let admitted = waiting_room::admit(&fixture.app, &admin(), &at("shop"), &at("first"), None).await.unwrap_err();
    assert!(admitted.to_string().contains("has ended"), "{admitted}");
    let set = network::Set { end: Some(None), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    invitation::expire(&fixture.app, &admin(), &at("shop"), &at("guests"), None).await.unwrap();
    let told = fixture.redeem(&ticket, &keys[0], "").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("not-admitted", true));
    assert!(told.message.contains("the invitation was closed"), "{}", told.message);
    assert_eq!(listed(&fixture).await, []);
}

#[tokio::test]
async fn a_passcode_is_asked_for_and_wrong_ones_are_limited() {
    let (fixture, ticket) = invited(|input| input.passcode = Some(Passcode("open sesame".to_owned()))).await;
    let model::ticket::Ticket::Invitation(invitation) = &ticket else { unreachable!("an invitation") };
    assert!(invitation.passcode && !invitation.interactive, "the ticket says what is asked for");
    let key = PrivateKey::generate();
    let told = fixture.redeem(&ticket, &key, "").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("passcode-needed", true));
    fixture.clock.stop_at(fixture.now());
    let over = fixture.after(3_600);
    for left in (0..store::waiting_room::PASSCODE_TRIES).rev() {
        let told = fixture.redeem_knowing(&ticket, &PrivateKey::generate(), "open simsim").await.unwrap_err();
        assert_eq!((told.code.as_str(), told.r#final), ("passcode", true));
        assert!(told.message.contains(&format!("{left} more")), "{}", told.message);
    }
    for (time, guess) in [(fixture.now(), "open sesame"), (over - SignedDuration::from_secs(1), "open simsim")] {
        fixture.clock.stop_at(time);
        let told = fixture.redeem_knowing(&ticket, &key, guess).await.unwrap_err();
        assert_eq!((told.code.as_str(), told.r#final), ("passcode-locked", false));
        assert_eq!(told.not_before, over.as_second(), "an hour after the first");
    }
    fixture.clock.stop_at(over);
    fixture.redeem_knowing(&ticket, &key, "open sesame").await.unwrap();
    fixture.redeem(&ticket, &key, "").await.expect("its key has shown that it knows it");
    let shown = invitation::show(&fixture.app, &at("shop"), &at("guests")).await.unwrap();
    assert_eq!((shown.used, shown.passcode), (1, true));
    let kept = store::invitation::get(fixture.app.store(), shown.id).await.unwrap().passcode.unwrap();
    assert!(kept.starts_with("$argon2id$"), "only a verifier is kept");
    let history = store::event::after(fixture.app.store(), 0, 1_000).await.unwrap();
    assert!(
        history.iter().all(|it| !serde_json::to_string(it).unwrap().contains("argon2")),
        "nor is that in the history"
    );

    let set = invitation::Set { passcode: Some(None), ..invitation::Set::default() };
    invitation::set(&fixture.app, &admin(), &at("shop"), &at("guests"), set, None).await.unwrap();
    fixture.redeem(&ticket, &PrivateKey::generate(), "").await.expect("none is asked for any more");
}

#[tokio::test]
async fn wrong_passcodes_count_whichever_controller_is_asked_and_also_after_a_restart() {
    let (fixture, ticket) = invited(|input| input.passcode = Some(Passcode("open sesame".to_owned()))).await;
    let other = fixture.beside().await;
    for asked in [&fixture, &other].into_iter().cycle().take(store::waiting_room::PASSCODE_TRIES as usize) {
        let told = asked.redeem_knowing(&ticket, &PrivateKey::generate(), "open simsim").await.unwrap_err();
        assert_eq!(told.code, "passcode");
    }
    // One that has only just started has forgotten nothing.
    for asked in [&fixture, &other, &fixture.beside().await] {
        let told = asked.redeem_knowing(&ticket, &PrivateKey::generate(), "open sesame").await.unwrap_err();
        assert_eq!((told.code.as_str(), told.r#final), ("passcode-locked", false));
    }
}

/// Tells a passcode until there is another answer than to come again.
async fn redeem_in_a_rush(fixture: &Fixture, ticket: &model::ticket::Ticket, passcode: &str) -> Result<String, String> {
    let key = PrivateKey::generate();
    loop {
        match fixture.redeem_knowing(ticket, &key, passcode).await {
            Ok(admission) => return Ok(admission.name),
            Err(told) if told.code == "busy" => assert!(!told.r#final, "{told:?}"),
            Err(told) => return Err(told.code),
        }
    }
}

#[tokio::test]
async fn right_passcodes_lock_nobody_out_however_many_come_at_once_and_whoever_is_asked() {
    let (fixture, ticket) = invited(|input| {
        input.passcode = Some(Passcode("open sesame".to_owned()));
        input.uses = Some(Uses::Unlimited);
    })
    .await;
    let (second, third) = (fixture.beside().await, fixture.beside().await);
    let others = [&fixture, &second, &third];
    let left = 3;
    for asked in others.into_iter().cycle().take(store::waiting_room::PASSCODE_TRIES as usize - left) {
        let told = asked.redeem_knowing(&ticket, &PrivateKey::generate(), "open simsim").await.unwrap_err();
        assert_eq!(told.code, "passcode");
    }
    let rush = others.into_iter().cycle().take(12).map(|asked| redeem_in_a_rush(asked, &ticket, "open sesame"));
    let answers = join_all(rush).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");

    // Wrong ones are as many as before, also at once.
    let rush = others.into_iter().cycle().take(12).map(|asked| redeem_in_a_rush(asked, &ticket, "open simsim"));
    let answers: Vec<_> = join_all(rush).await.into_iter().map(Result::unwrap_err).collect();
    assert_eq!(answers.iter().filter(|code| *code == "passcode").count(), left, "{answers:?}");
    assert_eq!(answers.iter().filter(|code| *code == "passcode-locked").count(), 12 - left, "{answers:?}");
}

#[tokio::test]
async fn passcodes_that_another_controller_looks_at_make_who_comes_wait_and_are_not_taken_for_wrong_ones() {
    let (fixture, ticket) = invited(|input| input.passcode = Some(Passcode("open sesame".to_owned()))).await;
    let id = invitation::show(&fixture.app, &at("shop"), &at("guests")).await.unwrap().id;
    let other = fixture.beside().await;
    let begin = async || other.app.store().begin(&store::Context::new("other")).await.unwrap();
    let mut tx = begin().await;
    let mut looks = vec![];
    while let Try::Granted(look) = store::waiting_room::take_try(&mut tx, id).await.unwrap() {
        looks.push(look);
    }
    tx.commit().await.unwrap();
    let key = PrivateKey::generate();
    let told = fixture.redeem_knowing(&ticket, &key, "open sesame").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final, told.not_before), ("busy", false, 0));
    let mut tx = begin().await;
    assert!(store::waiting_room::give_try_back(&mut tx, looks[0]).await.unwrap());
    tx.commit().await.unwrap();
    fixture.redeem_knowing(&ticket, &key, "open sesame").await.unwrap();
}

#[tokio::test]
async fn where_the_participant_is_to_name_the_site_none_is_made_up() {
    let (fixture, ticket) = invited(|input| input.interactive = true).await;
    let told = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("name-needed", true));
    assert_eq!(fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap().name, "lobby");
}

#[tokio::test]
async fn the_terms_stand_in_the_certificate_and_in_the_desired_state() {
    let limits = AddressLimits { serve: patterns(&["till.*"]), uses: patterns(&[]) };
    let terms = Terms { limits: limits.clone(), consent: Consent::Ask, ..Terms::default() };
    let (fixture, ticket) = invited(|input| input.terms = terms.clone()).await;
    let admission = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap();
    assert_eq!(pki::Certificate::parse(&admission.certificate).unwrap().limits, limits);
    let settings = admission.items.iter().find(|item| item.key == "settings").unwrap();
    let settings: model::desired::Item = serde_json::from_slice(&settings.payload).unwrap();
    assert!(matches!(settings, model::desired::Item::Settings(it) if it.terms == terms));

    // Others who join later are held to what is laid down then.
    let terms = TermsChange { serve: Some(patterns(&["*"])), uses: Some(patterns(&["*"])), ..TermsChange::default() };
    let set = invitation::Set { terms, ..invitation::Set::default() };
    invitation::set(&fixture.app, &admin(), &at("shop"), &at("guests"), set, None).await.unwrap();
    let admission = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap();
    assert!(pki::Certificate::parse(&admission.certificate).unwrap().limits.is_everything());
    let first = member::show(&fixture.app, &at("shop"), &at("guests-1")).await.unwrap();
    assert_eq!(first.terms.limits, limits, "who has joined keeps its terms");
    let too_many: Vec<String> = (0..17).map(|n| format!("a{n}")).collect();
    let too_many = patterns(&too_many.iter().map(String::as_str).collect::<Vec<_>>());
    let terms = TermsChange { serve: Some(too_many), ..TermsChange::default() };
    let set = invitation::Set { terms, ..invitation::Set::default() };
    let refused = invitation::set(&fixture.app, &admin(), &at("shop"), &at("guests"), set, None).await.unwrap_err();
    assert!(matches!(refused, OpError::Invalid { field: "serve", .. }), "{refused}");
}

#[tokio::test]
async fn a_membership_that_is_not_renewable_ends_with_its_one_certificate() {
    let (fixture, ticket) = invited(|input| input.terms.renewable = false).await;
    let set = network::Set { end: Some(None), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    let key = PrivateKey::generate();
    let admission = fixture.redeem(&ticket, &key, "").await.unwrap();
    let expires = pki::Certificate::parse(&admission.certificate).unwrap().not_after;
    let left = expires.duration_since(fixture.app.now());
    fixture.clock.forward(left - SignedDuration::from_secs(1));
    assert_eq!(fixture.redeem(&ticket, &key, "").await.map(|it| it.certificate), Ok(admission.certificate));
    let show = async || member::show(&fixture.app, &at("shop"), &at("guests-1")).await.unwrap();
    assert_eq!(show().await.state, MemberState::Member);
    // The last second belongs to it entirely.
    fixture.clock.stop_at(expires);
    assert_eq!(show().await.state, MemberState::Member);
    fixture.redeem(&ticket, &key, "").await.expect("its one certificate, again");
    fixture.clock.stop_at(expires + SignedDuration::from_secs(1));
    let shown = show().await;
    assert_eq!(shown.state, MemberState::Expired);
    assert!(shown.reason.unwrap().contains("not renewable"));
    let told = fixture.redeem(&ticket, &key, "").await.map(|it| it.name).unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("not-renewable", true));
}

#[tokio::test]
async fn a_copy_has_the_same_options_and_a_claim_of_its_own() {
    let (fixture, ticket) = invited(|input| {
        with_a_waiting_room(input);
        input.classes = vec![name("till")];
        input.passcode = Some(Passcode("open sesame".to_owned()));
        input.terms.renewable = false;
    })
    .await;
    fixture.redeem_knowing(&ticket, &PrivateKey::generate(), "open sesame").await.unwrap_err();
    let made = invitation::copy(&fixture.app, &admin(), &at("shop"), &at("guests"), name("more"), None).await.unwrap();
    assert_eq!((made.used, made.waiting, made.uses), (0, 0, Uses::Limited(3)));
    assert_eq!((made.admission, made.passcode, made.terms.renewable), (Admission::WaitingRoom, true, false));
    assert_eq!((made.classes, made.prefix), (vec![name("till")], Some(name("more"))));
    let copy = fixture.render("more").await;
    let (model::ticket::Ticket::Invitation(one), model::ticket::Ticket::Invitation(other)) = (&ticket, &copy) else {
        unreachable!("invitations")
    };
    assert_ne!(one.claim, other.claim);
    let told = fixture.redeem_knowing(&copy, &PrivateKey::generate(), "open sesame").await.unwrap_err();
    assert_eq!(told.code, "waiting-room");
    invitation::expire(&fixture.app, &admin(), &at("shop"), &at("guests"), None).await.unwrap();
    assert_eq!(listed(&fixture).await, [("more-1".to_owned(), MemberState::Waiting)], "the copy is another invitation");
    let taken = invitation::copy(&fixture.app, &admin(), &at("shop"), &at("guests"), name("more"), None).await;
    assert!(matches!(taken, Err(OpError::NameTaken { .. })));
}
