//! A site in a container, whatever ticket it comes by: what every platform gives the program, and where.

use std::net::SocketAddr;

use model::Name;

use crate::{Image, PLAIN, Rendered, compose, kubernetes, quadlet, text, text::Fact};

/// The user it runs as: nobody who exists anywhere else.
pub(crate) const USER: u32 = 65532;
/// Where its volume is. The program makes its own directory in it, so that it alone can read that.
pub(crate) const VOLUME: &str = "/var/lib/skx";
/// Its data directory.
pub(crate) const DATA_DIR: &str = "/var/lib/skx/site";
/// Where the passcode is.
pub(crate) const PASSCODE: &str = "/run/skx/answers/passcode";
/// The variable with the name the participant gives the site.
pub(crate) const NAME_VARIABLE: &str = "SKX_SITE_NAME";
/// What succeeds when all is well.
pub(crate) const HEALTH: [&str; 5] = ["skx", "site", "status", "--data-dir", DATA_DIR];
/// What lets the user listen at ports below 1024, by name and value.
pub(crate) const LOW_PORTS: (&str, &str) = ("net.ipv4.ip_unprivileged_port_start", "0");

/// What runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    Compose,
    Quadlet,
    Kubernetes,
}

impl Platform {
    /// What the name of a file for it ends with.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Compose => "compose.yaml",
            Self::Quadlet => "container",
            Self::Kubernetes => "kubernetes.yaml",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Compose | Self::Kubernetes => "application/yaml",
            Self::Quadlet => PLAIN,
        }
    }
}

/// A port of an access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The access point's name.
    pub name: Name,
    /// The port that others dial.
    pub advertised: u16,
    /// Where the router listens.
    pub bind: SocketAddr,
}

/// A site that runs in a container.
pub(crate) struct Workload {
    /// What its objects are called on a platform.
    pub(crate) label: String,
    /// What it is, in a few words.
    pub(crate) description: String,
    /// What its files are called, without their ending.
    pub(crate) stem: String,
    /// What is said of it at the beginning of a file.
    pub(crate) preamble: Preamble,
    /// The kind of its ticket, in a word.
    pub(crate) ticket_kind: &'static str,
    /// Its ticket.
    pub(crate) ticket: String,
    /// Whether the participant names it.
    pub(crate) interactive: bool,
    /// Whether the participant has to know a passcode.
    pub(crate) passcode: bool,
    /// Where others dial it.
    pub(crate) ports: Vec<Port>,
}

/// What a file says of itself.
pub(crate) struct Preamble {
    pub(crate) title: String,
    pub(crate) facts: Vec<Fact>,
    /// What leads to the commands.
    pub(crate) lead: &'static str,
    pub(crate) warning: &'static str,
}

impl Workload {
    pub(crate) fn render(&self, platform: Platform, image: &Image) -> Rendered {
        let Preamble { title, facts, lead, warning } = &self.preamble;
        let facts: Vec<Fact> = facts.iter().cloned().chain([("Image", image.to_string())]).collect();
        let preamble = text::header(title, &facts, lead, &self.how(platform).join("\n"), warning);
        let commented: String = preamble.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        let content = match platform {
            Platform::Compose => compose::file(self, image),
            Platform::Quadlet => quadlet::unit(self, image),
            Platform::Kubernetes => kubernetes::objects(self, image),
        };
        Rendered { file_name: self.file_name(platform), media_type: platform.media_type(), text: commented + &content }
    }

    /// The commands that apply it.
    pub(crate) fn how(&self, platform: Platform) -> Vec<String> {
        match platform {
            Platform::Compose => compose::how(self),
            Platform::Quadlet => quadlet::how(self),
            Platform::Kubernetes => kubernetes::how(self),
        }
    }

    pub(crate) fn file_name(&self, platform: Platform) -> String {
        format!("{}.{}", self.stem, platform.ending())
    }

    /// Where its ticket is in the container.
    pub(crate) fn ticket_path(&self) -> String {
        format!("/run/skx/{kind}/{kind}", kind = self.ticket_kind)
    }

    /// What the platform calls the secret with its ticket.
    pub(crate) fn ticket_secret(&self) -> String {
        format!("{}-{}", self.label, self.ticket_kind)
    }

    /// What the program is told to do.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut all = vec!["join".to_owned(), self.ticket_path(), "--data-dir".to_owned(), DATA_DIR.to_owned()];
        if self.passcode {
            all.extend(["--passcode-file", PASSCODE].map(str::to_owned));
        }
        all
    }

    /// Whether it listens where only the privileged may, unless told otherwise.
    pub(crate) fn has_low_ports(&self) -> bool {
        self.ports.iter().any(|port| port.bind.port() < 1024)
    }

    /// The ports of the machine it listens at.
    pub(crate) fn host_ports(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().map(|port| port.bind.port())
    }
}

/// What objects of `whole` are called: a DNS label with room behind it, told apart by `id` where it had to be cut.
pub(crate) fn label(whole: String, id: &str) -> String {
    const MOST: usize = 48;
    const OF_ID: usize = 8;
    if whole.len() <= MOST {
        return whole;
    }
    let beginning: String = whole.chars().take(MOST - OF_ID - 1).collect();
    let id: String = id.chars().filter(|c| *c != '-').take(OF_ID).collect();
    format!("{}-{id}", beginning.trim_end_matches('-'))
}
