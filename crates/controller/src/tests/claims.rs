use jiff::SignedDuration;
use model::{Identity, ticket::Ticket};
use pki::PrivateKey;
use site_proto::{RedeemRequest, claim_server::Claim as _};

use super::fixture::{Fixture, admin, admitted_as, at, name, new_invitation};
use crate::{
    claim::ClaimService,
    ops::{OpError, Page, backbone_site, invitation, invitation::Uses, member, member::InvitationFate, network},
};

async fn open_network() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    fixture
}

#[tokio::test]
async fn the_same_key_again_is_the_same_member_and_spends_nothing() {
    let fixture = open_network().await;
    let ticket = fixture.invitation("stores", Uses::Limited(1)).await;
    let key = PrivateKey::generate();
    let first = fixture.redeem(&ticket, &key, "").await.unwrap();
    assert_eq!(first.name, "stores-1");
    let Identity::Member { site, .. } = admitted_as(&first) else { panic!("not a member") };
    assert_eq!(site.to_string(), first.site);
    let keys: Vec<&str> = first.items.iter().map(|item| item.key.split('/').next().unwrap()).collect();
    assert_eq!(keys, ["backbone-trust", "link", "network-trust", "settings"]);
    // The reply was lost: whoever asks again gets the very same.
    assert_eq!(fixture.redeem(&ticket, &key, "").await.unwrap(), first);
    let refused = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.r#final), ("used-up", true));
    let shown = invitation::show(&fixture.app, &at("shop"), &at("stores")).await.unwrap();
    assert_eq!(shown.used, 1);
    let certificate = pki::Certificate::parse(&first.certificate).unwrap();
    let network = network::show(&fixture.app, &at("shop")).await.unwrap();
    assert!(certificate.not_after <= network.end.unwrap(), "a member's certificate never outlives its network");
}

#[tokio::test]
async fn many_at_once_never_spend_more_than_there_is() {
    let fixture = open_network().await;
    let ticket = fixture.invitation("stores", Uses::Limited(5)).await;
    let keys: Vec<_> = (0..12).map(|_| PrivateKey::generate()).collect();
    let rush = keys.iter().map(|key| fixture.redeem(&ticket, key, ""));
    let outcomes = futures_util::future::join_all(rush).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    let listed = member::list(&fixture.app, &at("shop"), &Page::default()).await.unwrap().items;
    assert_eq!(listed.len(), 5);
}

#[tokio::test]
async fn every_refusal_has_its_code_and_plain_words() {
    let fixture = open_network().await;
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    let key = PrivateKey::generate();
    let refusal = async |ticket: &Ticket, wish: &str| {
        let refusal = fixture.redeem(ticket, &PrivateKey::generate(), wish).await.unwrap_err();
        (refusal.code, refusal.r#final, refusal.message)
    };
    fixture.redeem(&ticket, &key, "lobby").await.unwrap();
    let (code, is_final, message) = refusal(&ticket, "lobby").await;
    assert_eq!((code.as_str(), is_final), ("name-taken", true));
    assert!(message.contains("lobby"), "{message}");
    let (code, ..) = refusal(&ticket, "Not A Name").await;
    assert_eq!(code, "name");

    let deadline = fixture.after(3_600);
    let input = invitation::Create { deadline: Some(deadline), ..new_invitation("brief", Uses::Unlimited) };
    invitation::create(&fixture.app, &admin(), input).await.unwrap();
    let brief = fixture.render("brief").await;
    fixture.clock.forward(SignedDuration::from_hours(2));
    assert_eq!(refusal(&brief, "").await.0, "deadline");

    invitation::expire(&fixture.app, &admin(), &at("shop"), &at("stores"), None).await.unwrap();
    assert_eq!(refusal(&ticket, "").await.0, "closed");
    invitation::delete(&fixture.app, &admin(), &at("shop"), &at("stores"), None).await.unwrap();
    assert_eq!(refusal(&ticket, "").await.0, "closed");

    let start = fixture.after(3_600);
    let set = network::Set { start: Some(start), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    let early = fixture.redeem(&brief, &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!((early.code.as_str(), early.r#final), ("not-open", false));
    assert_eq!(early.not_before, start.as_second() - 60);

    fixture.clock.forward(SignedDuration::from_hours(48));
    assert_eq!(refusal(&brief, "").await.0, "ended");

    // One that is over is not evicted any more; one that was before its time says so.
    network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap_err();
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert_eq!(fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err().code, "evicted");
}

#[tokio::test]
async fn a_request_that_is_none_and_a_certificate_of_another_kind_are_refused() {
    let fixture = open_network().await;
    let ticket = fixture.invitation("stores", Uses::Limited(1)).await;
    let bundle_as_claim = ClaimService::new(fixture.app.clone());
    let mut request = tonic::Request::new(RedeemRequest::default());
    assert!(bundle_as_claim.redeem(request).await.is_err(), "a call without an identity");
    request = tonic::Request::new(RedeemRequest::default());
    let network = store::network::find(fixture.app.store(), "shop").await.unwrap();
    let identity =
        Identity::Member { network: network.id, site: model::GenericUuid::from_untyped_uuid(uuid::Uuid::nil()) };
    request.extensions_mut().insert(crate::streams::Caller {
        identity,
        serial: String::new(),
        backbone: network.backbone,
    });
    assert_eq!(bundle_as_claim.redeem(request).await.unwrap_err().code(), tonic::Code::PermissionDenied);

    let mut key = PrivateKey::generate().csr();
    *key.last_mut().unwrap() ^= 1;
    let claim = fixture.redeem_csr(&ticket, key).await.unwrap_err();
    assert_eq!((claim.code.as_str(), claim.r#final), ("csr", true));
}

#[tokio::test]
async fn a_prefix_of_its_own_begins_the_names_of_an_invitations_sites() {
    let fixture = open_network().await;
    let input = invitation::Create { prefix: Some(name("till")), ..new_invitation("stores", Uses::Unlimited) };
    invitation::create(&fixture.app, &admin(), input).await.unwrap();
    let ticket = fixture.render("stores").await;
    let mut names = vec![];
    for wish in ["", "lobby", "till-9", ""] {
        names.push(fixture.redeem(&ticket, &PrivateKey::generate(), wish).await.unwrap().name);
    }
    assert_eq!(names, ["till-1", "till-lobby", "till-9", "till-4"]);
}

#[tokio::test]
async fn an_evicted_member_does_not_come_back_and_its_invitation_is_decided_on() {
    let fixture = open_network().await;
    let ticket = fixture.invitation("stores", Uses::Limited(3)).await;
    let key = PrivateKey::generate();
    fixture.redeem(&ticket, &key, "lobby").await.unwrap();
    let evict = |fate| {
        let app = fixture.app.clone();
        async move { member::evict(&app, &admin(), &at("shop"), &at("lobby"), fate, None).await }
    };
    let undecided = evict(None).await.unwrap_err();
    let OpError::Precondition { how, .. } = undecided else { panic!("{undecided}") };
    assert!(how.contains("--close-invitation"), "{how}");
    evict(Some(InvitationFate::Keep)).await.unwrap();
    let refused = fixture.redeem(&ticket, &key, "").await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.r#final), ("evicted", true));
    // The invitation was kept: another key may use it, and the name.
    fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap();
    evict(Some(InvitationFate::Close)).await.unwrap();
    let closed = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!(closed.code, "closed");
}

#[tokio::test]
async fn a_bundle_that_is_refused_leaves_the_one_before_as_good_as_it_was() {
    let fixture = Fixture::new().await;
    fixture.defined_site("main=peer,member,claim,manage@r1.example.com:5671").await;
    let bundle = fixture.bundle().await;
    for format in ["podman", "docker", "kubernetes"] {
        let format = format.parse().unwrap();
        let refused = backbone_site::bundle(&fixture.app, &admin(), &at("east"), &at("r1"), format).await.unwrap_err();
        let OpError::Precondition { how, .. } = refused else { panic!("not a precondition: {refused}") };
        assert!(how.contains("--release-image"), "{how}");
    }
    fixture.enrol(&bundle, &PrivateKey::generate()).await.unwrap();
}

#[tokio::test]
async fn the_first_key_enrols_and_a_second_one_raises_an_alarm() {
    let fixture = Fixture::new().await;
    fixture.defined_site("main=peer,member,claim,manage@r1.example.com:5671").await;
    let old = fixture.bundle().await;
    let bundle = fixture.bundle().await;
    let key = PrivateKey::generate();
    let superseded = fixture.enrol(&old, &key).await.unwrap_err();
    assert_eq!((superseded.code.as_str(), superseded.r#final), ("superseded", true));

    let admission = fixture.enrol(&bundle, &key).await.unwrap();
    assert!(matches!(admitted_as(&admission), Identity::BackboneSite { .. }));
    assert!(admission.trust.is_some());
    assert_eq!(fixture.enrol(&bundle, &key).await.unwrap(), admission);

    let thief = fixture.enrol(&bundle, &PrivateKey::generate()).await.unwrap_err();
    assert_eq!((thief.code.as_str(), thief.r#final), ("key-mismatch", true));
    let alarms = fixture
        .database
        .sql("SELECT count(*) FROM event WHERE action = 'backbone-site.enrol' AND outcome = 'refused'")
        .await
        .unwrap();
    assert_eq!(alarms.trim(), "2", "the bundle of before, and the other key");

    let linux = backbone_site::BundleFormat::Linux;
    let rendered = backbone_site::bundle(&fixture.app, &admin(), &at("east"), &at("r1"), linux).await;
    assert!(rendered.unwrap_err().to_string().contains("has enrolled already"));
    backbone_site::evict(&fixture.app, &admin(), &at("east"), &at("r1"), None).await.unwrap();
    assert_eq!(fixture.enrol(&bundle, &key).await.unwrap_err().code, "evicted");
}

#[tokio::test]
async fn secrets_are_in_no_event() {
    let fixture = open_network().await;
    let ticket = fixture.invitation("stores", Uses::Limited(1)).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap();
    let events = fixture
        .database
        .sql("SELECT coalesce(before::text, '') || coalesce(after::text, '') FROM event")
        .await
        .unwrap();
    assert!(events.contains("stores") && !events.contains("sealed") && !events.contains("PRIVATE"), "{events}");
}
