//! When to look again whether everything is as it should be.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::{Method, body::Incoming};
use serde_json::json;
use tokio::{sync::watch, task::AbortHandle, time::sleep};

use super::{
    api::{Api, Sent, filters},
    owned::Owner,
};

/// What may have happened to a container that matters.
const EVENTS: [&str; 8] = ["die", "died", "destroy", "remove", "pause", "start", "stop", "update"];

/// Says when to look again: when the engine tells that something happened, and every now and then.
#[derive(Debug)]
pub(super) struct Look {
    again: watch::Receiver<()>,
    task: AbortHandle,
}

impl Look {
    pub(super) fn new(api: Api, owner: &Owner, pace: Duration) -> Self {
        let mut filter = owner.filter(None);
        filter["type"] = json!(["container"]);
        filter["event"] = json!(EVENTS);
        let path = format!("/events?filters={}", filters(&filter));
        let (tell, again) = watch::channel(());
        let task = tokio::spawn(async move {
            loop {
                if let Ok(answer) = api.send(Method::GET, &path, Sent::Nothing).await {
                    follow(answer.into_body(), &tell, pace).await;
                }
                sleep(pace).await;
                tell.send_replace(());
            }
        });
        Self { again, task: task.abort_handle() }
    }

    /// Hears of everything that happens from now on.
    pub(super) fn again(&self) -> watch::Receiver<()> {
        let mut again = self.again.clone();
        again.mark_unchanged();
        again
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(mut events: Incoming, tell: &watch::Sender<()>, pace: Duration) {
    loop {
        tokio::select! {
            frame = events.frame() => match frame {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            () = sleep(pace) => {}
        }
        tell.send_replace(());
    }
}
