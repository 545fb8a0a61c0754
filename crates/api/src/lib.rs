//! What the HTTP API speaks: the JSON types of its requests and answers, its errors, and its OpenAPI document.
//!
//! Everything is under `/api/v1`. Objects are named in paths by name or id; times are RFC 3339; durations are whole
//! seconds. Unknown fields of a request are refused. The command line and the controller share these types, so a field
//! has one name everywhere.

mod apply;
mod audit;
mod authored;
mod backbone;
mod ca;
mod certificate;
mod check;
mod controller;
mod deployment;
mod endpoint;
mod eviction;
mod grant;
mod invitation;
mod json;
mod library;
mod link;
mod list;
mod listener;
pub mod local;
mod local_permissions;
mod manifest;
mod manifest_schema;
mod member;
mod network;
mod openapi;
mod page;
mod patch;
mod permissions;
mod problem;
mod quota;
mod release;
mod schema;
mod secret;
mod sign_in;
mod site;
mod standing;
mod status;
mod subject;
mod watch;

pub use apply::{Applied, Apply, ApplyAction, ApplyStep, FieldChange};
pub use audit::{AuditCut, AuditCutCreate, AuditEvent, AuditFault, AuditVerdict};
pub use authored::{Authored, fields_of};
pub use backbone::{
    Backbone, BackboneCreate, BackboneStatus, BackboneStatusLink, BackboneStatusSite, DataPlaneKind, LinkState,
    LinkTraffic, Milliseconds,
};
pub use ca::{Ca, CaCsr, CaDevelopment, CaImport, CaState, KeyRotation};
pub use certificate::{
    Certificate, CertificateKind, CertificateRevocation, CertificateRevoke, CertificateRotate, CertificateState,
    RevocationList,
};
pub use check::{Check, Errors};
pub use controller::Controller;
pub use deployment::{
    Deployment, DeploymentChanges, DeploymentDocument, DeploymentEvent, DeploymentLogLine, DeploymentLogs,
    DeploymentOrder, DeploymentPart, DeploymentPlan, DeploymentSite, DeploymentState, DeploymentStatus, DeploymentSum,
    DeploymentWave, DeploymentWorkload, RolloutCommand,
};
pub use endpoint::{About, Endpoint, Method, PREFIX, Success, endpoints};
pub use eviction::{Eviction, RouterAcknowledgement};
pub use grant::{Grant, GrantCreate, Grantee, Role, ShareCreate, ShareRole};
pub use invitation::{
    Admission, Consent, InvalidUses, Invitation, InvitationCopy, InvitationCreate, InvitationEvict, InvitationFormat,
    InvitationSet, InvitationState, Passcode, Rendered, Uses,
};
pub use json::read_json;
pub use library::{
    Application, DocumentKind, IN_LIBRARY, ImportOutcome, LibraryDocument, LibraryImport, LibraryImportItem,
    LibraryImported, LibraryReference, LibraryResolve, LibraryResolved, LibrarySource, LibraryText, LibraryUsage,
    LibraryUser,
};
pub use link::{Link, LinkCreate, LinkSet};
pub use list::{Accepts, Filter, Listing, Narrowed};
pub use listener::{Connector, ConnectorCreate, Listener, ListenerCreate};
pub use local_permissions::{LOCAL_ENDPOINTS, LocalAction, LocalAsker, LocalEndpoint, local_permissions_md};
pub use manifest::{API_VERSION, Manifest, ManifestKey, ManifestKind, ManifestMetadata};
pub use manifest_schema::manifest_schema_json;
pub use member::{
    InvitationDecision, Member, MemberEvict, MemberLink, MemberRefuse, MemberSet, Platform, SocketStatus,
};
pub use network::{
    AddressMode, AddressPolicy, AddressPolicySet, AddressUse, Class, ClassCreate, Flow, FlowDirection, Network,
    NetworkCreate, NetworkSet, OpenFlow, ServiceAddress,
};
pub use openapi::{document, document_json};
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page};
pub use permissions::permissions_md;
pub use problem::{Diagnostic, FieldError, Position, Problem, ProblemType};
pub use quota::{Quota, QuotaCreate, QuotaResource, QuotaSet};
pub use release::{Built, Release, ReleaseChange, ReleaseCreate, ReleaseDiff, ReleaseRender, ReleaseRendered};
pub use secret::{Secret, SecretSet, SecretValues};
pub use sign_in::{
    DeviceSignIn, DeviceSignInAsk, DeviceSignInState, DeviceSignInStatus, IdTokenSignIn, PasswordChange, SetUp, SignIn,
    SignInMethods, SignInProvider, SignedIn,
};
pub use site::{AccessPoint, AccessPointCreate, AccessPointSet, BackboneSite, BackboneSiteCreate, BundleFormat};
pub use standing::Standing;
pub use status::{Finding, Health, Status, StatusBackbone, StatusNetwork, Version, Whoami};
pub use subject::{
    ApiToken, ApiTokenCreate, Group, GroupCreate, GroupMember, GroupMemberAdd, OneTimePassword, Password,
    PasswordState, TokenAccess, User, UserCreate, UserKind, UserSet,
};
pub use watch::{Liveness, Traffic};
