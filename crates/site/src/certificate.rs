//! A site's own certificate: whether what a controller sent is really ours, and when to ask for the next.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::Der;
use pki::{Anchors, Certificate, PrivateKey, SignedTrust, Usage};
use uuid::Uuid;

use crate::{
    claim::Claimant,
    state::{Items, Joined, Origin, SecretPem},
};

/// Why an answer of a controller cannot be used. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// The site id is none.
    #[error("the site id in it is not one")]
    Id,
    /// An item of the settings cannot be used.
    #[error("its item {key}: {message}")]
    Item {
        /// The item's key.
        key: String,
        /// What is wrong with it.
        message: String,
    },
    /// Something is missing.
    #[error("{0} is missing in it")]
    Lacking(&'static str),
    /// The certificate cannot be read.
    #[error("its certificate cannot be read")]
    Certificate(#[source] pki::CertificateError),
    /// The certificate is for another key.
    #[error("its certificate is for another key than this site's")]
    OtherKey,
    /// The certificate does not verify.
    #[error("its certificate is refused: {0}")]
    Refused(#[source] pki::VerifyError),
    /// The certificate is somebody else's.
    #[error("its certificate is for {0}, not for this site")]
    OtherIdentity(String),
    /// The trust document does not verify.
    #[error("its trust document is refused: {0}")]
    Trust(#[source] pki::TrustError),
    /// Our own key cannot be read back.
    #[error("this site's own key cannot be read")]
    OwnKey(#[source] pki::KeyError),
}

/// What a site with these items believes.
pub(crate) fn anchors(origin: &Origin, items: &Items) -> Anchors {
    let ders = |authorities: &[model::trust::AuthorityTrust]| -> Vec<Der> {
        authorities.iter().map(|authority| authority.certificate.clone()).collect()
    };
    let networks = match (origin, items.network_trust()) {
        (Origin::Invitation { network, .. }, Some(scope)) => [(*network, ders(&scope.authorities))].into(),
        _ => Default::default(),
    };
    Anchors {
        installation: origin.installation(),
        backbone: origin.backbone(),
        backbone_authorities: items.backbone_trust().map(|trust| ders(&trust.authorities)).unwrap_or_default(),
        networks,
    }
}

/// Makes a site of an admission, if it is complete, for our key, and what our ticket promised.
///
/// # Errors
/// Says what is wrong with the answer; asking again may give a better one.
pub(crate) fn admitted(
    origin: &Origin,
    claimant: &Claimant,
    admission: &site_proto::Admission,
    now: Timestamp,
) -> Result<Joined, AnswerError> {
    let site = Uuid::try_parse(&admission.site).map_err(|_| AnswerError::Id)?;
    if claimant.site.is_some_and(|expected| expected != site) {
        return Err(AnswerError::OtherIdentity(format!("site {site}")));
    }
    let state = site_proto::State { changed: admission.items.clone(), ..site_proto::State::default() };
    let (items, failures) = Items::default().updated(origin.is_backbone(), &state);
    if let Some(failure) = failures.into_iter().next() {
        return Err(AnswerError::Item { key: failure.key, message: failure.message });
    }
    if let Some(what) = items.lacking(origin.is_backbone()) {
        return Err(AnswerError::Lacking(what));
    }
    let key = PrivateKey::from_pem(claimant.key.expose()).map_err(AnswerError::OwnKey)?;
    let certificate = own(origin, site, &items, &key, &admission.certificate, now)?;
    let trust = match (&admission.trust, origin.is_backbone()) {
        (Some(trust), true) => Some(signed_trust(trust)),
        _ => None,
    };
    if let Some(trust) = &trust {
        trust.verify(&anchors(origin, &items), now).map_err(AnswerError::Trust)?;
    }
    let (key, since) = (claimant.key.clone(), Some(now));
    Ok(Joined { site, key, certificate: certificate.der, items, trust, since, next_key: None, start_moved: None })
}

/// The same site with a new certificate for `key`.
///
/// # Errors
/// Says what is wrong with the certificate; the old one is still there.
pub(crate) fn renewed(
    origin: &Origin,
    joined: &Joined,
    key: &PrivateKey,
    certificate: &[u8],
    now: Timestamp,
) -> Result<Joined, AnswerError> {
    let certificate = own(origin, joined.site, &joined.items, key, certificate, now)?;
    let key = SecretPem::from(key.to_pem());
    Ok(Joined { key, certificate: certificate.der, next_key: None, ..joined.clone() })
}

fn own(
    origin: &Origin,
    site: Uuid,
    items: &Items,
    key: &PrivateKey,
    certificate: &[u8],
    now: Timestamp,
) -> Result<Certificate, AnswerError> {
    let certificate = Certificate::parse(certificate).map_err(AnswerError::Certificate)?;
    if !certificate.is_for(key) {
        return Err(AnswerError::OtherKey);
    }
    let identity = pki::verify(&anchors(origin, items), certificate.der.as_bytes(), Usage::Client, now)
        .map_err(AnswerError::Refused)?;
    if identity != origin.identity(site) {
        let who = certificate.id.map_or_else(|| identity.role().to_owned(), |id| id.to_string());
        return Err(AnswerError::OtherIdentity(who));
    }
    Ok(certificate)
}

pub(crate) fn signed_trust(trust: &site_proto::SignedTrust) -> SignedTrust {
    SignedTrust {
        document: trust.document.clone(),
        signature: trust.signature.clone(),
        signer: Der(trust.signer.clone()),
    }
}

/// By how much certificates are dated back, for clocks that are a little slow.
const BACKDATED: SignedDuration = SignedDuration::from_mins(5);

/// When to ask for the next certificate: at two thirds of the life of this one. Never, when it already lives as long
/// as its network, beyond which none can be issued.
fn renew_at(certificate: &Certificate, network_closes: Option<Timestamp>) -> Option<Timestamp> {
    let until = certificate.not_after;
    // Certificates know whole seconds only.
    if network_closes.is_some_and(|closes| until.as_second() >= closes.as_second()) {
        return None;
    }
    Some(until.saturating_sub(third(certificate)).unwrap_or(until))
}

/// Whether it is time to ask for it.
pub(crate) fn is_due(certificate: &Certificate, network_closes: Option<Timestamp>, now: Timestamp) -> bool {
    renew_at(certificate, network_closes).is_some_and(|at| now >= at)
}

/// How long the time is in which a certificate ought to be replaced.
pub(crate) fn last_third(certificate: &Certificate) -> Duration {
    third(certificate).unsigned_abs()
}

fn third(certificate: &Certificate) -> SignedDuration {
    let (begin, until) = (certificate.not_before, certificate.not_after);
    let issued = begin.saturating_add(BACKDATED).unwrap_or(begin);
    until.duration_since(if issued < until { issued } else { begin }) / 3
}

/// How the certificate of a site stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It is not over.
    Current,
    /// It has expired, and may be shown until then to have it renewed.
    Renewable(Timestamp),
    /// It has expired, and serves nothing any more.
    Over,
}

pub(crate) fn life(joined: &Joined, now: Timestamp) -> Life {
    let Ok(held) = Certificate::parse(joined.certificate.as_bytes()) else { return Life::Current };
    match held.renewable_until {
        _ if now.as_second() <= held.not_after.as_second() => Life::Current,
        Some(until) if held.is_renewable_at(now) => Life::Renewable(until),
        _ => Life::Over,
    }
}

#[cfg(test)]
mod tests {
    use model::{GenericUuid, desired::Item};

    use super::*;
    use crate::{
        fixture::{self, leaf_validity, now},
        state::{Phase, StoredSite},
    };

    fn joining(site: &StoredSite) -> Claimant {
        let Phase::Joining(joining) = &site.phase else { unreachable!("it joins") };
        Claimant::joining(&site.origin, joining)
    }

    fn admission(site: &StoredSite, items: &[Item]) -> site_proto::Admission {
        let uuid = match &site.origin {
            Origin::Invitation { .. } => fixture::member_site().into_untyped_uuid(),
            Origin::Bundle { site, .. } => site.into_untyped_uuid(),
        };
        let key = PrivateKey::from_pem(joining(site).key.expose()).expect("our key");
        let certificate = fixture::issue(&key, site.origin.identity(uuid), leaf_validity());
        site_proto::Admission {
            site: uuid.to_string(),
            name: "shop-1".to_owned(),
            certificate: certificate.der.0,
            items: items.iter().map(fixture::encode).collect(),
            trust: None,
        }
    }

    #[test]
    fn a_complete_admission_makes_a_site() {
        let site = fixture::joining_member();
        let joined = admitted(&site.origin, &joining(&site), &admission(&site, &fixture::member_items()), now());
        assert_eq!(joined.expect("admitted").site, fixture::member_site().into_untyped_uuid());
        let site = fixture::joining_backbone();
        let joined = admitted(&site.origin, &joining(&site), &admission(&site, &fixture::backbone_items()), now());
        assert_eq!(joined.expect("admitted").items.access_points().count(), 1);
    }

    #[test]
    fn an_admission_that_is_not_ours_is_refused() {
        let site = fixture::joining_member();
        let good = admission(&site, &fixture::member_items());
        let refuse = |admission: &site_proto::Admission, at| {
            admitted(&site.origin, &joining(&site), admission, at).expect_err("refused")
        };

        // For another key.
        let identity = fixture::member_identity();
        let other = fixture::issue(&PrivateKey::generate(), identity, leaf_validity());
        let answer = site_proto::Admission { certificate: other.der.0, ..good.clone() };
        assert!(matches!(refuse(&answer, now()), AnswerError::OtherKey));

        // For our key, but not the site it says.
        let answer = site_proto::Admission { site: Uuid::from_u128(77).to_string(), ..good.clone() };
        assert!(matches!(refuse(&answer, now()), AnswerError::OtherIdentity(_)));

        // A backbone certificate for an invitee.
        let key = PrivateKey::from_pem(joining(&site).key.expose()).expect("our key");
        let relay = fixture::issue(&key, fixture::backbone_identity(), leaf_validity());
        let answer = site_proto::Admission { certificate: relay.der.0, ..good.clone() };
        assert!(matches!(refuse(&answer, now()), AnswerError::OtherIdentity(_)));

        // Expired, seen from here: the words say to check the clock.
        let error = refuse(&good, fixture::time("2030-01-01T00:00:00Z"));
        assert!(error.to_string().contains("check the clock"), "{error}");

        // Incomplete.
        let without = |kind: &str| {
            let items = good.items.iter().filter(|item| !item.key.starts_with(kind)).cloned().collect();
            site_proto::Admission { items, ..good.clone() }
        };
        for kind in ["settings", "backbone-trust", "network-trust", "link/"] {
            assert!(matches!(refuse(&without(kind), now()), AnswerError::Lacking(_)), "{kind}");
        }

        // Damaged.
        let answer = site_proto::Admission { certificate: vec![1, 2, 3], ..good.clone() };
        assert!(matches!(refuse(&answer, now()), AnswerError::Certificate(_)));
        let answer = site_proto::Admission { site: "x".to_owned(), ..good };
        assert!(matches!(refuse(&answer, now()), AnswerError::Id));
    }

    #[test]
    fn a_renewed_certificate_must_be_for_the_new_key_and_the_same_site() {
        let site = fixture::joined_member();
        let Phase::Joined(joined) = &site.phase else { unreachable!("it joined") };
        let key = PrivateKey::generate();
        let new = fixture::issue(&key, fixture::member_identity(), leaf_validity());
        let next = renewed(&site.origin, joined, &key, new.der.as_bytes(), now()).expect("ours");
        assert_eq!(next.certificate, new.der);
        assert_ne!(next.key, joined.key);
        let error = renewed(&site.origin, joined, &key, joined.certificate.as_bytes(), now());
        assert!(matches!(error, Err(AnswerError::OtherKey)));
    }

    #[test]
    fn an_expired_certificate_is_renewable_until_the_last_second_of_its_grace() {
        let (ends, until) = (fixture::time("2027-01-31T12:00:00Z"), fixture::time("2027-01-31T14:00:00Z"));
        let site = fixture::joined_member();
        let Phase::Joined(joined) = &site.phase else { unreachable!("it joined") };
        let at = |renewable_until: Option<Timestamp>, time: Timestamp| {
            let csr = pki::Csr::parse(&PrivateKey::generate().csr()).expect("a request");
            let id = model::SpiffeId { installation: fixture::installation(), identity: fixture::member_identity() };
            let membership = pki::Membership { renewable_until, ..pki::Membership::default() };
            let validity = pki::Validity::backdated(now(), ends);
            let held = fixture::authorities().network.issue_member(&csr, id, validity, &membership).expect("issues");
            life(&Joined { certificate: held.der, ..(**joined).clone() }, time)
        };
        let (second, in_the_second) = (SignedDuration::from_secs(1), SignedDuration::from_millis(999));
        for (time, renewable, other) in [
            (ends + in_the_second, Life::Current, Life::Current),
            (ends + second, Life::Renewable(until), Life::Over),
            (until + in_the_second, Life::Renewable(until), Life::Over),
            (until + second, Life::Over, Life::Over),
        ] {
            assert_eq!((at(Some(until), time), at(None, time)), (renewable, other), "{time}");
        }
    }

    #[test]
    fn the_next_certificate_is_asked_for_at_two_thirds_of_a_life() {
        let issue = |until: &str| {
            let validity = pki::Validity::backdated(now(), fixture::time(until));
            fixture::issue(&PrivateKey::generate(), fixture::member_identity(), validity)
        };
        // Nine hours: after six.
        let leaf = issue("2027-01-31T18:00:00Z");
        assert_eq!(renew_at(&leaf, None), Some(fixture::time("2027-01-31T15:00:00Z")));
        assert_eq!(renew_at(&leaf, Some(fixture::end())), Some(fixture::time("2027-01-31T15:00:00Z")));
        assert!(!is_due(&leaf, None, fixture::time("2027-01-31T14:59:59Z")));
        assert!(is_due(&leaf, None, fixture::time("2027-01-31T15:00:00Z")));
        // As long as the network: there can be no later one.
        assert_eq!(renew_at(&leaf, Some(fixture::time("2027-01-31T18:00:00Z"))), None);
        for closes in ["2027-01-31T18:00:00Z", "2027-01-31T18:00:00.75Z"] {
            assert!(!is_due(&leaf, Some(fixture::time(closes)), fixture::time("2027-01-31T17:59:59Z")), "{closes}");
        }
        // Thirty seconds: the five minutes it is dated back are no part of its life.
        assert_eq!(renew_at(&issue("2027-01-31T09:00:30Z"), None), Some(fixture::time("2027-01-31T09:00:20Z")));
    }
}
