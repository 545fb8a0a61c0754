//! Tickets as text: what is mailed, pasted and put into files.
//!
//! ```text
//! -----BEGIN SKUPPER-X INVITATION-----
//! eyJraW5kIjoiaW52aXRhdGlvbiIsImZvcm1hdCI6MSwi…
//! check: 0123456789abcdef
//! -----END SKUPPER-X INVITATION-----
//! ```
//!
//! The lines hold the ticket's JSON form in base64; the check line is the beginning of its SHA-256 digest. It guards
//! against accidents on the way, such as a line lost by a mail program. It is no proof of origin: what a ticket says
//! is believed because its holder got it from somebody they trust.

use data_encoding::{BASE64, HEXLOWER};
use model::ticket::{FORMAT, Ticket};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::pem;

/// The largest text that is read, in bytes.
pub const MAX_LEN: usize = 256 * 1024;

pub(crate) const INVITATION: &str = "INVITATION";
pub(crate) const BOOTSTRAP: &str = "BOOTSTRAP BUNDLE";
const BEGIN: &str = "-----BEGIN SKUPPER-X ";
const END: &str = "-----END SKUPPER-X ";
const RULE: &str = "-----";
const CHECK: &str = "check:";

/// Why a text is not a ticket that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// The text is too large.
    #[error("the text is larger than 256 KiB, which no ticket is")]
    TooLarge,
    /// There is none in the text.
    #[error("there is no invitation and no bootstrap bundle in the text: look for the line \"-----BEGIN SKUPPER-X …\"")]
    Absent,
    /// There is more than one in the text.
    #[error("there is more than one ticket in the text; give one at a time")]
    Several,
    /// The text ends within the ticket.
    #[error("the ticket is cut off: its last line (\"-----END SKUPPER-X …\") is missing")]
    CutOff,
    /// The text of the ticket was changed on its way.
    #[error("the ticket is damaged ({0}): ask for it again, and copy all of it")]
    Damaged(&'static str),
    /// It is of a kind this program does not know.
    #[error("this program does not know tickets of the kind {0:?}; a newer program is needed")]
    UnknownKind(String),
    /// It is of a newer format.
    #[error("the ticket has format {0}, and this program reads format 1; a newer program is needed")]
    NewerFormat(u32),
    /// It arrived whole, but its content cannot be used.
    #[error("the ticket arrived whole, but its content cannot be used: {0}")]
    Content(String),
}

/// Writes a ticket as text, ending with a line break.
pub fn encode(ticket: &Ticket) -> String {
    let kind = match ticket {
        Ticket::Invitation(_) => INVITATION,
        Ticket::Bootstrap(_) => BOOTSTRAP,
    };
    armour(kind, &Zeroizing::new(serde_json::to_vec(ticket).expect("a ticket has a JSON form")))
}

/// The text in which content travels, with the check line that agrees with it.
pub(crate) fn armour(kind: &str, json: &[u8]) -> String {
    let mut text = format!("{BEGIN}{kind}{RULE}\n");
    pem::wrap(&mut text, &Zeroizing::new(BASE64.encode(json)));
    text.push_str(&format!("{CHECK} {}\n{END}{kind}{RULE}\n", check(json)));
    text
}

/// Finds the one ticket in a text, whatever stands around it, and reads it.
///
/// Line ends, indentation and mail quoting (`> `) do not matter.
pub fn decode(text: &str) -> Result<Ticket, TicketError> {
    if text.len() > MAX_LEN {
        return Err(TicketError::TooLarge);
    }
    let (kind, json) = unwrap(text)?;
    if kind != INVITATION && kind != BOOTSTRAP {
        return Err(TicketError::UnknownKind(kind.chars().take(40).collect()));
    }
    let content = |error: serde_json::Error| TicketError::Content(error.to_string());
    let head: Head = serde_json::from_slice(&json).map_err(content)?;
    if head.format > FORMAT {
        return Err(TicketError::NewerFormat(head.format));
    }
    if head.format != FORMAT {
        return Err(TicketError::Content(format!("there is no format {}", head.format)));
    }
    let labelled = match head.kind.as_str() {
        "invitation" => INVITATION,
        "bootstrap" => BOOTSTRAP,
        _ => return Err(TicketError::UnknownKind(head.kind.chars().take(40).collect())),
    };
    if labelled != kind {
        return Err(TicketError::Damaged("its first line says another kind than its content"));
    }
    serde_json::from_slice(&json).map_err(content)
}

/// What every ticket of every format says.
#[derive(Deserialize)]
struct Head {
    kind: String,
    format: u32,
}

/// The kind on the first line, and the bytes within, once the check line agrees.
fn unwrap(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), TicketError> {
    let mut lines = text.lines().map(bare);
    let kind = lines.by_ref().find_map(|line| label(line, BEGIN)).ok_or(TicketError::Absent)?;
    let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
    let mut expected = None;
    loop {
        let line = lines.next().ok_or(TicketError::CutOff)?;
        if let Some(end) = label(line, END) {
            if end != kind {
                return Err(TicketError::Damaged("its first and its last line say different kinds"));
            }
            break;
        }
        if label(line, BEGIN).is_some() {
            return Err(TicketError::CutOff);
        }
        if expected.is_some() && !line.is_empty() {
            return Err(TicketError::Damaged("something follows its check line"));
        }
        match line.strip_prefix(CHECK) {
            Some(value) => expected = Some(value.trim()),
            None => base64.push_str(line),
        }
    }
    if lines.any(|line| label(line, BEGIN).is_some()) {
        return Err(TicketError::Several);
    }
    let expected = expected.ok_or(TicketError::Damaged("its check line is missing"))?;
    let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| TicketError::Damaged("a line was changed"))?;
    let bytes = Zeroizing::new(bytes);
    if check(&bytes) != expected {
        return Err(TicketError::Damaged("its check line does not agree"));
    }
    Ok((kind, bytes))
}

/// A line without what mail programs put around it.
fn bare(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end()
}

fn label<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.strip_suffix(RULE)
}

fn check(bytes: &[u8]) -> String {
    HEXLOWER.encode(&digest(&SHA256, bytes).as_ref()[..8])
}
