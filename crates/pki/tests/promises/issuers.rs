//! The issuer that is built in does what an issuer has to do; and whatever one does otherwise is noticed before it is used.

use std::sync::Arc;

use futures_util::FutureExt as _;
use jiff::SignedDuration;
use model::{Der, Identity, terms::AddressLimits};
use pki::{
    Answer, Authority, AuthorityKind, Certificate, CertificateIssuer, Csr, Deviation, LeafUse, Membership, Order,
    OrderError, PrivateKey, Subject, Validity, issue,
};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType,
    SerialNumber,
};

use crate::{
    issuer::{self, Bench, Level},
    world::{World, days, forge, id, leaf_params, now, seconds, set_life},
};

fn embedded(level: Level) -> Bench {
    let World { installation, root, backbone_ca, network_ca, .. } = World::new();
    let authority = match level {
        Level::Installation => root,
        Level::Backbone(_) => backbone_ca,
        Level::Network(_) => network_ca,
    };
    Bench { issuer: Arc::new(authority), installation, level, now: now() }
}

macro_rules! conformance {
    ($make:path: $($promise:ident),+ $(,)?) => {$(
        #[test]
        fn $promise() {
            issuer::$promise($make).now_or_never().expect("the built-in issuer answers at once");
        }
    )+};
}

conformance! {
    embedded:
    what_is_ordered_is_issued_and_believed,
    nothing_but_the_key_is_taken_from_a_request,
    it_is_valid_as_long_as_was_ordered_and_never_longer_than_its_issuer,
    path_lengths_go_down_to_zero,
    roles_get_what_they_are_for,
    terms_without_measure_are_refused,
    serial_numbers_are_never_the_same,
}

/// An issuer that says it is one thing, and issues another.
#[derive(Debug)]
struct Deviant {
    certificate: Der,
    issues: Vec<u8>,
    says: Option<Certificate>,
}

impl CertificateIssuer for Deviant {
    fn certificate(&self) -> &Der {
        &self.certificate
    }

    fn certify<'a>(&'a self, _: &'a Order) -> Answer<'a> {
        let issued = self.says.clone().unwrap_or_else(|| Certificate::parse(&self.issues).unwrap());
        Box::pin(std::future::ready(Ok(issued)))
    }
}

/// What is noticed when the authority issues this.
fn noticed(order: &Order, authority: &Authority, issues: Vec<u8>) -> Option<Deviation> {
    let deviant = Deviant { certificate: authority.certificate.clone(), issues, says: None };
    of(issue(&deviant, order).now_or_never().unwrap())
}

fn of(answer: Result<Certificate, OrderError>) -> Option<Deviation> {
    match answer {
        Ok(_) => None,
        Err(OrderError::Deviates(deviation)) => Some(deviation),
        Err(other) => panic!("{other}"),
    }
}

fn one_day() -> Validity {
    Validity::backdated(now(), now() + days(1))
}

#[test]
fn whatever_is_wrong_with_a_leaf_is_noticed_before_anybody_uses_it() {
    let world = World::new();
    let key = PrivateKey::generate();
    let member = world.spiffe(world.member());
    let limits = AddressLimits {
        serve: model::terms::AddressPatterns(["till.*".parse().unwrap()].into()),
        ..AddressLimits::default()
    };
    let order = |membership: &Membership| Order {
        request: Csr::of(&key),
        subject: Subject::Leaf { id: member, leaf_use: LeafUse::Peer, membership: membership.clone() },
        validity: one_day(),
    };
    let free = Membership::default();
    let honest = || leaf_params(&member.to_string());
    let issued = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = honest();
        params.serial_number = Some(SerialNumber::from(vec![7; 16]));
        change(&mut params);
        noticed(&order(&free), &world.network_ca, forge(&params, &key, &world.network_ca))
    };
    assert_eq!(issued(&|_| {}), None, "what is as it was ordered is taken");
    let other = world.spiffe(Identity::Member { network: world.network, site: id(99) }).to_string();
    type Change<'a> = &'a dyn Fn(&mut CertificateParams);
    let cases: [(&str, Deviation, Change<'_>); 14] = [
        ("somebody else", Deviation::Names, &|it| {
            it.subject_alt_names = vec![SanType::URI(other.as_str().try_into().unwrap())];
        }),
        ("a host besides", Deviation::Names, &|it| {
            it.subject_alt_names.push(SanType::DnsName("root.example.com".try_into().unwrap()));
        }),
        ("nobody", Deviation::Names, &|it| it.subject_alt_names.clear()),
        ("an authority", Deviation::Authority, &|it| {
            it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            it.key_usages.push(KeyUsagePurpose::KeyCertSign);
        }),
        ("signing of certificates", Deviation::Use, &|it| it.key_usages.push(KeyUsagePurpose::KeyCertSign)),
        ("no key usage", Deviation::Use, &|it| it.key_usages.clear()),
        ("client only", Deviation::Use, &|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        ("documents", Deviation::Use, &|it| it.extended_key_usages.clear()),
        ("code besides", Deviation::Use, &|it| it.extended_key_usages.push(ExtendedKeyUsagePurpose::CodeSigning)),
        ("anything", Deviation::Use, &|it| it.extended_key_usages.push(ExtendedKeyUsagePurpose::Any)),
        ("a second longer", Deviation::Validity, &|it| {
            set_life(it, now() - seconds(300), now() + days(1) + seconds(1));
        }),
        ("a second earlier", Deviation::Validity, &|it| set_life(it, now() - seconds(301), now() + days(1))),
        ("limits that nobody laid down", Deviation::Membership, &|it| {
            let content = [&[0x0c, 20], &br#"{"serve":["till.*"]}"#[..]].concat();
            it.custom_extensions =
                vec![CustomExtension::from_oid_content(&[2, 25, 6_103_977_052_436_839_221], content)];
        }),
        ("a serial number that is guessed", Deviation::Serial, &|it| {
            it.serial_number = Some(SerialNumber::from(vec![1, 2, 3, 4, 5, 6, 7]));
        }),
    ];
    for (what, deviation, change) in cases {
        assert_eq!(issued(change), Some(deviation), "{what}");
    }

    let serial = |mut params: CertificateParams| {
        params.serial_number = Some(SerialNumber::from(vec![7; 16]));
        params
    };
    let another = forge(&serial(honest()), &PrivateKey::generate(), &world.network_ca);
    assert_eq!(noticed(&order(&free), &world.network_ca, another), Some(Deviation::Key));
    let elsewhere = forge(&serial(honest()), &key, &world.other_network_ca);
    assert_eq!(noticed(&order(&free), &world.network_ca, elsewhere), Some(Deviation::Issuer));
    // The terms are left out, as by an issuer that does not know them.
    let terms = [
        Membership { limits, renewable_until: None },
        Membership { limits: AddressLimits::default(), renewable_until: Some(now() + days(3)) },
    ];
    for membership in terms {
        let without = forge(&serial(honest()), &key, &world.network_ca);
        assert_eq!(noticed(&order(&membership), &world.network_ca, without), Some(Deviation::Membership));
    }
    // Of what an issuer tells about a certificate nothing is believed.
    let issues = forge(&serial(honest()), &key, &world.network_ca);
    let mut says = Certificate::parse(&issues).unwrap();
    says.not_after -= SignedDuration::from_secs(1);
    let deviant = Deviant { certificate: world.network_ca.certificate.clone(), issues, says: Some(says) };
    assert_eq!(of(issue(&deviant, &order(&free)).now_or_never().unwrap()), Some(Deviation::Unreadable));
}

#[test]
fn whatever_is_wrong_with_an_authority_is_noticed_before_it_issues_anything() {
    let world = World::new();
    let key = PrivateKey::generate();
    let order = Order {
        request: Csr::of(&key),
        subject: Subject::Authority { kind: AuthorityKind::Network(world.network), generation: 2 },
        validity: one_day(),
    };
    let issued = |path_length: IsCa, usages: &[KeyUsagePurpose], names: bool| {
        let mut params = leaf_params(&world.spiffe(world.member()).to_string());
        params.serial_number = Some(SerialNumber::from(vec![7; 16]));
        params.extended_key_usages.clear();
        params.is_ca = path_length;
        params.key_usages = usages.to_vec();
        if !names {
            params.subject_alt_names.clear();
        }
        noticed(&order, &world.backbone_ca, forge(&params, &key, &world.backbone_ca))
    };
    let ca = |length| IsCa::Ca(BasicConstraints::Constrained(length));
    let sign = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let both = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    assert_eq!(issued(ca(0), &sign, false), None, "what is as it was ordered is taken");
    assert_eq!(issued(ca(1), &sign, false), Some(Deviation::Authority), "a path length too long");
    let unconstrained = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(issued(unconstrained, &sign, false), Some(Deviation::Authority), "no path length");
    assert_eq!(issued(IsCa::ExplicitNoCa, &both[1..], false), Some(Deviation::Authority), "a leaf");
    assert_eq!(issued(ca(0), &sign, true), Some(Deviation::Names), "one that speaks for somebody");
    assert_eq!(issued(ca(0), &both, false), Some(Deviation::Use), "one that signs anything");
}
