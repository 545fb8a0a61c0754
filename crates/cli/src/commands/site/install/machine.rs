//! The machine a service is installed on, or a directory with the files of one.

use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::geteuid;
use serde::Serialize;

use super::plain;
use crate::failure::{Code, Failure};

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Change {
    Made,
    Changed,
    Kept,
    Removed,
}

impl Change {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Kept => "kept",
            Self::Removed => "removed",
        }
    }

    fn of(there: bool, same: bool) -> Self {
        match (there, same) {
            (true, true) => Self::Kept,
            (true, false) => Self::Changed,
            (false, _) => Self::Made,
        }
    }
}

/// A machine. Paths are absolute, as it sees them.
pub(super) struct Machine {
    root: Option<PathBuf>,
    dry_run: bool,
}

impl Machine {
    pub(super) fn new(root: Option<PathBuf>, dry_run: bool) -> Result<Self, Failure> {
        match &root {
            Some(root) if !root.is_dir() => {
                Err(Failure::new(Code::NotFound, format_args!("{} is no directory", root.display()))
                    .how("make it first"))
            }
            None if !dry_run && !geteuid().is_root() => {
                Err(Failure::new(Code::Denied, "only root can change the services of this machine")
                    .how("run it with sudo, or see what it would do with --dry-run"))
            }
            _ => Ok(Self { root, dry_run }),
        }
    }

    pub(super) fn dry_run(&self) -> bool {
        self.dry_run
    }

    /// Whether its services can be started now.
    pub(super) fn runs(&self) -> bool {
        self.root.is_none() && !self.dry_run && Path::new("/run/systemd/system").is_dir()
    }

    /// Where a path of the machine is for this process.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        match &self.root {
            Some(root) => root.join(path.trim_start_matches('/')),
            None => path.into(),
        }
    }

    /// The program that runs this, where packages put it on this very machine.
    pub(super) fn own_program(&self) -> Option<String> {
        let program = env::current_exe().ok().filter(|_| self.root.is_none())?;
        let program = program.to_str()?;
        let packaged = program.starts_with("/usr/") && program.chars().all(|c| c == '/' || plain(c));
        (packaged && program != super::PROGRAM).then(|| program.to_owned())
    }

    /// A text file; none if it is not there.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>, Failure> {
        let path = self.at(path);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(&path, &error)),
        }
    }

    /// Places a text file that everybody may read.
    pub(super) fn place(&self, path: &str, text: &str) -> Result<Change, Failure> {
        let there = self.read(path)?;
        let change = Change::of(there.is_some(), there.as_deref() == Some(text));
        self.write(path, change, 0o644, |file| file.write_all(text.as_bytes()))
    }

    /// Places the program that runs this.
    pub(super) fn place_program(&self, path: &str) -> Result<Change, Failure> {
        // Not by its path: there may be another program by now.
        let own = || File::open("/proc/self/exe");
        let change = match File::open(self.at(path)) {
            Ok(there) => {
                let same = own().and_then(|own| same(own, there)).map_err(|error| self.failed(path, &error))?;
                Change::of(true, same)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Change::Made,
            Err(error) => return Err(self.failed(path, &error)),
        };
        self.write(path, change, 0o755, |file| io::copy(&mut own()?, file).map(drop))
    }

    /// Makes a symbolic link to `target`.
    pub(super) fn link(&self, path: &str, target: &str) -> Result<Change, Failure> {
        let at = self.at(path);
        let there = fs::read_link(&at).ok();
        let change = Change::of(at.symlink_metadata().is_ok(), there.as_deref() == Some(Path::new(target)));
        if change != Change::Kept && !self.dry_run {
            self.make_parents(path)?;
            let _ = fs::remove_file(&at);
            symlink(target, &at).map_err(|error| self.failed(path, &error))?;
        }
        Ok(change)
    }

    /// Removes a file; says whether it was there.
    pub(super) fn remove(&self, path: &str) -> Result<bool, Failure> {
        let at = self.at(path);
        if self.dry_run {
            return Ok(at.symlink_metadata().is_ok());
        }
        match fs::remove_file(&at) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Makes the directories above a path, as everybody's to pass.
    pub(super) fn make_parents(&self, path: &str) -> Result<(), Failure> {
        let at = self.at(path);
        let missing: Vec<&Path> = at.ancestors().skip(1).take_while(|dir| !dir.exists()).collect();
        for dir in missing.into_iter().rev() {
            let made = DirBuilder::new().mode(0o755).create(dir);
            // Whatever the person's umask is.
            made.and_then(|()| fs::set_permissions(dir, Permissions::from_mode(0o755)))
                .map_err(|error| Failure::file(dir, &error))?;
        }
        Ok(())
    }

    /// Tells the machine's service manager something.
    pub(super) fn order(&self, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        let command = format!("{program} {}", arguments.join(" "));
        let output = Command::new(program).args(arguments).output();
        let output = output.map_err(|error| Failure::failed(format_args!("{command} cannot be run: {error}")))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::failed(format_args!("{command} failed: {}", said.trim()))
            .how("what was placed stays; run it again then"))
    }

    /// Replaces a file as a whole, so that a service never starts by half of it.
    fn write(
        &self,
        path: &str,
        change: Change,
        mode: u32,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Change, Failure> {
        if change == Change::Kept || self.dry_run {
            return Ok(change);
        }
        self.make_parents(path)?;
        let at = self.at(path);
        let new = at.with_extension("skx-new");
        let replace = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
            content(&mut file)?;
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()?;
            fs::rename(&new, &at)
        };
        replace().map_err(|error| {
            let _ = fs::remove_file(&new);
            self.failed(path, &error)
        })?;
        Ok(change)
    }

    fn failed(&self, path: &str, error: &io::Error) -> Failure {
        Failure::file(&self.at(path), error)
    }
}

fn same(one: File, other: File) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let n = a.len().min(b.len());
        if a[..n] != b[..n] {
            return Ok(false);
        }
        if n == 0 {
            return Ok(true);
        }
        one.consume(n);
        other.consume(n);
    }
}
