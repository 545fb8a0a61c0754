//! What one site gets of a release: exactly, and offline.
//!
//! Listeners and connectors follow from bindings and addresses; what is run is translated to the site's platform. Every
//! object says why it is there.

mod addresses;
mod checks;
mod compose_file;
mod explain;
mod facts;
mod kubernetes;
mod names;
mod per_site;
mod ports;
mod quadlet;
mod runnable;
mod site;
mod systemd;
mod translate;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use addresses::{Addresses, AddressesKind, ReachedSite, Told};
pub use facts::{Facts, Network, Site};
pub use runnable::Runnable;
pub use systemd::{unit_line, unit_words};
use values::{Late, SeenAsReleased};

use crate::{
    Stop,
    diagnostic::Problems,
    model::{Identifier, Label, Platform, Protocol, SecretRef, Workload},
    peers::{self, Peers},
    release::Release,
};

/// What a site gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rendered {
    /// The release: `shop@sha256:9f3c…`.
    pub release: String,
    /// The deployment.
    pub deployment: String,
    /// The site's name.
    pub site: String,
    /// What the site runs workloads on.
    pub platform: Platform,
    /// The instances placed there.
    pub instances: Vec<Placed>,
    /// Where connections enter the network.
    pub listeners: Vec<Listener>,
    /// Where connections leave the network.
    pub connectors: Vec<Connector>,
    /// What the platform is given.
    pub objects: Vec<Object>,
    /// How the site tells the health of what it runs, where the platform does not.
    pub checks: Vec<Check>,
    /// The secrets whose values the site needs.
    pub secrets: Vec<Needed>,
    /// What workloads are told, while they run, of sites that come and go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Told>,
    /// The ports of listeners for single sites, by what they were given for: told to the next rendering, they stay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<String, u16>,
}

impl Rendered {
    /// What a site gets that gets nothing.
    pub(crate) fn nothing(release: &str, deployment: &Label, site: &Label, platform: Platform) -> Self {
        Self {
            release: release.to_owned(),
            deployment: deployment.to_string(),
            site: site.to_string(),
            platform,
            instances: Vec::new(),
            listeners: Vec::new(),
            connectors: Vec::new(),
            objects: Vec::new(),
            checks: Vec::new(),
            secrets: Vec::new(),
            addresses: Vec::new(),
            ports: BTreeMap::new(),
        }
    }
}

/// What says why a thing is there, and for whom, and nothing of the thing itself.
const REASONS: [&str; 2] = ["why", "parts"];

/// Takes out of a thing why it is there.
pub(crate) fn forget_reasons(thing: &mut Value) {
    let fields = thing.as_object_mut();
    fields.into_iter().for_each(|fields| fields.retain(|field, _| !REASONS.contains(&field.as_str())));
}

/// An instance placed at the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Its path.
    pub path: String,
    /// Its id.
    pub id: String,
    /// Its block.
    pub block: String,
    /// Why it is there.
    pub why: String,
}

/// Where connections enter the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Its name, unique at the site.
    pub name: String,
    /// The address at which connections enter.
    pub address: String,
    /// What is carried.
    pub protocol: Protocol,
    /// The one site that is reached by it, if the address is of that site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Label>,
    /// For whom it listens.
    pub scope: Scope,
    /// The host under which it is reached: a name or an IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why it is there.
    pub why: Vec<String>,
    /// The instances that it is there for.
    #[serde(default)]
    pub parts: Vec<String>,
}

/// For whom a listener listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// For processes of the machine.
    Loopback,
    /// For the site's containers.
    Containers,
    /// For the site's namespace.
    Namespace,
    /// For whoever reaches the site from outside.
    Outside,
}

/// Where connections leave the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Its name, unique at the site.
    pub name: String,
    /// The address it serves.
    pub address: String,
    /// What is carried.
    pub protocol: Protocol,
    /// The local host.
    pub host: String,
    /// The local port.
    pub port: u16,
    /// Why it is there.
    pub why: String,
    /// The instances that it is there for.
    #[serde(default)]
    pub parts: Vec<String>,
}

/// Something the platform is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// What kind of thing it is: a Kubernetes kind, `quadlet`, `unit`, `file`, `compose`, `container` or `process`.
    pub kind: String,
    /// Its name; of files the name of the file.
    pub name: String,
    /// What is in it.
    pub content: Content,
    /// Why it is there.
    pub why: Vec<String>,
}

/// What is in an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Text.
    Text(String),
    /// A structure.
    Structure(Value),
}

/// How health is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The instance it is about.
    pub instance: String,
    /// The name of the object that runs it: an instance may have replicas.
    #[serde(default)]
    pub name: String,
    /// What it tells.
    pub tells: Tells,
    /// A URL to get, if that is how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// A `HOST:PORT` to connect to, if that is how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<String>,
    /// A command to run beside the workload, if that is how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exec: Vec<String>,
    /// Seconds between checks.
    pub every: u32,
    /// Seconds an answer may take.
    pub timeout: u32,
    /// How many failures in a row count.
    pub failures: u32,
}

/// What a check tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tells {
    /// Whether the workload has started.
    Started,
    /// Whether it can serve.
    Ready,
    /// Whether it lives, or is to be started again.
    Live,
}

/// A secret whose value the site needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// Its name.
    pub name: String,
    /// The instances that need it.
    pub why: Vec<String>,
}

/// One thing to run, as platforms are told of it.
#[derive(Clone, Debug)]
struct Piece<'r> {
    deployment: &'r str,
    /// The name of its objects.
    name: String,
    /// The name under which its peers find it, or one of its replicas.
    host: String,
    path: &'r str,
    id: &'r str,
    block: &'r str,
    workload: Arc<Workload>,
    /// Container ports that are reached from the site.
    published: Vec<Published>,
    /// Whether its ports are for the outside.
    outside: bool,
    /// Whether it is told of sites that come and go.
    addresses: bool,
}

/// A port of a container made reachable at the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The port within the container.
    pub container: u16,
    /// The port at the site.
    pub host: u16,
    /// Whether it is of UDP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub udp: bool,
    /// Whether it is reached from outside, and not from the site alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
}

impl Piece<'_> {
    fn why(&self) -> Vec<String> {
        vec![format!("{} runs {}", self.path, self.block)]
    }

    fn object(&self, kind: &str, name: impl Into<String>, content: Content) -> Object {
        Object { kind: kind.to_owned(), name: name.into(), content, why: self.why() }
    }
}

/// Processors in thousandths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates, and the schema asks for a positive one"
)]
fn millicpu(cpu: f64) -> u32 {
    (cpu * 1000.0).round() as u32
}

/// The variable a secret's value is found in, where platforms take secrets by variables only.
fn secret_variable(secret: &SecretRef) -> String {
    let plain = |text: &str| text.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("SKX_SECRET_{}_{}", plain(secret.secret.as_str()), plain(secret.key()))
}

/// Says what a site gets of a release. The same release and facts always give the same.
pub fn render(release: &Release, facts: &Facts) -> Result<Rendered, Problems> {
    Renderer::new(release).render(facts)
}

/// A release made ready to be rendered for many sites.
#[derive(Debug)]
pub struct Renderer<'r> {
    release: &'r Release,
    /// The release's name: a digest of all of it.
    name: String,
    peers: BTreeMap<&'r str, Peers>,
    late: Late<'r>,
    seen: BTreeMap<&'r str, SeenAsReleased>,
    /// The interfaces of each instance that serve an address.
    serving: BTreeMap<&'r str, BTreeSet<&'r Identifier>>,
    stop: Stop,
}

impl<'r> Renderer<'r> {
    /// Finds out what is the same for all sites.
    pub fn new(release: &'r Release) -> Self {
        Self::until(release, &Stop::default())
    }

    /// The same; what is rendered is given up when `stop` is said.
    pub fn until(release: &'r Release, stop: &Stop) -> Self {
        let mut serving: BTreeMap<&str, BTreeSet<&Identifier>> = BTreeMap::new();
        for end in release.spec.addresses.values().filter_map(|address| address.serves.as_ref()) {
            serving.entry(&end.instance).or_default().insert(&end.interface);
        }
        Self {
            release,
            name: release.name(),
            peers: peers::all(release),
            late: Late::of(release),
            seen: values::as_released(release),
            serving,
            stop: stop.clone(),
        }
    }

    /// Says what one site gets.
    pub fn render(&self, facts: &Facts) -> Result<Rendered, Problems> {
        site::render(self, facts)
    }
}
