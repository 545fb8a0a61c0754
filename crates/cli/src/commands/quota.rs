use api::{Quota, QuotaCreate, QuotaResource, QuotaSet};
use clap::{Args, Subcommand};
use model::{Name, QuotaId};

use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, maybe},
    values,
};

/// `skx quota …`.
#[derive(Subcommand, Debug)]
pub(crate) enum QuotaCommand {
    /// Limits how much there may be of something: everywhere, or for one user, backbone or network.
    Create(Create),
    /// Changes a quota; what there is already stays.
    #[command(after_help = "Example:\n  skx quota set 0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f09 100")]
    Set {
        /// The quota's id.
        quota: QuotaId,
        /// How much there may be.
        most: u64,
    },
    /// Lists quotas.
    #[command(after_help = "Example:\n  skx quota list")]
    List(Narrow),
    /// Shows a quota.
    #[command(after_help = "Example:\n  skx quota show 0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f09")]
    Show {
        /// The quota's id.
        quota: QuotaId,
    },
    /// Lifts a limit.
    #[command(after_help = "Example:\n  skx quota delete 0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f09 --yes")]
    Delete {
        /// The quota's id.
        quota: QuotaId,
        #[command(flatten)]
        consent: Consent,
    },
}

/// `skx quota create`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx quota create members 50 --network exercise\n  skx quota create networks 3")]
pub(crate) struct Create {
    /// What is counted: networks (that a user owns), members or invitations (of a network).
    #[arg(value_parser = resource)]
    resource: QuotaResource,
    /// How much there may be.
    most: u64,
    /// In networks on this backbone only.
    #[arg(long, value_name = "NAME")]
    backbone: Option<Name>,
    /// In this network only.
    #[arg(long, value_name = "NAME")]
    network: Option<Name>,
    /// Of this user only; for networks.
    #[arg(long, value_name = "NAME")]
    user: Option<Name>,
}

fn resource(text: &str) -> Result<QuotaResource, String> {
    Ok(match values::choice(text, &["networks", "members", "invitations"], &[])?.as_str() {
        "networks" => QuotaResource::Networks,
        "members" => QuotaResource::Members,
        _ => QuotaResource::Invitations,
    })
}

fn word(resource: QuotaResource) -> &'static str {
    match resource {
        QuotaResource::Networks => "networks",
        QuotaResource::Members => "members",
        QuotaResource::Invitations => "invitations",
    }
}

pub(crate) async fn run(command: QuotaCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        QuotaCommand::Create(Create { resource, most, backbone, network, user }) => {
            let input = QuotaCreate { resource, backbone, network, user, most };
            let made: Quota = client.create("/quotas", &input).await?;
            session.output.done(&format!("there may be {most} {}", word(made.resource)), &made)
        }
        QuotaCommand::Set { quota, most } => {
            let set: Quota = client.patch(&format!("/quotas/{quota}"), &QuotaSet { most }).await?;
            session.output.done(&format!("there may be {most} {}", word(set.resource)), &set)
        }
        QuotaCommand::List(narrow) => session.output.list(&client.list::<Quota>("/quotas", &narrow.query()).await?),
        QuotaCommand::Show { quota } => session.output.object(&client.get::<Quota>(&format!("/quotas/{quota}")).await?),
        QuotaCommand::Delete { quota, consent } => {
            consent.ask("lifts the limit")?;
            client.delete(&format!("/quotas/{quota}")).await?;
            session.output.gone("the limit is lifted")
        }
    }
}

impl Show for Quota {
    const HEADINGS: &'static [&'static str] = &["resource", "most", "user", "backbone", "network", "id"];

    fn row(&self) -> Vec<String> {
        vec![
            word(self.resource).to_owned(),
            self.most.to_string(),
            maybe(self.user.as_ref()),
            maybe(self.backbone.as_ref()),
            maybe(self.network.as_ref()),
            self.id.to_string(),
        ]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}
