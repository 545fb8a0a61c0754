//! Idempotency keys: a request that comes twice is carried out once, and answered the same.

use jiff::Timestamp;

use crate::{
    Store, StoreError, Tx,
    sql::{Digest, Num, Opt, at},
};

/// An answer, as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub response: Vec<u8>,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new: carry it out in this transaction, and [`complete`] it.
    New,
    /// It was carried out, and answered so.
    Answered(Answer),
    /// The key came with another request before.
    Mismatch,
}

/// Claims a key of `subject` for a request. The same request in another transaction at the same time waits here until
/// this one is committed or dropped.
pub async fn claim(tx: &mut Tx, subject: &str, key: &str, request_digest: &[u8; 32]) -> Result<Claim, StoreError> {
    let now = at(tx.now());
    let inserted = sqlx::query!(
        "INSERT INTO idempotency_key (subject, key, request_digest, created) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING",
        subject,
        key,
        &request_digest[..],
        now,
    )
    .execute(tx.connection())
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Claim::New);
    }
    struct Known {
        request_digest: [u8; 32],
        status: Option<u16>,
        response: Option<Vec<u8>>,
    }
    let known = sqlx::query_as!(
        Known,
        r#"SELECT request_digest AS "request_digest: Digest", status AS "status!: Opt<Num<_>>", response
        FROM idempotency_key WHERE subject = $1 AND key = $2"#,
        subject,
        key,
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(match (known.status, known.response) {
        _ if known.request_digest != *request_digest => Claim::Mismatch,
        (Some(status), Some(response)) => Claim::Answered(Answer { status, response }),
        // Claimed in this same transaction.
        _ => Claim::New,
    })
}

/// Keeps the answer to a claimed request, to be committed together with what the request did.
pub async fn complete(tx: &mut Tx, subject: &str, key: &str, answer: &Answer) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "UPDATE idempotency_key SET status = $3, response = $4 WHERE subject = $1 AND key = $2",
        subject,
        key,
        i32::from(answer.status),
        answer.response,
    )
    .execute(tx.connection())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "idempotency key" }) }
}

/// Forgets keys from before `before`, and returns how many there were.
pub async fn prune(store: &Store, before: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query!("DELETE FROM idempotency_key WHERE created < $1", at(before)).execute(store.pool()).await?;
    Ok(done.rows_affected())
}
