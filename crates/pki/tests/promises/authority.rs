//! Issuing.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use model::{Der, Identity, SpiffeId};
use pki::{
    Authority, AuthorityError, AuthorityKind, Certificate, Csr, IssueError, LeafUse, PrivateKey, Usage, Validity,
    verify, verify_signature,
};
use proptest::prelude::*;
use rcgen::{CertificateParams, CustomExtension, DnType};
use rustls::{CertificateError, RootCertStore, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime, pem::PemObject as _};
use x509_parser::{certificate::X509Certificate, extensions::ParsedExtension, prelude::FromDer as _};

use crate::world::{World, days, forge, id, leaf_params, now, seconds};

fn one_day() -> Validity {
    Validity::backdated(now(), now() + days(1))
}

fn key_ids(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (_, certificate) = X509Certificate::from_der(der).unwrap();
    let find = |wanted: fn(&ParsedExtension<'_>) -> Option<Vec<u8>>| {
        certificate.extensions().iter().find_map(|e| wanted(e.parsed_extension())).unwrap()
    };
    let subject = find(|e| match e {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    });
    let issuer = find(|e| match e {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
        _ => None,
    });
    (subject, issuer)
}

#[test]
fn certificates_say_who_issued_them_and_have_serials_of_their_own() {
    let world = World::new();
    let (leaf, key) = world.issue(world.member());
    let ca = world.network_ca.details();
    assert_eq!(leaf.issuer, ca.subject);
    assert!(ca.subject.contains("Skupper-X network CA g1"), "{}", ca.subject);
    assert_eq!(key_ids(&leaf.der.0).1, key_ids(&ca.der.0).0);
    assert_eq!(key_ids(&ca.der.0).1, key_ids(&world.backbone_ca.certificate.0).0);
    assert!(leaf.is_for(&key));
    assert!(!leaf.is_authority);
    assert!(ca.is_authority);
    assert_eq!(ca.id, None);
    assert_eq!(leaf.serial.len(), 32);
    let (again, _) = world.issue(world.member());
    assert_ne!(leaf.serial, again.serial);
}

#[test]
fn path_lengths_go_down_to_zero() {
    let world = World::new();
    let network = AuthorityKind::Network(id(6));
    let backbone = AuthorityKind::Backbone(id(7));
    assert_eq!(
        world.network_ca.issue_authority(network, 1, one_day()),
        Err(IssueError::PathLength { wanted: 0, limit: 0 })
    );
    assert_eq!(
        world.backbone_ca.issue_authority(backbone, 1, one_day()),
        Err(IssueError::PathLength { wanted: 1, limit: 1 })
    );
    let path_length = |authority: &Authority| {
        let (_, certificate) = X509Certificate::from_der(authority.certificate.as_bytes()).unwrap();
        let constraints = certificate.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical);
        let usage = certificate.key_usage().unwrap().unwrap().value;
        assert!(usage.key_cert_sign() && usage.crl_sign() && !usage.digital_signature());
        constraints.value.path_len_constraint
    };
    assert_eq!(path_length(&world.root), Some(2));
    assert_eq!(path_length(&world.backbone_ca), Some(1));
    assert_eq!(path_length(&world.network_ca), Some(0));
}

#[test]
fn nothing_outlives_its_issuer() {
    let world = World::new();
    let limit = world.network_ca.details().not_after;
    let issue = |until: Timestamp| {
        let validity = Validity::backdated(now(), until);
        world.network_ca.issue_leaf_with_new_key(world.spiffe(world.member()), LeafUse::Peer, validity)
    };
    issue(limit).unwrap();
    let wanted = limit + seconds(1);
    assert_eq!(issue(wanted).unwrap_err(), IssueError::Outlives { wanted, limit });
    let validity = Validity::backdated(now(), now() + days(2000));
    let error = world.root.issue_authority(AuthorityKind::Backbone(id(7)), 1, validity).unwrap_err();
    assert!(matches!(error, IssueError::Outlives { .. }));
    assert!(error.to_string().contains("outlive"), "{error}");

    let clamped = validity.within(&world.network_ca.details());
    assert_eq!(clamped.not_after, limit);
    let spiffe = world.spiffe(world.member());
    let (leaf, _) = world.network_ca.issue_leaf_with_new_key(spiffe, LeafUse::Peer, clamped).unwrap();
    assert_eq!(leaf.not_after, limit);
}

#[test]
fn certificates_count_whole_seconds_and_are_never_empty() {
    let world = World::new();
    let from = now() + SignedDuration::from_millis(700);
    let validity = Validity::backdated(from, from + seconds(60));
    let spiffe = world.spiffe(world.member());
    let (leaf, _) = world.network_ca.issue_leaf_with_new_key(spiffe, LeafUse::Peer, validity).unwrap();
    assert_eq!(leaf.not_before, now() - seconds(300));
    assert_eq!(leaf.not_after, now() + seconds(60));
    let empty = Validity { not_before: now(), not_after: now() - seconds(1) };
    let error = world.network_ca.issue_leaf_with_new_key(spiffe, LeafUse::Peer, empty).unwrap_err();
    assert!(matches!(error, IssueError::NeverValid { .. }));
}

#[test]
fn uses_and_roles_go_together() {
    let world = World::new();
    let issue = |identity, leaf_use| {
        world.backbone_ca.issue_leaf_with_new_key(world.spiffe(identity), leaf_use, one_day()).map(drop)
    };
    for wanted in [LeafUse::Peer, LeafUse::Client] {
        assert_eq!(issue(world.signer(), wanted), Err(IssueError::Use { role: "trust signer", wanted }));
        assert_eq!(issue(world.site(), wanted), Ok(()));
    }
    let wanted = LeafUse::TrustSigner;
    assert_eq!(issue(world.site(), wanted), Err(IssueError::Use { role: "backbone site", wanted }));
}

#[test]
fn a_request_gets_its_key_certified_and_nothing_it_asks_for() {
    let world = World::new();
    let key = PrivateKey::generate();
    let mut wishes = CertificateParams::new(["root.example.com".to_owned()]).unwrap();
    wishes.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    wishes.distinguished_name.push(DnType::CommonName, "the boss");
    let csr = Csr::parse(wishes.serialize_request(&key).unwrap().der()).unwrap();
    let spiffe = world.spiffe(world.member());
    let leaf = world.network_ca.issue_leaf(&csr, spiffe, LeafUse::Peer, one_day()).unwrap();
    assert!(leaf.is_for(&key));
    assert!(!leaf.is_authority && !leaf.subject.contains("boss"));
    assert_eq!(verify(&world.anchors(), &leaf.der.0, Usage::Server, now()), Ok(world.member()));
}

#[test]
fn an_authority_is_a_ca_certificate_with_its_own_key() {
    let world = World::new();
    let again = Authority::new(world.network_ca.certificate.clone(), world.network_ca.key().clone()).unwrap();
    assert_eq!(again, world.network_ca);
    let other = PrivateKey::generate();
    assert_eq!(Authority::new(world.network_ca.certificate.clone(), other), Err(AuthorityError::KeyMismatch));
    let (leaf, key) = world.issue(world.member());
    assert_eq!(Authority::new(leaf.der, key.clone()), Err(AuthorityError::NotAnAuthority));
    assert_eq!(Authority::new(Der(vec![0x30]), key), Err(AuthorityError::Malformed));
}

#[test]
fn a_subject_that_cannot_be_repeated_is_refused_at_once() {
    let world = World::new();
    let key = PrivateKey::generate();
    let params = |name: &str| {
        let mut params = leaf_params("spiffe://x/y");
        params.subject_alt_names.clear();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        params.distinguished_name = rcgen::DistinguishedName::new();
        // Two units of one letter each, to be made the same attribute below.
        params.distinguished_name.push(DnType::OrganizationalUnitName, "one");
        params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 12]), name);
        params
    };
    let ours = forge(&params("two"), &key, &world.root);
    Authority::new(Der(ours.clone()), key.clone()).unwrap();
    // 2.5.4.12 becomes 2.5.4.11, organizational unit: the same attribute twice. The signature is not looked at here.
    let at = ours.windows(5).rposition(|bytes| bytes == [0x06, 0x03, 0x55, 0x04, 0x0c]).unwrap();
    let mut twice = ours;
    twice[at + 4] = 0x0b;
    assert_eq!(Authority::new(Der(twice), key), Err(AuthorityError::Subject));
}

#[test]
fn unknown_extensions_of_a_ca_do_not_matter() {
    let world = World::new();
    let key = PrivateKey::generate();
    let mut params = leaf_params("spiffe://x/y");
    params.subject_alt_names.clear();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]));
    let ca = Authority::new(Der(forge(&params, &key, &world.backbone_ca)), key).unwrap();
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![ca.certificate.clone()]);
    let (leaf, _) = world.issue_by(&ca, world.member());
    assert_eq!(verify(&anchors, &leaf.der.0, Usage::Client, now()), Ok(world.member()));
}

#[test]
fn certificates_survive_pem_alone_and_in_chains() {
    let world = World::new();
    let (leaf, key) = world.issue(world.member());
    let chain = [leaf.clone(), world.network_ca.details(), world.backbone_ca.details()];
    assert_eq!(Certificate::from_pem(&leaf.to_pem()).unwrap(), leaf);
    let text = format!("# a bundle\n{}{}", *key.to_pem(), Certificate::to_pem_chain(&chain));
    assert_eq!(Certificate::chain_from_pem(&text).unwrap(), chain);
    assert_eq!(Certificate::from_pem("nothing"), Err(pki::CertificateError::NoCertificate));
    let damaged = leaf.to_pem().replacen("M", "!", 1);
    assert_eq!(Certificate::from_pem(&damaged), Err(pki::CertificateError::Pem));
    assert!(leaf.is_valid_at(leaf.not_after) && !leaf.is_valid_at(leaf.not_after + seconds(1)));
    assert!(leaf.is_valid_at(leaf.not_before) && !leaf.is_valid_at(leaf.not_before - seconds(1)));
}

#[test]
fn a_signature_holds_for_its_key_its_context_and_its_message() {
    let world = World::new();
    let (leaf, key) = world.issue(world.site());
    let signature = key.sign(b"records-v1\0", b"message");
    let check = |der: &[u8], context: &[u8], message: &[u8], signature: &[u8]| {
        verify_signature(der, context, message, signature).is_ok()
    };
    assert!(check(&leaf.der.0, b"records-v1\0", b"message", &signature));
    assert!(!check(&leaf.der.0, b"records-v2\0", b"message", &signature));
    assert!(!check(&leaf.der.0, b"records-v1\0", b"massage", &signature));
    assert!(!check(&leaf.der.0, b"records-v1\0", b"message", &signature[1..]));
    assert!(!check(&leaf.der.0, b"records-v1\0", b"message", &[]));
    let (other, _) = world.issue(world.site());
    assert!(!check(&other.der.0, b"records-v1\0", b"message", &signature));
    assert!(!check(b"junk", b"records-v1\0", b"message", &signature));
}

#[test]
fn subjects_differ_between_installations_and_generations() {
    let world = World::new();
    let first = world.network_ca.details().subject;
    let second = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, one_day()).unwrap();
    let other = world.other_network_ca.details().subject;
    assert_ne!(first, second.details().subject);
    assert_ne!(first, other);
    let spiffe = SpiffeId { installation: world.installation, identity: Identity::Controller { controller: id(5) } };
    let (controller, _) = world.backbone_ca.issue_leaf_with_new_key(spiffe, LeafUse::Peer, one_day()).unwrap();
    assert_eq!(controller.id, Some(spiffe));
}

proptest! {
    #[test]
    fn no_certificate_panics(bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        thread_local!(static CA: Authority = World::new().network_ca);
        CA.with(|ca| {
            let mut der = ca.certificate.0.clone();
            for (at, byte) in bytes {
                let at = at.index(der.len());
                der[at] = byte;
            }
            let _ = Certificate::parse(&der);
            let _ = Authority::new(Der(der.clone()), ca.key().clone());
            let _ = verify_signature(&der, b"", b"", b"");
        });
    }
}

#[test]
fn others_who_go_by_the_revocation_list_refuse_what_is_on_it_and_nothing_else() {
    let world = World::new();
    let [(evicted, _), (stays, _)] = [(); 2].map(|()| world.issue(world.member()));
    let serial = data_encoding::HEXLOWER.decode(evicted.serial.as_bytes()).unwrap();
    let day = Validity { not_before: now(), not_after: now() + days(1) };
    let pem = world.network_ca.revocation_list(&[(serial, now())], 7, day).unwrap();
    let list = CertificateRevocationListDer::from_pem_slice(pem.as_bytes()).unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(world.network_ca.certificate.as_bytes())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .with_crls([list])
        .only_check_end_entity_revocation()
        .build()
        .unwrap();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now().as_second().unsigned_abs()));
    let verdict = |leaf: &Certificate| {
        verifier.verify_client_cert(&CertificateDer::from(leaf.der.as_bytes()), &[], time).map(drop)
    };
    assert_eq!(verdict(&stays), Ok(()));
    assert_eq!(verdict(&evicted), Err(rustls::Error::InvalidCertificate(CertificateError::Revoked)));
}
