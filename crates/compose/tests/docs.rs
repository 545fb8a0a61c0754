//! The reference is what the schemas say, and the tutorial does what it says. `UPDATE=1 cargo test -p compose --test docs` writes
//! the reference, and what the tutorial's commands say.

use std::{fs, path::Path};

use compose::{
    Library, Source,
    build::build,
    render::{Facts, render},
};

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compose")
}

#[test]
fn the_reference_is_up_to_date() {
    let path = docs().join("reference.md");
    let text = compose::reference::markdown();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(docs()).expect("a folder");
        fs::write(&path, &text).expect("writing the reference");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{} differs: run UPDATE=1 cargo test -p compose --test docs", path.display());
}

/// The fenced blocks of the tutorial, each with the words after its fence.
fn fences(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => all.extend(open.take()),
            (Some((_, body)), None) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    all
}

#[test]
fn the_tutorial_does_what_it_says() {
    let path = docs().join("tutorial.md");
    let text = fs::read_to_string(&path).expect("the tutorial");
    let mut files: Vec<Source> = Vec::new();
    let mut right = text.clone();
    let mut commands = 0;
    for (info, body) in fences(&text) {
        let words: Vec<&str> = info.split_whitespace().collect();
        let says = match words.as_slice() {
            // A file, or its next version.
            ["yaml", name] => {
                files.retain(|f| f.name != *name);
                files.push(Source::new(*name, body));
                continue;
            }
            ["text", "build"] => build_text(&files),
            ["text", "render"] => render_text(&files),
            _ => continue,
        };
        commands += 1;
        right = right.replacen(&format!("```{info}\n{body}```"), &format!("```{info} \n{says}```"), 1);
    }
    // The space kept a later block of the same words from being found again.
    let right = right.replace("```text build \n", "```text build\n").replace("```text render \n", "```text render\n");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &right).expect("writing the tutorial");
        return;
    }
    assert!(commands >= 4, "the tutorial builds and renders");
    assert!(right == text, "the tutorial should say:\n{right}");
}

fn documents(files: &[Source]) -> Vec<Source> {
    files.iter().filter(|f| f.name != "site.yaml").cloned().collect()
}

fn build_text(files: &[Source]) -> String {
    let files = documents(files);
    let (library, problems) = Library::load(&files);
    let text = |name: &str| files.iter().find(|f| f.name == name).map(|f| f.text.as_str());
    let result = problems.or(()).and_then(|()| build(&library, "shop"));
    match result {
        Ok(release) => format!(
            "built {} {}, {} instances\n",
            release.metadata.name,
            release.metadata.version,
            release.spec.instances.len()
        ),
        Err(problems) => problems.render(text),
    }
}

fn render_text(files: &[Source]) -> String {
    let (library, problems) = Library::load(&documents(files));
    assert!(problems.is_empty(), "{problems}");
    let release = build(&library, "shop").unwrap_or_else(|problems| panic!("{problems}"));
    let facts = files.iter().rfind(|f| f.name == "site.yaml").expect("a site");
    let facts = Facts::read(facts).unwrap_or_else(|problems| panic!("{problems}"));
    let rendered = render(&release, &facts).unwrap_or_else(|problems| panic!("{problems}"));
    rendered.explain().replace(&rendered.release, "shop")
}
