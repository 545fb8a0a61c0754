use std::{error::Error, fmt};

use store::StoreError;

/// Why an operation was not done. Nothing has changed when one of these is answered.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// There is no such object, or none the actor may see.
    #[error("there is no {kind} {name:?}")]
    NotFound {
        /// The kind of object, in words.
        kind: String,
        /// How it was asked for.
        name: String,
    },
    /// Who asks sees what it is about, and may not do this.
    #[error("you may not do this: {action} is not among what your roles allow")]
    Forbidden {
        /// What was asked for.
        action: authz::Action,
    },
    /// A value is not acceptable, wherever the system stands.
    #[error("{field}: {message}")]
    Invalid {
        /// The field of the input.
        field: &'static str,
        /// What is wrong with it, and what is allowed.
        message: String,
    },
    /// Values of a document are not acceptable.
    #[error("the document is not in order")]
    Fields(Vec<(String, compose::Diagnostic)>),
    /// An option this version does not carry out. It is refused, because accepting it would promise what does not happen.
    #[error("{field}: {message}")]
    NotHonoured {
        /// The field of the input.
        field: &'static str,
        /// What is not done yet, and what can be given instead.
        message: String,
    },
    /// The name is taken within its parent.
    #[error("the name is taken by another {kind}")]
    NameTaken {
        /// The kind of object.
        kind: String,
    },
    /// The system stands where this cannot be done.
    #[error("{message}; {how}")]
    Precondition {
        /// What stands in the way.
        message: String,
        /// What to do first, or instead.
        how: String,
    },
    /// The object has changed since the caller looked.
    #[error("the {kind} has changed meanwhile: it is at revision {found}, not {expected}; look again, then repeat")]
    RevisionMismatch {
        /// The kind of object.
        kind: &'static str,
        /// What the caller demanded.
        expected: i64,
        /// What it is.
        found: i64,
    },
    /// The idempotency key came with another request before.
    #[error("the idempotency key was used for another request before; choose a new one")]
    KeyReused,
    /// Documents are not in order.
    #[error("the documents are not in order")]
    Documents(#[source] compose::Problems),
    /// Versions of documents are in the library, with other content.
    #[error("what is in the library never changes; give what has changed a new version")]
    VersionTaken(#[source] compose::Problems),
    /// Who asks has not shown who they are.
    #[error("{0}")]
    NotSignedIn(&'static str),
    /// The ID token that somebody signs in with is not good.
    #[error("the ID token is refused: {0}")]
    IdToken(String),
    /// The password is for one use, and another one was not chosen.
    #[error("this password opens nothing but the choice of another one; give that, too")]
    PasswordChangeRequired,
    /// It was tried and refused too often of late.
    #[error("there were too many attempts that failed; try again in {seconds} s")]
    TooManyAttempts {
        /// When it may be tried again.
        seconds: u64,
    },
    /// There is more of such work than this controller does at once.
    #[error("{0}; try again")]
    Busy(&'static str),
    /// The database does not answer, or cannot do it now. The operation may be repeated.
    #[error("{}; {}", .0.unavailable().0, .0.unavailable().1)]
    Unavailable(#[source] StoreError),
    /// A defect or a damaged installation; the chain of sources says where.
    #[error("{context}")]
    Internal {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl OpError {
    pub(crate) fn forbidden(action: authz::Action) -> Self {
        Self::Forbidden { action }
    }

    pub(crate) fn invalid(field: &'static str, message: impl fmt::Display) -> Self {
        Self::Invalid { field, message: message.to_string() }
    }

    pub(crate) fn precondition(message: impl Into<String>, how: impl Into<String>) -> Self {
        Self::Precondition { message: message.into(), how: how.into() }
    }

    /// Wraps what can only fail by a defect or a damaged installation.
    pub(crate) fn internal<E: Into<Box<dyn Error + Send + Sync>>>(context: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Internal { context, source: source.into() }
    }

    /// Refuses when the object is at another revision than the caller demands.
    pub(crate) fn unless_at(expected: Option<i64>, kind: &'static str, found: i64) -> Result<(), Self> {
        match expected {
            Some(expected) if expected != found => Err(Self::RevisionMismatch { kind, expected, found }),
            _ => Ok(()),
        }
    }
}

impl From<StoreError> for OpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => {
                Self::NotFound { kind: what.to_owned(), name: "(just removed)".to_owned() }
            }
            StoreError::NameTaken { what } => Self::NameTaken { kind: what },
            StoreError::Exists { what } => {
                Self::precondition(format!("there is such a {what} already"), "change or remove that one")
            }
            StoreError::InUse { by } => {
                Self::precondition(format!("it is in use by a {by}"), format!("remove the {by} first"))
            }
            StoreError::Unknown { what } => {
                Self::precondition(format!("there is no such {what}"), "declare or create it first")
            }
            StoreError::Conflict { what } => {
                Self::precondition(format!("the {what} has changed meanwhile"), "look again, then repeat")
            }
            StoreError::Stale { what, expected, found } => Self::RevisionMismatch { kind: what, expected, found },
            StoreError::Cursor(error) => Self::invalid("cursor", error),
            StoreError::Unavailable(_) => Self::Unavailable(error),
            _ => Self::Internal { context: "the database refused an operation", source: error.into() },
        }
    }
}
