//! Addresses that are another one for each site that serves them: each has a listener of its own where it is used.

use super::{
    Listener, Scope, addresses::ReachedSite, addresses::Told, names::slug, site::Rendering, translate::Translated,
};
use crate::{
    diagnostic::{Code, Diagnostic},
    model::{BlockType, Identifier, Label, Platform},
    release::Instance,
};

/// An interface that uses such an address.
struct Use<'r> {
    path: &'r str,
    instance: &'r Instance,
    interface: Identifier,
    address: String,
}

/// Where the listener for a site is wanted.
struct Wanted {
    scope: Scope,
    host: Option<String>,
    /// The port of the first site; the others follow.
    first: Option<u16>,
}

impl Use<'_> {
    /// Whether it leads in from outside, and nothing of it runs.
    fn is_door(&self) -> bool {
        self.instance.kind == BlockType::Ingress && self.instance.bodies.is_empty()
    }
}

impl<'r> Rendering<'r> {
    fn uses(&self, path: &'r str, instance: &'r Instance) -> Vec<Use<'r>> {
        let used = self.peers_of(path).filter(|(_, peer)| peer.uses);
        let mut all: Vec<(Identifier, String)> =
            used.filter_map(|(name, peer)| Some((name.clone(), peer.address.clone()?))).collect();
        all.retain(|(_, address)| self.facts.per_site.contains_key(address));
        all.sort();
        all.dedup();
        all.into_iter().map(|(interface, address)| Use { path, instance, interface, address }).collect()
    }

    fn all_uses(&self, doors: bool) -> Vec<Use<'r>> {
        let all = self.local.iter().flat_map(|(path, instance)| self.uses(path, instance));
        all.filter(|used| used.is_door() == doors).collect()
    }

    /// Whether an instance is to be told of sites that come and go.
    pub(super) fn is_told(&self, path: &'r str, instance: &'r Instance) -> bool {
        self.uses(path, instance).iter().any(|used| !used.is_door())
    }

    /// What the places of listeners begin and end with that something here uses as one of a single site. A place that nothing uses
    /// so any more keeps its port from nobody.
    pub(super) fn places_in_use(&self) -> Vec<(String, String)> {
        let all = self.local.iter().flat_map(|(path, instance)| self.uses(path, instance));
        let place = |used: Use<'r>| {
            let first = self.port(used.path, &used.interface).map(|first| format!(" from {first}"));
            (format!("{}/", self.routed(&used.address)), first.unwrap_or_default())
        };
        all.map(place).collect()
    }

    /// Makes the listeners of ingresses: the first site at the port the ingress says, the others after it.
    pub(super) fn open_doors(&mut self) {
        for used in self.all_uses(true) {
            let (host, first) = (self.host(used.path, &used.interface), self.port(used.path, &used.interface));
            if first.is_none() {
                let diagnostic =
                    Diagnostic::new(Code::InvalidData, format!("{} does not say its port", used.interface));
                self.report(used.path, diagnostic.expected("data: {port: …}: where the ports of the sites begin"));
                continue;
            }
            self.reach(&used, &Wanted { scope: Scope::Outside, host, first });
        }
    }

    /// Makes the listeners of what runs, and says what it is told of them. Everything else has its ports by now: that a site comes
    /// moves nothing.
    pub(super) fn tell_workloads(&mut self, translated: &Translated<'r>) -> Vec<Told> {
        let mut all: Vec<Told> = Vec::new();
        for used in self.all_uses(false) {
            if !self.can_be_told(&used, translated) {
                continue;
            }
            let (host, first) = (self.host(used.path, &used.interface), self.port(used.path, &used.interface));
            let sites = self.reach(&used, &Wanted { scope: self.scope(used.instance), host, first });
            match all.last_mut() {
                Some(told) if told.instance == used.path && told.interface == used.interface => {
                    told.sites.extend(sites)
                }
                _ => all.push(Told { instance: used.path.to_owned(), interface: used.interface, sites }),
            }
        }
        all
    }

    fn can_be_told(&mut self, used: &Use<'r>, translated: &Translated<'r>) -> bool {
        let runs_here = match self.platform() {
            Platform::Process => true,
            Platform::Podman | Platform::Docker | Platform::Systemd => self.facts.engine,
            Platform::Kubernetes => false,
        };
        let has_workload = translated.pieces.iter().any(|piece| piece.path == used.path);
        let can = runs_here && has_workload;
        // What could not be translated was said.
        if !can && self.problems.is_empty() {
            let Use { interface, address, .. } = used;
            let what = format!("{interface} uses {address}, which is another one for each site that serves it");
            let expected =
                "what the site runs itself, and not the platform: only that can be told of sites that come and go";
            self.report(used.path, Diagnostic::new(Code::InvalidDeployment, what).expected(expected));
        }
        can
    }

    /// Makes a listener for each site that serves an address. Says where each is reached.
    fn reach(&mut self, used: &Use<'r>, wanted: &Wanted) -> Vec<ReachedSite> {
        let facts = self.facts;
        let sites = facts.per_site.get(&used.address);
        sites.into_iter().flatten().map_while(|site| self.reach_one(used, wanted, site)).collect()
    }

    fn reach_one(&mut self, used: &Use<'r>, wanted: &Wanted, site: &Label) -> Option<ReachedSite> {
        let Use { path, interface, address, .. } = used;
        let Wanted { scope, host, first } = wanted;
        let routed = format!("{}/{site}", self.routed(address));
        let key = (address.clone(), Some(site.clone()), *scope, host.clone(), *first);
        if !self.listeners.contains_key(&key) {
            let port = self.port_for(&routed, wanted).or_else(|| {
                let from = first.unwrap_or_default();
                let what = format!("from {from} on no port is left for {routed}");
                self.report(path, Diagnostic::new(Code::TooLarge, what).expected("a lower port to begin with"));
                None
            })?;
            let listener = Listener {
                name: format!("{}-{port}", slug(address)),
                address: routed.clone(),
                protocol: self.release.spec.addresses.get(address).map(|a| a.protocol).unwrap_or_default(),
                site: Some(site.clone()),
                scope: *scope,
                host: host.clone().unwrap_or_else(|| self.usual_host(*scope).to_owned()),
                port,
                why: Vec::new(),
                parts: Vec::new(),
            };
            self.listeners.insert(key.clone(), listener);
        }
        let labels = self.facts.labels.get(site).cloned().unwrap_or_default();
        let listener = self.listeners.get_mut(&key)?;
        listener.why.push(format!("{path} uses {address} of {site} by {interface}"));
        listener.parts.push((*path).to_owned());
        let (host, port) = (listener.host.clone(), listener.port);
        Some(ReachedSite { site: site.clone(), name: format!("{address}.{site}"), address: routed, host, port, labels })
    }

    /// The port of a site's listener: the one it had before, if it had one.
    fn port_for(&mut self, routed: &str, wanted: &Wanted) -> Option<u16> {
        let inside = if wanted.scope == Scope::Outside { "" } else { " for workloads" };
        let (place, port) = match wanted.first {
            Some(first) => {
                let place = format!("{routed}{inside} from {first}");
                let port = self.ports.from(first, &place)?;
                (place, port)
            }
            None => {
                let place = format!("{routed}{inside}");
                let port = self.ports.keep(&place);
                (place, port)
            }
        };
        self.given.insert(place, port);
        Some(port)
    }
}
