//! The keys a provider publishes, and what is signed with them.

use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use serde::Deserialize;
use serde_json::Value;

use crate::Refused;

/// The longest token that is looked at.
const MAX_BYTES: usize = 16 * 1_024;

/// How a token is signed. There are no others: `none`, and secrets shared with clients, are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Algorithm {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A key as a provider publishes it.
#[derive(Clone, Debug, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a provider. Those of other kinds are passed over.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Published")]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl From<Published> for KeySet {
    fn from(published: Published) -> Self {
        Self(published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What has to be understood; nothing is.
    crit: Option<Value>,
}

/// A token, taken apart. Nothing in it is verified.
pub(crate) struct Token<'a> {
    algorithm: Algorithm,
    kid: Option<String>,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refused> {
        if text.len() > MAX_BYTES {
            return Err(Refused::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Refused::Malformed)?;
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Refused::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Refused::Malformed)?;
        let algorithm = Algorithm::parse(&header.alg).ok_or(Refused::Algorithm)?;
        if header.crit.is_some() {
            return Err(Refused::Malformed);
        }
        Ok(Self { algorithm, kid: header.kid, signed, payload: decode(payload)?, signature: decode(signature)? })
    }

    /// SHA-256 of what is signed.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut kept = [0; 32];
        kept.copy_from_slice(digest::digest(&digest::SHA256, self.signed.as_bytes()).as_ref());
        kept
    }

    /// What it says, when one of these keys has signed it.
    pub(crate) fn verify(&self, keys: &KeySet) -> Result<&[u8], Refused> {
        let mut candidates = keys.0.iter().filter(|key| key.can_be(self)).peekable();
        if candidates.peek().is_none() {
            return Err(Refused::Key);
        }
        if candidates.any(|key| key.has_signed(self).is_some()) { Ok(&self.payload) } else { Err(Refused::Signature) }
    }
}

impl Key {
    /// Whether a token can be signed with it: the key says of what kind it is, not the token.
    fn can_be(&self, token: &Token<'_>) -> bool {
        let kind = match token.algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => self.kty == "RSA",
            Algorithm::Es256 => self.kty == "EC" && self.crv.as_deref() == Some("P-256"),
            Algorithm::EdDsa => self.kty == "OKP" && self.crv.as_deref() == Some("Ed25519"),
        };
        let algorithm = self.alg.as_deref().is_none_or(|alg| Algorithm::parse(alg) == Some(token.algorithm));
        let purpose = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        kind && algorithm && purpose && (token.kid.is_none() || token.kid == self.kid)
    }

    fn has_signed(&self, token: &Token<'_>) -> Option<()> {
        let part = |part: &Option<String>| BASE64URL_NOPAD.decode(part.as_deref()?.as_bytes()).ok();
        let (message, signature) = (token.signed.as_bytes(), &token.signature);
        let rsa = |how: &RsaParameters| {
            let key = RsaPublicKeyComponents { n: part(&self.n)?, e: part(&self.e)? };
            Some(key.verify(how, message, signature))
        };
        let verified = match token.algorithm {
            Algorithm::Rs256 => rsa(&RSA_PKCS1_2048_8192_SHA256)?,
            Algorithm::Ps256 => rsa(&RSA_PSS_2048_8192_SHA256)?,
            Algorithm::Es256 => {
                let point = [&[4][..], &part(&self.x)?, &part(&self.y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, part(&self.x)?).verify(message, signature),
        };
        verified.ok()
    }
}
