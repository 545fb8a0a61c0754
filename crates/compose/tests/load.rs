//! Loading: what is wrong is said all at once, with its position.

use compose::{Code, Library, Source};

#[test]
fn the_built_in_types_are_in_order() {
    let (library, problems) = Library::load(&[]);
    assert!(problems.is_empty(), "{problems}");
    let names: Vec<String> = library.interface_types().map(|t| t.document.metadata.name.to_string()).collect();
    assert_eq!(names, ["http", "management", "messaging", "rpc", "tcp", "tls", "udp", "volume"]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = include_str!("documents/wrong.yaml");
    let (_, problems) = Library::load(&[Source::new("wrong.yaml", text)]);
    let problems = problems.or(()).expect_err("problems");
    insta::assert_snapshot!(problems.render(|name| (name == "wrong.yaml").then_some(text)));
}

#[test]
fn no_document_is_lost_for_a_version_its_schema_cannot_judge() {
    for version in ["99999999999999999999999.0.0", "1.0.0-01", "1.0.0-rc..1"] {
        let text = format!(
            "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: a, version: {version}}}\nspec: {{type: component}}\n"
        );
        let (_, problems) = Library::load(&[Source::new("a.yaml", text)]);
        let said: Vec<_> = problems.iter().map(|d| (d.code, d.at.as_ref().map(|at| (at.line, at.column)))).collect();
        assert_eq!(said, [(Code::InvalidValue, Some((3, 30)))], "{version}");
    }
}

/// Ten times as much would not take a hundred times as long: this would then not end.
#[test]
fn many_mistakes_and_long_ones_are_told_as_readily_as_few() {
    let block = |i: usize| {
        format!("apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: b{i}, version: 1.0.0}}\nspec: {{tpe: x}}\n")
    };
    let text = (0..3_000).map(block).collect::<Vec<_>>().join("---\n");
    let (_, problems) = Library::load(&[Source::new("a.yaml", text.as_str())]);
    assert_eq!(problems.len(), 3_000);
    assert!(problems.render(|_| Some(&text)).ends_with("3000 problems\n"));
    let long = block(1).replace("tpe: x", &format!("type: {}", "c".repeat(5_000_000)));
    let (_, problems) = Library::load(&[Source::new("a.yaml", long)]);
    let [problem] = problems.iter().collect::<Vec<_>>()[..] else { panic!("{} problems", problems.len()) };
    assert!(problem.message.len() < 200 && problem.nearest.is_none());
}

#[test]
fn no_message_says_what_a_terminal_would_obey() {
    let text = "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: b, version: 1.0.0}\n".to_owned()
        + r#"spec: {type: "\x9b31m", "\u202e": 1}"#;
    let (_, problems) = Library::load(&[Source::new("a.yaml", text)]);
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|d| !d.message.contains(['\u{9b}', '\u{202e}'])), "{problems}");
}
