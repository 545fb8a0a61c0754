//! The rendering of one site, step by step.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Map, Value, json};

use super::{
    Connector, Facts, Listener, Needed, Object, Placed, Rendered, Renderer, Scope, Told,
    names::{object_name, slug},
    ports::{self, Ports},
    translate::Translated,
    values::{Step, surroundings, this},
};
use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    expression::{Context, Seen},
    library::{describe, judge},
    model::{BlockType, Identifier, Label, Platform, Side},
    peers::{self, Peer},
    release::{End, Instance, Release, has_late, instance_id},
};

/// What makes a listener another one: the address, the site it is of, for whom it is, and host and port wanted.
pub(super) type ListenerKey = (String, Option<Label>, Scope, Option<String>, Option<u16>);

/// What an instance tells by each of its interfaces.
type Data<'r> = BTreeMap<&'r Identifier, Cow<'r, Map<String, Value>>>;

/// A rendering in progress.
pub(super) struct Rendering<'r> {
    pub(super) release: &'r Release,
    pub(super) facts: &'r Facts,
    pub(super) deployment: String,
    pub(super) problems: Problems,
    pub(super) ports: Ports,
    renderer: &'r Renderer<'r>,
    /// The instances placed at the site, in the order of their paths.
    pub(super) local: Vec<(&'r str, &'r Instance)>,
    surroundings: [(&'static str, Seen); 2],
    /// Borrowed where it is the release's.
    config: BTreeMap<&'r str, Cow<'r, Map<String, Value>>>,
    /// Instances whose configuration is not in order: that their bodies are not either goes without saying.
    unfilled: BTreeSet<&'r str>,
    /// What instances tell by each interface; borrowed where it is the release's.
    data: BTreeMap<&'r str, Data<'r>>,
    pub(super) listeners: BTreeMap<ListenerKey, Listener>,
    /// The ports of listeners for single sites, by what they were given for.
    pub(super) given: BTreeMap<String, u16>,
    /// Where an interface finds a peer by address.
    reached: BTreeMap<(&'r str, Identifier, String), (String, u16)>,
}

pub(super) fn render<'r>(renderer: &'r Renderer<'r>, facts: &'r Facts) -> Result<Rendered, Problems> {
    let release = renderer.release;
    let mut problems = Problems::default();
    facts.check(release, &mut problems);
    problems.or(())?;
    let mut rendering = Rendering {
        release,
        facts,
        deployment: facts.deployment.as_ref().unwrap_or(&release.metadata.name).to_string(),
        problems: Problems::default(),
        ports: Ports::default(),
        renderer,
        local: Vec::new(),
        surroundings: surroundings(facts),
        config: BTreeMap::new(),
        unfilled: BTreeSet::new(),
        data: BTreeMap::new(),
        listeners: BTreeMap::new(),
        given: BTreeMap::new(),
        reached: BTreeMap::new(),
    };
    rendering.select();
    for (path, _) in rendering.local.clone() {
        if renderer.stop.is_said() {
            break;
        }
        rendering.configure(path);
        rendering.tell(path);
    }
    rendering.listen();
    let translated = rendering.translate();
    let told = rendering.tell_workloads(&translated);
    if rendering.ports.are_spent() {
        let what = format!("the site would need more than {} ports of its own", ports::COUNT);
        rendering.report(
            release.metadata.name.as_str(),
            Diagnostic::new(Code::TooLarge, what).expected("fewer replicas, or parts at other places"),
        );
    }
    // What could not be translated has no ports to connect to: that would only be said twice.
    let connectors = if rendering.problems.is_empty() { rendering.connect(&translated) } else { Vec::new() };
    rendering.check_addresses(&connectors);
    let rendered = rendering.rendered(translated, connectors, told);
    renderer.stop.or(rendering.problems).or(rendered)
}

/// `HOST:PORT`, with IPv6 addresses in brackets.
fn endpoint(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl<'r> Rendering<'r> {
    /// Whether nobody waits for what the site gets any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.renderer.stop.is_said()
    }

    pub(super) fn platform(&self) -> Platform {
        self.facts.site.platform
    }

    /// The name of the objects of an instance: another one in another deployment of the same application.
    pub(super) fn name(&self, path: &str) -> String {
        object_name(path, &instance_id(&format!("{}/{path}", self.deployment)))
    }

    pub(super) fn report(&mut self, path: &str, diagnostic: Diagnostic) {
        self.problems.push(diagnostic.block(path));
    }

    /// Whether an instance is declined or absent, by itself or with what it is part of or beside.
    fn gone(&self, path: &str) -> bool {
        if self.facts.declined.is_empty() && self.facts.absent.is_empty() {
            return false;
        }
        let listed = |path: &str| self.facts.declined.contains(path) || self.facts.absent.contains(path);
        self.release.is_left_out(path, &listed)
    }

    fn select(&mut self) {
        let instances = self.release.spec.instances.iter();
        let here = |instance: &Instance| instance.place.as_ref().is_some_and(|place| self.facts.fills(place));
        self.local = instances.filter(|(path, i)| here(i) && !self.gone(path)).map(|(p, i)| (p.as_str(), i)).collect();
    }

    /// The path of an instance that is placed at the site.
    fn here(&self, path: &str) -> Option<&'r str> {
        let at = self.local.binary_search_by_key(&path, |(path, _)| path).ok()?;
        Some(self.local[at].0)
    }

    /// Evaluates the configuration of an instance, after that of everything it is part of.
    fn configure(&mut self, path: &'r str) {
        if self.config.contains_key(path) {
            return;
        }
        let Some(instance) = self.release.spec.instances.get(path) else { return };
        let mut config = Cow::Borrowed(&instance.config);
        if let Some(parent) = &instance.parent {
            self.configure(parent);
            if config.values().any(has_late) {
                let context = self.context(parent, self.this(parent, Map::new()), BTreeMap::new());
                let mut faults = Vec::new();
                for (field, value) in config.to_mut() {
                    let settled =
                        self.settle(value, &context, vec![Step::Key("config"), Step::Key(field)], &mut faults);
                    *value = settled;
                }
                self.faults(path, faults);
            }
        }
        let before = self.problems.len();
        let filled = self.facts.site.locals.get(path);
        for (field, value) in filled.into_iter().flatten() {
            let Some(property) = instance.local.get(field) else {
                let known = instance.local.keys().map(|f| f.as_str());
                let diagnostic =
                    Diagnostic::new(Code::InvalidSite, format!("{field} is not for participants to fill in"))
                        .expected(crate::findings::either(known.clone()))
                        .near(field.as_str(), known);
                self.report(path, diagnostic);
                continue;
            };
            for finding in judge(property, value, &|_| false) {
                self.report(path, describe(Code::InvalidSite, field.as_str(), &finding));
            }
            config.to_mut().insert(field.to_string(), value.clone());
        }
        let here = self.here(path).is_some();
        for (field, property) in instance.local.iter().filter(|(_, p)| here && p.required) {
            if !config.contains_key(field.as_str()) {
                let what = if property.description.is_empty() { "a value" } else { property.description.as_str() };
                let diagnostic = Diagnostic::new(Code::InvalidSite, format!("{field} must be filled in at the site"))
                    .expected(format!("locals: {{{path}: {{{field}: …}}}}: {what}"));
                self.report(path, diagnostic);
            }
        }
        if self.problems.len() > before {
            self.unfilled.insert(path);
        }
        self.config.insert(path, config);
    }

    /// Whether the configuration of an instance, or of what it is part of, is not in order.
    pub(super) fn is_unfilled(&self, path: &str) -> bool {
        let mut at = Some(path);
        while let Some(path) = at {
            if self.unfilled.contains(path) {
                return true;
            }
            at = self.release.spec.instances.get(path).and_then(|i| i.parent.as_deref());
        }
        false
    }

    /// Evaluates what an instance tells its peers.
    fn tell(&mut self, path: &'r str) {
        let Some(instance) = self.release.spec.instances.get(path) else { return };
        let mut all = BTreeMap::new();
        let mut context = None;
        let mut faults = Vec::new();
        for (name, exposed) in &instance.interfaces {
            let mut data = Cow::Borrowed(&exposed.data);
            if data.values().any(has_late) {
                let this = || self.this(path, Map::new());
                let context = context.get_or_insert_with(|| self.context(path, this(), BTreeMap::new()));
                for (datum, value) in data.to_mut().iter_mut().filter(|(_, v)| has_late(v)) {
                    let at = vec![Step::Key("interfaces"), Step::Key(name.as_str()), Step::Key(datum)];
                    let settled = self.settle(value, context, at, &mut faults);
                    *value = settled;
                }
            }
            all.insert(name, data);
        }
        self.faults(path, faults);
        self.data.insert(path, all);
    }

    /// A value in which every late expression has been evaluated.
    pub(super) fn settle<'v>(
        &self,
        value: &'v Value,
        context: &Context,
        mut at: Vec<Step<'v>>,
        faults: &mut Vec<(Vec<String>, Diagnostic)>,
    ) -> Value {
        self.renderer.late.settle(value, context, &mut at, faults)
    }

    /// The root `this` of an instance whose interfaces tell this.
    fn this(&self, path: &str, interfaces: Map<String, Value>) -> Option<Seen> {
        Some(Seen::new(&this(path, self.release.spec.instances.get(path)?, interfaces)))
    }

    /// The root `this`, with all that is told.
    fn this_telling(&self, path: &str) -> Option<Seen> {
        let told = self.data.get(path).into_iter().flatten();
        if told.clone().all(|(_, data)| matches!(data, Cow::Borrowed(_))) {
            return Some(self.renderer.seen.get(path)?.this.clone());
        }
        self.this(path, told.map(|(name, data)| (name.to_string(), Value::Object(data.as_ref().clone()))).collect())
    }

    /// What the expressions of an instance see.
    fn context(&self, path: &str, this: Option<Seen>, more: BTreeMap<&'static str, Seen>) -> Context {
        let mut roots: BTreeMap<_, _> = self.surroundings.iter().cloned().collect();
        roots.extend(this.map(|this| ("this", this)));
        let config = match self.config.get(path) {
            Some(Cow::Borrowed(_)) => self.renderer.seen.get(path).map(|seen| seen.config.clone()),
            Some(Cow::Owned(config)) => Some(Seen::new(config)),
            None => None,
        };
        roots.insert("config", config.unwrap_or_else(|| Seen::new(&Map::new())));
        roots.extend(more);
        Context::of(roots)
    }

    /// What the expressions in the bodies of an instance see.
    pub(super) fn body_context(&self, path: &'r str, instance: &Instance) -> Context {
        let mut values: BTreeMap<Identifier, Vec<Seen>> =
            instance.interfaces.keys().map(|name| (name.clone(), Vec::new())).collect();
        for (name, peer) in self.peers_of(path) {
            let known = peer.seen.clone();
            let value = match self.found(path, name, peer) {
                Some((host, Some(port))) => {
                    known.with(&json!({ "endpoint": endpoint(&host, port), "host": host, "port": port }))
                }
                Some((host, None)) => known.with(&json!({ "host": host })),
                None => known,
            };
            values.entry(name.clone()).or_default().push(value);
        }
        let near = instance.near.as_ref().and_then(|near| {
            self.peers_of(path).find(|(_, p)| p.end.as_ref() == Some(near)).map(|(name, _)| name.clone())
        });
        let roots = peers::roots(values, near.as_ref());
        let mut more = BTreeMap::from([("peer", roots.peer.into()), ("peers", roots.peers.into())]);
        more.extend(roots.near.map(|near| ("near", near)));
        self.context(path, self.this_telling(path), more)
    }

    /// The peers of an instance that are there.
    pub(super) fn peers_of(&self, path: &str) -> impl Iterator<Item = (&Identifier, &Peer)> {
        let all = self.renderer.peers.get(path).into_iter().flatten();
        all.flat_map(|(name, peers)| peers.iter().map(move |p| (name, p)))
            .filter(|(_, peer)| !peer.end.as_ref().is_some_and(|end| self.gone(&end.instance)))
    }

    /// Where an instance finds a peer.
    fn found(&self, path: &'r str, interface: &Identifier, peer: &Peer) -> Option<(String, Option<u16>)> {
        if let Some(address) = &peer.address {
            let (host, port) = self.reached.get(&(path, interface.clone(), address.clone()))?;
            return peer.uses.then(|| (host.clone(), Some(*port)));
        }
        let end = peer.end.as_ref()?;
        let data = self.data.get(end.instance.as_str())?.get(&end.interface)?;
        let own = data.get("host").and_then(Value::as_str).map(str::to_owned);
        let host = own.unwrap_or_else(|| match self.platform() {
            Platform::Systemd | Platform::Process => "127.0.0.1".to_owned(),
            Platform::Kubernetes | Platform::Podman | Platform::Docker => self.name(&end.instance),
        });
        Some((host, self.port(&end.instance, &end.interface)))
    }

    /// The port an interface at this site says.
    pub(super) fn port(&self, path: &str, interface: &Identifier) -> Option<u16> {
        let port = self.data.get(path)?.get(interface)?.get("port")?.as_u64()?;
        u16::try_from(port).ok()
    }

    pub(super) fn host(&self, path: &str, interface: &Identifier) -> Option<String> {
        self.data.get(path)?.get(interface)?.get("host")?.as_str().map(str::to_owned)
    }

    /// The address as the network knows it: the deployment's own, or one that is published as it is.
    pub(super) fn routed(&self, address: &str) -> String {
        let published = self.release.spec.addresses.get(address).is_some_and(|a| a.published);
        if published { address.to_owned() } else { format!("{}/{address}", self.deployment) }
    }

    /// Says which addresses no network could carry: they are made of names that are each in order.
    fn check_addresses(&mut self, connectors: &[Connector]) {
        let listeners = self.listeners.values().map(|listener| &listener.address);
        let all: BTreeSet<&String> = listeners.chain(connectors.iter().map(|connector| &connector.address)).collect();
        let unfit = all.into_iter().filter_map(|address| address.parse::<::model::Address>().err());
        let unfit: Vec<_> = unfit.map(|error| Diagnostic::new(Code::TooLarge, error.to_string())).collect();
        for diagnostic in unfit {
            let expected = "shorter names of the deployment, its parts or its sites";
            self.report(self.release.metadata.name.as_str(), diagnostic.expected(expected));
        }
    }

    /// Makes a listener for every address an instance uses. Those of single sites come last: they take what ports are left.
    fn listen(&mut self) {
        let used = self.places_in_use();
        let is_used = |place: &str| used.iter().any(|(begin, end)| place.starts_with(begin) && place.ends_with(end));
        for (place, port) in self.facts.ports.iter().filter(|(place, _)| is_used(place)) {
            // Whoever comes second for the same port finds another.
            let _ = self.ports.take(*port, place);
        }
        for (path, instance) in self.local.clone() {
            if self.is_stopped() {
                return;
            }
            let used: Vec<(Identifier, String, String)> = self
                .peers_of(path)
                .filter(|(_, p)| p.uses)
                .filter_map(|(name, p)| {
                    let peer = p.end.as_ref().map_or("participants".to_owned(), |e| e.instance.clone());
                    Some((name.clone(), p.address.clone()?, peer))
                })
                .filter(|(_, address, _)| !self.facts.per_site.contains_key(address))
                .collect();
            for (interface, address, peer) in used {
                self.listener(path, instance, &interface, &address, &peer);
            }
        }
        self.open_doors();
    }

    /// For whom a listener of an instance is.
    pub(super) fn scope(&self, instance: &Instance) -> Scope {
        match self.platform() {
            _ if instance.kind == BlockType::Ingress && instance.bodies.is_empty() => Scope::Outside,
            Platform::Systemd | Platform::Process => Scope::Loopback,
            Platform::Podman | Platform::Docker => Scope::Containers,
            Platform::Kubernetes => Scope::Namespace,
        }
    }

    /// The host under which a listener is reached, if its interface does not say another.
    pub(super) fn usual_host(&self, scope: Scope) -> &'static str {
        match (scope, self.platform()) {
            (Scope::Outside, _) => "0.0.0.0",
            (Scope::Containers, Platform::Docker) => "host.docker.internal",
            (Scope::Containers, _) => "host.containers.internal",
            _ => "127.0.0.1",
        }
    }

    fn listener(&mut self, path: &'r str, instance: &Instance, interface: &Identifier, address: &str, peer: &str) {
        let why = format!("{path} uses {peer} by {interface}");
        let (host, port) = (self.host(path, interface), self.port(path, interface));
        let scope = self.scope(instance);
        let key = (address.to_owned(), None, scope, host.clone(), port);
        if !self.listeners.contains_key(&key) {
            let Some((host, port)) = self.bind(path, interface, address, scope, host, port) else { return };
            let listener = Listener {
                name: format!("{}-{port}", slug(address)),
                address: self.routed(address),
                protocol: self.release.spec.addresses.get(address).map(|a| a.protocol).unwrap_or_default(),
                site: None,
                scope,
                host,
                port,
                why: Vec::new(),
                parts: Vec::new(),
            };
            self.listeners.insert(key.clone(), listener);
        }
        if let Some(listener) = self.listeners.get_mut(&key) {
            listener.why.push(why);
            listener.parts.push(path.to_owned());
            let found = (listener.host.clone(), listener.port);
            self.reached.insert((path, interface.clone(), address.to_owned()), found);
        }
    }

    /// Where a listener listens: as wanted, or by a port of the site's own.
    fn bind(
        &mut self,
        path: &str,
        interface: &Identifier,
        address: &str,
        scope: Scope,
        host: Option<String>,
        port: Option<u16>,
    ) -> Option<(String, u16)> {
        if scope == Scope::Namespace {
            // Every listener is a service with a name of its own: ports do not collide.
            let serves = self.release.spec.addresses.get(address).and_then(|a| a.serves.as_ref());
            let known = serves.and_then(|end| {
                let exposed = self.release.spec.instances.get(&end.instance)?.interfaces.get(&end.interface)?;
                u16::try_from(exposed.data.get("port")?.as_u64()?).ok()
            });
            let suffix = port.map(|p| format!("-{p}")).unwrap_or_default();
            let host = host.unwrap_or_else(|| slug(&format!("{}-{address}{suffix}", self.deployment)));
            let port = port.or(known).unwrap_or_else(|| self.ports.allocate(address));
            return Some((host, port));
        }
        let host = host.unwrap_or_else(|| self.usual_host(scope).to_owned());
        let key = format!("a listener for {address}");
        match (port, scope) {
            (None, Scope::Outside) => {
                let diagnostic = Diagnostic::new(Code::InvalidData, format!("{interface} does not say its port"))
                    .expected("data: {port: …}: the outside has to know it");
                self.report(path, diagnostic);
                None
            }
            (None, _) => Some((host, self.ports.allocate(address))),
            (Some(port), _) => match self.ports.take(port, &key) {
                Ok(port) => Some((host, port)),
                Err(other) => {
                    let diagnostic = Diagnostic::new(
                        Code::InvalidSite,
                        format!("the port {port} of {interface} is taken by {other}"),
                    )
                    .expected("another port, or none: the site then chooses one");
                    self.report(path, diagnostic);
                    None
                }
            },
        }
    }

    /// Makes a connector for every address an instance serves.
    fn connect(&mut self, translated: &Translated<'r>) -> Vec<Connector> {
        let mut connectors = Vec::new();
        let addresses = &self.release.spec.addresses;
        for (name, address) in addresses {
            let Some(end) = &address.serves else { continue };
            let Some(path) = self.here(&end.instance) else { continue };
            let used = address.published || address.uses.iter().any(|user| !self.gone(&user.instance));
            if !used {
                continue;
            }
            let Some(port) = self.port(path, &end.interface) else {
                let diagnostic = Diagnostic::new(Code::InvalidData, format!("{} does not say its port", end.interface))
                    .expected("data: {port: …}");
                self.report(path, diagnostic);
                continue;
            };
            let mut routed = self.routed(name);
            if self.facts.per_site.contains_key(name) {
                let _ = write!(routed, "/{}", self.facts.site.name);
            }
            for (host, port) in self.targets(end, path, port, translated) {
                connectors.push(Connector {
                    name: format!("{}-{port}", slug(name)),
                    address: routed.clone(),
                    protocol: address.protocol,
                    host,
                    port,
                    why: format!("{path} serves it by {}", end.interface),
                    parts: vec![path.to_owned()],
                });
            }
        }
        connectors
    }

    fn targets(&mut self, end: &End, path: &str, port: u16, translated: &Translated<'r>) -> Vec<(String, u16)> {
        if let Some(host) = self.host(path, &end.interface) {
            return vec![(host, port)];
        }
        let pieces: Vec<_> = translated.pieces.iter().filter(|p| p.path == path).collect();
        if pieces.is_empty() {
            let diagnostic = Diagnostic::new(Code::InvalidData, format!("{} does not say its host", end.interface))
                .expected("data: {host: …}: there is no workload to be reached");
            self.report(path, diagnostic);
            return Vec::new();
        }
        match self.platform() {
            Platform::Kubernetes => vec![(self.name(path), port)],
            Platform::Systemd | Platform::Process => vec![("127.0.0.1".to_owned(), port)],
            Platform::Podman | Platform::Docker => pieces
                .iter()
                .filter_map(|piece| piece.published.iter().find(|p| p.container == port))
                .map(|published| ("127.0.0.1".to_owned(), published.host))
                .collect(),
        }
    }

    /// The container ports of an instance that somebody reaches across the network.
    pub(super) fn served(&self, path: &str, instance: &Instance) -> BTreeSet<u16> {
        let serving = self.renderer.serving.get(path).into_iter().flatten();
        let is_server =
            |name: &Identifier| instance.interfaces.get(name).is_some_and(|exposed| exposed.side == Side::Serves);
        serving.filter(|name| is_server(name)).filter_map(|name| self.port(path, name)).collect()
    }

    pub(super) fn faults(&mut self, path: &str, faults: Vec<(Vec<String>, Diagnostic)>) {
        for (at, mut diagnostic) in faults {
            diagnostic.message = format!("{}: {}", at.join("."), diagnostic.message);
            self.report(path, diagnostic);
        }
    }

    fn rendered(&self, translated: Translated<'r>, connectors: Vec<Connector>, told: Vec<Told>) -> Rendered {
        let why = |instance: &Instance| {
            let place = instance.place.as_ref().map(|p| self.facts.why(p)).unwrap_or_default();
            match &instance.near {
                Some(near) => format!("it goes where {} is, and {place}", near.instance),
                None => place,
            }
        };
        let placed = self.local.iter().map(|(path, instance)| Placed {
            path: (*path).to_owned(),
            id: instance.id.clone(),
            block: instance.block.clone(),
            why: why(instance),
        });
        let secrets = self.release.spec.secrets.iter().filter_map(|(name, users)| {
            let why: Vec<String> = users.iter().filter(|user| self.here(user).is_some()).cloned().collect();
            (!why.is_empty()).then(|| Needed { name: name.clone(), why })
        });
        let mut objects: Vec<Object> = translated.objects;
        objects.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
        let mut listeners: Vec<Listener> = self.listeners.values().cloned().collect();
        for listener in &mut listeners {
            for reasons in [&mut listener.why, &mut listener.parts] {
                reasons.sort();
                reasons.dedup();
            }
        }
        Rendered {
            release: self.renderer.name.clone(),
            deployment: self.deployment.clone(),
            site: self.facts.site.name.to_string(),
            platform: self.platform(),
            instances: placed.collect(),
            listeners,
            connectors,
            objects,
            checks: translated.checks,
            secrets: secrets.collect(),
            addresses: told,
            ports: self.given.clone(),
        }
    }
}
