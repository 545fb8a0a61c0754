//! Tickets for people and platforms: who invites, to what, when and how, around the armoured ticket.
//!
//! Everything is made from what is handed in: the same input gives the same text, whoever asks and whenever.

mod bundle;
mod compose;
mod container;
mod html;
mod ics;
mod kubernetes;
mod quadlet;
mod service;
mod source;
mod text;

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use model::{
    terms::{Admission, Terms},
    ticket::{InvitationTicket, Ticket},
};

pub use bundle::{Bundle, BundleFormat, Refused};
pub use container::Port;
pub use service::{SERVICE, SERVICE_MARK, SERVICE_USER, service_unit, service_user};
pub use source::{Image, InvalidSource, Program, ProgramUrl, Sha256, Source};

use container::{Platform, Workload};

/// What an invitation is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A file for `skx join FILE`.
    Linux,
    /// A text to paste into `skx join -`.
    Text,
    /// A page that needs nothing but itself.
    Html,
    /// A compose file, for Docker.
    Compose,
    /// A Quadlet unit, for Podman and systemd.
    Quadlet,
    /// Objects for one namespace of a Kubernetes cluster.
    Kubernetes,
    /// A calendar entry with the network's time. It holds no key.
    Ics,
}

impl Format {
    /// All formats by name, as they are asked for.
    pub const NAMES: [(&'static str, Self); 9] = [
        ("linux", Self::Linux),
        ("text", Self::Text),
        ("html", Self::Html),
        ("kubernetes", Self::Kubernetes),
        ("podman", Self::Quadlet),
        ("quadlet", Self::Quadlet),
        ("docker", Self::Compose),
        ("compose", Self::Compose),
        ("ics", Self::Ics),
    ];

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Linux | Self::Text => PLAIN,
            Self::Html => "text/html; charset=utf-8",
            Self::Compose => Platform::Compose.media_type(),
            Self::Quadlet => Platform::Quadlet.media_type(),
            Self::Kubernetes => Platform::Kubernetes.media_type(),
            Self::Ics => "text/calendar; charset=utf-8",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        named(&Self::NAMES, text)
    }
}

/// A name that is no format's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a format; use {formats}")]
pub struct UnknownFormat {
    given: String,
    formats: String,
}

fn named<T: Copy>(names: &[(&str, T)], given: &str) -> Result<T, UnknownFormat> {
    let found = names.iter().find(|(name, _)| *name == given).map(|(_, format)| *format);
    found.ok_or_else(|| UnknownFormat {
        given: given.to_owned(),
        formats: names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    })
}

const PLAIN: &str = "text/plain; charset=utf-8";

/// A rendered file.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// A good name for the file.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content. Most hold a private key: to be shown to the one who asked, never logged or kept.
    pub text: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("file_name", &self.file_name).finish_non_exhaustive()
    }
}

/// An invitation, with what is said about it besides the ticket's own content.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// What is handed over.
    pub ticket: &'a InvitationTicket,
    /// Who owns the network.
    pub inviter: &'a str,
    /// How many sites it admits; any number, when absent.
    pub uses: Option<u32>,
    /// How they are admitted.
    pub admission: Admission,
    /// On what terms they are members.
    pub terms: &'a Terms,
    /// Where the program and its image come from.
    pub source: &'a Source,
    /// When it is rendered.
    pub at: Timestamp,
}

/// A container form was asked for, and no image is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("which container image runs a site is not configured")]
pub struct NoImage;

impl Invitation<'_> {
    /// Renders it.
    ///
    /// # Errors
    /// For containers and Kubernetes, when the source names no image: none is made up.
    pub fn render(&self, format: Format) -> Result<Rendered, NoImage> {
        let (ending, text) = match format {
            Format::Compose => return self.contained(Platform::Compose),
            Format::Quadlet => return self.contained(Platform::Quadlet),
            Format::Kubernetes => return self.contained(Platform::Kubernetes),
            Format::Linux | Format::Text => (text::INVITATION, text::invitation(self, format)),
            Format::Html => ("html", html::page(self)),
            Format::Ics => ("ics", ics::calendar(self)),
        };
        Ok(Rendered { file_name: format!("{}.{ending}", self.stem()), media_type: format.media_type(), text })
    }

    fn contained(&self, platform: Platform) -> Result<Rendered, NoImage> {
        let image = self.source.image.as_ref().ok_or(NoImage)?;
        Ok(self.workload().render(platform, image))
    }

    /// What its files are called, without their ending.
    fn stem(&self) -> String {
        format!("{}-{}", self.ticket.network_name, self.ticket.invitation_name)
    }

    fn armoured(&self) -> String {
        pki::ticket::encode(&Ticket::Invitation(self.ticket.clone()))
    }

    fn workload(&self) -> Workload {
        Workload {
            label: container::label(self.stem(), &self.ticket.invitation.to_string()),
            description: format!("Site of the application network {}", self.ticket.network_name),
            stem: self.stem(),
            preamble: text::preamble(self),
            ticket_kind: text::INVITATION,
            ticket: self.armoured(),
            interactive: self.ticket.interactive,
            passcode: self.ticket.passcode,
            ports: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_file_that_is_shown_shows_no_key() {
        let rendered = Rendered { file_name: "r1.bundle".to_owned(), media_type: PLAIN, text: "hunter2".to_owned() };
        let shown = format!("{rendered:?}");
        assert!(shown.contains("r1.bundle") && !shown.contains("hunter2"), "{shown}");
    }
}
