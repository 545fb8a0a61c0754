//! The audit chain: each event's hash covers the event and the hash before it, so that no row can be changed, removed
//! or moved without every later hash being wrong.
//!
//! The canonical form that is hashed is the domain `skx-event-1`, the previous hash, the position and the time
//! (microseconds since the Unix epoch) as 64-bit big-endian integers, then each text: one byte that says whether it is
//! present, its length as a 64-bit big-endian integer, its bytes. JSON is written without spaces, members sorted by
//! key, whole numbers without a fraction.

use std::fmt::Write as _;

use jiff::Timestamp;
use model::{Clock, id::GenericUuid};
use ring::digest::{Context as Hasher, SHA256};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Context, Db, Snapshot, Store, StoreError,
    causes::{self, Cause},
    cut::{self, Cut},
    event::{self, Event, Recorded},
    sql::{Digest, at},
};

/// The advisory lock under which positions are given. Any number that nothing else uses.
const LOCK: i64 = 0x736b_785f_6576_6e74;

/// The channel on which commits wake readers. The notification is empty: readers read the table.
pub(crate) const CHANNEL: &str = "skx_event";

/// Gives `events` their places in the chain and wakes readers, as the last statements before the commit. Returns the
/// position of the last one.
pub(crate) async fn append(
    db: &mut PgConnection,
    context: &Context,
    clock: &dyn Clock,
    events: Vec<Event>,
) -> Result<i64, StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK).execute(&mut *db).await?;
    // A statement of its own: its snapshot is taken after the lock, and so sees the commit that held it before.
    let head = sqlx::query!(r#"SELECT position, hash AS "hash: Digest" FROM event_head"#).fetch_one(&mut *db).await?;
    let (mut position, mut hash): (i64, [u8; 32]) = (head.position, head.hash.into());
    // Read under the lock, times grow with positions. The database keeps microseconds.
    let time =
        Timestamp::from_microsecond(clock.now().as_microsecond()).expect("a time cut to microseconds is in range");
    let first = position + 1;
    let mut recorded = Vec::with_capacity(events.len());
    for event in events {
        position += 1;
        let mut next = Recorded {
            position,
            time,
            actor: context.actor.clone(),
            on_behalf_of: context.on_behalf_of.clone(),
            action: event.action.into_owned(),
            object_kind: event.object_kind,
            object_id: event.object_id,
            network: event.network,
            backbone: event.backbone,
            before: event.before,
            after: event.after,
            outcome: event.outcome,
            request_id: context.request_id.clone(),
            address: context.address.clone(),
            previous_hash: hash,
            hash,
        };
        next.hash = digest(&next);
        hash = next.hash;
        recorded.push(next);
    }
    insert(&mut *db, context, time, &recorded).await?;
    if let Some(traceparent) = &context.traceparent {
        causes::insert(&mut *db, &Cause { first, last: position, traceparent: traceparent.clone() }, time).await?;
    }
    sqlx::query!(
        "WITH head AS (UPDATE event_head SET position = $1, hash = $2 RETURNING position)
        SELECT pg_notify($3, '') FROM head",
        position,
        &hash[..],
        CHANNEL,
    )
    .execute(&mut *db)
    .await?;
    Ok(position)
}

/// All of them at once, however many they are: nobody else gets a place meanwhile.
async fn insert(
    db: &mut PgConnection,
    context: &Context,
    time: Timestamp,
    events: &[Recorded],
) -> Result<(), StoreError> {
    fn column<T>(events: &[Recorded], of: impl FnMut(&Recorded) -> T) -> Vec<T> {
        events.iter().map(of).collect()
    }
    sqlx::query!(
        "INSERT INTO event (position, time, actor, action, object_kind, object_id, network_id, backbone_id, before, after,
            outcome, on_behalf_of, request_id, address, previous_hash, hash)
        SELECT position, $2, $3, action, object_kind, object_id, network_id, backbone_id, before, after, outcome, $4, $5, $6,
            previous_hash, hash
        FROM unnest($1::bigint[], $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::uuid[], $12::jsonb[], $13::jsonb[],
            $14::text[], $15::bytea[], $16::bytea[])
            AS new (position, action, object_kind, object_id, network_id, backbone_id, before, after, outcome,
                previous_hash, hash)",
        &column(events, |it| it.position),
        at(time),
        context.actor,
        context.on_behalf_of.as_deref(),
        context.request_id.as_deref(),
        context.address.as_deref(),
        &column(events, |it| it.action.clone()),
        &column(events, |it| it.object_kind.as_str().to_owned()),
        &column(events, |it| it.object_id) as &[Option<Uuid>],
        &column(events, |it| it.network.map(GenericUuid::into_untyped_uuid)) as &[Option<Uuid>],
        &column(events, |it| it.backbone.map(GenericUuid::into_untyped_uuid)) as &[Option<Uuid>],
        &column(events, |it| it.before.clone()) as &[Option<Value>],
        &column(events, |it| it.after.clone()) as &[Option<Value>],
        &column(events, |it| it.outcome.as_str().to_owned()),
        &column(events, |it| it.previous_hash.to_vec()),
        &column(events, |it| it.hash.to_vec()),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event is as it was recorded, up to this position.
    Intact {
        /// The newest event; 0 when there is none.
        head: i64,
    },
    /// The chain is broken.
    Broken {
        /// The first position that is wrong.
        position: i64,
        /// What is wrong there.
        fault: Fault,
    },
}

/// What is wrong with a position of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The row is gone.
    #[error("the event was removed")]
    Removed,
    /// The row is not what was recorded: it was altered, or another was put in its place.
    #[error("the event was altered")]
    Altered,
    /// The row is whole, but does not follow the one before it.
    #[error("the event does not follow the one before it: events were replaced or reordered")]
    Misplaced,
    /// The row was added behind the end of the chain.
    #[error("the event was added without its place in the chain")]
    Added,
    /// The cut at which events have left is not what was signed, or nobody signed it who may.
    #[error("events up to here are gone, and the cut that says so was not signed by this installation")]
    Cut,
}

/// What a check of the whole chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The newest event, as it was noted when it was recorded; 0 when there is none.
    pub head: i64,
    /// Its hash.
    pub head_hash: [u8; 32],
    /// Every position that is wrong, in order; at most [`Checker::MOST`].
    pub faults: Vec<(i64, Fault)>,
    /// The cuts at which events have left, oldest first. Who has signed them is for the caller to check.
    pub cuts: Vec<Cut>,
}

/// Checks the chain from position `from` (1: all of it) to its end, and names the first position that is wrong.
///
/// `from` may be a position that was verified before: what lies before it is then taken as it is.
pub async fn verify(store: &Store, from: i64) -> Result<Verdict, StoreError> {
    let Examination { head, faults, .. } = examine(store, from).await?;
    Ok(match faults.first() {
        Some((position, fault)) => Verdict::Broken { position: *position, fault: *fault },
        None => Verdict::Intact { head },
    })
}

/// Checks the chain as [`verify`] does, and names every position that is wrong.
pub async fn examine(store: &Store, from: i64) -> Result<Examination, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let examination = examine_at(&mut snapshot, from).await?;
    snapshot.end().await?;
    Ok(examination)
}

async fn examine_at(snapshot: &mut Snapshot, from: i64) -> Result<Examination, StoreError> {
    const BATCH: u32 = 1_000;
    let (head, head_hash) = head_at(snapshot).await?;
    let cuts = cut::list(&mut *snapshot).await?;
    let begins = cuts.last().map_or(0, |cut| cut.position);
    // What was there before the cut is read, too: it should be gone.
    let mut position = if from <= begins { 0 } else { from.max(1) - 1 };
    let mut checker = match (cuts.last(), position) {
        (None, 0) => Checker::from_start(),
        (Some(cut), 0) => Checker::after_cut(cut),
        (Some(cut), _) if position == begins => Checker::after_cut(cut),
        _ => {
            let before = event::after(&mut *snapshot, position - 1, 1).await?;
            let before = before.into_iter().find(|event| event.position == position);
            Checker::after(position, before.map(|event| event.hash))
        }
    };
    loop {
        let batch = event::after(&mut *snapshot, position, BATCH).await?;
        let Some(last) = batch.last() else { break };
        position = last.position;
        batch.iter().for_each(|event| checker.next(event, Some(head)));
    }
    Ok(Examination { head, head_hash, faults: checker.finish(head, head_hash), cuts })
}

/// The position and the hash of the newest event, as they were noted when it was recorded.
pub async fn head(store: &Store) -> Result<(i64, [u8; 32]), StoreError> {
    let mut snapshot = store.snapshot().await?;
    let head = head_at(&mut snapshot).await?;
    snapshot.end().await?;
    Ok(head)
}

pub(crate) async fn head_at(snapshot: &mut Snapshot) -> Result<(i64, [u8; 32]), StoreError> {
    let mut reader = snapshot;
    let mut db = reader.source().connection().await?;
    let head = sqlx::query!(r#"SELECT position, hash AS "hash: Digest" FROM event_head"#).fetch_one(&mut *db).await?;
    Ok((head.position, head.hash.into()))
}

/// Holds events to the chain one after the other, wherever they come from: the database, or a file.
#[derive(Clone, Debug)]
pub struct Checker {
    expected: i64,
    /// The hash the next event must name, if that is known.
    previous: Option<[u8; 32]>,
    faults: Vec<(i64, Fault)>,
}

impl Checker {
    /// How many faults are named.
    pub const MOST: usize = 1_000;

    /// Expects the first event of the chain.
    pub fn from_start() -> Self {
        Self { expected: 1, previous: Some([0; 32]), faults: vec![] }
    }

    /// Expects the first event that has stayed when the chain was cut.
    pub fn after_cut(cut: &Cut) -> Self {
        Self::after(cut.position, Some(cut.hash))
    }

    /// Expects the event after `position`, whose hash is `hash`, if that is known.
    pub fn after(position: i64, hash: Option<[u8; 32]>) -> Self {
        Self { expected: position + 1, previous: hash, faults: vec![] }
    }

    /// Checks the next event of a chain that ends at `end`, if that is known.
    pub fn next(&mut self, event: &Recorded, end: Option<i64>) {
        if event.position < self.expected {
            return self.found(event.position, Fault::Misplaced);
        }
        self.missing(event.position);
        if end.is_some_and(|end| event.position > end) {
            self.found(event.position, Fault::Added);
        } else if digest(event) != event.hash {
            self.found(event.position, Fault::Altered);
        } else if self.previous.is_some_and(|previous| previous != event.previous_hash) {
            self.found(event.position, Fault::Misplaced);
        }
        self.previous = Some(event.hash);
        self.expected = event.position + 1;
    }

    /// Every position that is wrong, now that the end has come, which was noted as `head`.
    pub fn finish(mut self, head: i64, head_hash: [u8; 32]) -> Vec<(i64, Fault)> {
        let reached = self.expected - 1;
        self.missing(head + 1);
        if head > 0 && reached == head && self.previous.is_some_and(|previous| previous != head_hash) {
            // The last rows were rewritten, hashes and all.
            self.found(head, Fault::Altered);
        }
        self.faults
    }

    /// Notes what is missing before `position`.
    fn missing(&mut self, position: i64) {
        if self.expected < position {
            self.previous = None;
        }
        while self.expected < position && self.faults.len() < Self::MOST {
            self.found(self.expected, Fault::Removed);
            self.expected += 1;
        }
        self.expected = self.expected.max(position);
    }

    fn found(&mut self, position: i64, fault: Fault) {
        if self.faults.len() < Self::MOST {
            self.faults.push((position, fault));
        }
    }
}

/// The hash of an event: SHA-256 over its canonical form.
pub fn digest(event: &Recorded) -> [u8; 32] {
    let mut hasher = Hasher::new(&SHA256);
    hasher.update(b"skx-event-1");
    hasher.update(&event.previous_hash);
    hasher.update(&event.position.to_be_bytes());
    hasher.update(&event.time.as_microsecond().to_be_bytes());
    let mut text = |text: Option<&str>| {
        hasher.update(&[u8::from(text.is_some())]);
        let bytes = text.unwrap_or_default().as_bytes();
        hasher.update(&u64::try_from(bytes.len()).expect("lengths fit in 64 bits").to_be_bytes());
        hasher.update(bytes);
    };
    text(Some(&event.actor));
    text(event.on_behalf_of.as_deref());
    text(Some(&event.action));
    text(Some(event.object_kind.as_str()));
    text(event.object_id.map(|id| id.to_string()).as_deref());
    text(event.network.map(|id| id.to_string()).as_deref());
    text(event.backbone.map(|id| id.to_string()).as_deref());
    text(event.before.as_ref().map(canonical).as_deref());
    text(event.after.as_ref().map(canonical).as_deref());
    text(Some(event.outcome.as_str()));
    text(event.request_id.as_deref());
    text(event.address.as_deref());
    hasher.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// JSON in the one form it has whichever way it went through the database, which keeps neither the order of members
/// nor the spelling of numbers.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, value)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, value) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(value, out);
            }
            out.push(']');
        }
        Value::Number(number) => match number.as_f64() {
            // The database writes 1e2 as 100 and 1.0 as 1.0. Whole numbers are written as such, as far as they are
            // read as 64-bit integers.
            Some(float) if number.is_f64() && float.fract() == 0.0 && (-TWO_63..2.0 * TWO_63).contains(&float) => {
                write!(out, "{float:.0}").expect("writing to a string cannot fail");
                if out.ends_with("-0") {
                    out.truncate(out.len() - 2);
                    out.push('0');
                }
            }
            _ => out.push_str(&number.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_form_does_not_depend_on_spelling() {
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect(text);
        for (one, other) in [
            (r#"{"b":1,"a":2}"#, r#"{ "a": 2, "b": 1 }"#),
            ("100.0", "100"),
            ("1e2", "100"),
            ("-0.0", "0"),
            ("1e16", "10000000000000000"),
            ("-10.0", "-10"),
        ] {
            assert_eq!(canonical(&parse(one)), canonical(&parse(other)), "{one}");
        }
        assert_ne!(canonical(&json!({"a": 1})), canonical(&json!({"a": "1"})));
        assert_ne!(canonical(&json!(0.1)), canonical(&json!(0.2)));
    }
}
