//! What a site may serve and use stands in its certificate.

use model::terms::{AddressLimits, AddressPatterns};
use pki::{
    Certificate, CertificateError, Csr, IssueError, Membership, PrivateKey, Usage, Validity, VerifyError, verify,
};
use rcgen::CustomExtension;

use crate::world::{World, days, forge, leaf_params, now};

fn patterns(texts: &[&str]) -> AddressPatterns {
    AddressPatterns(texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn issue(world: &World, limits: &AddressLimits) -> Result<Certificate, IssueError> {
    let request = Csr::parse(&PrivateKey::generate().csr()).unwrap();
    let validity = Validity::backdated(now(), now() + days(1));
    let membership = Membership { limits: limits.clone(), renewable_until: None };
    world.network_ca.issue_member(&request, world.spiffe(world.member()), validity, &membership)
}

#[test]
fn what_a_site_may_serve_and_use_is_read_as_it_was_issued() {
    let world = World::new();
    let long: Vec<String> = (0..AddressPatterns::MAX).map(|n| format!("{}{n}*", "x".repeat(120))).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    for (serve, uses) in [(&["till.*"][..], &["db", "log/*"][..]), (&[], &["*"]), (&long, &long)] {
        let limits = AddressLimits { serve: patterns(serve), uses: patterns(uses) };
        let leaf = issue(&world, &limits).unwrap();
        assert_eq!(leaf.limits, limits);
        assert_eq!(verify(&world.anchors(), &leaf.der.0, Usage::Client, now()), Ok(world.member()));
    }
    let (leaf, _) = world.issue(world.member());
    assert!(leaf.limits.is_everything(), "nothing is limited where nothing is said");
    let many: Vec<String> = (0..=AddressPatterns::MAX).map(|n| format!("a{n}")).collect();
    let many = patterns(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let many = AddressLimits { serve: many, ..AddressLimits::default() };
    assert_eq!(issue(&world, &many), Err(IssueError::Limits));
}

#[test]
fn limits_that_cannot_be_read_are_not_taken_for_none() {
    let world = World::new();
    let text = |json: &str| [&[0x0c, u8::try_from(json.len()).unwrap()], json.as_bytes()].concat();
    let oid = [2, 25, 6_103_977_052_436_839_221];
    let good = text(r#"{"serve":["db"]}"#);
    let bad = [
        vec![],
        vec![0x0c, 0x7f],
        text("{"),
        text(r#"{"serve":["NO"]}"#),
        text(r#"{"serve":["db"],"other":1}"#),
        [&good[..], &[0]].concat(),
    ];
    for content in bad {
        let mut params = leaf_params(&world.spiffe(world.member()).to_string());
        params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, content.clone())];
        let leaf = forge(&params, &PrivateKey::generate(), &world.network_ca);
        let refused = verify(&world.anchors(), &leaf, Usage::Client, now());
        assert!(matches!(refused, Err(VerifyError::Malformed(_))), "{content:?}: {refused:?}");
        assert_eq!(Certificate::parse(&leaf).map(|it| it.limits), Err(CertificateError::Malformed));
    }
    let mut params = leaf_params(&world.spiffe(world.member()).to_string());
    params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, good); 2];
    let twice = forge(&params, &PrivateKey::generate(), &world.network_ca);
    assert!(verify(&world.anchors(), &twice, Usage::Client, now()).is_err(), "twice");
}
