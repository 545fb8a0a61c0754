//! What ran to its end: it is not run again, also not by the next process of the site.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What ran to its end.
#[derive(Debug)]
pub(crate) struct Once {
    dir: PathBuf,
}

/// Where it is noted that a workload ran to its end.
#[derive(Debug)]
pub(crate) struct Mark {
    file: PathBuf,
    digest: String,
}

impl Once {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.join("done") }
    }

    /// Whether it ran to its end, being what it is now.
    pub(crate) fn is_done(&self, deployment: &str, name: &str, digest: &str) -> bool {
        fs::read_to_string(self.dir.join(deployment).join(name)).is_ok_and(|noted| noted == digest)
    }

    pub(crate) fn mark(&self, deployment: &str, name: &str, digest: &str) -> Mark {
        Mark { file: self.dir.join(deployment).join(name), digest: digest.to_owned() }
    }

    pub(crate) fn forget(&self, deployment: &str) {
        // What is not noted need not be forgotten; what cannot be forgotten is at most not run again.
        let _ = fs::remove_dir_all(self.dir.join(deployment));
    }
}

impl Mark {
    /// Notes that it ran to its end.
    pub(crate) fn note(&self) {
        let noted =
            self.file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&self.file, &self.digest));
        if let Err(error) = noted {
            tracing::warn!(file = %self.file.display(), %error, "that it ran to its end cannot be noted: it may run again");
        }
    }
}
