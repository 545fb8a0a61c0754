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
        if yes_or_no(&format!("This {what}. Go on?"))? { Ok(()) } else { Err(Failure::failed("nothing was done")) }
    }
}

/// Asks at the terminal. Anything but a yes is a no.
pub(crate) fn yes_or_no(question: &str) -> Result<bool, Failure> {
    eprint!("{question} [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::failed(format_args!("the answer cannot be read: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
