// What the fuzz targets do with an input. An ordinary test includes this file as well.

use std::collections::BTreeMap;

use compose::{
    Library, Problems, Source,
    build::build_entry,
    deploy::{Authored, Sites},
    diff::diff,
    graph::{Format, draw},
    model::Platform,
    render::{Facts, Network, Site, render},
};
use serde_json::{Value, json};

/// Reads a text as documents, builds every application in it and renders it for every place and platform.
pub fn documents(text: &str) {
    let source = Source::new("text", text);
    let (library, problems) = Library::load(std::slice::from_ref(&source));
    in_order(text, &problems);
    for entry in library.applications() {
        let release = match build_entry(&library, entry) {
            Ok(release) => release,
            Err(problems) => {
                assert!(!problems.is_empty(), "an error says what is wrong");
                in_order(text, &problems);
                continue;
            }
        };
        assert!(problems.is_empty(), "nothing is built from documents that are not in order");
        assert_eq!(build_entry(&library, entry).expect("as before").digest(), release.digest());
        let written = serde_json::to_string(&release).expect("a release is JSON");
        let read = compose::release::Release::read(&written).expect("a release is read as it was written");
        assert!(diff(&release, &read).is_empty());
        for format in [Format::Mermaid, Format::Dot, Format::Svg] {
            assert!(!draw(&release, format).is_empty());
        }
        for place in release.spec.places.keys().take(3) {
            for platform in
                [Platform::Kubernetes, Platform::Podman, Platform::Docker, Platform::Systemd, Platform::Process]
            {
                let site = Site {
                    name: place.clone(),
                    platform,
                    classes: Vec::new(),
                    labels: BTreeMap::new(),
                    locals: BTreeMap::new(),
                };
                let facts = Facts {
                    site,
                    network: Network { name: "net".to_owned(), id: String::new() },
                    deployment: None,
                    places: None,
                    declined: Default::default(),
                    absent: Default::default(),
                    per_site: Default::default(),
                    labels: Default::default(),
                    ports: Default::default(),
                    engine: false,
                };
                match render(&release, &facts) {
                    Ok(rendered) => assert!(!rendered.explain().is_empty()),
                    Err(problems) => assert!(!problems.is_empty()),
                }
            }
        }
    }
    // The same text may be meant as the facts of a site or of many, or as a deployment.
    let others = [Facts::read(&source).err(), Sites::read(&source).err(), Authored::read(&source).err()];
    for problems in others.into_iter().flatten() {
        in_order(text, &problems);
    }
}

/// Every position is within the text, and what is wrong can be shown.
fn in_order(text: &str, problems: &Problems) {
    let lines = u32::try_from(text.split('\n').count()).expect("few lines");
    for diagnostic in problems.iter() {
        if let Some(at) = diagnostic.at.as_ref().filter(|at| at.source == "text") {
            assert!(at.line <= lines + 1, "{diagnostic:?} is beyond line {lines}");
        }
        assert!(!diagnostic.message.is_empty());
    }
    let _ = problems.render(|_| Some(text));
}

/// Evaluates a text as a value with expressions, twice.
pub fn expression(text: &str) {
    let roots = json!({
        "config": { "port": 8080, "name": "shop", "on": true, "none": null, "tags": ["a", "b"], "deep": { "er": [1.5, { "x": "y" }] }, "key": { "secret": "db" } },
        "this": { "name": "web", "id": "abc" },
        "peer": { "db": { "host": "db", "port": 5432 } },
        "peers": { "db": [{ "host": "x", "port": 1 }, { "host": "y", "port": 2 }] },
        "site": { "name": "here", "classes": ["store"], "labels": {} },
    });
    let Value::Object(roots) = roots else { unreachable!("an object") };
    let first = compose::fuzzing::evaluate(text, &roots);
    assert_eq!(first, compose::fuzzing::evaluate(text, &roots), "the same text has the same value");
    if let Ok(value) = first {
        assert!(value.to_string().len() < 16 << 20, "an expression makes no more than it may");
    }
}
