//! Documents one by one, for whoever keeps them.

use std::collections::BTreeSet;

use semver::Version;
use serde_json::Value;

use crate::{
    Position, Source,
    canonical::digest_of,
    model::{Pin, Reference},
    schema::KINDS,
    yaml,
};

/// A document as it was authored.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its kind: one of [`KINDS`](crate::schema::KINDS).
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its canonical form, in hexadecimal.
    pub digest: String,
    /// What it says.
    pub json: Value,
    /// Its text, comments included.
    pub text: String,
    /// Where it says which version it is.
    pub at: Position,
}

/// The documents of a source that have a kind, a name and a version. What is wrong with them is not said here:
/// [`Library::load`](crate::Library::load) says it.
pub fn documents(source: &Source) -> Vec<Document> {
    pieces(&source.text).into_iter().flat_map(|(before, text)| piece(source, before, text)).collect()
}

/// The parts of a text between the lines that separate documents, each with how many lines there are before it.
fn pieces(text: &str) -> Vec<(u32, &str)> {
    let mut pieces = Vec::new();
    let (mut begin, mut offset, mut first, mut line) = (0, 0, 0, 0);
    for content in text.split_inclusive('\n') {
        if content.starts_with("---") && content[3..].chars().next().is_none_or(char::is_whitespace) {
            pieces.push((first, &text[begin..offset]));
            (begin, first) = (offset, line);
        }
        offset += content.len();
        line += 1;
    }
    pieces.push((first, &text[begin..]));
    pieces
}

fn piece(source: &Source, before: u32, text: &str) -> Vec<Document> {
    let nodes = yaml::parse(text).unwrap_or_default();
    let alone = nodes.len() == 1;
    let documents = nodes.iter().filter_map(|node| {
        let json = node.to_json();
        let kind = json.get("kind")?.as_str()?;
        let kind = KINDS.into_iter().find(|k| *k == kind)?;
        let name = json.pointer("/metadata/name")?.as_str()?.to_owned();
        let version = json.pointer("/metadata/version")?.as_str()?.parse().ok()?;
        let mut at = node.locate(&["metadata", "version"]).0.in_source(&source.name);
        at.line += before;
        let text = match text.strip_prefix("---").unwrap_or(text).trim() {
            text if alone => format!("{text}\n"),
            _ => format!("{}\n", crate::canonical::canonical(&json)),
        };
        Some(Document { kind, name, version, digest: digest_of(&json), json, text, at })
    });
    documents.collect()
}

/// What a document names: blocks and interface types, each in some range of versions. What a block extends is not
/// looked into: it names its own.
pub fn references(document: &Value) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    let mut name = |kind, value: Option<&Value>| {
        if let Some(reference) = value.and_then(Value::as_str).and_then(|text| text.parse::<Reference>().ok()) {
            found.insert((kind, reference.to_string()));
        }
    };
    let within = |path: &str| -> Vec<&Value> {
        match document.pointer(path) {
            Some(Value::Object(map)) => map.values().collect(),
            Some(Value::Array(items)) => items.iter().collect(),
            _ => Vec::new(),
        }
    };
    match document.get("kind").and_then(Value::as_str) {
        Some("Block") => {
            name("Block", document.pointer("/spec/extends"));
            within("/spec/interfaces").iter().for_each(|i| name("InterfaceType", i.get("type")));
            within("/spec/composite/parts").iter().for_each(|part| name("Block", part.get("block")));
            within("/spec/composite/links").iter().for_each(|link| name("Block", link.get("via")));
        }
        Some("Application") => {
            let root = document.pointer("/spec/root").and_then(Value::as_str).and_then(|t| t.parse::<Pin>().ok());
            if let Some(Pin { name, version }) = root {
                found.insert(("Block", format!("{name}@={version}")));
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_text_and_their_position() {
        let text = "# About a.\napiVersion: x\nkind: Block\nmetadata: {name: a, version: 1.0.0}\n--- # more\n# About b.\n\
                    kind: Application\nmetadata:\n  name: b\n  version: 2.0.0\nspec: {root: a@1.0.0}\n---\n# nothing\n";
        let documents = documents(&Source::new("f", text));
        let seen: Vec<_> = documents.iter().map(|d| (d.kind, d.name.as_str(), d.at.line, d.at.column)).collect();
        assert_eq!(seen, [("Block", "a", 4, 30), ("Application", "b", 10, 12)]);
        assert!(documents[0].text.starts_with("# About a.\n") && documents[0].text.ends_with("}\n"));
        assert!(documents[1].text.contains("# About b."));
        assert_eq!(references(&documents[1].json), [("Block", "a@=1.0.0".to_owned())].into());
        for document in documents {
            let again = super::documents(&Source::new("again", document.text));
            assert_eq!(again[0].digest, document.digest);
        }
    }

    #[test]
    fn separators_within_texts_separate_nothing() {
        let text = "kind: Block\nmetadata: {name: a, version: 1.0.0}\nspec:\n  text: |\n    ---\n    x\n";
        assert_eq!(documents(&Source::new("f", text)).len(), 1);
        assert!(documents(&Source::new("f", "a: [\n---\n}")).is_empty());
    }
}
