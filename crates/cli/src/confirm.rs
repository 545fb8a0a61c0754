//! Asking before something is destroyed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

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
    Ok(matches!(line(&format!("{question} [y/N] "))?.as_str(), "y" | "Y" | "yes"))
}

/// Asks at the terminal for a line.
pub(crate) fn line(question: &str) -> Result<String, Failure> {
    eprint!("{question}");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::failed(format_args!("the answer cannot be read: {error}")))?;
    Ok(answer.trim().to_owned())
}

/// Asks at the terminal for a secret, which is not shown as it is typed.
pub(crate) fn secret(question: &str) -> Result<Zeroizing<String>, Failure> {
    let stdin = std::io::stdin();
    let shown = tcgetattr(&stdin).ok();
    if let Some(mut hidden) = shown.clone() {
        hidden.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(&stdin, OptionalActions::Flush, &hidden);
    }
    let answer = line(question).map(Zeroizing::new);
    if let Some(shown) = shown {
        let _ = tcsetattr(&stdin, OptionalActions::Flush, &shown);
        eprintln!();
    }
    answer
}
