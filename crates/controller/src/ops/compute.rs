//! Heavy, pure work, done beside the threads that serve requests.
//!
//! Documents come from anywhere. How large they may be and how far an expression may run is limited elsewhere; here it is
//! how much of the machine they get, and that nobody waits for them for ever. Work for which nobody waits any more is told to
//! stop; a shutdown does not wait for it either.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, LazyLock},
    thread,
    time::Duration,
};

use compose::Stop;
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use super::OpError;

/// How long work waits for its turn.
const TURN: Duration = Duration::from_secs(20);
/// How long work may take.
const WORK: Duration = Duration::from_secs(20);
/// What nesting in a document may need; documents are read recursively, to a depth that is limited.
const STACK: usize = 64 * 1024 * 1024;

/// As many at once as there are processors, and always one for others than whoever sends what takes long.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(processors.clamp(2, 8)))
});

/// Says to stop as soon as nobody waits any more: the time is over, or who asked has gone.
struct Waiting(Stop);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.now();
    }
}

/// Does `work` on a thread of its own, when it is its turn. It has to look whether it is to stop.
///
/// # Errors
///
/// [`OpError::Busy`] when its turn does not come, [`OpError::Invalid`] when it takes too long: its turn is given back when it
/// has stopped. What panics is [`OpError::Internal`].
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce(&Stop) -> T + Send + 'static) -> Result<T, OpError> {
    within(Arc::clone(&TURNS), TURN, WORK, work).await
}

async fn within<T: Send + 'static>(
    turns: Arc<Semaphore>,
    turn: Duration,
    limit: Duration,
    work: impl FnOnce(&Stop) -> T + Send + 'static,
) -> Result<T, OpError> {
    let Ok(permit) = timeout(turn, turns.acquire_owned()).await else {
        return Err(OpError::Busy("other documents are being worked on"));
    };
    let permit = permit.map_err(OpError::internal("waiting for a turn"))?;
    let (done, result) = oneshot::channel();
    let stop = Stop::default();
    let _waiting = Waiting(stop.clone());
    thread::Builder::new()
        .name("compose".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            let worked = panic::catch_unwind(AssertUnwindSafe(|| work(&stop)));
            // Whoever hears of the end finds the turn given back.
            drop(permit);
            // Nobody may be waiting any more.
            let _ = done.send(worked);
        })
        .map_err(OpError::internal("starting a thread"))?;
    match timeout(limit, result).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(_)) | Err(_)) => {
            Err(OpError::Internal { context: "working on documents", source: "the work panicked".into() })
        }
        Err(_) => Err(OpError::Invalid {
            field: "documents",
            message: format!("they took longer than {} seconds to work out; make them smaller", limit.as_secs()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_or_never_ends_costs_itself_only() {
        let turns = Arc::new(Semaphore::new(2));
        let quick = Duration::from_millis(1);
        let run = |limit, work: Box<dyn FnOnce(&Stop) -> u8 + Send>| within(Arc::clone(&turns), WORK, limit, work);
        assert!(matches!(run(WORK, Box::new(|_| panic!("a hostile document"))).await, Err(OpError::Internal { .. })));
        let (end, ended) = mpsc::channel::<()>();
        let endless = run(quick, Box::new(move |_| ended.recv().map_or(1, |()| 0))).await;
        assert!(matches!(endless, Err(OpError::Invalid { .. })), "{endless:?}");
        assert_eq!(turns.available_permits(), 1, "it keeps its own turn");
        assert_eq!(run(WORK, Box::new(|_| 7)).await.expect("another's turn"), 7);
        let taken = turns.acquire().await.expect("the other turn");
        let late = within(Arc::clone(&turns), quick, WORK, |_| 7).await;
        assert!(matches!(late, Err(OpError::Busy(_))), "{late:?}");
        drop((taken, end));
    }

    #[tokio::test]
    async fn work_for_which_nobody_waits_any_more_is_told_to_stop() {
        let turns = Arc::new(Semaphore::new(2));
        let until_stopped = |stop: &Stop| {
            while !stop.is_said() {
                thread::yield_now();
            }
        };
        let late = within(Arc::clone(&turns), WORK, Duration::from_millis(1), until_stopped).await;
        assert!(matches!(late, Err(OpError::Invalid { .. })), "{late:?}");
        // Who asks goes away: a request whose connection is closed.
        let gone = within(Arc::clone(&turns), WORK, WORK, until_stopped);
        assert!(timeout(Duration::from_millis(1), gone).await.is_err());
        let all = timeout(WORK, turns.acquire_many(2)).await.expect("both turns are given back");
        drop(all.expect("turns"));
    }
}
