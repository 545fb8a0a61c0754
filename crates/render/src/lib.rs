//! Tickets for people and platforms: who invites, to what, when and how, around the armoured ticket.
//!
//! Everything is made from what is handed in: the same input gives the same text, whoever asks and whenever.

mod compose;
mod html;
mod ics;
mod kubernetes;
mod quadlet;
mod source;
mod text;

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use model::{
    terms::{Admission, Terms},
    ticket::{InvitationTicket, Ticket},
};

pub use source::{Image, InvalidSource, Program, ProgramUrl, Sha256, Source};
pub use text::bundle;

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
            Self::Linux | Self::Text | Self::Quadlet => PLAIN,
            Self::Html => "text/html; charset=utf-8",
            Self::Compose | Self::Kubernetes => "application/yaml",
            Self::Ics => "text/calendar; charset=utf-8",
        }
    }

    /// What the name of a file of it ends with.
    fn ending(self) -> &'static str {
        match self {
            Self::Linux | Self::Text => "invitation",
            Self::Html => "html",
            Self::Compose => "compose.yaml",
            Self::Quadlet => "container",
            Self::Kubernetes => "kubernetes.yaml",
            Self::Ics => "ics",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, format)| *format)
            .ok_or_else(|| UnknownFormat(text.into()))
    }
}

/// A name that is no format's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a format; use {names}", names = Format::NAMES.map(|(name, _)| name).join(", "))]
pub struct UnknownFormat(String);

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
        let text = match format {
            Format::Linux | Format::Text => text::invitation(self, format),
            Format::Html => html::page(self),
            Format::Compose => compose::file(self, self.image()?),
            Format::Quadlet => quadlet::unit(self, self.image()?),
            Format::Kubernetes => kubernetes::objects(self, self.image()?),
            Format::Ics => ics::calendar(self),
        };
        Ok(Rendered { file_name: self.file_name(format), media_type: format.media_type(), text })
    }

    fn image(&self) -> Result<&Image, NoImage> {
        self.source.image.as_ref().ok_or(NoImage)
    }

    fn file_name(&self, format: Format) -> String {
        format!("{}-{}.{}", self.ticket.network_name, self.ticket.invitation_name, format.ending())
    }

    fn armoured(&self) -> String {
        pki::ticket::encode(&Ticket::Invitation(self.ticket.clone()))
    }

    /// What its objects are called on a platform: a DNS label with room behind it.
    fn label(&self) -> String {
        const MOST: usize = 48;
        const OF_ID: usize = 8;
        let whole = format!("{}-{}", self.ticket.network_name, self.ticket.invitation_name);
        if whole.len() <= MOST {
            return whole;
        }
        let id = self.ticket.invitation.to_string().replace('-', "");
        let beginning: String = whole.chars().take(MOST - OF_ID - 1).collect();
        format!("{}-{}", beginning.trim_end_matches('-'), id.chars().take(OF_ID).collect::<String>())
    }
}

/// What every container form gives the program, and where.
mod container {
    /// The user it runs as: nobody who exists anywhere else.
    pub(crate) const USER: u32 = 65532;
    /// Where its volume is. The program makes its own directory in it, so that it alone can read that.
    pub(crate) const VOLUME: &str = "/var/lib/skx";
    /// Its data directory.
    pub(crate) const DATA_DIR: &str = "/var/lib/skx/site";
    /// Where the invitation is.
    pub(crate) const INVITATION: &str = "/run/skx/invitation/invitation";
    /// Where the passcode is.
    pub(crate) const PASSCODE: &str = "/run/skx/answers/passcode";
    /// The variable with the name the participant gives the site.
    pub(crate) const NAME_VARIABLE: &str = "SKX_SITE_NAME";

    /// What the program is told to do.
    pub(crate) fn arguments(invitation: &super::Invitation<'_>) -> Vec<&'static str> {
        let mut all = vec!["join", INVITATION, "--data-dir", DATA_DIR];
        if invitation.ticket.passcode {
            all.extend(["--passcode-file", PASSCODE]);
        }
        all
    }

    /// What succeeds when all is well.
    pub(crate) const HEALTH: [&str; 5] = ["skx", "site", "status", "--data-dir", DATA_DIR];
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
