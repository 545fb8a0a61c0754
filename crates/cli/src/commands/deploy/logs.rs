//! `skx deploy logs`: what workloads said at a site whose participant lets that out.

use std::time::Duration;

use api::{DeploymentLogLine, DeploymentLogs};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use model::Name;
use tokio::time::sleep;

use super::path;
use crate::{
    client::Client,
    commands::Session,
    failure::{Code, Failure},
    output::{self, Format, Output, Show, printable, time},
    values::Scoped,
};

/// How often it is asked for more, with --follow.
const AGAIN: Duration = Duration::from_secs(2);
/// Workloads write at the same time: what comes may be this much older than what came before.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);
/// How many lines are asked for at once, with --follow.
const AT_ONCE: u16 = 1_000;

/// `skx deploy logs`.
#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    /// The deployment.
    #[arg(value_name = "NETWORK/NAME")]
    deployment: Scoped,
    /// The site.
    #[arg(long, value_name = "SITE")]
    site: Name,
    /// Only this part and what is in it.
    #[arg(long, value_name = "PART")]
    part: Option<String>,
    /// The last so many lines.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    lines: u16,
    /// Goes on with what is said from now on.
    #[arg(long)]
    follow: bool,
}

impl Show for DeploymentLogLine {
    const HEADINGS: &'static [&'static str] = &["workload", "at", "said"];

    fn row(&self) -> Vec<String> {
        vec![self.workload.clone(), time(self.at), printable(&self.text)]
    }
}

pub(super) async fn run(args: LogsArgs, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    let first = read(&args, &client, args.lines, None).await?;
    if first.left_out {
        eprintln!("older lines did not fit and were left out");
    }
    if !args.follow {
        return match session.output.format {
            Format::Table => session.output.list(&first.lines),
            _ => session.output.value(&first),
        };
    }
    let mut shown = Shown::default();
    show(&shown.fresh(first.lines), session.output)?;
    loop {
        sleep(AGAIN).await;
        match read(&args, &client, AT_ONCE, shown.since()).await {
            Ok(more) => {
                if more.left_out {
                    eprintln!("more was said than fits; some lines were left out");
                }
                show(&shown.fresh(more.lines), session.output)?;
            }
            // It is asked again; whoever waits knows why nothing comes.
            Err(failure) if failure.code() == Code::Unreachable => {
                eprintln!("{failure}");
            }
            Err(failure) => return Err(failure),
        }
    }
}

async fn read(
    args: &LogsArgs,
    client: &Client,
    lines: u16,
    since: Option<Timestamp>,
) -> Result<DeploymentLogs, Failure> {
    let path = format!("{}/logs", path(&args.deployment.parent, &args.deployment.name));
    let (lines, since) = (lines.to_string(), since.map(|since| since.to_string()));
    let mut query = vec![("site", args.site.as_str()), ("lines", &lines)];
    query.extend(args.part.iter().map(|part| ("part", part.as_str())));
    query.extend(since.iter().map(|since| ("since", since.as_str())));
    client.query(&path, &query).await
}

/// Writes lines as they come: to people a line each, to programs an object each.
fn show(lines: &[DeploymentLogLine], output: Output) -> Result<(), Failure> {
    let mut text = String::new();
    for line in lines {
        match output.format {
            Format::Table => text.push_str(&(line.row().join("  ") + "\n")),
            Format::Json => text.push_str(&format!("{}\n", serde_json::to_string(line).map_err(Failure::failed)?)),
            Format::Yaml => {
                output::text("---\n")?;
                output.value(line)?;
            }
        }
    }
    output::text(&text)
}

/// What was shown lately: it may be read once more.
#[derive(Default)]
struct Shown {
    lately: Vec<DeploymentLogLine>,
}

impl Shown {
    /// From when on it is to be read again.
    fn since(&self) -> Option<Timestamp> {
        self.lately.iter().filter_map(|line| line.at).max().map(|newest| newest - OVERLAP)
    }

    /// Those of the lines that were not shown yet. The same words at the same time may have been said more than once.
    fn fresh(&mut self, lines: Vec<DeploymentLogLine>) -> Vec<DeploymentLogLine> {
        let mut known = self.lately.clone();
        let mut fresh = vec![];
        for line in &lines {
            match known.iter().position(|it| it == line) {
                Some(place) => drop(known.swap_remove(place)),
                None => fresh.push(line.clone()),
            }
        }
        self.lately.extend(fresh.iter().cloned());
        let since = self.since();
        self.lately.retain(|line| line.at >= since);
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seconds: i64, text: &str) -> DeploymentLogLine {
        DeploymentLogLine {
            workload: "till".to_owned(),
            part: "shop/till".to_owned(),
            at: Timestamp::from_second(seconds).ok(),
            error: false,
            text: text.to_owned(),
        }
    }

    #[test]
    fn who_follows_is_shown_every_line_once_also_those_that_come_late_and_those_that_are_alike() {
        let mut shown = Shown::default();
        let mut texts = |lines: &[(i64, &str)]| -> Vec<String> {
            let lines = lines.iter().map(|(at, text)| line(*at, text)).collect();
            shown.fresh(lines).into_iter().map(|line| line.text).collect()
        };
        assert_eq!(texts(&[(1, "a"), (100, "b"), (100, "b")]), ["a", "b", "b"]);
        assert_eq!(texts(&[(100, "b"), (100, "b"), (100, "b"), (101, "c")]), ["b", "c"], "a third one like them");
        assert_eq!(texts(&[(99, "late"), (100, "b"), (100, "b"), (100, "b"), (101, "c")]), ["late"]);
        assert!(texts(&[]).is_empty());
        assert!(texts(&[(99, "late"), (101, "c")]).is_empty(), "what is read once more was shown");
        assert_eq!(shown.since(), Timestamp::from_second(96).ok());
        assert!(shown.lately.iter().all(|line| line.at >= Timestamp::from_second(96).ok()), "nothing older is kept");
    }
}
