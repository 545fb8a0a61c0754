//! The signed trust document.

use model::{
    Identity,
    trust::{AuthorityTrust, Denial, NetworkTrust, TrustDocument},
};
use pki::{PrivateKey, SignedTrust, TrustError, Usage, VerifyError};
use proptest::prelude::*;

use crate::world::{World, days, id, now, seconds};

fn document(world: &World) -> TrustDocument {
    let authority = AuthorityTrust { generation: 1, certificate: world.network_ca.certificate.clone() };
    let network = NetworkTrust { opens: now(), closes: Some(now() + days(10)), authorities: vec![authority] };
    let mut document = TrustDocument {
        format: TrustDocument::FORMAT,
        installation: world.installation,
        backbone: world.backbone,
        version: 7,
        issued: now(),
        valid_until: now() + days(1),
        networks: [(world.network, network)].into(),
        denied: Default::default(),
    };
    document.denied.sites.insert(id(12), Denial::Evicted);
    document
}

fn signed(world: &World) -> SignedTrust {
    let (signer, key) = world.issue(world.signer());
    SignedTrust::sign(&document(world), &key, &signer)
}

/// Signs whatever bytes, as the rightful signer would.
fn signed_bytes(world: &World, bytes: &[u8]) -> SignedTrust {
    let (signer, key) = world.issue(world.signer());
    let signature = key.sign(b"skx-trust-v1\0", bytes);
    SignedTrust { document: bytes.to_vec(), signature, signer: signer.der }
}

#[test]
fn what_was_signed_is_what_is_read() {
    let world = World::new();
    let signed = signed(&world);
    assert_eq!(signed.verify(&world.anchors(), now()), Ok(document(&world)));
    let text = serde_json::to_string(&signed).unwrap();
    let again: SignedTrust = serde_json::from_str(&text).unwrap();
    assert_eq!(again, signed);
    assert!(serde_json::from_str::<SignedTrust>(&text.replacen("document", "documents", 1)).is_err());
}

#[test]
fn nobody_but_the_trust_signer_signs() {
    let world = World::new();
    for (identity, _) in world.everybody().into_iter().filter(|(identity, _)| *identity != world.signer()) {
        let (certificate, key) = world.issue(identity);
        let forged = SignedTrust::sign(&document(&world), &key, &certificate);
        let expected = VerifyError::Role { role: identity.role(), usage: Usage::Signing };
        assert_eq!(forged.verify(&world.anchors(), now()), Err(TrustError::Signer(expected)));
    }
    let (signer, _) = world.issue(world.signer());
    let stolen = SignedTrust::sign(&document(&world), &PrivateKey::generate(), &signer);
    assert_eq!(stolen.verify(&world.anchors(), now()), Err(TrustError::Signature));
    let (by_network, key) = world.issue_by(&world.network_ca, world.signer());
    let forged = SignedTrust::sign(&document(&world), &key, &by_network);
    assert!(matches!(forged.verify(&world.anchors(), now()), Err(TrustError::Signer(VerifyError::NotIssued(_)))));
    let (elsewhere, key) =
        world.issue_by(&world.backbone_ca, Identity::TrustSigner { backbone: id(99), controller: id(9) });
    let forged = SignedTrust::sign(&document(&world), &key, &elsewhere);
    let error = forged.verify(&world.anchors(), now());
    assert_eq!(error, Err(TrustError::Signer(VerifyError::OtherBackbone(id(99)))));
}

#[test]
fn a_signers_time_is_limited() {
    let world = World::new();
    let signed = signed(&world);
    let signer = pki::Certificate::parse(signed.signer.as_bytes()).unwrap();
    let at = |time| signed.verify(&world.anchors(), time);
    let early = at(signer.not_before - seconds(1));
    assert!(matches!(early, Err(TrustError::Signer(_))), "{early:?}");
    at(signer.not_before).unwrap();
    at(signer.not_after).unwrap();
    let late = at(signer.not_after + seconds(1));
    assert!(matches!(late, Err(TrustError::Signer(VerifyError::Expired(_)))), "{late:?}");
}

#[test]
fn a_signature_for_something_else_is_not_one_for_trust() {
    let world = World::new();
    let (signer, key) = world.issue(world.signer());
    let document = serde_json::to_vec(&document(&world)).unwrap();
    let signature = key.sign(b"skx-other-v1\0", &document);
    let forged = SignedTrust { document, signature, signer: signer.der };
    assert_eq!(forged.verify(&world.anchors(), now()), Err(TrustError::Signature));
}

#[test]
fn a_document_for_somebody_else_is_refused() {
    let world = World::new();
    let (signer, key) = world.issue(world.signer());
    let check = |change: fn(&mut TrustDocument)| {
        let mut document = document(&world);
        change(&mut document);
        SignedTrust::sign(&document, &key, &signer).verify(&world.anchors(), now()).unwrap_err()
    };
    assert_eq!(check(|d| d.installation = id(98)), TrustError::OtherInstallation(id(98)));
    assert_eq!(check(|d| d.backbone = id(99)), TrustError::OtherBackbone(id(99)));
    assert_eq!(check(|d| d.format = 2), TrustError::Format(2));
    assert_eq!(check(|d| d.format = 0), TrustError::Format(0));
}

#[test]
fn a_newer_format_is_named_before_its_unknown_fields_are() {
    let world = World::new();
    let newer = signed_bytes(&world, br#"{"format":2,"something":"new"}"#);
    let error = newer.verify(&world.anchors(), now()).unwrap_err();
    assert_eq!(error, TrustError::Format(2));
    assert!(error.to_string().contains("newer program"));
    for bad in [&b"{}"[..], b"", b"null", br#"{"format":1}"#, b"\xff"] {
        let error = signed_bytes(&world, bad).verify(&world.anchors(), now());
        assert!(matches!(error, Err(TrustError::Malformed(_))));
    }
}

proptest! {
    #[test]
    fn any_changed_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8, part in 0..2_usize) {
        thread_local!(static FIXTURE: (pki::Anchors, SignedTrust) = {
            let world = World::new();
            (world.anchors(), signed(&world))
        });
        FIXTURE.with(|(anchors, signed)| {
            let mut signed = signed.clone();
            let bytes = if part == 0 { &mut signed.document } else { &mut signed.signature };
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(signed.verify(anchors, now()), Err(TrustError::Signature));
            Ok(())
        })?;
    }
}
