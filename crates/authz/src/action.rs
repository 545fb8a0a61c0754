//! What can be done, and what somebody must be to do it.

use std::fmt;

use crate::Access;

/// What somebody is to the target of an action; each standing includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A stranger: it does not exist for them.
    None,
    /// Knows of it. Of a backbone: its name, and that networks can be made on it.
    Sees,
    /// Works with what is in it.
    Operates,
    /// Manages it.
    Owns,
}

/// What somebody must be to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: who they are is not asked.
    Nothing,
    /// Signed in. What they get is about themselves, or only what they may see of it.
    SignedIn,
    /// Signed in, with nothing taken away: what one does with one's own account.
    Themselves,
    /// Somebody who may make networks somewhere.
    Maker,
    /// Of this standing to the target.
    Standing(Standing),
}

macro_rules! actions {
    ($($(#[$doc:meta])+ $action:ident = $word:literal, $access:ident, $need:expr;)+) => {
        /// What can be done. Every endpoint of the API names exactly one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])+ $action,)+
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            /// The action as it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $word,)+
                }
            }

            /// Whether it only looks.
            pub fn access(self) -> Access {
                match self {
                    $(Self::$action => Access::$access,)+
                }
            }

            /// What somebody must be to do it.
            pub fn need(self) -> Need {
                match self {
                    $(Self::$action => $need,)+
                }
            }
        }
    };
}

const SEES: Need = Need::Standing(Standing::Sees);
const OPERATES: Need = Need::Standing(Standing::Operates);
const OWNS: Need = Need::Standing(Standing::Owns);

actions! {
    /// Asks whether the controller lives and can serve.
    Probe = "probe", Read, Need::Nothing;
    /// Signs in.
    SignIn = "sign-in", Write, Need::Nothing;
    /// Asks for the version of the controller.
    ShowVersion = "show-version", Read, Need::SignedIn;
    /// Asks who is asking.
    ShowSelf = "show-self", Read, Need::SignedIn;
    /// Changes one's own password, tokens and sessions.
    ManageSelf = "manage-self", Write, Need::Themselves;
    /// Asks how the installation is, as far as one may see it.
    ShowStatus = "show-status", Read, Need::SignedIn;
    /// Reads what the installation counts.
    ShowMetrics = "show-metrics", Read, OWNS;
    /// Shows the installation's certificate authority.
    ShowCa = "show-ca", Read, OWNS;
    /// Makes or imports the installation's certificate authority; changes the key-encryption key.
    ManageCa = "manage-ca", Write, OWNS;
    /// Lists and evicts replicas of the controller.
    ManageControllers = "manage-controllers", Write, OWNS;
    /// Lists replicas of the controller.
    ShowControllers = "show-controllers", Read, OWNS;
    /// Backs up the installation.
    BackUp = "back-up", Write, OWNS;

    /// Lists users, groups and service subjects.
    ShowSubjects = "show-subjects", Read, OWNS;
    /// Makes, changes and deletes users, groups, service subjects and their tokens.
    ManageSubjects = "manage-subjects", Write, OWNS;
    /// Lists who holds which role.
    ShowGrants = "show-grants", Read, OWNS;
    /// Gives and takes roles.
    ManageGrants = "manage-grants", Write, OWNS;
    /// Lists quotas.
    ShowQuotas = "show-quotas", Read, OWNS;
    /// Sets quotas.
    ManageQuotas = "manage-quotas", Write, OWNS;

    /// Lists the backbones one may use or manages.
    ListBackbones = "list-backbones", Read, Need::SignedIn;
    /// Makes a backbone.
    CreateBackbone = "create-backbone", Write, OWNS;
    /// Shows a backbone: to its users, by name.
    ShowBackbone = "show-backbone", Read, SEES;
    /// Looks inside a backbone: sites, access points, links, status.
    InspectBackbone = "inspect-backbone", Read, OWNS;
    /// Changes a backbone: sites, access points, links, bundles.
    ManageBackbone = "manage-backbone", Write, OWNS;

    /// Lists the networks one may see.
    ListNetworks = "list-networks", Read, Need::SignedIn;
    /// Makes a network on a backbone.
    CreateNetwork = "create-network", Write, SEES;
    /// Shows a network and what is in it.
    ShowNetwork = "show-network", Read, SEES;
    /// Changes a network's times and mode; deletes and evicts it.
    ManageNetwork = "manage-network", Write, OWNS;
    /// Shows with whom a network is shared.
    ShowShares = "show-shares", Read, OWNS;
    /// Shares a network with others.
    ShareNetwork = "share-network", Write, OWNS;
    /// Changes classes, listeners, connectors and how addresses pick.
    ManageServices = "manage-services", Write, OPERATES;
    /// Shows deployments, how they stand, and what they would change.
    ShowDeployments = "show-deployments", Read, SEES;
    /// Makes, changes and takes away deployments.
    ManageDeployments = "manage-deployments", Write, OPERATES;
    /// Reads what workloads said at sites whose participants let them.
    ReadLogs = "read-logs", Read, OPERATES;
    /// Lists secrets, without their values.
    ShowSecrets = "show-secrets", Read, SEES;
    /// Sets and deletes secrets.
    ManageSecrets = "manage-secrets", Write, OPERATES;
    /// Makes, changes and ends invitations.
    ManageInvitations = "manage-invitations", Write, OPERATES;
    /// Renders an invitation: it is a credential.
    HandOutInvitation = "hand-out-invitation", Write, OPERATES;
    /// Admits, refuses, changes and evicts members.
    ManageMembers = "manage-members", Write, OPERATES;
    /// Shows how far an eviction has come.
    ShowEviction = "show-eviction", Read, OPERATES;

    /// Applies manifests: each object of them is an action of its own.
    Apply = "apply", Write, Need::SignedIn;

    /// Looks at the library and its releases, and builds without keeping anything.
    ShowLibrary = "show-library", Read, Need::SignedIn;
    /// Adds documents to the library, and releases.
    AddToLibrary = "add-to-library", Write, Need::Maker;
    /// Deletes documents of the library, and releases.
    PruneLibrary = "prune-library", Write, OWNS;

    /// Lists what was done, as far as one manages what it was done to.
    ListAudit = "list-audit", Read, Need::SignedIn;
    /// Verifies and exports the whole chain of events.
    VerifyAudit = "verify-audit", Read, OWNS;
    /// Lets old events leave the audit chain.
    CutAudit = "cut-audit", Write, OWNS;
    /// Watches what changes, as far as one may see it.
    WatchEvents = "watch-events", Read, Need::SignedIn;

    /// Lists the certificates of what one manages.
    ListCertificates = "list-certificates", Read, Need::SignedIn;
    /// Shows a certificate.
    ShowCertificate = "show-certificate", Read, OWNS;
    /// Replaces and revokes a certificate.
    ManageCertificates = "manage-certificates", Write, OWNS;
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
