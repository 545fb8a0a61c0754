//! The installation's own certificate authority, under the root.

use jiff::Timestamp;
use model::{InstallationId, Name};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors},
    schema,
};

/// How far the installation's certificate authority has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaState {
    /// There is none; nothing below the root can be created.
    None,
    /// A certificate signing request was made; its signed chain has not been imported yet.
    Requested,
    /// Established under a root of the enterprise.
    External,
    /// A development root, made by the installation itself.
    Development,
}

/// The installation's certificate authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "installation": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "state": "development",
    "subject": "CN=Skupper-X development root",
    "serial": "1f",
    "fingerprint": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    "not_before": "2027-01-31T09:00:00Z",
    "not_after": "2037-01-31T09:00:00Z",
    "chain": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n",
    "since": "2027-01-31T09:00:00Z",
    "kek": "5f2d1c7a90b3e846"
}))]
pub struct Ca {
    /// The installation: the trust domain of every identity in it.
    #[schema(schema_with = schema::id)]
    pub installation: InstallationId,
    /// How far it has come.
    pub state: CaState,
    /// Whom the certificate names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The serial number, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// SHA-256 of the certificate, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// From when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub not_before: Option<Timestamp>,
    /// Until when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub not_after: Option<Timestamp>,
    /// The certificate and those above it up to the root, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Since when it issues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub since: Option<Timestamp>,
    /// The key-encryption key that seals every private key in the database, by its id.
    pub kek: String,
    /// What to do next, when something is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Makes a development root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "laboratory"}))]
pub struct CaDevelopment {
    /// A name to recognise the root by; `development` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub name: Option<Name>,
}

impl Check for CaDevelopment {}

/// A request for the installation's certificate, to be signed by the root of the enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"csr": "-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n"}))]
pub struct CaCsr {
    /// PKCS #10, PEM. For the same key until a chain is imported.
    pub csr: String,
}

/// The key-encryption key was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"before": "5f2d1c7a90b3e846", "after": "0c11d6e2f4a8b973", "sealed": 42}))]
pub struct KeyRotation {
    /// The id of the key before. It is kept beside the key file, for backups that were made with it.
    pub before: String,
    /// The id of the key that counts now.
    pub after: String,
    /// How many private keys and secrets were sealed anew.
    pub sealed: usize,
}

/// Imports what the root of the enterprise has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"chain": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"}))]
pub struct CaImport {
    /// The signed certificate and those above it up to the root, PEM, in any order.
    pub chain: String,
}

impl Check for CaImport {
    fn check(&self, errors: &mut Errors) {
        if !self.chain.contains("-----BEGIN CERTIFICATE-----") {
            errors.add("chain", "there is no certificate in it; give PEM, beginning with -----BEGIN CERTIFICATE-----");
        }
        if self.chain.contains("PRIVATE KEY-----") {
            errors.add("chain", "there is a private key in it; only certificates belong here");
        }
    }
}
