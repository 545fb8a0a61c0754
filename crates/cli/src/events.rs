//! The stream of events that a controller tells as they happen, read as server-sent events.

use std::time::Duration;

use reqwest::Response;
use tokio::time::{sleep, timeout};

use crate::{
    client::Client,
    failure::{Code, Failure},
};

/// A stream that says nothing for this long is dead: it says at least that it lives, every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// How long until a stream that broke is opened again.
const AGAIN: Duration = Duration::from_secs(1);

/// Something that was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// What kind of thing.
    pub(crate) event: String,
    /// What is told, JSON.
    pub(crate) data: String,
}

/// What has come of a stream, as far as it is not a whole event yet.
#[derive(Debug, Default)]
struct Reader {
    rest: Vec<u8>,
    /// The last position that was said.
    id: Option<String>,
}

impl Reader {
    /// The events that are whole now.
    fn take(&mut self, bytes: &[u8]) -> Vec<Told> {
        self.rest.extend(bytes);
        let mut told = vec![];
        while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = self.rest.drain(..end + 2).collect();
            told.extend(self.read(&String::from_utf8_lossy(&block)));
        }
        told
    }

    fn read(&mut self, block: &str) -> Option<Told> {
        let mut told = Told::default();
        let mut data = vec![];
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut told.event),
                "data" => data.push(value),
                "id" => self.id = Some(value.to_owned()),
                // Comments have no name; the rest is for browsers.
                _ => {}
            }
        }
        told.data = data.join("\n");
        (!data.is_empty()).then_some(told)
    }
}

impl Client {
    /// Reads the stream of events until it ends, when it does not follow, or for good: opened again where it was, whenever it
    /// breaks.
    pub(crate) async fn watch(
        &self,
        query: &[(&str, &str)],
        follow: bool,
        mut each: impl FnMut(&Told) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut reader = Reader::default();
        let mut response = self.open_events(query, None).await?;
        loop {
            while let Some(bytes) = chunk(&mut response).await {
                reader.take(&bytes).iter().try_for_each(&mut each)?;
            }
            if !follow {
                return Ok(());
            }
            reader.rest.clear();
            response = loop {
                sleep(AGAIN).await;
                match self.open_events(query, reader.id.as_deref()).await {
                    Ok(response) => break response,
                    Err(failure) if failure.code() == Code::Unreachable => {}
                    Err(failure) => return Err(failure),
                }
            };
        }
    }
}

/// What comes next; nothing, when the stream has ended, whatever ended it.
async fn chunk(response: &mut Response) -> Option<Vec<u8>> {
    match timeout(SILENCE, response.chunk()).await {
        Ok(Ok(Some(bytes))) => Some(bytes.to_vec()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_come_and_comments_are_passed_over() {
        let text = ": events follow\nretry: 1000\n\nevent: change\nid: 7\ndata: {\"a\": 1}\n\n: \nid: 9\n\nevent: liveness\ndata: {}\n\n";
        for size in 1..text.len() {
            let mut reader = Reader::default();
            let told: Vec<Told> = text.as_bytes().chunks(size).flat_map(|bytes| reader.take(bytes)).collect();
            let all: Vec<_> = told.iter().map(|told| (told.event.as_str(), told.data.as_str())).collect();
            assert_eq!(all, [("change", "{\"a\": 1}"), ("liveness", "{}")]);
            assert_eq!(reader.id.as_deref(), Some("9"), "a heartbeat says how far the stream has come");
        }
    }
}
