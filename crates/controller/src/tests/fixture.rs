//! What the tests stand on: an [`App`] over a database of its own, with a clock that can be moved.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use model::{AccessPointSpec, Clock, Identity, Name, ticket::Ticket};
use pki::PrivateKey;
use site_proto::{
    Admission, EnrolRequest, RedeemRequest, Refusal, claim_server::Claim as _, enrol_reply, redeem_reply,
};
use store::{Store, network::AddressMode};
use tempfile::TempDir;
use testkit::{
    postgres::{self, TestDatabase},
    process::eventually,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    App, Config,
    claim::ClaimService,
    data_dir::{DataDir, DataDirError},
    ops::{
        Actor, Ref, backbone, backbone_site,
        backbone_site::BundleFormat,
        ca, invitation,
        invitation::{InvitationFormat, Uses},
        network,
    },
    planes, reconcile, rotation, run,
    streams::Caller,
};

/// A clock that goes with the system's, from where it was set, until it is stopped.
#[derive(Default)]
pub(super) struct TestClock {
    ahead: AtomicI64,
    stopped: Mutex<Option<Timestamp>>,
}

impl TestClock {
    pub(super) fn forward(&self, by: SignedDuration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// It is exactly `time` from now on.
    pub(super) fn stop_at(&self, time: Timestamp) {
        *self.stopped.lock().unwrap() = Some(time);
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestClock")
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let goes = || Timestamp::now() + SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst));
        self.stopped.lock().unwrap().unwrap_or_else(goes)
    }
}

/// A controller that does nothing by itself.
pub(super) struct Fixture {
    pub(super) app: App,
    pub(super) claims: ClaimService,
    pub(super) clock: Arc<TestClock>,
    pub(super) database: Arc<TestDatabase>,
    pub(super) data: Arc<DataDir>,
    pub(super) dir: Arc<TempDir>,
}

impl Fixture {
    /// Over a fresh database, with a development root.
    pub(super) async fn new() -> Self {
        let fixture = Self::without_root().await;
        ca::init_development(&fixture.app, &admin(), None).await.unwrap();
        fixture
    }

    /// With a development root, leaf certificates that live for ten minutes, and authorities that live for an hour.
    pub(super) async fn short_lived() -> Self {
        Self::configured(|config| {
            config.leaf_lifetime = SignedDuration::from_mins(10);
            config.authority_lifetime = SignedDuration::from_hours(1);
        })
        .await
    }

    /// With a development root, configured in another way.
    pub(super) async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let mut config = config(&dir);
        change(&mut config);
        let fixture = Self::with(dir, Arc::new(postgres::database().await), &config).await;
        ca::init_development(&fixture.app, &admin(), None).await.unwrap();
        fixture
    }

    /// Over a fresh database.
    pub(super) async fn without_root() -> Self {
        Self::over(Arc::new(postgres::database().await)).await
    }

    /// Over an existing database.
    pub(super) async fn over(database: Arc<TestDatabase>) -> Self {
        Self::at(Arc::new(tempfile::tempdir().unwrap()), database).await
    }

    /// Another replica: over the same database, with the same key-encryption key, and everything else its own.
    pub(super) async fn beside(&self) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        std::fs::copy(self.dir.path().join("kek"), dir.path().join("kek")).unwrap();
        Self::at(dir, Arc::clone(&self.database)).await
    }

    /// In a directory, over a database.
    pub(super) async fn at(dir: Arc<TempDir>, database: Arc<TestDatabase>) -> Self {
        let config = config(&dir);
        Self::with(dir, database, &config).await
    }

    async fn with(dir: Arc<TempDir>, database: Arc<TestDatabase>, config: &Config) -> Self {
        let data = Arc::new(opened(&dir).await);
        let clock = Arc::new(TestClock::default());
        let store = Store::connect(&database.url, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
        store.migrate().await.unwrap();
        let app = run::prepare(config, &data, store, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
        let claims = ClaimService::new(app.clone());
        Self { app, claims, clock, database, data, dir }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// In so many seconds.
    pub(super) fn after(&self, seconds: i64) -> Timestamp {
        self.now() + SignedDuration::from_secs(seconds)
    }

    /// A backbone `east` with a deployed site `r1` that admits everyone.
    pub(super) async fn backbone(&self) {
        self.defined_site("main=peer,member,claim,manage@r1.example.com:5671").await;
        let bundle = self.bundle().await;
        self.enrol(&bundle, &PrivateKey::generate()).await.unwrap();
    }

    /// A backbone `east` with a site `r1` that was not started yet.
    pub(super) async fn defined_site(&self, access: &str) {
        let create = backbone::Create { name: name("east"), dataplane: None };
        backbone::create(&self.app, &admin(), create).await.unwrap();
        let access: Vec<AccessPointSpec> = vec![access.parse().unwrap()];
        let create = backbone_site::Create { backbone: at("east"), name: name("r1"), access };
        backbone_site::create(&self.app, &admin(), create).await.unwrap();
    }

    /// Renders the bundle of `east/r1`.
    pub(super) async fn bundle(&self) -> Ticket {
        let rendered = backbone_site::bundle(&self.app, &admin(), &at("east"), &at("r1"), BundleFormat::Linux).await;
        pki::ticket::decode(&rendered.unwrap().text).unwrap()
    }

    /// A network `shop` that is open, and ends in a day.
    pub(super) async fn network(&self) {
        network::create(&self.app, &admin(), self.new_network()).await.unwrap();
    }

    pub(super) fn new_network(&self) -> network::Create {
        network::Create {
            name: name("shop"),
            backbone: None,
            start: None,
            end: Some(self.after(86_400)),
            grace: None,
            addresses: AddressMode::Open,
            classes: vec![name("till")],
        }
    }

    /// An invitation `shop/NAME`, rendered.
    pub(super) async fn invitation(&self, invitation: &str, uses: Uses) -> Ticket {
        invitation::create(&self.app, &admin(), new_invitation(invitation, uses)).await.unwrap();
        self.render(invitation).await
    }

    pub(super) async fn render(&self, invitation: &str) -> Ticket {
        self.render_of("shop", invitation).await
    }

    /// An invitation of a network, rendered.
    pub(super) async fn render_of(&self, network: &str, invitation: &str) -> Ticket {
        let rendered =
            invitation::render(&self.app, &admin(), &at(network), &at(invitation), InvitationFormat::Text).await;
        pki::ticket::decode(&rendered.unwrap().text).unwrap()
    }

    /// Enrols by a bundle, as a stream with its certificate would.
    pub(super) async fn enrol(&self, bundle: &Ticket, key: &PrivateKey) -> Result<Admission, Refusal> {
        let request = self.request(bundle, EnrolRequest { csr: key.csr(), platform: None });
        let reply = self.claims.enrol(request).await.unwrap().into_inner();
        match reply.outcome.unwrap() {
            enrol_reply::Outcome::Admitted(admission) => Ok(admission),
            enrol_reply::Outcome::Refused(refusal) => Err(refusal),
        }
    }

    /// Redeems an invitation, as a stream with its certificate would.
    pub(super) async fn redeem(&self, ticket: &Ticket, key: &PrivateKey, wish: &str) -> Result<Admission, Refusal> {
        self.ask(ticket, RedeemRequest { csr: key.csr(), name: wish.to_owned(), ..RedeemRequest::default() }).await
    }

    /// Redeems an invitation, as somebody who knows a passcode.
    pub(super) async fn redeem_knowing(
        &self,
        ticket: &Ticket,
        key: &PrivateKey,
        passcode: &str,
    ) -> Result<Admission, Refusal> {
        let ask = RedeemRequest { csr: key.csr(), passcode: passcode.to_owned(), ..RedeemRequest::default() };
        self.ask(ticket, ask).await
    }

    /// Redeems an invitation with some request.
    pub(super) async fn redeem_csr(&self, ticket: &Ticket, csr: Vec<u8>) -> Result<Admission, Refusal> {
        self.ask(ticket, RedeemRequest { csr, ..RedeemRequest::default() }).await
    }

    /// Asks for another certificate in place of a member's that has expired, as a stream with that one would.
    pub(super) async fn renew(&self, expired: &[u8], key: &PrivateKey) -> Result<Admission, Refusal> {
        let held = pki::Certificate::parse(expired).unwrap();
        let Identity::Member { network, site } = held.id.unwrap().identity else { panic!("no member's") };
        let backbone = store::network::get(self.app.store(), network).await.map(|row| row.backbone);
        let identity = Identity::Renewal { network, site };
        let backbone = backbone.unwrap_or_else(|_| model::GenericUuid::from_untyped_uuid(uuid::Uuid::nil()));
        let mut request = tonic::Request::new(RedeemRequest { csr: key.csr(), ..RedeemRequest::default() });
        request.extensions_mut().insert(Caller { identity, serial: held.serial, backbone });
        self.redeemed(request).await
    }

    async fn ask(&self, ticket: &Ticket, ask: RedeemRequest) -> Result<Admission, Refusal> {
        self.redeemed(self.request(ticket, ask)).await
    }

    async fn redeemed(&self, request: tonic::Request<RedeemRequest>) -> Result<Admission, Refusal> {
        let reply = self.claims.redeem(request).await.unwrap().into_inner();
        match reply.outcome.unwrap() {
            redeem_reply::Outcome::Admitted(admission) => Ok(admission),
            redeem_reply::Outcome::Refused(refusal) => Err(refusal),
        }
    }

    fn request<T>(&self, ticket: &Ticket, ask: T) -> tonic::Request<T> {
        let (certificate, backbone) = match ticket {
            Ticket::Invitation(ticket) => (&ticket.claim.certificate, ticket.backbone),
            Ticket::Bootstrap(ticket) => (&ticket.bootstrap.certificate, ticket.backbone),
        };
        let certificate = pki::Certificate::from_pem(certificate).unwrap();
        let caller = Caller { identity: certificate.id.unwrap().identity, serial: certificate.serial, backbone };
        let mut request = tonic::Request::new(ask);
        request.extensions_mut().insert(caller);
        request
    }
}

/// The reconcilers and routers of a controller, running.
pub(super) struct Running {
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    pub(super) async fn start(fixture: &Fixture) -> Self {
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let app = &fixture.app;
        let head = reconcile::head(app).await.unwrap();
        tasks.spawn(reconcile::follow(app.clone(), head, shutdown.clone()));
        tasks.spawn(reconcile::keep_trust(app.clone(), shutdown.clone()));
        tasks.spawn(rotation::keep(app.clone(), shutdown.clone()));
        let epoch = fixture.data.next_epoch().unwrap();
        tasks.spawn(planes::keep(app.clone(), epoch, TaskTracker::new(), shutdown.clone(), shutdown.clone()));
        tasks.close();
        Self { shutdown, tasks }
    }

    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.wait().await;
    }
}

pub(super) fn config(dir: &TempDir) -> Config {
    Config::new(dir.path().to_owned(), "127.0.0.1:1".parse().unwrap())
}

pub(super) fn admin() -> Actor {
    Actor::new(authz::Acting::installation("admin"), "test".to_owned(), None)
}

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> Ref {
    text.parse().unwrap()
}

pub(super) fn new_invitation(invitation: &str, uses: Uses) -> invitation::Create {
    invitation::Create {
        network: at("shop"),
        name: name(invitation),
        uses: Some(uses),
        deadline: None,
        classes: vec![],
        prefix: None,
        admission: Default::default(),
        interactive: false,
        passcode: None,
        terms: Default::default(),
    }
}

/// The identity an admission's certificate speaks for.
pub(super) fn admitted_as(admission: &Admission) -> Identity {
    pki::Certificate::parse(&admission.certificate).unwrap().id.unwrap().identity
}

/// A replica's directory. Its lock is a file's, and for a moment whatever another test starts has that file open, too.
async fn opened(dir: &TempDir) -> DataDir {
    let free = eventually("a directory that nobody uses", async || match DataDir::open(dir.path()) {
        Err(DataDirError::InUse(_)) => None,
        other => Some(other.unwrap()),
    });
    free.await.unwrap()
}
