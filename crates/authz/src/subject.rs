//! Who acts.

use std::collections::BTreeSet;

use model::{GroupId, SubjectId};

use crate::Scope;

/// The subject that the first-start token speaks for. It owns what was made before there were accounts.
pub const INSTALLATION: SubjectId = SubjectId::nil();

/// Who acts, as they signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// Which subject.
    pub subject: SubjectId,
    /// Its name, as events record it.
    pub name: String,
    /// What it is.
    pub kind: SubjectKind,
    /// The groups it is in.
    pub groups: BTreeSet<GroupId>,
    /// What the token it signed in with takes away.
    pub limit: Option<Limit>,
}

impl Acting {
    /// The installation itself: the first-start token, and what controllers do on their own.
    pub fn installation(name: impl Into<String>) -> Self {
        Self {
            subject: INSTALLATION,
            name: name.into(),
            kind: SubjectKind::Installation,
            groups: BTreeSet::new(),
            limit: None,
        }
    }
}

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// Whoever holds the first-start token. A service administrator without a grant.
    Installation,
    /// A person.
    Person,
    /// A pipeline, or another program.
    Service,
}

/// What a token's scope takes away. It never gives anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whether it may change anything.
    pub access: Access,
    /// The only backbone or network it is good for.
    pub within: Option<Scope>,
}

/// Whether something is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Looks, and is handed nothing that is a credential.
    Read,
    /// Changes something, or is handed a credential.
    Write,
}
