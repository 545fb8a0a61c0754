//! Files and texts for `skx join`, and what all forms say.

use jiff::{Timestamp, tz::TimeZone};
use model::{
    terms::{Admission, Terms},
    ticket::{BootstrapTicket, Ticket},
};

use crate::{Format, Invitation, PLAIN, Rendered};

/// Whoever reads a form that holds the key should know.
pub(crate) const WARNING: &str = "The site needs no account and no open port, only outbound connectivity. \
    This text contains a key:\nwhoever has it can join. Pass it on like a password.";

/// One fact, by its name.
pub(crate) type Fact = (&'static str, String);

pub(crate) fn invitation(invitation: &Invitation<'_>, format: Format) -> String {
    let how = match format {
        Format::Text => "skx join -\n\nand paste this whole text, then press Ctrl-D.".to_owned(),
        _ => format!("skx join {}", invitation.file_name(Format::Linux)),
    };
    let mut facts = facts(invitation);
    facts.extend(program(invitation));
    let header = header(
        &title(invitation),
        &facts,
        "On the machine that is to join, with the program skx installed, run:",
        &how,
        WARNING,
    );
    format!("{header}\n{}", invitation.armoured())
}

pub(crate) fn title(invitation: &Invitation<'_>) -> String {
    format!("You are invited to join the application network {}.", invitation.ticket.network_name)
}

/// Who invites, to what, when, and on what terms. No fact has more than one line.
pub(crate) fn facts(invitation: &Invitation<'_>) -> Vec<Fact> {
    let ticket = invitation.ticket;
    let admits = match invitation.uses {
        Some(1) => "one site".to_owned(),
        Some(n) => format!("{n} sites"),
        None => "any number of sites".to_owned(),
    };
    let room = if invitation.admission == Admission::WaitingRoom { ", each after a wait" } else { "" };
    let access: Vec<_> = ticket.access.iter().map(ToString::to_string).collect();
    let mut facts = vec![
        ("Network", ticket.network_name.to_string()),
        ("Invited by", invitation.inviter.replace(char::is_control, " ")),
        ("Starts", moment(ticket.start)),
        ("Ends", ticket.end.map_or_else(|| "no end is set".to_owned(), moment)),
    ];
    if let Some(deadline) = ticket.deadline {
        facts.push(("Join before", moment(deadline)));
    }
    facts.push(("Admits", format!("{admits}{room}")));
    if ticket.interactive {
        facts.push(("Name", "who joins chooses it".to_owned()));
    }
    if ticket.passcode {
        facts.push(("Passcode", "asked for when joining".to_owned()));
    }
    let Terms { limits, renewable, .. } = invitation.terms;
    if !limits.serve.is_everything() {
        facts.push(("May serve", limits.serve.to_string()));
    }
    if !limits.uses.is_everything() {
        facts.push(("May use", limits.uses.to_string()));
    }
    if !renewable {
        facts.push(("Membership", "ends with its first certificate".to_owned()));
    }
    facts.push(("Connects to", access.join(", ")));
    facts
}

/// Where the program comes from.
pub(crate) fn program(invitation: &Invitation<'_>) -> [Fact; 2] {
    let program = &invitation.source.program;
    [("Program", program.to_string()), ("SHA-256", program.sha256().to_string())]
}

/// Says what a form is and how it is applied, in comments before it.
pub(crate) fn comments(invitation: &Invitation<'_>, how: &[String]) -> String {
    let mut facts = facts(invitation);
    facts.extend(invitation.source.image.as_ref().map(|image| ("Image", image.to_string())));
    let header = header(&title(invitation), &facts, "To join, run:", &how.join("\n"), WARNING);
    header.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

/// Renders a bootstrap bundle. `generation` counts the bundles of its site.
pub fn bundle(ticket: &BootstrapTicket, generation: u32) -> Rendered {
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
    Rendered { file_name, media_type: PLAIN, text: format!("{header}\n{armoured}") }
}

pub(crate) fn header(title: &str, facts: &[Fact], lead: &str, how: &str, warning: &str) -> String {
    let mut text = format!("{title}\n\n");
    for (name, value) in facts {
        text.push_str(&format!("  {name:<12} {value}\n"));
    }
    let how = how.replace('\n', "\n  ");
    text.push_str(&format!("\n{lead}\n\n  {how}\n\n{warning}\n"));
    text
}

/// A moment in words, with its time zone.
pub(crate) fn moment(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%A, %-d %B %Y, %H:%M:%S UTC").to_string()
}
