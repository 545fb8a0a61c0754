//! What the kernel says of a process.

use anyhow::{Context, Result};

/// CPU seconds (user and system) a process has used (`proc(5)`, fields 14 and 15 of `stat`).
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command name may hold spaces: fields are counted after its closing parenthesis.
    let (_, rest) = stat.rsplit_once(')').context("stat has a command")?;
    let ticks: Vec<f64> = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    // Linux reports in 1/100 s everywhere (USER_HZ).
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// Proportional set size in MiB: shared pages counted once over all who share them.
pub(crate) fn memory_mib(pid: u32) -> Result<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).context("smaps_rollup has Pss")?;
    let kib: f64 = line.split_whitespace().nth(1).context("Pss has a number")?.parse()?;
    Ok(kib / 1024.0)
}

/// Every process below `pid`, itself included.
pub(crate) fn tree(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let below = children.split_whitespace().filter_map(|child| child.parse().ok()).flat_map(tree);
    std::iter::once(pid).chain(below).collect()
}

/// The least value that so many of a hundred do not exceed; 0 of nothing.
pub(crate) fn percentile(percent: usize, values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

/// The middle value; 0 of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
