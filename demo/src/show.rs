//! What the person at the terminal sees.

use std::{
    io::IsTerminal,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Prints the demo's progress with timings; in colour on a terminal only.
pub(crate) struct Show {
    colour: bool,
    started: Instant,
    /// How long `make demo` had run before this process began: set-up and build.
    before: Duration,
}

impl Show {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let before = std::env::var("SKX_DEMO_STARTED")
            .ok()
            .and_then(|text| text.parse().ok())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map_or(Duration::ZERO, |started| now.saturating_sub(started));
        Self { colour: std::io::stdout().is_terminal(), started: Instant::now(), before }
    }

    pub(crate) fn heading(&self, text: &str) {
        println!("\n{}", self.paint("1", text));
    }

    /// A command that ran, and how long it took.
    pub(crate) fn command(&self, line: &str, took: Duration) {
        println!("  {} {line}  {}", self.paint("36", "$"), self.paint("2", &format!("{} ms", took.as_millis())));
    }

    pub(crate) fn note(&self, text: &str) {
        for line in text.lines() {
            println!("    {line}");
        }
    }

    /// Lines that are drawn over and over at the same place of a terminal; elsewhere nothing is shown.
    pub(crate) fn redraw(&self, lines: &[String], drawn_before: usize) -> usize {
        if !self.colour {
            return 0;
        }
        if drawn_before > 0 {
            print!("\x1b[{drawn_before}A\x1b[J");
        }
        for line in lines {
            println!("    {line}");
        }
        lines.len()
    }

    pub(crate) fn good(&self, text: &str) {
        println!("  {} {text}", self.paint("32", "✓"));
    }

    pub(crate) fn failed(&self, text: &str) {
        eprintln!("\n{} {text}", self.paint("31", "✗"));
    }

    pub(crate) fn highlight(&self, text: &str) {
        println!("\n      {}\n", self.paint("1;33", text));
    }

    /// Time since `make demo` was typed.
    pub(crate) fn since_make(&self) -> Duration {
        self.before + self.started.elapsed()
    }

    /// Time since this process began: what the product itself took.
    pub(crate) fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
