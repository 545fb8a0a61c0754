//! Every endpoint there is. The OpenAPI document is made from this table, and tests hold the server to it.

use std::borrow::Cow;

use authz::Action;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

use crate::*;

/// What every path of the API begins with, `/healthz` and `/readyz` apart.
pub const PREFIX: &str = "/api/v1";

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The method as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The type of a body.
#[derive(Clone, Copy)]
pub(crate) struct Body {
    pub(crate) name: fn() -> Cow<'static, str>,
    pub(crate) schema: fn() -> RefOr<Schema>,
    pub(crate) nested: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// Reads an example and writes it again.
    #[cfg_attr(not(test), expect(dead_code, reason = "examples are verified by tests"))]
    pub(crate) reread: fn(serde_json::Value) -> serde_json::Result<serde_json::Value>,
}

impl Body {
    fn of<T: ToSchema + Serialize + DeserializeOwned>() -> Self {
        Self {
            name: T::name,
            schema: T::schema,
            nested: T::schemas,
            reread: |json| serde_json::from_value::<T>(json).and_then(serde_json::to_value),
        }
    }
}

/// What an endpoint answers when it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// 200 with an object.
    Object,
    /// 200 with a page of objects.
    Page,
    /// 201 with the new object.
    Created,
    /// 204.
    Nothing,
    /// 200 with events, as they happen.
    Stream,
}

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// What it does, in the words of permissions: whoever may not do that is refused.
    pub action: Action,
    /// The whole path, with parameters in braces.
    pub path: &'static str,
    /// A name for generated clients.
    pub operation: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What it answers when it succeeds.
    pub success: Success,
    /// Whether it needs no token.
    pub open: bool,
    /// Whether the answer carries an `ETag`.
    pub etag: bool,
    /// Whether it honours `If-Match`.
    pub if_match: bool,
    /// Whether its answer carries the digest of itself as its `ETag`, and is left out for who has it (`If-None-Match`).
    pub if_none_match: bool,
    /// Whether it honours `Idempotency-Key`.
    pub idempotency: bool,
    /// What its list can be narrowed and ordered by, when it answers with one.
    pub list: &'static Listing,
    /// Query parameters beside those of lists: name and meaning.
    pub query: &'static [(&'static str, &'static str)],
    pub(crate) request: Option<Body>,
    pub(crate) response: Option<Body>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

impl Endpoint {
    fn new(method: Method, action: Action, path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            action,
            path,
            operation,
            summary,
            success: Success::Nothing,
            open: false,
            etag: false,
            if_match: false,
            if_none_match: false,
            idempotency: false,
            list: &Listing::PLAIN,
            query: &[],
            request: None,
            response: None,
        }
    }

    fn takes<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { request: Some(Body::of::<T>()), ..self }
    }

    fn gives<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { success: Success::Object, response: Some(Body::of::<T>()), ..self }
    }

    fn pages<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { success: Success::Page, response: Some(Body::of::<T>()), ..self }
    }

    fn listed(self, list: &'static Listing) -> Self {
        Self { list, ..self }
    }

    /// Answers with server-sent events, the data of some of which is this.
    fn streams<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { response: Some(Body::of::<T>()), success: Success::Stream, ..self }
    }

    fn creates<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { success: Success::Created, idempotency: true, ..self.gives::<T>() }
    }

    /// Creates what is shown once: the request cannot be repeated to see it again.
    fn makes<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { success: Success::Created, ..self.gives::<T>() }
    }

    fn etag(self) -> Self {
        Self { etag: true, ..self }
    }

    fn if_match(self) -> Self {
        Self { if_match: true, ..self }
    }

    fn if_none_match(self) -> Self {
        Self { if_none_match: true, ..self }
    }

    fn query(self, query: &'static [(&'static str, &'static str)]) -> Self {
        Self { query, ..self }
    }

    fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// Whether it reads a body.
    pub fn takes_body(&self) -> bool {
        self.request.is_some()
    }

    /// What its action is done to.
    pub fn about(&self) -> About {
        if self.path.contains("{network}") {
            About::Network
        } else if self.path.contains("{backbone}") {
            About::Backbone
        } else if self.path.contains("{certificate}") {
            About::Certificate
        } else if self.path.contains("{eviction}") {
            About::Eviction
        } else if self.action == Action::CreateNetwork {
            About::BackboneInBody
        } else {
            About::Installation
        }
    }
}

/// What an endpoint's action is done to, and where it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The installation.
    Installation,
    /// The backbone that the path names.
    Backbone,
    /// The backbone that the body names, or the one that is meant when it names none.
    BackboneInBody,
    /// The application network that the path names.
    Network,
    /// What the certificate speaks for that the path names.
    Certificate,
    /// What the eviction is of that the path names.
    Eviction,
}

const BUNDLE_FORMAT: &[(&str, &str)] = &[(
    "format",
    "What to render for: `linux` (a file for `skx join FILE`, unless given), `kubernetes` (objects for one namespace), `podman` (a Quadlet unit), `docker` (a compose file).",
)];
const INVITATION_FORMAT: &[(&str, &str)] = &[(
    "format",
    "What to render for: `linux` (a file for `skx join FILE`, unless given), `text` (to paste into `skx join -`), `html` (a page), `kubernetes` (objects for one namespace), `docker` or `compose` (a compose file), `podman` or `quadlet` (a Quadlet unit), `ics` (a calendar entry, without the key).",
)];
const FORCE: &[(&str, &str)] =
    &[("force", "`true`: even if it cuts off sites that run, or leaves members nowhere to attach.")];
const SITE: &[(&str, &str)] = &[("site", "Only this member site (name or id), with its workloads.")];
const LOGS: &[(&str, &str)] = &[
    ("site", "The member site (name or id). It must be given."),
    ("part", "Only this part and what is in it: the path of an instance."),
    ("lines", "The last so many lines, 1 to 1000; 100 unless given."),
    ("since", "Only what was said at this time or later."),
];
const NEEDED: &[(&str, &str)] = &[("force", "`true`: even if a deployment needs it.")];
const NETWORKS_TO: &[(&str, &str)] = &[(
    "networks_to",
    "The user who is to own the networks of this one, by name or id; they change hands in the same moment.",
)];
const USAGE: &[(&str, &str)] = &[("transitive", "`true`: also who uses it by way of others.")];
const DIFF: &[(&str, &str)] = &[("to", "The other release: its name, digest or id.")];
const DRAWING: &[(&str, &str)] = &[("format", "The form of the drawing: `mermaid` (unless given), `dot` or `svg`.")];

const EVENTS: &[(&str, &str)] = &[
    (
        "after",
        "Begins after the event with this position, 0 for the first; with what happens from now on, unless given.",
    ),
    ("network", "Only what happens in this application network (name or id)."),
    ("kind", "Only what happens to objects of these kinds, such as `invitation,site`."),
    ("follow", "`false`: ends when everything that has happened was told."),
];

macro_rules! api {
    ($path:literal) => {
        concat!("/api/v1", $path)
    };
}

/// Every endpoint, in the order of the paths they serve.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    use Action as Do;
    use Method::{Delete, Get, Patch, Post, Put};
    let e = Endpoint::new;
    vec![
        e(Get, Do::Probe, "/healthz", "health", "Says that the process lives.").gives::<Health>().open(),
        e(Get, Do::Probe, "/readyz", "readiness", "Says that the controller can serve: its database answers.").gives::<Health>().open(),
        e(Get, Do::ShowVersion, api!("/version"), "version", "Shows the controller's version.").gives::<Version>(),
        e(Get, Do::ShowSelf, api!("/whoami"), "whoami", "Shows who is asking.").gives::<Whoami>(),
        e(Get, Do::ShowStatus, api!("/status"), "status", "Shows how the installation is.").gives::<Status>(),

        e(Get, Do::SignIn, api!("/sign-in"), "signInMethods", "Shows how one can sign in.").gives::<SignInMethods>().open(),
        e(Post, Do::SignIn, api!("/sign-in"), "signIn", "Signs in: begins a session.").takes::<SignIn>().gives::<SignedIn>().open(),
        e(Post, Do::SignIn, api!("/sign-in/id-token"), "signInWithIdToken", "Signs in with an ID token of the identity provider.").takes::<IdTokenSignIn>().gives::<SignedIn>().open(),
        e(Post, Do::SignIn, api!("/sign-in/device"), "beginDeviceSignIn", "Begins a sign-in that a person agrees to in a browser, at the identity provider.").gives::<DeviceSignIn>().open(),
        e(Post, Do::SignIn, api!("/sign-in/device/status"), "askDeviceSignIn", "Asks how a sign-in by the device flow stands; gives the session when somebody has agreed.").takes::<DeviceSignInAsk>().gives::<DeviceSignInStatus>().open(),
        e(Delete, Do::ManageSelf, api!("/sign-in"), "signOut", "Signs out: ends the session whose token it carries."),
        e(Post, Do::SignIn, api!("/setup"), "setUp", "Makes the first account, a service administrator, by the one-time setup link, and signs in.").takes::<SetUp>().gives::<SignedIn>().open(),
        e(Post, Do::ManageSelf, api!("/password"), "changePassword", "Changes one's own password; every other session of it ends, and a new one begins.").takes::<PasswordChange>().gives::<SignedIn>(),
        e(Get, Do::ShowSelf, api!("/tokens"), "listTokens", "Lists one's own API tokens.").pages::<ApiToken>().listed(&list::TOKENS),
        e(Post, Do::ManageSelf, api!("/tokens"), "createToken", "Makes an API token of one's own; it is shown in this answer only.").takes::<ApiTokenCreate>().makes::<ApiToken>(),
        e(Get, Do::ShowSelf, api!("/tokens/{token}"), "showToken", "Shows an API token of one's own.").gives::<ApiToken>(),
        e(Delete, Do::ManageSelf, api!("/tokens/{token}"), "revokeToken", "Revokes an API token of one's own; it is refused from the next request on."),
        e(Post, Do::ManageCa, api!("/first-start-token/rotate"), "rotateFirstStartToken", "Replaces the first-start token of the replica that answers; the new one is in its DIR/admin.token. For who has come with it."),
        e(Get, Do::ShowSubjects, api!("/users"), "listUsers", "Lists users: persons and services.").pages::<User>().listed(&list::USERS),
        e(Post, Do::ManageSubjects, api!("/users"), "createUser", "Creates a user.").takes::<UserCreate>().creates::<User>().etag(),
        e(Get, Do::ShowSubjects, api!("/users/{user}"), "showUser", "Shows a user.").gives::<User>().etag(),
        e(Patch, Do::ManageSubjects, api!("/users/{user}"), "setUser", "Changes a user; one that is disabled is refused from the next request on.").takes::<UserSet>().gives::<User>().etag().if_match(),
        e(Delete, Do::ManageSubjects, api!("/users/{user}"), "deleteUser", "Deletes a user, with its sessions and tokens; refused while they own networks, unless those are handed over.").if_match().query(NETWORKS_TO),
        e(Post, Do::ManageSubjects, api!("/users/{user}/reset"), "resetUser", "Gives a person a password that opens nothing but the choice of another; their sessions end.").gives::<OneTimePassword>(),
        e(Get, Do::ShowSubjects, api!("/users/{user}/tokens"), "listUserTokens", "Lists the API tokens of a user.").pages::<ApiToken>().listed(&list::TOKENS),
        e(Post, Do::ManageSubjects, api!("/users/{user}/tokens"), "createUserToken", "Makes an API token of a service; it is shown in this answer only.").takes::<ApiTokenCreate>().makes::<ApiToken>(),
        e(Get, Do::ShowSubjects, api!("/users/{user}/tokens/{token}"), "showUserToken", "Shows an API token of a user.").gives::<ApiToken>(),
        e(Delete, Do::ManageSubjects, api!("/users/{user}/tokens/{token}"), "revokeUserToken", "Revokes an API token of a user; it is refused from the next request on."),
        e(Get, Do::ShowSubjects, api!("/groups"), "listGroups", "Lists groups.").pages::<Group>().listed(&list::GROUPS),
        e(Post, Do::ManageSubjects, api!("/groups"), "createGroup", "Creates a group.").takes::<GroupCreate>().creates::<Group>().etag(),
        e(Get, Do::ShowSubjects, api!("/groups/{group}"), "showGroup", "Shows a group.").gives::<Group>().etag(),
        e(Delete, Do::ManageSubjects, api!("/groups/{group}"), "deleteGroup", "Deletes a group.").if_match(),
        e(Get, Do::ShowSubjects, api!("/groups/{group}/members"), "listGroupMembers", "Lists who is in a group.").pages::<GroupMember>().listed(&list::GROUP_MEMBERS),
        e(Post, Do::ManageSubjects, api!("/groups/{group}/members"), "addGroupMember", "Adds a user to a group; repeated, it changes nothing.").takes::<GroupMemberAdd>().gives::<GroupMember>(),
        e(Delete, Do::ManageSubjects, api!("/groups/{group}/members/{user}"), "removeGroupMember", "Removes a user from a group."),

        e(Get, Do::ShowCa, api!("/ca"), "showCa", "Shows the installation's certificate authority.").gives::<Ca>(),
        e(Post, Do::ManageCa, api!("/ca/development"), "createDevelopmentRoot", "Makes a development root.").takes::<CaDevelopment>().creates::<Ca>(),
        e(Post, Do::ManageCa, api!("/ca/csr"), "requestCa", "Makes the signing request for the root of the enterprise; for the same key until a chain is imported.").gives::<CaCsr>(),
        e(Post, Do::ManageCa, api!("/ca/import"), "importCa", "Imports the chain that the root of the enterprise has signed.").takes::<CaImport>().gives::<Ca>(),

        e(Get, Do::ShowGrants, api!("/grants"), "listGrants", "Lists who holds which role, where.").pages::<Grant>().listed(&list::GRANTS),
        e(Post, Do::ManageGrants, api!("/grants"), "createGrant", "Gives a role to a user or a group.").takes::<GrantCreate>().creates::<Grant>(),
        e(Get, Do::ShowGrants, api!("/grants/{grant}"), "showGrant", "Shows a grant.").gives::<Grant>(),
        e(Delete, Do::ManageGrants, api!("/grants/{grant}"), "deleteGrant", "Takes a role back, from the next request on."),
        e(Get, Do::ShowQuotas, api!("/quotas"), "listQuotas", "Lists how much there may be of what.").pages::<Quota>().listed(&list::QUOTAS),
        e(Post, Do::ManageQuotas, api!("/quotas"), "createQuota", "Limits how much there may be of something.").takes::<QuotaCreate>().creates::<Quota>().etag(),
        e(Get, Do::ShowQuotas, api!("/quotas/{quota}"), "showQuota", "Shows a quota.").gives::<Quota>().etag(),
        e(Patch, Do::ManageQuotas, api!("/quotas/{quota}"), "setQuota", "Changes a quota; what there is already stays.").takes::<QuotaSet>().gives::<Quota>().etag().if_match(),
        e(Delete, Do::ManageQuotas, api!("/quotas/{quota}"), "deleteQuota", "Lifts a limit.").if_match(),

        e(Get, Do::ListBackbones, api!("/backbones"), "listBackbones", "Lists backbones.").pages::<Backbone>().listed(&list::BACKBONES),
        e(Post, Do::ManageCa, api!("/ca/key/rotate"), "rotateKey", "Changes the key-encryption key: every private key in the database is sealed anew, in one transaction.").gives::<KeyRotation>(),
        e(Post, Do::CreateBackbone, api!("/backbones"), "createBackbone", "Creates a backbone, with its certificate authority.").takes::<BackboneCreate>().creates::<Backbone>().etag(),
        e(Get, Do::ShowBackbone, api!("/backbones/{backbone}"), "showBackbone", "Shows a backbone.").gives::<Backbone>().etag(),
        e(Delete, Do::ManageBackbone, api!("/backbones/{backbone}"), "deleteBackbone", "Deletes a backbone with its sites; refused while networks run on it.").if_match(),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/status"), "backboneStatus", "Shows how every site and link of a backbone is.").gives::<BackboneStatus>(),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/sites"), "listBackboneSites", "Lists the sites of a backbone.").pages::<BackboneSite>().listed(&list::BACKBONE_SITES),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/sites"), "createBackboneSite", "Creates a site of a backbone.").takes::<BackboneSiteCreate>().creates::<BackboneSite>().etag(),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/sites/{site}"), "showBackboneSite", "Shows a site of a backbone.").gives::<BackboneSite>().etag(),
        e(Delete, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}"), "deleteBackboneSite", "Deletes a site that was never deployed, or was evicted.").if_match(),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/evict"), "evictBackboneSite", "Evicts a site: its id is denied for good.").gives::<Eviction>().if_match(),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/drain"), "drainBackboneSite", "Lets a site drain: others go around it, members attach elsewhere, and what runs through it ends in its own time.").gives::<BackboneSite>().etag().if_match(),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/resume"), "resumeBackboneSite", "Lets a site that drains take new streams again.").gives::<BackboneSite>().etag().if_match(),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/bundle"), "renderBundle", "Renders the bootstrap bundle of a site; earlier ones become invalid.").gives::<Rendered>().query(BUNDLE_FORMAT),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/sites/{site}/access-points"), "listAccessPoints", "Lists the access points of a site.").pages::<AccessPoint>().listed(&list::ACCESS_POINTS),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/access-points"), "createAccessPoint", "Adds an access point to a site.").takes::<AccessPointCreate>().creates::<AccessPoint>().etag(),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/sites/{site}/access-points/{access_point}"), "showAccessPoint", "Shows an access point.").gives::<AccessPoint>().etag(),
        e(Put, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/access-points/{access_point}"), "setAccessPoint", "Replaces what an access point is.").takes::<AccessPointSet>().gives::<AccessPoint>().etag().if_match().query(FORCE),
        e(Delete, Do::ManageBackbone, api!("/backbones/{backbone}/sites/{site}/access-points/{access_point}"), "deleteAccessPoint", "Removes an access point.").if_match().query(FORCE),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/links"), "listLinks", "Lists the links of a backbone.").pages::<Link>().listed(&list::LINKS),
        e(Post, Do::ManageBackbone, api!("/backbones/{backbone}/links"), "createLink", "Creates a link between two sites.").takes::<LinkCreate>().creates::<Link>().etag(),
        e(Get, Do::InspectBackbone, api!("/backbones/{backbone}/links/{link}"), "showLink", "Shows a link.").gives::<Link>().etag(),
        e(Patch, Do::ManageBackbone, api!("/backbones/{backbone}/links/{link}"), "setLink", "Changes a link.").takes::<LinkSet>().gives::<Link>().etag().if_match(),
        e(Delete, Do::ManageBackbone, api!("/backbones/{backbone}/links/{link}"), "deleteLink", "Deletes a link.").if_match().query(FORCE),

        e(Get, Do::ListNetworks, api!("/networks"), "listNetworks", "Lists application networks.").pages::<Network>().listed(&list::NETWORKS),
        e(Post, Do::CreateNetwork, api!("/networks"), "createNetwork", "Creates an application network, with its certificate authority.").takes::<NetworkCreate>().creates::<Network>().etag(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}"), "showNetwork", "Shows an application network.").gives::<Network>().etag(),
        e(Patch, Do::ManageNetwork, api!("/networks/{network}"), "setNetwork", "Changes an application network, while it runs too.").takes::<NetworkSet>().gives::<Network>().etag().if_match(),
        e(Delete, Do::ManageNetwork, api!("/networks/{network}"), "deleteNetwork", "Deletes an application network; one that is not over is evicted by it.").gives::<Eviction>().if_match(),
        e(Post, Do::ManageNetwork, api!("/networks/{network}/evict"), "evictNetwork", "Evicts a network: every connection of every site in it ends, for good.").gives::<Eviction>().if_match(),
        e(Get, Do::ShowShares, api!("/networks/{network}/shares"), "listShares", "Lists with whom a network is shared.").pages::<Grant>().listed(&list::SHARES),
        e(Post, Do::ShareNetwork, api!("/networks/{network}/shares"), "createShare", "Shares a network with a user or a group.").takes::<ShareCreate>().creates::<Grant>(),
        e(Delete, Do::ShareNetwork, api!("/networks/{network}/shares/{share}"), "deleteShare", "Shares a network with somebody no more, from the next request on."),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/classes"), "listClasses", "Lists the declared classes of sites.").pages::<Class>().listed(&list::CLASSES),
        e(Post, Do::ManageServices, api!("/networks/{network}/classes"), "createClass", "Declares a class of sites.").takes::<ClassCreate>().creates::<Class>(),
        e(Delete, Do::ManageServices, api!("/networks/{network}/classes/{class}"), "deleteClass", "Withdraws a class that nothing uses."),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/listeners"), "listListeners", "Lists centrally authored listeners.").pages::<Listener>().listed(&list::SOCKETS),
        e(Post, Do::ManageServices, api!("/networks/{network}/listeners"), "createListener", "Adds a listener, for a site or a class.").takes::<ListenerCreate>().creates::<Listener>().etag(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/listeners/{listener}"), "showListener", "Shows a listener.").gives::<Listener>().etag(),
        e(Delete, Do::ManageServices, api!("/networks/{network}/listeners/{listener}"), "deleteListener", "Removes a listener.").if_match(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/connectors"), "listConnectors", "Lists centrally authored connectors.").pages::<Connector>().listed(&list::SOCKETS),
        e(Post, Do::ManageServices, api!("/networks/{network}/connectors"), "createConnector", "Adds a connector, for a site or a class.").takes::<ConnectorCreate>().creates::<Connector>().etag(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/connectors/{connector}"), "showConnector", "Shows a connector.").gives::<Connector>().etag(),
        e(Delete, Do::ManageServices, api!("/networks/{network}/connectors/{connector}"), "deleteConnector", "Removes a connector.").if_match(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/addresses"), "listAddresses", "Lists the addresses seen in a network, who serves and who uses them.").pages::<ServiceAddress>().listed(&list::ADDRESSES),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/address-policies"), "listAddressPolicies", "Lists the addresses that do not just pick the closest site.").pages::<AddressPolicy>().listed(&list::ADDRESS_POLICIES),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/address-policies/{address}"), "showAddressPolicy", "Shows how an address picks, when that is set.").gives::<AddressPolicy>().etag(),
        e(Put, Do::ManageServices, api!("/networks/{network}/address-policies/{address}"), "setAddressPolicy", "Sets how an address picks among the sites that serve it.").takes::<AddressPolicySet>().gives::<AddressPolicy>().etag().if_match(),
        e(Delete, Do::ManageServices, api!("/networks/{network}/address-policies/{address}"), "deleteAddressPolicy", "Lets an address pick the closest site again.").if_match(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/flows"), "listFlows", "Lists what flowed in a network lately, oldest first.").pages::<Flow>().listed(&list::FLOWS),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/flows/open"), "listOpenFlows", "Lists the connections that are open in a network, as its sites said within the last seconds.").pages::<OpenFlow>().listed(&list::OPEN_FLOWS),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/invitations"), "listInvitations", "Lists invitations.").pages::<Invitation>().listed(&list::INVITATIONS),
        e(Post, Do::ManageInvitations, api!("/networks/{network}/invitations"), "createInvitation", "Creates an invitation, with its claim certificate.").takes::<InvitationCreate>().creates::<Invitation>().etag(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/invitations/{invitation}"), "showInvitation", "Shows an invitation.").gives::<Invitation>().etag(),
        e(Patch, Do::ManageInvitations, api!("/networks/{network}/invitations/{invitation}"), "setInvitation", "Changes an invitation.").takes::<InvitationSet>().gives::<Invitation>().etag().if_match(),
        e(Delete, Do::ManageInvitations, api!("/networks/{network}/invitations/{invitation}"), "deleteInvitation", "Deletes an invitation; it can no longer be used, and who has joined stays.").gives::<Eviction>().if_match(),
        e(Post, Do::ManageInvitations, api!("/networks/{network}/invitations/{invitation}/copy"), "copyInvitation", "Copies an invitation: the same options, with a claim certificate of its own and no use spent.").takes::<InvitationCopy>().creates::<Invitation>().etag(),
        e(Get, Do::HandOutInvitation, api!("/networks/{network}/invitations/{invitation}/text"), "renderInvitation", "Renders an invitation, to be handed over.").gives::<Rendered>().query(INVITATION_FORMAT),
        e(Post, Do::ManageInvitations, api!("/networks/{network}/invitations/{invitation}/expire"), "expireInvitation", "Closes an invitation: nobody joins by it any more; who has joined stays.").gives::<Invitation>().etag().if_match(),
        e(Post, Do::ManageInvitations, api!("/networks/{network}/invitations/{invitation}/evict"), "evictInvitation", "Evicts an invitation for good, and if so asked the sites that joined by it.").takes::<InvitationEvict>().gives::<Eviction>().if_match(),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/members"), "listMembers", "Lists member sites, and those that wait to be admitted.").pages::<Member>().listed(&list::MEMBERS),
        e(Get, Do::ShowNetwork, api!("/networks/{network}/members/{member}"), "showMember", "Shows a member site.").gives::<Member>().etag(),
        e(Patch, Do::ManageMembers, api!("/networks/{network}/members/{member}"), "setMember", "Renames a member site, gives it classes and labels.").takes::<MemberSet>().gives::<Member>().etag().if_match(),
        e(Post, Do::ManageMembers, api!("/networks/{network}/members/{member}/admit"), "admitMember", "Admits a site that waits.").gives::<Member>().etag().if_match(),
        e(Post, Do::ManageMembers, api!("/networks/{network}/members/{member}/refuse"), "refuseMember", "Refuses a site that waits, for good, and gives back the use it had reserved.").takes::<MemberRefuse>().gives::<Member>().etag().if_match(),
        e(Post, Do::ManageMembers, api!("/networks/{network}/members/{member}/evict"), "evictMember", "Evicts a member site: its id is denied for good.").takes::<MemberEvict>().gives::<Eviction>().if_match(),

        e(Get, Do::ShowDeployments, api!("/networks/{network}/deployments"), "listDeployments", "Lists the deployments of a network.").pages::<Deployment>().listed(&list::DEPLOYMENTS),
        e(Post, Do::ManageDeployments, api!("/networks/{network}/deployments"), "createDeployment", "Places a release on sites of a network, for as long as the deployment stands.").takes::<DeploymentDocument>().creates::<Deployment>().etag(),
        e(Get, Do::ShowDeployments, api!("/networks/{network}/deployments/{deployment}"), "showDeployment", "Shows a deployment.").gives::<Deployment>().etag(),
        e(Put, Do::ManageDeployments, api!("/networks/{network}/deployments/{deployment}"), "setDeployment", "Replaces what a deployment says.").takes::<DeploymentDocument>().gives::<Deployment>().etag().if_match(),
        e(Delete, Do::ManageDeployments, api!("/networks/{network}/deployments/{deployment}"), "deleteDeployment", "Takes a deployment away from every site, and then deletes it.").gives::<Deployment>().if_match(),
        e(Get, Do::ShowDeployments, api!("/networks/{network}/deployments/{deployment}/status"), "deploymentStatus", "Shows how a deployment stands at every site.").gives::<DeploymentStatus>().query(SITE).if_none_match(),
        e(Get, Do::ReadLogs, api!("/networks/{network}/deployments/{deployment}/logs"), "readLogs", "Reads what workloads of a deployment said at a site, as far as its participant lets that out. Nothing of it is kept; that it was read is recorded.").gives::<DeploymentLogs>().query(LOGS),
        e(Post, Do::ShowDeployments, api!("/networks/{network}/deployments/{deployment}/plan"), "planDeployment", "Says what a deployment would change at every site, by what is known of the sites now, without changing anything.").takes::<DeploymentPlan>().gives::<DeploymentChanges>(),
        e(Post, Do::ManageDeployments, api!("/networks/{network}/deployments/{deployment}/rollout"), "orderRollout", "Says something to the rollout of a deployment: pause, resume, promote, abort, rollback, allow-removals.").takes::<DeploymentOrder>().gives::<Deployment>(),
        e(Get, Do::ShowSecrets, api!("/networks/{network}/secrets"), "listSecrets", "Lists the secrets of a network, without their values.").pages::<Secret>().listed(&list::SECRETS),
        e(Get, Do::ShowSecrets, api!("/networks/{network}/secrets/{secret}"), "showSecret", "Shows a secret, without its values.").gives::<Secret>().etag(),
        e(Put, Do::ManageSecrets, api!("/networks/{network}/secrets/{secret}"), "setSecret", "Sets the values of a secret, and no others; nobody can read them here.").takes::<SecretSet>().gives::<Secret>().etag().if_match(),
        e(Delete, Do::ManageSecrets, api!("/networks/{network}/secrets/{secret}"), "deleteSecret", "Deletes a secret; refused while a deployment needs it.").if_match().query(NEEDED),

        e(Post, Do::Apply, api!("/apply"), "apply", "Applies manifests, all of them or nothing; or says what that would do.").takes::<Apply>().gives::<Applied>(),

        e(Get, Do::ShowEviction, api!("/evictions/{eviction}"), "showEviction", "Shows how far an eviction has come, by the id that is denied.").gives::<Eviction>(),

        e(Get, Do::ShowControllers, api!("/controllers"), "listControllers", "Lists the replicas of the controller that are heard of.").pages::<Controller>().listed(&list::CONTROLLERS),
        e(Post, Do::ManageControllers, api!("/controllers/{controller}/evict"), "evictController", "Evicts a replica of the controller: its id is denied for good at every backbone, and it stops.").gives::<Eviction>(),

        e(Get, Do::ShowLibrary, api!("/library"), "listLibrary", "Lists and searches the library: every version of interface types, blocks and applications.").pages::<LibraryDocument>().listed(&list::LIBRARY),
        e(Post, Do::AddToLibrary, api!("/library/import"), "importLibrary", "Imports a set of documents, all of them or none; what is there with the same content stays as it is.").takes::<LibraryImport>().gives::<LibraryImported>(),
        e(Post, Do::ShowLibrary, api!("/library/resolve"), "resolveLibrary", "Gives the documents that references lead to, and those that these lead to.").takes::<LibraryResolve>().gives::<LibraryResolved>(),
        e(Get, Do::ShowLibrary, api!("/library/{kind}/{document}"), "showDocument", "Shows a document: NAME, or NAME@RANGE for the newest version in a range.").gives::<LibraryDocument>().etag(),
        e(Delete, Do::PruneLibrary, api!("/library/{kind}/{document}"), "deleteDocument", "Deletes one version of a document, NAME@VERSION, that nothing uses."),
        e(Get, Do::ShowLibrary, api!("/library/{kind}/{document}/usage"), "documentUsage", "Shows who uses a document.").gives::<LibraryUsage>().query(USAGE),
        e(Get, Do::ShowLibrary, api!("/applications"), "listApplications", "Lists every version of every application.").pages::<Application>().listed(&list::APPLICATIONS),
        e(Get, Do::ShowLibrary, api!("/applications/{application}"), "showApplication", "Shows an application: NAME, or NAME@RANGE for the newest version in a range.").gives::<Application>().etag(),
        e(Delete, Do::PruneLibrary, api!("/applications/{application}"), "deleteApplication", "Deletes one version of an application, NAME@VERSION, of which there is no release."),
        e(Post, Do::ShowLibrary, api!("/applications/{application}/build"), "buildApplication", "Builds an application of the library, without keeping the release.").gives::<Built>(),
        e(Get, Do::ShowLibrary, api!("/releases"), "listReleases", "Lists releases.").pages::<Release>().listed(&list::RELEASES),
        e(Post, Do::AddToLibrary, api!("/releases"), "createRelease", "Builds an application of the library and keeps the release; the one there is, when it has the same content.").takes::<ReleaseCreate>().creates::<Release>().etag(),
        e(Get, Do::ShowLibrary, api!("/releases/{release}"), "showRelease", "Shows a release.").gives::<Release>().etag(),
        e(Delete, Do::PruneLibrary, api!("/releases/{release}"), "deleteRelease", "Deletes a release."),
        e(Get, Do::ShowLibrary, api!("/releases/{release}/diff"), "diffReleases", "Says what differs between two releases.").gives::<ReleaseDiff>().query(DIFF),
        e(Get, Do::ShowLibrary, api!("/releases/{release}/graph"), "drawRelease", "Draws a release.").gives::<Rendered>().query(DRAWING),
        e(Post, Do::ShowLibrary, api!("/releases/{release}/render"), "renderRelease", "Says exactly what a site would get of a release, and why.").takes::<ReleaseRender>().gives::<ReleaseRendered>(),

        e(Get, Do::WatchEvents, api!("/events"), "watchEvents", "Tells what changes, as it does, as far as one may see it; and beside that, how sites are just now.").streams::<AuditEvent>().query(EVENTS),
        e(Get, Do::ListAudit, api!("/audit"), "listAudit", "Lists what was done, and by whom, oldest first.").pages::<AuditEvent>().listed(&list::AUDIT),
        e(Get, Do::VerifyAudit, api!("/audit/verify"), "verifyAudit", "Checks that no event was altered, removed or moved.").gives::<AuditVerdict>(),
        e(Get, Do::VerifyAudit, api!("/audit/cuts"), "listAuditCuts", "Lists the cuts at which old events have left the audit chain.").pages::<AuditCut>().listed(&list::CUTS),
        e(Post, Do::CutAudit, api!("/audit/cuts"), "createAuditCut", "Lets old events leave the audit chain, by a cut that the installation's certificate authority signs.").takes::<AuditCutCreate>().gives::<AuditCut>(),

        e(Get, Do::ListCertificates, api!("/certificates"), "listCertificates", "Lists the certificates the installation has issued.").pages::<Certificate>().listed(&list::CERTIFICATES),
        e(Get, Do::ShowCertificate, api!("/certificates/{certificate}"), "showCertificate", "Shows a certificate, by id or serial number.").gives::<Certificate>(),
        e(Get, Do::ShowCertificate, api!("/certificates/{certificate}/revocation-list"), "showRevocationList", "Makes the revocation list (RFC 5280) of a certificate authority.").gives::<RevocationList>(),
        e(Post, Do::ManageCertificates, api!("/certificates/{certificate}/rotate"), "rotateCertificate", "Replaces a certificate before its time: a site is asked for a new request, a certificate authority gets a new generation.").takes::<CertificateRotate>().gives::<Certificate>(),
        e(Post, Do::ManageCertificates, api!("/certificates/{certificate}/revoke"), "revokeCertificate", "Revokes a certificate: whom it speaks for is denied, for good.").takes::<CertificateRevoke>().gives::<CertificateRevocation>(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_endpoint_is_there_once_and_has_a_name_of_its_own() {
        let all = endpoints();
        let places: BTreeSet<_> = all.iter().map(|e| (e.method, e.path)).collect();
        let names: BTreeSet<_> = all.iter().map(|e| e.operation).collect();
        assert_eq!((places.len(), names.len()), (all.len(), all.len()));
        for endpoint in all {
            assert!(endpoint.open || endpoint.path.starts_with(PREFIX), "{endpoint:?}");
        }
    }

    #[test]
    fn every_body_has_an_example_that_reads_and_writes_unchanged() {
        for endpoint in endpoints() {
            for body in [endpoint.request, endpoint.response].into_iter().flatten() {
                let name = (body.name)();
                let schema = serde_json::to_value((body.schema)()).expect("schemas serialise");
                let example = schema.get("example").cloned().unwrap_or_else(|| panic!("{name} has no example"));
                let back = (body.reread)(example.clone()).unwrap_or_else(|e| panic!("the example of {name}: {e}"));
                for (field, value) in example.as_object().expect("bodies are objects") {
                    assert_eq!(back.get(field), Some(value), "{name}.{field}");
                }
            }
        }
    }

    #[test]
    fn a_request_with_an_unknown_field_is_refused() {
        for endpoint in endpoints() {
            let Some(body) = endpoint.request else { continue };
            let schema = serde_json::to_value((body.schema)()).expect("schemas serialise");
            let mut example = schema["example"].clone();
            example["surprise"] = true.into();
            let error = (body.reread)(example).expect_err("unknown fields are refused").to_string();
            assert!(error.contains("surprise"), "{endpoint:?}: {error}");
        }
    }
}
