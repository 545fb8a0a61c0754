//! The scenarios do what they say: each is followed by people of its own, with real programs and real requests.

use std::path::Path;

use anyhow::{Result, ensure};
use e2e::pages::People;
use testkit::{installation::free_ports, podman::Podman};

/// Where the scenarios have things: the first port of a number of them, and how many there are.
const PORTS: [(u16, u16); 15] = [
    (18443, 1),
    (18671, 1),
    (18070, 3),
    (18080, 4),
    (18088, 1),
    (18090, 3),
    (18100, 31),
    (18181, 3),
    (18280, 1),
    (18285, 1),
    (18290, 4),
    (18301, 3),
    (18311, 3),
    (18320, 1),
    (18400, 4),
];

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_what_is_to_run_at_their_premises_and_have_it_or_not() -> Result<()> {
    let podman = Podman::new()?;
    follow("customer-premises", &["olga", "cem"], podman.env()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_joins_is_deployed_by_itself_and_an_upgrade_is_tried_before_all_have_it() -> Result<()> {
    follow("retail-chain", &["olga"], vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_students_come_by_one_invitation_and_everything_goes_by_one_command() -> Result<()> {
    follow("classroom", &["olga", "students"], vec![]).await
}

/// Follows a scenario; these people have its files, and everybody this environment.
async fn follow(scenario: &str, have_files: &[&str], env: Vec<(String, String)>) -> Result<()> {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scenarios");
    let mut people = People::new(places()?)?.with_env(env);
    for who in have_files {
        people.give(who, &scenarios.join(scenario))?;
    }
    let mut commands = people.follow(&scenarios.join("README.md")).await?;
    commands += people.follow(&scenarios.join(scenario).join("README.md")).await?;
    ensure!(commands > 20, "the pages have commands: {commands}");
    people.end().await
}

/// Free ports for those of the pages. Neighbours stay neighbours.
fn places() -> Result<Vec<(String, String)>> {
    let mut places = vec![];
    for (first, count) in PORTS {
        let here = free_ports(count)?;
        places.extend((0..count).map(|n| ((first + n).to_string(), (here + n).to_string())));
    }
    Ok(places)
}
