//! Typed identifiers: a site id can never be passed where a network id is meant.

use newtype_uuid::{TypedUuid, TypedUuidKind, TypedUuidTag};

pub use newtype_uuid::GenericUuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $kind:ident, $alias:ident, $tag:literal;)+) => {$(
        #[doc = concat!("The kind of a [`", stringify!($alias), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {}

        impl TypedUuidKind for $kind {
            fn tag() -> TypedUuidTag {
                const TAG: TypedUuidTag = TypedUuidTag::new($tag);
                TAG
            }
        }

        $(#[$doc])*
        pub type $alias = TypedUuid<$kind>;
    )+};
}

ids! {
    /// One installation of Skupper-X: the trust domain of every identity in it.
    InstallationKind, InstallationId, "installation";
    /// A network backbone.
    BackboneKind, BackboneId, "backbone";
    /// A relay site of a backbone.
    BackboneSiteKind, BackboneSiteId, "backbone_site";
    /// An access point of a backbone site.
    AccessPointKind, AccessPointId, "access_point";
    /// A configured link between two backbone sites.
    LinkKind, LinkId, "link";
    /// An application network.
    NetworkKind, NetworkId, "network";
    /// An invitation to an application network.
    InvitationKind, InvitationId, "invitation";
    /// A member site of an application network.
    SiteKind, SiteId, "site";
    /// A listener: a local socket whose connections enter the network at an address.
    ListenerKind, ListenerId, "listener";
    /// A connector: where connections to an address leave the network to a local target.
    ConnectorKind, ConnectorId, "connector";
    /// A certificate issued by the installation.
    CertificateKind, CertificateId, "certificate";
    /// A certificate authority (one generation of it).
    AuthorityKind, AuthorityId, "authority";
    /// A replica of the management controller.
    ControllerKind, ControllerId, "controller";
    /// A document of the library: one version of an interface type, a block or an application.
    LibraryDocumentKind, LibraryDocumentId, "library_document";
    /// A release of an application.
    ReleaseKind, ReleaseId, "release";
    /// A release placed on the sites of a network.
    DeploymentKind, DeploymentId, "deployment";
    /// Values that sites need and that nobody reads.
    SecretKind, SecretId, "secret";
    /// Who can sign in: a person, or a service.
    SubjectIdKind, SubjectId, "subject";
    /// A group of subjects.
    GroupIdKind, GroupId, "group";
    /// An API token.
    TokenKind, TokenId, "token";
    /// A session that somebody has signed in to.
    SignInKind, SignInId, "sign_in";
    /// A role that a subject or a group holds.
    GrantKind, GrantId, "grant";
    /// How much there may be of something.
    QuotaKind, QuotaId, "quota";
}
