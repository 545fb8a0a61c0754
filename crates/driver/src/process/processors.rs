//! How many processors a process may use: as many as it may have, rounded up. A part of one cannot be had without control groups.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Starts something that has no more processors than `milli` thousandths need. Which ones follows from its name, so that not
/// all have the same. What is started has them from its beginning, and so has all that it starts.
pub(super) fn within<T>(milli: Option<u32>, name: &str, start: impl FnOnce() -> T) -> io::Result<T> {
    let Some(milli) = milli else { return Ok(start()) };
    let all = sched_getaffinity(None)?;
    let free: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|at| all.is_set(*at)).collect();
    let mut some = CpuSet::new();
    share(&free, milli, name).into_iter().for_each(|at| some.set(at));
    // What is started takes them from the thread that starts it.
    sched_setaffinity(None, &some)?;
    let started = start();
    sched_setaffinity(None, &all)?;
    Ok(started)
}

fn share(free: &[usize], milli: u32, name: &str) -> Vec<usize> {
    let count = usize::try_from(milli.div_ceil(1000).max(1)).unwrap_or(usize::MAX).min(free.len());
    let first = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    free.iter().copied().cycle().skip(first.checked_rem(free.len()).unwrap_or(0)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::share;

    #[test]
    fn as_many_processors_are_had_as_are_needed_and_there_are() {
        let free = [1, 3, 5, 7];
        for (milli, count) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (4000, 4), (9000, 4)] {
            let had: BTreeSet<usize> = share(&free, milli, "shop/web").into_iter().collect();
            assert!(had.len() == count && had.iter().all(|at| free.contains(at)), "{milli}: {had:?}");
        }
        let firsts: BTreeSet<_> = (0..20).map(|i| share(&free, 500, &format!("shop/{i}"))).collect();
        assert!(firsts.len() > 1, "not all have the same");
    }
}
