//! Processes that are ours by a mark in their environment, whoever is their parent by now.

use std::{fs, os::fd::OwnedFd, time::Duration};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::time::{Instant, sleep};

/// How often is looked whether a process is gone.
const LOOK: Duration = Duration::from_millis(20);

/// The variable that says whose process it is.
pub(super) const OWNER: &str = "SKX_OWNER";
/// The variable that says which workload it is of.
pub(super) const WORKLOAD: &str = "SKX_WORKLOAD";

/// Ends all processes of an owner, or of one of its workloads: gently at first, and by force when the grace is over.
pub(super) async fn end(owner: &str, workload: Option<&str>, grace: Duration) {
    let until = Instant::now() + grace;
    let mut told = Vec::new();
    loop {
        let left = find(owner, workload);
        if left.is_empty() {
            return;
        }
        let forced = Instant::now() >= until;
        for (pid, process) in left {
            if forced || !told.contains(&pid) {
                let signal = if forced { Signal::KILL } else { Signal::TERM };
                // It may be gone by now.
                let _ = pidfd_send_signal(&process, signal);
                told.push(pid);
            }
        }
        sleep(LOOK).await;
    }
}

/// The processes of an owner. Each is held by a descriptor taken before its mark was read: it cannot become another one.
fn find(owner: &str, workload: Option<&str>) -> Vec<(Pid, OwnedFd)> {
    let mark = format!("{OWNER}={owner}");
    let workload = workload.map(|it| format!("{WORKLOAD}={it}"));
    let is_ours = |environ: &[u8]| {
        let has = |wanted: &str| environ.split(|byte| *byte == 0).any(|it| it == wanted.as_bytes());
        has(&mark) && workload.as_deref().is_none_or(has)
    };
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|it| it.file_name().to_str()?.parse().ok());
    let pids = numbers.filter_map(Pid::from_raw);
    pids.filter_map(|pid| {
        let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        let environ = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).ok()?;
        is_ours(&environ).then_some((pid, process))
    })
    .collect()
}
