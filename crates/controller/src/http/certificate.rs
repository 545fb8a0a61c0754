//! What the API shows its clients: a certificate authority of the controller's own, made at the first start, which
//! clients pin (`DIR/ca.crt`), and short-lived server certificates under it, which are never written down.
//!
//! It has nothing to do with the installation's root: the API must answer before there is one.

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use model::Host;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// How long the authority is valid.
const AUTHORITY_DAYS: i64 = 3_650;
/// How long a server certificate is valid.
const SERVER_DAYS: i64 = 90;
/// After how long another one takes its place.
const RENEW_AFTER: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Why the API has no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum ApiCertificateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The authority's files do not belong together, or are damaged.
    #[error(
        "the API's certificate authority in {dir} is damaged: {reason}; restore ca.crt and api.key from a backup, or remove both and give clients the new ca.crt"
    )]
    Damaged {
        /// The directory.
        dir: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A certificate cannot be made.
    #[error("making the API's certificate")]
    Issue(#[from] rcgen::Error),
    /// TLS refuses the certificate.
    #[error("using the API's certificate")]
    Tls(#[from] rustls::Error),
}

/// Makes the TLS configuration for each address the API is reached at.
pub(crate) struct Certificates {
    authority: Issuer<'static, KeyPair>,
    /// What every server certificate names.
    names: Vec<String>,
    /// By the local address of a connection, which the certificate names too; with the time each was made.
    configs: Mutex<HashMap<IpAddr, (Timestamp, Arc<ServerConfig>)>>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Opens the authority in `dir`, making it at the first start.
    pub(crate) fn open(dir: &Path, listen: &Host, now: Timestamp) -> Result<Self, ApiCertificateError> {
        let (certificate, key) = (dir.join("ca.crt"), dir.join("api.key"));
        let damaged = |reason: String| ApiCertificateError::Damaged { dir: dir.to_owned(), reason };
        let authority = match (read(&certificate)?, read(&key)?) {
            (Some(certificate), Some(key)) => {
                let key = KeyPair::from_pem(&key).map_err(|error| damaged(format!("api.key: {error}")))?;
                check(&certificate, &key, now).map_err(damaged)?;
                Issuer::from_ca_cert_pem(&certificate, key).map_err(|error| damaged(format!("ca.crt: {error}")))?
            }
            (None, None) => {
                let (pem, pair, params) = make_authority(now)?;
                // The key first: a crash in between leaves a key without certificate, which the next start replaces.
                write(&key, pair.serialize_pem().as_bytes(), 0o600)?;
                write(&certificate, pem.as_bytes(), 0o644)?;
                tracing::info!(file = %certificate.display(), "made the API's certificate authority; clients give this file as --ca (SKX_CA)");
                Issuer::new(params, pair)
            }
            (None, Some(_)) => {
                fs::remove_file(&key).map_err(|source| ApiCertificateError::Io { path: key, source })?;
                return Self::open(dir, listen, now);
            }
            (Some(_), None) => return Err(damaged("api.key is missing".to_owned())),
        };
        Ok(Self { authority, names: names(listen), configs: Mutex::default() })
    }

    /// The TLS configuration for a connection that came in at `local`.
    pub(crate) fn config(&self, local: IpAddr, now: Timestamp) -> Result<Arc<ServerConfig>, ApiCertificateError> {
        let local = local.to_canonical();
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, config)) = configs.get(&local)
            && now.duration_since(*made).abs() < RENEW_AFTER
        {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.issue(local, now)?);
        configs.insert(local, (now, Arc::clone(&config)));
        Ok(config)
    }

    fn issue(&self, local: IpAddr, now: Timestamp) -> Result<ServerConfig, ApiCertificateError> {
        let mut names = self.names.clone();
        let address = local.to_string();
        if !names.contains(&address) {
            names.push(address);
        }
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = named("Skupper-X controller");
        set_validity(&mut params, now, SERVER_DAYS);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.authority)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// What a server certificate names: this machine by every name it is likely to be called.
fn names(listen: &Host) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let unspecified = matches!(listen, Host::Ip(ip) if ip.is_unspecified());
    if !unspecified {
        names.push(listen.to_string());
    }
    // Linux says so here; elsewhere, and where it says nonsense, the name is left out.
    if let Ok(Host::Dns(name)) = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().parse() {
        names.push(name);
    }
    names.dedup();
    let mut seen = std::collections::HashSet::new();
    // An underscore is good in a host name and bad in a certificate.
    names.retain(|name| !name.contains('_') && seen.insert(name.clone()));
    names
}

fn make_authority(now: Timestamp) -> Result<(String, KeyPair, CertificateParams), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Skupper-X controller API");
    set_validity(&mut params, now, AUTHORITY_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key, params))
}

/// Whether the files belong together, and the certificate is still valid.
fn check(pem: &str, key: &KeyPair, now: Timestamp) -> Result<(), String> {
    let certificates = pki::Certificate::chain_from_pem(pem).map_err(|error| format!("ca.crt: {error}"))?;
    let [certificate] = certificates.as_slice() else {
        return Err("ca.crt holds more than one certificate".to_owned());
    };
    let theirs = pki::PrivateKey::from_der(&key.serialize_der()).map_err(|error| format!("api.key: {error}"))?;
    if certificate.key_digest != theirs.digest() {
        return Err("api.key is not the key of ca.crt".to_owned());
    }
    if certificate.not_after <= now {
        return Err(format!("ca.crt has expired at {}", certificate.not_after));
    }
    Ok(())
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Whole days, from the day before `now`, so that clocks that differ agree.
fn set_validity(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let date = |days: i64| {
        let moment = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
        let date = moment.to_zoned(TimeZone::UTC).date();
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = date(-1);
    params.not_after = date(days);
}

fn read(path: &Path) -> Result<Option<String>, ApiCertificateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ApiCertificateError::Io { path: path.to_owned(), source }),
    }
}

fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), ApiCertificateError> {
    let new = path.with_extension("new");
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(mode).open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|source| ApiCertificateError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn open(dir: &Path) -> Result<Certificates, ApiCertificateError> {
        Certificates::open(dir, &"controller.example.com".parse().expect("a host"), Timestamp::now())
    }

    #[test]
    fn the_authority_is_made_once_and_its_key_is_secret() {
        let dir = tempfile::tempdir().expect("a directory");
        open(dir.path()).expect("made");
        let first = fs::read_to_string(dir.path().join("ca.crt")).expect("ca.crt");
        open(dir.path()).expect("opened again");
        assert_eq!(fs::read_to_string(dir.path().join("ca.crt")).expect("ca.crt"), first);
        let mode = fs::metadata(dir.path().join("api.key")).expect("api.key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_without_certificate_is_what_a_crash_leaves_and_is_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("api.key"), "half").expect("writes");
        open(dir.path()).expect("made anew");
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        open(one.path()).expect("made");
        open(other.path()).expect("made");
        fs::copy(other.path().join("api.key"), one.path().join("api.key")).expect("copies");
        let error = open(one.path()).expect_err("another key").to_string();
        assert!(error.contains("not the key of ca.crt"), "{error}");
        fs::remove_file(one.path().join("api.key")).expect("removes");
        assert!(open(one.path()).expect_err("no key").to_string().contains("missing"));
    }

    #[test]
    fn a_server_certificate_is_kept_until_it_is_time_for_another() {
        let dir = tempfile::tempdir().expect("a directory");
        let certificates = open(dir.path()).expect("made");
        let local = IpAddr::from([10, 1, 2, 3]);
        let now = Timestamp::now();
        let first = certificates.config(local, now).expect("issued");
        assert!(Arc::ptr_eq(&first, &certificates.config(local, now).expect("kept")));
        let later = now.saturating_add(RENEW_AFTER).expect("in range");
        assert!(!Arc::ptr_eq(&first, &certificates.config(local, later).expect("issued")));
    }
}
