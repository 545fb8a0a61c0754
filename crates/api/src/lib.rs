//! What the HTTP API speaks: the JSON types of its requests and answers, its errors, and its OpenAPI document.
//!
//! Everything is under `/api/v1`. Objects are named in paths by name or id; times are RFC 3339; durations are whole
//! seconds. Unknown fields of a request are refused. The command line and the controller share these types, so a field
//! has one name everywhere.

mod backbone;
mod ca;
mod certificate;
mod check;
mod endpoint;
mod invitation;
mod link;
mod listener;
pub mod local;
mod member;
mod network;
mod openapi;
mod page;
mod patch;
mod problem;
mod schema;
mod site;
mod status;

pub use backbone::{
    Backbone, BackboneCreate, BackboneStatus, BackboneStatusLink, BackboneStatusSite, DataPlaneKind, LinkState,
    LinkTraffic, Milliseconds,
};
pub use ca::{Ca, CaCsr, CaDevelopment, CaImport, CaState};
pub use certificate::{Certificate, CertificateKind};
pub use check::{Check, Errors};
pub use endpoint::{Endpoint, Method, PREFIX, Success, endpoints};
pub use invitation::{
    Admission, InvalidUses, Invitation, InvitationCreate, InvitationFormat, InvitationSet, InvitationState, Rendered,
    Uses,
};
pub use link::{Link, LinkCreate, LinkSet};
pub use listener::{Connector, ConnectorCreate, Listener, ListenerCreate};
pub use member::{
    Eviction, InvitationDecision, Member, MemberEvict, MemberLink, Platform, RouterAcknowledgement, SocketStatus,
};
pub use network::{AddressMode, AddressUse, Class, ClassCreate, Network, NetworkCreate, NetworkSet, ServiceAddress};
pub use openapi::{document, document_json};
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page};
pub use problem::{FieldError, Problem, ProblemType};
pub use site::{AccessPoint, AccessPointCreate, AccessPointSet, BackboneSite, BackboneSiteCreate, BundleFormat};
pub use status::{Finding, Health, Status, StatusBackbone, StatusNetwork, Version, Whoami};
