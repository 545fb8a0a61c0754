//! A site's data directory: what survives the process, and how it is kept whole.
//!
//! | file | content |
//! |---|---|
//! | `state.json` | identity, key, certificate, last good desired state, trust document (0600) |
//! | `local.json` | listeners and connectors made at the site, and adaptations of central ones |
//! | `deployments.json` | what is deployed and in force, and what the participant decided about it (0600) |
//! | `workloads/` | what the driver of workloads keeps, volumes among it |
//! | `local.token` | the bearer token of the local API (0600) |
//! | `local-api.json` | where the local API of the running process listens |
//! | `lock` | held by the running process |

mod atomic;
mod deployments;
mod document;
mod items;
mod local;
mod lock;

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

pub use deployments::{Deployments, Kept, Locals, Secrets};
pub use document::{End, Joined, Joining, Origin, Over, Phase, StoredSite, Waiting};
pub use items::{Failure, Items};
pub use local::{Change, ChangeError, LocalConfig, Runs};
pub use lock::LockError;
pub use model::secret::{SecretPem, SecretText};

const STATE: &str = "state.json";
const LOCAL: &str = "local.json";
const DEPLOYMENTS: &str = "deployments.json";
const WORKLOADS: &str = "workloads";
const TOKEN: &str = "local.token";
const LOCAL_API: &str = "local-api.json";

/// A site's data directory, for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// A site's data directory, held by this process alone.
#[derive(Debug)]
pub struct LockedDir {
    dir: DataDir,
    _lock: lock::Lock,
}

/// Why something in a data directory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file's content makes no sense. Nothing was changed.
    #[error("{} is damaged ({why}); nothing was changed: restore it from a backup, or give the site up with `skx site leave`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file was written by a newer version of the program.
    #[error("{} was written by a newer version of skx (format {format}); run that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// The file cannot be written; its old content is still there.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Where the local API of a running site listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalApiFile {
    /// Its address.
    pub address: SocketAddr,
    /// The process that listens.
    pub pid: u32,
}

impl DataDir {
    /// The directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where a site lives unless told otherwise: `$XDG_STATE_HOME/skx/site`, else `$HOME/.local/state/skx/site` for a
    /// person; `/var/lib/skx/site` for a service, which has neither.
    pub fn default_path(environment: impl Fn(&str) -> Option<std::ffi::OsString>) -> PathBuf {
        // The XDG specification: relative paths are invalid and to be ignored.
        let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
        match (absolute("XDG_STATE_HOME"), absolute("HOME")) {
            (Some(state), _) => state.join("skx/site"),
            (None, Some(home)) => home.join(".local/state/skx/site"),
            (None, None) => PathBuf::from("/var/lib/skx/site"),
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes the directory for this process; makes it, for its owner only, if it is not there.
    pub fn lock(self) -> Result<LockedDir, LockError> {
        let lock = lock::take(&self.0)?;
        Ok(LockedDir { dir: self, _lock: lock })
    }

    /// Whether a site runs here at this moment.
    pub fn is_running(&self) -> bool {
        lock::is_held(&self.0)
    }

    /// The site's state; none if no ticket was ever applied here.
    pub fn site(&self) -> Result<Option<StoredSite>, StateError> {
        self.read(STATE)
    }

    /// What was configured at the site itself.
    pub fn local(&self) -> Result<LocalConfig, StateError> {
        self.read(LOCAL).map(Option::unwrap_or_default)
    }

    /// What is deployed here; none, if nothing ever was.
    pub fn kept_deployments(&self) -> Result<Option<Deployments>, StateError> {
        self.read(DEPLOYMENTS)
    }

    /// Where the driver of workloads keeps what it needs.
    pub fn workloads(&self) -> PathBuf {
        self.0.join(WORKLOADS)
    }

    /// The local API's token; none before the first start.
    pub fn token(&self) -> Result<Option<Zeroizing<String>>, StateError> {
        Ok(self.text(TOKEN)?.map(|text| Zeroizing::new(text.trim().to_owned())))
    }

    /// Where the local API listens; none if no site runs here, or it does not listen yet.
    pub fn local_api(&self) -> Result<Option<LocalApiFile>, StateError> {
        let Some(holder) = lock::holder(&self.0) else { return Ok(None) };
        let path = self.0.join(LOCAL_API);
        let Some(text) = self.text(LOCAL_API)? else { return Ok(None) };
        let file: LocalApiFile =
            serde_json::from_str(&text).map_err(|error| StateError::Damaged { path, why: error.to_string() })?;
        // What a killed process left behind leads nowhere, or to a stranger who must not see the token.
        Ok(Some(file).filter(|file| file.pid == holder))
    }

    fn text(&self, name: &str) -> Result<Option<String>, StateError> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(StateError::Damaged { path, why: "it is not text".to_owned() })
            }
            Err(source) => Err(StateError::Read { path, source }),
        }
    }

    /// Reads a file with a `format` field, which is looked at before anything else.
    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StateError> {
        let Some(text) = self.text(name)?.map(Zeroizing::new) else { return Ok(None) };
        let path = self.0.join(name);
        let damaged = |error: serde_json::Error| StateError::Damaged { path: path.clone(), why: error.to_string() };
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        let head: Head = serde_json::from_str(&text).map_err(damaged)?;
        if head.format > u64::from(document::FORMAT) {
            return Err(StateError::Newer { path, format: head.format });
        }
        serde_json::from_str(&text).map(Some).map_err(damaged)
    }
}

impl LockedDir {
    /// The directory, for reading.
    pub fn dir(&self) -> &DataDir {
        &self.dir
    }

    /// Stores the site's state. Once this returns, a loss of power cannot undo it; on an error the old state is there.
    pub fn save(&self, site: &StoredSite) -> Result<(), StateError> {
        self.write_json(STATE, site)
    }

    /// Stores what was configured at the site itself.
    pub fn save_local(&self, local: &LocalConfig) -> Result<(), StateError> {
        self.write_json(LOCAL, local)
    }

    /// What is deployed here; stored, if it is not yet, so that what marks it as this site's stays.
    pub fn ensure_deployments(&self) -> Result<Deployments, StateError> {
        if let Some(kept) = self.dir.kept_deployments()? {
            return Ok(kept);
        }
        let kept = Deployments::default();
        self.save_deployments(&kept)?;
        Ok(kept)
    }

    /// Stores what is deployed here.
    pub fn save_deployments(&self, deployments: &Deployments) -> Result<(), StateError> {
        self.write_json(DEPLOYMENTS, deployments)
    }

    /// Forgets what was deployed here, once it is gone.
    pub fn forget_deployments(&self) -> Result<(), StateError> {
        self.remove(DEPLOYMENTS)
    }

    /// The local API's token, made if there is none yet.
    pub fn ensure_token(&self) -> Result<Zeroizing<String>, StateError> {
        if let Some(token) = self.dir.token()?.filter(|token| !token.is_empty()) {
            return Ok(token);
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        SystemRandom::new().fill(bytes.as_mut_slice()).expect("the system's random source does not fail once seeded");
        let token = Zeroizing::new(HEXLOWER.encode(bytes.as_slice()));
        self.write(TOKEN, token.as_bytes())?;
        Ok(token)
    }

    /// Says where the local API listens.
    pub fn publish_local_api(&self, address: SocketAddr) -> Result<(), StateError> {
        self.write_json(LOCAL_API, &LocalApiFile { address, pid: std::process::id() })
    }

    /// Says that no local API listens any more.
    pub fn retract_local_api(&self) -> Result<(), StateError> {
        self.remove(LOCAL_API)
    }

    /// Removes everything a site keeps here, keys first, and the directory itself if nothing else is in it. Volumes of what was
    /// deployed here stay: what is in them may be all there is of somebody's work.
    pub fn wipe(&self) -> Result<(), StateError> {
        for name in [STATE, DEPLOYMENTS, TOKEN, LOCAL, LOCAL_API] {
            self.remove(&format!(".{name}.new"))?;
            self.remove(name)?;
        }
        let workloads = self.dir.workloads();
        if !keeps_volumes(&workloads) {
            // What cannot be removed is no secret, and in nobody's way.
            let _ = fs::remove_dir_all(&workloads);
        }
        self.remove("lock")?;
        // Somebody else's files may be in it; then it stays.
        let _ = fs::remove_dir(&self.dir.0);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), StateError> {
        let path = self.dir.0.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StateError::Write { path, source }),
            _ => Ok(()),
        }
    }

    fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StateError> {
        let json = serde_json::to_vec_pretty(value).expect("the documents have text keys and no failing values");
        self.write(name, &Zeroizing::new(json))
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), StateError> {
        atomic::replace(&atomic::RealDisk, &self.dir.0, name, contents)
            .map_err(|source| StateError::Write { path: self.dir.0.join(name), source })
    }
}

/// Whether there are volumes of processes in the directory of the driver of workloads.
fn keeps_volumes(workloads: &Path) -> bool {
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut deployments = entries(&workloads.join("deployments"));
    deployments.any(|deployment| entries(&deployment.join("volumes")).next().is_some())
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, os::unix::fs::PermissionsExt};

    use proptest::prelude::*;

    use super::*;
    use crate::fixture;

    fn locked() -> (tempfile::TempDir, LockedDir) {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let dir = DataDir::new(temporary.path().join("site")).lock().expect("nobody else has it");
        (temporary, dir)
    }

    #[test]
    fn what_is_saved_is_read_back_whole_in_every_phase() {
        let (_temporary, dir) = locked();
        assert!(dir.dir().site().expect("readable").is_none());
        for site in [
            fixture::joining_member(),
            fixture::joining_backbone(),
            fixture::joined_member(),
            fixture::joined_backbone(),
            fixture::joined_member().over(End::Ended, "over".to_owned(), fixture::now()),
        ] {
            dir.save(&site).expect("saves");
            let read = dir.dir().site().expect("readable").expect("there");
            let json = |site: &StoredSite| serde_json::to_string(site).expect("serialises");
            assert_eq!(json(&read), json(&site));
        }
        let mode = fs::metadata(dir.dir().path().join(STATE)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "a key is in it");
        let mode = fs::metadata(dir.dir().path()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_crash_while_the_state_is_saved_leaves_the_old_state_or_the_new() {
        let (_temporary, dir) = locked();
        let (old, new) = (fixture::joining_member(), fixture::joined_member());
        let json = serde_json::to_vec(&new).expect("serialises");
        let is_joined = || matches!(dir.dir().site().expect("never damaged").expect("there").phase, Phase::Joined(_));
        let mut seen = (false, false);
        // Every operation near both ends, and a sample of the bytes between.
        let points = (0..40).chain((40..json.len()).step_by(97)).chain(json.len()..json.len() + 6);
        for operations in points {
            dir.save(&old).expect("the old state");
            let disk = atomic::tests::MortalDisk::killed_after(operations);
            let outcome = atomic::replace(&disk, dir.dir().path(), STATE, &json);
            match is_joined() {
                false => seen.0 = true,
                true => seen.1 = true,
            }
            assert!(outcome.is_err() || is_joined(), "said to be saved, and was not");
            assert!(outcome.is_ok() || disk.exhausted());
        }
        assert_eq!(seen, (true, true));
    }

    #[test]
    fn damage_is_named_and_nothing_is_reset() {
        let (_temporary, dir) = locked();
        let path = dir.dir().path().join(STATE);
        let whole = serde_json::to_string(&fixture::joined_member()).expect("serialises");
        let cases = ["", "{", "null", "{}", &whole[..whole.len() / 2], &whole.replacen("\"epoch\"", "\"era\"", 1)];
        for content in cases {
            fs::write(&path, content).expect("writes");
            let error = dir.dir().site().expect_err("damaged").to_string();
            assert!(error.contains("state.json is damaged"), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("still there"), content);
        }
        fs::write(&path, [0xff, 0xfe]).expect("writes");
        assert!(dir.dir().site().expect_err("damaged").to_string().contains("not text"));
        fs::write(&path, r#"{"format": 7, "else": 1}"#).expect("writes");
        assert!(dir.dir().site().expect_err("newer").to_string().contains("newer version of skx (format 7)"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn whatever_became_of_the_file_it_is_read_whole_or_refused(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
            let (_temporary, dir) = locked();
            let path = dir.dir().path().join(STATE);
            dir.save(&fixture::joined_member()).expect("saves");
            let mut content = fs::read(&path).expect("there");
            let at = at.index(content.len());
            if cut {
                content.truncate(at);
            } else {
                content[at] = byte;
            }
            fs::write(&path, &content).expect("writes");
            if let Ok(site) = dir.dir().site() {
                // What was read can be written again and is the same then.
                let site = site.expect("the file is there");
                dir.save(&site).expect("saves");
                let json = |site: &StoredSite| serde_json::to_string(site).expect("serialises");
                prop_assert_eq!(json(&dir.dir().site().expect("readable").expect("there")), json(&site));
            } else {
                prop_assert_eq!(fs::read(&path).expect("there"), content, "nothing is reset");
            }
        }
    }

    #[test]
    fn a_truncated_temporary_file_is_ignored() {
        let (_temporary, dir) = locked();
        dir.save(&fixture::joined_member()).expect("saves");
        fs::write(dir.dir().path().join(".state.json.new"), "{\"format\": 1, \"ep").expect("what a crash left");
        assert!(dir.dir().site().expect("readable").is_some());
        dir.save(&fixture::joined_member()).expect("saves over it");
    }

    #[test]
    fn the_token_is_made_once() {
        let (_temporary, dir) = locked();
        let token = dir.ensure_token().expect("made");
        assert_eq!(token.len(), 64);
        assert_eq!(dir.ensure_token().expect("read"), token);
        let mode = fs::metadata(dir.dir().path().join(TOKEN)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_local_api_of_a_process_that_is_gone_is_not_there() {
        let (temporary, dir) = locked();
        dir.publish_local_api("127.0.0.1:1".parse().expect("an address")).expect("publishes");
        let reader = DataDir::new(temporary.path().join("site"));
        assert_eq!(reader.local_api().expect("readable").map(|it| it.pid), Some(std::process::id()));
        drop(dir);
        assert_eq!(reader.local_api().expect("readable"), None);
        // Another process holds the directory now, and has not said yet where it listens.
        let file = LocalApiFile { address: "127.0.0.1:1".parse().expect("an address"), pid: 1 };
        fs::write(reader.path().join(LOCAL_API), serde_json::to_vec(&file).expect("serialises")).expect("left behind");
        let _again = reader.clone().lock().expect("nobody has it");
        assert_eq!(reader.local_api().expect("readable"), None);
    }

    #[test]
    fn leaving_leaves_nothing() {
        let (temporary, dir) = locked();
        dir.save(&fixture::joined_member()).expect("saves");
        dir.save_local(&LocalConfig::default()).expect("saves");
        dir.ensure_token().expect("made");
        dir.wipe().expect("wipes");
        assert!(!temporary.path().join("site").exists());
    }

    #[test]
    fn a_person_has_the_state_home_and_a_service_var_lib() {
        let path = |set: &[(&str, &str)]| {
            let set: Vec<_> = set.iter().map(|(k, v)| ((*k).to_owned(), OsString::from(v))).collect();
            DataDir::default_path(move |name| set.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()))
        };
        assert_eq!(path(&[("XDG_STATE_HOME", "/x"), ("HOME", "/h")]), Path::new("/x/skx/site"));
        assert_eq!(path(&[("HOME", "/h")]), Path::new("/h/.local/state/skx/site"));
        assert_eq!(path(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")]), Path::new("/h/.local/state/skx/site"));
        assert_eq!(path(&[]), Path::new("/var/lib/skx/site"));
    }
}
