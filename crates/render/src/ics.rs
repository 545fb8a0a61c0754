//! A calendar entry (RFC 5545). Calendars are copied to servers and shown to colleagues, so it holds no key.

use jiff::{Timestamp, tz::TimeZone};

use crate::{Invitation, text};

/// The octets a line may have, without its end.
const LINE: usize = 75;

pub(crate) fn calendar(invitation: &Invitation<'_>) -> String {
    let ticket = invitation.ticket;
    let mut facts = text::facts(invitation);
    facts.extend(text::program(invitation.source));
    facts.extend(invitation.source.image.as_ref().map(|image| ("Image", image.to_string())));
    let facts: String = facts.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let description = format!(
        "{}\n\n{facts}\nThe invitation {} itself comes separately, because it contains a key. With the program skx: skx join FILE",
        text::title(invitation),
        ticket.invitation_name
    );
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Skupper-X//skx//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@{}", ticket.invitation, ticket.installation),
        format!("DTSTAMP:{}", utc(invitation.at)),
        format!("DTSTART:{}", utc(ticket.start)),
    ];
    lines.extend(ticket.end.map(|end| format!("DTEND:{}", utc(end))));
    lines.push(format!("SUMMARY:{}", escaped(&format!("Application network {}", ticket.network_name))));
    lines.push(format!("DESCRIPTION:{}", escaped(&description)));
    lines.extend(["TRANSP:TRANSPARENT", "END:VEVENT", "END:VCALENDAR"].map(str::to_owned));
    lines.iter().map(|line| folded(line)).collect()
}

fn utc(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A value of the type TEXT.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line with its end, broken where it is too long, and never within a character.
fn folded(line: &str) -> String {
    let (mut out, mut used) = (String::with_capacity(line.len() + 2), 0);
    for c in line.chars() {
        if used + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out + "\r\n"
}
