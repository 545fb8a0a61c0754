//! The one-time link by which the first account is made: offered at the first start, and again at a later one when its
//! time is over and there is still no administrator who can sign in.

use std::io::{IsTerminal as _, Write as _};

use jiff::{SignedDuration, Timestamp};
use model::HostPort;
use zeroize::Zeroizing;

use crate::{
    App, StartError,
    data_dir::DataDir,
    secret::{self, SecretKind},
};

/// For how long a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Offers a link, unless there is a good one or sign-in is set up: in a file that only this user reads, and at a terminal.
/// It is never logged.
pub(crate) async fn offer(app: &App, data: &DataDir, listen: &HostPort) -> Result<(), StartError> {
    let (code, digest) = secret::new(SecretKind::Setup);
    let now = app.now();
    let deadline = now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
    if !store::setup::offer(app.store(), &digest, deadline, now).await? {
        return Ok(());
    }
    let link = Zeroizing::new(format!("https://{listen}/setup#{}", *code));
    let file = data.write_setup_link(&link)?;
    tracing::info!(file = %file.display(), %deadline, "made a setup link, for the first account: give it to skx login");
    let mut out = std::io::stdout();
    // What is no terminal may be a log.
    if out.is_terminal() {
        // That nobody reads standard output is no reason not to start: the file has it, too.
        let _ = writeln!(
            out,
            "To make the first account, until {}:\n  skx login \"{}\" --ca {} --name NAME",
            deadline.strftime("%Y-%m-%dT%H:%M:%SZ"),
            *link,
            app.data_dir().join("ca.crt").display(),
        );
    }
    Ok(())
}
