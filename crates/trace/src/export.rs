//! Telling a collector of spans, some at a time.

use std::time::Duration;

use reqwest::{Client, redirect::Policy};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use url::Url;

use crate::{
    Endpoint,
    otlp::{Ended, Resource, request},
};

/// How many spans are told of at once, at most.
const BATCH: usize = 512;
/// How long the first of them waits for others.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a collector may take.
const ANSWER: Duration = Duration::from_secs(5);

/// There can be no HTTP client, and so nobody is told of spans.
#[derive(Debug, thiserror::Error)]
#[error("there can be no HTTP client to tell of traces with")]
pub struct NoClient(#[source] reqwest::Error);

/// What an exporter is told.
pub(crate) enum Message {
    /// A span is over.
    Ended(Ended),
    /// Everything that came before is to be told now; then this is answered.
    Finish(oneshot::Sender<()>),
}

/// Tells one collector.
pub(crate) struct Exporter {
    http: Client,
    url: Url,
    resource: Resource,
    /// How many spans were lost since it was last said that the collector does not take them.
    lost: usize,
}

impl Exporter {
    pub(crate) fn new(endpoint: &Endpoint, resource: Resource) -> Result<Self, NoClient> {
        let http = Client::builder().timeout(ANSWER).redirect(Policy::none()).no_proxy().build().map_err(NoClient)?;
        Ok(Self { http, url: endpoint.url().clone(), resource, lost: 0 })
    }

    /// Runs until nobody makes spans any more.
    pub(crate) async fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        let mut batch = vec![];
        while let Some(first) = waiting.recv().await {
            let finish = match first {
                Message::Ended(span) => {
                    batch.push(span);
                    gather(&mut waiting, &mut batch).await
                }
                Message::Finish(told) => Some(told),
            };
            if !batch.is_empty() {
                self.tell(&batch).await;
                batch.clear();
            }
            if let Some(told) = finish {
                let _ = told.send(());
            }
        }
    }

    /// What a collector does not take is lost: it tells of the past, and nobody waits for it.
    async fn tell(&mut self, batch: &[Ended]) {
        let sent = self.http.post(self.url.clone()).json(&request(&self.resource, batch)).send().await;
        match sent.and_then(reqwest::Response::error_for_status) {
            Ok(_) if self.lost > 0 => {
                tracing::info!(lost = self.lost, "the collector takes traces again");
                self.lost = 0;
            }
            Ok(_) => {}
            Err(error) => {
                if self.lost == 0 {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the collector does not take traces");
                }
                self.lost += batch.len();
            }
        }
    }
}

/// Waits a little for more, until there is a batch or they are wanted at once.
async fn gather(waiting: &mut mpsc::Receiver<Message>, batch: &mut Vec<Ended>) -> Option<oneshot::Sender<()>> {
    let fill = async {
        while batch.len() < BATCH {
            match waiting.recv().await {
                Some(Message::Ended(span)) => batch.push(span),
                Some(Message::Finish(told)) => return Some(told),
                None => return None,
            }
        }
        None
    };
    timeout(PATIENCE, fill).await.unwrap_or_default()
}
