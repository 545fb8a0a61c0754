//! What is wrong with documents: where, what was expected, and what was probably meant.

mod code;
mod nearest;
mod text;

use std::collections::HashSet;

use serde::Serialize;

pub use code::Code;
pub use nearest::nearest;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// Where it is. What no document says has no position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// What kind of mistake it is.
    pub code: Code,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The block or instance it is about: `shop/api`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub block: String,
    /// What would be right.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// The nearest valid alternative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The name of the source: a file's path, or `<stdin>`.
    pub source: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// How many characters it spans, at least 1.
    pub length: u32,
}

impl Diagnostic {
    /// A diagnostic that says what is wrong; the rest is added by the other methods.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { at: None, code, message: message.into(), block: String::new(), expected: String::new(), nearest: None }
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, position: impl Into<Option<Position>>) -> Self {
        self.at = position.into();
        self
    }

    /// Says which block or instance it is about.
    #[must_use]
    pub fn block(mut self, path: impl Into<String>) -> Self {
        self.block = path.into();
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn expected(mut self, words: impl Into<String>) -> Self {
        self.expected = words.into();
        self
    }

    /// Says which of the valid alternatives was probably meant, if one is near enough.
    #[must_use]
    pub fn near<'a>(mut self, text: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        self.nearest = nearest(text, valid);
        self
    }
}

/// Everything that is wrong, in the order of the sources: never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems(Vec<Diagnostic>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another's.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Adds what is not already said of the same place in the same words, of whatever block.
    pub(crate) fn append_new(&mut self, other: Self) {
        let words = |d: &Diagnostic| (d.at.clone(), d.code, d.message.clone());
        let mut said: HashSet<_> = self.0.iter().map(words).collect();
        self.0.extend(other.0.into_iter().filter(|d| said.insert(words(d)) || d.at.is_none()));
    }

    /// Puts them in order, each once.
    pub(crate) fn sort(&mut self) {
        self.0.sort();
        self.0.dedup();
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Gives the value if nothing is wrong, and everything that is wrong otherwise: in order, each once.
    pub fn or<T>(mut self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.sort();
        Err(self)
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::plain(self))
    }
}

impl std::error::Error for Problems {}

impl Problems {
    /// All of them as a person reads them, with the lines they are about. `sources` gives a source's text by its name.
    pub fn render<'a>(&self, sources: impl Fn(&str) -> Option<&'a str>) -> String {
        text::with_lines(self, &sources)
    }
}
