//! The directories of processes, and the files that are put there.
//!
//! `DIR/deployments/DEPLOYMENT/workloads/NAME` has the workload's log and its `root`; `…/volumes/NAME` are the volumes.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, chown, symlink},
    path::{Path, PathBuf},
};

use compose::render::Runnable;

use super::{delete, failed, names, program::Program};
use crate::{
    DriverError, Volumes,
    live::LiveFiles,
    wanted::{Secrets, Wanted},
};

/// The directories of all processes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    dir: PathBuf,
}

impl Place {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.join("deployments") }
    }

    fn deployment(&self, deployment: &str) -> PathBuf {
        self.dir.join(deployment)
    }

    pub(crate) fn workloads(&self, deployment: &str) -> PathBuf {
        self.dir.join(deployment).join("workloads")
    }

    pub(crate) fn workload(&self, deployment: &str, name: &str) -> PathBuf {
        self.workloads(deployment).join(name)
    }

    /// Makes the place of a deployment.
    pub(crate) fn prepare(&self, deployment: &str) -> Result<(), DriverError> {
        let dir = self.workloads(deployment);
        fs::create_dir_all(&dir).map_err(|error| failed(&dir, error))
    }

    /// The program of a workload.
    pub(crate) fn program(&self, deployment: &str, wanted: &Wanted, secrets: Secrets, live: &LiveFiles) -> Program {
        Program {
            deployment: deployment.to_owned(),
            name: wanted.name.clone(),
            runnable: wanted.runnable.clone(),
            secrets,
            root: self.workload(deployment, &wanted.name).join("root"),
            live: live.clone(),
        }
    }

    /// Removes what is there of workloads that do not run any more: all but those that are kept.
    pub(crate) fn prune(&self, deployment: &str, keep: &BTreeSet<String>) -> Result<(), DriverError> {
        for name in names(&self.workloads(deployment))?.difference(keep) {
            delete(&self.workload(deployment, name))?;
        }
        Ok(())
    }

    /// Removes what is left of a deployment without workloads: all but volumes that are kept.
    pub(crate) fn clear(&self, deployment: &str, volumes: Volumes) -> Result<(), DriverError> {
        let dir = self.deployment(deployment);
        match volumes {
            Volumes::Delete => delete(&dir),
            Volumes::Keep => {
                delete(&self.workloads(deployment))?;
                // Only what is empty can be removed so.
                let _ = fs::remove_dir(dir.join("volumes"));
                let _ = fs::remove_dir(dir);
                Ok(())
            }
        }
    }

    /// The deployments that have a place.
    pub(crate) fn inventory(&self) -> Result<BTreeSet<String>, DriverError> {
        Ok(names(&self.dir)?.into_iter().filter(|it| self.workloads(it).is_dir()).collect())
    }

    fn volume(&self, deployment: &str, name: &str) -> PathBuf {
        self.dir.join(deployment).join("volumes").join(name)
    }

    /// Makes what a process finds below its root, anew. Volumes are as they were.
    pub(crate) fn furnish(
        &self,
        deployment: &str,
        name: &str,
        runnable: &Runnable,
        secrets: &Secrets,
    ) -> Result<PathBuf, String> {
        let root = self.workload(deployment, name).join("root");
        let failed = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
        match fs::remove_dir_all(&root) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&root, error)),
            _ => {}
        }
        make_dir(&root).map_err(|error| failed(&root, error))?;
        for (path, file) in &runnable.files {
            let at = below(&root, path);
            let secret = file.secret.as_ref().and_then(|secret| secrets.get(secret)).map(|value| value.expose());
            let text = secret.or(file.content.as_deref()).unwrap_or_default();
            let mode = match (secret.is_some(), file.executable) {
                (true, true) => 0o700,
                (true, false) => 0o600,
                (false, true) => 0o755,
                (false, false) => 0o644,
            };
            write(&at, text, mode, runnable.user).map_err(|error| failed(&at, error))?;
        }
        for (path, volume) in &runnable.volumes {
            let volume = self.volume(deployment, volume);
            let at = below(&root, path);
            keep(&volume, &at, runnable.user).map_err(|error| failed(&at, error))?;
        }
        if let Some(dir) = &runnable.workdir {
            let at = below(&root, dir);
            make_dir(&at).map_err(|error| failed(&at, error))?;
        }
        match runnable.user {
            Some(user) => passable(&root, user).map(|()| root),
            None => Ok(root),
        }
    }
}

/// A path as a process finds it below its root.
pub(crate) fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// A directory that everybody may pass, and its owner alone may list.
fn make_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o711).create(dir)
}

fn write(at: &Path, text: &str, mode: u32, user: Option<u32>) -> io::Result<()> {
    at.parent().map_or(Ok(()), make_dir)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(at)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    user.map_or(Ok(()), |user| chown(at, Some(user), None))
}

/// Makes a volume, if it is not there, and shows it at a path.
fn keep(volume: &Path, at: &Path, user: Option<u32>) -> io::Result<()> {
    if !volume.is_dir() {
        make_dir(volume)?;
        user.map_or(Ok(()), |user| chown(volume, Some(user), None))?;
    }
    at.parent().map_or(Ok(()), make_dir)?;
    symlink(volume, at)
}

/// Whether a user can get to a path; which directory is in the way, if not.
fn passable(path: &Path, user: u32) -> Result<(), String> {
    let closed = |dir: &&Path| {
        let Ok(it) = dir.metadata() else { return false };
        user != 0 && it.mode() & if it.uid() == user { 0o100 } else { 0o001 } == 0
    };
    match path.ancestors().find(closed) {
        Some(dir) => Err(format!("user {user} may not pass {}: chmod o+x it", dir.display())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Place) {
        let dir = tempfile::tempdir().expect("a directory");
        let place = Place::new(dir.path());
        (dir, place)
    }

    #[test]
    fn nothing_is_left_of_what_is_gone_but_volumes_that_are_kept() {
        let (_dir, place) = place();
        for deployment in ["shop", "bank"] {
            fs::create_dir_all(place.workload(deployment, "till")).expect("made");
        }
        make_dir(&place.volume("bank", "money")).expect("made");
        for deployment in ["shop", "bank"] {
            place.clear(deployment, Volumes::Keep).expect("cleared");
        }
        assert!(!place.deployment("shop").exists());
        assert!(place.volume("bank", "money").is_dir() && !place.workloads("bank").exists());
        place.clear("bank", Volumes::Delete).expect("cleared");
        assert!(!place.deployment("bank").exists());
    }

    #[test]
    fn the_directory_a_process_is_started_in_is_below_its_root_with_the_files_that_are_there() {
        let (_dir, place) = place();
        for dir in ["/etc/app", "etc/app", "/srv"] {
            let file = compose::model::FileSource { content: Some("port=1".to_owned()), ..Default::default() };
            let runnable = Runnable {
                workdir: Some(dir.to_owned()),
                files: [("/etc/app/x.conf".to_owned(), file)].into(),
                ..Runnable::default()
            };
            let root = place.furnish("shop", "till", &runnable, &Secrets::new()).expect("furnished");
            assert!(below(&root, dir).is_dir() && below(&root, dir).starts_with(&root), "{dir}");
            assert!(root.join("etc/app/x.conf").is_file());
        }
    }
}
