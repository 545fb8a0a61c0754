//! Renders: what a site gets on each platform, and why.

use std::fmt::Write;

use compose::{
    Library, Source,
    build::build,
    release::Release,
    render::{Content, Facts, Rendered, Renderer, render},
};

const SHOP: &str = include_str!("documents/shop.yaml");

fn shop() -> Release {
    let (library, problems) = Library::load(&[Source::new("shop.yaml", SHOP)]);
    assert!(problems.is_empty(), "{problems}");
    build(&library, "shop").unwrap_or_else(|problems| panic!("{problems}"))
}

fn at(facts: &str) -> Rendered {
    let facts = Facts::read(&Source::new("site.yaml", facts)).unwrap_or_else(|problems| panic!("{problems}"));
    render(&shop(), &facts).unwrap_or_else(|problems| panic!("{}", problems.render(|_| None)))
}

/// Everything a site gets, as text that can be read.
fn shown(rendered: &Rendered) -> String {
    let mut out = rendered.explain().replace(&rendered.release, "RELEASE");
    for object in &rendered.objects {
        let _ = writeln!(out, "\n===== {} {}", object.kind, object.name);
        match &object.content {
            Content::Text(text) => out.push_str(text),
            Content::Structure(value) => {
                let _ = writeln!(out, "{}", serde_json::to_string_pretty(value).expect("JSON"));
            }
        }
    }
    let _ = writeln!(out, "\n===== checks\n{}", serde_json::to_string_pretty(&rendered.checks).expect("JSON"));
    out
}

#[test]
fn kubernetes_gets_objects() {
    insta::assert_snapshot!(shown(&at("site: {name: hq, platform: kubernetes}")));
}

#[test]
fn podman_gets_quadlet_files() {
    insta::assert_snapshot!(shown(&at(
        "{site: {name: hq, platform: podman, locals: {shop/back/api: {greeting: 'Good day'}}}, deployment: shop-test}"
    )));
}

#[test]
fn docker_gets_a_compose_file() {
    insta::assert_snapshot!(shown(&at("{site: {name: both, platform: docker}, places: [hq, store]}")));
}

#[test]
fn a_site_that_runs_containers_by_itself_gets_containers() {
    let gets = at("{site: {name: both, platform: podman}, places: [hq, store], engine: true}");
    assert!(gets.objects.iter().all(|object| object.kind == "container"), "{:?}", gets.objects);
    insta::assert_snapshot!(shown(&gets));
}

#[test]
fn a_process_site_gets_processes() {
    insta::assert_snapshot!(shown(&at("site: {name: store-017, classes: [store], platform: process}")));
}

#[test]
fn systemd_gets_units() {
    insta::assert_snapshot!(shown(&at("site: {name: store-017, classes: [store], platform: systemd}")));
}

#[test]
fn a_platform_without_a_body_and_wrong_facts_are_refused() {
    let facts = "{site: {name: a, platform: process, locals: {shop/back/apo: {greeting: x}}}, places: [hqq], declined: [shop/web]}";
    let facts = Facts::read(&Source::new("site.yaml", facts)).expect("facts");
    let wrong = render(&shop(), &facts).expect_err("wrong facts").render(|_| None);
    let facts = Facts::read(&Source::new("site.yaml", "site: {name: hq, platform: systemd}")).expect("facts");
    let bare = render(&shop(), &facts).expect_err("no body").render(|_| None);
    insta::assert_snapshot!(format!("{wrong}\n{bare}"));
}

#[test]
fn a_site_that_fills_no_place_gets_nothing() {
    let rendered = at("site: {name: elsewhere, platform: podman}");
    assert!(rendered.objects.is_empty() && rendered.listeners.is_empty() && rendered.connectors.is_empty());
}

#[test]
fn nothing_is_made_for_what_no_site_runs() {
    let facts = "{site: {name: hq, platform: podman}, absent: [shop/web]}";
    let rendered = at(facts);
    assert!(rendered.connectors.iter().all(|c| c.address != "shop/back.api.http"), "{:?}", rendered.connectors);
}

#[test]
fn many_sites_are_rendered_as_each_by_itself() {
    let release = shop();
    let renderer = Renderer::new(&release);
    for i in 0..20 {
        let facts = format!("site: {{name: store-{i}, classes: [store], platform: podman}}");
        let facts = Facts::read(&Source::new("site.yaml", facts)).expect("facts");
        assert_eq!(renderer.render(&facts).expect("a site"), render(&release, &facts).expect("a site"));
    }
}
