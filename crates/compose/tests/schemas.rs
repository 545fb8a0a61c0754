//! The published JSON Schemas are the ones the code has. `UPDATE=1 cargo test -p compose --test schemas` writes them.

mod support;

use std::path::Path;

use compose::schema::{KINDS, addresses, published, published_deployment, release};

#[test]
fn the_published_schemas_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
    let authored = KINDS.map(|kind| (kind, published(kind).expect("every kind has a schema")));
    let others = [("Addresses", addresses()), ("Deployment", published_deployment()), ("Release", release())];
    for (kind, schema) in authored.into_iter().chain(others) {
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

/// The documents of a text, as an editor sees them.
fn documents(text: &str) -> Vec<serde_json::Value> {
    serde_saphyr::from_str_multiple(text).expect("YAML")
}

#[test]
fn editors_accept_every_example_and_mark_mistakes() {
    let validators: std::collections::BTreeMap<&str, jsonschema::Validator> = KINDS
        .into_iter()
        .map(|kind| (kind, jsonschema::validator_for(&published(kind).expect("a schema")).expect("a valid schema")))
        .collect();
    let examples = support::examples();
    let mut seen = 0;
    for source in support::sources(&examples).into_iter().chain(support::sources(&examples.join("library"))) {
        for document in documents(&source.text) {
            let kind = document["kind"].as_str().expect("a kind");
            let wrong: Vec<String> = validators[kind].iter_errors(&document).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", source.name);
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} documents");
    let block = |spec: &str| {
        let text =
            format!("{{apiVersion: skupperx.io/v1, kind: Block, metadata: {{name: a, version: 1.0.0}}, spec: {spec}}}");
        documents(&text).remove(0)
    };
    for wrong in [
        "{type: componnent}",
        "{type: component, bodys: {}}",
        "{type: component, bodies: {any: {workload: {image: 7}}}}",
        "{type: component, bodies: {any: {workload: {image: x, ports: {http: 99999}}}}}",
        "{type: component, interfaces: {x: {type: http}}}",
        "{type: component, composite: {parts: {a: {blok: x}}}}",
        "{type: component, composite: {parts: {a: {block: x}}, links: [{from: a, to: a.b}]}}",
        "{type: component, config: {x: {type: text}}}",
    ] {
        assert!(!validators["Block"].is_valid(&block(wrong)), "{wrong}");
    }
    assert!(validators["Block"].is_valid(&block("{type: component, bodies: {any: {workload: {image: x}}}}")));
}
