//! Who may speak for whom: keys, certificates, the one verification rule, TLS configurations, the signed trust
//! document and the text form of tickets.
//!
//! Everything is P-256 with ECDSA and SHA-256, and TLS 1.3 only. The time is always passed in.

mod authority;
mod certificate;
mod chain;
mod clock;
mod csr;
#[doc(hidden)]
pub mod fuzzing;
mod issuer;
mod kek;
mod key;
mod pem;
mod serial;
mod verify;
mod x509;

pub mod ticket;
pub mod tls;
pub mod trust;

pub use authority::{Authority, AuthorityError, AuthorityKind, IssueError, LeafUse, Membership, Validity};
pub use certificate::{Certificate, CertificateError};
pub use chain::{ImportError, ImportedChain, import_chain};
pub use clock::SystemClock;
pub use csr::{Csr, CsrError};
pub use issuer::{Answer, CertificateIssuer, Deviation, Order, OrderError, Subject, issue};
pub use kek::{Kek, KekError};
pub use key::{InvalidKeyDigest, InvalidSignature, KeyDigest, KeyError, PrivateKey, verify_signature};
pub use model::{Clock, Der};
pub use tls::{Alpn, PeerPolicy};
pub use trust::{SignedTrust, TrustError};
pub use verify::{Anchors, Issuer, Moment, Usage, VerifyError, verify, verify_or_renew};
