//! Loading: what is wrong is said all at once, with its position.

use compose::{Library, Source};

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
