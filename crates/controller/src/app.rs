use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use model::{BackboneId, Clock, ControllerId, InstallationId};
use pki::{PrivateKey, SignedTrust};
use render::{Image, ProgramUrl, Sha256};
use ring::digest;
use store::{Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use trace::Tracer;
use uuid::Uuid;

use crate::{
    attempts::Attempts,
    cache::Desired,
    clock,
    config::Settings,
    data_dir::{self, DataDirError},
    http::Turns,
    identity_provider::IdentityProvider,
    keys::Keys,
    metrics::Metrics,
    readers::Readers,
    refusals::Refusals,
    sessions::{Causes, Sessions},
    watchers::Watchers,
};

/// What every part of a running controller shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    inner: Arc<Inner>,
    /// While operations are carried out in one transaction: what they share.
    together: Option<Arc<Together>>,
}

/// What operations share that are carried out in one transaction.
#[derive(Debug)]
struct Together {
    store: Store,
    /// What they deny, at which backbones: others learn of it when the transaction is committed.
    denied: Mutex<BTreeMap<BackboneId, Vec<Uuid>>>,
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) controller: ControllerId,
    pub(crate) installation: InstallationId,
    /// Opens the figures and nothing else.
    pub(crate) metrics_token: TokenDigest,
    pub(crate) data_dir: PathBuf,
    /// For this replica's certificates; it never leaves the machine.
    pub(crate) controller_key: PrivateKey,
    /// For signing trust documents; made anew at every start, known to this process only.
    pub(crate) signer_key: PrivateKey,
    pub(crate) settings: Settings,
    pub(crate) tracer: Tracer,
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    /// What of the configuration can change while this runs.
    settings: RwLock<Settings>,
    /// The first-start token, as its digest; it can be replaced.
    admin_token: RwLock<TokenDigest>,
    /// Whether an administrator can sign in. That never changes back.
    set_up: AtomicBool,
    attempts: Attempts,
    metrics: Metrics,
    refusals: Refusals,
    desired: Desired,
    sessions: Sessions,
    watchers: Watchers,
    readers: Readers,
    trust: Notify,
    trust_causes: Causes,
    turns: Turns,
    authorities: Notify,
    planes: Notify,
    deploy: Notify,
    /// The newest document this replica has signed for each backbone.
    published: watch::Sender<BTreeMap<BackboneId, SignedTrust>>,
    /// The least version the next document of a backbone must have.
    beyond: Mutex<BTreeMap<BackboneId, u64>>,
    evicted: CancellationToken,
    own_clock: clock::Own,
}

/// A token, kept as its digest: comparing digests tells a listener nothing about the token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenDigest(Vec<u8>);

impl TokenDigest {
    pub(crate) fn new(token: &str) -> Self {
        Self(digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec())
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

impl App {
    pub(crate) fn new(parts: Parts, admin_token: TokenDigest) -> Self {
        let settings = RwLock::new(parts.settings.clone());
        Self {
            together: None,
            inner: Arc::new(Inner {
                parts,
                settings,
                admin_token: RwLock::new(admin_token),
                set_up: AtomicBool::new(false),
                attempts: Attempts::default(),
                metrics: Metrics::default(),
                refusals: Refusals::default(),
                desired: Desired::default(),
                sessions: Sessions::default(),
                watchers: Watchers::default(),
                readers: Readers::default(),
                trust: Notify::new(),
                trust_causes: Causes::default(),
                turns: Turns::default(),
                authorities: Notify::new(),
                planes: Notify::new(),
                deploy: Notify::new(),
                published: watch::Sender::default(),
                beyond: Mutex::default(),
                evicted: CancellationToken::new(),
                own_clock: clock::Own::default(),
            }),
        }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.together.as_ref().map_or(&self.inner.parts.store, |together| &together.store)
    }

    /// The same, for operations that are carried out one after the other in the transaction that `store` is within.
    pub(crate) fn together(&self, store: Store) -> Self {
        let together = Together { store, denied: Mutex::default() };
        Self { inner: Arc::clone(&self.inner), together: Some(Arc::new(together)) }
    }

    /// While operations are carried out together: notes what is to be told of when they are committed, and says so.
    pub(crate) fn told_later(&self, backbones: &[BackboneId], denied: &[Uuid]) -> bool {
        let Some(together) = &self.together else { return false };
        let mut all = together.denied.lock().unwrap_or_else(PoisonError::into_inner);
        for backbone in backbones {
            all.entry(*backbone).or_default().extend(denied);
        }
        true
    }

    /// What operations that were carried out together have denied.
    pub(crate) fn denied_together(&self) -> BTreeMap<BackboneId, Vec<Uuid>> {
        let denied = |together: &Arc<Together>| together.denied.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.together.as_ref().map(denied).unwrap_or_default()
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.inner.parts.clock.now()
    }

    /// The clock, for parts that keep it.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.parts.clock)
    }

    /// Which replica this is.
    pub fn controller(&self) -> ControllerId {
        self.inner.parts.controller
    }

    /// The installation: the trust domain of every identity in it.
    pub fn installation(&self) -> InstallationId {
        self.inner.parts.installation
    }

    /// The controller's own directory.
    pub fn data_dir(&self) -> &Path {
        &self.inner.parts.data_dir
    }

    /// Whether `token` is the first-start token (`DIR/admin.token`).
    pub fn is_admin_token(&self, token: &str) -> bool {
        *self.inner.admin_token.read().unwrap_or_else(PoisonError::into_inner) == TokenDigest::new(token)
    }

    /// Replaces the first-start token: in `DIR/admin.token`, and then here.
    pub(crate) fn rotate_admin_token(&self) -> Result<(), DataDirError> {
        let mut held = self.inner.admin_token.write().unwrap_or_else(PoisonError::into_inner);
        *held = TokenDigest::new(&data_dir::rotate_admin_token(self.data_dir())?);
        Ok(())
    }

    /// Whether an administrator can sign in: the first-start token opens the API on the network no longer.
    pub(crate) async fn is_set_up(&self) -> Result<bool, StoreError> {
        let known = &self.inner.set_up;
        if !known.load(Ordering::Relaxed) && store::setup::get(self.store()).await?.done.is_some() {
            known.store(true, Ordering::Relaxed);
        }
        Ok(known.load(Ordering::Relaxed))
    }

    /// Passwords and tokens that were wrong of late.
    pub(crate) fn attempts(&self) -> &Attempts {
        &self.inner.attempts
    }

    /// Whether `token` is the one for reading figures (`DIR/metrics.token`).
    pub fn is_metrics_token(&self, token: &str) -> bool {
        TokenDigest::new(token) == self.inner.parts.metrics_token
    }

    /// What this replica counts of itself.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Makes the spans of this replica.
    pub(crate) fn tracer(&self) -> &Tracer {
        &self.inner.parts.tracer
    }

    /// What was refused, and is to be recorded.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.inner.refusals
    }

    /// The key-encryption keys at hand.
    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.parts.keys
    }

    pub(crate) fn controller_key(&self) -> &PrivateKey {
        &self.inner.parts.controller_key
    }

    pub(crate) fn signer_key(&self) -> &PrivateKey {
        &self.inner.parts.signer_key
    }

    /// The settings from now on; who goes by them looks again.
    pub(crate) fn reload(&self, settings: Settings) {
        *self.inner.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.reconcile();
    }

    fn settings(&self) -> RwLockReadGuard<'_, Settings> {
        self.inner.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long events stay in the audit chain, if not for ever.
    pub(crate) fn audit_retention(&self) -> Option<SignedDuration> {
        self.settings().audit_retention
    }

    pub(crate) fn trust_validity(&self) -> SignedDuration {
        self.settings().trust_validity
    }

    pub(crate) fn leaf_lifetime(&self) -> SignedDuration {
        self.settings().leaf_lifetime
    }

    pub(crate) fn authority_lifetime(&self) -> SignedDuration {
        self.settings().authority_lifetime
    }

    /// For how long a member whose certificate has expired may have it renewed.
    pub(crate) fn renewal_grace(&self) -> SignedDuration {
        self.settings().renewal_grace
    }

    /// The container image with the program, if one is configured.
    pub(crate) fn release_image(&self) -> Option<Image> {
        self.settings().release_image.clone()
    }

    /// Where the program can be had, if that is configured.
    pub(crate) fn release_program(&self) -> Option<(ProgramUrl, Sha256)> {
        self.settings().release_program.clone()
    }

    /// The identity provider whose persons may sign in, if one is configured.
    pub(crate) fn identity_provider(&self) -> Option<Arc<IdentityProvider>> {
        self.settings().identity_provider.clone()
    }

    /// What the desired state of members is made from, kept as long as it does not change.
    pub(crate) fn desired(&self) -> &Desired {
        &self.inner.desired
    }

    /// The sessions this replica has with sites.
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    /// Who watches what changes.
    pub(crate) fn watchers(&self) -> &Watchers {
        &self.inner.watchers
    }

    /// Who reads logs of sites.
    pub(crate) fn readers(&self) -> &Readers {
        &self.inner.readers
    }

    /// Wakes the reconcilers now, rather than when the change feed has come round.
    pub(crate) fn reconcile(&self) {
        self.inner.trust.notify_one();
        self.inner.authorities.notify_one();
        self.inner.planes.notify_one();
        self.inner.deploy.notify_one();
    }

    /// Wakes the reconciler of deployments.
    pub(crate) fn deploy_signal(&self) -> &Notify {
        &self.inner.deploy
    }

    /// Whose request is worked on.
    pub(crate) fn turns(&self) -> &Turns {
        &self.inner.turns
    }

    /// What the trust reconciler is woken for.
    pub(crate) fn trust_causes(&self) -> &Causes {
        &self.inner.trust_causes
    }

    /// Wakes the trust reconciler.
    pub(crate) fn trust_signal(&self) -> &Notify {
        &self.inner.trust
    }

    /// Wakes the reconciler of certificate authorities.
    pub(crate) fn authorities_signal(&self) -> &Notify {
        &self.inner.authorities
    }

    /// A document was signed and committed: whoever has a router at the backbone passes it on at once.
    pub(crate) fn trust_published(&self, backbone: BackboneId, signed: &SignedTrust) {
        self.inner.published.send_modify(|published| drop(published.insert(backbone, signed.clone())));
    }

    /// The documents this replica signs, as it does.
    pub(crate) fn published(&self) -> watch::Receiver<BTreeMap<BackboneId, SignedTrust>> {
        self.inner.published.subscribe()
    }

    /// Routers of a backbone remember a document of this version that the database does not know: the next must be newer.
    pub(crate) fn trust_beyond(&self, backbone: BackboneId, version: u64) {
        let mut beyond = self.inner.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        let least = beyond.entry(backbone).or_default();
        *least = (*least).max(version.saturating_add(1));
    }

    /// The least version the next document of a backbone must have, whatever is stored.
    pub(crate) fn trust_least(&self, backbone: BackboneId) -> u64 {
        let beyond = self.inner.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        beyond.get(&backbone).copied().unwrap_or_default()
    }

    /// How the clock of this replica compares with the database's.
    pub(crate) fn own_clock(&self) -> &clock::Own {
        &self.inner.own_clock
    }

    /// Cancelled when this very replica was evicted: it must not go on.
    pub(crate) fn evicted(&self) -> &CancellationToken {
        &self.inner.evicted
    }

    /// Wakes the reconciler of this replica's routers.
    pub(crate) fn planes_signal(&self) -> &Notify {
        &self.inner.planes
    }
}
