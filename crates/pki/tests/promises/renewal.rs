//! Members whose certificates have expired while they were away: who is one, and for what.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use model::{Identity, SpiffeId};
use pki::{
    Anchors, Authority, AuthorityKind, Certificate, Csr, IssueError, LeafUse, Membership, PrivateKey, Usage, Validity,
    VerifyError, verify, verify_or_renew,
};
use rcgen::CustomExtension;

use crate::world::{World, days, forge, leaf_params, now, seconds, set_life};

/// A member's certificate of a hundred seconds, which may be renewed for a hundred more.
fn issue(world: &World, authority: &Authority, renewable: bool) -> Certificate {
    let request = Csr::parse(&PrivateKey::generate().csr()).unwrap();
    let validity = Validity { not_before: now(), not_after: now() + seconds(100) };
    let renewable_until = renewable.then(|| now() + seconds(200));
    let membership = Membership { renewable_until, ..Membership::default() };
    authority.issue_member(&request, world.spiffe(world.member()), validity, &membership).unwrap()
}

fn renewal(world: &World) -> Identity {
    let Identity::Member { network, site } = world.member() else { unreachable!("a member") };
    Identity::Renewal { network, site }
}

fn at(anchors: &Anchors, leaf: &Certificate, second: i64) -> Result<Identity, VerifyError> {
    verify_or_renew(anchors, leaf.der.as_bytes(), Usage::Client, now() + seconds(second))
}

#[test]
fn an_expired_member_is_one_that_renews_until_the_last_second_of_its_grace() {
    let world = World::new();
    let leaf = issue(&world, &world.network_ca, true);
    let anchors = world.anchors();
    assert!(matches!(at(&anchors, &leaf, -1), Err(VerifyError::NotYetValid(_))));
    assert_eq!(at(&anchors, &leaf, 100), Ok(world.member()));
    let in_the_last_second = now() + seconds(100) + SignedDuration::from_millis(999);
    let last = verify_or_renew(&anchors, leaf.der.as_bytes(), Usage::Client, in_the_last_second);
    assert_eq!(last, Ok(world.member()));
    assert_eq!(at(&anchors, &leaf, 101), Ok(renewal(&world)));
    assert_eq!(at(&anchors, &leaf, 200), Ok(renewal(&world)));
    assert!(matches!(at(&anchors, &leaf, 201), Err(VerifyError::Expired(_))));
    // The one rule for everything else knows of no grace.
    let expired = verify(&anchors, leaf.der.as_bytes(), Usage::Client, now() + seconds(101));
    assert!(matches!(expired, Err(VerifyError::Expired(_))));
}

#[test]
fn a_certificate_that_says_nothing_of_renewal_is_over_when_it_expires() {
    let world = World::new();
    let leaf = issue(&world, &world.network_ca, false);
    assert_eq!(at(&world.anchors(), &leaf, 100), Ok(world.member()));
    assert!(matches!(at(&world.anchors(), &leaf, 101), Err(VerifyError::Expired(_))));
}

#[test]
fn whatever_else_was_wrong_with_it_when_it_expired_is_still_wrong() {
    let world = World::new();
    let leaf = issue(&world, &world.network_ca, true);
    // Its generation is trusted no more, or its network is gone.
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![world.other_network_ca.certificate.clone()]);
    assert!(matches!(at(&anchors, &leaf, 101), Err(VerifyError::NotIssued(_))));
    anchors.networks.remove(&world.network);
    assert!(matches!(at(&anchors, &leaf, 101), Err(VerifyError::UnknownNetwork(_))));
    // By another network's authority.
    let foreign = issue(&world, &world.other_network_ca, true);
    assert!(matches!(at(&world.anchors(), &foreign, 101), Err(VerifyError::NotIssued(_))));
    // For another use.
    let signing = verify_or_renew(&world.anchors(), leaf.der.as_bytes(), Usage::Signing, now() + seconds(101));
    assert!(matches!(signing, Err(VerifyError::Role { .. })));
}

#[test]
fn an_authority_that_has_ended_since_vouches_for_the_moment_of_expiry() {
    let world = World::new();
    let validity = Validity { not_before: now(), not_after: now() + seconds(150) };
    let ca = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, validity).unwrap();
    let leaf = issue(&world, &ca, true);
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![ca.certificate.clone()]);
    assert_eq!(at(&anchors, &leaf, 151), Ok(renewal(&world)));
    // Whose certificate outlived its authority, which none of ours does, was over with that.
    let mut params = leaf_params(&world.spiffe(world.member()).to_string());
    set_life(&mut params, now(), now() + seconds(160));
    params.custom_extensions.push(extension(&(now() + days(1)).to_string()));
    let outliving = Certificate::parse(&forge(&params, &PrivateKey::generate(), &ca)).unwrap();
    assert!(matches!(at(&anchors, &outliving, 161), Err(VerifyError::AuthorityExpired(..))));
}

#[test]
fn nobody_but_a_member_renews_by_an_expired_certificate() {
    let world = World::new();
    for (identity, issuer) in world.everybody() {
        if matches!(identity, Identity::Member { .. } | Identity::TrustSigner { .. }) {
            continue;
        }
        let mut params = leaf_params(&world.spiffe(identity).to_string());
        params.custom_extensions.push(extension(&(now() + days(30)).to_string()));
        let leaf = Certificate::parse(&forge(&params, &PrivateKey::generate(), issuer)).unwrap();
        let later = verify_or_renew(&world.anchors(), leaf.der.as_bytes(), Usage::Client, now() + days(2));
        assert!(matches!(later, Err(VerifyError::Expired(_))), "{identity}: {later:?}");
    }
}

#[test]
fn until_when_it_is_renewed_must_be_readable() {
    let world = World::new();
    for text in ["", "tomorrow", "2030-13-01T00:00:00Z"] {
        let mut params = leaf_params(&world.spiffe(world.member()).to_string());
        params.custom_extensions.push(extension(text));
        let leaf = forge(&params, &PrivateKey::generate(), &world.network_ca);
        let judged = verify(&world.anchors(), &leaf, Usage::Client, now());
        assert!(matches!(judged, Err(VerifyError::Malformed(_))), "{text:?}: {judged:?}");
    }
}

#[test]
fn no_certificate_is_ever_issued_for_one_that_renews() {
    let world = World::new();
    let id = SpiffeId { installation: world.installation, identity: renewal(&world) };
    let validity = Validity::backdated(now(), now() + days(1));
    let issued = world.network_ca.issue_leaf_with_new_key(id, LeafUse::Peer, validity);
    assert!(matches!(issued, Err(IssueError::Use { .. })));
}

/// The extension that says until when, with `text` in it.
fn extension(text: &str) -> CustomExtension {
    let length = u8::try_from(text.len()).unwrap();
    let content = [&[0x0c, length], text.as_bytes()].concat();
    CustomExtension::from_oid_content(&[2, 25, 7_418_226_934_502_118_377], content)
}

#[derive(Debug)]
struct Policy(Anchors, Timestamp, bool);

impl pki::PeerPolicy for Policy {
    fn anchors(&self) -> Arc<Anchors> {
        Arc::new(self.0.clone())
    }

    fn now(&self) -> Timestamp {
        self.1
    }

    fn admits_renewal(&self) -> bool {
        self.2
    }

    fn admit(&self, _: &Identity) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn in_a_handshake_it_is_let_through_only_by_whom_has_a_use_for_it_and_known_for_what_it_is() {
    let world = World::new();
    let key = PrivateKey::generate();
    let request = Csr::parse(&key.csr()).unwrap();
    let validity = Validity { not_before: now(), not_after: now() + seconds(100) };
    let membership = Membership { renewable_until: Some(now() + seconds(200)), ..Membership::default() };
    let id = world.spiffe(world.member());
    let certificate = world.network_ca.issue_member(&request, id, validity, &membership).unwrap();
    let leaf = pki::tls::Leaf { certificate: certificate.der, key };
    let shake = |second: i64, admits: bool| {
        let time = now() + seconds(second);
        let policy = |admits| -> Arc<dyn pki::PeerPolicy> { Arc::new(Policy(world.anchors(), time, admits)) };
        let client = pki::tls::client(Some(&leaf), pki::Alpn::Claim, policy(false)).unwrap();
        let server =
            pki::tls::server(&world.leaf(world.controller()), &[pki::Alpn::Claim], Some(policy(admits))).unwrap();
        let (_, server) = crate::tls::handshake(client, server).ok()?;
        Some(pki::tls::verified_peer(&server, time).unwrap().0)
    };
    for (second, admits, expected) in [
        (100, false, Some(world.member())),
        (100, true, Some(world.member())),
        (101, false, None),
        (101, true, Some(renewal(&world))),
        (200, true, Some(renewal(&world))),
        (201, true, None),
    ] {
        assert_eq!(shake(second, admits), expected, "{second} {admits}");
    }
}
