//! What a token says.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Refused, Settings};

/// How far clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// How long after it was made a token begins a session: who finds an old one gains nothing.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How many texts of a claim are taken over, and how long they may be.
const TEXTS: (usize, usize) = (500, 255);

/// What a good token says.
#[derive(Clone)]
pub struct Claims {
    /// The provider's word for the person, which never changes.
    pub subject: String,
    /// SHA-256 of what of the token is signed: another token is another one, however it is written.
    pub digest: [u8; 32],
    all: Map<String, Value>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("subject", &self.subject).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Registered {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Claims {
    /// Reads what a token says whose signature is right.
    pub(crate) fn read(payload: &[u8], digest: [u8; 32], ours: &Settings, now: Timestamp) -> Result<Self, Refused> {
        let all: Map<String, Value> = serde_json::from_slice(payload).map_err(|_| Refused::Malformed)?;
        let claims: Registered = serde_json::from_value(Value::Object(all.clone())).map_err(|_| Refused::Malformed)?;
        let refuse = |claim, why| Err(Refused::Claim { claim, why });
        if claims.iss != ours.issuer {
            return refuse("iss", "it is of another provider");
        }
        let audiences = claims.aud.all();
        if !audiences.iter().any(|audience| ours.is_ours(audience)) {
            return refuse("aud", "it is for another client");
        }
        match claims.azp.as_deref() {
            Some(party) if !ours.is_ours(party) => return refuse("azp", "it was made for another client"),
            None if !audiences.iter().all(|audience| ours.is_ours(audience)) => {
                return refuse("azp", "it is for several clients, and does not say for which it was made");
            }
            _ => {}
        }
        let (now, leeway) = (seconds(now), LEEWAY.as_secs_f64());
        if !claims.exp.is_finite() || claims.exp + leeway <= now {
            return refuse("exp", "it is over");
        }
        if claims.nbf.is_some_and(|from| from > now + leeway) {
            return refuse("nbf", "it is not good yet");
        }
        if claims.iat > now + leeway {
            return refuse("iat", "it is not made yet");
        }
        if claims.iat + FRESH.as_secs_f64() + leeway < now {
            return refuse("iat", "it was made too long ago; get another one");
        }
        // Whoever began a sign-in with a nonce has to look whether it comes back. Nobody here has.
        if claims.nonce.is_some() {
            return refuse("nonce", "it belongs to a sign-in of somebody else");
        }
        if claims.sub.is_empty() || claims.sub.len() > 255 || claims.sub.chars().any(char::is_control) {
            return refuse("sub", "it names nobody");
        }
        Ok(Self { subject: claims.sub, digest, all })
    }

    /// A text it has under this name.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.all.get(claim)?.as_str().filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
    }

    /// The texts it has under this name: many, or one.
    pub fn texts(&self, claim: &str) -> Vec<&str> {
        let value = self.all.get(claim);
        let values =
            value.and_then(Value::as_array).map_or_else(|| value.map_or(&[][..], std::slice::from_ref), Vec::as_slice);
        let sound = |text: &&str| (1..=TEXTS.1).contains(&text.len());
        values.iter().filter_map(Value::as_str).filter(sound).take(TEXTS.0).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "moments of this millennium are exact")]
fn seconds(time: Timestamp) -> f64 {
    time.as_second() as f64
}
