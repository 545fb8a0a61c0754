//! Podman with everything it stores in a directory of the tests', and an image made here of programs of this machine. Its API
//! is Docker's, too: the driver for Docker is held against it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tempfile::TempDir;

/// The image's name.
pub(crate) const IMAGE: &str = "localhost/tool:test";

/// Neither systemd nor any limit to be raised is needed.
const CONTAINERS: &str = "\
[containers]
default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]
log_driver = \"k8s-file\"
[engine]
cgroup_manager = \"cgroupfs\"
events_logger = \"file\"
";

/// Makes of some programs and what they are linked with the file `$1/root.tar`.
const ROOT: &str = r#"
set -e
mkdir -p "$1/root/bin" "$1/root/tmp" "$1/root/etc"
for program in bash sleep cat id perl; do
  found=$(readlink -f "$(command -v $program)")
  cp "$found" "$1/root/bin/$program"
  ldd "$found" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$1/root$(dirname "$library")"
    cp --dereference "$library" "$1/root$library"
  done
done
ln -s bash "$1/root/bin/sh"
base=$(perl -e 'print((grep { -e "$_/Socket.pm" } @INC)[0])')
mkdir -p "$(dirname "$1/root$base")"
cp -r "$base" "$1/root$base"
tar --create --file "$1/root.tar" --directory "$1/root" .
"#;

/// Podman and its service.
pub(crate) struct Engine {
    dir: TempDir,
    service: Child,
}

impl Engine {
    /// The one of all tests that run at the same time.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Engine>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let engine = Arc::new(Self::start());
            *shared = Arc::downgrade(&engine);
            engine
        })
    }

    fn start() -> Self {
        // Podman accepts only short paths.
        let dir = tempfile::Builder::new().prefix("skx-").tempdir_in("/tmp").expect("a directory");
        let at = dir.path();
        // The other one takes control groups of one version alone.
        let has_runc = ["/usr/bin/runc", "/usr/sbin/runc"].iter().any(|it| Path::new(it).exists());
        let runtime = if has_runc { "runc" } else { "crun" };
        let (shown, network) = (at.display(), at.join("net"));
        let more = format!("runtime = \"{runtime}\"\ntmp_dir = \"{shown}/tmp\"\n");
        let net = format!("[network]\nnetwork_config_dir = \"{}\"\n", network.display());
        fs::write(at.join("containers.conf"), format!("{CONTAINERS}{more}{net}")).expect("a file");
        let storage =
            format!("[storage]\ndriver = \"overlay\"\ngraphroot = \"{shown}/storage\"\nrunroot = \"{shown}/run\"\n");
        fs::write(at.join("storage.conf"), storage).expect("a file");
        for it in ["home", "net"] {
            fs::create_dir(at.join(it)).expect("a directory");
        }
        ok(Command::new("bash").args(["-c", ROOT, "bash"]).arg(at));
        ok(podman(at).args(["import", "--quiet"]).arg(at.join("root.tar")).arg(IMAGE));
        let url = format!("unix://{shown}/s");
        let log = fs::File::create(at.join("service.log")).expect("a file");
        let mut service = podman(at);
        service.args(["system", "service", "--time=0", &url]).stderr(log);
        let service = service.spawn().expect("podman runs its service: scripts/setup test installs it");
        let engine = Self { dir, service };
        for _ in 0..600 {
            if std::os::unix::net::UnixStream::connect(engine.socket()).is_ok() {
                return engine;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("podman's service is not there: {:?}", fs::read_to_string(engine.dir.path().join("service.log")));
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    /// Runs podman, which must succeed, and gives what it says.
    pub(crate) fn podman(&self, args: &[&str]) -> String {
        ok(podman(self.dir.path()).args(args))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let at = self.dir.path();
        // What is left over is not worth a failure.
        let _ = podman(at).args(["rm", "--all", "--force", "--volumes", "--time", "0"]).output();
        let _ = podman(at).args(["network", "prune", "--force"]).output();
        let _ = self.service.kill();
        let _ = self.service.wait();
        // Its mounts would keep its directory.
        let _ = Command::new("umount").arg("--lazy").arg(at.join("storage/overlay")).output();
    }
}

/// A command that finds this Podman.
fn podman(at: &Path) -> Command {
    let mut command = Command::new("podman");
    command
        .env("CONTAINERS_CONF", at.join("containers.conf"))
        .env("CONTAINERS_STORAGE_CONF", at.join("storage.conf"))
        .env("HOME", at.join("home"))
        // There is no systemd to keep time.
        .env("DISABLE_HC_SYSTEMD", "true")
        .current_dir(at)
        .stdin(Stdio::null());
    command
}

/// What a command says, which must succeed.
pub(crate) fn ok(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: scripts/setup test installs it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
