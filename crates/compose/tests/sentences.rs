//! Every sentence the engine has about a mistake is shown by a golden: one that is added to the source without one fails here.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use compose::{
    Code, Library, Problems, Source,
    build::build,
    render::{Facts, render},
};

/// Blocks the mistakes are made with.
const BLOCKS: &str = include_str!("documents/mistakes.yaml");

/// The mistakes, each under a line that names it; what a site says of itself is in a document that begins with `site:`.
const MISTAKES: &str = include_str!("documents/sentences.yaml");

/// What is wrong with the text of a mistake, wherever that comes out.
fn problems(text: &str) -> Problems {
    let (text, site) =
        text.split_once("---\nsite:").map_or((text, None), |(text, site)| (text, Some(format!("site:{site}"))));
    let (library, problems) = Library::load(&[Source::new("blocks.yaml", BLOCKS), Source::new("mistake.yaml", text)]);
    if library.applications().next().is_none() {
        return problems;
    }
    match build(&library, "app") {
        Err(problems) => problems,
        Ok(release) => {
            let facts = Source::new("site.yaml", site.expect("a mistake in the documents, or a site"));
            match Facts::read(&facts) {
                Err(problems) => problems,
                Ok(facts) => render(&release, &facts).map(|_| ()).expect_err("a mistake"),
            }
        }
    }
}

#[test]
fn every_mistake_is_said_in_its_own_words() {
    let mut out = String::new();
    let mut mistakes = MISTAKES.split("##### ");
    mistakes.next();
    for mistake in mistakes {
        let (name, text) = mistake.split_once('\n').expect("a name and a text");
        // Shorthands, so that what is wrong is what one sees.
        let text = text
            .replace("BLOCK\n", "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: mine, version: 1.0.0}\n")
            .replace("TOP\n", "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: app, version: 1.0.0}\n")
            .replace("APP\n", "apiVersion: skupperx.io/v1\nkind: Application\nmetadata: {name: app, version: 1.0.0}\n")
            .replace(
                "TYPE\n",
                "apiVersion: skupperx.io/v1\nkind: InterfaceType\nmetadata: {name: own, version: 1.0.0}\n",
            );
        let problems = problems(&text);
        assert!(!problems.is_empty(), "{name}");
        for diagnostic in problems.iter() {
            assert!(!diagnostic.expected.is_empty(), "{name}: what is expected? {diagnostic:?}");
            let named = !diagnostic.block.is_empty();
            let without =
                matches!(diagnostic.code, Code::Syntax | Code::UnknownKind | Code::MissingKey) || name.contains("site");
            assert!(named || without, "{name}: of which block? {diagnostic:?}");
        }
        let site = text.split_once("---\nsite:").map(|(_, site)| format!("site:{site}"));
        let shown = problems.render(|source| match source {
            "blocks.yaml" => Some(BLOCKS),
            "site.yaml" => site.as_deref(),
            _ => Some(text.as_str()),
        });
        let _ = writeln!(out, "##### {name}\n\n{shown}");
    }
    insta::assert_snapshot!(out);
}

/// Sentences in the source: the words that follow these.
const SAID_BY: [&str; 3] = ["Diagnostic::new(", "finding(", "message: format!("];

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
}

/// The text in quotes with which the arguments of a call begin, after its code if it has one; none where it is a variable.
fn sentence(arguments: &str) -> Option<String> {
    let mut rest = arguments.trim_start();
    let code: usize = rest.chars().take_while(|c| c.is_alphanumeric() || "_:.".contains(*c)).map(char::len_utf8).sum();
    if rest[code..].starts_with(',') {
        rest = rest[code + 1..].trim_start();
    }
    let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
}

/// Whether a line is a sentence with something in the places of what is in braces.
fn says(line: &str, sentence: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        literals.push(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    let Some(line) = line.strip_prefix(literals.first().copied().unwrap_or(rest)) else { return false };
    if literals.is_empty() {
        return line.is_empty();
    }
    let mut line = line;
    for literal in &literals[1..] {
        let Some((_, after)) = line.split_once(literal) else { return false };
        line = after;
    }
    line.ends_with(rest)
}

#[test]
fn every_sentence_of_the_source_is_in_a_golden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), &mut sources);
    let mut lines = Vec::new();
    for entry in fs::read_dir(root.join("tests/snapshots")).expect("goldens") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a golden");
        let said =
            text.lines().filter_map(|l| l.strip_prefix("error[")?.split_once("]: ").map(|(_, words)| words.to_owned()));
        lines.extend(said);
    }
    let (mut count, mut unsaid) = (0, Vec::new());
    for path in sources {
        let text = fs::read_to_string(&path).expect("a source");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for said_by in SAID_BY {
            for (at, _) in text.match_indices(said_by) {
                let Some(sentence) = sentence(&text[at + said_by.len()..]) else { continue };
                count += 1;
                // The words of a field or an expression are within a sentence that begins with their name.
                let shown = lines.iter().any(|line| {
                    says(line, &sentence) || line.match_indices(": ").any(|(i, _)| says(&line[i + 2..], &sentence))
                });
                if !shown {
                    unsaid.push(format!("{}: {sentence}", path.strip_prefix(root).unwrap_or(&path).display()));
                }
            }
        }
    }
    assert!(count > 100, "the sentences were not found: {count}");
    assert!(unsaid.is_empty(), "add a mistake to tests/documents/sentences.yaml for each of:\n{}", unsaid.join("\n"));
}
