//! The one-time link by which the first account is made: offered at the first start, and again at a later one when there
//! is still no administrator who can sign in, and the link's time is over or nobody has it.

use std::io::{IsTerminal as _, Write as _};

use jiff::{SignedDuration, Timestamp};
use model::{ControllerId, HostPort};
use store::setup::{self, Link, Setup};
use zeroize::Zeroizing;

use crate::{
    App, StartError,
    data_dir::DataDir,
    ops::controller,
    secret::{self, SecretKind},
};

/// For how long a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How it stands with the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// None is needed: sign-in is set up.
    SetUp,
    /// This replica has a good one.
    Here,
    /// Another replica has a good one.
    Elsewhere(ControllerId),
    /// Nobody has a good one.
    Nowhere,
}

/// How it stands with the link, where this replica keeps one with the digest `kept`, and `others` run.
fn standing(offered: &Setup, kept: Option<[u8; 32]>, others: &[ControllerId], now: Timestamp) -> Standing {
    if offered.done.is_some() {
        return Standing::SetUp;
    }
    if offered.digest.is_none() || offered.deadline.is_none_or(|deadline| deadline <= now) {
        return Standing::Nowhere;
    }
    if offered.digest == kept {
        return Standing::Here;
    }
    offered.controller.filter(|has| others.contains(has)).map_or(Standing::Nowhere, Standing::Elsewhere)
}

/// Offers a link, unless there is a good one or sign-in is set up: in a file that only this user reads, and at a terminal.
/// It is never logged.
pub(crate) async fn offer(app: &App, data: &DataDir, listen: &HostPort) -> Result<(), StartError> {
    let offered = setup::get(app.store()).await?;
    let (now, me) = (app.now(), app.controller());
    let others: Vec<_> = controller::list(app).await?.iter().map(|one| one.id).filter(|id| *id != me).collect();
    match standing(&offered, kept(data), &others, now) {
        Standing::Nowhere => {}
        Standing::Here => return Ok(()),
        Standing::SetUp => {
            data.remove_setup_link();
            return Ok(());
        }
        Standing::Elsewhere(other) => {
            data.remove_setup_link();
            tracing::info!(controller = %other, "another controller has the setup link, in its data directory");
            return Ok(());
        }
    }
    let (code, digest) = secret::new(SecretKind::Setup);
    let deadline = now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
    let link = Zeroizing::new(format!("https://{listen}/setup#{}", *code));
    // First the file: a link that is offered is one that somebody has, wherever this is cut short.
    let file = data.write_setup_link(&link)?;
    if !setup::offer(app.store(), &Link { digest, deadline, controller: me }, offered.digest.as_ref()).await? {
        // Another replica was first.
        data.remove_setup_link();
        return Ok(());
    }
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

/// The digest of the link that this replica keeps.
fn kept(data: &DataDir) -> Option<[u8; 32]> {
    let link = data.setup_link()?;
    let (_, code) = link.trim().rsplit_once('#')?;
    Some(secret::digest_of(code))
}

#[cfg(test)]
mod tests {
    use model::GenericUuid as _;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_link_is_wanted_where_sign_in_is_not_set_up_and_nobody_has_a_good_one() {
        let now = Timestamp::UNIX_EPOCH;
        let [one, other] = [1, 2].map(|n| ControllerId::from_untyped_uuid(Uuid::from_u128(n)));
        let later = Some(now + SignedDuration::from_secs(1));
        let good = Setup { digest: Some([1; 32]), deadline: later, controller: Some(other), done: None };
        let none = Setup { digest: None, deadline: None, controller: None, done: None };
        for (offered, kept, others, expected) in [
            (none, None, vec![], Standing::Nowhere),
            (none, Some([1; 32]), vec![other], Standing::Nowhere),
            (good, Some([1; 32]), vec![other], Standing::Here),
            (good, Some([2; 32]), vec![other], Standing::Elsewhere(other)),
            (good, None, vec![other], Standing::Elsewhere(other)),
            (good, None, vec![one], Standing::Nowhere),
            (Setup { controller: None, ..good }, None, vec![other], Standing::Nowhere),
            (Setup { deadline: Some(now), ..good }, Some([1; 32]), vec![other], Standing::Nowhere),
            (Setup { done: Some(now), ..none }, None, vec![], Standing::SetUp),
        ] {
            assert_eq!(standing(&offered, kept, &others, now), expected, "{offered:?} {kept:?} {others:?}");
        }
    }
}
