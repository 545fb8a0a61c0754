//! What workloads of a deployment said at a site, as far as its participant lets that out.

use std::time::Duration;

use jiff::Timestamp;
use model::{Name, SiteId};
use serde_json::json;
use site_proto::{Logs, ReadLogs};
use store::{
    event::{Event, ObjectKind},
    status::{self, SiteRef},
};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use crate::{
    App,
    ops::{Actor, OpError, Ref, find, observed},
    session::Reading,
};

/// How long a site may take to answer: it reads for ten seconds at most.
const ANSWER: Duration = Duration::from_secs(15);
/// How many lines are read, unless asked otherwise, and at most.
const LINES: u32 = 100;
const MOST_LINES: u32 = 1_000;

/// Which lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// The path of an instance; all, if none is said.
    pub(crate) part: Option<String>,
    /// The last so many.
    pub(crate) lines: Option<u32>,
    /// Only those of this time or later.
    pub(crate) since: Option<Timestamp>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    /// The site.
    pub(crate) site: Name,
    /// The lines, in the order of time.
    pub(crate) lines: Vec<Line>,
    /// Whether there are older ones that did not fit.
    pub(crate) left_out: bool,
}

/// A line that a workload said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) workload: String,
    pub(crate) part: String,
    pub(crate) at: Option<Timestamp>,
    pub(crate) error: bool,
    pub(crate) text: String,
}

/// Asks a site for what workloads of a deployment said there. That it was read is recorded before anybody gets it; what was read
/// is not.
pub(crate) async fn logs(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    site: &Ref,
    which: Which,
) -> Result<Read, OpError> {
    let network = find::network(app.store(), network).await?;
    let deployment = find::deployment(app.store(), network.id, reference).await?;
    let member = find::member(app.store(), network.id, site).await?;
    let lines = which.lines.unwrap_or(LINES);
    if !(1..=MOST_LINES).contains(&lines) {
        return Err(OpError::invalid("lines", format!("give 1 to {MOST_LINES}")));
    }
    let seat = app.readers().enter(network.id, member.id);
    let _seat = seat.ok_or(OpError::Busy("as many read logs there as may at once"))?;
    let part = which.part.unwrap_or_default();
    let wanted = ReadLogs {
        id: 0,
        deployment: deployment.name.to_string(),
        part: part.clone(),
        lines,
        since: which.since.map(|since| since.to_string()).unwrap_or_default(),
        reader: actor.acting.name.clone(),
    };
    let said = ask(app, member.id, &member.name, wanted).await?;
    let said = unless_refused(said, &member.name)?;
    let what = (actor.acting.subject, deployment.id, member.id, part);
    let now = Instant::now();
    if !app.readers().is_recorded(&what, now) {
        let read = json!({ "name": deployment.name, "site": member.id, "site_name": member.name, "part": what.3 });
        let event = Event::new(READ, ObjectKind::Deployment, deployment.id).in_network(network.id);
        let mut tx = app.store().begin(&actor.context()).await?;
        tx.record(Event { after: Some(read), ..event });
        tx.commit().await?;
        app.readers().recorded(what, now);
    }
    let line = |line: site_proto::LogLine| Line {
        workload: line.workload,
        part: line.part,
        at: line.at.parse().ok(),
        error: line.error,
        text: line.text,
    };
    Ok(Read { site: member.name, lines: said.lines.into_iter().map(line).collect(), left_out: said.left_out })
}

/// The action that reading is recorded as.
pub(crate) const READ: &str = "deployment.read-logs";

/// Has the site asked in its session.
async fn ask(app: &App, site: SiteId, name: &Name, wanted: ReadLogs) -> Result<Logs, OpError> {
    let (answer, answered) = oneshot::channel();
    if app.sessions().ask(SiteRef::Member(site), Reading { wanted, answer }).is_err() {
        return Err(out_of_reach(app, site, name).await?);
    }
    match timeout(ANSWER, answered).await {
        Ok(Ok(logs)) => Ok(logs),
        // Its session has ended meanwhile.
        Ok(Err(_)) => Err(out_of_reach(app, site, name).await?),
        Err(_) => Err(OpError::precondition(
            format!("{name} has not answered within {} seconds", ANSWER.as_secs()),
            "try again; if it never does, its version may be older than this: see skx member show",
        )),
    }
}

/// Why this replica cannot ask a site.
async fn out_of_reach(app: &App, site: SiteId, name: &Name) -> Result<OpError, OpError> {
    let status = match status::get(app.store(), SiteRef::Member(site)).await {
        Ok(found) => found,
        Err(error) => return Err(error.into()),
    };
    let online = status.as_ref().filter(|status| observed::is_online(status, app.now()));
    if online.and_then(|status| status.controller).is_some_and(|holder| holder != app.controller()) {
        return Ok(OpError::Busy(
            "the site has its session with another replica of the controller: ask that one, or wait",
        ));
    }
    let since = status.map(|status| format!(" since {:.0}", status.last_seen)).unwrap_or_default();
    Ok(OpError::precondition(
        format!("{name} is offline{since}: logs are at the site, and nowhere else"),
        "try again when it is back",
    ))
}

/// What the site has read, or why it has not.
fn unless_refused(said: Logs, site: &Name) -> Result<Logs, OpError> {
    let Logs { code, message, .. } = &said;
    match code.as_str() {
        "" => Ok(said),
        "not-allowed" => Err(OpError::precondition(
            format!("the participant of {site} does not let logs out"),
            "skx site consent --logs owner there allows it",
        )),
        "busy" => Err(OpError::Busy("as many read logs there as may at once")),
        "no-deployment" => Err(OpError::precondition(
            format!("nothing of the deployment is at {site}"),
            "see skx deploy status for where it is",
        )),
        "no-part" => Err(OpError::invalid(
            "part",
            format!("nothing of it runs at {site}; skx deploy status --site {site} shows what does"),
        )),
        _ => {
            let said: String = message.chars().take(300).collect();
            Err(OpError::precondition(
                format!("{site} could not read them: {said}"),
                "try again; see skx site logs there",
            ))
        }
    }
}
