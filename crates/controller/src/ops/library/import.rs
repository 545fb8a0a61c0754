//! Imports: a set of documents is judged as a whole, against what is there, and taken as a whole.
//!
//! Judging takes time and may be long for documents that are made to be: it holds nothing meanwhile. Whether the library
//! is still the one it was judged against is asked when it is changed.

use std::collections::{BTreeMap, BTreeSet};

use api::IN_LIBRARY;
use compose::{
    Code, Diagnostic, Library, MAX_DEPTH, Problems, Source, Stop,
    build::build_entry,
    canonical::canonical,
    model::{BlockType, Endpoint, Identifier, Interface as Declared, Reference},
};
use data_encoding::HEXLOWER;
use model::{GenericUuid as _, LibraryDocumentId, Name};
use semver::Version;
use store::library::{self, Interface, Kind, NewDocument};
use uuid::Uuid;

use super::Catalogue;
use crate::{
    App,
    ops::{Actor, OpError, compute},
};

/// How often an import is judged anew because the library has changed meanwhile.
const ATTEMPTS: usize = 5;

/// A set of documents to import.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The texts.
    pub sources: Vec<Source>,
    /// Whether the starter library is part of it.
    pub starter: bool,
    /// Whether only to say what would happen.
    pub dry_run: bool,
}

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The documents of the set, in their order.
    pub items: Vec<Item>,
    /// What is not in order any more in documents that were there before.
    pub affected: Problems,
}

/// What an import did with one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What kind of document it is.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its canonical form, in hexadecimal.
    pub digest: String,
    /// Whether it is new.
    pub added: bool,
}

/// What was found out about a set.
struct Judged {
    imported: Imported,
    new: Vec<NewDocument>,
}

/// Imports a set of documents: all of them, or none.
pub async fn import(app: &App, actor: &Actor, input: Import) -> Result<Imported, OpError> {
    let Import { mut sources, starter, dry_run } = input;
    if starter {
        sources.extend(compose::starter());
    }
    let (sources, documents) = compute::run(move |_| {
        let documents: Vec<compose::Document> = sources.iter().flat_map(compose::documents).collect();
        (sources, documents)
    })
    .await?;
    for _ in 0..ATTEMPTS {
        let mut at = app.store().snapshot().await?;
        let generation = library::generation(&mut at).await?;
        let catalogue = Catalogue::read(&mut at).await?;
        let set = Set::new(&documents, &catalogue);
        let contents = library::contents(&mut at, set.needed.iter().copied()).await?;
        at.end().await?;
        let present = contents.into_iter().map(|(document, content)| {
            let name = format!("{IN_LIBRARY}{} {}@{}", document.kind, document.name, document.version);
            Source::new(name, content.source)
        });
        let all: Vec<Source> = present.chain(sources.iter().cloned()).collect();
        let parsed = documents.clone();
        let Judged { imported, new } = compute::run(move |stop| judge(&all, parsed, set, stop)).await??;
        if dry_run || new.is_empty() {
            return Ok(imported);
        }
        let mut tx = app.store().begin(&actor.context()).await?;
        if library::take(&mut tx).await? != generation {
            tx.rollback().await?;
            continue;
        }
        for document in &new {
            library::add(&mut tx, document).await?;
        }
        tx.commit().await?;
        return Ok(imported);
    }
    Err(OpError::Busy("the library is being changed by many at once"))
}

fn kind_of(word: &str) -> Kind {
    match word {
        "InterfaceType" => Kind::InterfaceType,
        "Application" => Kind::Application,
        _ => Kind::Block,
    }
}

type Key = (Kind, String, Version);

fn key(document: &compose::Document) -> Key {
    (kind_of(document.kind), document.name.clone(), document.version.clone())
}

/// A set beside the library.
struct Set {
    /// What is there with the same content.
    unchanged: BTreeSet<Key>,
    /// What is there with other content.
    conflicts: Problems,
    /// What of the library is needed to judge it.
    needed: BTreeSet<LibraryDocumentId>,
}

impl Set {
    fn new(documents: &[compose::Document], catalogue: &Catalogue) -> Self {
        let (mut unchanged, mut conflicts) = (BTreeSet::new(), Problems::default());
        let (mut twins, mut affected, mut roots) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for document in documents {
            let (kind, name, version) = key(document);
            match catalogue.version(kind, &name, &version) {
                Some(known) => {
                    twins.insert(known.id);
                    if HEXLOWER.encode(&known.digest) == document.digest {
                        unchanged.insert((kind, name, version));
                    } else {
                        conflicts.push(conflict(document));
                    }
                }
                None => affected.extend(catalogue.affected(kind, &name, &version)),
            }
            roots.extend(named(document));
        }
        affected.extend(catalogue.all_users(affected.clone()));
        let exactly = affected.iter().filter_map(|id| catalogue.exactly(*id));
        let near: Vec<_> = roots.iter().flat_map(|(kind, reference)| catalogue.near(*kind, reference)).collect();
        let mut needed = catalogue.closure(roots.into_iter().chain(exactly));
        needed.extend(affected);
        let near = near.into_iter().filter_map(|id| catalogue.exactly(id));
        needed.extend(catalogue.closure(near));
        // The set's own text stands for what is there already.
        needed.retain(|id| !twins.contains(id));
        Self { unchanged, conflicts, needed }
    }
}

fn conflict(document: &compose::Document) -> Diagnostic {
    let id = format!("{}@{}", document.name, document.version);
    let what = kind_of(document.kind).to_string().replace('-', " ");
    Diagnostic::new(Code::ConflictingVersion, format!("the {what} {id} is in the library with other content"))
        .at(document.at.clone())
        .block(id)
        .expected("a new version: what is in a library never changes")
}

fn named(document: &compose::Document) -> impl Iterator<Item = (Kind, Reference)> {
    compose::references(&document.json)
        .into_iter()
        .filter_map(|(kind, reference)| Some((kind_of(kind), reference.parse().ok()?)))
}

fn judge(sources: &[Source], documents: Vec<compose::Document>, set: Set, stop: &Stop) -> Result<Judged, OpError> {
    let (library, problems) = Library::load_until(sources, stop);
    let names: BTreeSet<&str> = documents.iter().map(|document| document.name.as_str()).collect();
    let (mut refused, mut affected) = (set.conflicts, Problems::default());
    let only_conflicts = !refused.is_empty();
    let mut sort = |problems: &Problems, refused: &mut Problems| {
        for diagnostic in problems.iter() {
            if is_of_set(diagnostic, &names) { &mut *refused } else { &mut affected }.push(diagnostic.clone());
        }
    };
    let conflicting = refused.len();
    sort(&problems, &mut refused);
    for entry in library.applications() {
        let metadata = &entry.document.metadata;
        let mut same = documents.iter().filter(|d| d.kind == "Application" && d.name == metadata.name.as_str());
        if same.any(|document| document.version == *metadata.version())
            && let Err(problems) = build_entry(&library, entry)
        {
            sort(&problems, &mut refused);
        }
    }
    let only_conflicts = only_conflicts && refused.len() == conflicting;
    refused.or(()).map_err(|problems| {
        if only_conflicts { OpError::VersionTaken(problems) } else { OpError::Documents(problems) }
    })?;
    let mut judged = Judged { imported: Imported::default(), new: Vec::new() };
    judged.imported.affected = affected.or(()).err().unwrap_or_default();
    let mut seen = BTreeSet::new();
    for document in documents {
        let key = key(&document);
        if !seen.insert(key.clone()) {
            continue;
        }
        let added = !set.unchanged.contains(&key);
        let digest = document.digest.clone();
        let (kind, text, version) = key;
        let name: Name = text.parse().map_err(OpError::internal("reading a name that was judged to be in order"))?;
        if added {
            judged.new.push(new_document(&library, document, kind, &name)?);
        }
        judged.imported.items.push(Item { kind, name, version, digest, added });
    }
    Ok(judged)
}

/// Whether something that is wrong is wrong with the set, and not with what was there before.
fn is_of_set(diagnostic: &Diagnostic, names: &BTreeSet<&str>) -> bool {
    let about = diagnostic.block.split(['@', '/']).next().unwrap_or_default();
    let there = diagnostic.at.as_ref().and_then(|at| at.source.strip_prefix(IN_LIBRARY));
    match there.and_then(|there| there.split([' ', '@']).nth(1)) {
        // It is said of the text that a document of the set extends.
        Some(owner) => owner != about && names.contains(about),
        None => true,
    }
}

fn new_document(
    library: &Library,
    document: compose::Document,
    kind: Kind,
    name: &Name,
) -> Result<NewDocument, OpError> {
    let exactly = format!("{}@={}", document.name, document.version);
    let reference: Reference = exactly.parse().map_err(OpError::internal("reading a version that was read before"))?;
    let mut interfaces = BTreeMap::new();
    let mut block_type = None;
    match kind {
        Kind::Block => {
            if let Some(entry) = library.block(&reference) {
                let spec = &entry.document.spec;
                block_type = Some(spec.kind.unwrap_or(BlockType::Component).as_str().to_owned());
                for (name, declared) in &spec.interfaces {
                    interfaces.insert(name.to_string(), of(declared));
                }
                for (name, inner) in spec.composite.iter().flat_map(|composite| &composite.exports) {
                    if let Some(found) = exported(library, &reference, inner, MAX_DEPTH) {
                        interfaces.insert(name.to_string(), found);
                    }
                }
            }
        }
        Kind::InterfaceType => {
            for role in library.interface_type(&reference).iter().flat_map(|entry| entry.document.spec.roles.keys()) {
                interfaces.insert(role.to_string(), (document.name.clone(), role.to_string()));
            }
        }
        Kind::Application => {}
    }
    let description = document.json.pointer("/metadata/description").and_then(|text| text.as_str());
    let mut digest = [0; 32];
    HEXLOWER
        .decode_mut(document.digest.as_bytes(), &mut digest)
        .map_err(|partial| OpError::internal("reading a digest")(partial.error))?;
    Ok(NewDocument {
        // In the order of the set.
        id: LibraryDocumentId::from_untyped_uuid(Uuid::now_v7()),
        kind,
        name: name.clone(),
        digest,
        description: description.unwrap_or_default().to_owned(),
        block_type,
        interfaces: interfaces
            .into_iter()
            .map(|(interface, (kind, role))| Interface { interface, kind, role })
            .collect(),
        references: named(&document).map(|(kind, reference)| (kind, reference.to_string())).collect(),
        document: canonical(&document.json),
        source: document.text,
        version: document.version,
    })
}

/// The type and role of an interface.
fn of(declared: &Declared) -> (String, String) {
    (declared.kind.name.to_string(), declared.role.to_string())
}

/// The type and role of what a composite exports.
fn exported(library: &Library, composite: &Reference, inner: &Endpoint, depth: usize) -> Option<(String, String)> {
    let parts = &library.block(composite)?.document.spec.composite.as_ref()?.parts;
    let block = &parts.get(&inner.part)?.block;
    let spec = &library.block(block)?.document.spec;
    let interface: &Identifier = &inner.interface;
    if let Some(declared) = spec.interfaces.get(interface) {
        return Some(of(declared));
    }
    exported(library, block, spec.composite.as_ref()?.exports.get(interface)?, depth.checked_sub(1)?)
}
