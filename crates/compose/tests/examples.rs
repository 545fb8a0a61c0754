//! The starter library and every example build without a word, and render for every platform their places name.

mod support;

use compose::{
    Library,
    graph::{Format, draw},
    render::render,
};

use crate::support::{built, examples, facts, sources};

#[test]
fn the_starter_library_is_in_order() {
    let sources = sources(&examples().join("library"));
    let (library, problems) = Library::load(&sources);
    let text = |name: &str| sources.iter().find(|s| s.name == name).map(|s| s.text.as_str());
    assert!(problems.is_empty(), "{}", problems.render(text));
    let names: Vec<&str> = library.blocks().map(|b| b.document.metadata.name.as_str()).collect();
    for promised in [
        "http-connector",
        "http-egress",
        "http-ingress",
        "nginx",
        "postgresql",
        "prometheus",
        "rabbitmq",
        "redis",
        "tcp-connector",
        "tls-connector",
        "volume",
    ] {
        assert!(names.contains(&promised), "{promised}");
    }
    assert!(library.blocks().all(|b| !b.document.metadata.description.is_empty()));
}

#[test]
fn every_example_builds_and_renders() {
    let schema = jsonschema::validator_for(&compose::schema::release()).expect("a valid schema");
    for example in sources(&examples()) {
        let release = built(&example);
        let json = serde_json::to_value(&release).expect("JSON");
        let wrong: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "the release of {} is not what the published schema says: {wrong:?}", example.name);
        insta::assert_snapshot!(example.name.clone(), draw(&release, Format::Mermaid));

        for (place, declared) in &release.spec.places {
            assert!(!declared.platforms.is_empty(), "{}: {place} names no platforms", example.name);
            for platform in &declared.platforms {
                let facts = facts(&release, place.as_str(), *platform);
                let rendered = render(&release, &facts).unwrap_or_else(|problems| {
                    panic!("{} at {place} on {platform:?}:\n{}", example.name, problems.render(|_| None))
                });
                assert!(!rendered.instances.is_empty(), "{}: nothing goes to {place}", example.name);
            }
        }
    }
}
