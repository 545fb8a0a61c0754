//! Builds: what comes out is the same however the documents are written, and as expected.

use compose::{Library, Source, build::build};

const SHOP: &str = include_str!("documents/shop.yaml");

#[test]
fn a_shop_builds() {
    let (library, problems) = Library::load(&[Source::new("shop.yaml", SHOP)]);
    assert!(problems.is_empty(), "{}", problems.render(|_| Some(SHOP)));
    let release = build(&library, "shop").unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(SHOP))));
    insta::assert_json_snapshot!(release);
}
