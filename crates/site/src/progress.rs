//! What happens at a site, as one line each for the person who watches.

use std::{fmt, net::SocketAddr, sync::Arc};

use api::local::DeploymentState;
use model::{Address, HostPort, Name};

/// Something worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The site made its own key and stored it.
    KeyMade,
    /// The site begins to attach.
    Attaching(Vec<HostPort>),
    /// The site waits for a controller at its own access points.
    Listening(Vec<SocketAddr>),
    /// Under which hosts the machine is known: one of them may be where others dial the site.
    Known {
        /// The hosts.
        hosts: Vec<String>,
        /// The site, as BACKBONE/SITE.
        site: String,
    },
    /// A link is up.
    LinkUp(String),
    /// A link is gone.
    LinkDown(String, String),
    /// What keeps the site from being further.
    Waiting(String),
    /// The site was admitted.
    Admitted {
        /// Under this name.
        name: Name,
        /// To this network or backbone.
        parent: Name,
        /// Whether it is a backbone.
        backbone: bool,
    },
    /// A session with a controller is up.
    SessionUp,
    /// The session ended.
    SessionDown(String),
    /// The controller changed what the site shall be.
    Changed(u64),
    /// A listener listens.
    ListenerReady(Address, HostPort),
    /// A listener does not listen.
    ListenerFailed(Address, HostPort, String),
    /// A connector is in force.
    ConnectorReady(Address, HostPort),
    /// A listener or connector is gone.
    Gone(&'static str, Address),
    /// A deployment stands elsewhere than before.
    Deployment {
        /// Its name.
        name: Name,
        /// Where it stands.
        state: DeploymentState,
        /// What is wrong, or what is waited for.
        message: String,
    },
    /// A deployment is gone.
    DeploymentGone(Name),
    /// The certificate was renewed.
    Renewed,
    /// Something is wrong and being retried.
    Trouble(String),
    /// The local API listens.
    LocalApi(SocketAddr),
    /// The site stops.
    Stopping,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyMade => f.write_str("made a key of its own"),
            Self::Attaching(targets) => write!(f, "attaching to {}", list(targets)),
            Self::Listening(binds) => write!(f, "listening for a controller at {}", list(binds)),
            Self::Known { hosts, site } => {
                let hosts = if hosts.is_empty() { "no address".to_owned() } else { list(hosts) };
                write!(
                    f,
                    "this machine has {hosts}; an access point is dialled once the administrator has entered its host: `skx backbone access set {site} NAME=KIND@HOST:PORT`"
                )
            }
            Self::LinkUp(peer) => write!(f, "linked to {peer}"),
            Self::LinkDown(peer, reason) => write!(f, "the link to {peer} is gone: {reason}"),
            Self::Waiting(reason) => write!(f, "waiting: {reason}"),
            Self::Admitted { name, parent, backbone: false } => {
                write!(f, "redeemed: this is site {name} of network {parent}")
            }
            Self::Admitted { name, parent, backbone: true } => {
                write!(f, "enrolled: this is site {name} of backbone {parent}")
            }
            Self::SessionUp => f.write_str("session with a controller up"),
            Self::SessionDown(error) => write!(f, "no session with a controller: {error}"),
            Self::Changed(revision) => write!(f, "applied revision {revision} of the desired state"),
            Self::ListenerReady(address, bind) => write!(f, "listening at {bind} for {address}"),
            Self::ListenerFailed(address, bind, error) => {
                write!(f, "the listener at {bind} for {address} does not listen: {error}")
            }
            Self::ConnectorReady(address, target) => write!(f, "serving {address} from {target}"),
            Self::Gone(what, address) => write!(f, "the {what} for {address} is gone"),
            Self::Deployment { name, state, message } if message.is_empty() => {
                write!(f, "deployment {name} is {}", state.as_str())
            }
            Self::Deployment { name, state, message } => {
                write!(f, "deployment {name} is {}: {message}", state.as_str())
            }
            Self::DeploymentGone(name) => write!(f, "deployment {name} is gone"),
            Self::Renewed => f.write_str("the certificate was renewed"),
            Self::Trouble(what) => f.write_str(what),
            Self::LocalApi(address) => write!(f, "local API at http://{address} (`skx site console` shows the token)"),
            Self::Stopping => f.write_str("stopping"),
        }
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Who hears of progress.
#[derive(Clone)]
pub struct Watcher(Arc<dyn Fn(&Progress) + Send + Sync>);

impl Watcher {
    /// Calls `hear` for every line, in order.
    pub fn new(hear: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Nobody.
    pub fn none() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn tell(&self, progress: &Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}
