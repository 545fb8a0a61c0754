//! Passwords of persons: argon2id, as for passcodes, and as long for names that nobody has.

use tokio::sync::{OnceCell, Semaphore};
use zeroize::Zeroizing;

use crate::{ops::OpError, passcode};

/// How many passwords of strangers are worked on at once.
static STRANGERS: Semaphore = Semaphore::const_new(2);
/// The same, of those who come from where they have signed in before: strangers take no turn from them.
static KNOWN: Semaphore = Semaphore::const_new(1);
/// How many may wait for a turn; the rest are told to come again.
static WAITING: Semaphore = Semaphore::const_new(100);

/// What a password is checked against at a name that nobody has.
static NOBODY: OnceCell<String> = OnceCell::const_new();

/// What `password` can be checked against later.
pub(crate) async fn verifier(password: Zeroizing<String>) -> Result<String, OpError> {
    passcode::verifier_in(&KNOWN, password).await
}

/// Whether `password` is the one of `verifier`. It takes as long when there is none to compare with.
pub(crate) async fn is_right(
    password: Zeroizing<String>,
    verifier: Option<String>,
    known: bool,
) -> Result<bool, OpError> {
    let turns = if known { &KNOWN } else { &STRANGERS };
    let _waits = if known {
        None
    } else {
        Some(WAITING.try_acquire().map_err(|_| OpError::Busy("many sign in at this moment"))?)
    };
    let exists = verifier.is_some();
    let verifier = match verifier {
        Some(verifier) => verifier,
        None => NOBODY.get_or_try_init(|| passcode::verifier_in(&KNOWN, crate::secret::random())).await?.clone(),
    };
    Ok(passcode::is_right_in(turns, password, verifier).await? && exists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_has_a_password_that_is_right() {
        let password = || Zeroizing::new("a password nobody guesses".to_owned());
        let kept = verifier(password()).await.expect("hashes");
        assert!(kept.starts_with("$argon2id$") && !kept.contains("guesses"), "{kept}");
        assert!(is_right(password(), Some(kept.clone()), false).await.expect("checks"));
        assert!(!is_right(Zeroizing::new("another".to_owned()), Some(kept), true).await.expect("checks"));
        assert!(!is_right(password(), None, false).await.expect("checks"));
        let nobody = NOBODY.get().expect("it was made").clone();
        let parameters = |verifier: &str| verifier.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let another = verifier(password()).await.expect("hashes");
        assert_eq!(parameters(&nobody), parameters(&another), "it takes as long");
    }
}
