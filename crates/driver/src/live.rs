//! What workloads are told while they run: a file for each that is replaced, all of it at once.
//!
//! `DIR/live/DEPLOYMENT/WORKLOAD/addresses.json`. It is the directory that a container is shown: of a file by itself it would go
//! on seeing the one that was there when it was made.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf, absolute},
};

use crate::DriverError;

/// The variable that says where the file is.
pub(crate) const VARIABLE: &str = "SKX_ADDRESSES";
/// What the file is called.
pub(crate) const FILE: &str = "addresses.json";

/// The files of all workloads.
#[derive(Clone, Debug)]
pub(crate) struct LiveFiles {
    dir: PathBuf,
}

impl LiveFiles {
    /// Those in the directory of a driver.
    pub(crate) fn new(dir: &Path) -> Self {
        let dir = dir.join("live");
        Self { dir: absolute(&dir).unwrap_or(dir) }
    }

    /// The directory that has the file of a workload, and nothing else to read.
    pub(crate) fn dir(&self, deployment: &str, workload: &str) -> PathBuf {
        self.dir.join(deployment).join(workload)
    }

    /// The file of a workload.
    pub(crate) fn file(&self, deployment: &str, workload: &str) -> PathBuf {
        self.dir(deployment, workload).join(FILE)
    }

    /// Tells a workload something else: who reads sees all of it, or all of what was told before. The same again touches nothing.
    pub(crate) fn tell(&self, deployment: &str, workload: &str, text: &str) -> Result<(), DriverError> {
        let file = self.file(deployment, workload);
        if fs::read(&file).is_ok_and(|told| told == text.as_bytes()) {
            return Ok(());
        }
        let dir = self.dir(deployment, workload);
        replace(&dir, &file, text).map_err(|error| DriverError::new(file.display().to_string(), error))
    }

    /// Removes what the other workloads of a deployment were told. They must not run any more.
    pub(crate) fn keep(&self, deployment: &str, kept: impl Fn(&str) -> bool) -> Result<(), DriverError> {
        let of = self.dir.join(deployment);
        let failed = |error: io::Error| DriverError::new(of.display().to_string(), error);
        let entries = match fs::read_dir(&of) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(failed)?,
        };
        let mut left = false;
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_str().is_some_and(&kept) {
                left = true;
            } else {
                fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
        if left { Ok(()) } else { fs::remove_dir(&of).map_err(failed) }
    }
}

/// Whoever the workload runs as may read and watch it: there is no secret in it.
fn replace(dir: &Path, file: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for above in dir.ancestors().take(3) {
        fs::set_permissions(above, fs::Permissions::from_mode(0o755))?;
    }
    let new = dir.join(".new");
    fs::write(&new, text)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o644))?;
    fs::rename(&new, file)
}
