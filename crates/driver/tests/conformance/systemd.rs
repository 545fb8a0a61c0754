//! A systemd of the tests' own, with units, a bus and a journal in a directory of the tests'. It sees nothing of this machine but
//! its programs; `systemd.sh` says how.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tempfile::TempDir;

use crate::engine::ok;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/systemd.sh");

/// systemd, and what is seen of it from outside.
pub(crate) struct Systemd {
    dir: TempDir,
    init: Child,
}

impl Systemd {
    /// The one of all tests that run at the same time.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Systemd>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let systemd = Arc::new(Self::start());
            *shared = Arc::downgrade(&systemd);
            systemd
        })
    }

    fn start() -> Self {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        let dir =
            tempfile::Builder::new().prefix("skx-systemd-").permissions(open).tempdir_in("/tmp").expect("a directory");
        for it in ["bus", "journal", "sites", "units"] {
            fs::create_dir_all(dir.path().join("shared").join(it)).expect("a directory");
        }
        let log = fs::File::create(dir.path().join("log")).expect("a file");
        let mut command = Command::new("bash");
        // It ends when this process does, or closes its end.
        command.arg(SCRIPT).arg(dir.path()).stdin(Stdio::piped());
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        let init = command.spawn().expect("bash is there");
        let mut systemd = Self { dir, init };
        for _ in 0..600 {
            let ended = systemd.init.try_wait().expect("its state").is_some();
            if !ended && systemd.busctl(&["get-property", BUS[0], BUS[1], BUS[2], "Version"]).status.success() {
                return systemd;
            }
            if ended {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(systemd.dir.path().join("log"));
        panic!("systemd is not there (scripts/setup test installs it, and dbus; root runs it): {log:?}");
    }

    fn shared_dir(&self) -> PathBuf {
        self.dir.path().join("shared")
    }

    /// Where sites have their directories.
    pub(crate) fn sites(&self) -> PathBuf {
        self.shared_dir().join("sites")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.shared_dir().join("bus/system_bus_socket")
    }

    pub(crate) fn units(&self) -> PathBuf {
        self.shared_dir().join("units")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.shared_dir().join("journal")
    }

    /// The file of the only unit that the driver in a directory made.
    pub(crate) fn unit_of(&self, site: &str) -> Option<PathBuf> {
        let mark = format!("\nSite={site}\n");
        let made = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains(&mark));
        files(&self.units()).into_iter().find(made)
    }

    /// What a unit's processes said.
    pub(crate) fn said(&self, unit: &Path) -> String {
        let unit = format!("_SYSTEMD_UNIT={}", unit.file_name().expect("a name").to_string_lossy());
        let mut command = Command::new("journalctl");
        ok(command.args(["--quiet", "--output=cat", &unit]).arg("--directory").arg(self.journal()))
    }

    /// Asks systemd for something, as somebody else would.
    pub(crate) fn ask(&self, method: &str, arguments: &[&str]) -> String {
        let words = [&["call", BUS[0], BUS[1], BUS[2], method][..], arguments].concat();
        let output = self.busctl(&words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// All that systemd shows of a unit to whoever asks.
    pub(crate) fn shown(&self, unit: &Path) -> String {
        let unit = unit.file_name().expect("a name").to_string_lossy().into_owned();
        let path = self.ask("LoadUnit", &["s", &unit]);
        let path = path.split('"').nth(1).expect("a path");
        let output = self.busctl(&["introspect", "--full", BUS[0], path]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn busctl(&self, words: &[&str]) -> std::process::Output {
        let address = format!("--address=unix:path={}", self.socket().display());
        Command::new("busctl").arg(address).args(words).stdin(Stdio::null()).output().expect("busctl is there")
    }
}

/// Where systemd answers.
const BUS: [&str; 3] = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"];

fn files(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).expect("a directory").flatten().map(|it| it.path()).filter(|it| it.is_file()).collect()
}

impl Drop for Systemd {
    fn drop(&mut self) {
        drop(self.init.stdin.take());
        // It ends everything that it began, and then itself.
        let _ = self.init.wait();
    }
}
