//! The tree of instances, from the root block down, with their configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    At, Declared, MAX_INSTANCES, Node, Tree,
    doubt::{depends, reliable},
    values::Values,
};
use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    expression::is_expression,
    library::{CONFIG, Entry, MAX_DEPTH, check_fields, describe, judge, secret_literal, with_defaults},
    model::{Block, BlockType, Field, PartPlace, Reference},
    release::{has_late, late},
};

/// An instance to be made.
pub(super) struct New<'l> {
    pub(super) name: String,
    pub(super) block: &'l Entry<Block>,
    pub(super) parent: usize,
    pub(super) declared: Declared<'l>,
    pub(super) config: &'l BTreeMap<Field, Value>,
    pub(super) place: Option<PartPlace>,
    pub(super) optional: bool,
    /// Whether something was wrong with its configuration when the library was read.
    pub(super) flawed: bool,
}

impl<'l> Tree<'l> {
    /// Makes the instance of the root block and everything in it.
    pub(super) fn expand(&mut self) {
        let application = &self.application.document;
        let origin = &self.application.origin;
        let pin = &application.spec.root;
        let name = application.metadata.name.to_string();
        let Some(block) = self.library.block_version(pin.name.as_str(), &pin.version) else {
            let text = format!("{}@={}", pin.name, pin.version);
            let reference: Reference = text.parse().expect("an exact version is a range");
            if let Some(diagnostic) = self.library.no_block(&reference) {
                self.problems.push(diagnostic.at(origin.at(&["spec", "root"])).block(name));
            }
            return;
        };
        if block.document.spec.kind != Some(BlockType::Toplevel) {
            let word = block.document.spec.kind.map_or("untyped", BlockType::as_str);
            self.problems.push(
                Diagnostic::new(Code::InvalidBlock, format!("the root {pin} is a {word} block"))
                    .at(origin.at(&["spec", "root"]))
                    .block(&name)
                    .expected("a toplevel block"),
            );
            return;
        }
        let fields = &block.document.spec.config;
        let before = self.problems.len();
        let mut problems = Problems::default();
        check_fields(CONFIG, fields, &application.spec.config, origin, &["spec", "config"], &name, &mut problems);
        self.problems.append(problems);
        for (field, value) in &application.spec.config {
            if is_expression(value) {
                self.problems.push(
                    Diagnostic::new(Code::InvalidExpression, format!("{field} of an application is an expression"))
                        .at(origin.at(&["spec", "config", field.as_str()]))
                        .block(&name)
                        .expected("a plain value: there is nothing above an application to refer to"),
                );
            }
        }
        let given = application.spec.config.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
        let root = Node {
            path: name.clone(),
            name,
            block,
            parent: None,
            children: BTreeMap::new(),
            faces: BTreeMap::new(),
            optional: false,
            part_place: None,
            declared: Declared { origin, path: At::Root },
            config: with_defaults(fields, given),
            shaky: self.problems.len() > before,
            data: BTreeMap::new(),
            outer: BTreeMap::new(),
            place: None,
            near: None,
        };
        self.nodes.push(root);
        self.expand_parts(0);
    }

    /// Makes the parts of a composite.
    pub(super) fn expand_parts(&mut self, parent: usize) {
        let entry = self.nodes[parent].block;
        let Some(composite) = &entry.document.spec.composite else { return };
        for (name, part) in &composite.parts {
            let declared = Declared { origin: &entry.origin, path: At::Part(name.as_str()) };
            // What cannot be found was reported when the library was read.
            let Some(block) = self.library.block(&part.block) else { continue };
            let new = New {
                name: name.to_string(),
                block,
                parent,
                declared,
                config: &part.config,
                place: part.place.clone(),
                optional: part.optional,
                flawed: entry.flaws.parts.contains(name),
            };
            if let Some(child) = self.add(new) {
                self.nodes[parent].children.insert(name.clone(), child);
            }
        }
        self.doubt_exports(parent);
    }

    /// Makes an instance and everything in it.
    pub(super) fn add(&mut self, new: New<'l>) -> Option<usize> {
        let key =
            |entry: &Entry<Block>| format!("{}@{}", entry.document.metadata.name, entry.document.metadata.version);
        if self.is_stopped() {
            return None;
        }
        let path = format!("{}/{}", self.nodes[new.parent].path, new.name);
        let mut trail: Vec<String> = self.ancestors(new.parent).map(|i| key(self.nodes[i].block)).collect();
        if trail.contains(&key(new.block)) {
            trail.reverse();
            let this = key(new.block);
            self.problems.push(
                Diagnostic::new(Code::Cycle, format!("{this} contains itself: {} → {this}", trail.join(" → ")))
                    .at(new.declared.at(&["block"]))
                    .block(path)
                    .expected("composites that contain others without a circle"),
            );
            return None;
        }
        let too_large = if self.nodes.len() >= MAX_INSTANCES {
            Some(Diagnostic::new(Code::TooLarge, format!("the application has more than {MAX_INSTANCES} instances")))
        } else if trail.len() > MAX_DEPTH {
            Some(Diagnostic::new(Code::TooLarge, format!("blocks are more than {MAX_DEPTH} deep within each other")))
        } else {
            None
        };
        if let Some(diagnostic) = too_large {
            if !self.problems.iter().any(|d| d.code == Code::TooLarge) {
                self.problems.push(diagnostic.at(new.declared.at(&[])).block(path).expected("fewer parts"));
            }
            return None;
        }
        let index = self.nodes.len();
        self.nodes.push(Node {
            path,
            name: new.name,
            block: new.block,
            parent: Some(new.parent),
            children: BTreeMap::new(),
            faces: self.library.faces(&new.block.document),
            optional: new.optional,
            part_place: new.place,
            declared: new.declared,
            config: Map::new(),
            shaky: self.nodes[new.parent].shaky || new.flawed,
            data: BTreeMap::new(),
            outer: BTreeMap::new(),
            place: None,
            near: None,
        });
        self.configure(index, new.parent, new.config);
        self.tell(index);
        self.expand_parts(index);
        Some(index)
    }

    /// Evaluates the configuration of an instance in the terms of its parent.
    fn configure(&mut self, node: usize, parent: usize, given: &BTreeMap<Field, Value>) {
        let (context, sample) = self.nodes[parent].contexts();
        let stop = self.library.stop();
        let fields = &self.nodes[node].block.document.spec.config;
        let unreliable = self.unreliable(parent);
        let mut config = Map::new();
        for (name, value) in given {
            let mut faults = Vec::new();
            let upper = &self.nodes[parent];
            let values = Values { context: &context, sample: &sample, is_late: &|r| upper.is_late(r), stop };
            let value_now = values.evaluate(value, &mut Vec::new(), &mut faults);
            let failed = !faults.is_empty();
            let before = self.problems.len();
            reliable(&mut faults, value, &unreliable);
            let declared = self.nodes[node].declared;
            self.faults(node, faults, |_, path| declared.config(name.as_str(), path));
            let Some(field) = fields.get(name) else { continue };
            // What was written as it is was judged when the library was read.
            if !failed && value_now != *value && !depends(value, &unreliable) {
                self.judge(node, name, field, &value_now);
            }
            self.nodes[node].shaky |= failed || self.problems.len() > before;
            config.insert(name.to_string(), value_now);
        }
        self.nodes[node].config = with_defaults(fields, config);
    }

    fn judge(&mut self, node: usize, name: &Field, field: &crate::model::Property, value: &Value) {
        let at = self.nodes[node].declared.config(name.as_str(), &[]);
        if field.secret && has_late(value) {
            let diagnostic =
                Diagnostic::new(Code::InvalidConfig, format!("which secret {name} is depends on the site"))
                    .expected("a secret known when the application is built");
            self.report(node, at, diagnostic);
        } else if let Some(diagnostic) = secret_literal(name, field, value) {
            self.report(node, at, diagnostic);
        } else {
            for finding in judge(field, value, &|v| late(v).is_some()) {
                let diagnostic = describe(Code::InvalidConfig, name.as_str(), &finding);
                self.report(node, at.clone(), diagnostic);
            }
        }
    }

    /// Evaluates what an instance tells its peers.
    fn tell(&mut self, node: usize) {
        let entry = self.nodes[node].block;
        if entry.document.spec.composite.is_some() {
            return;
        }
        let mut told = BTreeMap::new();
        let stop = self.library.stop();
        let (context, sample) = self.nodes[node].contexts();
        let unreliable = self.unreliable(node);
        for (name, interface) in &entry.document.spec.interfaces {
            let Some(face) = self.nodes[node].faces.get(name) else { continue };
            let Some(role) = face.kind.spec.roles.get(&face.role) else { continue };
            let mut data = Map::new();
            for (datum, value) in &interface.data {
                let mut faults = Vec::new();
                let this = &self.nodes[node];
                let values = Values { context: &context, sample: &sample, is_late: &|r| this.is_late(r), stop };
                let now = values.evaluate(value, &mut Vec::new(), &mut faults);
                let base = ["spec", "interfaces", name.as_str(), "data", datum.as_str()];
                let failed = !faults.is_empty();
                reliable(&mut faults, value, &unreliable);
                self.faults(node, faults, |_, path| {
                    let whole: Vec<&str> = base.iter().copied().chain(path.iter().map(String::as_str)).collect();
                    entry.origin.at(&whole)
                });
                if !matches!(datum.as_str(), "host" | "port") && has_late(&now) {
                    let diagnostic = Diagnostic::new(Code::InvalidData, format!("{name}.{datum} depends on the site"))
                        .expected("something known when the application is built: peers may be at other sites");
                    self.report(node, entry.origin.at(&base), diagnostic);
                } else if let Some(field) =
                    role.data.get(datum).filter(|_| !failed && now != *value && !depends(value, &unreliable))
                {
                    for finding in judge(field, &now, &|v| late(v).is_some()) {
                        let diagnostic = describe(Code::InvalidData, datum.as_str(), &finding);
                        self.report(node, entry.origin.at(&base), diagnostic);
                    }
                }
                data.insert(datum.to_string(), now);
            }
            told.insert(name.clone(), with_defaults(&role.data, data));
        }
        self.nodes[node].data = told;
    }
}
