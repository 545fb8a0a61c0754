//! Releases: applications, built.

use jiff::Timestamp;
use model::{Name, ReleaseId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    FieldChange,
    check::{Check, Errors},
    schema,
};

/// Builds an application of the library, and keeps the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"application": "shop@^1"}))]
pub struct ReleaseCreate {
    /// The application: a name, with a version or a range of versions, of which the newest is taken.
    #[schema(example = "shop@^1")]
    pub application: String,
}

impl Check for ReleaseCreate {}

/// A release: immutable, self-contained, named by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "name": "shop@sha256:9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "application": "shop",
    "version": "1.0.0",
    "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "instances": 5,
    "created": "2027-01-31T09:00:00Z"
}))]
pub struct Release {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: ReleaseId,
    /// Its name: the application's, and the digest.
    pub name: String,
    /// The application.
    #[schema(schema_with = schema::name)]
    pub application: Name,
    /// The application's version.
    pub version: String,
    /// SHA-256 of the release in its canonical form, in hexadecimal; also sent as `ETag`.
    pub digest: String,
    /// How many instances of blocks it has.
    pub instances: u32,
    /// When it was first built.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// Where it is shown by itself: the release. `skx compose` takes it as a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub release: Option<Value>,
}

/// What a build of an application gives, without keeping it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "shop@sha256:9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "digest": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "release": {"apiVersion": "skupperx.io/v1", "kind": "Release"}
}))]
pub struct Built {
    /// The name the release has: the application's, and the digest.
    pub name: String,
    /// SHA-256 of the release in its canonical form, in hexadecimal.
    pub digest: String,
    /// The release.
    #[schema(value_type = Object)]
    pub release: Value,
}

/// What differs between two releases, in the terms of the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "from": "shop@sha256:9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "to": "shop@sha256:1e2d3c4b5a69788796a5b4c3d2e1f00f1e9f3c4b5a69788796a5b4c3d2e1f00f",
    "changes": [{
        "subject": "instance",
        "name": "shop/api",
        "what": "changed",
        "fields": [{"field": "config.replicas", "from": 1, "to": 2}]
    }]
}))]
pub struct ReleaseDiff {
    /// The name of the one.
    pub from: String,
    /// The name of the other.
    pub to: String,
    /// The differences.
    pub changes: Vec<ReleaseChange>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseChange {
    /// What it is: `place`, `instance`, `binding`, `address` or `secret`.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// What happened to it: `added`, `removed` or `changed`.
    pub what: String,
    /// What it is, in short, where it was added or removed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What changed in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// Asks what a site would get of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"facts": {"site": {"name": "store-017", "platform": "podman", "classes": ["store"]}}}))]
pub struct ReleaseRender {
    /// What is known of the site: the document that `skx compose render --site` takes.
    #[schema(value_type = Object)]
    pub facts: Value,
}

impl Check for ReleaseRender {
    fn check(&self, errors: &mut Errors) {
        if !self.facts.is_object() {
            errors.add(
                "facts",
                "give an object, such as {\"site\": {\"name\": \"store-017\", \"platform\": \"podman\"}}",
            );
        }
    }
}

/// What a site would get of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "rendered": {
        "release": "shop@sha256:9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
        "deployment": "shop",
        "site": "store-017",
        "platform": "podman",
        "instances": [],
        "listeners": [],
        "connectors": [],
        "objects": [],
        "checks": [],
        "secrets": []
    },
    "explanation": "shop@sha256:9f3c… at store-017 (podman)\n"
}))]
pub struct ReleaseRendered {
    /// All of it: what `skx compose render -o json` shows.
    #[schema(value_type = Object)]
    pub rendered: Value,
    /// Why each object is there, for people.
    pub explanation: String,
}
