//! What the expressions of a block can refer to, and whether they do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Library, Origin, interface_type::PEER_FIELDS};
use crate::{
    Stop,
    diagnostic::{Code, Diagnostic, Problems},
    expression::{ExpressionError, Failure, is_expression, references_of},
    findings::either,
    model::{Block, Field, Identifier},
};

/// What the expressions of a block can refer to.
#[derive(Debug)]
pub(super) struct Scope {
    config: BTreeSet<String>,
    /// Each interface with its own data, what its peers tell, and whether it can have more than one.
    interfaces: BTreeMap<String, Facing>,
    /// Interfaces of which nothing is known, because what they are made of is not in order.
    obscure: BTreeSet<String>,
    near: Option<String>,
    stop: Stop,
}

#[derive(Debug)]
struct Facing {
    own: BTreeSet<String>,
    peers: BTreeSet<String>,
    several: bool,
}

/// Which roots there are in some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// In bodies: everything.
    All,
    /// In the configuration of parts and in interface data: nothing about peers.
    WithoutPeers,
}

const SITE: [&str; 5] = ["name", "classes", "labels", "platform", "locals"];
const NETWORK: [&str; 2] = ["name", "id"];
const THIS: [&str; 6] = ["name", "id", "instance", "block", "version", "interfaces"];

impl Scope {
    pub(super) fn of(library: &Library, block: &Block) -> Self {
        let faces = library.faces(block);
        let facing = |face: &super::Face<'_>| {
            let roles = &face.kind.spec.roles;
            let data =
                |role: &Identifier| roles.get(role).into_iter().flat_map(|r| r.data.keys()).map(Field::to_string);
            let met = roles.get(&face.role).into_iter().flat_map(|r| &r.meets);
            let known = PEER_FIELDS.into_iter().chain(["host", "port", "endpoint"]).map(str::to_owned);
            Facing {
                own: data(&face.role).collect(),
                peers: met.flat_map(data).chain(known).collect(),
                several: face.bind.is_some_and(|b| b.max != Some(1)),
            }
        };
        Self {
            config: block.spec.config.keys().map(Field::to_string).collect(),
            interfaces: faces.iter().map(|(name, face)| (name.to_string(), facing(face))).collect(),
            obscure: super::faces::obscure(block, &faces).into_iter().map(Identifier::to_string).collect(),
            near: super::block::affine(library, block).map(|i| i.to_string()),
            stop: library.stop().clone(),
        }
    }

    /// Why a reference cannot exist, with what can and what is near.
    fn refuse(&self, reference: &str, roots: Roots) -> Option<Diagnostic> {
        let mut parts = reference.split('.');
        let root = parts.next().unwrap_or_default();
        let second = parts.next();
        let third = parts.next();
        let unknown = |prefix: &str, name: &str, valid: &mut dyn Iterator<Item = &str>| {
            let valid: Vec<String> = valid.map(|v| format!("{prefix}{v}")).collect();
            let whole = format!("{prefix}{name}");
            let mut diagnostic = Diagnostic::new(Code::UnknownReference, format!("`{whole}` cannot exist here"))
                .expected(either(valid.iter().map(String::as_str)))
                .near(&whole, valid.iter().map(String::as_str));
            if diagnostic.expected.is_empty() {
                diagnostic.expected = format!("nothing: there is no {prefix}…");
            }
            Some(diagnostic)
        };
        let obscure = match root {
            "peer" | "peers" if roots == Roots::All => second.is_some_and(|name| self.obscure.contains(name)),
            "near" if roots == Roots::All => !self.obscure.is_empty(),
            "this" if second == Some("interfaces") => third.is_some_and(|name| self.obscure.contains(name)),
            _ => false,
        };
        if obscure {
            return None;
        }
        match (root, second) {
            ("config", Some(field)) if !self.config.contains(field) => {
                unknown("config.", field, &mut self.config.iter().map(String::as_str))
            }
            ("this", Some(field)) if !THIS.contains(&field) => unknown("this.", field, &mut THIS.into_iter()),
            ("this", Some("interfaces")) => {
                let name = third?;
                let Some(facing) = self.interfaces.get(name) else {
                    return unknown("this.interfaces.", name, &mut self.interfaces.keys().map(String::as_str));
                };
                let datum = parts.next()?;
                if facing.own.contains(datum) {
                    return None;
                }
                unknown(&format!("this.interfaces.{name}."), datum, &mut facing.own.iter().map(String::as_str))
            }
            ("peer" | "peers" | "near", _) if roots == Roots::WithoutPeers => Some(
                Diagnostic::new(Code::UnknownReference, format!("`{reference}` cannot exist here"))
                    .expected("config, this, site or network: peers are known in bodies only"),
            ),
            ("peer" | "peers", Some(name)) => {
                let Some(facing) = self.interfaces.get(name) else {
                    return unknown(&format!("{root}."), name, &mut self.interfaces.keys().map(String::as_str));
                };
                if root == "peer" && facing.several {
                    let mut diagnostic =
                        Diagnostic::new(Code::UnknownReference, format!("{name} may have more than one peer"))
                            .expected("peers, which is a list");
                    diagnostic.nearest = Some(format!("peers.{name}"));
                    return Some(diagnostic);
                }
                let field = third?;
                if root == "peers" || facing.peers.contains(field) {
                    return None;
                }
                unknown(&format!("peer.{name}."), field, &mut facing.peers.iter().map(String::as_str))
            }
            ("near", field) => {
                let Some(facing) = self.near.as_ref().and_then(|n| self.interfaces.get(n)) else {
                    return Some(
                        Diagnostic::new(Code::UnknownReference, "`near` cannot exist here")
                            .expected("near in connector and mixed blocks only"),
                    );
                };
                let field = field?;
                if facing.peers.contains(field) {
                    return None;
                }
                unknown("near.", field, &mut facing.peers.iter().map(String::as_str))
            }
            ("site", Some(field)) if !SITE.contains(&field) => unknown("site.", field, &mut SITE.into_iter()),
            ("network", Some(field)) if !NETWORK.contains(&field) => {
                unknown("network.", field, &mut NETWORK.into_iter())
            }
            ("config" | "this" | "peer" | "peers" | "site" | "network", _) => None,
            ("self", _) => {
                let mut diagnostic = Diagnostic::new(Code::UnknownReference, "`self` cannot exist here")
                    .expected("config, this, peer, peers, near, site or network");
                diagnostic.nearest = Some("this".to_owned());
                Some(diagnostic)
            }
            (other, _) => {
                let all = ["config", "this", "peer", "peers", "near", "site", "network"];
                unknown("", other, &mut all.into_iter())
            }
        }
    }

    /// Checks every expression within a value.
    pub(super) fn check(
        &self,
        value: &Value,
        roots: Roots,
        origin: &Origin,
        path: &[&str],
        block: &str,
        problems: &mut Problems,
    ) {
        walk_expressions(value, &mut path.iter().map(|s| (*s).to_owned()).collect(), &mut |text, path| {
            if self.stop.is_said() {
                return;
            }
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match references_of(text) {
                Err(error) => problems.push(unreadable(&error).at(origin.at(&path)).block(block)),
                Ok(references) => {
                    for diagnostic in references.iter().filter_map(|r| self.refuse(r, roots)) {
                        problems.push(diagnostic.at(origin.at(&path)).block(block));
                    }
                }
            }
        });
    }
}

/// A diagnostic for an expression without a value.
pub(crate) fn unreadable(error: &ExpressionError) -> Diagnostic {
    match error.failure {
        Failure::Syntax => Diagnostic::new(Code::InvalidExpression, &error.message).expected(
            "an expression such as ${{ config.port }} or ${{ peers.db | map(attribute='host') | join(',') }}",
        ),
        Failure::Undefined => Diagnostic::new(Code::FailedExpression, &error.message)
            .expected("something that is there, or a default: ${{ … | default('…') }}"),
        Failure::Secret => Diagnostic::new(Code::SecretLiteral, &error.message)
            .expected("the secret as a whole value: ${{ config.password }}"),
        Failure::Other => Diagnostic::new(Code::FailedExpression, &error.message)
            .expected("values of the types that operators, filters and texts take, within the limits of an expression"),
    }
}

/// Calls for every text with an expression, with its path.
pub(crate) fn walk_expressions(value: &Value, path: &mut Vec<String>, visit: &mut dyn FnMut(&str, &[String])) {
    match value {
        Value::String(text) if is_expression(value) => visit(text, path),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                path.push(i.to_string());
                walk_expressions(item, path, visit);
                path.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                path.push(key.clone());
                walk_expressions(item, path, visit);
                path.pop();
            }
        }
        _ => {}
    }
}
