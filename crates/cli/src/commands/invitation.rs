use std::path::PathBuf;

use api::{Admission, Eviction, InvitationCreate, InvitationEvict, InvitationSet, Rendered, Uses};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use model::Name;
use serde::Serialize;

use crate::{
    client::Client,
    commands::{Session, backbone_site::write, eviction},
    confirm::Consent,
    failure::Failure,
    output::{self, Format, Show, joined, maybe, time},
    values::{self, NameOrNone, Scoped, TimeOrNever},
    wait::Wait,
};

/// How long the invitation of `skx invite` can be used, unless said otherwise.
const INVITE_DAYS: i64 = 7;

/// `skx invitation …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Invitation {
    /// Creates an invitation, with its claim certificate.
    Create(Create),
    /// Renders an invitation, to be handed over.
    Get(Get),
    /// Changes an invitation.
    Set(Set),
    /// Lists the invitations of a network.
    #[command(after_help = "Example:\n  skx invitation list exercise")]
    List {
        /// The network.
        network: Name,
    },
    /// Shows an invitation.
    #[command(after_help = "Example:\n  skx invitation show exercise/stores")]
    Show {
        /// The invitation, NETWORK/NAME.
        invitation: Scoped,
    },
    /// Closes an invitation: nobody joins by it any more. Who has joined stays.
    #[command(after_help = "Example:\n  skx invitation expire exercise/stores --yes")]
    Expire {
        /// The invitation, NETWORK/NAME.
        invitation: Scoped,
        #[command(flatten)]
        consent: Consent,
    },
    /// Deletes an invitation; it can no longer be used. Who has joined stays.
    #[command(after_help = "Example:\n  skx invitation delete exercise/stores --yes")]
    Delete {
        /// The invitation, NETWORK/NAME.
        invitation: Scoped,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        wait: Wait,
    },
    /// Evicts an invitation for good, and shows which routers enforce that. Who has joined stays, unless asked.
    Evict(Evict),
}

/// `skx invitation create`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  skx invitation create exercise/stores --uses 50 --deadline +1d --class store --prefix store"
)]
pub(crate) struct Create {
    /// The invitation, NETWORK/NAME.
    invitation: Scoped,
    #[command(flatten)]
    options: Options,
}

/// `skx invite`.
#[derive(Args, Debug)]
#[command(after_help = "For one site, within seven days, unless said otherwise.\n\nExample:\n  skx invite exercise")]
pub(crate) struct Invite {
    /// The network.
    network: Name,
    /// What to call the invitation; a name is made, unless given.
    #[arg(long)]
    name: Option<Name>,
    #[command(flatten)]
    options: Options,
}

/// What an invitation can be given.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// How many sites may join by it: a number, or unlimited.
    #[arg(long, value_name = "N|unlimited", default_value_t)]
    uses: Uses,
    /// Until when a site may join; as long as the network lasts, unless given.
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    deadline: Option<Timestamp>,
    /// A declared class its sites are given; may be given several times.
    #[arg(long, value_name = "CLASS")]
    class: Vec<Name>,
    /// What the names of its sites begin with.
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Name>,
    #[command(flatten)]
    later: Later,
}

/// Options of later versions. They are recognised, so that a script learns what is wrong, and refused.
#[derive(Args, Debug)]
pub(crate) struct Later {
    #[arg(long, hide = true)]
    waiting_room: bool,
    #[arg(long, hide = true)]
    interactive: bool,
    #[arg(long, hide = true, value_name = "FILE")]
    passcode_file: Option<PathBuf>,
    #[arg(long, hide = true, value_name = "PATTERN")]
    serve: Vec<String>,
    #[arg(long, hide = true, value_name = "PATTERN")]
    r#use: Vec<String>,
    #[arg(long, hide = true, value_name = "MODE")]
    consent: Option<String>,
    #[arg(long, hide = true)]
    not_renewable: bool,
}

impl Later {
    fn refuse(&self) -> Result<(), Failure> {
        let given = [
            ("--waiting-room", self.waiting_room),
            ("--interactive", self.interactive),
            ("--passcode-file", self.passcode_file.is_some()),
            ("--serve", !self.serve.is_empty()),
            ("--use", !self.r#use.is_empty()),
            ("--consent", self.consent.is_some()),
            ("--not-renewable", self.not_renewable),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Failure::usage(format_args!("{option} is not supported by this version"))
                .how("leave it out; an invitation is never created with less protection than was asked for")),
            None => Ok(()),
        }
    }
}

/// `skx invitation get`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx invitation get exercise/stores --format linux --output stores.invitation")]
pub(crate) struct Get {
    /// The invitation, NETWORK/NAME.
    invitation: Scoped,
    /// What to render for: linux (a file for skx join FILE) or text (to paste into skx join -).
    #[arg(long, default_value = "text", value_parser = |text: &str| values::choice(
        text,
        &["linux", "text"],
        &["html", "kubernetes", "podman", "docker", "compose", "quadlet", "ics"],
    ))]
    format: String,
    /// The file to write (mode 0600: it holds a key); standard output, unless given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `skx invitation set`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx invitation set exercise/stores --uses 100 --deadline never")]
pub(crate) struct Set {
    /// The invitation, NETWORK/NAME.
    invitation: Scoped,
    /// How many sites may join by it, those that have included: a number, or unlimited.
    #[arg(long, value_name = "N|unlimited")]
    uses: Option<Uses>,
    /// Until when a site may join; never: as long as the network lasts.
    #[arg(long, value_name = "TIME|never")]
    deadline: Option<TimeOrNever>,
    /// A class that sites are given which join from now on; may be given several times, and replaces those before.
    #[arg(long, value_name = "CLASS")]
    class: Vec<Name>,
    /// What the names of sites begin with that join from now on; none for nothing.
    #[arg(long, value_name = "PREFIX|none")]
    prefix: Option<NameOrNone>,
}

/// `skx invitation evict`.
#[derive(Args, Debug)]
#[command(after_help = "Its claim is refused everywhere, and who is redeeming it at that moment is cut.\n\n\
    Example:\n  skx invitation evict exercise/stores --with-members --yes --wait=10s")]
pub(crate) struct Evict {
    /// The invitation, NETWORK/NAME.
    invitation: Scoped,
    /// Evict the sites that joined by it, too.
    #[arg(long)]
    with_members: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    wait: Wait,
}

fn path(invitation: &Scoped) -> String {
    format!("/networks/{}/invitations/{}", invitation.parent, invitation.name)
}

pub(crate) async fn run(command: Invitation, session: &Session) -> Result<(), Failure> {
    match command {
        Invitation::Create(Create { invitation, options }) => {
            options.later.refuse()?;
            let client = session.client()?;
            let created = create(&client, &invitation.parent, invitation.name.clone(), options).await?;
            let until = created.deadline.map(|d| format!(" until {}", time(d))).unwrap_or_default();
            session.output.done(
                &format!("created invitation {invitation}{until}; next: skx invitation get {invitation}"),
                &created,
            )
        }
        Invitation::Get(Get { invitation, format, output }) => {
            let rendered = render(&session.client()?, &invitation, &format).await?;
            write(output.as_ref(), &rendered, session)
        }
        Invitation::Set(Set { invitation, uses, deadline, class, prefix }) => {
            if uses.is_none() && deadline.is_none() && class.is_empty() && prefix.is_none() {
                return Err(Failure::usage("nothing to change; give --uses, --deadline, --class or --prefix"));
            }
            let input = InvitationSet {
                uses,
                deadline: deadline.map(TimeOrNever::time),
                classes: Some(class).filter(|class| !class.is_empty()),
                prefix: prefix.map(|NameOrNone(prefix)| prefix),
            };
            let changed: api::Invitation = session.client()?.patch(&path(&invitation), &input).await?;
            session.output.done(&format!("invitation {invitation} is set, and {}", changed.state), &changed)
        }
        Invitation::List { network } => session
            .output
            .list(&session.client()?.list::<api::Invitation>(&format!("/networks/{network}/invitations"), &[]).await?),
        Invitation::Show { invitation } => {
            session.output.object(&session.client()?.get::<api::Invitation>(&path(&invitation)).await?)
        }
        Invitation::Expire { invitation, consent } => {
            let client = session.client()?;
            consent.ask(&format!("closes invitation {invitation}: nobody joins by it any more"))?;
            let closed: api::Invitation = client.act(&format!("{}/expire", path(&invitation)), &[]).await?;
            session.output.done(&format!("closed invitation {invitation}"), &closed)
        }
        Invitation::Delete { invitation, consent, wait } => {
            let client = session.client()?;
            consent.ask(&format!("deletes invitation {invitation}: nobody joins by it any more"))?;
            let eviction: Eviction = client.remove(&path(&invitation)).await?;
            eviction::finish(&format!("deleted invitation {invitation}"), eviction, wait, session).await
        }
        Invitation::Evict(Evict { invitation, with_members, consent, wait }) => {
            let client = session.client()?;
            let whom = if with_members { "every site that joined by it is evicted" } else { "who has joined stays" };
            consent
                .ask(&format!("evicts invitation {invitation} for good: nobody joins by it any more, and {whom}"))?;
            let input = InvitationEvict { members: with_members };
            let eviction: Eviction = client.post(&format!("{}/evict", path(&invitation)), &input).await?;
            let sentence = if with_members {
                format!("evicted invitation {invitation} and the sites that joined by it")
            } else {
                format!("evicted invitation {invitation}; the sites that joined by it stay")
            };
            eviction::finish(&sentence, eviction, wait, session).await
        }
    }
}

async fn create(client: &Client, network: &Name, name: Name, options: Options) -> Result<api::Invitation, Failure> {
    let Options { uses, deadline, class: classes, prefix, later: _ } = options;
    let input = InvitationCreate { name, uses, deadline, classes, prefix, admission: Admission::Automatic };
    client.create(&format!("/networks/{network}/invitations"), &input).await
}

async fn render(client: &Client, invitation: &Scoped, format: &str) -> Result<Rendered, Failure> {
    client.query(&format!("{}/text", path(invitation)), &[("format", format)]).await
}

#[derive(Serialize)]
struct Invited {
    invitation: api::Invitation,
    text: String,
}

/// `skx invite`: create and print in one step.
pub(crate) async fn invite(args: Invite, session: &Session) -> Result<(), Failure> {
    let Invite { network, name, mut options } = args;
    options.later.refuse()?;
    let client = session.client()?;
    if options.deadline.is_none() {
        let network: api::Network = client.get(&format!("/networks/{network}")).await?;
        options.deadline = Some(deadline(&network, Timestamp::now()));
    }
    let name = match name {
        Some(name) => name,
        None => made_name()?,
    };
    let created = create(&client, &network, name, options).await?;
    let invitation = Scoped { parent: network, name: created.name.clone() };
    let rendered = match render(&client, &invitation, "text").await {
        Ok(rendered) => rendered,
        Err(failure) => {
            // An invitation nobody has seen is of no use, and would only be in the way when it is tried again.
            if let Err(also) = client.delete(&path(&invitation)).await {
                tracing::warn!("the invitation {invitation} was created, and could not be deleted again: {also}");
            }
            return Err(failure);
        }
    };
    match session.output.format {
        Format::Table => {
            output::text(&rendered.content)?;
            let uses = match created.uses {
                Uses::Limited(n) if n.get() == 1 => "one site".to_owned(),
                Uses::Limited(n) => format!("{n} sites"),
                Uses::Unlimited => "any number of sites".to_owned(),
            };
            let until = created.deadline.map(|d| format!(", until {}", time(d))).unwrap_or_default();
            eprintln!("invitation {invitation}: for {uses}{until}. It holds a key: treat it like a password.");
            eprintln!("Who is invited runs `skx join -` and pastes the text.");
            Ok(())
        }
        _ => session.output.value(&Invited { invitation: created, text: rendered.content }),
    }
}

/// A week from the start, or from now when that is past; never after the end.
fn deadline(network: &api::Network, now: Timestamp) -> Timestamp {
    let week = SignedDuration::from_hours(24 * INVITE_DAYS);
    let deadline = network.start.max(now).saturating_add(week).unwrap_or(Timestamp::MAX);
    network.end.map_or(deadline, |end| deadline.min(end))
}

/// A name nobody has used: short, and unlikely to repeat.
fn made_name() -> Result<Name, Failure> {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("invite-{}", &random[..8]).parse().map_err(Failure::failed)
}

impl Show for api::Invitation {
    const HEADINGS: &'static [&'static str] = &["name", "state", "used", "uses", "deadline", "classes", "prefix"];

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.state.to_string(),
            self.used.to_string(),
            self.uses.to_string(),
            time(self.deadline),
            joined(&self.classes),
            maybe(self.prefix.as_ref()),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        facts.extend([
            ("network", self.network.to_string()),
            ("created", time(self.created)),
            ("id", self.id.to_string()),
        ]);
        facts
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::{commands::Cli, failure::Code};

    #[test]
    fn every_option_of_a_later_version_is_refused_by_name() {
        for option in [
            "--waiting-room",
            "--interactive",
            "--passcode-file=x",
            "--serve=x",
            "--use=x",
            "--consent=ask",
            "--not-renewable",
        ] {
            for line in [["skx", "invitation", "create", "a/b", option], ["skx", "invite", "a", "--uses=1", option]] {
                let cli = Cli::try_parse_from(line).expect("recognised");
                let later = match cli.command {
                    crate::commands::Command::Invitation(Invitation::Create(args)) => args.options.later,
                    crate::commands::Command::Invite(args) => args.options.later,
                    other => panic!("{other:?}"),
                };
                let failure = later.refuse().expect_err(option);
                assert_eq!(failure.code(), Code::Usage);
                assert!(failure.to_string().contains(option.split('=').next().unwrap_or(option)), "{failure}");
            }
        }
    }

    #[test]
    fn the_default_deadline_is_a_week_within_the_network() {
        let at = |s| Timestamp::from_second(s).expect("in range");
        let day = 86_400;
        let mut network: api::Network = serde_json::from_value(serde_json::json!({
            "id": uuid::Uuid::nil(), "name": "n", "backbone": "b", "state": "open", "start": at(0),
            "grace_seconds": 0, "addresses": "open", "classes": [], "members": 0, "connected": 0,
            "created": at(0), "updated": at(0), "revision": 1
        }))
        .expect("a network");
        assert_eq!(deadline(&network, at(day)), at(8 * day));
        network.start = at(3 * day);
        assert_eq!(deadline(&network, at(day)), at(10 * day));
        network.end = Some(at(5 * day));
        assert_eq!(deadline(&network, at(day)), at(5 * day));
    }

    #[test]
    fn made_names_are_names() {
        assert!(made_name().expect("a name").as_str().starts_with("invite-"));
    }
}
