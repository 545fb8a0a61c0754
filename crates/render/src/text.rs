//! Files and texts for `skx join`, and what all forms say.

use jiff::{Timestamp, tz::TimeZone};
use model::terms::{Admission, Consent, Terms};

use crate::{Format, Invitation, Source, container::Preamble};

/// What the name of a file with an invitation ends with, and what it is called elsewhere.
pub(crate) const INVITATION: &str = "invitation";

/// Whoever reads a form that holds the key should know.
pub(crate) const WARNING: &str = "The site needs no account and no open port, only outbound connectivity. \
    This text contains a key:\nwhoever has it can join. Pass it on like a password.";

/// One fact, by its name.
pub(crate) type Fact = (&'static str, String);

pub(crate) fn invitation(invitation: &Invitation<'_>, format: Format) -> String {
    let (file, paste) = match format {
        Format::Text => ("-".to_owned(), "\n\nand paste this whole text, then press Ctrl-D."),
        _ => (format!("{}.{INVITATION}", invitation.stem()), ""),
    };
    let mut facts = facts(invitation);
    facts.extend(program(invitation.source));
    let header = header(
        &title(invitation),
        &facts,
        "On the machine that is to join, with the program skx installed, run:",
        &format!("skx join {file}{paste}\n\n{}", as_service(&file)),
        WARNING,
    );
    format!("{header}\n{}", invitation.armoured())
}

/// How a site becomes a service of its machine.
pub(crate) fn as_service(file: &str) -> String {
    format!("or, for a service that starts with the machine:\n\nsudo skx site install {file}")
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
    let Terms { limits, renewable, consent } = invitation.terms;
    if !limits.serve.is_everything() {
        facts.push(("May serve", limits.serve.to_string()));
    }
    if !limits.uses.is_everything() {
        facts.push(("May use", limits.uses.to_string()));
    }
    if !renewable {
        facts.push(("Membership", "ends with its first certificate".to_owned()));
    }
    let deployments = match consent {
        Consent::Ask => "the participant is asked before anything is deployed at a site",
        Consent::Auto => "what is deployed at a site is there at once, without a question",
    };
    facts.push(("Deployments", deployments.to_owned()));
    facts.push(("Connects to", access.join(", ")));
    facts
}

/// Where the program comes from.
pub(crate) fn program(source: &Source) -> [Fact; 2] {
    [("Program", source.program.to_string()), ("SHA-256", source.program.sha256().to_string())]
}

/// What a form for a platform says of itself.
pub(crate) fn preamble(invitation: &Invitation<'_>) -> Preamble {
    Preamble { title: title(invitation), facts: facts(invitation), lead: "To join, run:", warning: WARNING }
}

pub(crate) fn header(title: &str, facts: &[Fact], lead: &str, how: &str, warning: &str) -> String {
    let mut text = format!("{title}\n\n");
    for (name, value) in facts {
        text.push_str(&format!("  {name:<12} {value}\n"));
    }
    text.push_str(&format!("\n{lead}\n\n"));
    for line in how.lines() {
        let indent = if line.is_empty() { "" } else { "  " };
        text.push_str(&format!("{indent}{line}\n"));
    }
    text.push_str(&format!("\n{warning}\n"));
    text
}

/// A moment in words, with its time zone.
pub(crate) fn moment(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%A, %-d %B %Y, %H:%M:%S UTC").to_string()
}
