//! Records: what routers say of themselves, signed. The newest of each wins, and none outlives its origin for long.

use std::collections::BTreeMap;

use crate::{
    Millis, NodeId, Realm,
    link::{Record, SignedRecord, record::Body},
};

/// Orders the records of one origin: a later epoch, or a later one within the epoch, is newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The life of the origin.
    pub epoch: u64,
    /// Grows with every record of that life.
    pub sequence: u64,
}

/// What a record of an origin is about: a newer record replaces an older one about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Its links to other routers.
    LinkState,
    /// Who of one realm is attached at it.
    Attached(Realm),
}

/// What a record is, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Who made it.
    pub origin: NodeId,
    /// What it is about.
    pub topic: Topic,
    /// Which of its kind it is.
    pub version: Version,
    /// It withdraws what earlier ones said.
    pub withdrawn: bool,
}

impl Head {
    /// Reads what `record` is; `None` when it is none of ours.
    pub fn read(record: &Record) -> Option<Self> {
        let (topic, withdrawn) = match record.body.as_ref()? {
            Body::LinkState(_) => (Topic::LinkState, false),
            Body::Network(network) => {
                (Topic::Attached(Realm::from_record(&network.network)?), network.sites.is_empty())
            }
        };
        let version = Version { epoch: record.epoch, sequence: record.sequence };
        Some(Self { origin: NodeId::from_wire(&record.origin)?, topic, version, withdrawn })
    }
}

/// What to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It says something new.
    Newer,
    /// It is the one held, or older.
    Old,
    /// Its origin has too many.
    TooMany,
}

/// Every record held, one of each topic and origin.
///
/// An origin repeats its link state every [`Records::REFRESH`]. All its records live for [`Records::LIFETIME`] from when
/// it last did, so that a thousand quiet networks cost next to nothing: records of attached sites are repeated only every
/// [`Records::REPEAT`], for those who could not verify them when they came. What withdraws a record is kept until no copy of that record can be alive anywhere, and later ones that are
/// no newer are still known for what they are.
#[derive(Debug, Default)]
pub struct Records {
    origins: BTreeMap<NodeId, Origin>,
}

#[derive(Debug)]
struct Origin {
    epoch: u64,
    /// A record of this epoch about a topic of which nothing is held is new only above this: below are those that were
    /// withdrawn so long ago that even the withdrawal was dropped.
    floor: u64,
    heard: Millis,
    link_state: Option<Held>,
    attached: BTreeMap<Realm, Held>,
}

#[derive(Debug)]
struct Held {
    version: Version,
    withdrawn: bool,
    signed: SignedRecord,
    arrived: Millis,
}

impl Held {
    /// How long ago the origin made it.
    fn age(&self, now: Millis) -> u64 {
        now.since(self.arrived).saturating_add(self.signed.age_ms.into())
    }

    fn aged(&self, now: Millis) -> SignedRecord {
        SignedRecord { age_ms: u32::try_from(self.age(now)).unwrap_or(u32::MAX), ..self.signed.clone() }
    }
}

impl Records {
    /// How often an origin repeats its link state, in milliseconds.
    pub const REFRESH: u64 = 60_000;
    /// How often an origin repeats its other records at the most, in milliseconds: at the least half as often, each realm
    /// at its own pace so that they do not all come at once.
    pub const REPEAT: u64 = 600_000;
    /// How long the records of an origin live after it made its last link state, in milliseconds.
    pub const LIFETIME: u64 = 180_000;
    /// How long a withdrawal is kept, in milliseconds: whoever missed it has forgotten the origin by then.
    pub const WITHDRAWN: u64 = 2 * Self::LIFETIME;
    /// The most realms one origin may have records about.
    pub const REALMS: usize = 16_384;

    /// Whether a record is news.
    pub fn judge(&self, head: &Head) -> Judgement {
        let Some(origin) = self.origins.get(&head.origin) else {
            return Judgement::Newer;
        };
        if head.version.epoch != origin.epoch {
            return if head.version.epoch > origin.epoch { Judgement::Newer } else { Judgement::Old };
        }
        let newer = match (origin.held(head.topic), head.topic) {
            (Some(held), _) => head.version > held.version,
            (None, Topic::LinkState) => true,
            (None, Topic::Attached(_)) if head.version.sequence <= origin.floor => false,
            (None, Topic::Attached(_)) if origin.attached.len() >= Self::REALMS => return Judgement::TooMany,
            (None, Topic::Attached(_)) => true,
        };
        if newer { Judgement::Newer } else { Judgement::Old }
    }

    /// Keeps a record that is [`Judgement::Newer`]. Says whether it is the first of a new life of its origin: what was
    /// held from earlier ones is gone.
    pub fn keep(&mut self, head: &Head, signed: SignedRecord, now: Millis) -> bool {
        let epoch = head.version.epoch;
        let fresh = || Origin { epoch, floor: 0, heard: now, link_state: None, attached: BTreeMap::new() };
        let origin = self.origins.entry(head.origin).or_insert_with(fresh);
        let reborn = origin.epoch != epoch;
        if reborn {
            *origin = fresh();
        }
        let held = Held { version: head.version, withdrawn: head.withdrawn, signed, arrived: now };
        match head.topic {
            Topic::LinkState => origin.link_state = Some(held),
            Topic::Attached(realm) => {
                origin.attached.insert(realm, held);
            }
        }
        reborn
    }

    /// The version held of a topic, and whether it is a withdrawal.
    pub fn held(&self, origin: NodeId, topic: Topic) -> Option<(Version, bool)> {
        self.origins.get(&origin)?.held(topic).map(|held| (held.version, held.withdrawn))
    }

    /// What records of an origin are held about.
    pub fn topics(&self, origin: NodeId) -> Vec<Topic> {
        let Some(origin) = self.origins.get(&origin) else {
            return Vec::new();
        };
        let link_state = origin.link_state.iter().map(|_| Topic::LinkState);
        link_state.chain(origin.attached.keys().map(|realm| Topic::Attached(*realm))).collect()
    }

    /// About which realms an origin, which is here, has said nothing for so long that it should say it again.
    pub fn to_repeat(&self, origin: NodeId, now: Millis) -> Vec<Topic> {
        let pace = |realm: &Realm| {
            let spread = realm.to_record().iter().rev().take(4).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
            Self::REPEAT + spread % Self::REPEAT
        };
        let attached = self.origins.get(&origin).into_iter().flat_map(|origin| &origin.attached);
        let old = attached.filter(|(realm, held)| !held.withdrawn && held.age(now) >= pace(realm));
        old.map(|(realm, _)| Topic::Attached(*realm)).collect()
    }

    /// Everything held, as it is passed to a new neighbour: of each origin its link state first.
    pub fn all(&self, now: Millis) -> impl Iterator<Item = SignedRecord> + '_ {
        self.origins
            .values()
            .flat_map(|origin| origin.link_state.iter().chain(origin.attached.values()))
            .map(move |held| held.aged(now))
    }

    /// Forgets an origin.
    pub fn forget(&mut self, origin: NodeId) {
        self.origins.remove(&origin);
    }

    /// Forgets what is too old, and says which origins went with all their records. `me` never does; and what of `me` was
    /// withdrawn so long ago that it is dropped is news again when somebody still has it: the clock here may have run ahead
    /// of theirs, and only a newer withdrawal ends it there.
    pub fn expire(&mut self, me: NodeId, now: Millis) -> Vec<NodeId> {
        let dead = self.origins.iter().filter(|(id, origin)| **id != me && origin.is_dead(now));
        let dead: Vec<NodeId> = dead.map(|(id, _)| *id).collect();
        for id in &dead {
            self.origins.remove(id);
        }
        for (id, origin) in &mut self.origins {
            let floor = &mut origin.floor;
            origin.attached.retain(|_, held| {
                let drop = held.withdrawn && held.age(now) >= Self::WITHDRAWN;
                if drop && *id != me {
                    *floor = (*floor).max(held.version.sequence);
                }
                !drop
            });
        }
        dead
    }

    /// How many records are held.
    pub fn len(&self) -> usize {
        self.origins.values().map(|origin| usize::from(origin.link_state.is_some()) + origin.attached.len()).sum()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }
}

impl Origin {
    fn held(&self, topic: Topic) -> Option<&Held> {
        match topic {
            Topic::LinkState => self.link_state.as_ref(),
            Topic::Attached(realm) => self.attached.get(&realm),
        }
    }

    fn is_dead(&self, now: Millis) -> bool {
        let age = self.link_state.as_ref().map_or_else(|| now.since(self.heard), |held| held.age(now));
        age >= Records::LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use model::GenericUuid;
    use uuid::Uuid;

    use super::*;

    const ORIGIN: NodeId = NodeId(Uuid::from_u128(1));
    const ME: NodeId = NodeId(Uuid::from_u128(99));

    fn realm(n: u128) -> Topic {
        Topic::Attached(Realm::Network(model::NetworkId::from_untyped_uuid(Uuid::from_u128(n))))
    }

    fn head(topic: Topic, epoch: u64, sequence: u64) -> Head {
        Head { origin: ORIGIN, topic, version: Version { epoch, sequence }, withdrawn: false }
    }

    fn keep(records: &mut Records, head: Head, age_ms: u32, now: u64) -> bool {
        assert_eq!(records.judge(&head), Judgement::Newer, "{head:?}");
        records.keep(&head, SignedRecord { age_ms, ..Default::default() }, Millis(now))
    }

    #[test]
    fn the_newer_record_of_a_topic_wins_whatever_the_order() {
        let mut records = Records::default();
        keep(&mut records, head(Topic::LinkState, 1, 5), 0, 0);
        for old in [head(Topic::LinkState, 1, 5), head(Topic::LinkState, 1, 4), head(Topic::LinkState, 0, 9)] {
            assert_eq!(records.judge(&old), Judgement::Old);
        }
        keep(&mut records, head(realm(1), 1, 2), 0, 0);
        keep(&mut records, head(Topic::LinkState, 1, 6), 0, 0);
        assert_eq!(records.len(), 2);
    }

    #[test]
    fn a_new_life_ends_what_the_earlier_one_said() {
        let mut records = Records::default();
        assert!(!keep(&mut records, head(Topic::LinkState, 1, 5), 0, 0));
        assert!(!keep(&mut records, head(realm(1), 1, 6), 0, 0));
        assert!(keep(&mut records, head(Topic::LinkState, 2, 1), 0, 0));
        assert_eq!(records.len(), 1);
        assert_eq!(records.judge(&head(realm(1), 1, 6)), Judgement::Old);
    }

    #[test]
    fn records_die_with_the_link_state_of_their_origin_and_do_not_grow_young_by_travelling() {
        let mut records = Records::default();
        keep(&mut records, head(Topic::LinkState, 1, 1), 100_000, 1_000);
        keep(&mut records, head(realm(1), 1, 2), 0, 2_000);
        assert_eq!(records.all(Millis(3_000)).map(|r| r.age_ms).collect::<Vec<_>>(), [102_000, 1_000]);
        assert!(records.expire(ME, Millis(80_999)).is_empty());
        assert_eq!(records.expire(ME, Millis(81_000)), [ORIGIN]);
        assert!(records.is_empty());
    }

    #[test]
    fn ones_own_records_do_not_expire() {
        let mut records = Records::default();
        keep(&mut records, head(Topic::LinkState, 1, 1), 0, 0);
        assert!(records.expire(ORIGIN, Millis(u64::MAX)).is_empty());
    }

    #[test]
    fn records_without_link_state_do_not_stay() {
        let mut records = Records::default();
        keep(&mut records, head(realm(1), 1, 2), 0, 0);
        assert_eq!(records.expire(ME, Millis(Records::LIFETIME)), [ORIGIN]);
    }

    #[test]
    fn what_was_withdrawn_does_not_come_back() {
        let mut records = Records::default();
        keep(&mut records, head(realm(1), 1, 7), 0, 0);
        keep(&mut records, Head { withdrawn: true, ..head(realm(1), 1, 8) }, 0, 0);
        for refresh in 1..8 {
            keep(&mut records, head(Topic::LinkState, 1, 100 + refresh), 0, refresh * Records::REFRESH);
            records.expire(ME, Millis(refresh * Records::REFRESH));
        }
        assert_eq!(records.len(), 1, "the withdrawal itself is dropped");
        assert_eq!(records.judge(&head(realm(1), 1, 7)), Judgement::Old);
        assert_eq!(records.judge(&head(realm(1), 1, 200)), Judgement::Newer);
    }

    #[test]
    fn what_was_withdrawn_here_is_withdrawn_again_where_it_is_still_held() {
        let mut records = Records::default();
        keep(&mut records, head(realm(1), 1, 7), 0, 0);
        keep(&mut records, Head { withdrawn: true, ..head(realm(1), 1, 8) }, 0, 0);
        keep(&mut records, head(Topic::LinkState, 1, 9), 0, Records::WITHDRAWN);
        records.expire(ORIGIN, Millis(Records::WITHDRAWN));
        assert_eq!(records.held(ORIGIN, realm(1)), None);
        assert_eq!(records.judge(&head(realm(1), 1, 7)), Judgement::Newer);
    }

    #[test]
    fn one_origin_cannot_fill_the_memory() {
        let mut records = Records::default();
        for n in 0..u128::try_from(Records::REALMS).expect("fits") {
            keep(&mut records, head(realm(n + 1), 1, 1), 0, 0);
        }
        assert_eq!(records.judge(&head(realm(u128::MAX), 1, 1)), Judgement::TooMany);
        assert_eq!(records.judge(&head(realm(1), 1, 2)), Judgement::Newer);
    }
}
