//! The tables of `docs/benchmarks.md`.

use std::fmt;

use crate::measure::median;

/// What was measured of one chain in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) gbit_1: f64,
    pub(crate) gbit_8: f64,
    pub(crate) cpu_1: f64,
    pub(crate) cpu_8: f64,
    pub(crate) requests: f64,
    pub(crate) p50_ms: f64,
    pub(crate) connections: f64,
}

impl Figures {
    pub(crate) fn medians(rounds: &[Self]) -> Self {
        let of = |field: fn(&Self) -> f64| median(rounds.iter().map(field));
        Self {
            gbit_1: of(|f| f.gbit_1),
            gbit_8: of(|f| f.gbit_8),
            cpu_1: of(|f| f.cpu_1),
            cpu_8: of(|f| f.cpu_8),
            requests: of(|f| f.requests),
            p50_ms: of(|f| f.p50_ms),
            connections: of(|f| f.connections),
        }
    }
}

/// Markdown, ready to be pasted.
#[derive(Debug)]
pub(crate) struct Report {
    text: String,
    memory: String,
    joins: String,
}

impl Report {
    pub(crate) fn new(rounds: usize, seconds: u64) -> Self {
        let text = format!(
            "Medians of {rounds} interleaved rounds of {seconds} s each.\n\n\
             | path | Gbit/s, 1 / 8 streams | CPU-s per GB, 1 / 8 | req/s, 16 keep-alive | c=1 p50 ms | new connections/s |\n\
             |---|---|---|---|---|---|\n"
        );
        let memory = "\n| process | idle memory (PSS), MiB |\n|---|---|\n".to_owned();
        Self { text, memory, joins: String::new() }
    }

    pub(crate) fn row(&mut self, name: &str, f: &Figures) {
        self.text.push_str(&format!(
            "| {name} | {:.1} / {:.1} | {:.1} / {:.1} | {:.0} | {:.2} | {:.0} |\n",
            f.gbit_1, f.gbit_8, f.cpu_1, f.cpu_8, f.requests, f.p50_ms, f.connections
        ));
    }

    pub(crate) fn memory(&mut self, chain: &str, processes: &[(String, f64)]) {
        for (name, mib) in processes {
            self.memory.push_str(&format!("| {chain}: {name} | {mib:.1} |\n"));
        }
    }

    pub(crate) fn join(&mut self, latencies_ms: &[f64]) {
        let (least, most) = latencies_ms.iter().fold((f64::MAX, 0.0_f64), |(a, b), ms| (a.min(*ms), b.max(*ms)));
        self.joins = format!(
            "\nJoin, from starting `skx join` to a member with a working session, {} in a row: \
             p50 {:.0} ms, least {least:.0} ms, most {most:.0} ms.\n",
            latencies_ms.len(),
            median(latencies_ms.iter().copied())
        );
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.text, self.memory, self.joins)
    }
}
