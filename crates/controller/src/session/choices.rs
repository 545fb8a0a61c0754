//! What participants choose at their own sites, noted in the audit chain: listeners and connectors of their own, and other
//! hosts and ports for central ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use model::{Identity, SpiffeId};
use serde_json::{Value, json};
use store::{
    Context,
    event::{Event, ObjectKind},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    App,
    ops::{OpError, observed},
    sessions::Party,
};

/// The least time between two notes for one session: what is changed and changed back in between is not noted.
const BETWEEN: Duration = Duration::from_secs(1);
/// The same, once a site had this much to note.
const BETWEEN_MANY: Duration = Duration::from_secs(60);
/// The most changes that are noted at once; what is left is noted next time.
const AT_ONCE: usize = 32;

type Key = (ObjectKey, Uuid);

/// The kinds in the order in which they are noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ObjectKey {
    Listener,
    Connector,
}

/// One choice of a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    address: String,
    socket: String,
    /// What was authored centrally; nothing, for what is the site's own.
    authored: Option<String>,
}

/// The choices of a site's participant that are noted.
#[derive(Debug)]
pub(super) struct Choices {
    noted: BTreeMap<Key, Choice>,
    again: Instant,
}

impl Choices {
    /// With what the site reported before.
    pub(super) fn new(report: &observed::Report) -> Self {
        Self { noted: of(report), again: Instant::now() }
    }

    /// When there is something to note, when that is to be done.
    pub(super) fn due(&self, report: &observed::Report) -> Option<Instant> {
        (self.noted != of(report)).then_some(self.again)
    }

    /// Notes what has changed.
    pub(super) async fn note(&mut self, app: &App, party: Party, report: &observed::Report) -> Result<(), OpError> {
        let Party::Member(_, network, site) = party else { return Ok(()) };
        let now = of(report);
        let keys: BTreeSet<Key> = self.noted.keys().chain(now.keys()).copied().collect();
        let changed = keys.into_iter().filter(|key| self.noted.get(key) != now.get(key));
        let changed: Vec<Key> = changed.take(AT_ONCE).collect();
        let many = changed.len() > 1;
        self.again = Instant::now() + if many { BETWEEN_MANY } else { BETWEEN };
        let id = SpiffeId { installation: app.installation(), identity: Identity::Member { network, site } };
        let mut tx = app.store().begin(&Context::identity(&id)).await?;
        for key in &changed {
            let (before, after) = (self.noted.get(key), now.get(key));
            let event = Event::new(action(key.0, before, after), kind(key.0), key.1).in_network(network);
            let json = |choice: Option<&Choice>| choice.map(|choice| choice.json(site.to_string()));
            tx.record(Event { before: json(before), after: json(after), ..event });
        }
        tx.commit().await?;
        for key in changed {
            match now.get(&key) {
                Some(choice) => self.noted.insert(key, choice.clone()),
                None => self.noted.remove(&key),
            };
        }
        Ok(())
    }
}

impl Choice {
    fn json(&self, site: String) -> Value {
        let Self { address, socket, authored } = self;
        json!({ "site": site, "address": address, "socket": socket, "authored": authored })
    }
}

fn of(report: &observed::Report) -> BTreeMap<Key, Choice> {
    let choice = |socket: &observed::Socket| Choice {
        address: socket.address.clone(),
        socket: socket.socket.clone(),
        authored: (!socket.local).then(|| socket.authored.clone()),
    };
    let of = |kind: ObjectKey, sockets: &[observed::Socket]| -> Vec<(Key, Choice)> {
        let chosen = sockets.iter().filter(|socket| socket.local || !socket.authored.is_empty());
        chosen.filter_map(|socket| Some(((kind, Uuid::try_parse(&socket.id).ok()?), choice(socket)))).collect()
    };
    let listeners = of(ObjectKey::Listener, &report.listeners);
    listeners.into_iter().chain(of(ObjectKey::Connector, &report.connectors)).collect()
}

fn kind(key: ObjectKey) -> ObjectKind {
    match key {
        ObjectKey::Listener => ObjectKind::Listener,
        ObjectKey::Connector => ObjectKind::Connector,
    }
}

/// What the participant did. These actions concern no other site: see [`crate::effects`].
fn action(key: ObjectKey, before: Option<&Choice>, after: Option<&Choice>) -> &'static str {
    let own = before.or(after).is_some_and(|choice| choice.authored.is_none());
    match (key, own) {
        (ObjectKey::Listener, false) => "listener.adapt",
        (ObjectKey::Connector, false) => "connector.adapt",
        (ObjectKey::Listener, true) => "listener.choose",
        (ObjectKey::Connector, true) => "connector.choose",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(sockets: &[(u128, bool, &str, &str)]) -> observed::Report {
        let socket = |&(id, local, socket, authored): &(u128, bool, &str, &str)| observed::Socket {
            id: Uuid::from_u128(id).to_string(),
            address: "web".to_owned(),
            local,
            socket: socket.to_owned(),
            authored: authored.to_owned(),
            ..observed::Socket::default()
        };
        observed::Report { listeners: sockets.iter().map(socket).collect(), ..observed::Report::default() }
    }

    #[test]
    fn only_what_the_participant_chose_is_a_choice() {
        let before = report(&[(1, false, "127.0.0.1:80", ""), (2, true, "127.0.0.1:81", "")]);
        let choices = Choices::new(&before);
        assert_eq!(choices.noted.len(), 1, "the site's own");
        assert_eq!(choices.due(&before), None);
        // The owner moved the central one: no choice of the participant's.
        let moved = report(&[(1, false, "127.0.0.1:8080", ""), (2, true, "127.0.0.1:81", "")]);
        assert_eq!(choices.due(&moved), None);
        let adapted = report(&[(1, false, "127.0.0.1:9", "127.0.0.1:80"), (2, true, "127.0.0.1:81", "")]);
        assert!(choices.due(&adapted).is_some());
        let adapted = of(&adapted);
        let choice = adapted.values().next().expect("there is one");
        assert_eq!(action(ObjectKey::Listener, None, Some(choice)), "listener.adapt");
        assert_eq!(action(ObjectKey::Listener, choices.noted.values().next(), None), "listener.choose");
    }
}
