//! Sources: texts with names, and the documents in them with the position of everything.

use serde_json::{Map, Number, Value};

use crate::diagnostic::{Code, Diagnostic, Position, Problems};

/// A text with a name: a file, or the standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name by which diagnostics call it.
    pub name: String,
    /// The text: YAML, of any number of documents.
    pub text: String,
}

impl Source {
    /// A source.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// A value with its position.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Span,
    pub(crate) value: Kind,
}

/// Where something is within its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) length: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Seq(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of a mapping, with its position.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) at: Span,
    pub(crate) name: String,
}

impl Span {
    pub(crate) fn in_source(self, source: &str) -> Position {
        Position { source: source.to_owned(), line: self.line, column: self.column, length: self.length.max(1) }
    }
}

impl Node {
    /// The value without positions.
    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::String(value) => Value::String(value.clone()),
            Kind::Seq(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|(k, v)| (k.name.clone(), v.to_json())).collect::<Map<_, _>>())
            }
        }
    }

    /// Follows a path as far as it exists: the position there, and how many of its segments there were.
    pub(crate) fn locate(&self, path: &[&str]) -> (Span, usize) {
        let mut node = self;
        let mut at = self.at;
        for (depth, segment) in path.iter().enumerate() {
            let next = match &node.value {
                Kind::Map(entries) => entries.iter().find(|(k, _)| k.name == *segment).map(|(k, v)| {
                    // The key says better where a block mapping is than its first entry does.
                    (if matches!(v.value, Kind::Map(_) | Kind::Seq(_)) { k.at } else { v.at }, v)
                }),
                Kind::Seq(items) => segment.parse::<usize>().ok().and_then(|i| items.get(i)).map(|v| (v.at, v)),
                _ => None,
            };
            let Some((position, child)) = next else { return (at, depth) };
            (at, node) = (position, child);
        }
        (at, path.len())
    }

    /// The position of a key itself.
    pub(crate) fn locate_key(&self, path: &[&str], key: &str) -> Option<Span> {
        let mut node = self;
        for segment in path {
            node = match &node.value {
                Kind::Map(entries) => &entries.iter().find(|(k, _)| k.name == *segment)?.1,
                Kind::Seq(items) => items.get(segment.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        match &node.value {
            Kind::Map(entries) => entries.iter().find(|(k, _)| k.name == key).map(|(k, _)| k.at),
            _ => None,
        }
    }

    fn duplicates(&self, source: &str, problems: &mut Problems) {
        match &self.value {
            Kind::Seq(items) => items.iter().for_each(|item| item.duplicates(source, problems)),
            Kind::Map(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    if let Some((first, _)) = entries[..i].iter().find(|(k, _)| k.name == key.name) {
                        problems.push(
                            Diagnostic::new(Code::DuplicateKey, format!("the key {:?} is there twice", key.name))
                                .at(key.at.in_source(source))
                                .expected(format!("each key once; the first is in line {}", first.at.line)),
                        );
                    }
                    value.duplicates(source, problems);
                }
            }
            _ => {}
        }
    }
}

/// Reads the documents of a source. What is not YAML, and keys that are there twice, are added to the problems.
pub(crate) fn read(source: &Source, problems: &mut Problems) -> Vec<Node> {
    let nodes = match crate::yaml::parse(&source.text) {
        Ok(nodes) => nodes,
        Err((span, message)) => {
            let position = span.map(|s| s.in_source(&source.name));
            problems.push(Diagnostic::new(Code::Syntax, message).at(position).expected("YAML 1.2"));
            return Vec::new();
        }
    };
    for node in &nodes {
        node.duplicates(&source.name, problems);
    }
    nodes
}
