//! One workload, kept running: started, asked how it is, and started again when it ends.

use std::{fmt::Debug, sync::Arc, time::Duration};

use compose::render::Check;
use futures_util::future::BoxFuture;
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::{
    Pace, State,
    backoff::Backoff,
    board::Entry,
    once::Mark,
    probe::{self, Beside, Health},
    wanted::Wanted,
};

/// Something that runs, or could.
pub(crate) trait Unit: Beside + Debug + 'static {
    /// Starts it; what runs already as it should is left alone. The error says in words why it cannot run. May be given up
    /// at any time, and begun again.
    fn start<'a>(&'a self, say: &'a (dyn Fn(String) + Sync)) -> BoxFuture<'a, Result<Started, String>>;

    /// Waits until it does not run any more, or not as it should.
    fn ended(&self) -> BoxFuture<'_, End>;

    /// Ends it, gently at first. That it does not run is no error.
    fn stop(&self) -> BoxFuture<'_, ()>;
}

/// Something that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Started {
    /// Whether it did not run before.
    pub(crate) anew: bool,
    /// Its image by its digest, if it is a container.
    pub(crate) image: Option<String>,
}

/// How something ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with that code.
    Code(i64),
    /// It was ended, in words.
    Killed(String),
    /// It is not as it should be for another reason, in words: it has to be started, whatever it is.
    Otherwise(String),
}

impl End {
    fn words(&self) -> String {
        match self {
            Self::Code(code) => format!("it ended with code {code}"),
            Self::Killed(words) | Self::Otherwise(words) => words.clone(),
        }
    }
}

/// A workload that is kept running.
#[derive(Debug)]
pub(crate) struct Supervised {
    pub(crate) digest: String,
    unit: Arc<dyn Unit>,
    entry: Entry,
    checks: watch::Sender<Vec<Check>>,
    task: Task,
}

/// A task that ends with whoever has it.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Supervised {
    /// Keeps it running from now on. The receiver hears when it was first tried to start it.
    pub(crate) fn new(
        wanted: Wanted,
        unit: Arc<dyn Unit>,
        entry: Entry,
        pace: Pace,
        done: Mark,
    ) -> (Self, oneshot::Receiver<()>) {
        let (checks, told) = watch::channel(wanted.checks);
        let (tried, first) = oneshot::channel();
        let life =
            Life { unit: unit.clone(), entry: entry.clone(), checks: told, restart: wanted.runnable.restart, done };
        let task = Task(tokio::spawn(life.run(pace, tried)));
        (Self { digest: wanted.digest, unit, entry, checks, task }, first)
    }

    /// Asks for its health in this way from now on.
    pub(crate) fn check(&self, checks: Vec<Check>) {
        self.checks.send_if_modified(|known| {
            let changed = *known != checks;
            *known = checks;
            changed
        });
    }

    /// Keeps it running no more, and ends it.
    pub(crate) async fn stop(mut self) {
        self.leave().await;
        self.unit.stop().await;
        self.entry.is(State::Stopped, "");
    }

    /// Keeps it running no more.
    pub(crate) async fn leave(&mut self) {
        self.task.0.abort();
        // That it was given up is known.
        let _ = (&mut self.task.0).await;
    }
}

struct Life {
    unit: Arc<dyn Unit>,
    entry: Entry,
    checks: watch::Receiver<Vec<Check>>,
    restart: bool,
    done: Mark,
}

impl Life {
    async fn run(mut self, pace: Pace, tried: oneshot::Sender<()>) {
        let mut backoff = Backoff::new(pace);
        let mut tried = Some(tried);
        let mut ran = false;
        loop {
            let say = |words: String| self.entry.is(State::Starting, words);
            let result = self.unit.start(&say).await;
            tried.take().map(|tried| tried.send(()));
            let begun = Instant::now();
            let why = match result {
                Err(why) => why,
                Ok(started) => match self.until_end(started, pace, &mut ran).await {
                    End::Code(0) if !self.restart => {
                        self.done.note();
                        return self.entry.is(State::Done, "");
                    }
                    end @ (End::Code(_) | End::Killed(_)) if !self.restart => {
                        return self.entry.is(State::Failed, end.words());
                    }
                    end => end.words(),
                },
            };
            let pause = backoff.after(begun.elapsed());
            self.entry.is(State::Failed, format!("{why}; it is started again after {}", shown(pause)));
            sleep(pause).await;
        }
    }

    /// Asks how it is until it ends; ends it, if it does not live.
    async fn until_end(&mut self, started: Started, pace: Pace, ran: &mut bool) -> End {
        // What runs already has shown that it does.
        let steady = Instant::now() + if started.anew { pace.steady } else { Duration::ZERO };
        self.entry.started(started.image, started.anew && *ran);
        *ran = true;
        loop {
            let checks = self.checks.borrow_and_update().clone();
            let tell = |health| match health {
                Health::Ready => self.entry.is(State::Ready, ""),
                Health::Unready(why) => self.entry.is(State::Unready, why),
            };
            tokio::select! {
                end = self.unit.ended() => return end,
                why = probe::watch(&checks, &*self.unit, steady, &tell) => {
                    self.entry.is(State::Unready, why.clone());
                    self.unit.stop().await;
                    return End::Otherwise(why);
                }
                // Nobody can ask in another way any more, once the sender is gone: then this is given up, too.
                Ok(()) = self.checks.changed() => {}
            }
        }
    }
}

fn shown(pause: Duration) -> String {
    if pause.as_secs() == 0 { format!("{} ms", pause.as_millis()) } else { format!("{} s", pause.as_secs()) }
}
