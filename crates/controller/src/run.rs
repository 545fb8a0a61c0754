//! A controller from its start to its end.

use std::{sync::Arc, time::Duration};

use model::{Clock, ControllerId, GenericUuid, InstallationId};
use pki::{Kek, PrivateKey, SystemClock};
use secrecy::ExposeSecret as _;
use store::{
    Context, Store, StoreError, installation,
    private::{PrivateError, PrivateServer},
    replica::{self, Heard, Replica},
    status,
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use trace::{NoClient, Tracer};
use uuid::Uuid;

use crate::{
    App, Config, InvalidConfig,
    app::{Parts, TokenDigest},
    data_dir::{self, DataDir, DataDirError},
    deploy,
    http::{LocalSocket, Server, ServerError},
    key_file::KeyFile,
    keys::Keys,
    liveness,
    ops::{OpError, controller},
    planes, reconcile, refusals, rotation, setup_link,
};

/// How often a replica notes that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a replica may be silent before its sessions are taken for lost.
const LOST: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// The first and the longest pause before a database that is away is tried again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Why a controller does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The private PostgreSQL does not start.
    #[error("the private PostgreSQL does not start: {0}")]
    Private(#[from] PrivateError),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The same, with where it is.
    #[error("the database at {address} cannot be used")]
    Database {
        /// Where it is, without a password.
        address: String,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// What was given does not say where a database is.
    #[error("that is not the URL of a PostgreSQL database; write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    DatabaseUrl(#[source] StoreError),
    /// This installation's keys are sealed with another key.
    #[error(
        "this installation's private keys are sealed with the key-encryption key {needed}, and the one given is {given}; give the right one with --key-file. If the key was changed (`skx ca key rotate`), copy the new one from the controller that changed it"
    )]
    WrongKey {
        /// The id of the key that is needed.
        needed: String,
        /// The id of the key that was given.
        given: String,
    },
    /// This installation's keys are sealed with a key that is not here.
    #[error(
        "this installation's private keys are sealed with the key-encryption key {needed}, which is not here; give it with --key-file, or put it into {file}"
    )]
    NoKey {
        /// The id of the key that is needed.
        needed: String,
        /// Where it was looked for.
        file: String,
    },
    /// What it was told cannot be.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// It was evicted: no router and no site accepts it any more.
    #[error(
        "this controller ({id}) was evicted, for good; to run one here again, remove controller.id and controller.key from {dir}, and start it as a new one"
    )]
    Evicted {
        /// Its id.
        id: ControllerId,
        /// Its data directory.
        dir: String,
    },
    /// It could not find out whether it was evicted.
    #[error("the database cannot be used")]
    Operation(#[from] OpError),
    /// Nobody can be told of traces.
    #[error(transparent)]
    Traces(#[from] NoClient),
    /// The identity provider cannot be asked.
    #[error(transparent)]
    IdentityProvider(#[from] oidc::ProviderError),
    /// The API cannot be served.
    #[error(transparent)]
    Http(#[from] ServerError),
}

/// Starts a controller and runs it until `shutdown`; then it accepts nothing new, finishes what is under way within a
/// few seconds, and ends.
///
/// # Errors
///
/// When it cannot start. Nothing that happens afterwards ends it.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), StartError> {
    run_with_clock(config, Arc::new(SystemClock), shutdown).await
}

/// The same, with a clock that tests can move.
pub async fn run_with_clock(
    config: Config,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    start(config, clock, None, shutdown).await
}

/// The same as [`run`], with the system's clock, going by what comes out of `changes` from then on, as far as that takes
/// effect while a controller runs.
///
/// # Errors
///
/// As [`run`].
pub async fn run_reloading(
    config: Config,
    changes: watch::Receiver<Config>,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    start(config, Arc::new(SystemClock), Some(changes), shutdown).await
}

async fn start(
    config: Config,
    clock: Arc<dyn Clock>,
    changes: Option<watch::Receiver<Config>>,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    config.check()?;
    let data = DataDir::open(&config.data_dir)?;
    if let Some(file) = &config.key_file {
        // Said at once, however long the database takes.
        data_dir::named_key_file(file)?;
    }
    if let Some(url) = &config.database_url {
        return serve(&config, &data, url.expose_secret(), clock, changes, shutdown).await;
    }
    let started = PrivateServer::start_until(&data.path().join("pg"), shutdown.cancelled()).await?;
    let Some(private) = started else {
        tracing::info!("the controller has ended before it served");
        return Ok(());
    };
    let outcome = serve(&config, &data, private.url(), clock, changes, shutdown).await;
    private.stop().await;
    outcome
}

async fn serve(
    config: &Config,
    data: &DataDir,
    url: &str,
    clock: Arc<dyn Clock>,
    changes: Option<watch::Receiver<Config>>,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let Some(begun) = begin(config, data, url, clock, &shutdown).await? else {
        tracing::info!("the controller has ended before it served");
        return Ok(());
    };
    let Begun { app, server, head, mut replica } = begun;
    let epoch = data.next_epoch()?;
    if let Ok(address) = server.address() {
        tracing::info!(%address, controller = %app.controller(), installation = %app.installation(), "the controller serves its API");
    }

    // Sessions are handed over while requests under way are finished; then there is no more reconciling, and then the routers
    // end: each needs what comes after it.
    let stop = shutdown.child_token();
    let (inner, sessions) = (CancellationToken::new(), TaskTracker::new());
    let tasks = TaskTracker::new();
    tasks.spawn(reconcile::follow(app.clone(), head, inner.clone()));
    tasks.spawn(reconcile::keep_trust(app.clone(), inner.clone()));
    tasks.spawn(rotation::keep(app.clone(), inner.clone()));
    tasks.spawn(deploy::keep(app.clone(), inner.clone()));
    if let Err(error) = setup_link::offer(&app, data, &config.listen).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "no setup link could be made");
    }
    match LocalSocket::bind(&app) {
        Ok(socket) => drop(tasks.spawn(socket.serve(inner.clone()))),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the local socket cannot be opened; once there is an administrator, the first-start token opens nothing"
        ),
    }
    tasks.spawn(refusals::keep(app.clone(), inner.clone()));
    if let Some(changes) = changes {
        tasks.spawn(go_by(app.clone(), config.clone(), changes, inner.clone()));
    }
    tasks.spawn(liveness::keep(app.clone(), inner.clone()));
    tasks.spawn(reconcile::keep_audit(app.clone(), inner.clone()));
    tasks.spawn(planes::keep(app.clone(), epoch, sessions, stop.clone(), inner.clone()));
    let beats = tasks.spawn({
        let (app, inner) = (app.clone(), inner.clone());
        async move {
            loop {
                tokio::select! {
                    () = inner.cancelled() => return,
                    () = tokio::time::sleep(HEARTBEAT) => beat(&app, &mut replica).await,
                }
            }
        }
    });
    let sentence = tasks.spawn({
        let (stop, gone) = (stop.clone(), app.evicted().clone());
        // Who has waited for the answer to the eviction gets it: the server drains.
        async move { stop.run_until_cancelled(gone.cancelled()).await.map_or((), |()| stop.cancel()) }
    });
    server.serve(stop.clone()).await;
    stop.cancel();
    drop(sentence);
    inner.cancel();
    tasks.close();
    tasks.wait().await;
    drop(beats);
    if let Err(error) = leave(&app).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the end of this replica could not be noted");
    }
    app.tracer().finish().await;
    app.store().close().await;
    if app.evicted().is_cancelled() {
        return Err(evicted(&app));
    }
    tracing::info!("the controller has ended");
    Ok(())
}

/// Goes by another configuration, as often as there is one, as far as that can be done without a restart.
async fn go_by(app: App, first: Config, mut changes: watch::Receiver<Config>, shutdown: CancellationToken) {
    while let Some(Ok(())) = shutdown.run_until_cancelled(changes.changed()).await {
        let config = changes.borrow_and_update().clone();
        let later = first.differs_at_start(&config);
        if !later.is_empty() {
            tracing::warn!(settings = later.join(", "), "these have changed, and take effect at the next start");
        }
        match config.settings() {
            Ok(settings) => {
                app.reload(settings);
                tracing::info!("the controller goes by the configuration as it is now");
            }
            Err(error) => tracing::error!(%error, "the configuration is not sound; the one before stays"),
        }
    }
}

/// A controller that is about to serve.
struct Begun {
    app: App,
    server: Server,
    /// Where the change feed stands.
    head: i64,
    replica: Replica,
}

/// Begins with the database, however long it is away: nothing but `shutdown` ends that, and then there is nothing. What
/// waiting does not help against is an error at once.
async fn begin(
    config: &Config,
    data: &DataDir,
    url: &str,
    clock: Arc<dyn Clock>,
    shutdown: &CancellationToken,
) -> Result<Option<Begun>, StartError> {
    let address = Store::address(url).map_err(StartError::DatabaseUrl)?;
    let mut pause = PAUSES.0;
    loop {
        let attempt = tokio::select! {
            () = shutdown.cancelled() => return Ok(None),
            attempt = try_begin(config, data, url, Arc::clone(&clock)) => attempt,
        };
        let source = match attempt {
            Ok(begun) => return Ok(Some(begun)),
            Err(StartError::Store(source) | StartError::Operation(OpError::Unavailable(source))) => source,
            Err(error) => return Err(error),
        };
        if !source.is_unavailable() {
            return Err(StartError::Database { address, source });
        }
        tracing::warn!(
            database = address,
            error = &source as &dyn std::error::Error,
            "the database cannot be reached; the controller starts as soon as it can be"
        );
        if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(None);
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}

async fn try_begin(config: &Config, data: &DataDir, url: &str, clock: Arc<dyn Clock>) -> Result<Begun, StartError> {
    let store = Store::connect(url, Arc::clone(&clock)).await?;
    store.migrate().await?;
    let app = prepare(config, data, store, clock).await?;
    if controller::is_evicted(&app).await? {
        return Err(evicted(&app));
    }
    let server = Server::bind(app.clone(), &config.listen).await?;
    let head = reconcile::head(&app).await?;
    let replica = this_replica(&app);
    status::forget_controller(app.store(), app.controller()).await?;
    app.own_clock().compare(replica::seen(app.store(), &replica).await?);
    Ok(Begun { app, server, head, replica })
}

fn evicted(app: &App) -> StartError {
    StartError::Evicted { id: app.controller(), dir: app.data_dir().display().to_string() }
}

/// Puts together what every part of the controller shares, making what is missing at the first start.
pub(crate) async fn prepare(
    config: &Config,
    data: &DataDir,
    store: Store,
    clock: Arc<dyn Clock>,
) -> Result<App, StartError> {
    let controller = data.controller_id()?;
    let (keys, installation) = key(config, data, &store, &Context::controller(controller)).await?;
    let admin_token = TokenDigest::new(&data.admin_token()?);
    let tracer = tracer(config, controller)?;
    let parts = Parts {
        store,
        keys,
        clock,
        controller,
        installation,
        metrics_token: TokenDigest::new(&data.metrics_token()?),
        data_dir: data.path().to_owned(),
        controller_key: data.controller_key()?,
        signer_key: PrivateKey::generate(),
        settings: config.settings()?,
        tracer,
    };
    Ok(App::new(parts, admin_token))
}

/// Tells a collector of traces, where one is configured.
fn tracer(config: &Config, controller: ControllerId) -> Result<Tracer, StartError> {
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(Tracer::default()) };
    let instance = ("service.instance.id", controller.to_string().into());
    Ok(Tracer::start(endpoint, "skx-controller", env!("CARGO_PKG_VERSION"), &[instance])?)
}

/// The key-encryption key, which must be the one this installation's keys are sealed with. That may be the next one, when
/// the change of it was cut short.
async fn key(
    config: &Config,
    data: &DataDir,
    store: &Store,
    context: &Context,
) -> Result<(Keys, InstallationId), StartError> {
    let existing = installation::get(store).await?;
    let file = match &config.key_file {
        Some(file) => data_dir::named_key_file(file)?,
        None => data.key_file(),
    };
    let in_file = file.key()?;
    let kek = match &existing {
        Some(row) => match file.find(&row.kek_id)? {
            Some(kek) => kek,
            None => return Err(lacking(&row.kek_id, in_file, &file)),
        },
        None => match in_file {
            Some(kek) => kek,
            None => file.make()?,
        },
    };
    let mut tx = store.begin(context).await?;
    let fresh = InstallationId::from_untyped_uuid(Uuid::new_v4());
    // Another replica may create it at the same moment: then it is that one's.
    let row = installation::get_or_create(&mut tx, fresh, &kek.id()).await?;
    tx.commit().await?;
    if row.kek_id != kek.id() {
        return Err(lacking(&row.kek_id, Some(kek), &file));
    }
    settle(&file, &row.kek_id);
    Ok((Keys::new(file, kek), row.id))
}

fn lacking(needed: &str, given: Option<Kek>, file: &KeyFile) -> StartError {
    let needed = needed.to_owned();
    match given {
        Some(kek) => StartError::WrongKey { needed, given: kek.id() },
        None => StartError::NoKey { needed, file: file.path().display().to_string() },
    }
}

/// A file that cannot be changed (mounted read-only, say) is no reason not to go on: both keys are found there.
pub(crate) fn settle(file: &KeyFile, id: &str) {
    if let Err(error) = file.settle(id) {
        tracing::warn!(
            file = %file.path().display(),
            error = &error as &dyn std::error::Error,
            "the new key-encryption key is still beside the old one; move FILE.next to FILE"
        );
    }
}

fn this_replica(app: &App) -> Replica {
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    let now = app.now();
    Replica { id: app.controller(), hostname, software: planes::SOFTWARE.to_owned(), started: now, last_seen: now }
}

/// Notes that this replica lives, and that others have not for a while: their sessions are gone.
async fn beat(app: &App, replica: &mut Replica) {
    replica.last_seen = app.now();
    let work = async {
        app.own_clock().compare(replica::seen(app.store(), replica).await?);
        for Heard { replica: other, silent, .. } in replica::list(app.store()).await? {
            if silent > LOST && other.id != replica.id {
                status::forget_controller(app.store(), other.id).await?;
                replica::remove(app.store(), other.id).await?;
                tracing::warn!(controller = %other.id, hostname = other.hostname, "a controller is not heard of any more");
            }
        }
        Ok::<_, StoreError>(())
    };
    if let Err(error) = work.await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the heartbeat could not be noted");
    }
}

async fn leave(app: &App) -> Result<(), StoreError> {
    status::forget_controller(app.store(), app.controller()).await?;
    replica::remove(app.store(), app.controller()).await
}
