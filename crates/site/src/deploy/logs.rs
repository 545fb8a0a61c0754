//! What workloads said, for who works with the deployments of the network: as far as the participant lets it out.

use std::{sync::Arc, time::Duration};

use api::local::LogReaders;
use driver::Driver;
use jiff::Timestamp;
use site_proto::{LogLine, Logs, ReadLogs};
use tokio::{sync::watch, time::timeout};

use super::{settle::Standing, worker::Opened};
use crate::{channel::words, live::Live};

/// The most lines of one answer.
const MOST_LINES: usize = 1_000;
/// The most bytes of one answer: with what is said beside the lines, it has to fit into a message to a controller.
const MOST_BYTES: usize = 128 * 1024;
/// What is counted for a line beside its texts.
const BESIDE: usize = 32;
/// How long a reading may take.
const LONGEST: Duration = Duration::from_secs(10);

/// Why nothing is read: a stable word, and the same for people.
struct Refused(&'static str, String);

/// Reads what is asked for. Whether the participant allows it is looked at before anything is read, and again before anything is
/// told.
pub(crate) async fn answer(live: &watch::Receiver<Live>, opened: Option<Opened>, wanted: ReadLogs) -> Logs {
    let read = timeout(LONGEST, read(live, opened, &wanted)).await;
    let slow = || Err(Refused("failed", format!("reading took longer than {} seconds", LONGEST.as_secs())));
    let read = read.unwrap_or_else(|_| slow()).and_then(|found| allowed(live).map(|()| found));
    let id = wanted.id;
    match read {
        Ok((lines, left_out)) => Logs { id, lines, left_out, ..Logs::default() },
        Err(Refused(code, message)) => Logs { id, code: code.to_owned(), message, ..Logs::default() },
    }
}

/// What is answered when there are too many readings.
pub(crate) fn busy(wanted: &ReadLogs) -> Logs {
    let message = "as many read logs there as may at once; try again".to_owned();
    Logs { id: wanted.id, code: "busy".to_owned(), message, ..Logs::default() }
}

fn allowed(live: &watch::Receiver<Live>) -> Result<(), Refused> {
    match live.borrow().local.logs.unwrap_or_default() {
        LogReaders::Owner => Ok(()),
        LogReaders::Participant => Err(Refused("not-allowed", "the participant lets no logs out".to_owned())),
    }
}

async fn read(
    live: &watch::Receiver<Live>,
    opened: Option<Opened>,
    wanted: &ReadLogs,
) -> Result<(Vec<LogLine>, bool), Refused> {
    allowed(live)?;
    let deployed = Arc::clone(&live.borrow().deployed);
    let standing = deployed.standings.iter().find(|(name, _)| name.as_str() == wanted.deployment);
    let (name, standing) =
        standing.ok_or_else(|| Refused("no-deployment", format!("nothing of {} is there", wanted.deployment)))?;
    let workloads = of_part(standing, &wanted.part);
    if workloads.is_empty() && !wanted.part.is_empty() {
        return Err(Refused("no-part", format!("nothing of the part {} runs there", wanted.part)));
    }
    let driver = opened.and_then(|opened| opened.borrow().clone());
    let Some(driver) = driver else { return Ok((vec![], false)) };
    let most = usize::try_from(wanted.lines).unwrap_or(MOST_LINES).clamp(1, MOST_LINES);
    let since = wanted.since.parse().ok();
    let mut lines = said(&*driver, name.as_str(), workloads, most, since).await?;
    let of_all = lines.len();
    lines = newest(lines, most);
    // Who asks for no time asks for so many lines, and nothing is missing of them.
    let asked = if since.is_some() { of_all } else { of_all.min(most) };
    let left_out = lines.len() < asked;
    Ok((lines, left_out))
}

/// The workloads of an instance and of what is in it, or all.
fn of_part<'a>(standing: &'a Standing, part: &str) -> Vec<&'a driver::WorkloadStatus> {
    let within = |path: &str| path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    standing.workloads.iter().filter(|it| part.is_empty() || within(&it.instance)).collect()
}

/// The last lines of some workloads, in the order of time. Of each there is one more than wanted, if there is.
async fn said(
    driver: &dyn Driver,
    deployment: &str,
    workloads: Vec<&driver::WorkloadStatus>,
    most: usize,
    since: Option<Timestamp>,
) -> Result<Vec<LogLine>, Refused> {
    let mut lines = vec![];
    for workload in workloads {
        let said = driver.logs(deployment, &workload.name, most + 1).await;
        let said = said.map_err(|error| Refused("failed", words(&error)))?;
        let said = said.into_iter().filter(|line| since.is_none_or(|since| line.at.is_some_and(|at| at >= since)));
        lines.extend(said.map(|line| (line.at, workload, line)));
    }
    lines.sort_by_key(|(at, ..)| *at);
    let line = |(at, workload, line): (Option<Timestamp>, &driver::WorkloadStatus, driver::LogLine)| LogLine {
        workload: workload.name.clone(),
        part: workload.instance.clone(),
        at: at.map(|at| at.to_string()).unwrap_or_default(),
        error: line.error,
        text: line.text,
    };
    Ok(lines.into_iter().map(line).collect())
}

/// The last lines, as many as are wanted and fit.
fn newest(mut lines: Vec<LogLine>, most: usize) -> Vec<LogLine> {
    let size = |line: &LogLine| BESIDE + line.workload.len() + line.part.len() + line.at.len() + line.text.len();
    let mut bytes = 0;
    let fit = lines.iter().rev().take(most).take_while(|line| {
        bytes += size(line);
        bytes <= MOST_BYTES
    });
    let kept = fit.count();
    lines.split_off(lines.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize, length: usize) -> Vec<LogLine> {
        (0..count).map(|n| LogLine { text: format!("{n:0length$}"), ..LogLine::default() }).collect()
    }

    #[test]
    fn the_newest_lines_are_given_as_many_as_are_wanted_and_fit() {
        let last = |count: usize, length, most| {
            let kept = newest(lines(count, length), most);
            assert_eq!(kept.last(), lines(count, length).last(), "the newest are kept");
            kept.len()
        };
        assert_eq!(last(10, 4, 3), 3);
        assert_eq!(last(3, 4, 10), 3);
        assert_eq!(last(100, 16 * 1024, 100), 7, "of the longest lines there are");
        assert!(last(5_000, 4, MOST_LINES) == MOST_LINES);
    }
}
