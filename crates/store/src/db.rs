use std::{
    fmt, io,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use model::{Clock, ControllerId, SpiffeId};
use serde::Serialize;
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use crate::{
    StoreError, Whole, chain,
    event::Event,
    whole::{Held, Session, Shared},
};

/// Every migration, oldest first.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!();

/// The database, as a pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    /// Of a store within a [`Whole`]: that.
    whole: Option<Shared>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("connections", &self.pool.size()).finish_non_exhaustive()
    }
}

impl Store {
    /// How long an operation waits for a connection before it is [`StoreError::Unavailable`].
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

    /// How many connections a store holds at most.
    pub const MAX_CONNECTIONS: u32 = 16;

    /// Connects to the database at `url` (`postgres://…`), with `clock` as the time of every change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] when the URL is wrong or the database refuses, [`StoreError::Unavailable`] when nothing
    /// answers there; with the reason as its source, and soon.
    pub async fn connect(url: &str, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let options = options(url)?;
        // The pool keeps trying and then tells of its own patience only; one connection tells what is wrong.
        let probe = timeout(Self::ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
        let silent = |_| sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer within five seconds"));
        probe.map_err(silent)??.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(Self::MAX_CONNECTIONS)
            .acquire_timeout(Self::ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self { pool, clock, whole: None })
    }

    /// Where the database at `url` is, in words without its password.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] when the URL is wrong.
    pub fn address(url: &str) -> Result<String, StoreError> {
        let options = options(url)?;
        let place = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        Ok(match options.get_database() {
            Some(name) => format!("{place} (database {name})"),
            None => place,
        })
    }

    /// How many connections there are, and how many of them are idle.
    pub fn connections(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    /// Brings the schema to the one of this program. Replicas may do so at the same time: one does, the others wait.
    ///
    /// # Errors
    ///
    /// [`StoreError::Migration`] when the database belongs to a newer program, or a migration fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS.run(&self.pool).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => match StoreError::from(error) {
                StoreError::Unavailable(error) => StoreError::Unavailable(error),
                StoreError::Database(error) => StoreError::Migration(sqlx::migrate::MigrateError::Execute(error)),
                other => other,
            },
            error => StoreError::Migration(error),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query_scalar!("SELECT 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Begins a transaction whose changes are made by `context`.
    pub async fn begin(&self, context: &Context) -> Result<Tx, StoreError> {
        let inner = match &self.whole {
            None => Session::Own(self.pool.begin().await?),
            Some(whole) => Session::Part(whole.part()?),
        };
        Ok(self.tx(context, inner, Vec::new()))
    }

    fn tx(&self, context: &Context, inner: Session, events: Vec<Event>) -> Tx {
        Tx { inner, context: context.clone(), now: self.clock.now(), clock: Arc::clone(&self.clock), events }
    }

    /// Begins a transaction of several parts, whose changes are made by `context`. Each part is a transaction on
    /// [`Whole::store`].
    pub async fn whole(&self, context: &Context) -> Result<Whole, StoreError> {
        let store = Self { whole: None, ..self.clone() };
        Ok(Whole::new(store, context.clone(), self.pool.begin().await?))
    }

    /// The same store, within a transaction of several parts.
    pub(crate) fn within(&self, whole: Shared) -> Self {
        Self { whole: Some(whole), ..self.clone() }
    }

    /// A transaction that has recorded something before.
    pub(crate) fn resume(&self, context: &Context, inner: Transaction<'static, Postgres>, events: Vec<Event>) -> Tx {
        self.tx(context, Session::Own(inner), events)
    }

    /// Begins a series of reads that all see the same moment.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let inner = match &self.whole {
            None => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Session::Own(self.pool.begin_with(begin).await?)
            }
            Some(whole) => Session::Held(whole.hold()?),
        };
        Ok(Snapshot { inner })
    }

    /// Closes every connection, waiting for operations that run.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

pub(crate) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = url.parse::<PgConnectOptions>()?;
    Ok(if options.get_application_name().is_none() { options.application_name("skx") } else { options })
}

/// Who changes something, for the audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Who does it.
    pub actor: String,
    /// For whom, if that is someone else.
    pub on_behalf_of: Option<String>,
    /// The request it came by.
    pub request_id: Option<String>,
    /// The network address the request came from.
    pub address: Option<String>,
    /// In which trace it is done, as W3C Trace Context writes it. Not part of the audit chain; see [`crate::causes`].
    pub traceparent: Option<String>,
}

impl Context {
    /// A person or program known by `actor`.
    pub fn new(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), on_behalf_of: None, request_id: None, address: None, traceparent: None }
    }

    /// A controller, on its own account: its reconcilers.
    pub fn controller(controller: ControllerId) -> Self {
        Self::new(format!("controller/{controller}"))
    }

    /// The same, for somebody else.
    pub fn on_behalf_of(self, person: Option<String>) -> Self {
        Self { on_behalf_of: person, ..self }
    }

    /// Whoever holds a certificate: a site, an invitee.
    pub fn identity(id: &SpiffeId) -> Self {
        Self::new(id.to_string())
    }

    /// The same, by a request from an address.
    #[must_use]
    pub fn by_request(self, request_id: impl Into<String>, address: Option<String>) -> Self {
        Self { request_id: Some(request_id.into()), address, ..self }
    }

    /// The same, in a trace.
    #[must_use]
    pub fn in_trace(self, traceparent: Option<String>) -> Self {
        Self { traceparent, ..self }
    }
}

/// A transaction. What it changed becomes visible, and its events get their places in the chain, with
/// [`Tx::commit`]; dropped without, nothing of it has happened.
pub struct Tx {
    inner: Session,
    context: Context,
    now: Timestamp,
    clock: Arc<dyn Clock>,
    events: Vec<Event>,
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("context", &self.context).field("events", &self.events.len()).finish_non_exhaustive()
    }
}

impl Tx {
    /// The time at which the transaction began: the `created` and `updated` of what it changes.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who makes the changes.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Adds an event of the caller's own. Changes made through this crate record themselves; this is for what is worth
    /// a line without being a change, such as a refusal.
    pub fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Commits. The events get their positions and hashes now, under the lock of the chain, so that their order is
    /// the order of commits. Returns the position of the last one, if there were any.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the connection was lost: the transaction may then have happened or not.
    pub async fn commit(mut self) -> Result<Option<i64>, StoreError> {
        let whole = matches!(self.inner, Session::Part(_));
        let last = if self.events.is_empty() || whole {
            // PostgreSQL answers COMMIT of a failed transaction with a rollback, and no error. A statement in it does
            // not go unnoticed.
            sqlx::query_scalar!("SELECT 1").fetch_one(self.connection()).await?;
            None
        } else {
            Some(chain::append(&mut self.inner, &self.context, &*self.clock, std::mem::take(&mut self.events)).await?)
        };
        match self.inner {
            Session::Own(inner) => inner.commit().await?,
            // Its events get their places when the whole is committed.
            Session::Part(part) => part.done(self.events),
            Session::Held(_) => {}
        }
        Ok(last)
    }

    /// Undoes everything. The same as dropping the transaction, but waits for it. A part of a [`Whole`] fails that.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.inner.end().await
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    pub(crate) fn inner(&mut self) -> &mut Transaction<'static, Postgres> {
        &mut self.inner
    }

    /// Records the change of an object from `before` to `after`.
    pub(crate) fn changed<T: Serialize>(&mut self, event: Event, before: Option<&T>, after: Option<&T>) {
        let json = |object: Option<&T>| {
            object.map(|object| serde_json::to_value(object).expect("objects of the store have JSON forms"))
        };
        self.events.push(Event { before: json(before), after: json(after), ..event });
    }
}

/// Reads that all see the same moment.
pub struct Snapshot {
    inner: Session,
}

impl Snapshot {
    /// Ends it. The same as dropping it, but waits until the database has let go of it.
    pub async fn end(self) -> Result<(), StoreError> {
        self.inner.end().await
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

/// Where a read runs: `&Store`, `&mut Tx` (which sees its own changes) or `&mut Snapshot`.
pub trait Db: sealed::Sealed + Send {
    #[doc(hidden)]
    fn source(&mut self) -> Source<'_>;
}

impl Db for &Store {
    fn source(&mut self) -> Source<'_> {
        match &self.whole {
            None => Source::Pool(&self.pool),
            Some(whole) => Source::Whole(whole),
        }
    }
}

impl Db for &mut Tx {
    fn source(&mut self) -> Source<'_> {
        Source::Connection(&mut self.inner)
    }
}

impl Db for &mut Snapshot {
    fn source(&mut self) -> Source<'_> {
        Source::Connection(&mut self.inner)
    }
}

/// Where a read gets its connection from.
// A type, and no asynchronous method of the trait: futures of reads would not be seen to be `Send` otherwise.
#[doc(hidden)]
#[derive(Debug)]
pub enum Source<'a> {
    /// From the pool.
    Pool(&'a PgPool),
    /// From a transaction of several parts.
    Whole(&'a Shared),
    /// From whoever holds it.
    Connection(&'a mut PgConnection),
}

impl<'a> Source<'a> {
    pub(crate) async fn connection(self) -> Result<Connection<'a>, StoreError> {
        Ok(Connection(match self {
            Self::Pool(pool) => Inner::Pooled(pool.acquire().await?),
            Self::Whole(whole) => Inner::Held(whole.hold()?),
            Self::Connection(connection) => Inner::Borrowed(connection),
        }))
    }
}

/// A connection for the length of one read.
pub(crate) struct Connection<'a>(Inner<'a>);

enum Inner<'a> {
    Pooled(PoolConnection<Postgres>),
    Held(Held),
    Borrowed(&'a mut PgConnection),
}

impl Deref for Connection<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.0 {
            Inner::Pooled(connection) => connection,
            Inner::Held(held) => held,
            Inner::Borrowed(connection) => connection,
        }
    }
}

impl DerefMut for Connection<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.0 {
            Inner::Pooled(connection) => connection,
            Inner::Held(held) => held,
            Inner::Borrowed(connection) => connection,
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for &super::Store {}
    impl Sealed for &mut super::Tx {}
    impl Sealed for &mut super::Snapshot {}
}
