//! Drawings of releases, and what differs between two.

use compose::{
    Library, Source,
    build::build,
    diff::diff,
    graph::{Format, draw},
    release::Release,
};

const SHOP: &str = include_str!("documents/shop.yaml");

fn built(text: &str) -> Release {
    let (library, problems) = Library::load(&[Source::new("shop.yaml", text)]);
    assert!(problems.is_empty(), "{problems}");
    build(&library, "shop").unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn mermaid() {
    insta::assert_snapshot!(draw(&built(SHOP), Format::Mermaid));
}

#[test]
fn dot() {
    insta::assert_snapshot!(draw(&built(SHOP), Format::Dot));
}

#[test]
fn svg() {
    insta::assert_snapshot!(draw(&built(SHOP), Format::Svg));
}

#[test]
fn a_release_does_not_differ_from_itself() {
    let release = built(SHOP);
    assert!(diff(&release, &release).is_empty());
}

#[test]
fn differences_are_said_in_the_terms_of_the_application() {
    let changed = SHOP
        .replace("metadata: {name: web, version: 2.0.1}", "metadata: {name: web, version: 2.1.0}")
        .replace("listen 80; location /api", "listen 80; location /v2")
        .replace("secret: shop-db", "secret: shop-database")
        .replace("Hi, ${{ this.name }}", "Hello")
        .replace("- {from: door.to, to: web.http}", "- {from: door.to, to: web.http}\n    - {from: door2.to, to: web.http}")
        .replace("door: {block: front-door, place: store}", "door: {block: front-door, place: store}\n      door2: {block: front-door, place: store, config: {port: 9443}}");
    let diff = diff(&built(SHOP), &built(&changed));
    // The first line has the digests, which change with every change.
    let text = diff.text();
    insta::assert_snapshot!(text.split_once('\n').expect("lines").1);
    insta::assert_json_snapshot!(diff.changes);
}
