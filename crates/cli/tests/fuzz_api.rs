//! Every operation of the API, tried by a stranger who has read nothing but its document: schemathesis makes requests of it,
//! sound ones and others, and no answer may be a failure of the controller's, or one that the document does not have.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, anyhow, ensure};
use testkit::trials::{Trials, Went};
use tokio::process::Command;

#[expect(dead_code, reason = "the other tests of the API use all of it")]
#[path = "api/support.rs"]
mod support;

use support::Api;

/// How many requests of a kind are made of one operation.
const EXAMPLES: &str = "3";

/// What a fuzzed stream must not do is go on for ever.
const CONFIGURATION: &str = r#"
[[operations]]
include-path = "/api/v1/events"
parameters = { "query.follow" = "false" }
"#;

/// Where `scripts/setup test` has put it.
fn fuzzer() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("skx/schemathesis/bin/schemathesis")).filter(|program| program.is_file())
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut trials = Trials::from_arguments();
    trials
        .run("no_request_makes_any_operation_fail_or_answer_what_its_document_does_not_have", async || match fuzzer() {
            Some(program) => fuzz(&program).await,
            None => Err(anyhow!("schemathesis is not there: scripts/setup test installs it")),
        })
        .await;
    trials.finish()
}

async fn fuzz(program: &Path) -> Result<Went> {
    let api = Api::start().await;
    api.furnish().await;
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("openapi.json"), api::document_json())?;
    std::fs::write(dir.path().join("schemathesis.toml"), CONFIGURATION)?;
    // The same requests each time, unless others are asked for: a change is to blame for what it breaks, and for nothing else.
    let seed = env::var("SKX_FUZZ_SEED").unwrap_or_else(|_| "1".to_owned());
    println!("seed {seed}: SKX_FUZZ_SEED=N tries others");
    // The one operation after which the token is another is tried last.
    let last = "rotateFirstStartToken";
    for selection in [["--exclude-operation-id", last], ["--include-operation-id", last]] {
        let mut command = Command::new(program);
        command.current_dir(dir.path()).args(["--config-file", "schemathesis.toml", "run", "openapi.json"]);
        command.args(["--url", &api.base, "--tls-verify", api.ca().to_str().unwrap()]);
        command.args(["--header", &format!("Authorization: Bearer {}", api.token)]);
        command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", &seed]);
        // One at a time: with several workers the program now and then trips over its own caches, and requests differ by run.
        command.args(["--checks", CHECKS, "--no-shrink", "--continue-on-failure", "--workers", "1"]);
        command.args([
            "--request-timeout",
            "30",
            "--request-retries",
            "2",
            "--warnings",
            "off",
            "--suppress-health-check",
            "all",
        ]);
        command.args(selection).env("HYPOTHESIS_STORAGE_DIRECTORY", dir.path());
        let output = command.output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "seed {seed}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(Went::Well)
}

/// What is looked at in each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
