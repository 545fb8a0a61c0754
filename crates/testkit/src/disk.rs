//! A disk of its own for a test: small, and full when the test says so.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// A file system in memory. Dropping it removes it, with what is on it.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// A disk that holds so many mebibytes.
    pub fn new(mebibytes: u32) -> Result<Self> {
        ensure!(rustix::process::geteuid().is_root(), "mounting a disk needs root");
        // PostgreSQL drops root's rights, and must still reach its own directory below this one.
        let permissions = fs::Permissions::from_mode(0o711);
        let dir = tempfile::Builder::new().prefix("skx-disk-").permissions(permissions).tempdir()?;
        let size = format!("size={mebibytes}m,mode=0711");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output()?;
        ensure!(mount.status.success(), "mounting a disk: {}", String::from_utf8_lossy(&mount.stderr).trim());
        Ok(Self(dir))
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left.
    pub fn fill(&self) -> Result<()> {
        let mut file = File::create(self.filler())?;
        let block = [0; 4096];
        loop {
            match file.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("filling a disk"),
            }
        }
    }

    /// Gives the room back that [`fill`](Self::fill) has taken.
    pub fn make_room(&self) -> Result<()> {
        fs::remove_file(self.filler()).context("making room on a disk")
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Best effort: whoever still has a file open keeps it until then, and a test must not panic while it fails.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
