//! The one rule, clause by clause, against those who would like it broken.

use model::{BackboneId, Der, Identity, InstallationId, NetworkId, SiteId, SpiffeId};
use pki::{Anchors, Authority, AuthorityKind, LeafUse, PrivateKey, Usage, Validity, VerifyError, verify};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::world::{World, days, forge, id, leaf_params, now, seconds, set_life};

/// The error for a leaf presented by a client.
fn refusal(anchors: &Anchors, leaf: &[u8]) -> VerifyError {
    verify(anchors, leaf, Usage::Client, now()).unwrap_err()
}

fn uri(world: &World, identity: Identity) -> String {
    world.spiffe(identity).to_string()
}

/// A member's certificate, changed for the worse and signed by the member's own network.
fn member(world: &World, change: impl FnOnce(&mut CertificateParams)) -> VerifyError {
    let mut params = leaf_params(&uri(world, world.member()));
    change(&mut params);
    refusal(&world.anchors(), &forge(&params, &PrivateKey::generate(), &world.network_ca))
}

#[test]
fn the_forge_itself_makes_acceptable_certificates() {
    let world = World::new();
    let leaf = forge(&leaf_params(&uri(&world, world.member())), &PrivateKey::generate(), &world.network_ca);
    assert_eq!(verify(&world.anchors(), &leaf, Usage::Client, now()), Ok(world.member()));
}

#[test]
fn another_networks_ca_cannot_issue_for_this_one() {
    let world = World::new();
    let (leaf, _) = world.issue_by(&world.other_network_ca, world.member());
    assert!(matches!(refusal(&world.anchors(), &leaf.der.0), VerifyError::NotIssued(_)));
}

#[test]
fn a_networks_ca_cannot_issue_for_the_backbone() {
    let world = World::new();
    for identity in [world.site(), world.bootstrap(), world.controller()] {
        let (leaf, _) = world.issue_by(&world.network_ca, identity);
        assert!(matches!(refusal(&world.anchors(), &leaf.der.0), VerifyError::NotIssued(_)));
    }
    let (signer, _) = world.issue_by(&world.network_ca, world.signer());
    let error = verify(&world.anchors(), &signer.der.0, Usage::Signing, now()).unwrap_err();
    assert!(matches!(error, VerifyError::NotIssued(_)));
}

#[test]
fn the_backbone_ca_and_the_root_cannot_issue_for_a_network() {
    let world = World::new();
    for issuer in [&world.backbone_ca, &world.root] {
        for identity in [world.member(), world.invitation()] {
            let (leaf, _) = world.issue_by(issuer, identity);
            assert!(matches!(refusal(&world.anchors(), &leaf.der.0), VerifyError::NotIssued(_)));
        }
    }
    let (site, _) = world.issue_by(&world.root, world.site());
    assert!(matches!(refusal(&world.anchors(), &site.der.0), VerifyError::NotIssued(_)));
}

#[test]
fn an_authority_with_the_right_name_and_another_key_is_not_the_authority() {
    let (world, twin) = (World::new(), World::new());
    assert_eq!(world.network_ca.details().subject, twin.network_ca.details().subject);
    let (leaf, _) = twin.issue(twin.member());
    assert!(matches!(refusal(&world.anchors(), &leaf.der.0), VerifyError::NotIssued(_)));
}

#[test]
fn the_full_chain_of_a_withdrawn_network_is_refused() {
    let world = World::new();
    let (leaf, _) = world.issue(world.member());
    let mut anchors = world.anchors();
    anchors.networks.remove(&world.network);
    // The CA of the network, issued by the Backbone CA which is trusted, exists and is valid: it does not matter.
    assert_eq!(refusal(&anchors, &leaf.der.0), VerifyError::UnknownNetwork(world.network));
    // Nor does it when the network is there without any authority, or with another.
    anchors.networks.insert(world.network, vec![]);
    assert!(matches!(refusal(&anchors, &leaf.der.0), VerifyError::NotIssued(_)));
    anchors.networks.insert(world.network, vec![world.other_network_ca.certificate.clone()]);
    assert!(matches!(refusal(&anchors, &leaf.der.0), VerifyError::NotIssued(_)));
}

#[test]
fn an_authority_below_a_networks_own_is_no_authority() {
    let world = World::new();
    // The network's CA has path length 0, and its key signs an authority nevertheless.
    let mut params = leaf_params("spiffe://x/y");
    params.subject_alt_names.clear();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages.clear();
    let key = PrivateKey::generate();
    let below = Authority::new(Der(forge(&params, &key, &world.network_ca)), key).unwrap();
    let (leaf, _) = world.issue_by(&below, world.member());
    assert!(matches!(refusal(&world.anchors(), &leaf.der.0), VerifyError::NotIssued(_)));
}

#[test]
fn another_backbones_certificates_are_refused() {
    let world = World::new();
    let elsewhere: BackboneId = id(99);
    let identity = Identity::BackboneSite { backbone: elsewhere, site: id(10) };
    // Even when this backbone's own CA issued it.
    let (leaf, _) = world.issue_by(&world.backbone_ca, identity);
    assert_eq!(refusal(&world.anchors(), &leaf.der.0), VerifyError::OtherBackbone(elsewhere));
    let bootstrap = Identity::Bootstrap { backbone: elsewhere, site: id(10) };
    let (leaf, _) = world.issue_by(&world.backbone_ca, bootstrap);
    assert_eq!(refusal(&world.anchors(), &leaf.der.0), VerifyError::OtherBackbone(elsewhere));

    // A controller of another backbone names no backbone; its issuer tells.
    let validity = Validity::backdated(now(), now() + days(10));
    let other = world.root.issue_authority(AuthorityKind::Backbone(elsewhere), 1, validity).unwrap();
    let (controller, _) = world.issue_by(&other, world.controller());
    assert!(matches!(refusal(&world.anchors(), &controller.der.0), VerifyError::NotIssued(_)));
}

#[test]
fn another_installations_certificates_are_refused() {
    let world = World::new();
    let elsewhere: InstallationId = id(98);
    let spiffe = SpiffeId { installation: elsewhere, identity: world.member() };
    let validity = Validity::backdated(now(), now() + days(1));
    let (leaf, _) = world.network_ca.issue_leaf_with_new_key(spiffe, LeafUse::Peer, validity).unwrap();
    assert_eq!(refusal(&world.anchors(), &leaf.der.0), VerifyError::OtherInstallation(elsewhere));
}

#[test]
fn an_expired_authority_is_refused_while_its_leaves_are_not_expired() {
    let world = World::new();
    let validity = Validity { not_before: now() - days(2), not_after: now() - seconds(1) };
    let expired = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, validity).unwrap();
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![expired.certificate.clone()]);
    let leaf = forge(&leaf_params(&uri(&world, world.member())), &PrivateKey::generate(), &expired);
    let error = refusal(&anchors, &leaf);
    assert!(matches!(error, VerifyError::AuthorityExpired(..)));
    assert!(error.to_string().contains("check the clock"));
}

#[test]
fn a_ca_certificate_speaks_for_nobody() {
    let world = World::new();
    let ca = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    };
    assert_eq!(member(&world, ca), VerifyError::AuthorityAsLeaf);
    let unconstrained = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert!(matches!(member(&world, unconstrained), VerifyError::Malformed(_)));
    // And the authorities themselves carry no identity at all.
    let own = &world.network_ca.certificate.0;
    assert_eq!(refusal(&world.anchors(), own), VerifyError::IdentityCount(0));
}

#[test]
fn a_leaf_as_authority_is_refused() {
    let world = World::new();
    // A member whose own leaf stands, by mistake, in the place of the network's CA.
    let (leaf, key) = world.issue(world.member());
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![leaf.der.clone()]);
    let ca = leaf.der.as_bytes().into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&ca, &key).unwrap();
    let params = leaf_params(&uri(&world, world.member()));
    let forged = params.signed_by(&PrivateKey::generate(), &issuer).unwrap();
    assert!(matches!(refusal(&anchors, forged.der()), VerifyError::NotAnAuthority(_)));

    // And one whose key usage does not allow it.
    let mut params = leaf_params("spiffe://x/y");
    params.subject_alt_names.clear();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    let odd_key = PrivateKey::generate();
    let odd = forge(&params, &odd_key, &world.backbone_ca);
    anchors.networks.insert(world.network, vec![Der(odd.clone())]);
    let ca = odd.as_slice().into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&ca, &odd_key).unwrap();
    let forged = leaf_params(&uri(&world, world.member())).signed_by(&PrivateKey::generate(), &issuer).unwrap();
    assert!(matches!(refusal(&anchors, forged.der()), VerifyError::NotAnAuthority(_)));
}

#[test]
fn an_identity_is_exactly_one_canonical_uri() {
    let world = World::new();
    let set = |uris: &[&str]| {
        let names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        member(&world, |params| params.subject_alt_names = names)
    };
    let honest = uri(&world, world.member());
    let other = uri(&world, Identity::Member { network: world.network, site: id::<SiteId>(77) });
    assert_eq!(set(&[]), VerifyError::IdentityCount(0));
    assert_eq!(set(&[&honest, &other]), VerifyError::IdentityCount(2));
    assert_eq!(set(&[&honest, &honest]), VerifyError::IdentityCount(2));
    assert_eq!(set(&[&honest, "https://example.com/"]), VerifyError::IdentityCount(2));
    for foreign in [
        "https://example.com/",
        "spiffe://example.org/ns/x/sa/y",
        &honest.to_uppercase(),
        &format!("{honest}/"),
        &format!("{honest}?x"),
        &honest.replace('-', ""),
        &honest.replace("/network/", "//network/"),
    ] {
        assert!(matches!(set(&[foreign]), VerifyError::ForeignIdentity(_)), "{foreign}");
    }
    let dns = member(&world, |params| {
        params.subject_alt_names = vec![SanType::DnsName(honest.as_str().try_into().unwrap())];
    });
    assert_eq!(dns, VerifyError::IdentityCount(0));
    let subject = member(&world, |params| {
        params.subject_alt_names.clear();
        params.distinguished_name.push(DnType::CommonName, honest.clone());
    });
    assert_eq!(subject, VerifyError::IdentityCount(0));
}

#[test]
fn two_lists_of_names_are_none() {
    let world = World::new();
    // A second subjectAltName extension (2.5.29.17) with another URI in it.
    let other = uri(&world, Identity::Member { network: world.network, site: id::<SiteId>(77) });
    let len = u8::try_from(other.len()).unwrap();
    let list = [&[0x30, 0x81, len + 3, 0x86, 0x81, len][..], other.as_bytes()].concat();
    let twice = member(&world, |params| {
        params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 17], list));
    });
    assert!(matches!(twice, VerifyError::Malformed(_)), "{twice}");
}

#[test]
fn each_use_must_be_granted_explicitly() {
    let world = World::new();
    let forged = |purposes: &[ExtendedKeyUsagePurpose], usage| {
        let mut params = leaf_params(&uri(&world, world.member()));
        params.extended_key_usages = purposes.to_vec();
        let leaf = forge(&params, &PrivateKey::generate(), &world.network_ca);
        verify(&world.anchors(), &leaf, usage, now())
    };
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};
    assert_eq!(forged(&[ClientAuth], Usage::Client), Ok(world.member()));
    assert_eq!(forged(&[CodeSigning, ServerAuth], Usage::Server), Ok(world.member()));
    for (purposes, usage) in [
        (&[ClientAuth][..], Usage::Server),
        (&[ServerAuth], Usage::Client),
        (&[CodeSigning], Usage::Client),
        (&[Any], Usage::Client),
        (&[Any], Usage::Server),
        (&[], Usage::Client),
        (&[], Usage::Server),
    ] {
        assert_eq!(forged(purposes, usage), Err(VerifyError::Purpose(usage)), "{purposes:?}");
    }
}

#[test]
fn the_trust_signer_signs_and_does_nothing_else() {
    let world = World::new();
    let (signer, _) = world.issue(world.signer());
    for usage in [Usage::Client, Usage::Server] {
        let error = verify(&world.anchors(), &signer.der.0, usage, now()).unwrap_err();
        assert_eq!(error, VerifyError::Role { role: "trust signer", usage });
    }
    for (identity, _) in world.everybody().into_iter().filter(|(identity, _)| *identity != world.signer()) {
        let (leaf, _) = world.issue(identity);
        let error = verify(&world.anchors(), &leaf.der.0, Usage::Signing, now()).unwrap_err();
        assert_eq!(error, VerifyError::Role { role: identity.role(), usage: Usage::Signing });
    }
    // With any TLS purpose, it is not accepted for signing either.
    for purpose in [ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth] {
        let mut params = leaf_params(&uri(&world, world.signer()));
        params.extended_key_usages = vec![purpose];
        let leaf = forge(&params, &PrivateKey::generate(), &world.backbone_ca);
        let error = verify(&world.anchors(), &leaf, Usage::Signing, now()).unwrap_err();
        assert_eq!(error, VerifyError::Purpose(Usage::Signing));
    }
}

#[test]
fn other_kinds_of_keys_are_refused() {
    let world = World::new();
    let params = leaf_params(&uri(&world, world.member()));
    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let leaf = forge(&params, &key, &world.network_ca);
        assert_eq!(refusal(&world.anchors(), &leaf), VerifyError::KeyType);

        // And for the authority: its certificate is not accepted, whatever it signs.
        let mut ca = leaf_params("spiffe://x/y");
        ca.subject_alt_names.clear();
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca_der = forge(&ca, &key, &world.backbone_ca);
        let issuer = rcgen::Issuer::from_params(&ca, &key);
        let leaf = params.signed_by(&PrivateKey::generate(), &issuer).unwrap();
        let mut anchors = world.anchors();
        anchors.networks.insert(world.network, vec![Der(ca_der)]);
        verify(&anchors, leaf.der(), Usage::Client, now()).unwrap_err();
    }
}

#[test]
fn a_leaf_must_be_for_digital_signatures() {
    let world = World::new();
    for usages in [vec![], vec![KeyUsagePurpose::KeyAgreement]] {
        let error = member(&world, |params| params.key_usages = usages);
        assert!(matches!(error, VerifyError::Malformed(_)), "{error}");
    }
    let signs_certificates = member(&world, |params| params.key_usages.push(KeyUsagePurpose::KeyCertSign));
    assert!(matches!(signs_certificates, VerifyError::Malformed(_)));
}

#[test]
fn what_cannot_be_understood_is_refused() {
    let world = World::new();
    let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    unknown.set_criticality(true);
    let critical = member(&world, |params| params.custom_extensions.push(unknown));
    assert!(matches!(critical, VerifyError::Malformed(_)), "{critical}");
    let backwards = member(&world, |params| set_life(params, now() + days(1), now() - days(1)));
    assert!(matches!(backwards, VerifyError::Malformed(_)), "{backwards}");

    let (leaf, _) = world.issue(world.member());
    let trailing = [leaf.der.0.as_slice(), &[0]].concat();
    assert!(matches!(refusal(&world.anchors(), &trailing), VerifyError::Malformed(_)));
    assert!(matches!(refusal(&world.anchors(), &[0x30; 20_000]), VerifyError::Malformed(_)));
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![Der(b"not a certificate".to_vec())]);
    assert!(matches!(refusal(&anchors, &leaf.der.0), VerifyError::NotAnAuthority(_)));
    // One unreadable generation does not keep the next from being found.
    anchors.networks.get_mut(&world.network).unwrap().push(world.network_ca.certificate.clone());
    assert_eq!(verify(&anchors, &leaf.der.0, Usage::Client, now()), Ok(world.member()));
}

#[test]
fn a_self_signed_certificate_is_nobody() {
    let world = World::new();
    let key = PrivateKey::generate();
    for identity in [world.member(), world.site(), world.controller()] {
        let leaf = leaf_params(&uri(&world, identity)).self_signed(&key).unwrap();
        assert!(matches!(refusal(&world.anchors(), leaf.der()), VerifyError::NotIssued(_)));
    }
}

#[test]
fn a_network_nobody_knows_is_named() {
    let world = World::new();
    let unknown: NetworkId = id(55);
    let (leaf, _) = world.issue_by(&world.network_ca, Identity::Member { network: unknown, site: id(12) });
    let error = refusal(&world.anchors(), &leaf.der.0);
    assert_eq!(error, VerifyError::UnknownNetwork(unknown));
    assert!(error.to_string().contains(&unknown.to_string()));
}
