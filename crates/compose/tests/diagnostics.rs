//! Every kind of mistake, each with what is said about it.

use std::{collections::BTreeSet, fmt::Write};

use compose::{
    Code, Library, MAX_DEPTH, Problems, Source,
    build::build,
    deploy::Authored,
    render::{Facts, render},
};

/// Blocks the mistakes are made with.
const BLOCKS: &str = include_str!("documents/mistakes.yaml");

/// A block with a mistake in its `spec`.
fn block(spec: &str) -> String {
    format!("apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: mine, version: 1.0.0}}\nspec:\n{spec}\n")
}

/// An application of `parts`, `links` and more of its own.
fn application(parts: &str, links: &str, more: &str) -> String {
    format!(
        "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: app, version: 1.0.0}}\nspec:\n  type: toplevel\n  composite:\n    \
         parts: {{{parts}}}\n    links: [{links}]\n---\napiVersion: skupperx.io/v1\nkind: Application\n\
         metadata: {{name: app, version: 1.0.0}}\nspec: {{root: app@1.0.0{more}}}\n"
    )
}

fn problems(text: &str) -> Problems {
    if text.contains("kind: Deployment") {
        return Authored::read(&Source::new("mistake.yaml", text)).expect_err("a mistake");
    }
    let (library, problems) = Library::load(&[Source::new("blocks.yaml", BLOCKS), Source::new("mistake.yaml", text)]);
    if !problems.is_empty() && library.applications().next().is_none() {
        return problems;
    }
    match build(&library, "app") {
        Err(problems) => problems,
        Ok(release) => {
            let facts =
                Facts::read(&Source::new("site.yaml", "{site: {name: a, platform: podman}, places: [nowhere]}"))
                    .expect("facts");
            render(&release, &facts).map(|_| ()).expect_err("a mistake")
        }
    }
}

#[test]
fn every_mistake_is_explained() {
    let one = "a: {block: client}, b: {block: server}";
    let link = "{from: a.out, to: b.in}";
    let component = "  type: component\n  bodies: {any: {workload: {image: x}}}\n";
    let cases: Vec<(Code, String)> = vec![
        (Code::Syntax, "a: [".to_owned()),
        (Code::DuplicateKey, block(&format!("{component}  type: component"))),
        (Code::UnknownKey, block(&format!("{component}  interface: {{}}"))),
        (Code::MissingKey, "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: x}\nspec: {}\n".to_owned()),
        (Code::WrongType, block("  type: component\n  bodies: {any: {workload: {image: 7}}}")),
        (Code::InvalidValue, block(&component.replace("component", "componnent"))),
        (
            Code::UnknownKind,
            "apiVersion: skupperx.io/v1\nkind: Aplication\nmetadata: {name: x, version: 1.0.0}\n".to_owned(),
        ),
        (Code::ConflictingVersion, BLOCKS.replacen("image: server", "image: other", 1)),
        (Code::UnknownBlock, application("a: {block: cliennt}", "", "")),
        (Code::UnknownType, block(&format!("{component}  interfaces: {{x: {{type: htpp, role: accept}}}}"))),
        (Code::NoMatchingVersion, application("a: {block: client@^7}", "", "")),
        (
            Code::Cycle,
            block("  extends: mine2") + "---\n" + &block("  extends: mine").replace("name: mine,", "name: mine2,"),
        ),
        (Code::TooLarge, bomb()),
        (
            Code::TooLarge,
            tower(|inner| format!("{{type: component, composite: {{parts: {{a: {{block: {inner}}}}}}}}}")),
        ),
        (Code::TooLarge, tower(|base| format!("{{extends: {base}}}"))),
        (Code::InvalidBlock, block("  type: component")),
        (Code::UnknownApplication, String::new()),
        (Code::UnknownPart, application(one, "{from: a.out, to: c.in}", "")),
        (Code::UnknownInterface, application(one, "{from: a.out, to: b.inn}", "")),
        (Code::UnknownRole, block(&format!("{component}  interfaces: {{x: {{type: tcp, role: acept}}}}"))),
        (Code::TypeMismatch, application("a: {block: client}, b: {block: web}", "{from: a.out, to: b.http}", "")),
        (Code::RoleMismatch, application("a: {block: client}, b: {block: client}", "{from: a.out, to: b.out}", "")),
        (
            Code::PolarityMismatch,
            block(&format!("{component}  interfaces: {{x: {{type: tcp, role: connect, polarity: south}}}}")),
        ),
        (Code::UnfitConnector, application("a: {block: sender}, b: {block: receiver}", "{from: a.out, to: b.in}", "")),
        (Code::TooFewPeers, application(one, "", "")),
        (
            Code::TooManyPeers,
            application(
                "a: {block: client}, b: {block: server}, c: {block: server}",
                "{from: a.out, to: b.in}, {from: a.out, to: c.in}",
                "",
            ),
        ),
        (
            Code::ExportMismatch,
            block(
                "  type: component\n  interfaces: {x: {type: http, role: accept}}\n  composite: {parts: {s: {block: server}}, exports: {x: s.in}}",
            ),
        ),
        (Code::NeedsOptional, application("a: {block: client}, b: {block: server, optional: true}", link, "")),
        (Code::UnknownConfig, application("a: {block: settings, config: {count: 1, nam: x}}", "", "")),
        (Code::MissingConfig, application("a: {block: settings}", "", "")),
        (Code::InvalidConfig, application("a: {block: settings, config: {count: 11}}", "", "")),
        (Code::SecretLiteral, application("a: {block: settings, config: {count: 1, key: hunter2}}", "", "")),
        (
            Code::InvalidData,
            block(&format!("{component}  interfaces: {{x: {{type: tcp, role: accept, data: {{prot: 1}}}}}}")),
        ),
        (Code::InvalidExpression, block("  type: component\n  bodies: {any: {workload: {image: \"${{ 1 + }}\"}}}")),
        (
            Code::UnknownReference,
            block(
                "  type: component\n  config: {port: {}}\n  bodies: {any: {workload: {image: \"${{ config.prot }}\"}}}",
            ),
        ),
        (Code::FailedExpression, application("a: {block: failing}", "", "")),
        (Code::UnknownPlace, application("a: {block: server, place: stor}", "", ", places: {store: {}, hq: {}}")),
        (Code::InvalidPlace, application("a: {block: door}, b: {block: web}", "{from: a.to, to: b.http}", "")),
        (Code::MissingBody, application("a: {block: server, place: hq}", "", ", places: {hq: {platforms: [process]}}")),
        (Code::InvalidBody, block("  type: component\n  bodies: {any: {units: {a.service: x}}}")),
        (Code::InvalidOpening, application(one, link, ", open: {skx/mine: {interface: b.in}}")),
        (
            Code::InvalidDeployment,
            "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {name: x, network: y}\nspec: {}\n".to_owned(),
        ),
        (Code::InvalidSite, application("a: {block: place-holder, place: nowhere}", "", "")),
    ];
    let mut out = String::new();
    let mut covered = BTreeSet::new();
    for (code, text) in cases {
        let problems = problems(&text);
        assert!(problems.iter().any(|d| d.code == code), "{code}:\n{problems}");
        covered.insert(code);
        let shown = problems.render(|name| match name {
            "blocks.yaml" => Some(BLOCKS),
            "mistake.yaml" => Some(text.as_str()),
            _ => None,
        });
        let _ = writeln!(out, "##### {code}: {}\n\n{shown}", code.meaning());
    }
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !covered.contains(code)).collect();
    assert!(missing.is_empty(), "no mistake for {missing:?}");
    insta::assert_snapshot!(out);
}

#[test]
fn diagnostics_have_a_form_for_programs() {
    let problems = problems(&application("a: {block: cliennt}", "", ""));
    insta::assert_json_snapshot!(problems);
}

/// Fourteen composites of two of the one before: more instances than anybody means.
/// Blocks of which each is made of the one before, one more of them than there may be.
fn tower(of: fn(&str) -> String) -> String {
    let (mut text, mut last) = (String::new(), "server".to_owned());
    for level in 0..=MAX_DEPTH {
        let name = format!("level-{level}");
        text += &format!("apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: {name}, version: 1.0.0}}\n");
        text += &format!("spec: {}\n---\n", of(&last));
        last = name;
    }
    text + &application(&format!("a: {{block: {last}}}"), "", "")
}

fn bomb() -> String {
    let composite = |i: u32, inner: &str| {
        format!(
            "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: bomb{i}, version: 1.0.0}}\nspec:\n  type: component\n  \
             composite: {{parts: {{a: {{block: {inner}}}, b: {{block: {inner}}}}}}}\n---\n"
        )
    };
    let mut text = composite(0, "server");
    for i in 1..14 {
        text += &composite(i, &format!("bomb{}", i - 1));
    }
    text + &application("a: {block: bomb13}", "", "")
}
