//! Passcodes of invitations: kept as argon2id verifiers, never as they are, and checked by few at a time, so that whoever
//! presents them cannot keep the processors busy.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};
use tokio::sync::Semaphore;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ops::OpError;

/// How many passcodes are worked on at once: each takes one processor and 19 MiB for tens of milliseconds.
const AT_ONCE: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What `passcode` can be checked against later.
pub(crate) async fn verifier(passcode: String) -> Result<String, OpError> {
    verifier_in(&TURNS, Zeroizing::new(passcode)).await
}

/// Whether `passcode` is the one of `verifier`.
pub(crate) async fn is_right(passcode: String, verifier: String) -> Result<bool, OpError> {
    is_right_in(&TURNS, Zeroizing::new(passcode), verifier).await
}

/// What `secret` can be checked against later, made when it is its turn.
pub(crate) async fn verifier_in(turns: &'static Semaphore, secret: Zeroizing<String>) -> Result<String, OpError> {
    in_turn(turns, move || {
        let salt = SaltString::encode_b64(Uuid::new_v4().as_bytes()).map_err(|error| error.to_string())?;
        let hash = Argon2::default().hash_password(secret.as_bytes(), &salt).map_err(|error| error.to_string())?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether `secret` is the one of `verifier`, checked when it is its turn.
pub(crate) async fn is_right_in(
    turns: &'static Semaphore,
    secret: Zeroizing<String>,
    verifier: String,
) -> Result<bool, OpError> {
    in_turn(turns, move || {
        let hash = PasswordHash::new(&verifier).map_err(|error| error.to_string())?;
        Ok(Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok())
    })
    .await
}

async fn in_turn<T: Send + 'static>(
    turns: &'static Semaphore,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, OpError> {
    let turn = turns.acquire().await.expect("the turns are never closed");
    // The turn goes with the work, which ends even if nobody waits for it any more.
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await
        .map_err(OpError::internal("a passcode or password could not be worked on"))?
        .map_err(OpError::internal("a passcode or password could not be worked on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_passcode_is_recognised_and_not_kept() {
        let kept = verifier("tell nobody".to_owned()).await.expect("hashes");
        assert!(kept.starts_with("$argon2id$") && !kept.contains("nobody"), "{kept}");
        assert!(is_right("tell nobody".to_owned(), kept.clone()).await.expect("checks"));
        assert!(!is_right("tell anybody".to_owned(), kept.clone()).await.expect("checks"));
        assert_ne!(verifier("tell nobody".to_owned()).await.expect("hashes"), kept, "each has its own salt");
        assert!(is_right("x".to_owned(), "damaged".to_owned()).await.is_err());
    }
}
