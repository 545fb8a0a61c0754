//! Everything that is wrong is said in one go: with the documents and with the application. What only follows from something
//! else that is wrong is not said.

use compose::{Code, Library, Problems, Source, build::build};

fn problems(text: &str, application: &str) -> Problems {
    let (library, _) = Library::load(&[Source::new("a.yaml", text)]);
    build(&library, application).expect_err("problems")
}

#[test]
fn documents_and_applications_are_judged_in_one_go() {
    let text = include_str!("documents/at-once.yaml");
    let problems = problems(text, "app");
    insta::assert_snapshot!(problems.render(|name| (name == "a.yaml").then_some(text)));
}

/// Blocks in order, and an application of two of them.
const SHOP: &str = include_str!("documents/mistakes.yaml");

fn application(parts: &str, links: &str, more: &str) -> String {
    format!(
        "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: app, version: 1.0.0}}\nspec:\n  type: toplevel\n  composite:\n    \
         parts: {{{parts}}}\n    links: [{links}]\n---\napiVersion: skupperx.io/v1\nkind: Application\n\
         metadata: {{name: app, version: 1.0.0}}\nspec: {{root: app@1.0.0{more}}}\n"
    )
}

fn codes(text: &str) -> Vec<Code> {
    problems(&format!("{SHOP}---\n{text}"), "app").iter().map(|d| d.code).collect()
}

#[test]
fn a_slip_hides_nothing_else_that_is_wrong_with_its_document() {
    let slips = |part: &str| {
        let app = application(&format!("a: {{block: client}}, b: {{{part}}}"), "{from: a.out, to: b.in}", "");
        codes(&app.replace("type: toplevel", "type: toplvel").replace("composite:", "descripton: x\n  composite:"))
    };
    assert_eq!(slips("block: server"), [Code::InvalidValue, Code::UnknownKey]);
    assert_eq!(slips("block: sever"), [Code::InvalidValue, Code::UnknownKey, Code::UnknownBlock]);
    assert_eq!(slips("blok: server"), [Code::InvalidValue, Code::UnknownKey, Code::MissingKey, Code::UnknownKey]);
}

#[test]
fn one_mistake_is_said_once_whatever_follows_from_it() {
    let pair = "a: {block: client}, b: {block: server}";
    let link = "{from: a.out, to: b.in}";
    for (text, expected) in [
        // A link that leads nowhere leaves its other end alone.
        (application(pair, "{from: a.out, to: b.on}", ""), Code::UnknownInterface),
        (application(pair, "{from: a.on, to: b.in}", ""), Code::UnknownInterface),
        (application(pair, "{from: a.out, to: c.in}", ""), Code::UnknownPart),
        (application("a: {block: client}, b: {block: web}", "{from: a.out, to: b.http}", ""), Code::TypeMismatch),
        (application(pair, "{from: a.out, to: b.in, via: nothing}", ""), Code::UnknownBlock),
        (application(pair, "{from: a.out, to: b.in, via: server}", ""), Code::UnfitConnector),
        // So does a part whose block is not there, or whose document is not in order.
        (application("a: {block: client}, b: {block: sever}", link, ""), Code::UnknownBlock),
        (application("a: {block: client}, b: {block: server@^9}", link, ""), Code::NoMatchingVersion),
        (
            format!(
                "{}---\n{}",
                application("a: {block: client}, b: {block: x}", link, ""),
                block("x", "  type: sidecar")
            ),
            Code::InvalidValue,
        ),
        // Configuration that is missing is missing in the body as well.
        (application("a: {block: settings}", "", ""), Code::MissingConfig),
        (application("a: {block: settings, config: {count: \"${{ config.x }}\"}}", "", ""), Code::UnknownReference),
        // A document that is not YAML is not also a block that is not there.
        (
            format!(
                "{}---\nmetadata: {{name: x\nspec: [\n",
                application("a: {block: client}, b: {block: x}", link, "")
            ),
            Code::Syntax,
        ),
        (format!("{}---\nspec: [\n", application("a: {block: client}, b: {block: x}", link, "")), Code::Syntax),
        // Neither is an application.
        (application(pair, link, "").replace("root: app@1.0.0", "root: app@1"), Code::InvalidValue),
        (application(pair, link, "").replace("kind: Application", "kind: Aplication"), Code::UnknownKind),
        (application(pair, link, "").replace("type: toplevel", "type: topevel"), Code::InvalidValue),
        // What a block inherits is said of the block it inherits it from.
        (
            format!(
                "{}---\n{}---\n{}",
                application("a: {block: y}", "", ""),
                block("x", "  type: component\n  bodies: {any: {workload: {image: 7}}}"),
                block("y", "  extends: x")
            ),
            Code::WrongType,
        ),
        (
            format!(
                "{}---\n{}---\n{}",
                application("a: {block: y}", "", ""),
                block("x", "  type: component\n  bodies: {any: {workload: {image: \"${{ config.x }}\"}}}"),
                block("y", "  extends: x")
            ),
            Code::UnknownReference,
        ),
        // What is opened may be broken.
        (
            format!(
                "{}---\n{}",
                application("a: {block: x}", "", ", open: {y: {interface: a.in}}"),
                block("x", "  type: sidecar")
            ),
            Code::InvalidValue,
        ),
        (application("a: {block: client}", "", ", open: {skx/y: {interface: a.out}}"), Code::InvalidOpening),
    ] {
        assert_eq!(
            codes(&text),
            [expected],
            "{text}\n{}",
            problems(&format!("{SHOP}---\n{text}"), "app").render(|_| None)
        );
    }
}

fn block(name: &str, spec: &str) -> String {
    format!("apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: {name}, version: 1.0.0}}\nspec:\n{spec}\n")
}

#[test]
fn mistakes_that_have_nothing_to_do_with_each_other_are_all_said() {
    // One in a document, one of the schema, one of a link, one of a number of peers, one of a place, one of a body.
    let text = format!(
        "{}---\n{}---\n{}---\nnot: [yaml\n",
        application(
            "a: {block: client}, b: {block: server, place: x}, c: {block: client}, d: {block: failing}",
            "{from: c.out, to: b.on}",
            ", places: {y: {}}"
        ),
        block("m", "  type: sidecar"),
        block("n", "  type: component"),
    );
    let mut codes = codes(&text);
    codes.sort();
    assert_eq!(
        codes,
        [
            Code::Syntax,
            Code::InvalidValue,
            Code::InvalidBlock,
            Code::UnknownInterface,
            Code::TooFewPeers,
            Code::FailedExpression,
            Code::UnknownPlace
        ]
    );
}

#[test]
fn nothing_is_built_from_documents_that_are_not_in_order() {
    let text =
        format!("{SHOP}---\n{}---\n{}", application("a: {block: server}", "", ""), block("unused", "  type: sidecar"));
    assert_eq!(problems(&text, "app").len(), 1);
}
