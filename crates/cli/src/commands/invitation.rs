use std::path::PathBuf;

use api::{
    Admission, Eviction, InvitationCopy, InvitationCreate, InvitationEvict, InvitationSet, Passcode, Rendered, Uses,
};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use model::Name;
use serde::Serialize;

use crate::{
    client::Client,
    commands::{Session, backbone_site::write, eviction, narrow::Narrow},
    confirm::Consent,
    context,
    failure::Failure,
    output::{self, Format, Show, joined, maybe, time, yes},
    values::{self, NameOrNone, PatternOrNone, Scoped, TimeOrNever},
    wait::Wait,
};

/// How long the invitation of `skx invite` can be used, unless said otherwise.
const INVITE_DAYS: i64 = 7;

/// `skx invitation …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Invitation {
    /// Creates an invitation, with its claim certificate.
    Create(Box<Create>),
    /// Renders an invitation, to be handed over.
    Get(Get),
    /// Changes an invitation.
    Set(Box<Set>),
    /// Copies an invitation: the same options, with a claim certificate of its own and no use spent.
    Copy(Copy),
    /// Lists the invitations of a network.
    #[command(after_help = "Example:\n  skx invitation list exercise --filter state=live --sort deadline")]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
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
    after_help = "Example:\n  skx invitation create exercise/stores --uses 50 --deadline +1d --class store --prefix store\n  \
    skx invitation create exercise/guests --waiting-room --interactive --passcode-file code.txt\n  \
    skx invitation create exercise/tills --serve 'till.*' --use db --not-renewable --consent ask"
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
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    deadline: Option<Timestamp>,
    /// A declared class its sites are given; may be given several times.
    #[arg(long, value_name = "CLASS")]
    class: Vec<Name>,
    /// What the names of its sites begin with.
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Name>,
    /// Let those who join wait until somebody admits them: see skx member admit and refuse.
    #[arg(long)]
    waiting_room: bool,
    /// Let the participant name the site before it joins.
    #[arg(long)]
    interactive: bool,
    /// The file with a passcode that those who join have to know, 4 to 128 characters; - for standard input.
    #[arg(long, value_name = "FILE")]
    passcode_file: Option<PathBuf>,
    /// What its sites may serve: an address, the beginning of some with * at the end, or none for nothing; may be given
    /// several times. Everything, unless given.
    #[arg(long, value_name = "PATTERN")]
    serve: Vec<PatternOrNone>,
    /// What its sites may use, as with --serve.
    #[arg(long, value_name = "PATTERN")]
    r#use: Vec<PatternOrNone>,
    /// Whether what is deployed at its sites is deployed at once (auto), or the participant is asked first (ask).
    #[arg(long, value_name = "auto|ask", default_value_t)]
    consent: api::Consent,
    /// Never renew the certificates of its sites: each membership ends with its first one.
    #[arg(long)]
    not_renewable: bool,
}

/// `skx invitation get`.
#[derive(Args, Debug)]
#[command(
    after_help = "The forms for containers name the image the controller is configured with (skx controller --release-image), \
    and are refused where there is none. All but ics hold a key.\n\n\
    Example:\n  skx invitation get exercise/stores --format linux --output stores.invitation\n  \
    skx invitation get exercise/stores --format html --output stores.html\n  \
    skx invitation get exercise/stores --format kubernetes --output stores.yaml"
)]
pub(crate) struct Get {
    /// The invitation, NETWORK/NAME.
    invitation: Scoped,
    /// What to render for: linux (a file for skx join FILE), text (to paste into skx join -), html (a page with all forms),
    /// kubernetes (objects for one namespace), docker or compose (a compose file), podman or quadlet (a Quadlet unit), ics
    /// (a calendar entry, without the key).
    #[arg(long, default_value = "text", value_parser = |text: &str| values::choice(
        text,
        &render::Format::NAMES.map(|(name, _)| name),
        &[],
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
    /// Give no class any more to sites that join from now on.
    #[arg(long, conflicts_with = "class")]
    no_class: bool,
    /// What the names of sites begin with that join from now on; none for nothing.
    #[arg(long, value_name = "PREFIX|none")]
    prefix: Option<NameOrNone>,
    /// How those who ask from now on are admitted. Who waits, waits on.
    #[arg(long, value_name = "automatic|waiting-room")]
    admission: Option<Admission>,
    /// Whether the participant is to name the site before it joins.
    #[arg(long, value_name = "yes|no", value_parser = values::yes_or_no)]
    interactive: Option<bool>,
    /// The file with another passcode; - for standard input. Wrong ones that were tried no longer count.
    #[arg(long, value_name = "FILE", conflicts_with = "no_passcode")]
    passcode_file: Option<PathBuf>,
    /// Ask for no passcode any more.
    #[arg(long)]
    no_passcode: bool,
    /// What sites may serve that join from now on; * for everything, none for nothing.
    #[arg(long, value_name = "PATTERN")]
    serve: Vec<PatternOrNone>,
    /// What sites may use that join from now on; * for everything, none for nothing.
    #[arg(long, value_name = "PATTERN")]
    r#use: Vec<PatternOrNone>,
    /// Whether participants are asked before anything is deployed at sites that join from now on.
    #[arg(long, value_name = "auto|ask")]
    consent: Option<api::Consent>,
    /// Whether the certificates of sites are renewed that join from now on.
    #[arg(long, value_name = "yes|no", value_parser = values::yes_or_no)]
    renewable: Option<bool>,
}

impl Set {
    fn input(self) -> Result<InvitationSet, Failure> {
        let passcode = match (&self.passcode_file, self.no_passcode) {
            (Some(file), _) => Some(Some(passcode(file)?)),
            (None, true) => Some(None),
            (None, false) => None,
        };
        Ok(InvitationSet {
            uses: self.uses,
            deadline: self.deadline.map(TimeOrNever::time),
            // None are said by saying so, not by saying nothing.
            classes: Some(self.class).filter(|class| self.no_class || !class.is_empty()),
            prefix: self.prefix.map(|NameOrNone(prefix)| prefix),
            admission: self.admission,
            interactive: self.interactive,
            passcode,
            serve: PatternOrNone::all(self.serve),
            r#use: PatternOrNone::all(self.r#use),
            renewable: self.renewable,
            consent: self.consent,
        })
    }
}

fn passcode(file: &std::path::Path) -> Result<Passcode, Failure> {
    context::secret_line(file, "passcode").map(|passcode| Passcode(passcode.as_str().to_owned()))
}

/// `skx invitation copy`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx invitation copy exercise/stores exercise/stores-2 --deadline +7d")]
pub(crate) struct Copy {
    /// The invitation to copy, NETWORK/NAME.
    invitation: Scoped,
    /// The copy, NETWORK/NAME, in the same network.
    copy: Scoped,
    /// Another deadline for the copy; never: as long as the network lasts.
    #[arg(long, value_name = "TIME|never")]
    deadline: Option<TimeOrNever>,
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
        Invitation::Create(new) => {
            let Create { invitation, options } = *new;
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
        Invitation::Set(set) => {
            let invitation = set.invitation.clone();
            let input = set.input()?;
            if input == InvitationSet::default() {
                return Err(Failure::usage("nothing to change; give --uses, --deadline or another of its options")
                    .how("see skx invitation set --help"));
            }
            let changed: api::Invitation = session.client()?.patch(&path(&invitation), &input).await?;
            session.output.done(&format!("invitation {invitation} is set, and {}", changed.state), &changed)
        }
        Invitation::Copy(Copy { invitation, copy, deadline }) => {
            if copy.parent != invitation.parent {
                return Err(Failure::usage(format_args!(
                    "{copy} is in another network than {invitation}: a copy stays in its network"
                )));
            }
            let input = InvitationCopy { name: copy.name.clone(), deadline: deadline.map(TimeOrNever::time) };
            let made: api::Invitation =
                session.client()?.create(&format!("{}/copy", path(&invitation)), &input).await?;
            session
                .output
                .done(&format!("copied invitation {invitation} to {copy}; next: skx invitation get {copy}"), &made)
        }
        Invitation::List { network, narrow } => {
            let path = format!("/networks/{network}/invitations");
            session.output.list(&session.client()?.list::<api::Invitation>(&path, &narrow.query()).await?)
        }
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
    let input = InvitationCreate {
        uses: options.uses,
        deadline: options.deadline,
        classes: options.class,
        prefix: options.prefix,
        admission: if options.waiting_room { Admission::WaitingRoom } else { Admission::Automatic },
        interactive: options.interactive,
        passcode: options.passcode_file.as_deref().map(passcode).transpose()?,
        serve: PatternOrNone::all(options.serve).unwrap_or_default(),
        r#use: PatternOrNone::all(options.r#use).unwrap_or_default(),
        renewable: !options.not_renewable,
        consent: options.consent,
        ..InvitationCreate::named(name)
    };
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
            if created.passcode {
                eprintln!("They are asked for the passcode: tell it to them by another way than the text.");
            }
            if created.admission == Admission::WaitingRoom {
                eprintln!(
                    "They wait until you admit them: `skx member list {network}`, `skx member admit {network}/SITE`.",
                    network = invitation.parent
                );
            }
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
    const HEADINGS: &'static [&'static str] =
        &["name", "state", "used", "waiting", "uses", "deadline", "classes", "prefix"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.state.to_string(),
            self.used.to_string(),
            self.waiting.to_string(),
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
            ("admission", self.admission.to_string()),
            ("interactive", yes(self.interactive)),
            ("passcode", if self.passcode { "asked for".to_owned() } else { "none".to_owned() }),
            ("may serve", self.serve.to_string()),
            ("may use", self.r#use.to_string()),
            ("renewable", yes(self.renewable)),
            ("consent", self.consent.to_string()),
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
    use crate::commands::Cli;

    #[test]
    fn what_an_option_may_be_is_said_when_it_is_something_else() {
        for (option, words) in [
            ("--serve=Till", "till.*"),
            ("--use=skx/controller", "till.*"),
            ("--consent=maybe", "auto or ask"),
            ("--uses=0", "unlimited"),
        ] {
            for line in
                [["skx", "invitation", "create", "a/b", option], ["skx", "invite", "a", "--not-renewable", option]]
            {
                let error = Cli::try_parse_from(line).expect_err(option).to_string();
                assert!(error.contains(words) && error.contains(option.split('=').next().unwrap_or(option)), "{error}");
            }
        }
    }

    #[test]
    fn every_form_can_be_asked_for_and_no_other() {
        let parse = |format| Cli::try_parse_from(["skx", "invitation", "get", "a/b", "--format", format]);
        for (format, _) in render::Format::NAMES {
            parse(format).expect(format);
        }
        let refused = parse("pdf").expect_err("it is none").to_string();
        assert!(refused.contains("quadlet") && refused.contains("--format"), "{refused}");
    }

    #[test]
    fn a_change_names_only_what_is_given() {
        let line = ["skx", "invitation", "set", "a/b", "--serve=none", "--renewable=no", "--no-passcode", "--no-class"];
        let crate::commands::Command::Invitation(Invitation::Set(set)) =
            Cli::try_parse_from(line).expect("recognised").command
        else {
            unreachable!("it is that command")
        };
        let input = serde_json::to_value(set.input().expect("complete")).expect("serialises");
        assert_eq!(input, serde_json::json!({"serve": [], "renewable": false, "passcode": null, "classes": []}));
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
