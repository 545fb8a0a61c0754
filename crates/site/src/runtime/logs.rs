//! Readings of what workloads said: by who works with the deployments of the network, if the participant lets them.

use std::{sync::Arc, time::Duration};

use api::local::{LogReaders, LogsRead};
use site_proto::{Logs, ReadLogs, SiteMessage, site_message::Body};
use tokio::{sync::mpsc, time::timeout};

use super::core::{Core, Work};
use crate::deploy::logs;

/// How many readings there may be at once.
pub(super) const AT_ONCE: usize = 2;
/// How long an answer waits for a controller that reads slowly.
const SEND: Duration = Duration::from_secs(10);
/// The longest name of a reader that is shown.
const NAME: usize = 128;

impl Core {
    /// Answers a question for logs; nothing waits for that.
    pub(super) fn read_logs(&mut self, wanted: ReadLogs) {
        let Work::Session { to: Some(to), .. } = &self.work else { return };
        let to = to.clone();
        let Ok(turn) = Arc::clone(&self.log_turns).try_acquire_owned() else {
            tokio::spawn(send(to, logs::busy(&wanted)));
            return;
        };
        self.note_reader(&wanted);
        let live = self.live.subscribe();
        let opened = self.worker.as_ref().map(|worker| worker.opened.clone());
        tokio::spawn(async move {
            let answer = logs::answer(&live, opened, wanted).await;
            send(to, answer).await;
            drop(turn);
        });
    }

    /// The participant sees who reads.
    fn note_reader(&self, wanted: &ReadLogs) {
        if self.live.borrow().local.logs.unwrap_or_default() == LogReaders::Participant {
            return;
        }
        let cut = |text: &str| text.chars().take(NAME).collect::<String>();
        let read = LogsRead { reader: cut(&wanted.reader), deployment: cut(&wanted.deployment), at: self.now() };
        tracing::info!(reader = read.reader, deployment = read.deployment, "logs are read");
        self.live.send_modify(|live| live.logs_read = Some(read));
    }
}

/// Sends an answer, if the session it was asked in is there still.
async fn send(to: mpsc::Sender<SiteMessage>, answer: Logs) {
    let message = SiteMessage { body: Some(Body::Logs(answer)) };
    // Who has asked gives up by themselves.
    let _ = timeout(SEND, to.send(message)).await;
}
