//! Every endpoint there is. The OpenAPI document is made from this table, and tests hold the server to it.

use std::borrow::Cow;

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
}

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
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
    /// Whether it honours `Idempotency-Key`.
    pub idempotency: bool,
    /// Query parameters beside those of pages: name and meaning.
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
    fn new(method: Method, path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            operation,
            summary,
            success: Success::Nothing,
            open: false,
            etag: false,
            if_match: false,
            idempotency: false,
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

    fn creates<T: ToSchema + Serialize + DeserializeOwned>(self) -> Self {
        Self { success: Success::Created, idempotency: true, ..self.gives::<T>() }
    }

    fn etag(self) -> Self {
        Self { etag: true, ..self }
    }

    fn if_match(self) -> Self {
        Self { if_match: true, ..self }
    }

    fn query(self, query: &'static [(&'static str, &'static str)]) -> Self {
        Self { query, ..self }
    }

    fn open(self) -> Self {
        Self { open: true, ..self }
    }
}

const BUNDLE_FORMAT: &[(&str, &str)] = &[("format", "What to render for: `linux` (a file for `skx join FILE`).")];
const INVITATION_FORMAT: &[(&str, &str)] = &[(
    "format",
    "What to render for: `linux` (a file for `skx join FILE`, unless given), `text` (to paste into `skx join -`), `html` (a page), `kubernetes` (objects for one namespace), `docker` or `compose` (a compose file), `podman` or `quadlet` (a Quadlet unit), `ics` (a calendar entry, without the key).",
)];
const FORCE: &[(&str, &str)] =
    &[("force", "`true`: even if it cuts off sites that run, or leaves members nowhere to attach.")];
const LINK_ENDS: &[(&str, &str)] =
    &[("from", "Only links that this site dials (name or id)."), ("to", "Only links to this site (name or id).")];
const SOCKET_FILTER: &[(&str, &str)] = &[("address", "Only those of this address.")];
const FLOW_FILTER: &[(&str, &str)] = &[
    ("site", "Only flows at this member site, or with it at the other end (name or id)."),
    ("address", "Only flows of this address."),
];
const AUDIT_FILTER: &[(&str, &str)] = &[
    ("network", "Only events of this application network (name or id)."),
    ("object", "Only events of the object with this id."),
    ("actor", "Only events by this actor."),
    ("action", "Only events of this action, such as `network.create`."),
    ("since", "Only events from this time on, RFC 3339."),
    ("until", "Only events before this time, RFC 3339."),
];
const CERTIFICATE_FILTER: &[(&str, &str)] = &[("kind", "Only certificates of this kind.")];
const LIBRARY_FILTER: &[(&str, &str)] = &[
    ("text", "Only documents whose name or description has all of these words."),
    ("kind", "Only documents of this kind: `interface-type`, `block` or `application`."),
    ("name", "Only documents of this name."),
    ("type", "Only blocks of this type: `component`, `connector`, `mixed`, `ingress`, `egress` or `toplevel`."),
    ("interface", "Only what has an interface of this type."),
    ("role", "Only what has an interface in this role."),
];
const USAGE: &[(&str, &str)] = &[("transitive", "`true`: also who uses it by way of others.")];
const RELEASE_FILTER: &[(&str, &str)] = &[("application", "Only releases of this application.")];
const DIFF: &[(&str, &str)] = &[("to", "The other release: its name, digest or id.")];
const DRAWING: &[(&str, &str)] = &[("format", "The form of the drawing: `mermaid` (unless given), `dot` or `svg`.")];

macro_rules! api {
    ($path:literal) => {
        concat!("/api/v1", $path)
    };
}

/// Every endpoint, in the order of the paths they serve.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    use Method::{Delete, Get, Patch, Post, Put};
    let e = Endpoint::new;
    vec![
        e(Get, "/healthz", "health", "Says that the process lives.").gives::<Health>().open(),
        e(Get, "/readyz", "readiness", "Says that the controller can serve: its database answers.").gives::<Health>().open(),
        e(Get, api!("/version"), "version", "Shows the controller's version.").gives::<Version>(),
        e(Get, api!("/whoami"), "whoami", "Shows who is asking.").gives::<Whoami>(),
        e(Get, api!("/status"), "status", "Shows how the installation is.").gives::<Status>(),

        e(Get, api!("/ca"), "showCa", "Shows the installation's certificate authority.").gives::<Ca>(),
        e(Post, api!("/ca/development"), "createDevelopmentRoot", "Makes a development root.").takes::<CaDevelopment>().creates::<Ca>(),
        e(Post, api!("/ca/csr"), "requestCa", "Makes the signing request for the root of the enterprise; for the same key until a chain is imported.").gives::<CaCsr>(),
        e(Post, api!("/ca/import"), "importCa", "Imports the chain that the root of the enterprise has signed.").takes::<CaImport>().gives::<Ca>(),

        e(Get, api!("/backbones"), "listBackbones", "Lists backbones.").pages::<Backbone>(),
        e(Post, api!("/ca/key/rotate"), "rotateKey", "Changes the key-encryption key: every private key in the database is sealed anew, in one transaction.").gives::<KeyRotation>(),
        e(Post, api!("/backbones"), "createBackbone", "Creates a backbone, with its certificate authority.").takes::<BackboneCreate>().creates::<Backbone>().etag(),
        e(Get, api!("/backbones/{backbone}"), "showBackbone", "Shows a backbone.").gives::<Backbone>().etag(),
        e(Delete, api!("/backbones/{backbone}"), "deleteBackbone", "Deletes a backbone with its sites; refused while networks run on it.").if_match(),
        e(Get, api!("/backbones/{backbone}/status"), "backboneStatus", "Shows how every site and link of a backbone is.").gives::<BackboneStatus>(),
        e(Get, api!("/backbones/{backbone}/sites"), "listBackboneSites", "Lists the sites of a backbone.").pages::<BackboneSite>(),
        e(Post, api!("/backbones/{backbone}/sites"), "createBackboneSite", "Creates a site of a backbone.").takes::<BackboneSiteCreate>().creates::<BackboneSite>().etag(),
        e(Get, api!("/backbones/{backbone}/sites/{site}"), "showBackboneSite", "Shows a site of a backbone.").gives::<BackboneSite>().etag(),
        e(Delete, api!("/backbones/{backbone}/sites/{site}"), "deleteBackboneSite", "Deletes a site that was never deployed, or was evicted.").if_match(),
        e(Post, api!("/backbones/{backbone}/sites/{site}/evict"), "evictBackboneSite", "Evicts a site: its id is denied for good.").gives::<Eviction>().if_match(),
        e(Post, api!("/backbones/{backbone}/sites/{site}/drain"), "drainBackboneSite", "Lets a site drain: others go around it, members attach elsewhere, and what runs through it ends in its own time.").gives::<BackboneSite>().etag().if_match(),
        e(Post, api!("/backbones/{backbone}/sites/{site}/resume"), "resumeBackboneSite", "Lets a site that drains take new streams again.").gives::<BackboneSite>().etag().if_match(),
        e(Post, api!("/backbones/{backbone}/sites/{site}/bundle"), "renderBundle", "Renders the bootstrap bundle of a site; earlier ones become invalid.").gives::<Rendered>().query(BUNDLE_FORMAT),
        e(Get, api!("/backbones/{backbone}/sites/{site}/access-points"), "listAccessPoints", "Lists the access points of a site.").pages::<AccessPoint>(),
        e(Post, api!("/backbones/{backbone}/sites/{site}/access-points"), "createAccessPoint", "Adds an access point to a site.").takes::<AccessPointCreate>().creates::<AccessPoint>().etag(),
        e(Get, api!("/backbones/{backbone}/sites/{site}/access-points/{access_point}"), "showAccessPoint", "Shows an access point.").gives::<AccessPoint>().etag(),
        e(Put, api!("/backbones/{backbone}/sites/{site}/access-points/{access_point}"), "setAccessPoint", "Replaces what an access point is.").takes::<AccessPointSet>().gives::<AccessPoint>().etag().if_match().query(FORCE),
        e(Delete, api!("/backbones/{backbone}/sites/{site}/access-points/{access_point}"), "deleteAccessPoint", "Removes an access point.").if_match().query(FORCE),
        e(Get, api!("/backbones/{backbone}/links"), "listLinks", "Lists the links of a backbone.").pages::<Link>().query(LINK_ENDS),
        e(Post, api!("/backbones/{backbone}/links"), "createLink", "Creates a link between two sites.").takes::<LinkCreate>().creates::<Link>().etag(),
        e(Get, api!("/backbones/{backbone}/links/{link}"), "showLink", "Shows a link.").gives::<Link>().etag(),
        e(Patch, api!("/backbones/{backbone}/links/{link}"), "setLink", "Changes a link.").takes::<LinkSet>().gives::<Link>().etag().if_match(),
        e(Delete, api!("/backbones/{backbone}/links/{link}"), "deleteLink", "Deletes a link.").if_match().query(FORCE),

        e(Get, api!("/networks"), "listNetworks", "Lists application networks.").pages::<Network>(),
        e(Post, api!("/networks"), "createNetwork", "Creates an application network, with its certificate authority.").takes::<NetworkCreate>().creates::<Network>().etag(),
        e(Get, api!("/networks/{network}"), "showNetwork", "Shows an application network.").gives::<Network>().etag(),
        e(Patch, api!("/networks/{network}"), "setNetwork", "Changes an application network, while it runs too.").takes::<NetworkSet>().gives::<Network>().etag().if_match(),
        e(Delete, api!("/networks/{network}"), "deleteNetwork", "Deletes an application network; one that is not over is evicted by it.").gives::<Eviction>().if_match(),
        e(Post, api!("/networks/{network}/evict"), "evictNetwork", "Evicts a network: every connection of every site in it ends, for good.").gives::<Eviction>().if_match(),
        e(Get, api!("/networks/{network}/classes"), "listClasses", "Lists the declared classes of sites.").pages::<Class>(),
        e(Post, api!("/networks/{network}/classes"), "createClass", "Declares a class of sites.").takes::<ClassCreate>().creates::<Class>(),
        e(Delete, api!("/networks/{network}/classes/{class}"), "deleteClass", "Withdraws a class that nothing uses."),
        e(Get, api!("/networks/{network}/listeners"), "listListeners", "Lists centrally authored listeners.").pages::<Listener>().query(SOCKET_FILTER),
        e(Post, api!("/networks/{network}/listeners"), "createListener", "Adds a listener, for a site or a class.").takes::<ListenerCreate>().creates::<Listener>().etag(),
        e(Get, api!("/networks/{network}/listeners/{listener}"), "showListener", "Shows a listener.").gives::<Listener>().etag(),
        e(Delete, api!("/networks/{network}/listeners/{listener}"), "deleteListener", "Removes a listener.").if_match(),
        e(Get, api!("/networks/{network}/connectors"), "listConnectors", "Lists centrally authored connectors.").pages::<Connector>().query(SOCKET_FILTER),
        e(Post, api!("/networks/{network}/connectors"), "createConnector", "Adds a connector, for a site or a class.").takes::<ConnectorCreate>().creates::<Connector>().etag(),
        e(Get, api!("/networks/{network}/connectors/{connector}"), "showConnector", "Shows a connector.").gives::<Connector>().etag(),
        e(Delete, api!("/networks/{network}/connectors/{connector}"), "deleteConnector", "Removes a connector.").if_match(),
        e(Get, api!("/networks/{network}/addresses"), "listAddresses", "Lists the addresses seen in a network, who serves and who uses them.").pages::<ServiceAddress>(),
        e(Get, api!("/networks/{network}/address-policies"), "listAddressPolicies", "Lists the addresses that do not just pick the closest site.").pages::<AddressPolicy>(),
        e(Put, api!("/networks/{network}/address-policies/{address}"), "setAddressPolicy", "Sets how an address picks among the sites that serve it.").takes::<AddressPolicySet>().gives::<AddressPolicy>().etag().if_match(),
        e(Delete, api!("/networks/{network}/address-policies/{address}"), "deleteAddressPolicy", "Lets an address pick the closest site again.").if_match(),
        e(Get, api!("/networks/{network}/flows"), "listFlows", "Lists what flowed in a network lately, oldest first.").pages::<Flow>().query(FLOW_FILTER),
        e(Get, api!("/networks/{network}/flows/open"), "listOpenFlows", "Lists the connections that are open in a network, as its sites said within the last seconds.").pages::<OpenFlow>().query(FLOW_FILTER),
        e(Get, api!("/networks/{network}/invitations"), "listInvitations", "Lists invitations.").pages::<Invitation>(),
        e(Post, api!("/networks/{network}/invitations"), "createInvitation", "Creates an invitation, with its claim certificate.").takes::<InvitationCreate>().creates::<Invitation>().etag(),
        e(Get, api!("/networks/{network}/invitations/{invitation}"), "showInvitation", "Shows an invitation.").gives::<Invitation>().etag(),
        e(Patch, api!("/networks/{network}/invitations/{invitation}"), "setInvitation", "Changes an invitation.").takes::<InvitationSet>().gives::<Invitation>().etag().if_match(),
        e(Delete, api!("/networks/{network}/invitations/{invitation}"), "deleteInvitation", "Deletes an invitation; it can no longer be used, and who has joined stays.").gives::<Eviction>().if_match(),
        e(Post, api!("/networks/{network}/invitations/{invitation}/copy"), "copyInvitation", "Copies an invitation: the same options, with a claim certificate of its own and no use spent.").takes::<InvitationCopy>().creates::<Invitation>().etag(),
        e(Get, api!("/networks/{network}/invitations/{invitation}/text"), "renderInvitation", "Renders an invitation, to be handed over.").gives::<Rendered>().query(INVITATION_FORMAT),
        e(Post, api!("/networks/{network}/invitations/{invitation}/expire"), "expireInvitation", "Closes an invitation: nobody joins by it any more; who has joined stays.").gives::<Invitation>().etag().if_match(),
        e(Post, api!("/networks/{network}/invitations/{invitation}/evict"), "evictInvitation", "Evicts an invitation for good, and if so asked the sites that joined by it.").takes::<InvitationEvict>().gives::<Eviction>().if_match(),
        e(Get, api!("/networks/{network}/members"), "listMembers", "Lists member sites, and those that wait to be admitted.").pages::<Member>(),
        e(Get, api!("/networks/{network}/members/{member}"), "showMember", "Shows a member site.").gives::<Member>().etag(),
        e(Patch, api!("/networks/{network}/members/{member}"), "setMember", "Renames a member site, gives it classes and labels.").takes::<MemberSet>().gives::<Member>().etag().if_match(),
        e(Post, api!("/networks/{network}/members/{member}/admit"), "admitMember", "Admits a site that waits.").gives::<Member>().etag().if_match(),
        e(Post, api!("/networks/{network}/members/{member}/refuse"), "refuseMember", "Refuses a site that waits, for good, and gives back the use it had reserved.").takes::<MemberRefuse>().gives::<Member>().etag().if_match(),
        e(Post, api!("/networks/{network}/members/{member}/evict"), "evictMember", "Evicts a member site: its id is denied for good.").takes::<MemberEvict>().gives::<Eviction>().if_match(),

        e(Post, api!("/apply"), "apply", "Applies manifests, all of them or nothing; or says what that would do.").takes::<Apply>().gives::<Applied>(),

        e(Get, api!("/evictions/{eviction}"), "showEviction", "Shows how far an eviction has come, by the id that is denied.").gives::<Eviction>(),

        e(Get, api!("/controllers"), "listControllers", "Lists the replicas of the controller that are heard of.").pages::<Controller>(),
        e(Post, api!("/controllers/{controller}/evict"), "evictController", "Evicts a replica of the controller: its id is denied for good at every backbone, and it stops.").gives::<Eviction>(),

        e(Get, api!("/library"), "listLibrary", "Lists and searches the library: every version of interface types, blocks and applications.").pages::<LibraryDocument>().query(LIBRARY_FILTER),
        e(Post, api!("/library/import"), "importLibrary", "Imports a set of documents, all of them or none; what is there with the same content stays as it is.").takes::<LibraryImport>().gives::<LibraryImported>(),
        e(Post, api!("/library/resolve"), "resolveLibrary", "Gives the documents that references lead to, and those that these lead to.").takes::<LibraryResolve>().gives::<LibraryResolved>(),
        e(Get, api!("/library/{kind}/{document}"), "showDocument", "Shows a document: NAME, or NAME@RANGE for the newest version in a range.").gives::<LibraryDocument>().etag(),
        e(Delete, api!("/library/{kind}/{document}"), "deleteDocument", "Deletes one version of a document, NAME@VERSION, that nothing uses."),
        e(Get, api!("/library/{kind}/{document}/usage"), "documentUsage", "Shows who uses a document.").gives::<LibraryUsage>().query(USAGE),
        e(Get, api!("/applications"), "listApplications", "Lists every version of every application.").pages::<Application>(),
        e(Get, api!("/applications/{application}"), "showApplication", "Shows an application: NAME, or NAME@RANGE for the newest version in a range.").gives::<Application>().etag(),
        e(Delete, api!("/applications/{application}"), "deleteApplication", "Deletes one version of an application, NAME@VERSION, of which there is no release."),
        e(Post, api!("/applications/{application}/build"), "buildApplication", "Builds an application of the library, without keeping the release.").gives::<Built>(),
        e(Get, api!("/releases"), "listReleases", "Lists releases.").pages::<Release>().query(RELEASE_FILTER),
        e(Post, api!("/releases"), "createRelease", "Builds an application of the library and keeps the release; the one there is, when it has the same content.").takes::<ReleaseCreate>().creates::<Release>().etag(),
        e(Get, api!("/releases/{release}"), "showRelease", "Shows a release.").gives::<Release>().etag(),
        e(Delete, api!("/releases/{release}"), "deleteRelease", "Deletes a release."),
        e(Get, api!("/releases/{release}/diff"), "diffReleases", "Says what differs between two releases.").gives::<ReleaseDiff>().query(DIFF),
        e(Get, api!("/releases/{release}/graph"), "drawRelease", "Draws a release.").gives::<Rendered>().query(DRAWING),
        e(Post, api!("/releases/{release}/render"), "renderRelease", "Says exactly what a site would get of a release, and why.").takes::<ReleaseRender>().gives::<ReleaseRendered>(),

        e(Get, api!("/audit"), "listAudit", "Lists what was done, and by whom, oldest first.").pages::<AuditEvent>().query(AUDIT_FILTER),
        e(Get, api!("/audit/verify"), "verifyAudit", "Checks that no event was altered, removed or moved.").gives::<AuditVerdict>(),

        e(Get, api!("/certificates"), "listCertificates", "Lists the certificates the installation has issued.").pages::<Certificate>().query(CERTIFICATE_FILTER),
        e(Get, api!("/certificates/{certificate}"), "showCertificate", "Shows a certificate, by id or serial number.").gives::<Certificate>(),
        e(Post, api!("/certificates/{certificate}/rotate"), "rotateCertificate", "Replaces a certificate before its time: a site is asked for a new request, a certificate authority gets a new generation.").takes::<CertificateRotate>().gives::<Certificate>(),
        e(Post, api!("/certificates/{certificate}/revoke"), "revokeCertificate", "Revokes a certificate: whom it speaks for is denied, for good.").takes::<CertificateRevoke>().gives::<CertificateRevocation>(),
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
                let Some(example) = schema.get("example").cloned() else {
                    // The two socket types are written by one macro, which gives examples for what is sent only.
                    assert!(["Listener", "Connector", "AccessPoint"].contains(&name.as_ref()), "{name} has no example");
                    continue;
                };
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
