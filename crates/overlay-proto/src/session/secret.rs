//! How the end that opened a stream proves that it is the one who continues it.

use std::fmt;

use ring::hmac;

use super::frame::{PROOF_LEN, Resume};

/// The label under which the secret of a connection's streams is exported from TLS (RFC 8446, 7.5).
pub const SECRET_LABEL: &[u8] = b"EXPORTER-skx-session-v1";
/// The label under which what a proof is bound to is exported from the connection on which it is given.
pub const BINDING_LABEL: &[u8] = b"EXPORTER-skx-resume-v1";
/// The length of both.
pub const EXPORTED_LEN: usize = 32;

const CONTEXT: &[u8] = b"skx-resume\0";

/// What only the two ends of the connection know on which a stream was opened. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret([u8; EXPORTED_LEN]);

impl Secret {
    /// From what was exported from that connection under [`SECRET_LABEL`].
    pub fn new(exported: [u8; EXPORTED_LEN]) -> Self {
        Self(exported)
    }

    /// Proves, on the connection from which `binding` was exported, that `resume` comes from who knows the secret.
    pub(super) fn prove(&self, resume: &Resume, binding: &[u8; EXPORTED_LEN]) -> [u8; PROOF_LEN] {
        let mut proof = [0; PROOF_LEN];
        proof.copy_from_slice(hmac::sign(&self.key(), &said(resume, binding)).as_ref());
        proof
    }

    /// Whether `resume`, which came on the connection from which `binding` was exported, comes from who knows the secret.
    /// In constant time.
    pub fn is_proven_by(&self, resume: &Resume, binding: &[u8; EXPORTED_LEN]) -> bool {
        hmac::verify(&self.key(), &said(resume, binding), &resume.proof).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn said(resume: &Resume, binding: &[u8]) -> Vec<u8> {
    [CONTEXT, &resume.stream, &resume.attempt.to_be_bytes(), binding].concat()
}
