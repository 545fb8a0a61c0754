use api::{Group, GroupCreate, GroupMember, GroupMemberAdd};
use clap::Subcommand;
use model::Name;

use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, time},
};

/// `skx group …`.
#[derive(Subcommand, Debug)]
pub(crate) enum GroupCommand {
    /// Creates a group.
    #[command(after_help = "Example:\n  skx group create operations")]
    Create {
        /// Its name.
        name: Name,
    },
    /// Lists groups.
    #[command(after_help = "Example:\n  skx group list")]
    List(Narrow),
    /// Shows a group.
    #[command(after_help = "Example:\n  skx group show operations")]
    Show {
        /// The group.
        name: Name,
    },
    /// Who is in a group.
    #[command(subcommand, after_help = "Example:\n  skx group member add operations ada")]
    Member(MemberCommand),
    /// Deletes a group; who is in it loses what was given to the group.
    #[command(after_help = "Example:\n  skx group delete operations --yes")]
    Delete {
        /// The group.
        name: Name,
        #[command(flatten)]
        consent: Consent,
    },
}

/// `skx group member …`.
#[derive(Subcommand, Debug)]
pub(crate) enum MemberCommand {
    /// Adds a user to a group.
    #[command(after_help = "Example:\n  skx group member add operations ada")]
    Add {
        /// The group.
        group: Name,
        /// The user.
        user: Name,
    },
    /// Lists who is in a group.
    #[command(after_help = "Example:\n  skx group member list operations")]
    List {
        /// The group.
        group: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Removes a user from a group.
    #[command(after_help = "Example:\n  skx group member remove operations ada --yes")]
    Remove {
        /// The group.
        group: Name,
        /// The user.
        user: Name,
        #[command(flatten)]
        consent: Consent,
    },
}

pub(crate) async fn run(command: GroupCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        GroupCommand::Create { name } => {
            let group: Group = client.create("/groups", &GroupCreate { name }).await?;
            let name = &group.name;
            session.output.done(&format!("created group {name}; next: skx group member add {name} USER"), &group)
        }
        GroupCommand::List(narrow) => session.output.list(&client.list::<Group>("/groups", &narrow.query()).await?),
        GroupCommand::Show { name } => session.output.object(&client.get::<Group>(&format!("/groups/{name}")).await?),
        GroupCommand::Member(MemberCommand::Add { group, user }) => {
            let member: GroupMember =
                client.post(&format!("/groups/{group}/members"), &GroupMemberAdd { user }).await?;
            session.output.done(&format!("{} is in group {group}", member.user), &member)
        }
        GroupCommand::Member(MemberCommand::List { group, narrow }) => {
            let path = format!("/groups/{group}/members");
            session.output.list(&client.list::<GroupMember>(&path, &narrow.query()).await?)
        }
        GroupCommand::Member(MemberCommand::Remove { group, user, consent }) => {
            consent.ask(&format!("takes from {user} what was given to group {group}"))?;
            client.delete(&format!("/groups/{group}/members/{user}")).await?;
            session.output.gone(&format!("{user} is no longer in group {group}"))
        }
        GroupCommand::Delete { name, consent } => {
            consent.ask(&format!("deletes group {name}; who is in it loses what was given to it"))?;
            client.delete(&format!("/groups/{name}")).await?;
            session.output.gone(&format!("deleted group {name}"))
        }
    }
}

impl Show for Group {
    const HEADINGS: &'static [&'static str] = &["name", "members", "created"];

    fn row(&self) -> Vec<String> {
        vec![self.name.to_string(), self.members.to_string(), time(self.created)]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}

impl Show for GroupMember {
    const HEADINGS: &'static [&'static str] = &["user", "id"];

    fn row(&self) -> Vec<String> {
        vec![self.user.to_string(), self.user_id.to_string()]
    }
}
