//! The starter library and every example build without a word, and render for every platform their places name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use compose::{
    Library, Source,
    build::build,
    graph::{Format, draw},
    model::Platform,
    render::{Facts, Network, Site, render},
};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn sources(folder: &Path) -> Vec<Source> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| Source::new(name(path), fs::read_to_string(path).expect("a file"))).collect()
}

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
    let library_sources = sources(&examples().join("library"));
    for example in sources(&examples()) {
        let all: Vec<Source> = library_sources.iter().cloned().chain([example.clone()]).collect();
        let text = |name: &str| all.iter().find(|s| s.name == name).map(|s| s.text.as_str());
        let (library, problems) = Library::load(&all);
        assert!(problems.is_empty(), "{}:\n{}", example.name, problems.render(text));
        let application = library.applications().next().expect("an application").document.metadata.name.to_string();
        let release = build(&library, &application)
            .unwrap_or_else(|problems| panic!("{}:\n{}", example.name, problems.render(text)));
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

/// A site of a place, with everything filled in that only a participant knows.
fn facts(release: &compose::release::Release, place: &str, platform: Platform) -> Facts {
    let missing = release.spec.instances.iter().map(|(path, instance)| {
        let fields = instance.local.iter().filter(|(_, f)| f.required && f.default.is_none());
        (path.clone(), fields.map(|(name, _)| (name.clone(), "given".into())).collect())
    });
    let site = Site {
        name: place.into(),
        platform,
        classes: Vec::new(),
        labels: [("region".to_owned(), "emea".to_owned())].into(),
        locals: missing.filter(|(_, fields): &(_, std::collections::BTreeMap<_, _>)| !fields.is_empty()).collect(),
    };
    Facts {
        site,
        network: Network { name: "test".to_owned(), id: String::new() },
        deployment: None,
        places: None,
        declined: Default::default(),
        absent: Default::default(),
    }
}
