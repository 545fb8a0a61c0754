//! Podman with everything it stores in a directory of the tests', and an image made here of programs of this machine. Its API
//! is Docker's, too: the driver for Docker is held against it.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use testkit::podman::Podman;

/// The image's name.
pub(crate) const IMAGE: &str = "localhost/tool:test";

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
    podman: Podman,
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
        let podman = Podman::new().expect("podman");
        let at = podman.dir();
        ok(Command::new("bash").args(["-c", ROOT, "bash"]).arg(at));
        ok(podman.command("podman").args(["import", "--quiet"]).arg(at.join("root.tar")).arg(IMAGE));
        let log = fs::File::create(at.join("service.log")).expect("a file");
        let url = format!("unix://{}/s", at.display());
        let mut service = podman.command("podman");
        service.args(["system", "service", "--time=0", &url]).stderr(log);
        let service = service.spawn().expect("podman runs its service");
        let engine = Self { podman, service };
        for _ in 0..600 {
            if std::os::unix::net::UnixStream::connect(engine.socket()).is_ok() {
                return engine;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("podman's service is not there: {:?}", fs::read_to_string(engine.podman.dir().join("service.log")));
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.podman.dir().join("s")
    }

    /// Runs podman, which must succeed, and gives what it says.
    pub(crate) fn podman(&self, args: &[&str]) -> String {
        ok(self.podman.command("podman").args(args))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What is left over is not worth a failure.
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// What a command says, which must succeed.
pub(crate) fn ok(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: scripts/setup test installs it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
