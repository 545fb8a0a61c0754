use std::error::Error;

/// Why an operation was not done. Nothing has changed when one of these is answered.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// There is no such object, or none the actor may see.
    #[error("there is no {kind} {name:?}")]
    NotFound {
        /// The kind of object, in words.
        kind: &'static str,
        /// How it was asked for.
        name: String,
    },
    /// A value is not acceptable, wherever the system stands.
    #[error("{field}: {message}")]
    Invalid {
        /// The field of the input.
        field: &'static str,
        /// What is wrong with it, and what is allowed.
        message: String,
    },
    /// An option this version does not carry out. It is refused, because accepting it would promise what does not happen.
    #[error("{field}: {message}")]
    NotHonoured {
        /// The field of the input.
        field: &'static str,
        /// What is not done yet, and what can be given instead.
        message: String,
    },
    /// The name is taken within its parent.
    #[error("the name {name:?} is taken by another {kind}")]
    NameTaken {
        /// The kind of object.
        kind: &'static str,
        /// The name.
        name: String,
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
    /// The database does not answer. The operation may be repeated.
    #[error("the database is not reachable; try again")]
    Unavailable(#[source] store::Error),
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
