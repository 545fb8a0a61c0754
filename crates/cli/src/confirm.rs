//! Asking before something is destroyed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;

use crate::failure::Failure;

/// Consent to destroying something.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Consent {
    /// Do not ask.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

impl Consent {
    /// Goes on only when the person agrees, or has agreed on the command line. `what` completes "This …".
    pub(crate) fn ask(self, what: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage(format_args!("this {what}; there is no terminal to ask at"))
                .how("add --yes if that is what you want"));
        }
        eprint!("This {what}. Go on? [y/N] ");
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Failure::failed(format_args!("the answer cannot be read: {error}")))?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(Failure::failed("nothing was done")),
        }
    }
}
