//! Importing the installation's CA from an administrator's own root.

use pki::{Authority, AuthorityKind, Certificate, Csr, ImportError, PrivateKey, Validity, import_chain};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData, SignatureAlgorithm,
    SigningKey,
};

use crate::world::{days, id, now, seconds, set_life};

/// An authority of the administrator's making.
struct Ca<K> {
    params: CertificateParams,
    key: K,
}

fn params(name: &str, path_length: Option<u8>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example Corp");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_life(&mut params, now() - days(1), now() + days(1000));
    params
}

impl<K: SigningKey> Ca<K> {
    fn root(params: CertificateParams, key: K) -> (Self, String) {
        let pem = pem(params.self_signed(&key).unwrap().der());
        (Self { params, key }, pem)
    }

    fn sign(&self, params: &CertificateParams, key: &impl PublicKeyData) -> String {
        pem(params.signed_by(key, &rcgen::Issuer::from_params(&self.params, &self.key)).unwrap().der())
    }
}

fn pem(der: &[u8]) -> String {
    Certificate::parse(der).unwrap().to_pem()
}

fn p256() -> PrivateKey {
    PrivateKey::generate()
}

fn ours() -> CertificateParams {
    params("Skupper-X installation CA", Some(2))
}

/// The error for our certificate and root, each as given.
fn refused(ours: &CertificateParams, root: CertificateParams) -> ImportError {
    let key = p256();
    let (root, root_pem) = Ca::root(root, p256());
    import_chain(&format!("{}{root_pem}", root.sign(ours, &key)), &key, now()).unwrap_err()
}

#[test]
fn a_chain_is_read_in_any_order() {
    let key = p256();
    let (root, root_pem) =
        Ca::root(params("root", None), KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap());
    let middle = Ca { params: params("middle", Some(3)), key: p256() };
    let middle_pem = root.sign(&middle.params, &middle.key);
    let ours_pem = middle.sign(&ours(), &key);
    for order in
        [[&ours_pem, &middle_pem, &root_pem], [&root_pem, &middle_pem, &ours_pem], [&middle_pem, &ours_pem, &root_pem]]
    {
        let imported = import_chain(&order.map(String::as_str).concat(), &key, now()).unwrap();
        assert!(imported.ca.is_for(&key));
        assert!(imported.root.subject.contains("CN=root"));
        assert_eq!(Certificate::to_pem_chain(&imported.chain), format!("{ours_pem}{middle_pem}{root_pem}"));
        // And authorities can be issued below it.
        let authority = Authority::new(imported.ca.der, key.clone()).unwrap();
        let validity = Validity::backdated(now(), now() + days(1));
        let backbone = authority.issue_authority(AuthorityKind::Backbone(id(1)), 1, validity).unwrap();
        backbone.issue_authority(AuthorityKind::Network(id(2)), 1, validity).unwrap();
    }
    // The same certificate twice does no harm.
    import_chain(&format!("{ours_pem}{middle_pem}{middle_pem}{root_pem}"), &key, now()).unwrap();
}

#[test]
fn the_request_asks_for_what_is_needed() {
    let key = p256();
    let der = Authority::intermediate_csr(id(1), &key);
    assert_eq!(Csr::parse(&der).unwrap().key_digest(), key.digest());
    let request = rcgen::CertificateSigningRequestParams::from_der(&der.clone().into()).unwrap();
    assert_eq!(request.params.is_ca, IsCa::Ca(BasicConstraints::Constrained(2)));
    assert!(request.params.key_usages.contains(&KeyUsagePurpose::KeyCertSign));
    assert!(Csr::pem(&der).starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
}

#[test]
fn the_certificate_must_be_for_our_key_and_only_one() {
    let (root, root_pem) = Ca::root(params("root", None), p256());
    let key = p256();
    let theirs = root.sign(&ours(), &p256());
    assert_eq!(import_chain(&format!("{theirs}{root_pem}"), &key, now()), Err(ImportError::KeyMismatch));
    let (first, second) = (root.sign(&ours(), &key), root.sign(&params("again", Some(2)), &key));
    let both = format!("{first}{second}{root_pem}");
    assert_eq!(import_chain(&both, &key, now()), Err(ImportError::Ambiguous(2)));
    assert!(matches!(import_chain("", &key, now()), Err(ImportError::Unreadable(_))));
    assert_eq!(import_chain(&root_pem.repeat(11), &key, now()), Err(ImportError::TooLong(11)));
}

#[test]
fn the_chain_must_reach_its_root_and_nothing_else() {
    let key = p256();
    let (root, root_pem) = Ca::root(params("root", None), p256());
    let middle = Ca { params: params("middle", None), key: p256() };
    let middle_pem = root.sign(&middle.params, &middle.key);
    let ours_pem = middle.sign(&ours(), &key);
    let missing = |text: String, name: &str| match import_chain(&text, &key, now()).unwrap_err() {
        ImportError::MissingIssuer { issuer, .. } => assert!(issuer.contains(name), "{issuer}"),
        other => panic!("{other}"),
    };
    missing(ours_pem.clone(), "CN=middle");
    missing(format!("{ours_pem}{middle_pem}"), "CN=root");
    missing(format!("{ours_pem}{root_pem}"), "CN=middle");

    let (_, other_root) = Ca::root(params("unrelated", None), p256());
    let extra = format!("{ours_pem}{middle_pem}{root_pem}{other_root}");
    assert!(matches!(import_chain(&extra, &key, now()), Err(ImportError::Unrelated(s)) if s.contains("unrelated")));

    // A root of the same name and another key.
    let (_, twin) = Ca::root(params("root", None), p256());
    let wrong = format!("{ours_pem}{middle_pem}{twin}");
    assert!(matches!(import_chain(&wrong, &key, now()), Err(ImportError::NotSigned { .. })));

    let own = pem(ours().self_signed(&key).unwrap().der());
    assert_eq!(import_chain(&own, &key, now()), Err(ImportError::SelfSigned));
}

#[test]
fn two_levels_must_fit_below_ours_and_one_more_at_every_step_up() {
    let refusal = |ours_len, root_len| refused(&params("ours", ours_len), params("root", root_len));
    for short in [0, 1] {
        assert!(matches!(
            refusal(Some(short), None),
            ImportError::PathLength { needed: 2, allowed, subject } if allowed == u32::from(short) && subject.contains("ours")
        ));
    }
    for short in [0, 1, 2] {
        assert!(matches!(
            refusal(None, Some(short)),
            ImportError::PathLength { needed: 3, subject, .. } if subject.contains("root")
        ));
    }
    let key = p256();
    for (ours_len, root_len) in [(Some(2), Some(3)), (None, Some(3)), (Some(9), None)] {
        let (root, root_pem) = Ca::root(params("root", root_len), p256());
        let ours_pem = root.sign(&params("ours", ours_len), &key);
        import_chain(&format!("{ours_pem}{root_pem}"), &key, now()).unwrap();
    }
}

#[test]
fn everybody_in_the_chain_is_an_authority() {
    let mut leaf = ours();
    leaf.is_ca = IsCa::ExplicitNoCa;
    assert!(
        matches!(refused(&leaf, params("root", None)), ImportError::NotAnAuthority(s) if s.contains("installation"))
    );
    let mut may_not_sign = ours();
    may_not_sign.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    assert!(matches!(refused(&may_not_sign, params("root", None)), ImportError::NotAnAuthority(_)));
    let mut no_ca = params("root", None);
    no_ca.is_ca = IsCa::NoCa;
    assert!(matches!(refused(&ours(), no_ca), ImportError::NotAnAuthority(s) if s.contains("root")));
}

#[test]
fn everybody_in_the_chain_is_valid_now() {
    let (from, until) = (now() - days(1), now() + days(1));
    let key = p256();
    let mut short = ours();
    set_life(&mut short, from, until);
    let mut root_params = params("root", None);
    set_life(&mut root_params, from - seconds(1), until + seconds(1));
    let (root, root_pem) = Ca::root(root_params, p256());
    let text = format!("{}{root_pem}", root.sign(&short, &key));
    let at = |time| import_chain(&text, &key, time);
    at(from).unwrap();
    at(until).unwrap();
    assert!(matches!(at(from - seconds(1)), Err(ImportError::NotYetValid(s, _)) if s.contains("installation")));
    let error = at(until + seconds(1)).unwrap_err();
    assert!(matches!(&error, ImportError::Expired(s, _) if s.contains("installation")));
    assert!(error.to_string().contains("check the clock"));

    let mut expired = params("root", None);
    set_life(&mut expired, now() - days(2), now() - seconds(1));
    assert!(matches!(refused(&ours(), expired), ImportError::Expired(s, _) if s.contains("root")));
}

/// An RSA key too small to be accepted. What it signs is never looked at.
struct SmallRsa(Vec<u8>);

impl SmallRsa {
    fn new() -> Self {
        // RSAPublicKey { modulus of 1024 bits, 65537 }
        let modulus = [&[0x02, 0x81, 0x81, 0x00][..], &[0xc5; 128]].concat();
        let body = [&modulus[..], &[0x02, 0x03, 0x01, 0x00, 0x01]].concat();
        Self([&[0x30, 0x81, u8::try_from(body.len()).unwrap()][..], &body].concat())
    }
}

impl PublicKeyData for SmallRsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for SmallRsa {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(vec![0x5a; 128])
    }
}

#[test]
fn weak_and_unusual_keys_are_refused() {
    let key = p256();
    let (small, small_pem) = Ca::root(params("small root", None), SmallRsa::new());
    let text = format!("{}{small_pem}", small.sign(&ours(), &key));
    assert!(matches!(import_chain(&text, &key, now()), Err(ImportError::KeyType(s)) if s.contains("small root")));
    let ed = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let (unusual, unusual_pem) = Ca::root(params("unusual root", None), ed);
    let text = format!("{}{unusual_pem}", unusual.sign(&ours(), &key));
    assert!(matches!(import_chain(&text, &key, now()), Err(ImportError::KeyType(s)) if s.contains("unusual root")));
}

#[test]
fn what_openssl_signs_with_rsa_is_imported_and_sha1_is_not() {
    let key = PrivateKey::from_der(include_bytes!("openssl/key.der")).unwrap();
    let root = include_str!("openssl/root.pem");
    for ours in [include_str!("openssl/ours.pem"), include_str!("openssl/ours-pss.pem")] {
        let imported = import_chain(&format!("{root}{ours}"), &key, now()).unwrap();
        assert!(imported.root.subject.contains("Example Root CA 1"));
        let authority = Authority::new(imported.ca.der, key.clone()).unwrap();
        let validity = Validity::backdated(now(), now() + days(1));
        authority.issue_authority(AuthorityKind::Backbone(id(1)), 1, validity).unwrap();
    }
    let sha1 = format!("{}{root}", include_str!("openssl/ours-sha1.pem"));
    assert!(matches!(import_chain(&sha1, &key, now()), Err(ImportError::Sha1(s)) if s.contains("installation")));
}
