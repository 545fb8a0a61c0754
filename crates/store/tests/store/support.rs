use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, BackboneSiteId, Clock, Der, InvitationId, Name, NetworkId,
    id::GenericUuid,
    terms::{Admission, Terms},
};
use newtype_uuid::{TypedUuid, TypedUuidKind};
use serde_json::json;
use store::{
    Context, Store, Tx,
    backbone::{self, DataPlane},
    invitation::{self, NewInvitation},
    network::{self, AddressMode, NewNetwork},
    redemption::Redemption,
};
use testkit::postgres::{TestDatabase, database};
use uuid::Uuid;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl Hands {
    pub(crate) fn move_to(&self, second: i64) {
        self.0.store(second, Ordering::SeqCst);
    }
}

/// When tests begin.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A store with the schema of this program, in a database of its own, and the clock it goes by.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: Arc<Hands>,
    pub(crate) database: TestDatabase,
}

pub(crate) async fn fixture() -> Fixture {
    let database = database().await;
    let clock = Arc::new(Hands(AtomicI64::new(NOW)));
    let store = Store::connect(&database.url, clock.clone()).await.unwrap();
    store.migrate().await.unwrap();
    Fixture { store, clock, database }
}

pub(crate) fn context() -> Context {
    Context::new("tester")
}

impl Fixture {
    pub(crate) async fn begin(&self) -> Tx {
        self.store.begin(&context()).await.unwrap()
    }
}

pub(crate) fn id<K: TypedUuidKind>() -> TypedUuid<K> {
    TypedUuid::from_untyped_uuid(Uuid::new_v4())
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A digest of a key that nobody has.
pub(crate) fn key(n: u8) -> [u8; 32] {
    [n; 32]
}

pub(crate) async fn a_backbone(tx: &mut Tx, called: &str) -> BackboneId {
    backbone::create(tx, id(), &name(called), DataPlane::Native).await.unwrap().id
}

/// A network that is open now, and ends in a thousand seconds.
pub(crate) fn new_network(backbone: BackboneId, called: &str) -> NewNetwork {
    NewNetwork {
        id: id(),
        backbone,
        name: name(called),
        owner: id(),
        start: at(NOW),
        end: Some(at(NOW + 1_000)),
        grace: SignedDuration::from_secs(60),
        address_mode: AddressMode::Open,
    }
}

pub(crate) async fn a_network(tx: &mut Tx, called: &str) -> NetworkId {
    let backbone = a_backbone(tx, &format!("{called}-backbone")).await;
    network::create(tx, new_network(backbone, called)).await.unwrap().id
}

pub(crate) fn new_invitation(network: NetworkId, called: &str, uses_allowed: Option<u32>) -> NewInvitation {
    NewInvitation {
        id: id(),
        network,
        name: name(called),
        uses_allowed,
        deadline: None,
        classes: vec![],
        name_prefix: name("till"),
        admission: Admission::Automatic,
        interactive: false,
        passcode: None,
        terms: Terms::default(),
        claim_certificate: Der(vec![1]),
        sealed_claim_key: vec![2],
    }
}

pub(crate) async fn an_invitation(tx: &mut Tx, network: NetworkId, uses_allowed: Option<u32>) -> InvitationId {
    invitation::create(tx, new_invitation(network, "invitation", uses_allowed)).await.unwrap().id
}

pub(crate) fn claim(network: NetworkId, invitation: InvitationId, key: [u8; 32], wish: Option<&str>) -> Redemption {
    Redemption {
        network,
        invitation,
        site: id(),
        claim_until: None,
        key_digest: key,
        name: wish.map(name),
        passcode: None,
        platform: json!({"os": "linux"}),
    }
}

pub(crate) async fn a_backbone_site(tx: &mut Tx, backbone: BackboneId, called: &str) -> BackboneSiteId {
    store::backbone_site::create(tx, id(), backbone, &name(called)).await.unwrap().id
}
