//! From an application and a library to a release.
//!
//! The tree of instances is expanded from the root block down, configuration flowing from composites to their parts; links
//! become bindings between the instances that interact in the end; then peers are counted, places found and bodies compiled.

mod assemble;
mod bodies;
mod cardinality;
mod doubt;
mod expand;
mod links;
mod places;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    Library,
    diagnostic::{Code, Diagnostic, Position, Problems},
    findings::either,
    library::{Entry, Face, Origin},
    model::{Application, Block, Identifier, Label, PartPlace, Reach},
    release::{Address, End, Release},
};

/// The most instances an application may have.
const MAX_INSTANCES: usize = 10_000;

/// Builds the newest version of an application.
///
/// The same library and application always give the same release. Otherwise everything that is wrong is said: with the
/// application, and with any document of the library.
pub fn build(library: &Library, application: &str) -> Result<Release, Problems> {
    let Some(entry) = library.application(application) else {
        let mut problems = library.problems().clone();
        if library.is_broken(application) && !problems.is_empty() {
            return Err(problems);
        }
        let known: Vec<&str> = library.applications().map(|a| a.document.metadata.name.as_str()).collect();
        problems.push(
            Diagnostic::new(Code::UnknownApplication, format!("there is no application {application:?}"))
                .expected(if known.is_empty() {
                    "an Application document".to_owned()
                } else {
                    either(known.iter().copied())
                })
                .near(application, known),
        );
        problems.sort();
        return Err(problems);
    };
    build_entry(library, entry)
}

/// Builds one application of a library.
pub fn build_entry(library: &Library, entry: &Entry<Application>) -> Result<Release, Problems> {
    let mut tree = Tree::new(library, entry);
    tree.expand();
    tree.link();
    tree.open();
    // Of a tree that was cut off nothing more can be said.
    let whole = !tree.problems.iter().any(|d| d.code == Code::TooLarge);
    if whole {
        tree.bind();
        tree.count();
        tree.place();
    }
    let mut release = tree.assemble();
    if whole {
        tree.compile(&mut release);
    }
    let mut problems = library.problems().clone();
    problems.append(tree.problems);
    library.stop().or(problems).or(release)
}

/// An application as it is being built.
struct Tree<'l> {
    library: &'l Library,
    application: &'l Entry<Application>,
    nodes: Vec<Node<'l>>,
    /// Links between the interfaces of leaves.
    joined: Vec<Joined>,
    bindings: Vec<crate::release::Binding>,
    addresses: BTreeMap<String, Address>,
    /// Interfaces whose peers are not all known, because something was wrong that has been said.
    doubtful: BTreeSet<Leaf>,
    problems: Problems,
}

/// An instance as it is being built.
struct Node<'l> {
    path: String,
    name: String,
    block: &'l Entry<Block>,
    parent: Option<usize>,
    children: BTreeMap<Label, usize>,
    faces: BTreeMap<Identifier, Face<'l>>,
    optional: bool,
    part_place: Option<PartPlace>,
    /// Where the part is declared.
    declared: Declared<'l>,
    config: Map<String, Value>,
    /// Whether the configuration is not what it would be if all were in order.
    shaky: bool,
    data: BTreeMap<Identifier, Map<String, Value>>,
    /// How many peers each interface of a composite has outside of it.
    outer: BTreeMap<Identifier, u32>,
    place: Option<Label>,
    near: Option<End>,
}

/// Where something is declared: the document, and the path within it.
#[derive(Clone, Copy, Debug)]
struct Declared<'l> {
    origin: &'l Origin,
    path: At<'l>,
}

/// A path within a document.
#[derive(Clone, Copy, Debug)]
enum At<'l> {
    Root,
    Part(&'l str),
    Link(usize),
}

/// A link between the interfaces of two leaves.
#[derive(Clone, Debug)]
struct Joined {
    a: Leaf,
    b: Leaf,
    via: Option<usize>,
    reach: Reach,
}

/// An interface of a leaf.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Leaf {
    node: usize,
    interface: Identifier,
}

impl Declared<'_> {
    fn at(&self, more: &[&str]) -> Option<Position> {
        let index;
        let base: &[&str] = match self.path {
            At::Root => &["spec", "root"],
            At::Part(name) => &["spec", "composite", "parts", name],
            At::Link(i) => {
                index = i.to_string();
                &["spec", "composite", "links", &index]
            }
        };
        self.origin.at(&[base, more].concat())
    }

    /// The position of a configuration value.
    fn config(&self, field: &str, inner: &[String]) -> Option<Position> {
        let more: Vec<&str> = ["config", field].into_iter().chain(inner.iter().map(String::as_str)).collect();
        match self.path {
            At::Root => self.origin.at(&[&["spec"], more.as_slice()].concat()),
            _ => self.at(&more),
        }
    }
}

impl<'l> Tree<'l> {
    fn new(library: &'l Library, application: &'l Entry<Application>) -> Self {
        Self {
            library,
            application,
            nodes: Vec::new(),
            joined: Vec::new(),
            bindings: Vec::new(),
            addresses: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            problems: Problems::default(),
        }
    }

    fn end(&self, leaf: &Leaf) -> End {
        End { instance: self.nodes[leaf.node].path.clone(), interface: leaf.interface.clone() }
    }

    fn face(&self, leaf: &Leaf) -> &Face<'l> {
        &self.nodes[leaf.node].faces[&leaf.interface]
    }

    /// Whether nobody waits for the release any more.
    fn is_stopped(&self) -> bool {
        self.library.stop().is_said()
    }

    /// The instance itself and everything it is part of, from the inside out.
    fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(node), |i| self.nodes[*i].parent)
    }

    /// Whether a site could decline `other` and keep `node`.
    fn may_lose(&self, node: usize, other: usize) -> bool {
        let kept: Vec<usize> = self.ancestors(node).collect();
        self.ancestors(other).any(|i| self.nodes[i].optional && !kept.contains(&i))
    }

    fn report(&mut self, node: usize, position: Option<Position>, diagnostic: Diagnostic) {
        let path = self.nodes[node].path.clone();
        self.problems.push(diagnostic.at(position).block(path));
    }
}
