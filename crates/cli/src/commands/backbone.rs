use api::{BackboneCreate, BackboneStatus, DataPlaneKind, LinkState};
use clap::{Args, Subcommand};
use model::{Name, lifecycle::BackboneSiteState};

use crate::{
    commands::{Session, access, backbone_site, link},
    confirm::Consent,
    failure::Failure,
    output::{self, Format, Show, maybe, table, time},
    values,
    wait::{Look, Wait},
};

/// `skx backbone …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Backbone {
    /// Creates a backbone, with its certificate authority.
    Create(Create),
    /// Lists backbones.
    #[command(after_help = "Example:\n  skx backbone list -o json")]
    List,
    /// Shows a backbone.
    #[command(after_help = "Example:\n  skx backbone show europe")]
    Show {
        /// The backbone.
        name: Name,
    },
    /// Deletes a backbone with its sites. Networks must be gone before.
    #[command(after_help = "Example:\n  skx backbone delete europe --yes")]
    Delete {
        /// The backbone.
        name: Name,
        #[command(flatten)]
        consent: Consent,
    },
    /// Shows how every site and link is; exits with 0 when all are up.
    Status(Status),
    /// The sites of a backbone.
    #[command(subcommand, after_help = "Example:\n  skx backbone site list europe")]
    Site(backbone_site::Site),
    /// The access points of a site: where it listens, and for whom.
    #[command(
        subcommand,
        after_help = "Example:\n  skx backbone access add europe/paris dmz=member,claim@edge.example.com:443"
    )]
    Access(access::Access),
    /// The links between sites.
    #[command(subcommand, after_help = "Example:\n  skx backbone link create europe --from rome --to paris")]
    Link(link::Link),
}

/// `skx backbone create`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx backbone create europe")]
pub(crate) struct Create {
    /// Its name.
    name: Name,
    /// What carries its traffic: native.
    #[arg(long, value_name = "KIND", default_value = "native", value_parser = |text: &str| values::choice(text, &["native"], &["skupper"]))]
    dataplane: String,
}

/// `skx backbone status`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx backbone status europe --wait=60s")]
pub(crate) struct Status {
    /// The backbone.
    name: Name,
    #[command(flatten)]
    wait: Wait,
}

pub(crate) async fn run(command: Backbone, session: &Session) -> Result<(), Failure> {
    match command {
        Backbone::Create(Create { name, dataplane: _ }) => {
            let input = BackboneCreate { name, data_plane: DataPlaneKind::Native };
            let backbone: api::Backbone = session.client()?.create("/backbones", &input).await?;
            let name = &backbone.name;
            session.output.done(
                &format!("created backbone {name}; next: skx backbone site create {name}/SITE --access …"),
                &backbone,
            )
        }
        Backbone::List => session.output.list(&session.client()?.list::<api::Backbone>("/backbones", &[]).await?),
        Backbone::Show { name } => {
            session.output.object(&session.client()?.get::<api::Backbone>(&format!("/backbones/{name}")).await?)
        }
        Backbone::Delete { name, consent } => {
            let client = session.client()?;
            consent.ask(&format!("deletes backbone {name} with its sites, for good"))?;
            client.delete(&format!("/backbones/{name}")).await?;
            session.output.gone(&format!("deleted backbone {name}"))
        }
        Backbone::Status(args) => status(args, session).await,
        Backbone::Site(command) => backbone_site::run(command, session).await,
        Backbone::Access(command) => access::run(command, session).await,
        Backbone::Link(command) => link::run(command, session).await,
    }
}

async fn status(args: Status, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    let path = format!("/backbones/{}/status", args.name);
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
    let sites = status.sites.iter().map(|site| {
        let connected = if site.connected { "connected" } else { "away" };
        vec![
            site.name.to_string(),
            site.state.to_string(),
            connected.to_owned(),
            time(site.last_seen),
            maybe(site.next.as_ref()),
        ]
    });
    let mut text = table(&["site", "state", "session", "last seen", "next"], sites.collect());
    if !status.links.is_empty() {
        let links = status.links.iter().map(|link| {
            vec![
                link.from.to_string(),
                link.to.to_string(),
                link.transport.to_string(),
                link.cost.to_string(),
                link.state.as_str().to_owned(),
                link.rtt_ms.map(|rtt| format!("{:.1}", f64::from(rtt.micros) / 1_000.0)).unwrap_or_default(),
                maybe(link.error.as_ref()),
            ]
        });
        text.push('\n');
        text.push_str(&table(&["from", "to", "transport", "cost", "state", "rtt ms", "error"], links.collect()));
    }
    text
}

impl Show for api::Backbone {
    const HEADINGS: &'static [&'static str] = &["name", "sites", "deployed", "networks", "created", "id"];

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.sites.to_string(),
            self.deployed.to_string(),
            self.networks.to_string(),
            time(self.created),
            self.id.to_string(),
        ]
    }
}
