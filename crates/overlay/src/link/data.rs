//! The data connections of one link: the sockets behind the numbers that `overlay_proto::pool` deals in.

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use overlay_proto::{
    Millis,
    link::Unreachable,
    pool::{Assignment, DialsNeeded, Established, Pool, Ready, Side, Whose},
    preface::{Dial, Key, PrefaceError, ReplayWindow},
};
use tokio::{
    io::ReadBuf,
    sync::{Notify, oneshot},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::data_conn::DataConn;

/// How long a stream may wait for a data connection.
const TAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a data connection that the other end has assigned may take to be there.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(2);
/// How long after its open a stream can still be refused.
const REFUSAL_WINDOW: Duration = Duration::from_secs(15);

/// How long after a stream broke the word may come that it was refused.
const LAST_WORD: Duration = Duration::from_millis(400);

/// The data connections of a link.
#[derive(Debug)]
pub(crate) struct DataPool {
    key: Key,
    state: Mutex<State>,
    /// Something changed that the pool's task must look at.
    changed: Notify,
    /// A connection for a stream of this end is there.
    ready: Notify,
}

#[derive(Debug)]
struct State {
    pool: Pool,
    window: ReplayWindow,
    idle: HashMap<u64, Idle>,
    /// Who gets a connection that the other end has assigned, and that is not there yet.
    claims: HashMap<u64, oneshot::Sender<DataConn>>,
    /// Streams this end opened lately, and who wants to know of a refusal.
    opened: HashMap<u64, (Instant, Arc<Refusal>)>,
    /// A stream of this end found no idle connection lately.
    short: bool,
    /// The link has ended.
    closed: bool,
}

/// What the other end says of a stream that this end opened: that it refuses it, that its way is about to go.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Fires when it has.
    pub(crate) token: CancellationToken,
    /// Fires when the way it takes is about to go.
    pub(crate) leaving: CancellationToken,
    why: OnceLock<Unreachable>,
}

impl Refusal {
    /// Why the stream was refused, if it was.
    pub(crate) fn why(&self) -> Option<Unreachable> {
        self.why.get().copied()
    }

    /// The same, for a stream that has just broken: the word that says why may come a moment later, because it takes
    /// another connection.
    pub(crate) async fn why_soon(&self) -> Option<Unreachable> {
        if self.why().is_none() {
            let _ = timeout(LAST_WORD, self.token.cancelled()).await;
        }
        self.why()
    }
}

#[derive(Debug)]
struct Idle {
    conn: DataConn,
    /// Bytes are there already: nothing more can be learned by watching it.
    has_bytes: bool,
}

/// A data connection that the other end has assigned to a stream.
#[derive(Debug)]
pub(crate) enum Claim {
    Here(DataConn),
    Soon(oneshot::Receiver<DataConn>),
}

impl Claim {
    /// Waits for the connection; nothing when it does not come.
    pub(crate) async fn ready(self) -> Option<DataConn> {
        match self {
            Self::Here(conn) => Some(conn),
            Self::Soon(receiver) => timeout(CLAIM_TIMEOUT, receiver).await.ok()?.ok(),
        }
    }
}

impl DataPool {
    pub(crate) fn new(side: Side, ready: Ready, key: Key, now: Millis) -> Self {
        let state = State {
            pool: Pool::new(side, ready, now),
            window: ReplayWindow::default(),
            idle: HashMap::new(),
            claims: HashMap::new(),
            opened: HashMap::new(),
            short: false,
            closed: false,
        };
        Self { key, state: Mutex::new(state), changed: Notify::new(), ready: Notify::new() }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Waits until [`DataPool::dials_needed`] or [`DataPool::idle_ended`] may have something new to look at.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(crate) fn dials_needed(&self, now: Millis) -> DialsNeeded {
        self.lock().pool.dials_needed(now)
    }

    pub(crate) fn begin_dial(&self, whose: Whose) -> u64 {
        self.lock().pool.begin_dial(whose)
    }

    pub(crate) fn next_deadline(&self, now: Millis) -> Option<Millis> {
        self.lock().pool.next_deadline(now)
    }

    /// The other end's wish for idle connections.
    pub(crate) fn peer_wants(&self, idle: u32) {
        self.lock().pool.peer_wants(idle);
        self.changed.notify_one();
    }

    /// Whether a stream of this end found no idle connection since this was last asked.
    pub(crate) fn ran_short(&self) -> bool {
        std::mem::take(&mut self.lock().short)
    }

    /// Once a second: closes what was idle for too long, and says how many connections this end wants when that
    /// changed.
    pub(crate) fn tick(&self, now: Millis) -> Option<u32> {
        let mut state = self.lock();
        for number in state.pool.expired(now) {
            state.idle.remove(&number);
        }
        // Whoever still wants to hear of a stream holds on to it.
        state.opened.retain(|_, (since, refusal)| since.elapsed() < REFUSAL_WINDOW || Arc::strong_count(refusal) > 1);
        state.pool.adapt(now)
    }

    /// A dial of this end has ended.
    pub(crate) fn dialled(&self, number: u64, conn: Option<DataConn>, now: Millis) {
        let mut state = self.lock();
        match conn {
            None => {
                state.pool.dial_failed(number, now);
                // Whoever claimed it learns by the sender being dropped.
                state.claims.remove(&number);
            }
            Some(conn) => {
                let established = state.pool.established(number, now);
                self.place(&mut state, number, conn, established);
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Verifies the preface of an arriving data connection. Its number is taken from then on, and the connection is to
    /// be [`answered`](DataPool::answered) next, or [`lost`](DataPool::lost).
    pub(crate) fn verify(&self, dial: &Dial, now: Millis) -> Result<u64, PrefaceError> {
        let mut state = self.lock();
        let state = &mut *state;
        let number = self.key.verify_dial(dial, &mut state.window)?;
        // The dialler may assign what is its own as soon as it has the answer; our own is ours only once it is sent.
        if state.pool.side().whose(number) == Whose::Theirs
            && state.pool.established(number, now) == Established::Unwanted
        {
            return Err(PrefaceError::Other);
        }
        Ok(number)
    }

    /// The preface of connection `number` was answered: it can carry a stream.
    pub(crate) fn answered(&self, number: u64, conn: DataConn, now: Millis) {
        let mut state = self.lock();
        let established = match state.pool.side().whose(number) {
            Whose::Theirs => Established::Idle,
            Whose::Ours => state.pool.established(number, now),
        };
        self.place(&mut state, number, conn, established);
        drop(state);
        self.changed.notify_one();
    }

    /// A connection that was [verified](DataPool::verify) could not be answered.
    pub(crate) fn lost(&self, number: u64, now: Millis) {
        let mut state = self.lock();
        state.pool.closed(number, now);
        state.claims.remove(&number);
    }

    /// The other end has assigned connection `number` to a stream; nothing, when there is no such connection.
    pub(crate) fn assigned(&self, number: u64) -> Option<Claim> {
        let mut state = self.lock();
        if state.closed || state.pool.assigned(number) == Assignment::Unknown {
            return None;
        }
        let claim = match state.idle.remove(&number) {
            Some(idle) => Claim::Here(idle.conn),
            None => {
                let (sender, receiver) = oneshot::channel();
                state.claims.insert(number, sender);
                Claim::Soon(receiver)
            }
        };
        drop(state);
        self.changed.notify_one();
        Some(claim)
    }

    /// Takes a connection for a stream of this end; waits for one when none is idle.
    pub(crate) async fn take(&self) -> Option<(u64, DataConn)> {
        let deadline = Instant::now() + TAKE_TIMEOUT;
        loop {
            // Before looking, so that what comes in between is not missed.
            let mut ready = pin!(self.ready.notified());
            ready.as_mut().enable();
            let (taken, closed) = {
                let mut state = self.lock();
                let taken = state.take();
                state.short |= taken.is_none();
                (taken, state.closed)
            };
            self.changed.notify_one();
            if taken.is_some() || closed {
                return taken;
            }
            timeout_at(deadline, ready).await.ok()?;
        }
    }

    /// A stream of this end begins on connection `number`: `token` fires when the other end refuses it.
    pub(crate) fn opened(&self, number: u64, token: CancellationToken, leaving: CancellationToken) -> Arc<Refusal> {
        let refusal = Arc::new(Refusal { token, leaving, why: OnceLock::new() });
        self.lock().opened.insert(number, (Instant::now(), refusal.clone()));
        refusal
    }

    /// The other end refuses the stream on connection `number`.
    pub(crate) fn refused(&self, number: u64, why: Unreachable) {
        if let Some((_, refusal)) = self.lock().opened.remove(&number) {
            let _ = refusal.why.set(why);
            refusal.token.cancel();
        }
    }

    /// The way that the stream on connection `number` takes is about to go.
    pub(crate) fn left(&self, number: u64) {
        if let Some((_, refusal)) = self.lock().opened.get(&number) {
            refusal.leaving.cancel();
        }
    }

    /// The stream on connection `number` has ended: it can no longer be refused.
    pub(crate) fn forget_opened(&self, number: u64) {
        self.lock().opened.remove(&number);
    }

    /// The link has ended: closes every idle connection, and whatever is still being made.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.idle.clear();
        state.claims.clear();
        state.opened.clear();
        drop(state);
        self.ready.notify_waiters();
    }

    /// Watches idle connections: resolves after some have ended, which are then forgotten.
    pub(crate) async fn idle_ended(&self, now: impl Fn() -> Millis) {
        poll_fn(|cx| if self.lock().reap(cx, now()) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Gives a connection that has just been established to whoever waits for it, or keeps it.
    fn place(&self, state: &mut State, number: u64, conn: DataConn, established: Established) {
        if let Some(claim) = state.claims.remove(&number) {
            // Whoever claimed it may have given up; then it closes by being dropped.
            let _ = claim.send(conn);
        } else if established == Established::Idle && !state.closed {
            state.idle.insert(number, Idle { conn, has_bytes: false });
            if state.pool.side().whose(number) == Whose::Ours {
                self.ready.notify_one();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<(u64, DataConn)> {
        loop {
            let number = self.pool.take()?;
            if let Some(idle) = self.idle.remove(&number) {
                return Some((number, idle.conn));
            }
        }
    }

    /// Forgets idle connections that have ended, and arranges to be woken when another one does.
    fn reap(&mut self, cx: &mut Context<'_>, now: Millis) -> bool {
        let mut ended = Vec::new();
        for (number, idle) in self.idle.iter_mut().filter(|(_, idle)| !idle.has_bytes) {
            let mut byte = [0];
            match idle.conn.socket().poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
                Poll::Pending => {}
                // The other end may send on its own connections before its open has been read here.
                Poll::Ready(Ok(1..)) if self.pool.side().whose(*number) == Whose::Theirs => idle.has_bytes = true,
                Poll::Ready(_) => ended.push(*number),
            }
        }
        for number in &ended {
            self.idle.remove(number);
            self.pool.closed(*number, now);
        }
        !ended.is_empty()
    }
}
