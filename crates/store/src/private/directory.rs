//! The directory of a private PostgreSQL: who may use it, where its parts are, whom they belong to.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    },
    path::{Path, PathBuf},
    process::Stdio,
};

use rustix::fs::{FlockOperation, flock};
use tokio::process::Command;
use uuid::Uuid;

use super::{PrivateError, binaries::Binaries};

/// The port in the socket's name; no TCP port is ever opened.
const PORT: u16 = 5432;

/// The longest path of a Unix socket on Linux, without the closing zero.
const SOCKET_PATH_MAX: usize = 107;

/// A log that has grown beyond this is put aside at the next start.
const LOG_MAX: u64 = 10 << 20;

/// The right to use a directory, for one controller at a time. It ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    pub(super) fn take(dir: &Path) -> Result<Self, PrivateError> {
        let mode = if is_root() { 0o711 } else { 0o700 };
        DirBuilder::new().recursive(true).mode(mode).create(dir).map_err(PrivateError::io("creating", dir))?;
        let path = dir.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(PrivateError::io("opening", &path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                // It only helps the reader of the message.
                let _ = file.read_to_string(&mut holder);
                return Err(PrivateError::InUse { directory: dir.to_owned(), process: holder.trim().parse().ok() });
            }
            Err(error) => return Err(PrivateError::io("locking", &path)(error.into())),
        }
        let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(PrivateError::io("writing", &path))?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    /// Closing alone would not do: a program that is just being started holds a copy of all that is open here until it runs.
    fn drop(&mut self) {
        // Where this fails, closing does it a moment later.
        let _ = self.file.unlock();
    }
}

/// Where the parts of a private PostgreSQL are.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// Holds lock, log and notes. Never writable by the server's user.
    home: PathBuf,
    /// Holds the cluster, and the socket unless that needs a shorter path.
    base: PathBuf,
    /// Holds the socket.
    socket: PathBuf,
    /// Whom the server runs as, when that is not us: user and group.
    user: Option<(u32, u32)>,
}

impl Directory {
    /// Finds out, and makes, where everything belongs.
    pub(super) fn prepare(dir: &Path, found: &[Binaries]) -> Result<Self, PrivateError> {
        let home = fs::canonicalize(dir).map_err(PrivateError::io("opening", dir))?;
        let base = match read_note(&home.join("location"))? {
            Some(base) => {
                let base = PathBuf::from(base);
                if !base.join("data").is_dir() {
                    return Err(PrivateError::Gone { cluster: base, location: home.join("location") });
                }
                base
            }
            None => home.clone(),
        };
        let owner = match fs::metadata(base.join("data")) {
            Ok(data) => Some((data.uid(), data.gid())),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(PrivateError::io("opening", base.join("data"))(error)),
        };
        let user = if is_root() {
            // A cluster keeps its user; a new one gets one that is there for it, if possible.
            Some(owner.filter(|(uid, _)| *uid != 0).map_or_else(unprivileged_user, Ok)?)
        } else {
            let me = rustix::process::geteuid().as_raw();
            if let Some((owner, _)) = owner.filter(|(uid, _)| *uid != me) {
                return Err(PrivateError::Owner { directory: base.join("data"), owner });
            }
            None
        };
        let mut directory = Self { socket: base.join("socket"), home, base, user };
        if directory.user.is_some() {
            // Where an earlier version of the directory was closed to others.
            let open = fs::Permissions::from_mode(0o711);
            fs::set_permissions(&directory.home, open)
                .map_err(PrivateError::io("opening to the server", &directory.home))?;
            if !directory.is_reachable(found)? {
                if owner.is_some() {
                    return Err(PrivateError::Unreachable(directory.data()));
                }
                directory.move_out()?;
            }
        }
        directory.prepare_socket()?;
        Ok(directory)
    }

    /// Where everything is that another process has prepared and uses.
    pub(super) fn of_running(dir: &Path) -> Result<Self, PrivateError> {
        let home = fs::canonicalize(dir).map_err(PrivateError::io("opening", dir))?;
        let base = read_note(&home.join("location"))?.map_or_else(|| home.clone(), PathBuf::from);
        let elsewhere = read_note(&home.join("socket-directory"))?.map(PathBuf::from);
        let within = base.join("socket");
        let socket = if within.is_dir() { within } else { elsewhere.unwrap_or(within) };
        Ok(Self { home, base, socket, user: None })
    }

    /// The cluster.
    pub(super) fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    /// The socket's directory.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The URL of a database of this server.
    pub(super) fn url(&self, database: &str) -> String {
        let mut host = String::new();
        for byte in self.socket.as_os_str().as_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => host.push(char::from(*byte)),
                _ => host.push_str(&format!("%{byte:02X}")),
            }
        }
        format!("postgres://skx@localhost:{PORT}/{database}?host={host}&sslmode=disable")
    }

    /// The cluster's major version; `None` when there is no cluster yet.
    pub(super) fn version(&self) -> Result<Option<String>, PrivateError> {
        let data = self.data();
        if !data.exists() {
            return Ok(None);
        }
        let path = data.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(version) => Ok(Some(version.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(PrivateError::NotACluster(data)),
            Err(error) => Err(PrivateError::io("reading", path)(error)),
        }
    }

    /// Makes the cluster. A crash in the middle leaves nothing that would be taken for one.
    pub(super) async fn initialise(&self, binaries: &Binaries) -> Result<(), PrivateError> {
        let new = self.base.join("data.new");
        tracing::info!(directory = %self.data().display(), version = binaries.version, "initialising a private PostgreSQL");
        match fs::remove_dir_all(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(PrivateError::io("removing the remains of", new)(error));
            }
            _ => self.make_directory(&new)?,
        }
        let program = binaries.initdb();
        let output = self
            .command(&program)
            .arg("-D")
            .arg(&new)
            .args(["-U", "skx", "--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"])
            .stdin(Stdio::null())
            // A start that is given up leaves nothing running; what there is already, the next start removes.
            .kill_on_drop(true)
            .output()
            .await
            .map_err(PrivateError::io("running", program))?;
        if !output.status.success() {
            let output_end = end(&[output.stdout, output.stderr].concat());
            return Err(PrivateError::Program { program: "initdb", status: output.status, output: output_end });
        }
        fs::rename(&new, self.data()).map_err(PrivateError::io("renaming", new))?;
        let base = File::open(&self.base).and_then(|base| base.sync_all());
        base.map_err(PrivateError::io("writing", &self.base))?;
        if self.base != self.home {
            // Now there is something to find.
            write_note(&self.home.join("location"), &self.base)?;
        }
        Ok(())
    }

    /// A program that is to run as the server's user, in the cluster's surroundings, with no other environment.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.base).env_clear().env("LC_ALL", "C");
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// What tells the server where its socket belongs.
    pub(super) fn socket_arguments(&self) -> [std::ffi::OsString; 4] {
        // The setting is a list: quoted, a path may have commas and quotes in it.
        let mut quoted = b"\"".to_vec();
        for byte in self.socket().as_os_str().as_bytes() {
            quoted.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
        }
        quoted.push(b'"');
        ["-p".into(), PORT.to_string().into(), "-k".into(), std::ffi::OsStr::from_bytes(&quoted).to_owned()]
    }

    /// The server's log, opened to be written to.
    pub(super) fn log(&self) -> Result<File, PrivateError> {
        let path = self.home.join("server.log");
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_MAX) {
            fs::rename(&path, self.home.join("server.log.1")).map_err(PrivateError::io("renaming", &path))?;
        }
        let log = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        log.map_err(PrivateError::io("opening", path))
    }

    /// The end of the server's log, for messages.
    pub(super) fn log_end(&self) -> String {
        let read = || {
            let mut log = File::open(self.home.join("server.log"))?;
            let length = log.metadata()?.len();
            log.seek(SeekFrom::Start(length.saturating_sub(2_000)))?;
            let mut text = Vec::new();
            log.read_to_end(&mut text)?;
            std::io::Result::Ok(end(&text))
        };
        read().unwrap_or_else(|error| format!("(its log cannot be read: {error})"))
    }

    /// Removes a socket directory that was made elsewhere.
    pub(super) fn remove_socket_directory(&self) {
        if self.socket.parent() != Some(&*self.base) && fs::remove_dir(&self.socket).is_ok() {
            // What stays is a note of a directory that is gone, which the next start makes anew.
            let _ = fs::remove_file(self.home.join("socket-directory"));
        }
    }

    /// Makes the socket's directory: within the base, or where its path is short enough for a socket.
    fn prepare_socket(&mut self) -> Result<(), PrivateError> {
        let name_len = format!("/.s.PGSQL.{PORT}").len();
        if self.socket.as_os_str().len() + name_len <= SOCKET_PATH_MAX {
            return if self.socket.is_dir() { Ok(()) } else { self.make_directory(&self.socket) };
        }
        let note = self.home.join("socket-directory");
        let owner = self.user.map_or_else(|| rustix::process::geteuid().as_raw(), |(user, _)| user);
        if let Some(recorded) = read_note(&note)?.map(PathBuf::from) {
            // A directory of somebody else's in a public place is not ours, whatever its name.
            let ours = fs::symlink_metadata(&recorded)
                .is_ok_and(|dir| dir.is_dir() && dir.uid() == owner && dir.mode() & 0o077 == 0);
            if ours {
                self.socket = recorded;
                return Ok(());
            }
        }
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|_| self.user.is_none());
        let parents = [runtime, Some("/run".into()), Some("/tmp".into())];
        let mut last = None;
        for parent in parents.into_iter().flatten().filter(|parent| parent.is_dir()) {
            let short = parent.join(format!("skx-pg-{}", &Uuid::new_v4().simple().to_string()[..12]));
            match self.make_directory(&short) {
                Ok(()) => {
                    write_note(&note, &short)?;
                    self.socket = short;
                    return Ok(());
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("/tmp is there"))
    }

    /// Makes a directory that only the server's user may enter.
    fn make_directory(&self, path: &Path) -> Result<(), PrivateError> {
        DirBuilder::new().mode(0o700).create(path).map_err(PrivateError::io("creating", path))?;
        if let Some((user, group)) = self.user {
            chown(path, Some(user), Some(group)).map_err(PrivateError::io("giving to the server's user", path))?;
        }
        Ok(())
    }

    /// Whether the server's user can come as far as here. The kernel knows: it lets the user's process in, or not.
    fn is_reachable(&self, found: &[Binaries]) -> Result<bool, PrivateError> {
        let program = super::binaries::newest(found).postgres();
        let mut command = self.command(&program);
        let status = command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).as_std_mut().status();
        match status {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(PrivateError::io("running", program)(error)),
        }
    }

    /// Lets cluster and socket live where the server's user can come, and notes it.
    fn move_out(&mut self) -> Result<(), PrivateError> {
        let elsewhere = Path::new("/var/lib/skx").join(format!("postgres-{}", Uuid::new_v4().simple()));
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(&elsewhere)
            .map_err(PrivateError::io("creating", &elsewhere))?;
        tracing::warn!(
            directory = %self.home.display(),
            location = %elsewhere.display(),
            "the unprivileged user of the private PostgreSQL cannot enter the directory; the database is kept elsewhere"
        );
        self.socket = elsewhere.join("socket");
        self.base = elsewhere;
        Ok(())
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A path that was noted in a file.
fn read_note(file: &Path) -> Result<Option<String>, PrivateError> {
    match fs::read_to_string(file) {
        Ok(path) => Ok(Some(path.trim_end_matches('\n').to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PrivateError::io("reading", file)(error)),
    }
}

fn write_note(file: &Path, path: &Path) -> Result<(), PrivateError> {
    let text = [path.as_os_str().as_bytes(), b"\n"].concat();
    let written = File::create(file).and_then(|mut note| note.write_all(&text).and_then(|()| note.sync_all()));
    written.map_err(PrivateError::io("writing", file))
}

/// An unprivileged user of this machine, with its group.
fn unprivileged_user() -> Result<(u32, u32), PrivateError> {
    let passwd = fs::read_to_string("/etc/passwd").map_err(PrivateError::io("reading", "/etc/passwd"))?;
    let find = |name: &str| {
        let fields =
            passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f.first() == Some(&name))?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)).filter(|(uid, _)| *uid != 0)
    };
    ["skx", "postgres", "nobody"].into_iter().find_map(find).ok_or(PrivateError::NoUser)
}

/// The last lines of what a program wrote.
fn end(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].join("; ")
}
