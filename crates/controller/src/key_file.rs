//! The file with the key-encryption key, and how that is replaced without a moment at which the database cannot be read.
//!
//! While the key is changed there are two: the one in the file, and the next one in `FILE.next`, on the disk before
//! anything is sealed under it. The database says which of them counts. Whoever starts takes that one, and then makes it
//! the one in the file; the one before stays in `FILE.previous`, for backups that were made with it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crashpoint::Point;
use pki::Kek;
use zeroize::Zeroizing;

use crate::data_dir::DataDirError;

/// Where the key-encryption key is kept.
#[derive(Clone, Debug)]
pub(crate) struct KeyFile(PathBuf);

impl KeyFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The key in the file, if there is one.
    pub(crate) fn key(&self) -> Result<Option<Kek>, DataDirError> {
        read(&self.0)
    }

    /// The key with this id, in whichever of the files it is.
    pub(crate) fn find(&self, id: &str) -> Result<Option<Kek>, DataDirError> {
        for path in [self.0.clone(), self.beside("next"), self.beside("previous")] {
            if let Some(kek) = read(&path)?.filter(|kek| kek.id() == id) {
                return Ok(Some(kek));
            }
        }
        Ok(None)
    }

    /// Makes the first key.
    pub(crate) fn make(&self) -> Result<Kek, DataDirError> {
        let kek = Kek::generate();
        write(&self.0, &kek)?;
        tracing::info!(file = %self.0.display(), "made the key-encryption key; without it the CA keys in the database cannot be read, so keep a copy elsewhere");
        Ok(kek)
    }

    /// Writes a key that was kept elsewhere.
    pub(crate) fn lay(&self, kek: &Kek) -> Result<(), DataDirError> {
        write(&self.0, kek)
    }

    /// The key that is to be the next one, on the disk when this returns: the one that was laid into `FILE.next`, by an
    /// attempt that was cut short or by a person, or else a new one.
    pub(crate) fn next(&self) -> Result<Kek, DataDirError> {
        let path = self.beside("next");
        if let Some(kek) = read(&path)? {
            return Ok(kek);
        }
        let kek = Kek::generate();
        write(&path, &kek)?;
        crashpoint::reached(Point::NextKeyStored);
        Ok(kek)
    }

    /// Makes the next key the one in the file, when it is the one with this id: the database says so.
    pub(crate) fn settle(&self, id: &str) -> Result<(), DataDirError> {
        let next = self.beside("next");
        if read(&next)?.is_none_or(|kek| kek.id() != id) {
            return Ok(());
        }
        let previous = self.beside("previous");
        let settle = || {
            match fs::remove_file(&previous) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::hard_link(&self.0, &previous)?;
            fs::rename(&next, &self.0)?;
            sync_directory(&self.0)
        };
        settle().map_err(|source| DataDirError::Io { path: self.0.clone(), source })?;
        tracing::info!(file = %self.0.display(), key = id, "the new key-encryption key is in its place; the one before is kept beside it, for backups made with it");
        Ok(())
    }

    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(".");
        name.push(what);
        name.into()
    }
}

fn read(path: &Path) -> Result<Option<Kek>, DataDirError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DataDirError::Io { path: path.to_owned(), source }),
    };
    let damaged = |error: pki::KekError| DataDirError::Damaged { path: path.to_owned(), reason: error.to_string() };
    Kek::from_file_text(&text).map(Some).map_err(damaged)
}

/// Writes so that a crash at any moment leaves nothing, or the whole file.
fn write(path: &Path, kek: &Kek) -> Result<(), DataDirError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
        file.write_all(kek.to_file_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        sync_directory(path)
    };
    write().map_err(|source| DataDirError::Io { path: path.to_owned(), source })
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn both_keys_are_found_until_the_database_has_decided_and_the_one_before_is_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = KeyFile::new(dir.path().join("kek"));
        let first = file.make().expect("made").id();
        let next = file.next().expect("laid beside").id();
        assert_eq!(file.next().expect("an attempt that was cut short goes on").id(), next);
        for id in [&first, &next] {
            assert_eq!(file.find(id).expect("readable").map(|kek| kek.id()).as_ref(), Some(id));
        }
        // The database still goes by the first: nothing moves.
        file.settle(&first).expect("nothing to do");
        assert_eq!(file.key().expect("readable").map(|kek| kek.id()), Some(first.clone()));

        file.settle(&next).expect("moved");
        assert_eq!(file.key().expect("readable").map(|kek| kek.id()), Some(next.clone()));
        assert!(file.find(&first).expect("readable").is_some(), "a backup made with it can still be read");
        let mode = fs::metadata(file.path()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        file.settle(&next).expect("nothing is left to do");
        // And once more: only one key before the last is kept.
        let third = file.next().expect("another").id();
        file.settle(&third).expect("moved");
        assert!(file.find(&first).expect("readable").is_none() && file.find(&next).expect("readable").is_some());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = KeyFile::new(dir.path().join("kek"));
        fs::write(dir.path().join("kek.next"), "nonsense").expect("writes");
        let error = file.find("0123").expect_err("damaged").to_string();
        assert!(error.contains("kek.next") && error.contains("damaged"), "{error}");
    }
}
