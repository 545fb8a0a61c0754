//! Services as whoever operates them meets them: how they wait, how they end, what they log.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use serde_json::Value;
use testkit::{
    installation::free_address,
    postgres,
    process::{Process, eventually},
};
use tokio::process::Command;

/// A controller over the database at `url`, with an environment of its own.
fn controller(dir: &Path, listen: &str, url: &str, options: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skx"));
    command.args(["controller", "--data-dir", dir.join("controller").to_str().unwrap(), "--listen", listen]);
    command.args(options).env_clear().env("SKX_DATABASE_URL", url);
    Process::spawn("controller", &mut command).unwrap()
}

async fn client(dir: &Path) -> reqwest::Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    eventually("the API's certificate is made", async || {
        let ca = std::fs::read(dir.join("controller/ca.crt")).ok()?;
        let roots = reqwest::Certificate::from_pem_bundle(&ca).ok()?;
        reqwest::Client::builder().tls_certs_only(roots).no_proxy().build().ok()
    })
    .await
    .unwrap()
}

fn token(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("controller/admin.token")).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_waits_for_its_database_and_says_where_it_is_and_what_is_wrong() {
    let mut server = postgres::server().await;
    let database = server.create_database().unwrap();
    server.kill().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let listen = free_address().unwrap().to_string();
    let url = database.url.replace("skx@", "skx:hunter2@");
    let mut process = controller(dir.path(), &listen, &url, &[]);
    let line = process.line("cannot be reached").await.unwrap();
    assert!(line.contains("database=") && line.contains("(database test_"), "{line}");
    assert!(line.contains("No such file") || line.contains("refused"), "{line}");
    server.restart().unwrap();
    process.line("serves its API").await.unwrap();
    let ready = client(dir.path()).await.get(format!("https://{listen}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    assert!(process.terminate().await.unwrap().success());
    assert!(process.lines().iter().all(|line| !line.contains("hunter2")));
}

#[tokio::test]
async fn a_controller_that_waits_for_its_database_ends_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let listen = free_address().unwrap().to_string();
    let mut process = controller(dir.path(), &listen, "postgres://skx:hunter2@127.0.0.1:1/skx", &[]);
    let line = process.line("cannot be reached").await.unwrap();
    assert!(line.contains("127.0.0.1:1") && line.contains("refused") && !line.contains("hunter2"), "{line}");
    assert!(process.terminate().await.unwrap().success());
}

#[tokio::test]
async fn a_requests_id_is_in_its_answer_in_the_event_it_caused_and_in_the_log() {
    let database = postgres::database().await;
    let dir = tempfile::tempdir().unwrap();
    let listen = free_address().unwrap().to_string();
    let mut process = controller(dir.path(), &listen, &database.url, &["--log-format", "json"]);
    process.line("serves its API").await.unwrap();
    let http = client(dir.path()).await;
    let post = |path: &str, id: &str| {
        let request = http.post(format!("https://{listen}/api/v1{path}")).bearer_auth(token(dir.path()));
        request.header("x-request-id", id).header("content-type", "application/json").body("{}")
    };
    let answer = post("/ca/development", "pipeline-7.retry_2").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["x-request-id"].as_bytes()),
        (201, &b"pipeline-7.retry_2"[..])
    );
    let events = database.sql("SELECT count(*) > 0 FROM event WHERE request_id = 'pipeline-7.retry_2'").await.unwrap();
    assert_eq!(events.trim(), "t");
    let line = process.line("pipeline-7.retry_2").await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["span"]["request_id"], &line["status"]), (&Value::from("pipeline-7.retry_2"), &Value::from(201)));
    // What is no id is not taken over, and a problem tells the one it was given instead.
    let refused = post("/ca/development", "no id").send().await.unwrap();
    let given = refused.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["request_id"], given.as_str());
    assert_ne!(given, "no id");
    for line in process.lines() {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert!(process.terminate().await.unwrap().success());
}

#[tokio::test]
async fn a_controller_goes_by_its_configuration_file_as_it_is_at_sighup_and_by_the_one_before_when_that_is_not_sound() {
    let database = postgres::database().await;
    let dir = tempfile::tempdir().unwrap();
    let listen = free_address().unwrap().to_string();
    let file = dir.path().join("controller.toml");
    std::fs::write(&file, "trust_validity = '2h'").unwrap();
    let mut process = controller(dir.path(), &listen, &database.url, &["--config", file.to_str().unwrap()]);
    process.line("serves its API").await.unwrap();
    let hang_up = |process: &Process| {
        let pid = rustix::process::Pid::from_raw(process.pid().unwrap().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    };
    std::fs::write(&file, "surprise = 1").unwrap();
    hang_up(&process);
    process.line("the one before stays").await.unwrap();
    process.line("surprise").await.unwrap();
    std::fs::write(&file, "trust_validity = '3h'\nkey_file = '/nowhere'").unwrap();
    hang_up(&process);
    let line = process.line("at the next start").await.unwrap();
    assert!(line.contains("key_file"), "{line}");
    process.line("goes by the configuration as it is now").await.unwrap();
    assert!(process.terminate().await.unwrap().success());
}

#[tokio::test]
async fn a_log_filter_that_is_none_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skx"));
    let output = command.args(["version", "--log", "a=b=c"]).env_clear().output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--log") && said.contains("a=b=c"), "{said}");
}
