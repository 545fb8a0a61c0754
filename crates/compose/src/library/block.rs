//! What holds for every block, whatever application it is used in.

use serde_json::Value;

use super::{
    Entry, Flaws, Library, composite,
    faces::obscure,
    fields::{self, CONFIG, DATA},
    scope::{Roots, Scope},
};
use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    findings::either,
    model::{Block, BlockType, Bodies, Identifier, Polarity},
};

/// The interface beside whose peer a connector or mixed block is placed: the one it names, or its only south one.
pub(crate) fn affine(library: &Library, block: &Block) -> Option<Identifier> {
    if !block.spec.kind?.is_affine() {
        return None;
    }
    let faces = library.faces(block);
    if let Some(named) = &block.spec.affine {
        return faces.contains_key(named).then(|| named.clone());
    }
    let mut south = faces.into_iter().filter(|(_, f)| f.polarity == Polarity::South);
    let only = south.next()?.0;
    south.next().is_none().then_some(only)
}

/// A check in progress: the block, and where what is wrong is put.
pub(super) struct Check<'c> {
    pub(super) library: &'c Library,
    pub(super) entry: &'c Entry<Block>,
    pub(super) problems: &'c mut Problems,
}

impl Check<'_> {
    pub(super) fn name(&self) -> String {
        let metadata = &self.entry.document.metadata;
        format!("{}@{}", metadata.name, metadata.version)
    }

    pub(super) fn report(&mut self, path: &[&str], diagnostic: Diagnostic) {
        let name = self.name();
        self.problems.push(diagnostic.at(self.entry.origin.at(path)).block(name));
    }
}

pub(super) fn check(library: &Library, entry: &Entry<Block>, problems: &mut Problems) -> Flaws {
    let mut check = Check { library, entry, problems };
    let block = &entry.document;
    let Some(kind) = block.spec.kind else {
        check.report(
            &["spec"],
            Diagnostic::new(Code::InvalidBlock, "the block has no type")
                .expected("type: component, connector, mixed, ingress, egress or toplevel"),
        );
        return Flaws::default();
    };
    let name = check.name();
    shape(&mut check, kind);
    let config = ["spec", "config"];
    fields::check_schemas(CONFIG, &block.spec.config, &entry.origin, &config, &name, library.stop(), check.problems);
    interfaces(&mut check, kind);
    affinity(&mut check, kind);
    let scope = Scope::of(library, block);
    for (interface, declared) in &block.spec.interfaces {
        for (datum, value) in &declared.data {
            let path = ["spec", "interfaces", interface.as_str(), "data", datum.as_str()];
            scope.check(value, Roots::WithoutPeers, &entry.origin, &path, &name, check.problems);
        }
    }
    let flaws = match &block.spec.composite {
        Some(composite) => composite::check(&mut check, composite, &scope),
        None => Flaws::default(),
    };
    if let Some(bodies) = &block.spec.bodies {
        self::bodies(&mut check, bodies, kind);
        let value = serde_json::to_value(bodies).unwrap_or(Value::Null);
        scope.check(&value, Roots::All, &entry.origin, &["spec", "bodies"], &name, check.problems);
    }
    flaws
}

/// Whether the block has the one thing it is made of, where it needs one.
fn shape(check: &mut Check<'_>, kind: BlockType) {
    let spec = &check.entry.document.spec;
    let word = kind.as_str();
    match (&spec.composite, &spec.bodies) {
        (Some(_), Some(_)) => check.report(
            &["spec", "bodies"],
            Diagnostic::new(Code::InvalidBlock, "the block has both a composite and bodies").expected("one of the two"),
        ),
        (None, None) if matches!(kind, BlockType::Component | BlockType::Mixed) => check.report(
            &["spec"],
            Diagnostic::new(Code::InvalidBlock, format!("the {word} block has nothing to run"))
                .expected("bodies, or a composite of other blocks"),
        ),
        (composite, bodies) if kind == BlockType::Toplevel && (composite.is_none() || bodies.is_some()) => check
            .report(
                &["spec"],
                Diagnostic::new(Code::InvalidBlock, "the toplevel block is not a composite")
                    .expected("composite: with its parts"),
            ),
        _ => {}
    }
}

fn interfaces(check: &mut Check<'_>, kind: BlockType) {
    let spec = &check.entry.document.spec;
    for (name, interface) in &spec.interfaces {
        let here = ["spec", "interfaces", name.as_str()];
        let at = |key: &'static str| [here[0], here[1], here[2], key];
        if kind == BlockType::Toplevel {
            check.report(
                &here,
                Diagnostic::new(Code::InvalidBlock, format!("the toplevel block has the interface {name}"))
                    .expected("no interfaces: what is left to participants is said by the application, under open"),
            );
            continue;
        }
        match (kind.polarity(), interface.polarity) {
            (Some(fixed), Some(said)) if fixed != said => check.report(
                &at("polarity"),
                Diagnostic::new(
                    Code::PolarityMismatch,
                    format!("{name} of a {} block cannot be {}", kind.as_str(), polarity(said)),
                )
                .expected(polarity(fixed)),
            ),
            (None, None) if spec.composite.is_none() => check.report(
                &here,
                Diagnostic::new(
                    Code::PolarityMismatch,
                    format!("{name} of a mixed block does not say where it points"),
                )
                .expected("polarity: north or south"),
            ),
            _ => {}
        }
        if let Some(bind) = interface.bind.filter(|b| b.max.is_some_and(|max| max < b.min)) {
            let max = bind.max.unwrap_or_default();
            check.report(
                &at("bind"),
                Diagnostic::new(
                    Code::InvalidValue,
                    format!("{name} takes at least {} and at most {max} peers", bind.min),
                )
                .expected("max not below min"),
            );
        }
        let Some(declared) = check.library.interface_type(&interface.kind) else {
            if let Some(diagnostic) = check.library.no_type(&interface.kind) {
                check.report(&at("type"), diagnostic);
            }
            continue;
        };
        let roles = &declared.document.spec.roles;
        let Some(role) = roles.get(&interface.role) else {
            let known = roles.keys().map(Identifier::as_str);
            check.report(
                &at("role"),
                Diagnostic::new(
                    Code::UnknownRole,
                    format!("{} has no role {:?}", declared.document.metadata.name, interface.role.as_str()),
                )
                .expected(either(known.clone()))
                .near(interface.role.as_str(), known),
            );
            continue;
        };
        if spec.composite.is_none() {
            let block = check.name();
            let path = at("data");
            fields::check_fields(DATA, &role.data, &interface.data, &check.entry.origin, &path, &block, check.problems);
        }
    }
}

fn polarity(polarity: Polarity) -> &'static str {
    match polarity {
        Polarity::North => "north",
        Polarity::South => "south",
    }
}

fn affinity(check: &mut Check<'_>, kind: BlockType) {
    let block = &check.entry.document;
    let faces = check.library.faces(block);
    if !obscure(block, &faces).is_empty() {
        return;
    }
    let south = || faces.iter().filter(|(_, f)| f.polarity == Polarity::South).map(|(n, _)| n.as_str());
    if let Some(named) = &block.spec.affine {
        let diagnostic = if !kind.is_affine() {
            Diagnostic::new(Code::InvalidBlock, format!("a {} block is not placed beside another", kind.as_str()))
                .expected("no affine interface")
        } else if !south().any(|name| name == named.as_str()) {
            Diagnostic::new(Code::UnknownInterface, format!("there is no south interface {:?}", named.as_str()))
                .expected(either(south()))
                .near(named.as_str(), south())
        } else if faces.get(named).and_then(|f| f.bind).is_some_and(|b| b.max != Some(1)) {
            Diagnostic::new(
                Code::InvalidBlock,
                format!("the block is placed beside the peer of {named}, which may have several"),
            )
            .expected("bind: {min: 1, max: 1}")
        } else {
            return;
        };
        check.report(&["spec", "affine"], diagnostic);
    } else if kind.is_affine() && (block.spec.bodies.is_some() || block.spec.composite.is_some()) {
        let count = south().count();
        if count != 1 {
            let names = either(south());
            check.report(
                &["spec"],
                Diagnostic::new(
                    Code::InvalidBlock,
                    format!("a {} block with a body has {count} south interfaces", kind.as_str()),
                )
                .expected(if names.is_empty() {
                    "one to be placed by".to_owned()
                } else {
                    format!("affine: {names}")
                }),
            );
        }
    }
}

/// Objects are for Kubernetes, units for systemd and Podman; each platform's body has something to run.
fn bodies(check: &mut Check<'_>, bodies: &Bodies, kind: BlockType) {
    let all = [
        ("any", &bodies.any),
        ("kubernetes", &bodies.kubernetes),
        ("podman", &bodies.podman),
        ("docker", &bodies.docker),
        ("systemd", &bodies.systemd),
        ("process", &bodies.process),
    ];
    for (platform, body) in all.into_iter().filter_map(|(p, b)| Some((p, b.as_ref()?))) {
        let wrong = |what: &str| Diagnostic::new(Code::InvalidBody, format!("{platform} has no use for {what}"));
        if !body.objects.is_empty() && platform != "kubernetes" {
            check.report(
                &["spec", "bodies", platform, "objects"],
                wrong("objects").expected("objects under kubernetes only"),
            );
        }
        if !body.units.is_empty() && !matches!(platform, "podman" | "systemd") {
            check.report(
                &["spec", "bodies", platform, "units"],
                wrong("units").expected("units under podman or systemd only"),
            );
        }
        if body.is_empty() && kind == BlockType::Component {
            check.report(
                &["spec", "bodies", platform],
                Diagnostic::new(Code::InvalidBody, format!("the body for {platform} is empty"))
                    .expected("a workload, objects or units"),
            );
        }
        for (i, object) in body.objects.iter().enumerate() {
            let said = |pointer: &[&str]| {
                let mut value = object.get(pointer[0]);
                for key in &pointer[1..] {
                    value = value.and_then(|v| v.get(key));
                }
                value.is_some_and(Value::is_string)
            };
            for needed in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
                if !said(needed) {
                    check.report(
                        &["spec", "bodies", platform, "objects", &i.to_string()],
                        Diagnostic::new(Code::InvalidBody, format!("the object has no {}", needed.join(".")))
                            .expected("a Kubernetes object with apiVersion, kind and metadata.name"),
                    );
                }
            }
        }
    }
}
