//! The published JSON Schemas are the ones the code has. `UPDATE=1 cargo test -p compose --test schemas` writes them.

use std::path::Path;

use compose::schema::{KINDS, published};

#[test]
fn the_published_schemas_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
    for kind in KINDS {
        let schema = published(kind).expect("every kind has a schema");
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        let path = folder.join(format!("{}.json", kind.to_lowercase()));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&path, &text).expect("writing a schema");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{} differs: run UPDATE=1 cargo test -p compose --test schemas", path.display());
    }
}

#[test]
fn a_schema_accepts_expressions_where_editors_meet_them() {
    let schema = published("Block").expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let block = serde_json::json!({
        "apiVersion": "skupperx.io/v1", "kind": "Block", "metadata": {"name": "web", "version": "1.0.0"},
        "spec": {"type": "component", "bodies": {"any": {"workload": {"image": "nginx:1", "ports": {"http": "${{ config.port }}"},
            "replicas": "${{ config.n }}"}}}},
    });
    assert!(
        validator.is_valid(&block),
        "{:?}",
        validator.iter_errors(&block).map(|e| e.to_string()).collect::<Vec<_>>()
    );
}
