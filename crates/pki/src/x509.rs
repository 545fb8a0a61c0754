//! Reading certificates: the few facts the rest of the crate decides on.

use jiff::Timestamp;
use model::{SpiffeId, identity::InvalidIdentity, terms::AddressLimits};
use rcgen::CustomExtension;
use x509_parser::{
    asn1_rs::{FromDer as _, Oid, ToDer as _, Utf8String},
    certificate::X509Certificate,
    extensions::{GeneralName, KeyUsage, ParsedExtension},
    oid_registry::OID_X509_EXT_BASIC_CONSTRAINTS,
    time::ASN1Time,
};

/// The largest certificate that is looked at.
const MAX_LEN: usize = 16 * 1024;

/// Everything in the DER encoding of a P-256 public key (RFC 5480) before its 65 bytes of uncompressed point.
const P256_HEADER: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The uncompressed point of a public key, if the key is a P-256 key in its one DER encoding.
pub(crate) fn p256_point(spki: &[u8]) -> Option<&[u8]> {
    spki.strip_prefix(&P256_HEADER).filter(|point| point.len() == 65 && point[0] == 4)
}

/// The DER encoding of a P-256 public key.
pub(crate) fn p256_spki(point: &[u8]) -> Vec<u8> {
    [&P256_HEADER, point].concat()
}

/// Reads exactly one certificate, without anything after it.
pub(crate) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    if der.len() > MAX_LEN {
        return None;
    }
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

/// First and last second of a certificate's life, both inclusive (RFC 5280, 4.1.2.5).
pub(crate) fn window(certificate: &X509Certificate<'_>) -> Option<(Timestamp, Timestamp)> {
    let read = |time: &ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some((read(&certificate.validity().not_before)?, read(&certificate.validity().not_after)?))
}

/// Why a certificate carries no identity of ours.
#[derive(Debug)]
pub(crate) enum NoIdentity {
    /// The names in it cannot be read.
    Malformed,
    /// It carries this many URIs instead of one.
    Count(usize),
    /// Its URI is none of ours.
    Foreign(InvalidIdentity),
}

/// The one URI among the certificate's alternative names, as an identity.
pub(crate) fn identity(certificate: &X509Certificate<'_>) -> Result<SpiffeId, NoIdentity> {
    let names = match certificate.subject_alternative_name() {
        Ok(Some(extension)) => extension.value.general_names.as_slice(),
        Ok(None) => &[],
        Err(_) => return Err(NoIdentity::Malformed),
    };
    let mut uris = Vec::new();
    for name in names {
        match name {
            GeneralName::URI(uri) => uris.push(*uri),
            GeneralName::Invalid(..) => return Err(NoIdentity::Malformed),
            _ => {}
        }
    }
    match uris.as_slice() {
        [uri] => uri.parse().map_err(NoIdentity::Foreign),
        _ => Err(NoIdentity::Count(uris.len())),
    }
}

/// What a certificate says of being a certificate authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaClaim {
    /// It is none.
    Leaf,
    /// It is one, and may have this many further authorities below it; any number, when absent.
    Authority(Option<u32>),
    /// It cannot be read, or contradicts itself.
    Malformed,
}

/// Reads basic constraints and key usage together: an authority must be allowed to sign certificates, by both.
pub(crate) fn ca_claim(certificate: &X509Certificate<'_>) -> CaClaim {
    let Ok(extension) = certificate.get_extension_unique(&OID_X509_EXT_BASIC_CONSTRAINTS) else {
        return CaClaim::Malformed;
    };
    let may_sign = match key_usage(certificate) {
        Ok(usage) => usage.is_none_or(KeyUsage::key_cert_sign),
        Err(Malformed) => return CaClaim::Malformed,
    };
    match extension.map(|e| e.parsed_extension()) {
        None => CaClaim::Leaf,
        Some(ParsedExtension::BasicConstraints(constraints)) if !constraints.ca => CaClaim::Leaf,
        Some(ParsedExtension::BasicConstraints(constraints)) if may_sign => {
            CaClaim::Authority(constraints.path_len_constraint)
        }
        Some(_) => CaClaim::Malformed,
    }
}

/// An extension that cannot be read.
#[derive(Debug)]
pub(crate) struct Malformed;

/// The extension of member sites' certificates that says what the site may serve and use: JSON, as a UTF8String. An
/// arc of the kind that needs no registration (X.667).
const LIMITS: [u64; 3] = [2, 25, 6_103_977_052_436_839_221];

/// The limits in a certificate; none at all, when it says nothing of them.
pub(crate) fn limits(certificate: &X509Certificate<'_>) -> Result<AddressLimits, Malformed> {
    let Some(json) = text(certificate, &LIMITS)? else { return Ok(AddressLimits::default()) };
    let limits: AddressLimits = serde_json::from_str(&json).map_err(|_| Malformed)?;
    if limits.is_bounded() { Ok(limits) } else { Err(Malformed) }
}

/// What [`limits`] reads.
pub(crate) fn limits_extension(limits: &AddressLimits) -> CustomExtension {
    extension(&LIMITS, &serde_json::to_string(limits).expect("patterns are texts"))
}

/// The extension of member sites' certificates that says until when one that has expired may still be shown, to have it
/// renewed: a time of RFC 3339, as a UTF8String. An arc as above.
const RENEWABLE_UNTIL: [u64; 3] = [2, 25, 7_418_226_934_502_118_377];

/// Until when a certificate that has expired may still be renewed; not at all, when it does not say so.
pub(crate) fn renewable_until(certificate: &X509Certificate<'_>) -> Result<Option<Timestamp>, Malformed> {
    text(certificate, &RENEWABLE_UNTIL)?.map(|time| time.parse().map_err(|_| Malformed)).transpose()
}

/// What [`renewable_until`] reads. Certificates count whole seconds; fractions are cut off.
pub(crate) fn renewable_extension(until: Timestamp) -> CustomExtension {
    let whole = Timestamp::from_second(until.as_second()).unwrap_or(until);
    extension(&RENEWABLE_UNTIL, &whole.to_string())
}

fn text(certificate: &X509Certificate<'_>, arcs: &[u64; 3]) -> Result<Option<String>, Malformed> {
    let oid = Oid::from(arcs).expect("the arcs are those of an identifier");
    let Some(extension) = certificate.get_extension_unique(&oid).map_err(|_| Malformed)? else { return Ok(None) };
    match Utf8String::from_der(extension.value) {
        Ok(([], text)) => Ok(Some(text.as_ref().to_owned())),
        _ => Err(Malformed),
    }
}

fn extension(arcs: &[u64; 3], text: &str) -> CustomExtension {
    let content = Utf8String::new(text).to_der_vec().expect("a text can be written");
    CustomExtension::from_oid_content(arcs, content)
}

/// The key usage, if the certificate restricts it.
pub(crate) fn key_usage<'a>(certificate: &'a X509Certificate<'_>) -> Result<Option<&'a KeyUsage>, Malformed> {
    certificate.key_usage().map(|e| e.map(|e| e.value)).map_err(|_| Malformed)
}
