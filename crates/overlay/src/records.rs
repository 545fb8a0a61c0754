//! Records of other routers: who signed them. And our own: signing them.

use std::{collections::HashMap, sync::Arc};

use model::{GenericUuid, Identity};
use overlay_proto::{
    NodeId,
    link::{Record, SignedRecord},
    router::{RECORD_CONTEXT, Signed},
};
use pki::Usage;
use ring::digest::{SHA256, digest};

use crate::{
    credentials::Credentials,
    shared::Shared,
    trust::{Stage, TrustView},
};

/// The most certificates that are remembered as verified.
const CACHE: usize = 4096;

/// Verifies records; certificates that were verified are remembered for as long as trust stays as it is.
#[derive(Debug, Default)]
pub(crate) struct Verifier {
    view: Option<Arc<TrustView>>,
    verified: HashMap<[u8; 32], Identity>,
}

/// Why a record is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unverified {
    #[error("its certificate is not accepted: {0}")]
    Certificate(#[from] pki::VerifyError),
    #[error("its certificate is not that of the backbone site it is said to come from")]
    Origin,
    #[error("its origin is not admitted")]
    NotAdmitted,
    #[error(transparent)]
    Signature(#[from] pki::InvalidSignature),
}

impl Verifier {
    /// Whether `signed`, which says `record`, was signed by its origin.
    pub(crate) fn verify(&mut self, shared: &Shared, signed: &SignedRecord, record: &Record) -> Result<(), Unverified> {
        let (view, now) = (shared.trust.view(), shared.clock.now());
        if self.view.as_ref().is_none_or(|old| !Arc::ptr_eq(old, &view)) || self.verified.len() >= CACHE {
            self.verified.clear();
            self.view = Some(view.clone());
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &signed.certificate).as_ref());
        let identity = match self.verified.get(&hash) {
            Some(identity) => *identity,
            None => {
                let identity = pki::verify(&view.anchors(), &signed.certificate, Usage::Client, now)?;
                self.verified.insert(hash, identity);
                identity
            }
        };
        let Identity::BackboneSite { site, .. } = identity else {
            return Err(Unverified::Origin);
        };
        if NodeId::from_wire(&record.origin) != Some(NodeId(site.into_untyped_uuid())) {
            return Err(Unverified::Origin);
        }
        view.admit(&identity, now, Stage::Live).map_err(|_| Unverified::NotAdmitted)?;
        pki::verify_signature(&signed.certificate, RECORD_CONTEXT, &signed.record, &signed.signature)?;
        Ok(())
    }
}

/// Signs a record of this router.
pub(crate) fn sign(credentials: &Credentials, record: &[u8]) -> Signed {
    Signed {
        signature: credentials.leaf.key.sign(RECORD_CONTEXT, record),
        certificate: credentials.leaf.certificate.as_bytes().to_vec(),
    }
}
