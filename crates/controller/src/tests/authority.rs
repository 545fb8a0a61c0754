use rcgen::{BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer, KeyPair};

use super::fixture::{Fixture, admin, at, config, name};
use crate::{
    StartError,
    ops::{OpError, Page, backbone, ca, ca::CaState, certificate, certificate::Kind},
    run,
};

#[tokio::test]
async fn nothing_is_made_before_the_root_exists_and_the_refusal_says_how() {
    let fixture = Fixture::without_root().await;
    let create = backbone::Create { name: name("east"), dataplane: None };
    let error = backbone::create(&fixture.app, &admin(), create.clone()).await.unwrap_err();
    let OpError::Precondition { how, .. } = error else { panic!("{error}") };
    assert!(how.contains("skx ca init --development") && how.contains("skx ca csr"), "{how}");
    assert_eq!(ca::show(&fixture.app).await.unwrap().state, CaState::Absent);

    let made = ca::init_development(&fixture.app, &admin(), None).await.unwrap();
    assert!(made.development && made.next_step.is_none());
    backbone::create(&fixture.app, &admin(), create).await.unwrap();
    let again = ca::init_development(&fixture.app, &admin(), None).await;
    assert!(matches!(again, Err(OpError::Precondition { .. })));
}

/// A certificate for `request`, under a root of the enterprise; and that root.
pub(super) fn signed(request: &str) -> String {
    signed_until(request, 2040)
}

/// The same, until the beginning of a year.
pub(super) fn signed_until(request: &str, year: i32) -> String {
    let key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "Example root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = root.self_signed(&key).unwrap();
    let issuer = Issuer::new(root, key);
    let mut request = CertificateSigningRequestParams::from_pem(request).unwrap();
    request.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(2));
    request.params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    request.params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let intermediate = request.signed_by(&issuer).unwrap();
    intermediate.pem() + &certificate.pem()
}

#[tokio::test]
async fn the_enterprises_own_root_signs_a_request_and_is_imported() {
    let fixture = Fixture::without_root().await;
    let nothing_asked = ca::import(&fixture.app, &admin(), "").await;
    assert!(matches!(nothing_asked, Err(OpError::Precondition { .. })));

    let request = ca::csr(&fixture.app, &admin()).await.unwrap();
    assert_eq!(ca::show(&fixture.app).await.unwrap().state, CaState::Requested);
    let foreign = signed(
        &KeyPair::generate()
            .map(|key| CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap())
            .unwrap(),
    );
    let refused = ca::import(&fixture.app, &admin(), &foreign).await;
    assert!(matches!(refused, Err(OpError::Invalid { field: "chain", .. })), "{refused:?}");

    // The key stays the same until a chain is imported.
    ca::csr(&fixture.app, &admin()).await.unwrap();
    let imported = ca::import(&fixture.app, &admin(), &signed(&request)).await.unwrap();
    assert_eq!((imported.state, imported.development), (CaState::Ready, false));
    assert!(imported.root.unwrap().subject.contains("Example root"));

    let create = backbone::Create { name: name("east"), dataplane: None };
    let backbone = backbone::create(&fixture.app, &admin(), create).await.unwrap();
    assert_eq!(backbone.name, name("east"));
    let listed = certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap().items;
    assert_eq!((listed[0].kind, listed.len()), (Kind::Installation, 4));
    // All of these are of the same moment.
    let of = |kind| listed.iter().find(|it| it.kind == kind).expect("it is listed");
    assert_eq!(of(Kind::BackboneCa).subject, "east");
    let _ = (of(Kind::Controller), of(Kind::TrustSigner));
    assert_eq!(certificate::show(&fixture.app, &admin(), listed[3].id).await.unwrap(), listed[3]);
}

#[tokio::test]
async fn a_wrong_or_missing_key_encryption_key_refuses_to_start() {
    let fixture = Fixture::new().await;
    let needed = fixture.app.keys().id();

    let other = tempfile::tempdir().unwrap();
    let data = crate::data_dir::DataDir::open(other.path()).unwrap();
    let config = config(&other);
    let prepare = || run::prepare(&config, &data, fixture.app.store().clone(), fixture.app.clock());
    let error = prepare().await.unwrap_err();
    assert!(matches!(&error, StartError::NoKey { needed: key, .. } if *key == needed), "{error}");
    assert!(error.to_string().contains("--key-file"), "{error}");
    assert!(!other.path().join("kek").exists(), "no key is made that could never be the right one");

    data.key_file().make().unwrap();
    let error = prepare().await.unwrap_err();
    assert!(matches!(&error, StartError::WrongKey { needed: key, .. } if *key == needed), "{error}");
}

#[tokio::test]
async fn a_backbone_with_networks_or_deployed_sites_is_not_deleted() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let (actor, east) = (admin(), at("east"));
    let delete = || backbone::delete(&fixture.app, &actor, &east, None);
    let error = delete().await.unwrap_err();
    assert!(error.to_string().contains("application networks exist"), "{error}");
    crate::ops::network::delete(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    let error = delete().await.unwrap_err();
    assert!(error.to_string().contains("skx backbone site evict east/r1"), "{error}");
    let mismatch = backbone::delete(&fixture.app, &admin(), &at("east"), Some(99)).await.unwrap_err();
    assert!(matches!(mismatch, OpError::RevisionMismatch { expected: 99, .. }));
    crate::ops::backbone_site::evict(&fixture.app, &admin(), &at("east"), &at("r1"), None).await.unwrap();
    delete().await.unwrap();
}
