//! Certificates the installation has issued.

use jiff::Timestamp;
use model::CertificateId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Eviction, InvitationDecision, check::Check, schema};

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateKind {
    /// The installation's certificate authority: the development root, or what the enterprise's root signed.
    Installation,
    /// A Backbone CA.
    BackboneCa,
    /// The CA of an application network.
    NetworkCa,
    /// A backbone site.
    BackboneSite,
    /// Enrolment of one backbone site.
    Bootstrap,
    /// Signs a backbone's trust document.
    TrustSigner,
    /// A controller replica.
    Controller,
    /// Redemption of one invitation.
    Invitation,
    /// A member site.
    Member,
}

impl CertificateKind {
    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::BackboneCa => "backbone-ca",
            Self::NetworkCa => "network-ca",
            Self::BackboneSite => "backbone-site",
            Self::Bootstrap => "bootstrap",
            Self::TrustSigner => "trust-signer",
            Self::Controller => "controller",
            Self::Invitation => "invitation",
            Self::Member => "member",
        }
    }
}

/// Where a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateState {
    /// A certificate authority that everybody is told to trust, and that issues nothing yet.
    Announced,
    /// In use; of a certificate authority: it issues.
    Current,
    /// A newer one took its place. It is accepted until it ends; a certificate authority issues nothing new.
    Superseded,
    /// Its end has come.
    Expired,
    /// Whom it speaks for is denied, or nobody trusts the certificate authority any more.
    Revoked,
}

impl CertificateState {
    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Replaces a certificate before its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"now": true}))]
pub struct CertificateRotate {
    /// Of a certificate authority: wait only for who is connected, not for who is absent, nor for invitations and bundles
    /// that pin the generation before. Whoever comes too late needs a new invitation or bundle.
    #[serde(default)]
    pub now: bool,
}

impl Check for CertificateRotate {}

/// Revokes a certificate: whom it speaks for is denied, for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"invitation": "close"}))]
pub struct CertificateRevoke {
    /// Of a member site: what happens to the invitation it came by, while that still has uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationDecision>,
}

impl Check for CertificateRevoke {}

/// What a certificate authority has issued that is not to be accepted, for others that check its certificates: a revocation
/// list as RFC 5280 has it. What belongs to Skupper-X goes by its trust documents, at once, and needs none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "entries": 1,
    "this_update": "2027-01-31T09:00:00Z",
    "next_update": "2027-02-01T09:00:00Z",
    "pem": "-----BEGIN X509 CRL-----\n…\n-----END X509 CRL-----\n"
}))]
pub struct RevocationList {
    /// How many certificates are on it.
    pub entries: u64,
    /// When it was made.
    #[schema(schema_with = schema::time)]
    pub this_update: Timestamp,
    /// Until when it is to be fetched anew.
    #[schema(schema_with = schema::time)]
    pub next_update: Timestamp,
    /// The list, signed by the authority.
    pub pem: String,
}

/// What became of revoking a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "gone": "generation 1 of the authority: whoever holds nothing but a certificate of it is refused from now on"
}))]
pub struct CertificateRevocation {
    /// What goes, in words.
    pub gone: String,
    /// How far the denial has come; absent when a generation of a certificate authority was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eviction: Option<Eviction>,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f06",
    "kind": "member",
    "subject": "exercise/store-1",
    "identity": "spiffe://0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00/network/0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03/site/0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
    "serial": "5d01",
    "issuer": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f07",
    "generation": 1,
    "not_before": "2027-01-31T08:55:00Z",
    "not_after": "2027-02-07T09:00:00Z",
    "state": "current",
    "since": "2027-01-31T09:00:00Z",
    "why": "it is the newest of its subject",
    "next": "it is renewed 2027-02-05T01:00:00Z, at two thirds of its life"
}))]
pub struct Certificate {
    /// Identity of the record.
    #[schema(schema_with = schema::id)]
    pub id: CertificateId,
    /// What it is for.
    pub kind: CertificateKind,
    /// What it was issued to, as people name it, such as `NETWORK/SITE`.
    pub subject: String,
    /// The identity in it; certificate authorities have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The certificate that issued it, when that is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_id)]
    pub issuer: Option<CertificateId>,
    /// Which generation of its subject it is, from 1.
    pub generation: u32,
    /// From when it is valid.
    #[schema(schema_with = schema::time)]
    pub not_before: Timestamp,
    /// Until when it is valid.
    #[schema(schema_with = schema::time)]
    pub not_after: Timestamp,
    /// The certificate that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_id)]
    pub superseded_by: Option<CertificateId>,
    /// Where it stands.
    pub state: CertificateState,
    /// Since when it stands there.
    #[schema(schema_with = schema::time)]
    pub since: Timestamp,
    /// Why it stands there.
    pub why: String,
    /// What moves it next, or would.
    pub next: String,
    /// The certificate itself, PEM; left out of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
}
