//! Bodies, compiled: every expression that a build can evaluate is, and what comes of it is held against its form.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Tree,
    doubt::reliable,
    values::{Fault, Values, sample_site, stand_in},
};
use crate::{
    diagnostic::{Code, Diagnostic},
    expression::Context,
    library::affine,
    model::{Body, Identifier, Side},
    peers::{self, Peers},
    release::{CompiledBody, Release, has_late},
    workload,
};

/// Whether a text can be the name of a unit's file.
fn is_unit(name: &str) -> bool {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c));
    letters && name.split_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && !ending.is_empty())
}

impl Tree<'_> {
    /// Compiles the bodies of every leaf into the release.
    pub(super) fn compile(&mut self, release: &mut Release) {
        let all = peers::all(release);
        let mut compiled: Vec<(String, BTreeMap<String, CompiledBody>)> = Vec::new();
        for node in 0..self.nodes.len() {
            if self.is_stopped() {
                return;
            }
            let path = self.nodes[node].path.clone();
            let none = Peers::new();
            let bodies = self.bodies(node, all.get(path.as_str()).unwrap_or(&none));
            compiled.push((path, bodies));
        }
        for (path, bodies) in compiled {
            if let Some(instance) = release.spec.instances.get_mut(&path) {
                instance.bodies = bodies;
            }
        }
    }

    fn bodies(&mut self, node: usize, peers: &Peers) -> BTreeMap<String, CompiledBody> {
        let entry = self.nodes[node].block;
        let Some(bodies) = &entry.document.spec.bodies else { return BTreeMap::new() };
        let near = affine(self.library, &entry.document);
        let (context, sample) = self.body_contexts(node, peers, near.as_ref());
        // A peer that a site may decline is known to be there only at a site.
        let unsure: Vec<&Identifier> =
            peers.iter().filter(|(_, all)| all.iter().any(|p| self.is_unsure(node, p))).map(|(name, _)| name).collect();
        let is_late = |reference: &str| {
            let mut parts = reference.split('.');
            match (parts.next(), parts.next(), parts.next()) {
                (Some("peer"), Some(name), Some(field)) => {
                    matches!(field, "host" | "port" | "endpoint") || unsure.iter().any(|u| u.as_str() == name)
                }
                (Some("peer" | "peers"), ..) | (Some("near"), None | Some("host" | "port" | "endpoint"), _) => true,
                _ => self.nodes[node].is_late(reference),
            }
        };
        let values = Values { context: &context, sample: &sample, is_late: &is_late, stop: self.library.stop() };
        let mut faults: Vec<Fault> = Vec::new();
        let mut compiled = BTreeMap::new();
        let all: [(&str, &Option<Body>); 6] = [
            ("any", &bodies.any),
            ("kubernetes", &bodies.kubernetes),
            ("podman", &bodies.podman),
            ("docker", &bodies.docker),
            ("systemd", &bodies.systemd),
            ("process", &bodies.process),
        ];
        for (platform, body) in all.into_iter().filter_map(|(p, b)| Some((p, b.as_ref()?))) {
            let mut value = |value: &Value, path: &[&str]| {
                let mut path: Vec<String> = path.iter().map(|s| (*s).to_owned()).collect();
                values.evaluate(value, &mut path, &mut faults)
            };
            let workload = body.workload.as_ref().map(|w| value(&Value::Object(w.clone()), &[platform, "workload"]));
            let objects = body.objects.iter().enumerate();
            let objects: Vec<Value> = objects
                .map(|(i, o)| value(&Value::Object(o.clone()), &[platform, "objects", &i.to_string()]))
                .collect();
            let units = body.units.iter();
            let units = units.filter_map(|(name, unit)| {
                let path = [platform, "units", name];
                // A file's name may have an id in it, but nothing that only a site knows.
                let named = value(&json!(name), &path).as_str().map(str::to_owned)?;
                Some((named, value(&json!(unit), &path)))
            });
            let units: BTreeMap<String, Value> = units.collect();
            for name in units.keys().filter(|name| !is_unit(name)) {
                let diagnostic = Diagnostic::new(Code::InvalidBody, format!("{name:?} is no name for a unit"))
                    .expected("letters, digits, '-', '_', '.' and '@', with an ending such as .container or .service");
                faults.push(([platform, "units", name].map(str::to_owned).to_vec(), diagnostic));
            }
            if let Some(workload) = &workload {
                // Where an expression failed there is nothing to judge.
                let failed: Vec<Vec<String>> = faults.iter().map(|(path, _)| path.clone()).collect();
                let judged = workload::faults(workload).into_iter().map(|(path, diagnostic)| {
                    ([vec![platform.to_owned(), "workload".to_owned()], path].concat(), diagnostic)
                });
                let judged = judged.chain(self.unserved(node, platform, workload));
                faults.extend(
                    judged.filter(|(path, _)| !failed.iter().any(|f| f.starts_with(path) || path.starts_with(f))),
                );
            }
            compiled.insert(platform.to_owned(), CompiledBody { workload, objects, units });
        }
        let unreliable = self.unreliable(node);
        if !faults.is_empty() && !unreliable.is_empty() {
            reliable(&mut faults, &serde_json::to_value(bodies).unwrap_or_default(), &unreliable);
        }
        self.faults(node, faults, |_, path| {
            let whole: Vec<&str> = ["spec", "bodies"].into_iter().chain(path.iter().map(String::as_str)).collect();
            entry.origin.at(&whole)
        });
        compiled
    }

    /// Interfaces that promise a port the workload does not have.
    fn unserved(&self, node: usize, platform: &str, workload: &Value) -> Vec<Fault> {
        let ports = workload.get("ports").and_then(Value::as_object);
        if workload.get("ports").is_some_and(has_late) {
            return Vec::new();
        }
        let has =
            |port: &Value| ports.into_iter().flat_map(Map::values).any(|p| p == port || p.get("port") == Some(port));
        let this = &self.nodes[node];
        let promised = this.faces.iter().filter(|(_, face)| face.side() == Side::Serves).filter_map(|(name, _)| {
            let data = this.data.get(name)?;
            let port = data.get("port").filter(|port| port.is_number())?;
            (!data.contains_key("host") && !has(port)).then_some((name, port))
        });
        promised
            .map(|(name, port)| {
                let path = [platform, "workload", "ports"].map(str::to_owned).to_vec();
                let diagnostic = Diagnostic::new(
                    Code::InvalidBody,
                    format!("{name} is served at port {port}, at which the workload does not listen"),
                )
                .expected(format!("ports: {{{name}: {port}}}"));
                (path, diagnostic)
            })
            .collect()
    }

    fn is_unsure(&self, node: usize, peer: &peers::Peer) -> bool {
        let other = peer.end.as_ref().and_then(|end| self.nodes.iter().position(|n| n.path == end.instance));
        other.is_none_or(|other| self.may_lose(node, other))
    }

    fn body_contexts(&self, node: usize, peers: &Peers, near: Option<&Identifier>) -> (Context, Context) {
        let this = &self.nodes[node];
        let known = |sample: bool| {
            let values: BTreeMap<Identifier, Vec<Value>> = this
                .faces
                .keys()
                .map(|name| {
                    let all = peers.get(name).into_iter().flatten().map(|peer| {
                        let mut value = peer.value.clone();
                        if sample {
                            value.insert("endpoint".into(), json!("peer.example:1"));
                            value.insert("host".into(), json!("peer.example"));
                            value.insert("port".into(), json!(1));
                        }
                        Value::Object(value)
                    });
                    (name.clone(), all.collect())
                })
                .collect();
            let peers::Roots { peer, peers, near } = peers::roots(values, near);
            let mut roots = Map::from_iter([("peer".to_owned(), json!(peer)), ("peers".to_owned(), json!(peers))]);
            roots.extend(near.map(|near| ("near".to_owned(), near)));
            roots.insert("config".into(), Value::Object(this.config.clone()));
            roots.insert("this".into(), this.this());
            roots
        };
        let mut sample: Map<String, Value> = known(true).iter().map(|(k, v)| (k.clone(), stand_in(v))).collect();
        sample_site(&mut sample);
        (Context::new(&known(false)), Context::new(&sample))
    }
}
