use std::io::IsTerminal as _;

use api::{Eviction, InvitationDecision, MemberEvict, MemberLink, SocketStatus};
use clap::{Args, Subcommand};
use model::Name;

use crate::{
    client::Client,
    commands::{Session, eviction},
    confirm::Consent,
    failure::Failure,
    output::{Show, joined, maybe, time, yes},
    values::Scoped,
    wait::Wait,
};

/// `skx member …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Member {
    /// Lists the member sites of a network.
    #[command(after_help = "Example:\n  skx member list exercise")]
    List {
        /// The network.
        network: Name,
    },
    /// Shows a member site.
    #[command(after_help = "Example:\n  skx member show exercise/store-1")]
    Show {
        /// The site, NETWORK/SITE.
        site: Scoped,
    },
    /// Evicts a member site: its id is denied for good, and every connection of it ends.
    Evict(Evict),
}

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
        Member::List { network } => {
            session.output.list(&client.list::<api::Member>(&format!("/networks/{network}/members"), &[]).await?)
        }
        Member::Show { site } => {
            let path = format!("/networks/{}/members/{}", site.parent, site.name);
            session.output.object(&client.get::<api::Member>(&path).await?)
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

impl Show for api::Member {
    const HEADINGS: &'static [&'static str] =
        &["name", "state", "connected", "classes", "invitation", "last seen", "joined"];

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
            let whose = if s.local { "local" } else { "central" };
            let error = s.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            format!("{} {} {} ({whose}, {} connections){error}", s.address, s.socket, s.state, s.connections)
        };
        let lines = |texts: Vec<String>| texts.join("\n");
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        let platform = self.platform.as_ref();
        facts.extend([
            ("links", lines(self.links.iter().map(link).collect())),
            ("listeners", lines(self.listeners.iter().map(socket).collect())),
            ("connectors", lines(self.connectors.iter().map(socket).collect())),
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
