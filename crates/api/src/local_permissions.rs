//! Every endpoint of a site's local API, and how each is answered, as it is committed. Tests hold the site to it.

use std::fmt::{self, Write as _};

use crate::Method;

/// What can be done at a site's own API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalAction {
    /// Look at the site and what it has.
    ShowSite,
    /// Add, change and remove listeners and connectors of its own, and adapt central ones.
    ManageSockets,
    /// Agree to what is deployed, decline it, and fill in what is left to the site.
    ManageDeployments,
    /// Leave the network or the backbone, for good.
    LeaveNetwork,
}

impl fmt::Display for LocalAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShowSite => "show-site",
            Self::ManageSockets => "manage-sockets",
            Self::ManageDeployments => "manage-deployments",
            Self::LeaveNetwork => "leave-network",
        })
    }
}

/// One endpoint of a site's local API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalEndpoint {
    /// The method.
    pub method: Method,
    /// The whole path, with parameters in braces.
    pub path: &'static str,
    /// What it does.
    pub action: LocalAction,
}

/// Every endpoint there is.
pub const LOCAL_ENDPOINTS: &[LocalEndpoint] = {
    use LocalAction::{LeaveNetwork, ManageDeployments, ManageSockets, ShowSite};
    use Method::{Delete, Get, Post, Put};
    const fn one(method: Method, path: &'static str, action: LocalAction) -> LocalEndpoint {
        LocalEndpoint { method, path, action }
    }
    &[
        one(Get, "/metrics", ShowSite),
        one(Get, "/api/v1/site", ShowSite),
        one(Post, "/api/v1/site/leave", LeaveNetwork),
        one(Put, "/api/v1/site/consent", ManageDeployments),
        one(Get, "/api/v1/deployments", ShowSite),
        one(Post, "/api/v1/deployments/{name}/accept", ManageDeployments),
        one(Post, "/api/v1/deployments/{name}/decline", ManageDeployments),
        one(Put, "/api/v1/deployments/{name}/locals", ManageDeployments),
        one(Get, "/api/v1/deployments/{name}/logs", ShowSite),
        one(Get, "/api/v1/addresses", ShowSite),
        one(Get, "/api/v1/listeners", ShowSite),
        one(Post, "/api/v1/listeners", ManageSockets),
        one(Put, "/api/v1/listeners/{id}", ManageSockets),
        one(Delete, "/api/v1/listeners/{id}", ManageSockets),
        one(Get, "/api/v1/connectors", ShowSite),
        one(Post, "/api/v1/connectors", ManageSockets),
        one(Put, "/api/v1/connectors/{id}", ManageSockets),
        one(Delete, "/api/v1/connectors/{id}", ManageSockets),
    ]
};

/// How a request of the site's local API is sent: by whom, and to what kind of site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalAsker {
    /// Without a token.
    Nobody,
    /// With a token that is none.
    Stranger,
    /// With the site's token, to a name of somebody's domain that was pointed at the site.
    ForeignName,
    /// With the site's token, by a page of another origin.
    ForeignPage,
    /// With the site's token, to a member site.
    Member,
    /// With the site's token, to a relay site.
    Relay,
    /// With the site's token, to a site that is not admitted yet.
    Newcomer,
}

impl LocalAsker {
    /// All of them, as the columns of the committed table.
    pub const ALL: [Self; 7] =
        [Self::Nobody, Self::Stranger, Self::ForeignName, Self::ForeignPage, Self::Member, Self::Relay, Self::Newcomer];

    /// The title of the column.
    pub fn title(self) -> &'static str {
        match self {
            Self::Nobody => "no token",
            Self::Stranger => "another token",
            Self::ForeignName => "by another name",
            Self::ForeignPage => "from another page",
            Self::Member => "member site",
            Self::Relay => "relay site",
            Self::Newcomer => "not admitted yet",
        }
    }

    /// How they are answered: `yes`, or the status of the refusal.
    fn outcome(self, action: LocalAction) -> &'static str {
        match (self, action) {
            (Self::Nobody | Self::Stranger, _) => "401",
            (Self::ForeignName, _) => "404",
            (Self::ForeignPage, _) => "403",
            (Self::Relay | Self::Newcomer, LocalAction::ManageSockets | LocalAction::ManageDeployments) => "409",
            (Self::Member | Self::Relay | Self::Newcomer, _) => "yes",
        }
    }
}

/// The document, as it is committed.
pub fn local_permissions_md() -> String {
    let mut text = include_str!("local_permissions.md").to_owned();
    let titles: Vec<&str> = LocalAsker::ALL.into_iter().map(LocalAsker::title).collect();
    let _ = writeln!(text, "| endpoint | action | {} |", titles.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(titles.len()));
    for LocalEndpoint { method, path, action } in LOCAL_ENDPOINTS {
        let cells: Vec<&str> = LocalAsker::ALL.into_iter().map(|asker| asker.outcome(*action)).collect();
        let _ = writeln!(text, "| `{} {path}` | {action} | {} |", method.as_str(), cells.join(" | "));
    }
    text
}
