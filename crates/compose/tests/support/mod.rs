//! What tests of several subjects need: the starter library and the examples, and sites for them.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use compose::{
    Library, Source,
    build::build,
    model::Platform,
    release::Release,
    render::{Facts, Network, Rendered, Site, render},
};

pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// The documents of a folder, in the order of their names.
pub(crate) fn sources(folder: &Path) -> Vec<Source> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| Source::new(name(path), fs::read_to_string(path).expect("a file"))).collect()
}

/// Builds the only application of an example, with the starter library.
pub(crate) fn built(example: &Source) -> Release {
    let all: Vec<Source> = sources(&examples().join("library")).into_iter().chain([example.clone()]).collect();
    let text = |name: &str| all.iter().find(|s| s.name == name).map(|s| s.text.as_str());
    let (library, problems) = Library::load(&all);
    assert!(problems.is_empty(), "{}:\n{}", example.name, problems.render(text));
    let application = library.applications().next().expect("an application").document.metadata.name.to_string();
    build(&library, &application).unwrap_or_else(|problems| panic!("{}:\n{}", example.name, problems.render(text)))
}

/// A site of a place, with everything filled in that only a participant knows.
pub(crate) fn facts(release: &Release, place: &str, platform: Platform) -> Facts {
    let missing = release.spec.instances.iter().map(|(path, instance)| {
        let fields = instance.local.iter().filter(|(_, f)| f.required && f.default.is_none());
        (path.clone(), fields.map(|(name, _)| (name.clone(), "given".into())).collect())
    });
    let site = Site {
        name: place.into(),
        platform,
        classes: Vec::new(),
        labels: [("region".to_owned(), "emea".to_owned())].into(),
        locals: missing.filter(|(_, fields): &(_, BTreeMap<_, _>)| !fields.is_empty()).collect(),
    };
    Facts {
        site,
        network: Network { name: "test".to_owned(), id: String::new() },
        deployment: None,
        places: None,
        declined: Default::default(),
        absent: Default::default(),
        per_site: Default::default(),
        labels: Default::default(),
        ports: Default::default(),
        engine: false,
    }
}

/// What the sites of every example get on a platform, each with the example's name.
pub(crate) fn rendered(platform: Platform) -> Vec<(String, Rendered)> {
    let mut all = Vec::new();
    for example in sources(&examples()) {
        let release = built(&example);
        for (place, declared) in &release.spec.places {
            if declared.platforms.contains(&platform) {
                let rendered = render(&release, &facts(&release, place.as_str(), platform));
                let rendered =
                    rendered.unwrap_or_else(|p| panic!("{} at {place}:\n{}", example.name, p.render(|_| None)));
                all.push((format!("{} at {place}", example.name), rendered));
            }
        }
    }
    all
}

/// Components with everything a workload can have, and objects and units of their own, on a platform.
pub(crate) fn everything(platform: Platform) -> Rendered {
    const EVERYTHING: &str = include_str!("../documents/everything.yaml");
    let (library, problems) = Library::load(&[Source::new("everything.yaml", EVERYTHING)]);
    assert!(problems.is_empty(), "{}", problems.render(|_| Some(EVERYTHING)));
    let release = build(&library, "app").unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(EVERYTHING))));
    let facts = format!("{{site: {{name: here, platform: {}}}, places: [default]}}", platform.as_str());
    let facts = Facts::read(&Source::new("site.yaml", facts)).expect("facts");
    render(&release, &facts).unwrap_or_else(|problems| panic!("{}", problems.render(|_| None)))
}
