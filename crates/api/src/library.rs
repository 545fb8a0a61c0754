//! The library: interface types, blocks and applications, in versions that never change.

use jiff::Timestamp;
use model::{LibraryDocumentId, Name};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    check::{Check, Errors},
    problem::Diagnostic,
    schema,
};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// An interface type.
    InterfaceType,
    /// A block.
    Block,
    /// An application.
    Application,
}

impl DocumentKind {
    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InterfaceType => "interface-type",
            Self::Block => "block",
            Self::Application => "application",
        }
    }
}

/// One version of an interface type, a block or an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "kind": "block",
    "name": "redis",
    "version": "7.4.0",
    "description": "A Redis cache.",
    "block_type": "component",
    "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "created": "2027-01-31T09:00:00Z"
}))]
pub struct LibraryDocument {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: LibraryDocumentId,
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its version, semantic. A version never changes.
    #[schema(example = "7.4.0")]
    pub version: String,
    /// One sentence on what it is.
    pub description: String,
    /// Of blocks: `component`, `connector`, `mixed`, `ingress`, `egress` or `toplevel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_type: Option<String>,
    /// SHA-256 of the document in its canonical form, in hexadecimal; also sent as `ETag`.
    pub digest: String,
    /// When it was imported.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// Where it is shown by itself: every version there is, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Where it is shown by itself: its text, as it was authored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where it is shown by itself: what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub document: Option<Value>,
}

/// A text with documents: YAML of any number of documents, or JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LibrarySource {
    /// What diagnostics call it: a file's path, for instance.
    #[schema(example = "library/stores.yaml")]
    pub name: String,
    /// The text.
    pub text: String,
}

/// Imports a set of documents: all of them, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sources": [{
        "name": "cache.yaml",
        "text": "apiVersion: skupperx.io/v1\nkind: InterfaceType\nmetadata: {name: cache, version: 1.0.0}\n…"
    }],
    "starter": false,
    "dry_run": false
}))]
pub struct LibraryImport {
    /// The texts. 1 MiB altogether at most.
    #[serde(default)]
    #[schema(required = false)]
    pub sources: Vec<LibrarySource>,
    /// Whether the starter library that ships with the controller is imported with them.
    #[serde(default)]
    #[schema(required = false)]
    pub starter: bool,
    /// Whether only to say what would happen.
    #[serde(default)]
    #[schema(required = false)]
    pub dry_run: bool,
}

/// The beginning of the names by which diagnostics call what is in the library already.
pub const IN_LIBRARY: &str = "library:";

impl LibraryImport {
    /// How many texts there can be.
    pub const MAX_SOURCES: usize = 1_000;
}

impl Check for LibraryImport {
    fn check(&self, errors: &mut Errors) {
        if self.sources.is_empty() && !self.starter {
            errors.add("sources", "there is nothing to import; give texts, or starter: true");
        }
        if self.sources.len() > Self::MAX_SOURCES {
            errors.add("sources", format!("there are more than {}; import them in parts", Self::MAX_SOURCES));
        }
        let mut seen = std::collections::BTreeSet::new();
        for (i, source) in self.sources.iter().enumerate() {
            let name = source.name.as_str();
            if name.is_empty() || name.len() > 1_024 || name.chars().any(char::is_control) {
                errors.add(format!("sources[{i}].name"), "give 1 to 1024 bytes without control characters");
            } else if name.starts_with(IN_LIBRARY) || name.starts_with("starter/") || name == "built-in" {
                errors.add(
                    format!("sources[{i}].name"),
                    format!("{name:?} is how the controller calls texts of its own; give it another name"),
                );
            } else if !seen.insert(name) {
                errors
                    .add(format!("sources[{i}].name"), format!("{name:?} is there twice; name each text differently"));
            }
        }
    }
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "dry_run": false,
    "items": [{
        "kind": "block",
        "name": "redis",
        "version": "7.4.0",
        "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
        "outcome": "added"
    }]
}))]
pub struct LibraryImported {
    /// Whether nothing was done, and this is only what would happen.
    pub dry_run: bool,
    /// The documents of the set, in their order.
    pub items: Vec<LibraryImportItem>,
    /// What is not in order any more in documents that were there before, because what they name by a range of versions
    /// is now another version. Nothing of it keeps the import from happening.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Diagnostic>,
}

/// What an import did with one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LibraryImportItem {
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its version.
    pub version: String,
    /// SHA-256 of the document in its canonical form, in hexadecimal.
    pub digest: String,
    /// What became of it.
    pub outcome: ImportOutcome,
}

/// What became of a document that was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportOutcome {
    /// It is new.
    Added,
    /// It was there, with the same content.
    Unchanged,
}

/// Who uses a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "kind": "block",
    "name": "redis",
    "version": "7.4.0",
    "users": [
        {"kind": "block", "name": "shop", "version": "1.0.0", "direct": true},
        {"kind": "application", "name": "shop", "version": "1.0.0", "direct": false},
        {"kind": "release", "name": "shop", "version": "1.0.0", "direct": true,
         "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e"}
    ]
}))]
pub struct LibraryUsage {
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its version.
    pub version: String,
    /// Documents that name it, now that it is the newest version in their range; and releases that were built of it.
    pub users: Vec<LibraryUser>,
}

/// A document or release that uses another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LibraryUser {
    /// What it is: `interface-type`, `block`, `application` or `release`.
    pub kind: String,
    /// Its name; of releases, their application's.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its version; of releases, their application's.
    pub version: String,
    /// Of releases: their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whether it does so itself, and not only by way of others.
    pub direct: bool,
}

/// A block or interface type in some range of versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryReference {
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// A name with a range of versions.
    #[schema(example = "postgresql@^16")]
    pub reference: String,
}

/// Asks for the documents that some references lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"references": [{"kind": "block", "reference": "postgresql@^16"}]}))]
pub struct LibraryResolve {
    /// The references.
    pub references: Vec<LibraryReference>,
}

impl Check for LibraryResolve {
    fn check(&self, errors: &mut Errors) {
        if self.references.len() > 10_000 {
            errors.add("references", "there are more than 10000");
        }
    }
}

/// The documents that some references lead to, and those that these lead to in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "documents": [{
        "kind": "block",
        "name": "postgresql",
        "version": "16.4.0",
        "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
        "source": "apiVersion: skupperx.io/v1\nkind: Block\n…"
    }],
    "missing": []
}))]
pub struct LibraryResolved {
    /// The documents, each with its text: the newest version in each range.
    pub documents: Vec<LibraryText>,
    /// The references, of those that were asked for, to which there is nothing.
    pub missing: Vec<LibraryReference>,
}

/// The text of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LibraryText {
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its version.
    pub version: String,
    /// SHA-256 of the document in its canonical form, in hexadecimal.
    pub digest: String,
    /// Its text, as it was authored.
    pub source: String,
}

/// One version of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "name": "shop",
    "version": "1.0.0",
    "description": "A shop.",
    "root": "shop@1.0.0",
    "places": ["hq", "store"],
    "releases": 1,
    "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "created": "2027-01-31T09:00:00Z"
}))]
pub struct Application {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: LibraryDocumentId,
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its version, semantic. A version never changes.
    pub version: String,
    /// One sentence on what it is.
    pub description: String,
    /// Its root block.
    pub root: String,
    /// The places it declares.
    pub places: Vec<String>,
    /// How many releases were built of this version.
    pub releases: u64,
    /// SHA-256 of the document in its canonical form, in hexadecimal; also sent as `ETag`.
    pub digest: String,
    /// When it was imported.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// Where it is shown by itself: every version there is, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Where it is shown by itself: its text, as it was authored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
