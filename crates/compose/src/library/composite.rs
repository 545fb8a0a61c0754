//! What holds for every composite: its parts exist and are set, its links join, its exports are what it says they are.

use serde_json::Value;

use super::{
    Face, Flaws, Library,
    block::Check,
    faces::join,
    fields::{self, CONFIG},
    scope::{Roots, Scope},
};
use crate::{
    diagnostic::{Code, Diagnostic},
    findings::either,
    model::{Block, BlockType, Composite, Endpoint, Identifier, Label, Link, Part, Polarity, Reference},
};

pub(super) fn check(check: &mut Check<'_>, composite: &Composite, scope: &Scope) -> Flaws {
    if composite.parts.is_empty() {
        check.report(
            &["spec", "composite", "parts"],
            Diagnostic::new(Code::InvalidBlock, "the composite has no parts").expected("one part or more"),
        );
    }
    let mut flaws = Flaws::default();
    for (name, part) in &composite.parts {
        let before = check.problems.len();
        self::part(check, name, part, scope);
        if check.problems.len() > before {
            flaws.parts.insert(name.clone());
        }
    }
    for (i, link) in composite.links.iter().enumerate() {
        let before = check.problems.len();
        self::link(check, composite, &i.to_string(), link, scope);
        if check.problems.len() > before {
            flaws.links.insert(i);
        }
    }
    exports(check, composite);
    flaws
}

fn part(check: &mut Check<'_>, name: &Label, part: &Part, scope: &Scope) {
    let here = ["spec", "composite", "parts", name.as_str()];
    let at = |key: &'static str| [here[0], here[1], here[2], here[3], key];
    let Some(block) = found(check, &part.block, &at("block")) else { return };
    let kind = block.spec.kind.unwrap_or(BlockType::Component);
    if kind == BlockType::Toplevel {
        check.report(
            &at("block"),
            Diagnostic::new(Code::InvalidBlock, format!("{} is a whole application", part.block))
                .expected("a block of any other type"),
        );
    }
    if kind.is_affine() && part.place.is_some() {
        check.report(
            &at("place"),
            Diagnostic::new(Code::InvalidPlace, format!("the {} block {name} has a place", kind.as_str()))
                .expected("no place: it goes where what it connects is"),
        );
    }
    settings(check, block, &part.config, &at("config"), scope);
}

/// The configuration given to a block.
fn settings(
    check: &mut Check<'_>,
    block: &Block,
    config: &std::collections::BTreeMap<crate::model::Field, Value>,
    path: &[&str],
    scope: &Scope,
) {
    let name = check.name();
    let origin = &check.entry.origin;
    fields::check_fields(CONFIG, &block.spec.config, config, origin, path, &name, check.problems);
    for (field, value) in config {
        let whole: Vec<&str> = path.iter().copied().chain([field.as_str()]).collect();
        scope.check(value, Roots::WithoutPeers, origin, &whole, &name, check.problems);
    }
}

fn found<'l>(check: &mut Check<'l>, reference: &Reference, path: &[&str]) -> Option<&'l Block> {
    let library: &'l Library = check.library;
    if let Some(entry) = library.block(reference) {
        return Some(&entry.document);
    }
    if let Some(diagnostic) = library.no_block(reference) {
        check.report(path, diagnostic);
    }
    None
}

fn link(check: &mut Check<'_>, composite: &Composite, index: &str, link: &Link, scope: &Scope) {
    let here = ["spec", "composite", "links", index];
    let at = |key: &'static str| [here[0], here[1], here[2], here[3], key];
    let from = end(check, composite, &link.from, &at("from"));
    let to = end(check, composite, &link.to, &at("to"));
    let via = match &link.via {
        None => None,
        Some(reference) => {
            let Some(block) = found(check, reference, &at("via")) else { return };
            if !block.spec.kind.is_some_and(BlockType::is_affine) {
                check.report(
                    &at("via"),
                    Diagnostic::new(Code::UnfitConnector, format!("{reference} is not a connector"))
                        .expected("a connector or mixed block"),
                );
                return;
            }
            settings(check, block, &link.config, &at("config"), scope);
            Some((reference, check.library.faces(block), has_body(block)))
        }
    };
    if link.via.is_none() && !link.config.is_empty() {
        check.report(
            &at("config"),
            Diagnostic::new(Code::UnknownConfig, "the link has no connector to configure")
                .expected("via: with a connector block"),
        );
    }
    let (Some(from), Some(to)) = (from, to) else { return };
    if link.from == link.to {
        check.report(
            &at("to"),
            Diagnostic::new(Code::RoleMismatch, format!("{} is linked to itself", link.to))
                .expected("another interface"),
        );
        return;
    }
    let via = via.as_ref().map(|(reference, faces, bodied)| (reference.name.as_str(), faces, *bodied));
    if let Err(diagnostic) = join(&from, &to, via) {
        let path = if link.via.is_some() { at("via") } else { at("to") };
        check.report(&path, *diagnostic);
    }
}

/// Whether something runs for the block, by itself or in its parts.
pub(crate) fn has_body(block: &Block) -> bool {
    block.spec.bodies.is_some() || block.spec.composite.is_some()
}

fn end<'l>(check: &mut Check<'l>, composite: &Composite, endpoint: &Endpoint, path: &[&str]) -> Option<Face<'l>> {
    let library: &'l Library = check.library;
    let Some(part) = composite.parts.get(&endpoint.part) else {
        let parts = composite.parts.keys().map(Label::as_str);
        check.report(
            path,
            Diagnostic::new(Code::UnknownPart, format!("there is no part {:?}", endpoint.part.as_str()))
                .expected(either(parts.clone()))
                .near(endpoint.part.as_str(), parts),
        );
        return None;
    };
    // A block that cannot be found is reported at the part.
    let block = &library.block(&part.block)?.document;
    let mut faces = library.faces(block);
    if let Some(face) = faces.remove(&endpoint.interface) {
        return Some(face);
    }
    // One that is declared but cannot be made out is reported where it is declared.
    if !super::faces::is_declared(block, &endpoint.interface) {
        let known = faces.keys().map(Identifier::as_str);
        check.report(
            path,
            Diagnostic::new(
                Code::UnknownInterface,
                format!("{} ({}) has no interface {:?}", endpoint.part, part.block, endpoint.interface.as_str()),
            )
            .expected(either(known.clone()))
            .near(endpoint.interface.as_str(), known),
        );
    }
    None
}

fn exports(check: &mut Check<'_>, composite: &Composite) {
    let spec = &check.entry.document.spec;
    let kind = spec.kind.unwrap_or(BlockType::Component);
    for (name, endpoint) in &composite.exports {
        let path = ["spec", "composite", "exports", name.as_str()];
        let Some(face) = end(check, composite, endpoint, &path) else { continue };
        if kind == BlockType::Toplevel {
            check.report(
                &path,
                Diagnostic::new(Code::ExportMismatch, format!("the toplevel block exports {name}"))
                    .expected("no exports: what is left to participants is said by the application, under open"),
            );
            continue;
        }
        if let Some(polarity) = kind.polarity().filter(|p| *p != face.polarity) {
            let word = |p| if p == Polarity::North { "north" } else { "south" };
            check.report(
                &path,
                Diagnostic::new(Code::ExportMismatch, format!("{endpoint} is {}", word(face.polarity)))
                    .expected(format!("a {} interface: the block is a {}", word(polarity), kind.as_str())),
            );
        }
        let Some(declared) = spec.interfaces.get(name) else { continue };
        let same_type = declared.kind.name == *face.type_name() && declared.kind.range.matches(face.version());
        if !same_type || declared.role != face.role {
            check.report(
                &["spec", "interfaces", name.as_str()],
                Diagnostic::new(
                    Code::ExportMismatch,
                    format!(
                        "{name} is declared as {} ({}), but {endpoint} is {}",
                        declared.role,
                        declared.kind,
                        face.words()
                    ),
                )
                .expected(format!("type: {}, role: {}", face.type_name(), face.role)),
            );
        }
    }
    for name in spec.interfaces.keys().filter(|name| !composite.exports.contains_key(*name)) {
        if kind == BlockType::Toplevel {
            continue;
        }
        let known = composite.parts.keys().map(|p| format!("{p}.{name}")).collect::<Vec<_>>();
        check.report(
            &["spec", "interfaces", name.as_str()],
            Diagnostic::new(Code::ExportMismatch, format!("the composite declares {name} but exports nothing as it"))
                .expected(format!("exports: {{{name}: PART.INTERFACE}}"))
                .near(name.as_str(), known.iter().map(String::as_str)),
        );
    }
}
