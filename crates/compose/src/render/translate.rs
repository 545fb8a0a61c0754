//! Bodies to what the site's platform is given.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Deserialize as _;

use super::{
    Check, Content, Object, Piece, Published, checks::checks, compose_file, kubernetes, quadlet, runnable,
    site::Rendering, systemd, values::Step,
};
use crate::{
    diagnostic::{Code, Diagnostic},
    model::{BlockType, Platform, Transport, Workload},
    release::{CompiledBody, Instance},
    workload,
};

/// The most workloads at one site: as many as it has ports of its own.
const MAX_PIECES: usize = 10_000;

/// What bodies became.
#[derive(Debug, Default)]
pub(super) struct Translated<'r> {
    pub(super) pieces: Vec<Piece<'r>>,
    pub(super) objects: Vec<Object>,
    pub(super) checks: Vec<Check>,
}

impl<'r> Rendering<'r> {
    /// Translates the bodies of everything at the site.
    pub(super) fn translate(&mut self) -> Translated<'r> {
        let mut out = Translated::default();
        for (path, instance) in self.local.clone() {
            if self.is_stopped() || instance.bodies.is_empty() {
                continue;
            }
            let Some(body) = self.body(path, instance) else { continue };
            self.one(path, instance, &body, &mut out);
        }
        self.objects(&mut out);
        self.collisions(&out);
        out
    }

    /// The body for the site's platform, evaluated.
    fn body(&mut self, path: &'r str, instance: &'r Instance) -> Option<CompiledBody> {
        if self.is_unfilled(path) {
            return None;
        }
        let platform = self.platform();
        let body = instance.bodies.get(platform.as_str()).or_else(|| instance.bodies.get("any"));
        let runs = body.is_some_and(|body| {
            let key = if platform.has_containers() { "image" } else { "command" };
            let empty = body.workload.is_none() && body.objects.is_empty() && body.units.is_empty();
            let own = match platform {
                Platform::Kubernetes => !body.objects.is_empty(),
                Platform::Podman | Platform::Systemd => !body.units.is_empty(),
                Platform::Docker | Platform::Process => false,
            };
            empty || body.workload.as_ref().map_or(own, |w| w.get(key).is_some())
        });
        let Some(body) = body.filter(|_| runs) else {
            let diagnostic = Diagnostic::new(
                Code::MissingBody,
                format!("{} has no body for {}, which the site runs", instance.block, platform.as_str()),
            )
            .expected("a body for the platform, or a site with another one");
            self.report(path, diagnostic);
            return None;
        };
        let context = self.body_context(path, instance);
        let mut faults = Vec::new();
        let mut settled = |value, name| self.settle(value, &context, vec![Step::Key(name)], &mut faults);
        let body = CompiledBody {
            workload: body.workload.as_ref().map(|w| settled(w, "workload")),
            objects: body.objects.iter().map(|o| settled(o, "objects")).collect(),
            units: body.units.iter().map(|(name, unit)| (name.clone(), settled(unit, name))).collect(),
        };
        let failed = !faults.is_empty();
        self.faults(path, faults);
        (!failed).then_some(body)
    }

    fn one(&mut self, path: &'r str, instance: &'r Instance, body: &CompiledBody, out: &mut Translated<'r>) {
        for object in &body.objects {
            let object = kubernetes::own_object(object.clone(), &self.deployment, path, &instance.id, &instance.block);
            out.objects.push(object);
        }
        if self.facts.engine && !body.units.is_empty() {
            let what = format!("{} brings units, and the site makes its own of workloads", instance.block);
            self.report(path, Diagnostic::new(Code::InvalidBody, what).expected("a workload alone"));
            return;
        }
        let kind = if self.platform() == Platform::Podman { "quadlet" } else { "unit" };
        for (name, unit) in &body.units {
            let text = unit.as_str().unwrap_or_default().to_owned();
            let why = vec![format!("{path} brings it with {}", instance.block)];
            out.objects.push(Object { kind: kind.to_owned(), name: name.clone(), content: Content::Text(text), why });
        }
        let Some(value) = &body.workload else { return };
        let faults = workload::faults(value);
        if !faults.is_empty() {
            self.faults(path, faults);
            return;
        }
        match Workload::deserialize(value) {
            Ok(workload) => self.pieces(path, instance, &Arc::new(workload), out),
            Err(error) => {
                let diagnostic = Diagnostic::new(Code::InvalidBody, error.to_string()).expected("a workload");
                self.report(path, diagnostic);
            }
        }
    }

    /// One piece for a workload, or one for each replica where the platform does not count itself.
    fn pieces(&mut self, path: &'r str, instance: &'r Instance, workload: &Arc<Workload>, out: &mut Translated<'r>) {
        let platform = self.platform();
        let replicas = workload.replicas.unwrap_or(1);
        let bare = matches!(platform, Platform::Process | Platform::Systemd);
        if bare && replicas > 1 && !workload.ports.is_empty() {
            let diagnostic = Diagnostic::new(
                Code::InvalidBody,
                format!("{replicas} replicas would listen on the same port on {}", platform.as_str()),
            )
            .expected("one replica, or a platform with containers");
            self.report(path, diagnostic);
            return;
        }
        if bare {
            for port in workload.ports.values().map(|p| p.spec()) {
                if let Err(other) = self.ports.take(port.port, path) {
                    let diagnostic =
                        Diagnostic::new(Code::InvalidSite, format!("the port {} is taken by {other}", port.port))
                            .expected("another port, or a platform with containers");
                    self.report(path, diagnostic);
                }
            }
        }
        let copies = if platform == Platform::Kubernetes { 1 } else { replicas };
        if out.pieces.len().saturating_add(usize::try_from(copies).unwrap_or(usize::MAX)) > MAX_PIECES {
            let what = format!("more than {MAX_PIECES} workloads would run at the site");
            let fewer = "fewer replicas, or parts at other places";
            self.report(path, Diagnostic::new(Code::TooLarge, what).expected(fewer));
            return;
        }
        for copy in 0..copies {
            let base = self.name(path);
            let name = if copies == 1 { base.clone() } else { format!("{base}-{}", copy + 1) };
            let outside = instance.kind == BlockType::Ingress;
            let published = self.publish(path, instance, workload, &name, outside);
            let piece = Piece {
                deployment: self.facts.deployment.as_ref().unwrap_or(&self.release.metadata.name).as_str(),
                name,
                host: base,
                path,
                id: &instance.id,
                block: &instance.block,
                workload: workload.clone(),
                published,
                outside,
                addresses: self.is_told(path, instance),
            };
            out.checks.extend(checks(&piece, platform));
            out.pieces.push(piece);
        }
    }

    /// The container ports that must be reached from the site, and where they are.
    fn publish(
        &mut self,
        path: &str,
        instance: &Instance,
        workload: &Workload,
        name: &str,
        outside: bool,
    ) -> Vec<Published> {
        if !matches!(self.platform(), Platform::Podman | Platform::Docker) {
            return Vec::new();
        }
        let ports: BTreeMap<u16, bool> =
            workload.ports.values().map(|p| p.spec()).map(|p| (p.port, p.protocol == Transport::Udp)).collect();
        let mut wanted: BTreeSet<u16> = self.served(path, instance);
        let probes = [&workload.probes.started, &workload.probes.ready, &workload.probes.live];
        wanted.extend(probes.into_iter().flatten().filter_map(|p| p.tcp.or(p.http.as_ref().map(|h| h.port))));
        if outside {
            wanted.extend(ports.keys());
        }
        let mut published = Vec::new();
        for container in wanted {
            let key = format!("{name}:{container}");
            let host = if outside {
                match self.ports.take(container, &key) {
                    Ok(port) => port,
                    Err(other) => {
                        let diagnostic =
                            Diagnostic::new(Code::InvalidSite, format!("the port {container} is taken by {other}"))
                                .expected("another port");
                        self.report(path, diagnostic);
                        continue;
                    }
                }
            } else {
                self.ports.allocate(&key)
            };
            let udp = ports.get(&container).copied().unwrap_or(false);
            published.push(Published { container, host, udp, outside });
        }
        published
    }

    fn objects(&self, out: &mut Translated<'r>) {
        let pieces = &out.pieces;
        let each = |translate: fn(&Piece<'_>) -> Vec<Object>| pieces.iter().flat_map(translate).collect::<Vec<_>>();
        let objects = match self.platform() {
            Platform::Kubernetes => each(kubernetes::objects),
            Platform::Systemd if self.facts.engine => each(runnable::service),
            Platform::Systemd => each(systemd::objects),
            Platform::Process => each(runnable::process),
            Platform::Podman | Platform::Docker if self.facts.engine => each(runnable::container),
            Platform::Docker if pieces.is_empty() => Vec::new(),
            Platform::Docker => vec![compose_file::object(&self.deployment, pieces)],
            Platform::Podman if pieces.is_empty() => Vec::new(),
            Platform::Podman => {
                let why = pieces.iter().map(|p| format!("{} runs in a container", p.path)).collect();
                let mut objects = each(quadlet::objects);
                objects.push(quadlet::network(&self.deployment, why));
                objects
            }
        };
        out.objects.extend(objects);
    }

    /// Two blocks must not bring objects of the same name.
    fn collisions(&mut self, out: &Translated<'r>) {
        let mut seen: BTreeMap<(&str, &str), &Object> = BTreeMap::new();
        for object in &out.objects {
            if let Some(first) = seen.insert((&object.kind, &object.name), object) {
                let why = first.why.first().map(String::as_str).unwrap_or_default();
                let diagnostic = Diagnostic::new(
                    Code::InvalidBody,
                    format!(
                        "two objects are called {} {}: {why}, and {}",
                        object.kind,
                        object.name,
                        object.why.join(", ")
                    ),
                )
                .expected("names with ${{ this.id }} in them");
                let application = self.release.metadata.name.to_string();
                self.report(&application, diagnostic);
            }
        }
    }
}
