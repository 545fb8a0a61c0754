//! Tickets as files and texts for people: who invites, to what, when and how, above the armoured ticket.

use jiff::{Timestamp, tz::TimeZone};
use model::{
    terms::{Admission, Terms},
    ticket::{BootstrapTicket, InvitationTicket, Ticket},
};

use crate::ops::{
    backbone_site::Rendered,
    invitation::{InvitationFormat, Uses},
};

/// What the header of an invitation says besides the ticket's own content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// Who owns the network.
    pub(crate) inviter: &'a str,
    pub(crate) uses: Uses,
    pub(crate) admission: Admission,
    /// On what terms its sites are members.
    pub(crate) terms: &'a Terms,
}

/// Renders an invitation.
pub(crate) fn invitation(ticket: &InvitationTicket, occasion: Occasion<'_>, format: InvitationFormat) -> Rendered {
    let file_name = format!("{}-{}.invitation", ticket.network_name, ticket.invitation_name);
    let how = match format {
        InvitationFormat::Linux => format!("skx join {file_name}"),
        InvitationFormat::Text => "skx join -\n\nand paste this whole text, then press Ctrl-D.".to_owned(),
    };
    let admits = match occasion.uses {
        Uses::Limited(1) => "one site".to_owned(),
        Uses::Limited(n) => format!("{n} sites"),
        Uses::Unlimited => "any number of sites".to_owned(),
    };
    let mut facts = vec![
        ("Network", ticket.network_name.to_string()),
        ("Invited by", occasion.inviter.to_owned()),
        ("Starts", moment(ticket.start)),
        ("Ends", ticket.end.map_or_else(|| "no end is set".to_owned(), moment)),
    ];
    if let Some(deadline) = ticket.deadline {
        facts.push(("Join before", moment(deadline)));
    }
    let room = if occasion.admission == Admission::WaitingRoom { ", each after a wait" } else { "" };
    facts.push(("Admits", format!("{admits}{room}")));
    if ticket.interactive {
        facts.push(("Name", "the one who joins chooses it: --name".to_owned()));
    }
    if ticket.passcode {
        facts.push(("Passcode", "asked for when joining".to_owned()));
    }
    let Terms { limits, renewable, .. } = occasion.terms;
    if !limits.serve.is_everything() {
        facts.push(("May serve", limits.serve.to_string()));
    }
    if !limits.uses.is_everything() {
        facts.push(("May use", limits.uses.to_string()));
    }
    if !renewable {
        facts.push(("Membership", "ends with its first certificate".to_owned()));
    }
    let header = header(
        &format!("You are invited to join the application network {}.", ticket.network_name),
        &facts,
        "On the machine that is to join, with the program skx installed, run:",
        &how,
        "The site needs no account and no open port, only outbound connectivity. This text contains a key:\n\
         whoever has it can join. Pass it on like a password.",
    );
    let armoured = pki::ticket::encode(&Ticket::Invitation(ticket.clone()));
    Rendered { file_name, text: format!("{header}\n{armoured}") }
}

/// Renders a bootstrap bundle.
pub(crate) fn bundle(ticket: &BootstrapTicket, generation: u32) -> Rendered {
    let file_name = format!("{}-{}.bundle", ticket.backbone_name, ticket.site_name);
    let mut facts = vec![
        ("Backbone", ticket.backbone_name.to_string()),
        ("Site", ticket.site_name.to_string()),
        ("Bundle", format!("number {generation}; it replaces every one before")),
    ];
    for listen in &ticket.listen {
        facts.push(("Listens at", format!("{} ({})", listen.bind, listen.kinds)));
    }
    for dial in &ticket.dial {
        facts.push(("Connects to", dial.to_string()));
    }
    let header = header(
        &format!("This starts the site {} of the network backbone {}.", ticket.site_name, ticket.backbone_name),
        &facts,
        "On the machine that is to be the site, with the program skx installed, run:",
        &format!("skx join {file_name}"),
        "This text contains a key that can enrol this one site, once. Pass it on like a password.",
    );
    let armoured = pki::ticket::encode(&Ticket::Bootstrap(ticket.clone()));
    Rendered { file_name, text: format!("{header}\n{armoured}") }
}

fn header(title: &str, facts: &[(&str, String)], lead: &str, how: &str, warning: &str) -> String {
    let mut text = format!("{title}\n\n");
    for (name, value) in facts {
        text.push_str(&format!("  {name:<12} {value}\n"));
    }
    let how = how.replace('\n', "\n  ");
    text.push_str(&format!("\n{lead}\n\n  {how}\n\n{warning}\n"));
    text
}

fn moment(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%A, %-d %B %Y, %H:%M:%S UTC").to_string()
}
