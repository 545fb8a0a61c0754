use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
};
use zeroize::Zeroizing;

/// The version of the sealed form.
const FORMAT: u8 = 1;
const ID_LEN: usize = 8;
const HEADER_LEN: usize = 1 + ID_LEN;

/// A key-encryption key: seals private keys at rest (AES-256-GCM, a random nonce each).
///
/// Sealed bytes are `1 · key id (8) · nonce (12) · ciphertext and tag`. The header and the caller's associated data
/// are authenticated, so that a sealed key cannot be moved to another row.
pub struct Kek {
    bytes: Zeroizing<[u8; 32]>,
    id: [u8; ID_LEN],
}

/// Why a key-encryption key cannot be read, or something sealed cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KekError {
    /// The file holds something else.
    #[error("this is not a key-encryption key: one line of base64 that encodes 32 bytes is needed")]
    File,
    /// The bytes were not sealed by any version of this program.
    #[error("these are not sealed bytes of a version this program knows")]
    Format,
    /// Another key sealed it.
    #[error(
        "the key-encryption key is the wrong one: this was sealed with key {sealed_with}, the key given is {given}"
    )]
    WrongKey {
        /// The id of the key it was sealed with.
        sealed_with: String,
        /// The id of this key.
        given: String,
    },
    /// It was altered, or belongs elsewhere.
    #[error("the sealed bytes were altered, or belong to something else")]
    Altered,
}

impl Kek {
    /// Makes a new key.
    ///
    /// # Panics
    ///
    /// When the operating system provides no random numbers.
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *bytes).expect("the operating system provides random numbers");
        Self::from_bytes(bytes)
    }

    /// Reads the text of a key file: one line of base64.
    pub fn from_file_text(text: &str) -> Result<Self, KekError> {
        let decoded = Zeroizing::new(BASE64.decode(text.trim().as_bytes()).map_err(|_| KekError::File)?);
        let mut bytes = Zeroizing::new([0; 32]);
        if decoded.len() != bytes.len() {
            return Err(KekError::File);
        }
        bytes.copy_from_slice(&decoded);
        Ok(Self::from_bytes(bytes))
    }

    fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        let mut id = [0; ID_LEN];
        id.copy_from_slice(&digest(&SHA256, &*bytes).as_ref()[..ID_LEN]);
        Self { bytes, id }
    }

    /// The text of a key file.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(45));
        BASE64.encode_append(&*self.bytes, &mut text);
        text.push('\n');
        text
    }

    /// A name for the key that gives nothing of it away: the first 8 bytes of its SHA-256 digest, in hexadecimal.
    pub fn id(&self) -> String {
        HEXLOWER.encode(&self.id)
    }

    /// The id of the key that sealed `sealed`.
    pub fn sealed_with(sealed: &[u8]) -> Result<String, KekError> {
        match sealed {
            [FORMAT, rest @ ..] if rest.len() >= ID_LEN + NONCE_LEN + AES_256_GCM.tag_len() => {
                Ok(HEXLOWER.encode(&rest[..ID_LEN]))
            }
            _ => Err(KekError::Format),
        }
    }

    /// Seals `plaintext`. The same `aad` (such as the id of the row it is kept in) is needed to open it.
    ///
    /// # Panics
    ///
    /// When the operating system provides no random numbers.
    pub fn seal(&self, plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).expect("the operating system provides random numbers");
        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.id);
        let bound = Aad::from([&sealed, aad].concat());
        sealed.extend_from_slice(&nonce);
        let body = sealed.len();
        sealed.extend_from_slice(plaintext);
        let tag = self
            .cipher()
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), bound, &mut sealed[body..])
            .expect("private keys are far below the cipher's limit");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Kek::seal`] sealed.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, KekError> {
        let sealed_with = Self::sealed_with(sealed)?;
        if sealed_with != self.id() {
            return Err(KekError::WrongKey { sealed_with, given: self.id() });
        }
        let (header, rest) = sealed.split_at(HEADER_LEN);
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KekError::Format)?;
        let mut plaintext = Zeroizing::new(body.to_vec());
        let len = self
            .cipher()
            .open_in_place(nonce, Aad::from([header, aad].concat()), &mut plaintext)
            .map_err(|_| KekError::Altered)?
            .len();
        plaintext.truncate(len);
        Ok(plaintext)
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*self.bytes).expect("32 bytes are a key for AES-256"))
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kek").field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_survives_its_file_and_keeps_its_id() {
        let kek = Kek::generate();
        let again = Kek::from_file_text(&format!("  {}\r\n", kek.to_file_text().trim())).expect("own file");
        assert_eq!(again.id(), kek.id());
        assert_eq!(kek.id().len(), 16);
        assert_eq!(again.open(&kek.seal(b"secret", b"row"), b"row").expect("opens").as_slice(), b"secret");
        for bad in ["", "AAAA", "not base64", &"A".repeat(64)] {
            assert_eq!(Kek::from_file_text(bad).map(|k| k.id()), Err(KekError::File), "{bad}");
        }
    }

    #[test]
    fn a_wrong_key_is_named() {
        let (kek, other) = (Kek::generate(), Kek::generate());
        let sealed = kek.seal(b"secret", b"row");
        assert_eq!(Kek::sealed_with(&sealed), Ok(kek.id()));
        let error = other.open(&sealed, b"row").expect_err("another key");
        assert_eq!(error, KekError::WrongKey { sealed_with: kek.id(), given: other.id() });
        assert!(error.to_string().contains(&kek.id()));
    }

    #[test]
    fn the_same_secret_never_seals_to_the_same_bytes() {
        let kek = Kek::generate();
        assert_ne!(kek.seal(b"secret", b""), kek.seal(b"secret", b""));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_only(
            secret in prop::collection::vec(any::<u8>(), 0..200),
            aad in prop::collection::vec(any::<u8>(), 0..40),
            other in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let kek = Kek::generate();
            let sealed = kek.seal(&secret, &aad);
            prop_assert_eq!(&*kek.open(&sealed, &aad).expect("opens"), &secret);
            if other != aad {
                prop_assert_eq!(kek.open(&sealed, &other).expect_err("elsewhere"), KekError::Altered);
            }
        }

        #[test]
        fn any_changed_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let kek = Kek::generate();
            let mut sealed = kek.seal(b"a private key", b"row");
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(kek.open(&sealed, b"row").is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(Kek::generate().open(&bytes, b"").is_err());
        }
    }
}
