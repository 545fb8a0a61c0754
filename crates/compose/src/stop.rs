//! Work that nobody waits for any more.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::diagnostic::{Code, Diagnostic, Problems};

/// How work says that it was stopped.
const STOPPED: &str = "it was stopped before it was worked out";

/// Tells work under way to stop; all clones are one.
///
/// The engine has no clock: whoever has one, and knows who waits, says when it is enough. Work that was stopped has no result but
/// that it was.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Says that it is enough.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has said so.
    pub fn is_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What was found wrong; that it was stopped, when it was: what was found by then may only follow from that.
    pub(crate) fn or(&self, problems: Problems) -> Problems {
        if !self.is_said() {
            return problems;
        }
        let mut only = Problems::default();
        only.push(Diagnostic::new(Code::TooLarge, STOPPED).expected("less to be worked out at once"));
        only
    }
}
