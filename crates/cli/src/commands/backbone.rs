use api::{BackboneCreate, DataPlaneKind};
use clap::{Args, Subcommand};
use model::Name;

use crate::{
    commands::{Session, access, backbone_site, backbone_status, link, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, time},
    values,
};

/// `skx backbone …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Backbone {
    /// Creates a backbone, with its certificate authority.
    Create(Create),
    /// Lists backbones.
    #[command(after_help = "Example:\n  skx backbone list --sort -created -o json")]
    List(Narrow),
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
    Status(backbone_status::Status),
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
        Backbone::List(narrow) => {
            session.output.list(&session.client()?.list::<api::Backbone>("/backbones", &narrow.query()).await?)
        }
        Backbone::Show { name } => {
            session.output.object(&session.client()?.get::<api::Backbone>(&format!("/backbones/{name}")).await?)
        }
        Backbone::Delete { name, consent } => {
            let client = session.client()?;
            consent.ask(&format!("deletes backbone {name} with its sites, for good"))?;
            client.delete(&format!("/backbones/{name}")).await?;
            session.output.gone(&format!("deleted backbone {name}"))
        }
        Backbone::Status(args) => backbone_status::run(args, session).await,
        Backbone::Site(command) => backbone_site::run(command, session).await,
        Backbone::Access(command) => access::run(command, session).await,
        Backbone::Link(command) => link::run(command, session).await,
    }
}

impl Show for api::Backbone {
    const HEADINGS: &'static [&'static str] = &["name", "sites", "deployed", "networks", "created", "id"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.sites.map(|n| n.to_string()).unwrap_or_default(),
            self.deployed.map(|n| n.to_string()).unwrap_or_default(),
            self.networks.map(|n| n.to_string()).unwrap_or_default(),
            time(self.created),
            self.id.to_string(),
        ]
    }
}
