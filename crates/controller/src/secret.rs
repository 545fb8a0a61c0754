//! Secrets that are shown once: random, told apart by how they begin, and kept as their digests.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ring::{
    digest,
    rand::{SecureRandom as _, SystemRandom},
};
use zeroize::Zeroizing;

/// What a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// The API, as an API token.
    Token,
    /// The API, for the length of a session.
    Session,
    /// The making of the first account.
    Setup,
}

impl SecretKind {
    const ALL: [Self; 3] = [Self::Token, Self::Session, Self::Setup];

    fn prefix(self) -> &'static str {
        match self {
            Self::Token => "skxt_",
            Self::Session => "skxs_",
            Self::Setup => "skxi_",
        }
    }

    /// What a text can be, by its form: nothing else is looked up.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| text.strip_prefix(kind.prefix()).is_some_and(is_random))
    }
}

/// Whether a text has the form of 256 random bits, as [`random`] writes them.
pub(crate) fn is_random(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// 256 random bits, as text.
pub(crate) fn random() -> Zeroizing<String> {
    Zeroizing::new(BASE64URL_NOPAD.encode(bytes::<32>().as_ref()))
}

/// A new secret, and what it is kept as.
pub(crate) fn new(kind: SecretKind) -> (Zeroizing<String>, [u8; 32]) {
    let text = Zeroizing::new(format!("{}{}", kind.prefix(), *random()));
    let digest = digest_of(&text);
    (text, digest)
}

/// What a secret is kept and looked up as.
pub(crate) fn digest_of(text: &str) -> [u8; 32] {
    let mut kept = [0; 32];
    kept.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    kept
}

/// A password of 120 random bits that can be read out: groups of four small letters and digits.
pub(crate) fn readable_password() -> Zeroizing<String> {
    let letters = Zeroizing::new(BASE32_NOPAD.encode(bytes::<15>().as_ref()).to_ascii_lowercase());
    let groups: Vec<&str> = (0..letters.len()).step_by(4).map(|at| &letters[at..at + 4]).collect();
    Zeroizing::new(groups.join("-"))
}

fn bytes<const N: usize>() -> Zeroizing<[u8; N]> {
    let mut secret = Zeroizing::new([0u8; N]);
    SystemRandom::new().fill(secret.as_mut()).expect("the system has randomness");
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_apart_by_their_form_and_others_are_none() {
        for kind in SecretKind::ALL {
            let (text, digest) = new(kind);
            assert_eq!(SecretKind::of(&text), Some(kind));
            assert_eq!(digest_of(&text), digest);
            assert_ne!(new(kind).1, digest);
            assert_eq!(SecretKind::of(&format!("{}x", *text)), None);
            assert_eq!(SecretKind::of(&text[1..]), None);
        }
        assert!(is_random(&random()));
        let password = readable_password();
        assert_eq!((password.len(), password.split('-').count()), (29, 6), "{}", password.len());
    }
}
