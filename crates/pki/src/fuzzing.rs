//! For fuzzing: what gets any content past the check line of a ticket and past the signature of a trust document, so that
//! what reads the content meets it. Nothing else may use it.

use crate::{
    Certificate, PrivateKey, SignedTrust,
    ticket::{self, BOOTSTRAP, INVITATION},
};

/// Any content as a ticket that arrived whole: once as an invitation, once as a bundle.
pub fn armoured(json: &[u8]) -> [String; 2] {
    [INVITATION, BOOTSTRAP].map(|kind| ticket::armour(kind, json))
}

/// Any content as a trust document that `signer` has signed.
pub fn signed(document: Vec<u8>, key: &PrivateKey, signer: &Certificate) -> SignedTrust {
    SignedTrust::sign_bytes(document, key, signer)
}
