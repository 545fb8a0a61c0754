//! Continuing a stream over a connection it did not begin on.

use std::{mem, time::Duration};

use overlay_proto::session::{BINDING_LABEL, EXPORTED_LEN, RefuseCode, Resume, Role, SECRET_LABEL, Secret, Session};

use super::{E2e, E2eError, Notice, Tls, in_its_words, tls_error};

/// What only the two ends of a connection know.
pub(super) fn secret_of(tls: &Tls) -> Result<Secret, E2eError> {
    tls.export([0; EXPORTED_LEN], SECRET_LABEL).map(Secret::new).map_err(tls_error)
}

impl E2e {
    /// By what the streams that are opened on this connection are continued on others.
    pub(crate) fn secret(&self) -> Secret {
        self.secret.clone()
    }

    /// Takes the stream off the connection, if it can go on over another one. The connection is of no use any more.
    pub(crate) fn give_up(&mut self) -> Result<Session, E2eError> {
        if !self.session.lose() {
            return Err(E2eError::Cancelled);
        }
        Ok(mem::replace(&mut self.session, Session::new(Role::Egress)))
    }

    /// Continues a stream over this connection, on which nothing was said so far. Gives it back where that fails.
    pub(crate) async fn resume(
        &mut self,
        session: Session,
        secret: &Secret,
        within: Duration,
    ) -> Result<(), Box<(Session, E2eError)>> {
        self.session = session;
        let error = match self.try_resume(secret, within).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let session = mem::replace(&mut self.session, Session::new(Role::Ingress));
        Err(Box::new((session, in_its_words(self.refusal.as_deref(), error).await)))
    }

    async fn try_resume(&mut self, secret: &Secret, within: Duration) -> Result<(), E2eError> {
        let binding = self.binding()?;
        self.session.resume(secret, &binding).map_err(|misuse| E2eError::Protocol(misuse.to_string()))?;
        self.session.round_trip(self.round_trip);
        match self.next_notice(within).await? {
            Notice::Accepted => {
                self.reached = true;
                Ok(())
            }
            other => Err(E2eError::Protocol(format!("{other:?} before the stream was continued"))),
        }
    }

    /// Whether `resume`, which came on this connection, was said by who holds `secret`.
    pub(crate) fn is_proven(&self, resume: &Resume, secret: &Secret) -> bool {
        self.binding().is_ok_and(|binding| secret.is_proven_by(resume, &binding))
    }

    /// Lets `session` go on over this connection, on which `resume` came and was proven. Where that is not possible, the
    /// session is as it was.
    pub(crate) fn continue_with(&mut self, session: &mut Session, resume: &Resume) -> Result<(), E2eError> {
        session.resumed(resume).map_err(|violation| E2eError::Protocol(violation.to_string()))?;
        session.round_trip(self.round_trip);
        mem::swap(&mut self.session, session);
        Ok(())
    }

    /// Answers that no stream is continued over this connection; it can carry others.
    pub(crate) async fn refuse_to_resume(&mut self, why: &str) -> Result<(), E2eError> {
        let refused = self.session.refuse(RefuseCode::NoSuchStream, why);
        refused.map_err(|misuse| E2eError::Protocol(misuse.to_string()))?;
        self.flush().await
    }

    fn binding(&self) -> Result<[u8; EXPORTED_LEN], E2eError> {
        self.tls.export([0; EXPORTED_LEN], BINDING_LABEL).map_err(tls_error)
    }
}
