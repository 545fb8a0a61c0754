//! Roles: who holds which, where; and networks that are shared.

use std::fmt;

use jiff::Timestamp;
use model::{GrantId, Name};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Standing,
    check::{Check, Errors},
    schema,
};

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    ServiceAdministrator,
    /// Manages a backbone, and every network on it.
    BackboneAdministrator,
    /// Makes networks on a backbone, and manages those.
    User,
    /// Works with what is in a network: services, invitations, members.
    Operator,
    /// Looks at a network.
    Viewer,
}

/// A role with which a network is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShareRole {
    /// Works with what is in the network: services, invitations, members.
    Operator,
    /// Looks at the network.
    Viewer,
}

impl From<Role> for authz::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::ServiceAdministrator => Self::ServiceAdministrator,
            Role::BackboneAdministrator => Self::BackboneAdministrator,
            Role::User => Self::User,
            Role::Operator => Self::NetworkOperator,
            Role::Viewer => Self::NetworkViewer,
        }
    }
}

impl From<authz::Role> for Role {
    fn from(role: authz::Role) -> Self {
        match role {
            authz::Role::ServiceAdministrator => Self::ServiceAdministrator,
            authz::Role::BackboneAdministrator => Self::BackboneAdministrator,
            authz::Role::User => Self::User,
            authz::Role::NetworkOperator => Self::Operator,
            authz::Role::NetworkViewer => Self::Viewer,
        }
    }
}

impl From<ShareRole> for authz::Role {
    fn from(role: ShareRole) -> Self {
        match role {
            ShareRole::Operator => Self::NetworkOperator,
            ShareRole::Viewer => Self::NetworkViewer,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        authz::Role::from(*self).fmt(f)
    }
}

/// Who holds a role: a user or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Grantee {
    /// The user's or group's id.
    #[schema(schema_with = schema::id)]
    pub id: Uuid,
    /// Whether it is a group.
    pub group: bool,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub name: Option<Name>,
}

/// A role that somebody holds, everywhere, on a backbone or in a network. It is made and deleted, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f07",
    "to": {"id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f08", "group": false, "name": "alice"},
    "role": "user",
    "backbone": "europe",
    "default_backbone": true,
    "created": "2027-01-31T09:00:00Z"
}))]
pub struct Grant {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: GrantId,
    /// Who holds the role.
    pub to: Grantee,
    /// The role.
    pub role: Role,
    /// The name of the backbone it is held for, of backbone administrators and users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// The name of the network it is held for, of operators and viewers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
    /// Whether networks are made on this backbone when none is named.
    #[serde(default)]
    pub default_backbone: bool,
    /// When it was made.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Gives a role to a user or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "alice", "role": "user", "backbone": "europe", "default_backbone": true}))]
pub struct GrantCreate {
    /// The user, by name or id; or give a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub user: Option<Name>,
    /// The group, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub group: Option<Name>,
    /// The role.
    pub role: Role,
    /// The backbone, by name or id, of backbone administrators and users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// The network, by name or id, of operators and viewers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
    /// Whether networks are made on this backbone when none is named; one for each user and group.
    #[serde(default)]
    #[schema(required = false)]
    pub default_backbone: bool,
}

impl Check for GrantCreate {
    fn check(&self, errors: &mut Errors) {
        one_holder(self.user.as_ref(), self.group.as_ref(), errors);
    }
}

/// Shares a network with a user or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "bob", "role": "viewer"}))]
pub struct ShareCreate {
    /// The user, by name or id; or give a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub user: Option<Name>,
    /// The group, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub group: Option<Name>,
    /// What they may do.
    pub role: ShareRole,
}

impl Check for ShareCreate {
    fn check(&self, errors: &mut Errors) {
        one_holder(self.user.as_ref(), self.group.as_ref(), errors);
    }
}

fn one_holder(user: Option<&Name>, group: Option<&Name>, errors: &mut Errors) {
    match (user, group) {
        (None, None) => errors.add("user", "say who: give a user or a group"),
        (Some(_), Some(_)) => errors.add("group", "give a user or a group, not both"),
        _ => {}
    }
}
