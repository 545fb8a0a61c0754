//! A connection that is always busy: it shows to the millisecond when it was cut.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::Result;

/// A running answer of the service's `/ticks`, read until it ends.
pub(crate) struct Ticks {
    count: Arc<AtomicU64>,
    ended: Arc<Mutex<Option<Instant>>>,
    reader: tokio::task::JoinHandle<()>,
}

impl Ticks {
    /// Asks for ticks at a store's door.
    pub(crate) async fn begin(door: SocketAddr) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut answer = client.get(format!("http://{door}/ticks")).send().await?.error_for_status()?;
        let (count, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(None)));
        let (counted, end) = (Arc::clone(&count), Arc::clone(&ended));
        let reader = tokio::spawn(async move {
            while let Ok(Some(_)) = answer.chunk().await {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            *end.lock().expect("nothing panics while it holds this") = Some(Instant::now());
        });
        Ok(Self { count, ended, reader })
    }

    /// How many pieces have come.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// When the connection ended, if it did.
    pub(crate) fn ended(&self) -> Option<Instant> {
        *self.ended.lock().expect("nothing panics while it holds this")
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
