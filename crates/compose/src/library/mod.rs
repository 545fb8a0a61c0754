//! A library: interface types, blocks and applications, each in any number of versions.

mod block;
mod composite;
mod faces;
mod fields;
mod interface_type;
mod load;
mod origin;
mod scope;
mod slips;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

pub(crate) use block::affine;
pub(crate) use composite::has_body;
pub use faces::MAX_DEPTH;
pub(crate) use faces::{Face, Joint, is_declared, join, obscure};
pub(crate) use fields::{CONFIG, check_fields, check_filled_in, describe, judge, secret_literal, with_defaults};
pub(crate) use origin::Origin;
pub(crate) use scope::unreadable;

use crate::{
    Stop,
    diagnostic::{Code, Diagnostic, Problems},
    model::{Application, Block, InterfaceType, Label, Reference},
};

/// A library of blocks and interface types, and the applications that came with them.
#[derive(Clone, Debug, Default)]
pub struct Library {
    types: Shelf<InterfaceType>,
    blocks: Shelf<Block>,
    applications: Shelf<Application>,
    /// Names whose documents could not be read: what refers to them is not reported on top.
    broken: BTreeSet<String>,
    /// Whether a document could not be read, and not even its name is known.
    nameless: bool,
    /// Everything that is wrong with the documents.
    problems: Problems,
    /// Stops whatever is done with it.
    stop: Stop,
}

/// A document in the library.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// The document. What a block extends has been merged into it.
    pub document: T,
    /// SHA-256 of the document as it was authored, in hexadecimal.
    pub digest: String,
    /// What it extends, nearest first, each as `name@version`.
    pub lineage: Vec<String>,
    pub(crate) origin: Origin,
    pub(crate) flaws: Flaws,
}

/// What of a composite was found wrong when it was read. What only follows from that is not said again by a build.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaws {
    /// The parts whose configuration is wrong.
    pub(crate) parts: BTreeSet<Label>,
    /// The links that do not join, or whose connector's configuration is wrong.
    pub(crate) links: BTreeSet<usize>,
}

type Shelf<T> = BTreeMap<Label, BTreeMap<Version, Entry<T>>>;

impl Library {
    /// The newest version of a block in a range.
    pub fn block(&self, reference: &Reference) -> Option<&Entry<Block>> {
        newest(&self.blocks, reference)
    }

    /// The newest version of an interface type in a range.
    pub fn interface_type(&self, reference: &Reference) -> Option<&Entry<InterfaceType>> {
        newest(&self.types, reference)
    }

    /// The newest version of an application.
    pub fn application(&self, name: &str) -> Option<&Entry<Application>> {
        self.applications.get(name)?.last_key_value().map(|(_, entry)| entry)
    }

    /// All applications, in order of name and version.
    pub fn applications(&self) -> impl Iterator<Item = &Entry<Application>> {
        self.applications.values().flat_map(BTreeMap::values)
    }

    /// All blocks, in order of name and version.
    pub fn blocks(&self) -> impl Iterator<Item = &Entry<Block>> {
        self.blocks.values().flat_map(BTreeMap::values)
    }

    /// All interface types, in order of name and version.
    pub fn interface_types(&self) -> impl Iterator<Item = &Entry<InterfaceType>> {
        self.types.values().flat_map(BTreeMap::values)
    }

    /// Everything that is wrong with the documents. A build says it together with what is wrong with the application.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// What stops the work that is done with it.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Whether a document of this name may have been there, but could not be read.
    pub(crate) fn is_broken(&self, name: &str) -> bool {
        self.nameless || self.broken.contains(name)
    }

    pub(crate) fn block_version(&self, name: &str, version: &Version) -> Option<&Entry<Block>> {
        self.blocks.get(name)?.get(version)
    }

    /// Why a block cannot be found: none if its document was already reported as broken.
    pub(crate) fn no_block(&self, reference: &Reference) -> Option<Diagnostic> {
        self.missing(&self.blocks, reference, Code::UnknownBlock, "block")
    }

    /// Why an interface type cannot be found.
    pub(crate) fn no_type(&self, reference: &Reference) -> Option<Diagnostic> {
        self.missing(&self.types, reference, Code::UnknownType, "interface type")
    }

    fn missing<T>(&self, shelf: &Shelf<T>, reference: &Reference, code: Code, what: &str) -> Option<Diagnostic> {
        if self.is_broken(reference.name.as_str()) {
            return None;
        }
        Some(match shelf.get(&reference.name) {
            None => Diagnostic::new(code, format!("there is no {what} {:?}", reference.name.as_str()))
                .expected(format!("{what}s are those of the library"))
                .near(reference.name.as_str(), shelf.keys().map(Label::as_str)),
            Some(versions) => {
                let have: Vec<String> = versions.keys().map(Version::to_string).collect();
                let newest = have.last().map(|v| format!("{}@{v}", reference.name));
                let mut diagnostic = Diagnostic::new(
                    Code::NoMatchingVersion,
                    format!("no version of {what} {:?} is in the range {}", reference.name.as_str(), reference.range),
                )
                .expected(format!("a range with one of {}", have.join(", ")));
                diagnostic.nearest = newest;
                diagnostic
            }
        })
    }
}

fn newest<'l, T>(shelf: &'l Shelf<T>, reference: &Reference) -> Option<&'l Entry<T>> {
    shelf.get(&reference.name)?.iter().rev().find(|(v, _)| reference.range.matches(v)).map(|(_, entry)| entry)
}
