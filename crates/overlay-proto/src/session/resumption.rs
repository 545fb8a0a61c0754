//! Continuing a stream over another connection, after the one it ran over was lost or had to be replaced.
//!
//! Each end says what has come; the other sends what has not once more. Nothing of the old connection is looked at any more
//! by then, so that every byte comes once and in order however much of it was still under way.

use super::{
    event::{Misuse, Role, Violation},
    frame::{Frame, PROOF_LEN, Progress, Resume},
    machine::{Phase, Session, bounded},
    secret::{EXPORTED_LEN, Secret},
};

/// How long, in milliseconds, a stream waits for another path after its path was lost, at either end.
pub const RESUME_WITHIN: u64 = 30_000;

impl Session {
    /// Whether the stream can go on over another connection: it was accepted, and neither end has ended it.
    pub fn can_go_on(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Resuming | Phase::Lost)
    }

    /// The connection is gone, or is given up. Says whether the stream [can go on](Session::can_go_on). Nothing that still comes over the old connection may be handled.
    pub fn lose(&mut self) -> bool {
        let resumable = self.can_go_on();
        if resumable {
            self.phase = Phase::Lost;
            self.queue.clear();
        }
        resumable
    }

    /// Asks to go on over another connection, of which `binding` was exported. What comes over that connection is this
    /// session's from now on; its own never said anything.
    pub fn resume(&mut self, secret: &Secret, binding: &[u8; EXPORTED_LEN]) -> Result<(), Misuse> {
        if self.role != Role::Ingress || self.phase != Phase::Lost {
            return Err(Misuse("resume"));
        }
        self.attempt = self.attempt.checked_add(1).ok_or(Misuse("resume"))?;
        let progress = self.progress();
        let mut resume = Resume { stream: self.stream, attempt: self.attempt, progress, proof: [0; PROOF_LEN] };
        resume.proof = secret.prove(&resume, binding);
        self.phase = Phase::Resuming;
        self.queue.push_back(Frame::Resume(resume));
        Ok(())
    }

    /// Goes on over the connection on which `resume` came, whose proof the caller has verified: also when the loss of the old
    /// one was not noticed here. What comes over the new connection is this session's from now on.
    ///
    /// After an error the session is as it was.
    pub fn resumed(&mut self, resume: &Resume) -> Result<(), Violation> {
        let possible = self.role == Role::Egress && matches!(self.phase, Phase::Open | Phase::Lost);
        self.expect(possible, "RESUME")?;
        if resume.stream != self.stream || resume.attempt <= self.attempt {
            return Err(Violation::Attempt);
        }
        self.continue_from(&resume.progress)?;
        self.attempt = resume.attempt;
        self.phase = Phase::Open;
        self.queue.clear();
        let progress = self.progress();
        self.queue.push_back(Frame::Accept(progress));
        Ok(())
    }

    /// Takes up sending where the other end says it stands.
    pub(super) fn continue_from(&mut self, progress: &Progress) -> Result<(), Violation> {
        let Progress { received, window, ended, idle } = *progress;
        bounded(window)?;
        let (tx, limit) = (&mut self.tx, received.saturating_add(u64::from(window)));
        if received > tx.sent || received < tx.acked || limit < tx.limit {
            return Err(Violation::Ack);
        }
        let impossible = (ended && !(tx.fin_sent && received == tx.sent)) || (idle && !self.idle_sent);
        if impossible {
            return Err(Violation::Unexpected("the end of what has not ended"));
        }
        tx.next = received;
        tx.limit = limit;
        tx.has_arrived(received);
        tx.fin_sent = ended;
        self.idle_sent = idle;
        Ok(())
    }
}
