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

    /// Moves it down by a number of lines.
    fn shift(&mut self, lines: u32) {
        self.at.line = self.at.line.saturating_add(lines);
        match &mut self.value {
            Kind::Seq(items) => items.iter_mut().for_each(|item| item.shift(lines)),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    key.at.line = key.at.line.saturating_add(lines);
                    value.shift(lines);
                }
            }
            _ => {}
        }
    }

    fn duplicates(&self, source: &str, block: &str, problems: &mut Problems) {
        match &self.value {
            Kind::Seq(items) => items.iter().for_each(|item| item.duplicates(source, block, problems)),
            Kind::Map(entries) => {
                let mut seen = std::collections::BTreeMap::new();
                for (key, value) in entries {
                    let first: &Key = seen.entry(key.name.as_str()).or_insert(key);
                    if !std::ptr::eq(first, key) {
                        problems.push(
                            Diagnostic::new(Code::DuplicateKey, format!("the key {:?} is there twice", key.name))
                                .at(key.at.in_source(source))
                                .block(block)
                                .expected(format!("each key once; the first is in line {}", first.at.line)),
                        );
                    }
                    value.duplicates(source, block, problems);
                }
            }
            _ => {}
        }
    }
}

/// Any document of a source: what it says, and where it says it.
#[derive(Clone, Debug)]
pub struct Authored {
    /// What it says.
    pub json: Value,
    source: String,
    node: Node,
}

impl Authored {
    /// Every document of a source, whatever it is; and what is no YAML.
    pub fn read(source: &Source) -> (Vec<Self>, Problems) {
        let mut problems = Problems::default();
        let nodes = read(source, &mut problems).nodes.into_iter();
        let documents = nodes.map(|node| Self { json: node.to_json(), source: source.name.clone(), node });
        (documents.filter(|document| !document.json.is_null()).collect(), problems)
    }

    /// Where a field is, by its path: `spec.access[0].kinds`. Of a field that is not there, where it would be.
    pub fn position(&self, field: &str) -> Position {
        let path: Vec<&str> = field.split(['.', '[', ']']).filter(|segment| !segment.is_empty()).collect();
        self.node.locate(&path).0.in_source(&self.source)
    }
}

/// What is in a source.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) nodes: Vec<Node>,
    /// The names of documents that are not YAML, as far as they can be made out.
    pub(crate) lost: Vec<Option<String>>,
}

/// Reads the documents of a source. What is not YAML, and keys that are there twice, are added to the problems; the documents
/// beside one that is not YAML are read all the same.
pub(crate) fn read(source: &Source, problems: &mut Problems) -> Documents {
    let mut documents = Documents::default();
    match crate::yaml::parse(&source.text) {
        Ok(nodes) => documents.nodes = nodes,
        Err(_) => {
            for (lines, text) in apart(&source.text) {
                match crate::yaml::parse(text) {
                    Ok(nodes) => documents.nodes.extend(nodes.into_iter().map(|mut node| {
                        node.shift(lines);
                        node
                    })),
                    Err(unreadable) => {
                        documents.lost.push(name_in(text));
                        let span = unreadable.at.map(|s| Span { line: s.line.saturating_add(lines), ..s });
                        let position = span.map(|s| s.in_source(&source.name));
                        let diagnostic = Diagnostic::new(Code::Syntax, unreadable.message).at(position);
                        problems.push(diagnostic.expected(unreadable.expected));
                    }
                }
            }
        }
    }
    for node in &documents.nodes {
        let json = node.to_json();
        let block = json.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        node.duplicates(&source.name, block, problems);
    }
    documents
}

/// A text cut where documents begin, each with the number of lines before it. A line that begins with `---` begins a document
/// wherever it is: YAML allows it nowhere else.
fn apart(text: &str) -> Vec<(u32, &str)> {
    let mut all = Vec::new();
    let (mut start, mut first, mut at, mut line) = (0, 0, 0, 0_u32);
    for one in text.split_inclusive('\n') {
        let marker =
            one.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if marker && at > start {
            all.push((first, &text[start..at]));
            (start, first) = (at, line);
        }
        at += one.len();
        line = line.saturating_add(1);
    }
    all.push((first, &text[start..]));
    all.retain(|(_, text)| {
        let mut lines = text.lines().map(str::trim);
        lines.any(|l| !l.is_empty() && !l.starts_with('#') && l != "---")
    });
    all
}

/// The name a document that is not YAML seems to have.
fn name_in(text: &str) -> Option<String> {
    let (_, metadata) = text.split_once("metadata:")?;
    let (_, rest) = metadata.split_once("name:")?;
    let word: String = rest
        .trim_start_matches([' ', '"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_document_has_a_position() {
        let text =
            "kind: Link\nspec:\n  access:\n    - name: x\n      kinds: [peer]\n---\n# nothing\n---\nkind: Other\n";
        let (documents, problems) = Authored::read(&Source::new("f", text));
        assert!(problems.is_empty());
        let kinds: Vec<_> = documents.iter().map(|document| document.json["kind"].clone()).collect();
        assert_eq!(kinds, ["Link", "Other"]);
        let at = |field: &str| (documents[0].position(field).line, documents[0].position(field).column);
        assert_eq!(at("spec.access[0].kinds"), (5, 7));
        assert_eq!(at("spec.access[0].colour"), (4, 7));
        assert_eq!(at("spec.access"), (3, 3));
        assert_eq!(at("kind"), (1, 7));
        assert_eq!(at("metadata.name"), (1, 1));
        assert_eq!(documents[1].position("kind").line, 9);
    }

    #[test]
    fn documents_beside_one_that_is_not_yaml_are_read_where_they_are() {
        let text = "# first\na: 1\n---\nmetadata: {name: broken, x: [}\n---\nb: 2\n--- \nc: }\n";
        let mut problems = Problems::default();
        let documents = read(&Source::new("x", text), &mut problems);
        assert_eq!(documents.nodes.len(), 2);
        assert_eq!(documents.nodes[1].locate(&["b"]).0.line, 6);
        assert_eq!(documents.lost, [Some("broken".to_owned()), None]);
        let lines: Vec<u32> = problems.iter().filter_map(|d| Some(d.at.as_ref()?.line)).collect();
        assert_eq!(lines, [4, 8]);
    }
}
