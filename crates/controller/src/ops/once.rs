//! Creations that are asked for twice and happen once: the `Idempotency-Key` of a request, claimed in the transaction
//! that does the work, so that the object and the memory of its creation appear together or not at all.
//!
//! What is remembered is which object was created, not what was answered: who asks again is shown the object as it is
//! now, whose ETag can be used, and learns it when the object is gone.

use model::GenericUuid;
use ring::digest;
use store::{
    Tx,
    idempotency::{self, Answer, Claim},
};
use uuid::Uuid;

use super::{Actor, OpError};

/// The status kept with an answer: creations are answered with it.
const CREATED: u16 = 201;

/// A request that must not be carried out twice.
#[derive(Clone, PartialEq, Eq)]
pub struct Once {
    key: String,
    request: [u8; 32],
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Once {
    /// A request by its key, and by what it asks: the same key with another request is refused.
    pub fn new(key: String, request: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in request {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut request = [0; 32];
        request.copy_from_slice(context.finish().as_ref());
        Self { key, request }
    }
}

/// What is known of a creation.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is received")]
pub(crate) enum Claimed<T> {
    /// It is new: do it in this transaction, and [`complete`] it.
    New(Tx),
    /// The same request created this before. The transaction is over: who looks the object up needs a connection, and
    /// must not wait for one while holding another.
    Before(T),
}

/// First thing in the transaction of a creation: the id of what the same request created before, if it did. Another
/// request with the same key at the same time waits here.
pub(crate) async fn claim<T: GenericUuid>(mut tx: Tx, actor: &Actor) -> Result<Claimed<T>, OpError> {
    let Some(once) = &actor.once else { return Ok(Claimed::New(tx)) };
    match idempotency::claim(&mut tx, &actor.acting.name, &once.key, &once.request).await? {
        Claim::New => Ok(Claimed::New(tx)),
        Claim::Answered(Answer { response, .. }) => {
            tx.rollback().await?;
            let id = Uuid::from_slice(&response).map_err(OpError::internal("reading an idempotency key's answer"))?;
            Ok(Claimed::Before(T::from_untyped_uuid(id)))
        }
        Claim::Mismatch => Err(OpError::KeyReused),
    }
}

/// Last thing before the commit of a creation: keeps what it created.
pub(crate) async fn complete(tx: &mut Tx, actor: &Actor, id: impl GenericUuid) -> Result<(), OpError> {
    let Some(once) = &actor.once else { return Ok(()) };
    let answer = Answer { status: CREATED, response: id.into_untyped_uuid().as_bytes().to_vec() };
    Ok(idempotency::complete(tx, &actor.acting.name, &once.key, &answer).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_every_part() {
        let once = |parts: &[&[u8]]| Once::new("key".to_owned(), parts);
        assert_eq!(once(&[b"a", b"b"]), once(&[b"a", b"b"]));
        assert_ne!(once(&[b"a", b"b"]), once(&[b"ab", b""]));
        assert_ne!(once(&[b"a", b"b"]), once(&[b"a", b"c"]));
    }
}
