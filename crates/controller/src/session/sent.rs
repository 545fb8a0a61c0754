//! What a site was told to be, and what of it the site could not do: that is sent again, at growing intervals.

use std::{collections::BTreeMap, time::Duration};

use site_proto::{Applied, ItemDigest, State};
use tokio::time::Instant;

use crate::desired::Encoded;

/// How long to wait before something that failed is sent again, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// The most failures that are remembered of one site; it has more than that from us only to harm itself.
const MAX_FAILED: usize = 1_024;

/// What a site was told to be, in this session.
#[derive(Debug, Default)]
pub(super) struct Sent {
    told: Encoded,
    revision: u64,
    /// What was sent and not answered yet, with the revision it was sent in.
    awaited: BTreeMap<String, u64>,
    failed: BTreeMap<String, Failed>,
}

/// Something the site could not do.
#[derive(Debug)]
struct Failed {
    /// The digest of the item that could not be taken over; none, if one could not be removed.
    wanted: Option<[u8; 32]>,
    /// Why.
    message: String,
    wait: Duration,
    due: Instant,
}

impl Sent {
    /// The whole state, to begin with: what `have` lacks, and the list of all there should be.
    pub(super) fn begin(&mut self, desired: Encoded, have: &[ItemDigest]) -> State {
        self.revision = 1;
        let changed = desired.missing_from(have);
        self.awaited = changed.iter().map(|item| (item.key.clone(), 1)).collect();
        let state = State { revision: 1, full: true, keys: desired.keys(), changed, ..State::default() };
        self.told = desired;
        state
    }

    /// What leads to `desired`, with whatever failed before and is due to be tried again; nothing when there is nothing.
    pub(super) fn next(&mut self, desired: Encoded, now: Instant) -> Option<State> {
        let mut difference = self.told.difference(&desired).unwrap_or_default();
        // What failed and is wanted otherwise now is in the difference, or of no interest any more.
        self.failed.retain(|key, failed| failed.wanted == desired.digest(key));
        for (key, failed) in self.failed.iter_mut().filter(|(_, failed)| failed.due <= now) {
            // In case no answer comes.
            failed.due = now + failed.wait;
            match desired.item(key) {
                Some(item) => difference.changed.push(item),
                None => difference.removed.push(key.clone()),
            }
        }
        self.told = desired;
        if difference.changed.is_empty() && difference.removed.is_empty() {
            return None;
        }
        self.revision += 1;
        let keys = difference.changed.iter().map(|item| &item.key).chain(&difference.removed);
        self.awaited.extend(keys.map(|key| (key.clone(), self.revision)));
        let (changed, removed) = (difference.changed, difference.removed);
        Some(State { revision: self.revision, changed, removed, ..State::default() })
    }

    /// Takes in what became of a revision.
    pub(super) fn applied(&mut self, applied: Applied, now: Instant) {
        let superseded = |awaited: &BTreeMap<String, u64>, key: &str| {
            awaited.get(key).is_some_and(|revision| *revision > applied.revision)
        };
        let mut failures: BTreeMap<String, String> =
            applied.failures.into_iter().map(|failure| (failure.key, failure.message)).collect();
        // What was sent again since is answered later.
        failures.retain(|key, _| !superseded(&self.awaited, key));
        let answered = |key: &String| self.awaited.get(key).is_some_and(|revision| *revision <= applied.revision);
        self.failed.retain(|key, _| !answered(key) || failures.contains_key(key));
        self.awaited.retain(|_, revision| *revision > applied.revision);
        for (key, message) in failures {
            let wanted = self.told.digest(&key);
            if let Some(failed) = self.failed.get_mut(&key).filter(|failed| failed.wanted == wanted) {
                failed.message = message;
                failed.wait = (failed.wait * 2).min(AGAIN.1);
                failed.due = now + failed.wait;
            } else if self.failed.len() < MAX_FAILED {
                self.failed.insert(key, Failed { wanted, message, wait: AGAIN.0, due: now + AGAIN.0 });
            }
        }
    }

    /// Whether the site has taken over what it was told under this key, as far as it was told.
    pub(super) fn has(&self, key: &str) -> bool {
        !self.awaited.contains_key(key) && !self.failed.contains_key(key)
    }

    /// When [`Sent::next`] has something to try again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.failed.values().map(|failed| failed.due).min()
    }

    /// What the site could not do, and why: key and words.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.failed.iter().map(|(key, failed)| (key.as_str(), failed.message.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use model::{
        GenericUuid, ListenerId,
        desired::{Item, Settings},
        router::Listener,
    };
    use site_proto::ItemFailure;
    use uuid::Uuid;

    use super::*;

    fn listener(n: u128, bind: &str) -> Item {
        Item::Listener(Listener {
            id: ListenerId::from_untyped_uuid(Uuid::from_u128(n)),
            address: "web".parse().expect("an address"),
            bind: bind.parse().expect("a socket"),
        })
    }

    fn desired(items: &[Item]) -> Encoded {
        let settings = Settings {
            name: "a".parse().expect("a name"),
            parent: "b".parse().expect("a name"),
            classes: vec![],
            terms: Default::default(),
            draining: false,
        };
        Encoded::new(&[&[Item::Settings(settings)], items].concat())
    }

    fn failed(revision: u64, keys: &[&str]) -> Applied {
        let failures =
            keys.iter().map(|key| ItemFailure { key: (*key).to_owned(), message: "no".to_owned() }).collect();
        Applied { revision, failures }
    }

    fn keys(state: &State) -> Vec<&str> {
        state.changed.iter().map(|item| item.key.as_str()).chain(state.removed.iter().map(String::as_str)).collect()
    }

    #[test]
    fn what_a_site_could_not_do_is_sent_again_later_and_later_until_it_can() {
        let (mut sent, now) = (Sent::default(), Instant::now());
        let whole = desired(&[listener(1, "127.0.0.1:1")]);
        let key = listener(1, "127.0.0.1:1").key();
        assert_eq!(sent.begin(whole.clone(), &[]).changed.len(), 2);
        sent.applied(failed(1, &[&key]), now);
        assert_eq!(sent.failures().collect::<Vec<_>>(), [(key.as_str(), "no")]);
        assert_eq!(sent.next(whole.clone(), now), None, "not at once");
        let (mut at, mut waits) = (now, vec![]);
        for _ in 0..8 {
            let due = sent.due().expect("it is tried again");
            waits.push((due - at).as_secs());
            at = due;
            let state = sent.next(whole.clone(), at).expect("due");
            assert_eq!((keys(&state), state.full), (vec![key.as_str()], false));
            sent.applied(failed(state.revision, &[&key]), at);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        let state = sent.next(whole.clone(), sent.due().expect("again")).expect("due");
        sent.applied(failed(state.revision, &[]), at);
        assert_eq!((sent.failures().count(), sent.due()), (0, None));
    }

    #[test]
    fn what_is_changed_or_taken_back_meanwhile_is_sent_as_it_is_now() {
        let (mut sent, now) = (Sent::default(), Instant::now());
        let key = listener(1, "127.0.0.1:1").key();
        sent.begin(desired(&[listener(1, "127.0.0.1:1")]), &[]);
        sent.applied(failed(1, &[&key]), now);
        let state = sent.next(desired(&[listener(1, "127.0.0.1:2")]), now).expect("a change goes at once");
        assert_eq!((keys(&state), sent.failures().count()), (vec![key.as_str()], 0));
        // The answer to what was sent first says nothing of what was sent since.
        sent.applied(failed(1, &[&key]), now);
        assert_eq!(sent.failures().count(), 0);
        let state = sent.next(desired(&[]), now).expect("a removal goes at once");
        assert_eq!(state.removed, [key.as_str()]);
        sent.applied(failed(state.revision, &[&key]), now);
        let again = sent.next(desired(&[]), sent.due().expect("again")).expect("due");
        assert_eq!(again.removed, [key.as_str()], "a removal that failed is tried again, too");
    }

    #[test]
    fn an_answer_to_something_else_leaves_a_failure_where_it_is() {
        let (mut sent, now) = (Sent::default(), Instant::now());
        let key = listener(1, "127.0.0.1:1").key();
        sent.begin(desired(&[listener(1, "127.0.0.1:1")]), &[]);
        sent.applied(failed(1, &[&key]), now);
        let both = desired(&[listener(1, "127.0.0.1:1"), listener(2, "127.0.0.1:2")]);
        let state = sent.next(both, now).expect("another listener");
        sent.applied(failed(state.revision, &[]), now);
        assert_eq!(sent.failures().count(), 1);
    }
}
