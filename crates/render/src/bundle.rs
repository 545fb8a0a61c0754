//! What the host of a new backbone site applies, in every form.

use std::{net::SocketAddr, str::FromStr};

use model::{
    Name,
    ticket::{BootstrapTicket, Ticket},
};

use crate::{
    NoImage, PLAIN, Rendered, Source, UnknownFormat,
    container::{self, Platform, Port, Preamble, Workload},
    named,
    text::{self, Fact},
};

/// The kind of a bundle's ticket, and what the name of its file ends with.
const BUNDLE: &str = "bundle";

const WARNING: &str = "This text contains a key that can enrol this one site, once. Pass it on like a password.";

/// What a bundle is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleFormat {
    /// A file for `skx join FILE`.
    Linux,
    /// Objects for one namespace of a Kubernetes cluster.
    Kubernetes,
    /// A Quadlet unit, for Podman and systemd.
    Podman,
    /// A compose file, for Docker.
    Docker,
}

impl BundleFormat {
    /// All formats by name, as they are asked for.
    pub const NAMES: [(&'static str, Self); 4] =
        [("linux", Self::Linux), ("kubernetes", Self::Kubernetes), ("podman", Self::Podman), ("docker", Self::Docker)];
}

impl FromStr for BundleFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        named(&Self::NAMES, text)
    }
}

/// A bootstrap bundle, with what is said about it besides the ticket's own content.
#[derive(Clone, Copy, Debug)]
pub struct Bundle<'a> {
    /// What is handed over.
    pub ticket: &'a BootstrapTicket,
    /// How many bundles of its site there were, with this one.
    pub generation: u32,
    /// All ports the site listens at once it has enrolled. The ticket has those it enrols through.
    pub ports: &'a [Port],
    /// Where the program and its image come from.
    pub source: &'a Source,
}

/// Why a bundle is not rendered for containers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No image is known.
    #[error(transparent)]
    NoImage(#[from] NoImage),
    /// The site is to listen at an address of its machine, and a container has others.
    #[error("the access point {point} listens at {bind} alone, an address that a container does not have")]
    OneAddress {
        /// The access point.
        point: Name,
        /// Where it listens.
        bind: SocketAddr,
    },
}

impl Bundle<'_> {
    /// Renders it.
    ///
    /// # Errors
    /// For containers and Kubernetes, when the source names no image, or an access point is to listen at one address alone.
    pub fn render(&self, format: BundleFormat) -> Result<Rendered, Refused> {
        let platform = match format {
            BundleFormat::Linux => return Ok(self.linux()),
            BundleFormat::Kubernetes => Platform::Kubernetes,
            BundleFormat::Podman => Platform::Quadlet,
            BundleFormat::Docker => Platform::Compose,
        };
        let image = self.source.image.as_ref().ok_or(NoImage)?;
        if let Some(port) = self.ports.iter().find(|port| !port.bind.ip().is_unspecified()) {
            return Err(Refused::OneAddress { point: port.name.clone(), bind: port.bind });
        }
        Ok(self.workload().render(platform, image))
    }

    fn linux(&self) -> Rendered {
        let file_name = format!("{}.{BUNDLE}", self.stem());
        let mut facts = self.facts();
        facts.extend(text::program(self.source));
        let header = text::header(
            &self.title(),
            &facts,
            "On the machine that is to be the site, with the program skx installed, run:",
            &format!("skx join {file_name}\n\n{}", text::as_service(&file_name)),
            WARNING,
        );
        Rendered { media_type: PLAIN, text: format!("{header}\n{}", self.armoured()), file_name }
    }

    fn workload(&self) -> Workload {
        let BootstrapTicket { backbone_name, site_name, site, .. } = self.ticket;
        Workload {
            label: container::label(self.stem(), &site.to_string()),
            description: format!("Site {site_name} of the network backbone {backbone_name}"),
            stem: self.stem(),
            preamble: Preamble {
                title: self.title(),
                facts: self.facts(),
                lead: "To start it, run:",
                warning: WARNING,
            },
            ticket_kind: BUNDLE,
            ticket: self.armoured(),
            interactive: false,
            passcode: false,
            ports: self.ports.to_vec(),
        }
    }

    fn title(&self) -> String {
        let BootstrapTicket { backbone_name, site_name, .. } = self.ticket;
        format!("This starts the site {site_name} of the network backbone {backbone_name}.")
    }

    fn facts(&self) -> Vec<Fact> {
        let ticket = self.ticket;
        let mut facts = vec![
            ("Backbone", ticket.backbone_name.to_string()),
            ("Site", ticket.site_name.to_string()),
            ("Bundle", format!("number {}; it replaces every one before", self.generation)),
        ];
        facts.extend(ticket.listen.iter().map(|listen| ("Listens at", format!("{} ({})", listen.bind, listen.kinds))));
        facts.extend(ticket.dial.iter().map(|dial| ("Connects to", dial.to_string())));
        facts
    }

    /// What its files are called, without their ending.
    fn stem(&self) -> String {
        format!("{}-{}", self.ticket.backbone_name, self.ticket.site_name)
    }

    fn armoured(&self) -> String {
        pki::ticket::encode(&Ticket::Bootstrap(self.ticket.clone()))
    }
}
