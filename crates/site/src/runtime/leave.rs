//! Leaving: the controller is told and answers when it is committed. However that comes out, the site goes.

use std::time::Duration;

use api::local::Told;
use site_proto::{Leaving, site_message};
use tokio::{sync::oneshot, time::Instant};

use super::{Outcome, core::Core};

/// How long the controllers may take to note that a site leaves; one that fails may be followed by another.
const FAREWELL: Duration = Duration::from_secs(5);

/// A site that is about to go.
#[derive(Debug)]
pub(super) struct Goodbye {
    reason: String,
    answers: Vec<oneshot::Sender<Told>>,
    /// When it goes, whatever was heard.
    pub(super) until: Instant,
    told: Told,
    /// Something was said that no answer will come to any more.
    unanswered: bool,
}

impl Core {
    /// The participant leaves. Who asks is answered when it is known what became of it.
    pub(super) fn leave(&mut self, reason: String, answer: oneshot::Sender<Told>) {
        if let Some(goodbye) = &mut self.leaving {
            return goodbye.answers.push(answer);
        }
        let until = Instant::now() + FAREWELL;
        self.leaving = Some(Goodbye { reason, answers: vec![answer], until, told: Told::No, unanswered: false });
        // Nobody waits for a controller that was not there to begin with.
        if !self.say_goodbye() {
            self.go();
        }
    }

    /// Tells the controller, if there is one and something to tell.
    pub(super) fn say_goodbye(&mut self) -> bool {
        let Some(goodbye) = &self.leaving else { return false };
        let reason = goodbye.reason.clone();
        let sent = self.send(site_message::Body::Leaving(Leaving { reason }));
        if sent && let Some(goodbye) = &mut self.leaving {
            goodbye.unanswered |= goodbye.told == Told::Unknown;
            goodbye.told = Told::Unknown;
        }
        sent
    }

    /// It is committed: by the answer to what was said, or because this site is over otherwise.
    pub(super) fn has_left(&mut self) {
        if let Some(goodbye) = &mut self.leaving {
            goodbye.told = Told::Yes;
            self.go();
        }
    }

    /// The controller could not note it: the site still has its place there.
    pub(super) fn could_not_leave(&mut self, message: String) {
        tracing::warn!(message, "the controller could not note that the site leaves");
        self.live.send_modify(|live| live.session.error = Some(message));
        if let Some(goodbye) = self.leaving.as_mut().filter(|goodbye| !goodbye.unanswered) {
            goodbye.told = Told::No;
        }
    }

    pub(super) fn goodbye_is_due(&mut self) {
        if self.leaving.as_ref().is_some_and(|goodbye| Instant::now() >= goodbye.until) {
            self.go();
        }
    }

    /// Goes, with what is known.
    pub(super) fn go(&mut self) {
        let Some(Goodbye { answers, told, .. }) = self.leaving.take() else { return };
        for answer in answers {
            // Who asked may have gone; the site goes all the same.
            let _ = answer.send(told);
        }
        self.outcome = Some(Outcome::Left { told });
    }
}
