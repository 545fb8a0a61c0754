//! Waiting for something that takes time, with progress on standard error.

use std::time::{Duration, Instant};

use clap::Args;

use crate::{
    failure::{Code, Failure},
    values::patience,
};

/// How often the controller is asked.
const INTERVAL: Duration = Duration::from_millis(200);

/// Whether to wait, and for how long.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Wait {
    /// Wait until it is so, at most this long (60s unless given).
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "60s", value_parser = patience)]
    pub(crate) wait: Option<Duration>,
}

/// What one look has found.
pub(crate) enum Look<T> {
    /// It is so.
    Done(T),
    /// Not yet: what was found, and what is missing, in words.
    NotYet(T, String),
}

impl Wait {
    /// Looks once, or until it is so. Answers with the last thing found, and whether it was so. What is missing is
    /// printed whenever it changes. A controller that cannot be reached for a moment is waited for, too.
    pub(crate) async fn until<T>(
        self,
        mut look: impl AsyncFnMut() -> Result<Look<T>, Failure>,
    ) -> Result<(T, bool), Failure> {
        let deadline = self.wait.map(|patience| Instant::now() + patience);
        let mut said = String::new();
        loop {
            let late = deadline.is_none_or(|deadline| Instant::now() >= deadline);
            let missing = match look().await {
                Ok(Look::Done(found)) => return Ok((found, true)),
                Ok(Look::NotYet(found, _)) if late => return Ok((found, false)),
                Err(failure) if late || failure.code() != Code::Unreachable => return Err(failure),
                Ok(Look::NotYet(_, missing)) => missing,
                Err(failure) => failure.to_string(),
            };
            if said != missing {
                eprintln!("waiting: {missing}");
                said = missing;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
