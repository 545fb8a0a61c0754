//! Readings of logs in a session: what is asked of the site, and whom its answers are for.

use std::collections::BTreeMap;

use site_proto::{Logs, ReadLogs};
use tokio::sync::oneshot;

/// A question for logs, and the way for its answer. Without a session any more, or without an answer, the way is closed.
#[derive(Debug)]
pub(crate) struct Reading {
    /// What is asked; the session gives it its id.
    pub(crate) wanted: ReadLogs,
    pub(crate) answer: oneshot::Sender<Logs>,
}

/// The readings of a session that are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Readings {
    last: u64,
    open: BTreeMap<u64, oneshot::Sender<Logs>>,
}

impl Readings {
    /// What the site is asked.
    pub(super) fn begin(&mut self, reading: Reading) -> ReadLogs {
        // Whoever has given up is forgotten.
        self.open.retain(|_, answer| !answer.is_closed());
        self.last += 1;
        self.open.insert(self.last, reading.answer);
        ReadLogs { id: self.last, ..reading.wanted }
    }

    /// The site has answered. What was not asked is nobody's.
    pub(super) fn end(&mut self, logs: Logs) {
        if let Some(answer) = self.open.remove(&logs.id) {
            let _ = answer.send(logs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_who_has_asked_and_what_was_not_asked_is_nobodys() {
        let mut readings = Readings::default();
        let mut ask = || {
            let (answer, answered) = oneshot::channel();
            (readings.begin(Reading { wanted: ReadLogs::default(), answer }).id, answered)
        };
        let ((first, gone), (second, mut waits)) = (ask(), ask());
        drop(gone);
        for id in [0, first, second + 1] {
            readings.end(Logs { id, ..Logs::default() });
        }
        assert!(waits.try_recv().is_err());
        readings.end(Logs { id: second, left_out: true, ..Logs::default() });
        assert!(waits.try_recv().is_ok_and(|logs| logs.left_out));
        assert!(readings.open.is_empty());
    }
}
