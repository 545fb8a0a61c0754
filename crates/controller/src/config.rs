use std::path::PathBuf;

use jiff::SignedDuration;
use model::HostPort;

/// How a controller is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its own directory; made when it does not exist.
    pub data_dir: PathBuf,
    /// PostgreSQL (`postgres://…`); a private one in the data directory when absent.
    pub database_url: Option<String>,
    /// Where the HTTP API listens.
    pub listen: HostPort,
    /// The file with the key-encryption key; `kek` in the data directory, made at the first start, when absent.
    pub key_file: Option<PathBuf>,
    /// For how long a trust document is valid. It is refreshed after a quarter of that.
    pub trust_validity: SignedDuration,
    /// For how long the certificates of sites and controllers are valid, at most.
    pub leaf_lifetime: SignedDuration,
}

impl Config {
    /// The HTTP API's port unless said otherwise.
    pub const DEFAULT_PORT: u16 = 8443;
    /// How long a trust document is valid unless said otherwise.
    pub const TRUST_VALIDITY: SignedDuration = SignedDuration::from_hours(24);
    /// How long leaf certificates are valid unless said otherwise.
    pub const LEAF_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// A configuration with the defaults.
    pub fn new(data_dir: PathBuf, listen: HostPort) -> Self {
        Self {
            data_dir,
            database_url: None,
            listen,
            key_file: None,
            trust_validity: Self::TRUST_VALIDITY,
            leaf_lifetime: Self::LEAF_LIFETIME,
        }
    }
}
