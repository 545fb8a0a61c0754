//! Grants: who holds which role, where.

use std::{fmt, str::FromStr};

use model::{BackboneId, GrantId, GroupId, NetworkId, SubjectId};

/// A role that is held in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything. Held for the installation.
    ServiceAdministrator,
    /// Manages a backbone, and every network on it. Held for a backbone.
    BackboneAdministrator,
    /// Makes networks on a backbone, and manages those. Held for a backbone.
    User,
    /// Works with what is in a network: services, invitations, members. Held for a network.
    NetworkOperator,
    /// Looks at a network. Held for a network.
    NetworkViewer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::ServiceAdministrator,
        Self::BackboneAdministrator,
        Self::User,
        Self::NetworkOperator,
        Self::NetworkViewer,
    ];

    /// The role as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceAdministrator => "service-administrator",
            Self::BackboneAdministrator => "backbone-administrator",
            Self::User => "user",
            Self::NetworkOperator => "operator",
            Self::NetworkViewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no [`Role`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role; there are service-administrator, backbone-administrator, user, operator and viewer")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Where a role is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    Installation,
    /// On a backbone.
    Backbone(BackboneId),
    /// In an application network.
    Network(NetworkId),
}

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// One subject.
    Subject(SubjectId),
    /// Whoever is in a group.
    Group(GroupId),
}

/// A role, held by somebody, somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which grant.
    pub id: GrantId,
    /// Who holds the role.
    pub to: Grantee,
    /// The role.
    pub role: Role,
    /// Where it is held.
    pub scope: Scope,
    /// Whether networks are made on this backbone when none is named.
    pub default_backbone: bool,
}

/// Why there can be no such grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrant {
    /// Service administrators are so everywhere.
    #[error("a service administrator is so everywhere: leave out the backbone and the network")]
    NotEverywhere,
    /// The role is held for a backbone.
    #[error("this role is held for a backbone: say which")]
    NoBackbone,
    /// The role is held for a network.
    #[error("this role is held for a network: share the network")]
    NoNetwork,
    /// Networks are made on backbones, by users.
    #[error("only a user or a backbone administrator can have a default backbone")]
    NoDefault,
}

impl Grant {
    /// Whether the role can be held in such a scope.
    pub fn check(role: Role, scope: Scope, default_backbone: bool) -> Result<(), InvalidGrant> {
        match (role, scope) {
            (Role::ServiceAdministrator, Scope::Installation) if default_backbone => Err(InvalidGrant::NoDefault),
            (Role::ServiceAdministrator, Scope::Installation) => Ok(()),
            (Role::ServiceAdministrator, _) => Err(InvalidGrant::NotEverywhere),
            (Role::BackboneAdministrator | Role::User, Scope::Backbone(_)) => Ok(()),
            (Role::BackboneAdministrator | Role::User, _) => Err(InvalidGrant::NoBackbone),
            (Role::NetworkOperator | Role::NetworkViewer, Scope::Network(_)) if default_backbone => {
                Err(InvalidGrant::NoDefault)
            }
            (Role::NetworkOperator | Role::NetworkViewer, Scope::Network(_)) => Ok(()),
            (Role::NetworkOperator | Role::NetworkViewer, _) => Err(InvalidGrant::NoNetwork),
        }
    }
}
