//! The guide does what it says.

use std::path::Path;

use anyhow::{Result, ensure};
use e2e::pages::People;
use testkit::installation::free_address;

/// In the order in which one works.
const PAGES: [&str; 4] = ["service-administrator", "backbone-administrator", "network-owner", "participant"];

/// Where the guide has things. Here each is at a free port of this machine.
const PLACES: [&str; 7] = [
    "skx.example.com:8443",
    "rome.example.com:5671",
    "paris.example.com:5671",
    "127.0.0.1:8080",
    "127.0.0.1:9090",
    "127.0.0.1:9191",
    "127.0.0.1:9100",
];

/// What answers at headquarters.
const SHOP: (&str, &str) = ("127.0.0.1:8080", "today: apples");

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_does_what_it_says() -> Result<()> {
    let places: Result<Vec<_>> =
        PLACES.into_iter().map(|place| Ok((place.to_owned(), free_address()?.to_string()))).collect();
    let mut people = People::new(places?)?;
    e2e::http::serve(people.here(SHOP.0).parse()?, format!("{}\n", SHOP.1)).await?;
    let mut commands = 0;
    for page in PAGES {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/guide/{page}.md"));
        commands += people.follow(&file).await?;
    }
    ensure!(commands > 60, "the pages have commands: {commands}");
    people.end().await
}
