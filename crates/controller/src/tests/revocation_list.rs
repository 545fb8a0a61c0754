//! What others are told of that is not to be accepted.

use pki::PrivateKey;
use store::authority::{self, Owner};

use super::fixture::{Fixture, admin, at};
use crate::{
    ops::{
        OpError, Page, certificate,
        certificate::Kind,
        invitation::Uses,
        member::{self, InvitationFate},
        network,
    },
    reconcile,
};

#[tokio::test]
async fn a_revocation_list_has_what_its_authority_issued_and_is_denied() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let (app, actor) = (&fixture.app, &admin());
    let made = network::create(app, actor, fixture.new_network()).await.unwrap();
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    for site in ["lobby", "hall"] {
        fixture.redeem(&ticket, &PrivateKey::generate(), site).await.unwrap();
    }
    let [ca] = authority::list(app.store(), Owner::Network(made.id)).await.unwrap().try_into().unwrap();
    let id = model::GenericUuid::into_untyped_uuid(ca.id);
    let list = certificate::revocation_list(app, id).await.unwrap();
    assert!(list.entries == 0 && list.pem.starts_with("-----BEGIN X509 CRL-----\n"), "{list:?}");
    assert!(list.validity.not_before <= fixture.now() && list.validity.not_after > fixture.now());

    member::evict(app, actor, &at("shop"), &at("lobby"), Some(InvitationFate::Keep), None).await.unwrap();
    assert_eq!(certificate::revocation_list(app, id).await.unwrap().entries, 1);
    // With its invitation, both certificates by which it could come go.
    member::evict(app, actor, &at("shop"), &at("hall"), Some(InvitationFate::Close), None).await.unwrap();
    assert_eq!(certificate::revocation_list(app, id).await.unwrap().entries, 3);
    let after = fixture.now() + jiff::SignedDuration::from_hours(24 * 400);
    fixture.clock.stop_at(after);
    assert_eq!(certificate::revocation_list(app, id).await.unwrap().entries, 0, "what is over by itself is not on it");

    let all = certificate::list(app, actor, &Page::default()).await.unwrap().items;
    let leaf = all.iter().find(|it| it.kind == Kind::Member).unwrap();
    let refused = certificate::revocation_list(app, leaf.id).await.unwrap_err();
    assert!(matches!(refused, OpError::Precondition { .. }), "{refused:?}");
    reconcile::pass(app).await.unwrap();
    let refused = certificate::revocation_list(app, id).await.unwrap_err();
    assert!(refused.to_string().contains("its key is destroyed"), "{refused:?}");
}
