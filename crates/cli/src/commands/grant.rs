use api::{Grant, GrantCreate, Role, ShareCreate, ShareRole};
use clap::{Args, Subcommand};
use model::{GrantId, Name};

use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::{Code, Failure},
    output::{Show, maybe, time, yes},
    values,
};

/// `skx grant …`.
#[derive(Subcommand, Debug)]
pub(crate) enum GrantCommand {
    /// Gives a role to a user or a group.
    Create(Create),
    /// Lists who holds which role, where.
    #[command(after_help = "Example:\n  skx grant list")]
    List(Narrow),
    /// Shows a grant.
    #[command(after_help = "Example:\n  skx grant show 0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f07")]
    Show {
        /// The grant's id.
        grant: GrantId,
    },
    /// Takes a role back, from the next request on.
    #[command(after_help = "Example:\n  skx grant delete 0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f07 --yes")]
    Delete {
        /// The grant's id.
        grant: GrantId,
        #[command(flatten)]
        consent: Consent,
    },
}

/// To whom.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct To {
    /// A user.
    #[arg(long, value_name = "NAME")]
    user: Option<Name>,
    /// A group.
    #[arg(long, value_name = "NAME")]
    group: Option<Name>,
}

/// `skx grant create`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx grant create --user alice --role user --backbone europe --default")]
pub(crate) struct Create {
    #[command(flatten)]
    to: To,
    /// The role: service-administrator, or for a backbone backbone-administrator or user, or for a network operator or
    /// viewer.
    #[arg(long, value_parser = role)]
    role: Role,
    /// The backbone it is held for.
    #[arg(long, value_name = "NAME")]
    backbone: Option<Name>,
    /// The network it is held for.
    #[arg(long, value_name = "NAME")]
    network: Option<Name>,
    /// Networks are made on this backbone when none is named.
    #[arg(long)]
    default: bool,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse::<authz::Role>().map(Role::from).map_err(|error| error.to_string())
}

fn share_role(text: &str) -> Result<ShareRole, String> {
    Ok(match values::choice(text, &["operator", "viewer"], &[])?.as_str() {
        "operator" => ShareRole::Operator,
        _ => ShareRole::Viewer,
    })
}

pub(crate) async fn run(command: GrantCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        GrantCommand::Create(Create { to, role, backbone, network, default }) => {
            let To { user, group } = to;
            let input = GrantCreate { user, group, role, backbone, network, default_backbone: default };
            let made: Grant = client.create("/grants", &input).await?;
            session.output.done(&format!("{} is {} {}", holder(&made), made.role, scope(&made)), &made)
        }
        GrantCommand::List(narrow) => session.output.list(&client.list::<Grant>("/grants", &narrow.query()).await?),
        GrantCommand::Show { grant } => session.output.object(&client.get::<Grant>(&format!("/grants/{grant}")).await?),
        GrantCommand::Delete { grant, consent } => {
            consent.ask("takes the role back, from the next request on")?;
            client.delete(&format!("/grants/{grant}")).await?;
            session.output.gone("the role is taken back")
        }
    }
}

/// `skx network share …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ShareCommand {
    /// Shares a network with a user or a group.
    #[command(after_help = "Example:\n  skx network share add exercise --user bob --role viewer")]
    Add {
        /// The network.
        network: Name,
        #[command(flatten)]
        to: To,
        /// What they may do: operator (work with services, invitations and members) or viewer (look at it).
        #[arg(long, value_parser = share_role)]
        role: ShareRole,
    },
    /// Lists with whom a network is shared.
    #[command(after_help = "Example:\n  skx network share list exercise")]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shares a network with somebody no more, from the next request on.
    #[command(after_help = "Example:\n  skx network share remove exercise --user bob --yes")]
    Remove {
        /// The network.
        network: Name,
        #[command(flatten)]
        from: To,
        #[command(flatten)]
        consent: Consent,
    },
}

pub(crate) async fn share(command: ShareCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        ShareCommand::Add { network, to, role } => {
            let input = ShareCreate { user: to.user, group: to.group, role };
            let made: Grant = client.create(&format!("/networks/{network}/shares"), &input).await?;
            session.output.done(&format!("{} is {} {}", holder(&made), made.role, scope(&made)), &made)
        }
        ShareCommand::List { network, narrow } => {
            let path = format!("/networks/{network}/shares");
            session.output.list(&client.list::<Grant>(&path, &narrow.query()).await?)
        }
        ShareCommand::Remove { network, from, consent } => {
            let path = format!("/networks/{network}/shares");
            let (wanted, is_group) = match (&from.user, &from.group) {
                (Some(user), _) => (user, false),
                (None, Some(group)) => (group, true),
                (None, None) => return Err(Failure::usage("say who: give --user or --group")),
            };
            let named = |share: &&Grant| {
                share.to.group == is_group
                    && (share.to.name.as_ref() == Some(wanted) || share.to.id.to_string() == wanted.as_str())
            };
            let shares = client.list::<Grant>(&path, &[]).await?;
            let shares: Vec<&Grant> = shares.iter().filter(named).collect();
            if shares.is_empty() {
                return Err(Failure::new(Code::NotFound, format!("{network} is not shared with {wanted}")));
            }
            consent.ask(&format!("shares {network} with {wanted} no more"))?;
            for share in shares {
                client.delete(&format!("{path}/{}", share.id)).await?;
            }
            session.output.gone(&format!("{network} is shared with {wanted} no more"))
        }
    }
}

fn holder(grant: &Grant) -> String {
    let name = grant.to.name.as_ref().map_or_else(|| grant.to.id.to_string(), ToString::to_string);
    if grant.to.group { format!("group {name}") } else { name }
}

fn scope(grant: &Grant) -> String {
    match (&grant.backbone, &grant.network) {
        (Some(backbone), _) => format!("on backbone {backbone}"),
        (None, Some(network)) => format!("of network {network}"),
        (None, None) => "of the installation".to_owned(),
    }
}

impl Show for Grant {
    const HEADINGS: &'static [&'static str] = &["holder", "role", "backbone", "network", "default", "created", "id"];

    fn row(&self) -> Vec<String> {
        vec![
            holder(self),
            self.role.to_string(),
            maybe(self.backbone.as_ref()),
            maybe(self.network.as_ref()),
            if self.default_backbone { yes(true) } else { String::new() },
            time(self.created),
            self.id.to_string(),
        ]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}
