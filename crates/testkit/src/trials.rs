//! Tests that say by name when this machine lacks what they need. The standard harness has no way to count such a test as skipped;
//! this one prints what that would.

use std::{env, process::ExitCode, time::Instant};

use anyhow::Result;

/// How a test went that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Went {
    /// What it promises is so.
    Well,
    /// It could not be tried here, for this reason.
    Skipped(String),
}

/// Tests that are run one after the other, by the arguments of the standard harness: `--list`, and a part of the names.
#[derive(Debug)]
pub struct Trials {
    list: bool,
    wanted: String,
    begun: Instant,
    passed: usize,
    failed: usize,
    skipped: usize,
    left_out: usize,
}

impl Trials {
    /// What the process was told to run.
    pub fn from_arguments() -> Self {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let list = arguments.iter().any(|it| it == "--list");
        let wanted = arguments.into_iter().find(|it| !it.starts_with('-')).unwrap_or_default();
        Self { list, wanted, begun: Instant::now(), passed: 0, failed: 0, skipped: 0, left_out: 0 }
    }

    /// Runs a test, if it is wanted.
    pub async fn run(&mut self, name: &str, test: impl AsyncFnOnce() -> Result<Went>) {
        if self.list {
            println!("{name}: test");
            return;
        }
        if !name.contains(&self.wanted) {
            self.left_out += 1;
            return;
        }
        match test().await {
            Ok(Went::Well) => {
                self.passed += 1;
                println!("test {name} ... ok");
            }
            Ok(Went::Skipped(why)) => {
                self.skipped += 1;
                println!("test {name} ... ignored, {why}");
            }
            Err(error) => {
                self.failed += 1;
                println!("test {name} ... FAILED\n{error:#}");
            }
        }
    }

    /// Counts them, as the end of the process.
    pub fn finish(self) -> ExitCode {
        let Self { list, begun, passed, failed, skipped, left_out, .. } = self;
        if list {
            return ExitCode::SUCCESS;
        }
        let (word, code) = if failed == 0 { ("ok", ExitCode::SUCCESS) } else { ("FAILED", ExitCode::from(101)) };
        let took = begun.elapsed().as_secs_f32();
        println!(
            "\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; {left_out} filtered out; finished in {took:.2}s\n"
        );
        code
    }
}
