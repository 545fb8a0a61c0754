//! The reconciler of deployments: whenever something changes that a plan follows from, it plans anew and offers every site
//! what it is to have.

mod inputs;
mod known;
mod order;
mod pass;
mod preview;
pub(crate) mod renamed;
mod rollout;

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) use order::order;
pub(crate) use pass::{Memory, pass};
pub(crate) use preview::{Preview, preview};
pub(crate) use rollout::Rollout;

use crate::{App, metrics};

/// How long to rest after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// It is looked at least this often, whatever was planned: sites become lost by time alone.
const LOOK: SignedDuration = SignedDuration::from_mins(1);

/// Keeps what sites are offered true to what is stored.
pub(crate) async fn keep(app: App, shutdown: CancellationToken) {
    let mut memory = Memory::default();
    loop {
        let rest = match metrics::timed(&app, "deploy", pass(&app, &mut memory)).await {
            Ok(again) => Duration::try_from(again.duration_since(app.now())).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "deployments could not be planned; trying again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = timeout(rest, app.deploy_signal().notified()) => {}
        }
    }
}
