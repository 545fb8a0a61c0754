use model::{BackboneSiteId, ControllerId, GenericUuid, InvitationId, SiteId, trust::Denied, trust::NetworkTrust};
use uuid::Uuid;

use super::*;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000_000).expect("in range")
}

fn member(network: u128, site: u128) -> Identity {
    Identity::Member { network: id(network), site: id::<SiteId>(site) }
}

fn controller() -> Identity {
    Identity::Controller { controller: id::<ControllerId>(7) }
}

fn backbone_site() -> Identity {
    Identity::BackboneSite { backbone: id(1), site: id::<BackboneSiteId>(8) }
}

fn bootstrap() -> Identity {
    Identity::Bootstrap { backbone: id(1), site: id::<BackboneSiteId>(9) }
}

fn view(own: Identity, scope: Option<NetworkScope>, held: Option<Held>) -> TrustView {
    let authority = |n: u8| AuthorityTrust { generation: 1, certificate: Der(vec![n]) };
    TrustView::new((id(0), id(1)), own, &[authority(1)], scope, held)
}

fn scope(closes: Option<Timestamp>) -> NetworkScope {
    let authorities = vec![AuthorityTrust { generation: 1, certificate: Der(vec![2]) }];
    NetworkScope { start: now(), end: closes, closes, authorities, denied: Denied::default() }
}

fn held(change: impl FnOnce(&mut TrustDocument)) -> Held {
    let network = NetworkTrust { opens: now(), closes: None, authorities: Vec::new() };
    let mut document = TrustDocument {
        format: TrustDocument::FORMAT,
        installation: id(0),
        backbone: id(1),
        version: 1,
        issued: now(),
        valid_until: now() + SignedDuration::from_hours(1),
        networks: [(id(5), network)].into(),
        denied: Denied::default(),
    };
    change(&mut document);
    let signed = SignedTrust { document: Vec::new(), signature: Vec::new(), signer: Der(Vec::new()) };
    Held { digest: signed.digest(), signed, document: Arc::new(document) }
}

#[test]
fn a_member_admits_its_own_network_and_the_backbone_and_nobody_else() {
    let view = view(member(5, 1), Some(scope(None)), None);
    let admit = |peer: &Identity| view.admit(peer, now(), Stage::New);
    assert_eq!(admit(&member(5, 2)), Ok(()));
    assert_eq!(admit(&controller()), Ok(()));
    assert_eq!(admit(&backbone_site()), Ok(()));
    assert_eq!(admit(&member(6, 2)), Err(Refusal::NotAdmitted));
    assert_eq!(admit(&Identity::TrustSigner { backbone: id(1), controller: id(2) }), Err(Refusal::NotAdmitted));
    assert_eq!(view.authorities_of(&member(5, 2)), [Der(vec![2])]);
    assert_eq!(view.authorities_of(&controller()), [Der(vec![1])]);
    assert!(view.authorities_of(&member(6, 2)).is_empty());
}

#[test]
fn a_member_cuts_denied_sites_and_everybody_when_its_network_closes() {
    let closes = now() + SignedDuration::from_secs(10);
    let mut scope = scope(Some(closes));
    scope.denied.sites.insert(id(3), Denial::Evicted);
    let view = view(member(5, 1), Some(scope), None);
    assert_eq!(view.admit(&member(5, 3), now(), Stage::Live), Err(Refusal::Denied(Denial::Evicted)));
    assert_eq!(view.admit(&member(5, 2), now(), Stage::Live), Ok(()));
    assert_eq!(view.next_edge(now()), Some(closes));
    assert_eq!(view.admit(&member(5, 2), closes - SECOND, Stage::Live), Ok(()));
    assert_eq!(view.admit(&member(5, 2), closes, Stage::Live), Err(Refusal::Closed));
    assert_eq!(view.next_edge(closes), None);
}

#[test]
fn without_a_document_only_the_backbone_itself_is_admitted() {
    let view = view(backbone_site(), None, None);
    for peer in [backbone_site(), bootstrap(), controller()] {
        assert_eq!(view.admit(&peer, now(), Stage::New), Ok(()));
    }
    let invitation = Identity::Invitation { network: id(5), invitation: id::<InvitationId>(4) };
    for peer in [member(5, 1), invitation] {
        assert_eq!(view.admit(&peer, now(), Stage::New), Err(Refusal::NotAdmitted));
    }
}

#[test]
fn an_outdated_document_ends_nothing_and_admits_only_those_who_may_bring_a_newer_one() {
    let view = view(backbone_site(), None, Some(held(|_| ())));
    let late = now() + SignedDuration::from_hours(1);
    assert_eq!(view.admit(&member(5, 1), late - SECOND, Stage::New), Ok(()));
    assert_eq!(view.admit(&member(5, 1), late, Stage::New), Err(Refusal::Outdated));
    assert_eq!(view.admit(&member(5, 1), late, Stage::Live), Ok(()));
    assert_eq!(view.admit(&bootstrap(), late, Stage::New), Err(Refusal::Outdated));
    assert_eq!(view.admit(&backbone_site(), late, Stage::New), Ok(()));
    assert_eq!(view.admit(&controller(), late, Stage::New), Ok(()));
}

#[test]
fn denials_hold_for_an_outdated_document_too() {
    let denied = |document: &mut TrustDocument| {
        document.denied.controllers.insert(id(7), Denial::Evicted);
        document.denied.backbone_sites.insert(id(8), Denial::Evicted);
    };
    let view = view(backbone_site(), None, Some(held(denied)));
    let late = now() + SignedDuration::from_hours(2);
    for peer in [controller(), backbone_site()] {
        assert_eq!(view.admit(&peer, late, Stage::Live), Err(Refusal::Denied(Denial::Evicted)));
    }
}

#[test]
fn a_certificate_that_ends_with_its_network_says_that_the_network_has_ended() {
    let closes = now() + SignedDuration::from_millis(1_700);
    let held = held(|document| {
        let network = NetworkTrust { opens: now(), closes: Some(closes), authorities: Vec::new() };
        document.networks.insert(id(5), network);
    });
    let view = view(backbone_site(), None, Some(held));
    let second = |n| now() + SignedDuration::from_secs(n);
    assert!(view.closes_with(&member(5, 1), second(1)));
    assert!(!view.closes_with(&member(5, 1), second(0)));
    assert!(!view.closes_with(&member(6, 1), second(1)) && !view.closes_with(&controller(), second(1)));
}

#[test]
fn what_an_evicted_controller_signs_is_not_adopted() {
    let validity = pki::Validity::backdated(now(), now() + SignedDuration::from_hours(9));
    let root = pki::Authority::development_root(id(0), "tests", validity).expect("a root");
    let kind = pki::AuthorityKind::Backbone(id(1));
    let authority = root.issue_authority(kind, 1, validity).expect("a Backbone CA");
    let trusted = [AuthorityTrust { generation: 1, certificate: authority.certificate.clone() }];
    let denied = held(|document| {
        document.denied.controllers.insert(id(7), Denial::Evicted);
    });
    let signed_by = |controller: u128| {
        let identity = Identity::TrustSigner { backbone: id(1), controller: id(controller) };
        let subject = model::SpiffeId { installation: id(0), identity };
        let (signer, key) =
            authority.issue_leaf_with_new_key(subject, pki::LeafUse::TrustSigner, validity).expect("a signer");
        // It takes the denial back.
        let document = TrustDocument { version: 2, denied: Denied::default(), ..(*denied.document).clone() };
        SignedTrust::sign(&document, &key, &signer)
    };
    let trust = Trust::new(TrustView::new((id(0), id(1)), backbone_site(), &trusted, None, Some(denied.clone())));
    let refused = trust.adopt(signed_by(7), now());
    assert!(matches!(refused, Err(NotAdopted::SignerDenied(Identity::TrustSigner { .. }))), "{refused:?}");
    assert_eq!(trust.view().version(), 1);
    assert_eq!(trust.adopt(signed_by(8), now()).ok(), Some(2));
}
