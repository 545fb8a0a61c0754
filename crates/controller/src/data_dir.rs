//! The controller's own directory: what a replica keeps outside the database, each file made once.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use model::{ControllerId, GenericUuid};
use pki::PrivateKey;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{key_file::KeyFile, secret};

/// The file that is there while a backup is restored into the directory.
const RESTORING: &str = "restoring";

/// A replica's directory, held under a lock as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    lock: File,
}

/// Why a replica's directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process uses it.
    #[error("the data directory {0} is in use by another controller")]
    InUse(PathBuf),
    /// A restore into it did not come to its end.
    #[error("a restore into {0} was cut short; remove the directory, and restore again")]
    Restoring(PathBuf),
    /// The key file that was named is not there.
    #[error(
        "there is no key file {0}; name the file with this installation's key-encryption key with --key-file, or leave that out to keep the key in the data directory"
    )]
    NoKeyFile(PathBuf),
    /// A file or the directory cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file holds something else than it should.
    #[error("{path} is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl DataDir {
    /// Opens the directory, making it when it does not exist: closed to others, except that root's can be passed through,
    /// so that the private PostgreSQL below, which is not root, reaches its own part. Every file is closed by itself.
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirError> {
        let error = |source| DataDirError::Io { path: path.to_owned(), source };
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new().recursive(true).mode(mode).create(path).map_err(error)?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(|source| DataDirError::Io { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) if path.join(RESTORING).exists() => Err(DataDirError::Restoring(path.to_owned())),
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(DataDirError::Io { path: lock_path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// From now until [`DataDir::end_restore`], nothing but that makes it a directory a controller starts in.
    pub(crate) fn begin_restore(&self) -> Result<(), DataDirError> {
        self.write(RESTORING, b"")
    }

    pub(crate) fn end_restore(&self) -> Result<(), DataDirError> {
        let path = self.path.join(RESTORING);
        fs::remove_file(&path).map_err(|source| DataDirError::Io { path, source })
    }

    /// Writes a file that was kept in a backup. What clients are given can be read by others.
    pub(crate) fn lay(&self, name: &str, text: &str) -> Result<(), DataDirError> {
        self.write(name, text.as_bytes())?;
        if name == "ca.crt" {
            let path = self.path.join(name);
            let open = fs::set_permissions(&path, fs::Permissions::from_mode(0o644));
            open.map_err(|source| DataDirError::Io { path, source })?;
        }
        Ok(())
    }

    /// The first-start token, made at the first start.
    pub(crate) fn admin_token(&self) -> Result<Zeroizing<String>, DataDirError> {
        self.token("admin.token")
    }

    /// The token that opens the figures and nothing else, made at the first start.
    pub(crate) fn metrics_token(&self) -> Result<Zeroizing<String>, DataDirError> {
        self.token("metrics.token")
    }

    fn token(&self, file: &str) -> Result<Zeroizing<String>, DataDirError> {
        let token = self.read_or_make(file, || Zeroizing::new(format!("{}\n", *secret::random())))?;
        Ok(Zeroizing::new(token.trim().to_owned()))
    }

    /// Keeps the setup link where only this user reads it.
    pub(crate) fn write_setup_link(&self, link: &str) -> Result<PathBuf, DataDirError> {
        write(&self.path, "setup.link", format!("{link}\n").as_bytes())?;
        Ok(self.path.join("setup.link"))
    }

    /// The setup link that is kept. None also when the file cannot be read: then nobody has the link.
    pub(crate) fn setup_link(&self) -> Option<Zeroizing<String>> {
        self.read("setup.link").ok().flatten()
    }

    /// Keeps no setup link any more: it opens nothing, also where it cannot be removed.
    pub(crate) fn remove_setup_link(&self) {
        let _ = fs::remove_file(self.path.join("setup.link"));
    }

    /// The replica's id, made at the first start.
    pub(crate) fn controller_id(&self) -> Result<ControllerId, DataDirError> {
        let text = self.read_or_make("controller.id", || Zeroizing::new(format!("{}\n", Uuid::new_v4())))?;
        let id = Uuid::try_parse(text.trim()).map_err(|error| self.damaged("controller.id", error.to_string()))?;
        Ok(ControllerId::from_untyped_uuid(id))
    }

    /// The replica's own key, made at the first start; its certificates are issued for this key only.
    pub(crate) fn controller_key(&self) -> Result<PrivateKey, DataDirError> {
        let text = self.read_or_make("controller.key", || PrivateKey::generate().to_pem())?;
        PrivateKey::from_pem(&text).map_err(|error| self.damaged("controller.key", error.to_string()))
    }

    /// The epoch of this start: greater than that of every start before, on disk before it is used.
    pub(crate) fn next_epoch(&self) -> Result<u64, DataDirError> {
        let last: u64 = match self.read("epoch")? {
            None => 0,
            Some(text) => text.trim().parse().map_err(|_| self.damaged("epoch", "it holds no number".to_owned()))?,
        };
        self.write("epoch", format!("{}\n", last + 1).as_bytes())?;
        Ok(last + 1)
    }

    /// Where the key-encryption key is, unless it is somewhere else (`--key-file`).
    pub(crate) fn key_file(&self) -> KeyFile {
        KeyFile::new(self.path.join("kek"))
    }

    fn read_or_make(
        &self,
        name: &str,
        make: impl FnOnce() -> Zeroizing<String>,
    ) -> Result<Zeroizing<String>, DataDirError> {
        if let Some(text) = self.read(name)? {
            return Ok(text);
        }
        let text = make();
        self.write(name, text.as_bytes())?;
        tracing::info!(file = %self.path.join(name).display(), "made {name}");
        Ok(text)
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>, DataDirError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DataDirError::Io { path, source }),
        }
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), DataDirError> {
        write(&self.path, name, content)
    }

    fn damaged(&self, name: &str, reason: String) -> DataDirError {
        DataDirError::Damaged { path: self.path.join(name), reason }
    }
}

impl Drop for DataDir {
    /// Closing alone would not do: a program that is just being started (`pg_dump`, PostgreSQL) holds a copy of all that is
    /// open here until it runs, and with it the lock.
    fn drop(&mut self) {
        // Where this fails, closing does it a moment later.
        let _ = self.lock.unlock();
    }
}

/// Writes a file so that a crash at any moment leaves the old one or the new one.
fn write(dir: &Path, name: &str, content: &[u8]) -> Result<(), DataDirError> {
    let path = dir.join(name);
    let write = || {
        let new = dir.join(format!("{name}.new"));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|source| DataDirError::Io { path: path.clone(), source })
}

/// Makes another first-start token, in place of the one there is in a directory that this process holds.
pub(crate) fn rotate_admin_token(dir: &Path) -> Result<Zeroizing<String>, DataDirError> {
    let token = secret::random();
    write(dir, "admin.token", format!("{}\n", *token).as_bytes())?;
    Ok(token)
}

/// The file outside the directory that was named (`--key-file`), which must hold a key.
pub(crate) fn named_key_file(path: &Path) -> Result<KeyFile, DataDirError> {
    let file = KeyFile::new(path.to_owned());
    file.key()?.ok_or_else(|| DataDirError::NoKeyFile(path.to_owned()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_made_once_and_secret() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("controller");
        let first = DataDir::open(&path).expect("opens");
        let made = (
            first.admin_token().expect("token"),
            first.controller_id().expect("id"),
            first.controller_key().expect("key").digest(),
            first.key_file().make().expect("kek").id(),
        );
        drop(first);
        let again = DataDir::open(&path).expect("opens again");
        let read = (
            again.admin_token().expect("token"),
            again.controller_id().expect("id"),
            again.controller_key().expect("key").digest(),
            again.key_file().key().expect("readable").expect("made").id(),
        );
        assert_eq!(made, read);
        again.metrics_token().expect("token");
        for file in ["admin.token", "metrics.token", "controller.key", "kek"] {
            let mode = fs::metadata(path.join(file)).expect(file).permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn epochs_grow_with_every_start() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = DataDir::open(dir.path()).expect("opens");
        assert_eq!(data.next_epoch().expect("first"), 1);
        assert_eq!(data.next_epoch().expect("second"), 2);
        fs::write(dir.path().join("epoch"), "x").expect("writes");
        assert!(matches!(data.next_epoch(), Err(DataDirError::Damaged { .. })));
    }

    #[test]
    fn two_controllers_never_share_a_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let _held = DataDir::open(dir.path()).expect("opens");
        assert!(matches!(DataDir::open(dir.path()), Err(DataDirError::InUse(_))));
    }

    #[test]
    fn a_directory_that_is_given_back_is_free_although_a_program_is_being_started() {
        let dir = tempfile::tempdir().expect("a directory");
        let held = DataDir::open(dir.path()).expect("opens");
        let _inherited = held.lock.try_clone().expect("what a forked process has until it runs its program");
        drop(held);
        DataDir::open(dir.path()).expect("nobody uses it any more");
    }
}
