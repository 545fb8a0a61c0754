//! From sources to a library: read, held against the schemas, extended, checked. Everything wrong is reported at once.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use semver::Version;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Entry, Library, MAX_DEPTH, Origin, Shelf, slips};
use crate::{
    Stop,
    canonical::digest_of,
    diagnostic::{Code, Diagnostic, Problems},
    expression::is_expression,
    findings::{either, findings},
    model::{Label, Reference},
    schema::{self, KINDS},
    source::{self, Source},
};

/// The interface types every library has.
const BUILTIN: &str = include_str!("builtin.yaml");

/// A document as it was written.
struct Raw {
    json: Value,
    origin: Origin,
}

type Raws = BTreeMap<Label, BTreeMap<Version, Raw>>;

impl Library {
    /// Reads a library, and says everything that is wrong with it. What is in order is there, whatever else is wrong.
    pub fn load(sources: &[Source]) -> (Self, Problems) {
        Self::load_until(sources, &Stop::default())
    }

    /// Reads a library, which is given up when `stop` is said; so is whatever is built of it.
    pub fn load_until(sources: &[Source], stop: &Stop) -> (Self, Problems) {
        let mut problems = Problems::default();
        let mut library = Self { stop: stop.clone(), ..Self::default() };
        let mut raws: BTreeMap<&'static str, Raws> = BTreeMap::new();
        let builtin = Source::new("built-in", BUILTIN);
        for source in std::iter::once(&builtin).chain(sources) {
            let documents = source::read(source, &mut problems);
            for lost in documents.lost {
                library.set_aside(lost);
            }
            for node in documents.nodes {
                let json = node.to_json();
                let raw = Raw { json, origin: Origin::new(&source.name, node) };
                if let Err(named) = sort(raw, &mut raws, &mut problems) {
                    library.set_aside(named);
                }
            }
        }
        let take = |raws: &mut BTreeMap<_, _>, kind| raws.remove(kind).unwrap_or_default();
        library.types = plain(take(&mut raws, "InterfaceType"), "InterfaceType", &mut library.broken, &mut problems);
        library.applications = plain(take(&mut raws, "Application"), "Application", &mut library.broken, &mut problems);
        library.read_blocks(&take(&mut raws, "Block"), &mut problems);
        library.check(&mut problems);
        let mut problems = stop.or(problems);
        problems.sort();
        library.problems = problems.clone();
        (library, problems)
    }

    /// Remembers a document that could not be read.
    fn set_aside(&mut self, named: Option<String>) {
        match named {
            Some(name) => {
                self.broken.insert(name);
            }
            None => self.nameless = true,
        }
    }

    fn read_blocks(&mut self, raws: &Raws, problems: &mut Problems) {
        let mut merged = Vec::new();
        for (name, versions) in raws {
            for (version, raw) in versions {
                if self.stop.is_said() {
                    return;
                }
                match extended(raws, name, version, &mut Vec::new(), problems, &self.broken) {
                    Some((json, origin, lineage)) => {
                        merged.push((name, version, digest_of(&raw.json), json, origin, lineage));
                    }
                    None => {
                        self.broken.insert(name.to_string());
                    }
                }
            }
        }
        // Those that others extend come first: what is wrong with them is not said of the others again.
        merged.sort_by_key(|(.., lineage)| lineage.len());
        let mut found = Problems::default();
        for (name, version, digest, json, origin, lineage) in merged {
            if self.stop.is_said() {
                return;
            }
            match typed("Block", &json, &origin, &mut found) {
                Some(document) => {
                    let entry = Entry { document, digest, lineage, origin, flaws: Default::default() };
                    self.blocks.entry(name.clone()).or_default().insert(version.clone(), entry);
                }
                None => {
                    self.broken.insert(name.to_string());
                }
            }
        }
        problems.append_new(found);
    }

    fn check(&mut self, problems: &mut Problems) {
        for entry in self.interface_types() {
            super::interface_type::check(entry, &self.stop, problems);
        }
        let (mut flawed, mut all) = (Vec::new(), Problems::default());
        let mut entries: Vec<&Entry<_>> = self.blocks().collect();
        entries.sort_by_key(|entry| entry.lineage.len());
        for entry in entries {
            if self.stop.is_said() {
                return;
            }
            let mut found = Problems::default();
            let flaws = super::block::check(self, entry, &mut found);
            if !found.is_empty() {
                flawed.push((entry.document.metadata.name.clone(), entry.document.metadata.version().clone(), flaws));
            }
            all.append(found);
        }
        problems.append_new(all);
        for (name, version, flaws) in flawed {
            if let Some(entry) = self.blocks.get_mut(&name).and_then(|versions| versions.get_mut(&version)) {
                entry.flaws = flaws;
            }
        }
    }
}

/// Puts a document on its shelf. Gives the name of one that cannot be put there, as far as it has one.
fn sort(raw: Raw, raws: &mut BTreeMap<&'static str, Raws>, problems: &mut Problems) -> Result<(), Option<String>> {
    let named = raw.json.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
    let Some(kind) = raw.json.get("kind").and_then(Value::as_str) else {
        let what = if raw.json.is_object() { "the document has no kind" } else { "the document is not a mapping" };
        problems.push(Diagnostic::new(Code::MissingKey, what).at(raw.origin.at(&[])).expected(either(KINDS)));
        return Err(named);
    };
    let Some(kind) = KINDS.into_iter().find(|k| *k == kind) else {
        problems.push(
            Diagnostic::new(Code::UnknownKind, format!("there is no kind {kind:?}"))
                .at(raw.origin.at(&["kind"]))
                .expected(either(KINDS))
                .near(kind, KINDS),
        );
        return Err(named);
    };
    let version = raw.json.pointer("/metadata/version").and_then(Value::as_str).and_then(|v| Version::parse(v).ok());
    let (Some(name), Some(version)) = (named.clone(), version) else {
        // Without a name and version it has no shelf: say what is wrong with it as it is.
        let said = problems.len();
        held(kind, &raw.json, &raw.origin, problems);
        if problems.len() == said {
            // Its schema has nothing against it: `1.0.0-01`, or a number beyond 64 bits.
            let version = raw.json.pointer("/metadata/version").unwrap_or_default();
            problems.push(
                Diagnostic::new(Code::InvalidValue, format!("{version} does not have the right form"))
                    .at(raw.origin.at(&["metadata", "version"]))
                    .block(named.as_deref().unwrap_or_default())
                    .expected("a semantic version of three numbers, such as 1.4.0"),
            );
        }
        return Err(named);
    };
    let shelf = raws.entry(kind).or_default().entry(name.as_str().into()).or_default();
    if let Some(other) = shelf.get(&version) {
        if digest_of(&other.json) != digest_of(&raw.json) {
            let first = other.origin.at(&["metadata"]).map(|p| format!("{}:{}", p.source, p.line)).unwrap_or_default();
            problems.push(
                Diagnostic::new(
                    Code::ConflictingVersion,
                    format!("{kind} {name}@{version} is there twice, with different content"),
                )
                .at(raw.origin.at(&["metadata", "version"]))
                .block(&name)
                .expected(format!("a new version: what is in a library never changes; the other is at {first}")),
            );
        }
        return Ok(());
    }
    shelf.insert(version, raw);
    Ok(())
}

fn plain<T: DeserializeOwned>(
    raws: Raws,
    kind: &'static str,
    broken: &mut BTreeSet<String>,
    problems: &mut Problems,
) -> Shelf<T> {
    let mut shelf: Shelf<T> = BTreeMap::new();
    for (name, versions) in raws {
        for (version, raw) in versions {
            match typed(kind, &raw.json, &raw.origin, problems) {
                Some(document) => {
                    let digest = digest_of(&raw.json);
                    let flaws = Default::default();
                    let entry = Entry { document, digest, lineage: Vec::new(), origin: raw.origin, flaws };
                    shelf.entry(name.clone()).or_default().insert(version, entry);
                }
                None => {
                    broken.insert(name.to_string());
                }
            }
        }
    }
    shelf
}

/// A block with everything it extends merged into it.
fn extended(
    raws: &Raws,
    name: &Label,
    version: &Version,
    trail: &mut Vec<String>,
    problems: &mut Problems,
    broken: &BTreeSet<String>,
) -> Option<(Value, Origin, Vec<String>)> {
    let raw = &raws[name][version];
    let Some(text) = raw.json.pointer("/spec/extends").and_then(Value::as_str) else {
        return Some((raw.json.clone(), raw.origin.clone(), Vec::new()));
    };
    let at = || raw.origin.at(&["spec", "extends"]);
    let key = format!("{name}@{version}");
    if trail.len() == MAX_DEPTH {
        let name = &trail[0];
        problems.push(
            Diagnostic::new(
                Code::TooLarge,
                format!("{name} extends more than {MAX_DEPTH} blocks, one after the other"),
            )
            .at(at())
            .block(name)
            .expected("fewer steps"),
        );
        return None;
    }
    let mut report = |diagnostic: Diagnostic| {
        // Only the block itself reports: what its bases lack is reported by them.
        if trail.is_empty() {
            problems.push(diagnostic.at(at()).block(&key));
        }
    };
    if trail.contains(&key) {
        problems.push(
            Diagnostic::new(Code::Cycle, format!("{key} extends itself: {} → {key}", trail.join(" → ")))
                .at(at())
                .block(&key)
                .expected("blocks that extend others without a circle"),
        );
        return None;
    }
    let Ok(reference) = text.parse::<Reference>() else {
        report(
            Diagnostic::new(Code::InvalidValue, format!("{text:?} does not have the right form"))
                .expected("a name with a range of versions, such as postgresql@^16"),
        );
        return None;
    };
    let Some(versions) = raws.get(&reference.name) else {
        if broken.contains(reference.name.as_str()) {
            return None;
        }
        report(
            Diagnostic::new(Code::UnknownBlock, format!("there is no block {:?} to extend", reference.name.as_str()))
                .expected("a block of the library")
                .near(reference.name.as_str(), raws.keys().map(Label::as_str)),
        );
        return None;
    };
    // A block never means itself: extending an older version of the same name is how a fork begins.
    let base = versions.keys().rev().find(|v| reference.range.matches(v) && (&reference.name, *v) != (name, version));
    let Some(base) = base else {
        let have: Vec<String> = versions.keys().map(Version::to_string).collect();
        report(
            Diagnostic::new(
                Code::NoMatchingVersion,
                format!("no version of block {:?} is in the range {}", reference.name.as_str(), reference.range),
            )
            .expected(format!("a range with one of {}", have.join(", "))),
        );
        return None;
    };
    trail.push(key);
    let result = extended(raws, &reference.name, base, trail, problems, broken);
    trail.pop();
    let (base_json, base_origin, base_lineage) = result?;
    let mut json = raw.json.clone();
    let mut spec = base_json.get("spec").cloned().unwrap_or_default();
    merge(&mut spec, json.get("spec").unwrap_or(&Value::Null));
    json["spec"] = spec;
    let mut lineage = vec![format!("{}@{base}", reference.name)];
    lineage.extend(base_lineage);
    Some((json, raw.origin.over(&base_origin), lineage))
}

/// JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Holds a document against the schema of its kind, and reports what it finds. Gives the document as far as the rest of it can
/// be judged: as it is, or with slips put right.
fn held<'j>(kind: &str, json: &'j Value, origin: &Origin, problems: &mut Problems) -> Option<Cow<'j, Value>> {
    let (schema, validator) = (schema::strict(kind)?, schema::validator(kind)?);
    let block = json.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let found = findings(schema, validator, json, &is_expression);
    if found.is_empty() {
        return Some(Cow::Borrowed(json));
    }
    let meant = slips::put_right(json, &found);
    for finding in found {
        let path: Vec<&str> = finding.path.iter().map(String::as_str).collect();
        let at = finding.key.as_deref().map_or_else(|| origin.at(&path), |key| origin.at_key(&path, key));
        let mut diagnostic =
            Diagnostic::new(finding.code, finding.message).at(at).block(block).expected(finding.expected);
        diagnostic.nearest = finding.nearest;
        problems.push(diagnostic);
    }
    findings(schema, validator, &meant, &is_expression).is_empty().then_some(Cow::Owned(meant))
}

fn typed<T: DeserializeOwned>(kind: &str, json: &Value, origin: &Origin, problems: &mut Problems) -> Option<T> {
    let json = held(kind, json, origin, problems)?;
    match serde_path_to_error::deserialize(&*json) {
        Ok(document) => Some(document),
        Err(error) => {
            // Forms a schema cannot express in full, such as ranges of versions.
            let path: Vec<String> = error.path().iter().map(ToString::to_string).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let block = json.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let said = error.into_inner().to_string();
            let (text, expected) = said.split_once(" is not ").unwrap_or((&said, ""));
            problems.push(
                Diagnostic::new(Code::InvalidValue, format!("{text} does not have the right form"))
                    .at(origin.at(&path))
                    .block(block)
                    .expected(expected),
            );
            None
        }
    }
}
