//! The program as people and pipelines use it: what it prints, where it keeps things, and how it exits.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use testkit::{installation::free_address, postgres, process::eventually};

/// `skx` with an environment of its own.
fn skx(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skx"));
    command.args(args).env_clear().env("XDG_CONFIG_HOME", home).stdin(Stdio::null());
    command
}

fn run(home: &Path, args: &[&str]) -> Output {
    skx(home, args).output().unwrap()
}

/// Runs it, expects this exit code, and returns what it printed and what it said.
#[track_caller]
fn exits(code: i32, home: &Path, args: &[&str]) -> (String, String) {
    let output = run(home, args);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "skx {args:?}\n{out}{err}");
    (out, err)
}

#[track_caller]
fn json(home: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&exits(0, home, &[args, &["-o", "json"]].concat()).0).unwrap()
}

/// A controller in a process of its own.
struct Controller {
    process: std::process::Child,
    server: String,
    dir: tempfile::TempDir,
    _database: postgres::TestDatabase,
}

impl Controller {
    async fn start() -> Self {
        let database = postgres::database().await;
        let dir = tempfile::tempdir().unwrap();
        let listen = free_address().unwrap().to_string();
        let data = dir.path().join("controller");
        let process = skx(dir.path(), &["controller", "--data-dir", data.to_str().unwrap(), "--listen", &listen])
            .env("SKX_DATABASE_URL", &database.url)
            .spawn()
            .unwrap();
        let server = format!("https://{listen}");
        let controller = Self { process, server, dir, _database: database };
        eventually("the controller answers", async || {
            run(
                controller.home(),
                &[&["whoami"], controller.flags().each_ref().map(String::as_str).as_slice()].concat(),
            )
            .status
            .success()
            .then_some(())
        })
        .await
        .unwrap();
        controller
    }

    fn home(&self) -> &Path {
        self.dir.path()
    }

    /// Makes a context for it, so that commands find it without options.
    #[track_caller]
    fn sign_in(&self) {
        let (ca, token) = (self.file("ca.crt"), self.file("admin.token"));
        exits(0, self.home(), &["login", &self.server, "--ca", &ca, "--token-file", &token]);
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join("controller").join(name).to_str().unwrap().to_owned()
    }

    /// How to reach it, as options.
    fn flags(&self) -> [String; 6] {
        let token = std::fs::read_to_string(self.file("admin.token")).unwrap_or_default();
        ["--server", &self.server, "--token", token.trim(), "--ca", &self.file("ca.crt")].map(str::to_owned)
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_login_is_kept_for_its_owner_and_used_from_then_on() {
    let controller = Controller::start().await;
    let home = controller.home();
    exits(2, home, &["backbone", "list"]);
    let (_, said) = exits(6, home, &["login", &controller.server, "--token", "x"]);
    assert!(said.contains("--ca"), "without the authority's certificate it is not believed: {said}");
    let (ca, token) = (controller.file("ca.crt"), controller.file("admin.token"));
    exits(4, home, &["login", &controller.server, "--ca", &ca, "--token", "wrong"]);
    exits(3, home, &["login", &controller.server, "--ca", "/no/such/file", "--token", "x"]);
    exits(0, home, &["login", &controller.server, "--ca", &ca, "--token-file", &token]);
    let stored = home.join("skx/config.toml");
    assert_eq!(std::fs::metadata(&stored).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(json(home, &["whoami"])["subject"], "admin");
    // The token of one controller is never sent to another.
    let (_, said) = exits(4, home, &["whoami", "--server", "https://127.0.0.1:1"]);
    assert!(said.contains("no token"), "{said}");
    // What is given comes before what is stored.
    exits(4, home, &["whoami", "--token", "wrong"]);
    std::fs::write(&stored, "surprise = 1").unwrap();
    assert!(exits(2, home, &["whoami"]).1.contains("surprise"));
}

#[tokio::test]
async fn exit_codes_tell_what_kind_of_failure_it_was() {
    let controller = Controller::start().await;
    let home = controller.home();
    controller.sign_in();
    let (_, said) = exits(5, home, &["backbone", "create", "europe"]);
    assert!(said.contains("skx ca init --development"), "{said}");
    assert!(exits(1, home, &["status"]).0.contains("no root certificate"), "unhealthy is 1");
    exits(0, home, &["ca", "init", "--development"]);
    exits(0, home, &["status"]);
    exits(0, home, &["backbone", "create", "europe"]);
    exits(5, home, &["backbone", "create", "europe"]);
    exits(3, home, &["backbone", "show", "asia"]);
    exits(2, home, &["backbone", "create", "Europe"]);
    exits(1, home, &["backbone", "status", "europe"]);
    let (_, said) = exits(1, home, &["backbone", "status", "europe", "--wait=1s"]);
    assert!(said.contains("waiting: it has no sites"), "progress is on standard error: {said}");
    let (_, said) = exits(6, home, &["status", "--server", "127.0.0.1:1", "--token", "x"]);
    assert!(said.contains("https://127.0.0.1:1"), "{said}");

    let (_, said) = exits(2, home, &["backbone", "delete", "europe"]);
    assert!(said.contains("--yes"), "without a terminal nothing is destroyed unasked: {said}");
    exits(0, home, &["backbone", "show", "europe"]);
    exits(0, home, &["backbone", "delete", "europe", "--yes"]);
    exits(3, home, &["backbone", "show", "europe"]);
}

#[tokio::test]
async fn programs_read_the_field_names_of_the_api() {
    let controller = Controller::start().await;
    let home = controller.home();
    controller.sign_in();
    exits(0, home, &["ca", "init", "--development"]);
    let made = json(home, &["backbone", "create", "europe"]);
    assert_eq!(json(home, &["backbone", "show", "europe"]), made);
    assert_eq!(json(home, &["backbone", "list"]), serde_json::json!({"items": [made]}));
    assert_eq!(json(home, &["network", "list"]), serde_json::json!({"items": []}));
    let (yaml, _) = exits(0, home, &["backbone", "list", "-o", "yaml"]);
    assert!(yaml.starts_with("items:\n") && yaml.contains("name: europe\n"), "{yaml}");
    let (table, _) = exits(0, home, &["backbone", "list"]);
    assert!(table.starts_with("NAME ") && table.lines().nth(1).unwrap().starts_with("europe "), "{table}");

    exits(0, home, &["network", "create", "exercise", "--end", "+7d", "--grace", "90s"]);
    assert_eq!(json(home, &["network", "show", "exercise"])["grace_seconds"], 90);
    for moved in [["--start", "+1h"], ["--end", "+0s"]] {
        let (_, said) = exits(2, home, &[&["network", "set", "exercise"][..], &moved].concat());
        assert!(said.contains("0 connected members") && said.contains("--yes"), "{said}");
    }
    exits(0, home, &["network", "set", "exercise", "--end", "never"]);
    assert_eq!(json(home, &["network", "show", "exercise"]).get("end"), None);
    exits(0, home, &["network", "class", "add", "exercise", "store"]);
    exits(0, home, &["network", "listener", "add", "exercise", "web", "127.0.0.1:1", "--class", "store"]);
    exits(0, home, &["network", "listener", "add", "exercise", "web", "127.0.0.1:2", "--class", "store"]);
    let (_, said) = exits(2, home, &["network", "listener", "remove", "exercise", "web", "--yes"]);
    assert!(said.contains("several"), "{said}");
    exits(0, home, &["network", "listener", "remove", "exercise", "web", "127.0.0.1:2", "--yes"]);
    exits(0, home, &["network", "listener", "remove", "exercise", "web", "--yes"]);
    exits(3, home, &["network", "listener", "remove", "exercise", "web", "--yes"]);

    exits(0, home, &["invitation", "create", "exercise/stores", "--uses", "unlimited", "--deadline", "+1d"]);
    exits(2, home, &["invitation", "create", "exercise/x", "--consent", "maybe"]);
    // Nobody could join yet: what `invite` made for it goes again.
    exits(5, home, &["invite", "exercise"]);
    assert_eq!(json(home, &["invitation", "list", "exercise"])["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_configuration_is_checked_without_starting_anything() {
    let database = postgres::database().await;
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let file = home.join("controller.toml");
    let path = file.to_str().unwrap();
    let check = ["controller", "--config", path, "--check"];
    let data = home.join("data");
    std::fs::write(&file, format!("data_dir = '{}'\ndatabase_url = '{}'\n", data.display(), database.url)).unwrap();
    let (out, _) = exits(0, home, &check);
    assert!(out.contains("sound") && !out.contains("postgres://"), "{out}");
    assert!(!data.exists(), "nothing is made");
    std::fs::write(&file, format!("data_dir = '{}'\nport = 1\n", data.display())).unwrap();
    assert!(exits(2, home, &check).1.contains("port"));
    let missing = home.join("key").to_str().unwrap().to_owned();
    std::fs::write(&file, format!("data_dir = '{}'\n", data.display())).unwrap();
    let (_, said) = exits(3, home, &[&check[..], &["--key-file", &missing]].concat());
    assert!(said.contains("there is no key file") && said.contains("--key-file"), "{said}");
    let (_, said) = exits(3, home, &["controller", "--config", path, "--key-file", &missing]);
    assert!(said.contains("there is no key file"), "{said}");
    let (_, said) = exits(6, home, &[&check[..], &["--database-url", "postgres://skx:hunter2@127.0.0.1:1/x"]].concat());
    assert!(said.contains("127.0.0.1:1") && said.contains("refused") && !said.contains("hunter2"), "{said}");
    let (_, said) = exits(2, home, &[&check[..], &["--database-url", "hunter2"]].concat());
    assert!(said.contains("postgres://") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_reader_who_has_seen_enough_ends_it_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let mut process =
        skx(dir.path(), &["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(process.stdout.take());
    let output = process.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn what_is_said_about_deployments_at_a_site_is_refused_in_words_when_it_makes_no_sense() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let dir = home.join("nowhere");
    let at = |words: &[&str]| [words, &["--data-dir", dir.to_str().unwrap()]].concat().join(" ");
    let say = |code, words: &[&str]| exits(code, home, &at(words).split(' ').collect::<Vec<_>>()).1;
    for words in [&["changes"][..], &["accept", "shop", "--yes"], &["decline", "shop"], &["logs", "shop"]] {
        let said = say(6, &[&["site"], words].concat());
        assert!(said.contains("no site runs in") && said.contains("skx site run"), "{said}");
    }
    assert!(say(3, &["site", "consent", "ask"]).contains("there is no site"));
    assert!(say(2, &["site", "consent", "sometimes"]).contains("auto, updates or ask"));
    assert!(say(2, &["site", "fill", "shop", "currency"]).contains("PART.FIELD=VALUE"));
    say(2, &["site", "accept", "shop", "--without", "a", "--with", "b"]);
    assert!(say(2, &["site", "run", "--run", "anything"]).contains("process"));
    assert!(!dir.exists(), "a mistyped directory is not made");
}

#[test]
fn input_that_is_none_is_a_mistake_of_usage() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let dir = home.join("site");
    let dir = dir.to_str().unwrap();
    for (name, content) in [("empty", &b""[..]), ("binary", &[0xff, 0xfe, 0][..]), ("text", &b"no ticket"[..])] {
        let file = home.join(name);
        std::fs::write(&file, content).unwrap();
        let file = file.to_str().unwrap();
        exits(2, home, &["join", file, "--data-dir", dir]);
        exits(2, home, &["audit", "verify", file]);
        let mut command = skx(home, &["join", "-", "--data-dir", dir]);
        command.stdin(std::fs::File::open(file).unwrap());
        assert_eq!(command.output().unwrap().status.code(), Some(2), "{name}, pasted");
    }
    assert!(!home.join("site").exists(), "nothing is made");
}
