use std::{io::IsTerminal as _, time::Duration};

use api::{BackboneStatus, BackboneStatusLink, BackboneStatusSite, LinkState};
use clap::Args;
use jiff::Timestamp;
use model::{Name, lifecycle::BackboneSiteState};

use crate::{
    client::Client,
    commands::Session,
    failure::{Code, Failure},
    output::{self, Format, maybe, table},
    wait::{Look, Wait},
};

mod picture;

/// `skx backbone status`.
#[derive(Args, Debug)]
#[command(
    after_help = "In the picture ● is a site that is up, ◐ one that drains, ○ one that is not deployed yet, and ✗ one \
    that is not heard of;\nthe arrow of a link points from the site that dials, and the number is its cost.\n\n\
    Example:\n  skx backbone status europe --wait=60s\n  skx backbone status europe --follow"
)]
pub(crate) struct Status {
    /// The backbone.
    name: Name,
    #[command(flatten)]
    wait: Wait,
    /// Show it again whenever it changes, until interrupted; for programs one JSON document per line.
    #[arg(long, conflicts_with = "wait")]
    follow: bool,
}

/// How often a status that is followed is asked for.
const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) async fn run(args: Status, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    let path = format!("/backbones/{}/status", args.name);
    if args.follow {
        return follow(&client, &path, session).await;
    }
    let (status, healthy) = args
        .wait
        .until(async || {
            let status: BackboneStatus = client.get(&path).await?;
            Ok(if status.healthy {
                Look::Done(status)
            } else {
                let missing = missing(&status);
                Look::NotYet(status, missing)
            })
        })
        .await?;
    match session.output.format {
        Format::Table => output::text(&for_people(&status))?,
        _ => session.output.value(&status)?,
    }
    if healthy { Ok(()) } else { Err(Failure::failed(format_args!("backbone {}: {}", args.name, missing(&status)))) }
}

/// Shows the status again whenever it has changed; a controller that cannot be reached for a while is waited for.
async fn follow(client: &Client, path: &str, session: &Session) -> Result<(), Failure> {
    let redraw = session.output.format == Format::Table && std::io::stdout().is_terminal();
    let mut shown = String::new();
    loop {
        let text = match client.get::<BackboneStatus>(path).await {
            Ok(status) => match session.output.format {
                Format::Table => for_people(&status),
                Format::Json => serde_json::to_string(&status).map_err(Failure::failed)? + "\n",
                Format::Yaml => format!("---\n{}", serde_saphyr::to_string(&status).map_err(Failure::failed)?),
            },
            Err(failure) if failure.code() == Code::Unreachable => {
                eprintln!("{failure}");
                String::new()
            }
            Err(failure) => return Err(failure),
        };
        // Times go on by themselves: they are no news by themselves either, except to who watches.
        let news = if redraw { text != shown } else { skeleton(&text) != skeleton(&shown) };
        if news && !text.is_empty() {
            // Home, then everything below is cleared: nothing flickers.
            if redraw {
                output::as_it_is("\x1b[H\x1b[J")?;
            }
            output::text(&text)?;
        }
        if !text.is_empty() {
            shown = text;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// A text without its numbers.
fn skeleton(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// What keeps a backbone from being healthy, in words.
fn missing(status: &BackboneStatus) -> String {
    let mut missing = vec![];
    if status.sites.is_empty() {
        missing.push("it has no sites".to_owned());
    }
    for site in &status.sites {
        match site.state {
            BackboneSiteState::Deployed if site.connected => {}
            BackboneSiteState::Deployed => missing.push(format!("site {} is not connected", site.name)),
            state => missing.push(format!("site {} is {state}", site.name)),
        }
    }
    for link in status.links.iter().filter(|link| link.state != LinkState::Up) {
        let error = link.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
        missing.push(format!("link {} to {} is {}{error}", link.from, link.to, link.state.as_str()));
    }
    if missing.is_empty() { "not everything is up".to_owned() } else { missing.join(", ") }
}

fn for_people(status: &BackboneStatus) -> String {
    let mut text = headline(status);
    if status.sites.is_empty() {
        return text;
    }
    text.push('\n');
    text.push_str(&picture::draw(status));
    text.push('\n');
    let sites = status.sites.iter().map(|site| site_row(site, status));
    text.push_str(&table(&["site", "state", "session", "heard of", "trust", "next"], sites.collect()));
    if !status.links.is_empty() {
        text.push('\n');
        let headings = [
            "from",
            "to",
            "transport",
            "cost",
            "state",
            "rtt ms",
            "in",
            "out",
            "total in",
            "total out",
            "seen",
            "error",
        ];
        text.push_str(&table(&headings, status.links.iter().map(|link| link_row(link, status.at)).collect()));
    }
    for site in &status.sites {
        for failure in &site.failures {
            text.push_str(&format!("{} could not do what it was told: {failure}\n", site.name));
        }
    }
    text
}

fn headline(status: &BackboneStatus) -> String {
    let sites = status.sites.iter().filter(|site| site.connected).count();
    let links = status.links.iter().filter(|link| link.state == LinkState::Up).count();
    let mut text = format!(
        "backbone {}: {sites}/{} sites up, {links}/{} links up",
        status.backbone,
        status.sites.len(),
        status.links.len()
    );
    if let Some(version) = status.trust_version {
        let current = status.sites.iter().filter(|site| site.trust_version >= Some(version)).count();
        text.push_str(&format!(", trust version {version} in force at {current}/{}", status.sites.len()));
    }
    text.push('\n');
    text
}

fn site_row(site: &BackboneStatusSite, status: &BackboneStatus) -> Vec<String> {
    let state = if site.draining { format!("{}, draining", site.state) } else { site.state.to_string() };
    let trust = match (site.trust_version, status.trust_version) {
        (None, _) => String::new(),
        (Some(held), Some(wanted)) if held < wanted => format!("{held} (not {wanted} yet)"),
        (Some(held), _) => held.to_string(),
    };
    vec![
        site.name.to_string(),
        state,
        if site.connected { "connected" } else { "away" }.to_owned(),
        age(status.at, site.last_seen),
        trust,
        maybe(site.next.as_ref()),
    ]
}

fn link_row(link: &BackboneStatusLink, at: Timestamp) -> Vec<String> {
    let carried = |of: fn(&api::LinkTraffic) -> String| link.traffic.as_ref().map(of).unwrap_or_default();
    vec![
        link.from.to_string(),
        format!("{}/{}", link.to, link.access),
        link.transport.to_string(),
        link.cost.to_string(),
        link.state.as_str().to_owned(),
        link.rtt_ms.map(|rtt| format!("{:.1}", f64::from(rtt.micros) / 1_000.0)).unwrap_or_default(),
        carried(|it| format!("{}/s", bytes(it.bytes_in_per_second))),
        carried(|it| format!("{}/s", bytes(it.bytes_out_per_second))),
        carried(|it| bytes(it.bytes_in)),
        carried(|it| bytes(it.bytes_out)),
        age(at, link.seen),
        maybe(link.error.as_ref()),
    ]
}

/// How long ago something was, to the second.
fn age(at: Timestamp, then: Option<Timestamp>) -> String {
    let Some(then) = then else { return String::new() };
    let seconds = at.duration_since(then).as_secs().max(0);
    match seconds {
        0..=99 => format!("{seconds}s ago"),
        100..=5_999 => format!("{}m ago", seconds / 60),
        6_000..=172_799 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// A number of bytes with three digits or so.
fn bytes(bytes: u64) -> String {
    let mut unit = "B";
    let mut thousandths = u128::from(bytes) * 1_000;
    for larger in ["kB", "MB", "GB", "TB", "PB"] {
        if thousandths < 1_000_000 {
            break;
        }
        thousandths /= 1_000;
        unit = larger;
    }
    match thousandths {
        // Whole bytes are not divided.
        _ if unit == "B" => format!("{} B", thousandths / 1_000),
        0..=99_999 => format!("{}.{} {unit}", thousandths / 1_000, thousandths % 1_000 / 100),
        _ => format!("{} {unit}", thousandths / 1_000),
    }
}

#[cfg(test)]
mod tests;
