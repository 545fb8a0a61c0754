//! The one rule, for those who keep it, and its edges in time.

use jiff::Timestamp;
use model::{Identity, SpiffeId};
use pki::{Anchors, Authority, AuthorityKind, LeafUse, Usage, Validity, VerifyError, verify};
use proptest::prelude::*;

use crate::world::{World, days, id, now, seconds};

fn usage(identity: &Identity) -> Usage {
    match identity {
        Identity::TrustSigner { .. } => Usage::Signing,
        _ => Usage::Client,
    }
}

#[test]
fn everybody_is_who_their_certificate_says() {
    let world = World::new();
    for (identity, _) in world.everybody() {
        let (leaf, _) = world.issue(identity);
        assert_eq!(leaf.id, Some(world.spiffe(identity)));
        assert_eq!(verify(&world.anchors(), &leaf.der.0, usage(&identity), now()), Ok(identity));
    }
}

#[test]
fn a_leaf_is_valid_from_its_first_to_its_last_second() {
    let world = World::new();
    let (from, until) = (now() + seconds(100), now() + seconds(200));
    let validity = Validity { not_before: from, not_after: until };
    for (identity, issuer) in world.everybody() {
        let leaf_use = if usage(&identity) == Usage::Signing { LeafUse::TrustSigner } else { LeafUse::Peer };
        let (leaf, _) = issuer.issue_leaf_with_new_key(world.spiffe(identity), leaf_use, validity).unwrap();
        let at = |time: Timestamp| verify(&world.anchors(), &leaf.der.0, usage(&identity), time);
        assert!(matches!(at(from - seconds(1)), Err(VerifyError::NotYetValid(m)) if m.not_before == from));
        assert_eq!(at(from), Ok(identity));
        assert_eq!(at(until), Ok(identity));
        // The last second belongs to it entirely.
        assert_eq!(at(until + jiff::SignedDuration::from_millis(999)), Ok(identity));
        let error = at(until + seconds(1)).unwrap_err();
        assert!(matches!(error, VerifyError::Expired(m) if m.now == until + seconds(1) && m.not_after == until));
        let words = error.to_string();
        for part in ["check the clock", "2030-05-01T12:03:21Z", "2030-05-01T12:01:40Z", "2030-05-01T12:03:20Z"] {
            assert!(words.contains(part), "{words}");
        }
    }
}

#[test]
fn an_authority_issues_nothing_outside_its_own_life() {
    let world = World::new();
    let (from, until) = (now() + seconds(100), now() + seconds(200));
    let validity = Validity { not_before: from, not_after: until };
    let ca = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, validity).unwrap();
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![ca.certificate.clone()]);

    // The certificate is as valid as can be; its authority is not.
    let params = crate::world::leaf_params(&world.spiffe(world.member()).to_string());
    let leaf = crate::world::forge(&params, &pki::PrivateKey::generate(), &ca);
    let at = |time: Timestamp| verify(&anchors, &leaf, Usage::Client, time);
    assert!(matches!(at(from - seconds(1)), Err(VerifyError::AuthorityNotYetValid(..))));
    assert_eq!(at(from), Ok(world.member()));
    assert_eq!(at(until), Ok(world.member()));
    assert!(matches!(at(until + seconds(1)), Err(VerifyError::AuthorityExpired(..))));
}

#[test]
fn overlapping_generations_are_both_accepted_until_one_is_withdrawn() {
    let world = World::new();
    let validity = Validity::backdated(now(), now() + days(40));
    let second = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, validity).unwrap();
    let (old, _) = world.issue_by(&world.network_ca, world.member());
    let (new, _) = world.issue_by(&second, world.member());
    let mut anchors = world.anchors();
    let both = vec![world.network_ca.certificate.clone(), second.certificate.clone()];
    anchors.networks.insert(world.network, both);
    assert_eq!(verify(&anchors, &old.der.0, Usage::Client, now()), Ok(world.member()));
    assert_eq!(verify(&anchors, &new.der.0, Usage::Server, now()), Ok(world.member()));

    anchors.networks.insert(world.network, vec![second.certificate]);
    assert!(matches!(verify(&anchors, &old.der.0, Usage::Client, now()), Err(VerifyError::NotIssued(_))));
    assert_eq!(verify(&anchors, &new.der.0, Usage::Client, now()), Ok(world.member()));
}

#[test]
fn an_expired_certificate_is_called_expired_only_when_nothing_else_is_wrong() {
    let world = World::new();
    let later = now() + days(2);
    let (leaf, _) = world.issue(world.member());
    assert!(matches!(verify(&world.anchors(), &leaf.der.0, Usage::Client, later), Err(VerifyError::Expired(_))));
    let (stray, _) = world.issue_by(&world.backbone_ca, world.member());
    assert!(matches!(verify(&world.anchors(), &stray.der.0, Usage::Client, later), Err(VerifyError::NotIssued(_))));
    let validity = Validity::backdated(now(), now() + days(1));
    let spiffe = world.spiffe(world.member());
    let (client, _) = world.network_ca.issue_leaf_with_new_key(spiffe, LeafUse::Client, validity).unwrap();
    assert_eq!(verify(&world.anchors(), &client.der.0, Usage::Server, later), Err(VerifyError::Purpose(Usage::Server)));
}

/// Who there is to be, in two installations, two backbones and two networks.
fn any_identity() -> impl Strategy<Value = SpiffeId> {
    let identity = prop_oneof![
        (2..4_u128, 10..12_u128).prop_map(|(b, s)| Identity::BackboneSite { backbone: id(b), site: id(s) }),
        (2..4_u128, 10..12_u128).prop_map(|(b, s)| Identity::Bootstrap { backbone: id(b), site: id(s) }),
        (2..4_u128).prop_map(|b| Identity::TrustSigner { backbone: id(b), controller: id(9) }),
        (3..6_u128, 10..12_u128).prop_map(|(n, i)| Identity::Invitation { network: id(n), invitation: id(i) }),
        (3..6_u128, 10..12_u128).prop_map(|(n, s)| Identity::Member { network: id(n), site: id(s) }),
        (10..12_u128).prop_map(|c| Identity::Controller { controller: id(c) }),
    ];
    (prop_oneof![9 => Just(1_u128), 1 => Just(9)], identity)
        .prop_map(|(installation, identity)| SpiffeId { installation: id(installation), identity })
}

/// The rule again, as briefly as it can be said, to hold the implementation against.
fn oracle(
    world: &World,
    id: &SpiffeId,
    issuer: &Authority,
    leaf_use: LeafUse,
    usage: Usage,
    offset: i64,
) -> Option<Identity> {
    let anchor = match id.identity {
        Identity::Member { network, .. } | Identity::Invitation { network, .. } => {
            [(world.network, &world.network_ca), (world.other_network, &world.other_network_ca)]
                .into_iter()
                .find(|(id, _)| *id == network)
                .map(|(_, ca)| ca)
        }
        Identity::Controller { .. } => Some(&world.backbone_ca),
        _ => (id.identity.backbone() == Some(world.backbone)).then_some(&world.backbone_ca),
    };
    let fits = match (leaf_use, usage) {
        (LeafUse::Peer, Usage::Client | Usage::Server) | (LeafUse::Client, Usage::Client) => true,
        (LeafUse::TrustSigner, Usage::Signing) => matches!(id.identity, Identity::TrustSigner { .. }),
        _ => false,
    };
    let ours = id.installation == world.installation;
    let admitted = ours && fits && anchor == Some(issuer) && (0..=60).contains(&offset);
    admitted.then_some(id.identity)
}

proptest! {
    #[test]
    fn exactly_what_the_rule_says_is_accepted(
        id in any_identity(),
        issuer in 0..4_usize,
        client_only in any::<bool>(),
        usage in prop_oneof![Just(Usage::Client), Just(Usage::Server), Just(Usage::Signing)],
        offset in prop_oneof![0..=60_i64, -2..=2_i64, 58..=62_i64],
    ) {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            let issuer = [&world.root, &world.backbone_ca, &world.network_ca, &world.other_network_ca][issuer];
            let leaf_use = match id.identity {
                Identity::TrustSigner { .. } => LeafUse::TrustSigner,
                _ if client_only => LeafUse::Client,
                _ => LeafUse::Peer,
            };
            let validity = Validity { not_before: now(), not_after: now() + seconds(60) };
            let (leaf, _) = issuer.issue_leaf_with_new_key(id, leaf_use, validity).unwrap();
            let found = verify(&world.anchors(), &leaf.der.0, usage, now() + seconds(offset));
            prop_assert_eq!(found.ok(), oracle(world, &id, issuer, leaf_use, usage, offset));
            Ok(())
        })?;
    }

    #[test]
    fn a_changed_certificate_speaks_for_nobody_else(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        thread_local!(static FIXTURE: (Anchors, Identity, Vec<u8>) = {
            let world = World::new();
            (world.anchors(), world.member(), world.issue(world.member()).0.der.0)
        });
        FIXTURE.with(|(anchors, member, leaf)| {
            let mut leaf = leaf.clone();
            let at = at.index(leaf.len());
            leaf[at] ^= 1 << bit;
            if let Ok(found) = verify(anchors, &leaf, Usage::Client, now()) {
                prop_assert_eq!(found, *member);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..800)) {
        thread_local!(static ANCHORS: Anchors = World::new().anchors());
        let found = ANCHORS.with(|anchors| verify(anchors, &bytes, Usage::Client, now()));
        prop_assert!(found.is_err());
    }
}
