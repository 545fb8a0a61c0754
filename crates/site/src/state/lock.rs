//! One process per data directory.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::atomic;

/// Why a data directory could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another skx site runs here (pid {pid}): {}; stop it, or use another --data-dir", dir.display())]
    Busy {
        /// The directory.
        dir: PathBuf,
        /// Its process id, as it wrote it, or `unknown`.
        pid: String,
    },
    /// The directory cannot be made or written.
    #[error("the data directory {} cannot be used", dir.display())]
    Unusable {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The lock of a data directory, held until dropped or until the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing alone would not do: see [`try_lock`].
    fn drop(&mut self) {
        // Where this fails, closing does it a moment later.
        let _ = self.file.unlock();
    }
}

const NAME: &str = "lock";

/// Makes the directory if it is not there (for its owner only) and takes its lock.
pub(crate) fn take(dir: &Path) -> Result<Lock, LockError> {
    let unusable = |source| LockError::Unusable { dir: dir.to_owned(), source };
    loop {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        let path = dir.join(NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(unusable)?;
        atomic::hand_over(&file, &path).map_err(unusable)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The holder may not have written its id yet; that is no reason to say less than we know.
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
                return Err(LockError::Busy { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // Whoever left this directory removed the file we opened: the lock on it protects nothing.
        let ours = file.metadata().map_err(unusable)?.ino();
        if fs::metadata(&path).ok().is_none_or(|current| current.ino() != ours) {
            continue;
        }
        // The process id is for people only. On a full disk the lock holds without it.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        return Ok(Lock { file });
    }
}

/// Takes the lock, if nobody has it. A process that is just being started holds a copy of all that whoever starts it has open,
/// until it runs a program of its own. Where whoever held the lock was killed in that moment, it is waited for.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..20 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
            outcome => return outcome,
        }
    }
    file.try_lock()
}

/// The process that holds the lock of `dir`, as it wrote it; none if nobody does, or it could not write it.
pub(crate) fn holder(dir: &Path) -> Option<u32> {
    is_held(dir).then(|| fs::read_to_string(dir.join(NAME)).ok()?.trim().parse().ok()).flatten()
}

/// Whether some process holds the lock of `dir`. Takes nothing and makes nothing.
pub(crate) fn is_held(dir: &Path) -> bool {
    let Ok(file) = File::open(dir.join(NAME)) else { return false };
    // Shared, so that two who only look do not take each other for the holder.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_told_who_holds_the_directory() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let dir = dir.path().join("deep/site");
        let lock = take(&dir).expect("the first");
        assert!(is_held(&dir));
        assert_eq!(holder(&dir), Some(std::process::id()));
        let error = take(&dir).expect_err("the second").to_string();
        assert!(error.contains("another skx site runs here"), "{error}");
        assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        drop(lock);
        assert!(!is_held(&dir));
        take(&dir).expect("after the first has ended");
    }

    #[test]
    fn a_directory_that_is_given_back_is_free_although_a_program_is_being_started() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let lock = take(dir.path()).expect("the first");
        let _inherited = lock.file.try_clone().expect("what a forked process has until it runs its program");
        drop(lock);
        assert!(!is_held(dir.path()));
    }

    #[test]
    fn a_removed_lock_file_is_not_trusted() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let first = take(dir.path()).expect("the first");
        fs::remove_file(dir.path().join(NAME)).expect("removes");
        // The path names a new file now: whoever takes it holds the real lock.
        let second = take(dir.path()).expect("the second");
        drop(first);
        assert!(is_held(dir.path()));
        drop(second);
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("file");
        fs::write(&file, "").expect("a file in the way");
        let error = take(&file.join("site")).expect_err("no directory").to_string();
        assert!(error.contains("file/site"), "{error}");
    }
}
