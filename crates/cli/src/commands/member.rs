use std::{collections::BTreeMap, io::IsTerminal as _};

use api::{Eviction, InvitationDecision, MemberEvict, MemberLink, MemberRefuse, MemberSet, SocketStatus};
use clap::{Args, Subcommand};
use model::Name;

use crate::{
    client::Client,
    commands::{Session, eviction, narrow::Narrow},
    confirm::Consent,
    failure::{Code, Failure},
    output::{Show, joined, maybe, time, yes},
    values::Scoped,
    wait::Wait,
};

/// `skx member …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Member {
    /// Lists the member sites of a network, and those that wait to be admitted.
    #[command(
        after_help = "Example:\n  skx member list exercise --search store --filter connected=false --sort -last_seen"
    )]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows a member site.
    #[command(after_help = "Example:\n  skx member show exercise/store-1")]
    Show {
        /// The site, NETWORK/SITE.
        site: Scoped,
    },
    /// Admits a site that waits.
    #[command(after_help = "Example:\n  skx member admit exercise/till-1")]
    Admit {
        /// The site, NETWORK/SITE.
        site: Scoped,
    },
    /// Refuses a site that waits, for good. The use of the invitation it had reserved is given back.
    #[command(after_help = "Example:\n  skx member refuse exercise/till-1 --reason 'this till is not ours' --yes")]
    Refuse {
        /// The site, NETWORK/SITE.
        site: Scoped,
        /// Why, in words the participant is told.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Evicts a member site: its id is denied for good, and every connection of it ends.
    Evict(Evict),
    /// Gives a member site another name.
    #[command(after_help = "Example:\n  skx member rename exercise/store-1 harbour")]
    Rename {
        /// The site, NETWORK/SITE.
        site: Scoped,
        /// Its new name, unique in the network.
        name: Name,
    },
    /// The classes of a member site: what is configured for a class applies to it at once.
    #[command(subcommand, after_help = "Example:\n  skx member class add exercise/store-1 store")]
    Class(ClassCommand),
    /// The labels of a member site.
    #[command(subcommand, after_help = "Example:\n  skx member label set exercise/store-1 region=north")]
    Label(LabelCommand),
}

/// `skx member class …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ClassCommand {
    /// Gives a member site a class that the network has declared.
    #[command(after_help = "Example:\n  skx member class add exercise/store-1 store")]
    Add {
        /// The site, NETWORK/SITE.
        site: Scoped,
        /// The class.
        class: Name,
    },
    /// Takes a class from a member site, with what is configured for it.
    #[command(after_help = "Example:\n  skx member class remove exercise/store-1 store")]
    Remove {
        /// The site, NETWORK/SITE.
        site: Scoped,
        /// The class.
        class: Name,
    },
}

/// `skx member label …`.
#[derive(Subcommand, Debug)]
pub(crate) enum LabelCommand {
    /// Sets labels of a member site; others stay.
    #[command(after_help = "Example:\n  skx member label set exercise/store-1 region=north size=small")]
    Set {
        /// The site, NETWORK/SITE.
        site: Scoped,
        /// The labels.
        #[arg(value_name = "LABEL=VALUE", required = true, value_parser = label)]
        labels: Vec<(String, String)>,
    },
    /// Removes labels of a member site; others stay.
    #[command(after_help = "Example:\n  skx member label remove exercise/store-1 region")]
    Remove {
        /// The site, NETWORK/SITE.
        site: Scoped,
        /// The labels.
        #[arg(value_name = "LABEL", required = true)]
        labels: Vec<String>,
    },
}

fn label(text: &str) -> Result<(String, String), String> {
    let (label, value) = text.split_once('=').ok_or_else(|| format!("{text:?} has no value; write LABEL=VALUE"))?;
    Ok((label.to_owned(), value.to_owned()))
}

fn path(site: &Scoped) -> String {
    format!("/networks/{}/members/{}", site.parent, site.name)
}

/// How often a change is tried that somebody else's changes get in the way of.
const TRIES: usize = 5;

/// `skx member evict`.
#[derive(Args, Debug)]
#[command(
    after_help = "While the invitation it came by still has uses, say what happens to that: it could be used to \
    join again. At a terminal you are asked. Routers that have not acknowledged are named, with the time when the \
    trust document expires that they go by: from then on they admit nobody new.\n\nExample:\n  skx member evict exercise/store-1 --close-invitation --yes"
)]
pub(crate) struct Evict {
    /// The site, NETWORK/SITE.
    site: Scoped,
    /// Close the invitation it came by.
    #[arg(long, conflicts_with = "keep_invitation")]
    close_invitation: bool,
    /// Leave the invitation it came by as it is.
    #[arg(long)]
    keep_invitation: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    wait: Wait,
}

pub(crate) async fn run(command: Member, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Member::List { network, narrow } => {
            let path = format!("/networks/{network}/members");
            session.output.list(&client.list::<api::Member>(&path, &narrow.query()).await?)
        }
        Member::Show { site } => {
            let path = format!("/networks/{}/members/{}", site.parent, site.name);
            session.output.object(&client.get::<api::Member>(&path).await?)
        }
        Member::Admit { site } => {
            let admitted: api::Member = client.act(&format!("{}/admit", path(&site)), &[]).await?;
            session.output.done(&format!("admitted site {site}"), &admitted)
        }
        Member::Refuse { site, reason, consent } => {
            consent.ask(&format!("refuses site {site} for good: it has to join anew"))?;
            let refused: api::Member =
                client.post(&format!("{}/refuse", path(&site)), &MemberRefuse { reason }).await?;
            session.output.done(&format!("refused site {site}; the use it had reserved is given back"), &refused)
        }
        Member::Rename { site, name } => {
            let input = MemberSet { name: Some(name), ..MemberSet::default() };
            let member: api::Member = client.patch(&path(&site), &input).await?;
            session.output.done(&format!("site {site} is called {} now", member.name), &member)
        }
        Member::Class(command) => {
            let (site, class, add) = match command {
                ClassCommand::Add { site, class } => (site, class, true),
                ClassCommand::Remove { site, class } => (site, class, false),
            };
            let member = set_class(&client, &site, &class, add).await?;
            let done = if add { "has" } else { "has no longer" };
            session.output.done(&format!("site {site} {done} class {class}"), &member)
        }
        Member::Label(command) => {
            let (site, labels): (Scoped, BTreeMap<String, Option<String>>) = match command {
                LabelCommand::Set { site, labels } => {
                    (site, labels.into_iter().map(|(label, value)| (label, Some(value))).collect())
                }
                LabelCommand::Remove { site, labels } => {
                    (site, labels.into_iter().map(|label| (label, None)).collect())
                }
            };
            let input = MemberSet { labels, ..MemberSet::default() };
            let member: api::Member = client.patch(&path(&site), &input).await?;
            let labels = shown(&member.labels);
            let labels = if labels.is_empty() { "no labels".to_owned() } else { format!("the labels {labels}") };
            session.output.done(&format!("site {site} has {labels} now"), &member)
        }
        Member::Evict(Evict { site, close_invitation, keep_invitation, consent, wait }) => {
            let invitation = match (close_invitation, keep_invitation) {
                (true, _) => Some(InvitationDecision::Close),
                (_, true) => Some(InvitationDecision::Keep),
                _ => ask_about_invitation(&client, &site).await?,
            };
            consent.ask(&format!("evicts member {site} for good and ends every connection of it"))?;
            let path = format!("/networks/{}/members/{}/evict", site.parent, site.name);
            let eviction: Eviction = client.post(&path, &MemberEvict { invitation }).await?;
            eviction::finish(&format!("evicted member {site}"), eviction, wait, session).await
        }
    }
}

/// Asks, where there is somebody to ask, what happens to the invitation a site came by while that can be used again.
/// Otherwise nothing is decided, and the controller refuses when it matters.
async fn ask_about_invitation(client: &Client, site: &Scoped) -> Result<Option<InvitationDecision>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let member: api::Member = client.get(&format!("/networks/{}/members/{}", site.parent, site.name)).await?;
    let Some(name) = member.invitation else { return Ok(None) };
    let found: api::Invitation = client.get(&format!("/networks/{}/invitations/{name}", site.parent)).await?;
    if found.state != api::InvitationState::Live {
        return Ok(None);
    }
    eprintln!("Member {site} came by invitation {name}, which still has uses: whoever holds it could join again.");
    let close = crate::confirm::yes_or_no(&format!("Close invitation {name}, too?"))?;
    Ok(Some(if close { InvitationDecision::Close } else { InvitationDecision::Keep }))
}

/// Gives a site a class or takes it, whatever else is changed of it at the same time.
async fn set_class(client: &Client, site: &Scoped, class: &Name, add: bool) -> Result<api::Member, Failure> {
    let mut tries = 1;
    loop {
        let member: api::Member = client.get(&path(site)).await?;
        let mut classes = member.classes;
        if !add && !classes.contains(class) {
            return Err(Failure::new(Code::NotFound, format_args!("site {site} does not have class {class}")));
        }
        classes.retain(|other| other != class);
        classes.extend(add.then(|| class.clone()));
        let input = MemberSet { classes: Some(classes), ..MemberSet::default() };
        match client.patch_at(&path(site), &input, member.revision).await {
            Err(failure) if failure.code() == Code::Conflict && tries < TRIES => tries += 1,
            answer => return answer,
        }
    }
}

fn shown(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(label, value)| format!("{label}={value}")).collect::<Vec<_>>().join(",")
}

impl Show for api::Member {
    const HEADINGS: &'static [&'static str] =
        &["name", "state", "connected", "classes", "invitation", "last seen", "joined"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.state.to_string(),
            yes(self.connected),
            joined(&self.classes),
            maybe(self.invitation.as_ref()),
            time(self.last_seen),
            time(self.created),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let link = |link: &MemberLink| match (&link.error, link.rtt_ms) {
            (Some(error), _) => format!("{} ({error})", link.state.as_str()),
            (None, Some(rtt)) => format!("{} ({:.1} ms)", link.state.as_str(), f64::from(rtt.micros) / 1_000.0),
            (None, None) => link.state.as_str().to_owned(),
        };
        let socket = |s: &SocketStatus| {
            let whose = match (&s.deployment, &s.authored) {
                (Some(deployment), _) => format!("deployment {deployment}: {}", s.parts.join(", ")),
                (None, _) if s.local => "local".to_owned(),
                (None, Some(authored)) => format!("adapted; central {authored}"),
                (None, None) => "central".to_owned(),
            };
            let error = s.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            format!("{} {} {} ({whose}, {} connections){error}", s.address, s.socket, s.state, s.connections)
        };
        let lines = |texts: Vec<String>| texts.join("\n");
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        let platform = self.platform.as_ref();
        facts.extend([
            ("reason", maybe(self.reason.as_ref())),
            ("may serve", self.serve.to_string()),
            ("may use", self.r#use.to_string()),
            ("renewable", yes(self.renewable)),
            ("consent", self.consent.to_string()),
            ("labels", shown(&self.labels)),
            ("links", lines(self.links.iter().map(link).collect())),
            ("listeners", lines(self.listeners.iter().map(socket).collect())),
            ("connectors", lines(self.connectors.iter().map(socket).collect())),
            ("cannot do", lines(self.failures.clone())),
            (
                "platform",
                platform.map(|p| [&*p.software, &*p.os, &*p.arch, &*p.hostname].join(", ")).unwrap_or_default(),
            ),
            ("certificate until", time(self.certificate_expires)),
            ("id", self.id.to_string()),
        ]);
        facts
    }
}
