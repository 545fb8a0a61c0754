//! Replacing a file so that a crash at any byte leaves the old content or the new, never anything between.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::Path,
};

/// The steps of a replacement, so that tests can end the process between any two of them.
pub(crate) trait Disk {
    /// Creates a file that did not exist, readable by its owner only.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Writes some of `bytes` and says how many.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize>;
    /// Waits until the file's content is on the medium.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Moves `from` over `to`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Waits until the directory's entries are on the medium.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// Gives a new file to the owner of its directory: what root does for a service, the service must be able to read.
pub(crate) fn hand_over(file: &File, path: &Path) -> io::Result<()> {
    let Some(dir) = path.parent() else { return Ok(()) };
    let (file_now, dir) = (file.metadata()?, fs::metadata(dir)?);
    if file_now.uid() != dir.uid() {
        // Only root can, and only root needs to.
        let _ = fchown(file, Some(dir.uid()), Some(dir.gid()));
    }
    Ok(())
}

/// The machine's file system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        hand_over(&file, path)?;
        Ok(file)
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
        file.write(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Replaces the content of `dir/name`. Returns once the new content survives a loss of power; on an error the old
/// content is still there, unless only the last step failed, after which it may be either.
///
/// There must be one writer at a time: the caller holds the directory's lock.
pub(crate) fn replace(disk: &impl Disk, dir: &Path, name: &str, contents: &[u8]) -> io::Result<()> {
    let target = dir.join(name);
    let temporary = dir.join(format!(".{name}.new"));
    // What a crash left behind may be half a file with any mode: begin anew.
    match disk.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_all(disk, &temporary, contents).and_then(|()| disk.rename(&temporary, &target));
    if let Err(error) = written {
        // A full disk must not be filled further by what could not be completed. The next attempt would remove it too.
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    disk.sync_dir(dir)
}

fn write_all(disk: &impl Disk, path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = disk.create(path)?;
    let mut rest = contents;
    while !rest.is_empty() {
        match disk.write(&mut file, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    disk.sync(&file)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{cell::Cell, os::unix::fs::PermissionsExt};

    use super::*;

    /// A disk that works for a number of operations and then is dead: as for a process that was killed, nothing
    /// happens any more, not even tidying up. Every written byte is an operation.
    pub(crate) struct MortalDisk {
        left: Cell<usize>,
        error: io::ErrorKind,
        /// Whether removing still works after the failure: a full disk lives on, a killed process does not.
        survives: bool,
    }

    impl MortalDisk {
        pub(crate) fn killed_after(operations: usize) -> Self {
            Self { left: Cell::new(operations), error: io::ErrorKind::Other, survives: false }
        }

        fn full_after(operations: usize) -> Self {
            Self { left: Cell::new(operations), error: io::ErrorKind::StorageFull, survives: true }
        }

        fn live(&self) -> io::Result<()> {
            match self.left.get() {
                0 => Err(self.error.into()),
                left => {
                    self.left.set(left - 1);
                    Ok(())
                }
            }
        }

        pub(crate) fn exhausted(&self) -> bool {
            self.left.get() == 0
        }
    }

    impl Disk for MortalDisk {
        fn create(&self, path: &Path) -> io::Result<File> {
            self.live()?;
            RealDisk.create(path)
        }

        fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
            self.live()?;
            RealDisk.write(file, &bytes[..1])
        }

        fn sync(&self, file: &File) -> io::Result<()> {
            self.live()?;
            RealDisk.sync(file)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.live()?;
            RealDisk.rename(from, to)
        }

        fn sync_dir(&self, dir: &Path) -> io::Result<()> {
            self.live()?;
            RealDisk.sync_dir(dir)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            if !self.survives {
                self.live()?;
            }
            RealDisk.remove(path)
        }
    }

    #[test]
    fn a_crash_at_any_operation_leaves_the_old_content_or_the_new() {
        let (old, new) = (b"the old content".as_slice(), b"what replaces it, longer".as_slice());
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("state.json");
        let (mut saw_old, mut saw_new) = (0, 0);
        for operations in 0.. {
            fs::write(&path, old).expect("the old content");
            let disk = MortalDisk::killed_after(operations);
            let outcome = replace(&disk, dir.path(), "state.json", new);
            let content = fs::read(&path).expect("the file is always there");
            if content == old {
                saw_old += 1;
            } else {
                assert_eq!(content, new, "after {operations} operations");
                saw_new += 1;
            }
            // Whatever the crash left behind, the next replacement works.
            replace(&RealDisk, dir.path(), "state.json", new).expect("a later attempt");
            assert_eq!(fs::read(&path).expect("the file"), new);
            if outcome.is_ok() {
                break;
            }
        }
        // Before the rename: removing, creating, each byte, syncing, renaming. After it: syncing the directory.
        assert_eq!(saw_old, new.len() + 4, "a crash point was never hit");
        assert_eq!(saw_new, 2, "a crash point was never hit");
    }

    #[test]
    fn a_full_disk_leaves_the_old_content_and_no_litter() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("f"), "old").expect("the old content");
        for operations in 0..b"new content".len() + 3 {
            let error = replace(&MortalDisk::full_after(operations), dir.path(), "f", b"new content")
                .expect_err("the disk is full");
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            assert_eq!(fs::read(dir.path().join("f")).expect("the file"), b"old");
            assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 1);
        }
    }

    #[test]
    fn only_the_owner_can_read_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join(".f.new"), "half").expect("a left-over");
        fs::set_permissions(dir.path().join(".f.new"), fs::Permissions::from_mode(0o666)).expect("its mode");
        replace(&RealDisk, dir.path(), "f", b"secret").expect("replaces");
        let mode = fs::metadata(dir.path().join("f")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
