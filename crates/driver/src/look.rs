//! When to look again whether everything is as it should be.

use std::time::Duration;

use futures_util::{StreamExt as _, future::BoxFuture, stream::BoxStream};
use tokio::{sync::watch, task::AbortHandle, time::sleep};

/// What a platform tells, a word each time something happened; it ends when the platform is not heard any more.
pub(crate) type Events = BoxStream<'static, ()>;

/// Says when to look again: when the platform tells that something happened, and every now and then.
#[derive(Debug)]
pub(crate) struct Look {
    again: watch::Receiver<()>,
    task: AbortHandle,
}

impl Look {
    /// Hears what `listen` gives, and begins anew when that ends. A platform that cannot be heard gives nothing.
    pub(crate) fn new(
        pace: Duration,
        listen: impl Fn() -> BoxFuture<'static, Option<Events>> + Send + 'static,
    ) -> Self {
        let (tell, again) = watch::channel(());
        let task = tokio::spawn(async move {
            loop {
                if let Some(events) = listen().await {
                    follow(events, &tell, pace).await;
                }
                sleep(pace).await;
                tell.send_replace(());
            }
        });
        Self { again, task: task.abort_handle() }
    }

    /// Looks until there is something to be seen.
    pub(crate) async fn until<T, F: Future<Output = Option<T>>>(&self, seen: impl Fn() -> F) -> T {
        let mut again = self.again.clone();
        again.mark_unchanged();
        loop {
            if let Some(seen) = seen().await {
                return seen;
            }
            // The sender lives as long as this does.
            let _ = again.changed().await;
        }
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(mut events: Events, tell: &watch::Sender<()>, pace: Duration) {
    loop {
        tokio::select! {
            event = events.next() => if event.is_none() { return },
            () = sleep(pace) => {}
        }
        tell.send_replace(());
    }
}
