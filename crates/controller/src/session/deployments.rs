//! What sites say of deployments: what became of what they were offered, and what their participants decided.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crashpoint::Point;
use jiff::Timestamp;
use model::{Identity, Name, SpiffeId};
use serde_json::{Value, json};
use site_proto::{DeploymentStatus, MAX_LOCALS, WorkloadStatus};
use store::{Context, StoreError, deployment};
use tokio::time::Instant;

use super::report::cut;
use crate::{App, ops::OpError, sessions::Party};

/// The most deployments, decisions and workloads that are kept of one report.
const MAX_DEPLOYMENTS: usize = 64;
const MAX_ENTRIES: usize = 1_024;
/// The least time between two decisions of one participant that are noted: what is taken back in between is not.
const BETWEEN: Duration = Duration::from_secs(1);

/// What one deployment is like at a site.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    declined: BTreeSet<String>,
    /// None, when it cannot be taken in: what was known before is kept.
    locals: Option<Value>,
    report: Value,
}

/// What a participant declined, and what they filled in.
type Decided = (BTreeSet<String>, Option<Value>);

impl Said {
    fn decided(&self) -> Decided {
        (self.declined.clone(), self.locals.clone())
    }

    /// Whether a participant has said something to it at all.
    fn says_something(&self) -> bool {
        !self.declined.is_empty() || self.locals.as_ref().is_some_and(|locals| *locals != json!({}))
    }
}

/// What a site says of deployments, as far as it is written.
#[derive(Debug, Default)]
pub(super) struct Deployments {
    said: BTreeMap<Name, Said>,
    written: BTreeMap<Name, Said>,
    /// What participants decided, as it was noted last in this session: also of deployments that are spoken of no more.
    decided: BTreeMap<Name, Decided>,
    /// When the next decision may be noted.
    again: Option<Instant>,
}

impl Deployments {
    /// Takes in a report, in place of the one before.
    pub(super) fn hear(&mut self, statuses: Vec<DeploymentStatus>) {
        let named = |status: DeploymentStatus| Some((status.deployment.parse().ok()?, said(status)));
        self.said = statuses.into_iter().take(MAX_DEPLOYMENTS).filter_map(named).collect();
    }

    /// The site is offered something `new` of deployments: what it has said before is of something else, and what it says next is
    /// written, also when that is the same. What it is offered `again` it has not heard anything else of meanwhile: what it has
    /// said holds, and is kept no more. Says whether there is something to write.
    pub(super) fn offered(&mut self, new: &[Name], again: &[Name]) -> bool {
        for name in new {
            self.said.remove(name);
            self.written.remove(name);
        }
        again.iter().filter(|name| self.written.remove(*name).is_some()).count() > 0
    }

    /// When there is something to write.
    pub(super) fn due(&self) -> Option<Instant> {
        (self.said != self.written).then(|| self.again.unwrap_or_else(Instant::now))
    }

    /// Writes what is new; who plans is told.
    pub(super) async fn write(&mut self, app: &App, party: Party) -> Result<(), OpError> {
        let Party::Member(_, network, site) = party else { return Ok(()) };
        self.again = Some(Instant::now() + BETWEEN);
        self.written.retain(|name, _| self.said.contains_key(name));
        let identity = SpiffeId { installation: app.installation(), identity: Identity::Member { network, site } };
        for (name, said) in &self.said {
            let written = self.written.get(name);
            let decides = match self.decided.get(name) {
                Some(before) => *before != said.decided(),
                None => said.says_something(),
            };
            if written == Some(said) || (decides && !app.sessions().may_decide(party)) {
                continue;
            }
            match deployment::by_name(app.store(), network, name).await {
                Ok(row) => {
                    let mut tx = app.store().begin(&Context::identity(&identity)).await?;
                    deployment::decided(&mut tx, row.id, site, &said.declined, said.locals.as_ref()).await?;
                    deployment::reported(&mut tx, row.id, site, &said.report, app.now()).await?;
                    crashpoint::reached(Point::ReportUncommitted);
                    tx.commit().await?;
                    crashpoint::reached(Point::ReportCommitted);
                    self.decided.insert(name.clone(), said.decided());
                    app.deploy_signal().notify_one();
                    if written.is_none_or(|was| was.report["secrets"] != said.report["secrets"]) {
                        // It is told the values it needs, and no others.
                        app.sessions().wake(&[party.concern()]);
                    }
                }
                // It is gone, and the site has not heard of that yet.
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.written.insert(name.clone(), said.clone());
        }
        Ok(())
    }
}

fn said(status: DeploymentStatus) -> Said {
    let locals = read_locals(&status.locals);
    let message = match &locals {
        Ok(_) => status.message,
        Err(why) => format!("what is filled in was not taken over, what was before is kept: {why}; {}", status.message),
    };
    let workloads: Vec<Value> = status.workloads.into_iter().take(MAX_ENTRIES).map(workload).collect();
    Said {
        declined: status.declined.into_iter().take(MAX_ENTRIES).map(cut).collect(),
        locals: locals.ok(),
        report: json!({
            "offered": cut(status.offered),
            "applied": cut(status.applied),
            "number": status.number,
            "state": cut(status.state),
            "message": cut(message),
            "since": since(status.since),
            "secrets": status.secrets.into_iter().take(MAX_ENTRIES).map(cut).collect::<Vec<_>>(),
            "workloads": workloads,
        }),
    }
}

/// What a participant filled in, or why that is not taken in.
fn read_locals(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Ok(json!({}));
    }
    if text.len() > MAX_LOCALS {
        return Err(format!("it is {} bytes, more than {MAX_LOCALS}", text.len()));
    }
    let read = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    read.ok_or_else(|| "it is no JSON object".to_owned())
}

fn workload(status: WorkloadStatus) -> Value {
    json!({
        "name": cut(status.name),
        "instance": cut(status.instance),
        "state": cut(status.state),
        "message": cut(status.message),
        "since": since(status.since),
        "restarts": status.restarts,
    })
}

fn since(seconds: i64) -> Option<Timestamp> {
    (seconds > 0).then(|| Timestamp::from_second(seconds).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_site_says_is_bounded_and_never_breaks_a_report() {
        let status = DeploymentStatus {
            deployment: "shop".to_owned(),
            state: "x".repeat(10_000),
            locals: "{not json".to_owned(),
            declined: (0..5_000).map(|n| format!("shop/{n}\0")).collect(),
            workloads: vec![WorkloadStatus::default(); 5_000],
            since: i64::MAX,
            ..DeploymentStatus::default()
        };
        let other = DeploymentStatus { deployment: "No Name".to_owned(), ..DeploymentStatus::default() };
        let mut deployments = Deployments::default();
        deployments.hear(vec![status, other]);
        let said: Vec<_> = deployments.said.values().collect();
        assert_eq!(said.len(), 1, "what has no name is nothing");
        assert_eq!(said[0].declined.len(), MAX_ENTRIES);
        assert!(said[0].declined.iter().all(|path| !path.contains('\0')));
        assert_eq!(said[0].locals, None, "what was known before is kept");
        let told = said[0].report["message"].as_str().expect("words");
        assert!(told.contains("not taken over") && told.contains("no JSON"), "{told}");
        assert!(said[0].report["state"].as_str().is_some_and(|state| state.len() < 1_000));
        assert_eq!(said[0].report["workloads"].as_array().map(Vec::len), Some(MAX_ENTRIES));
        assert!(deployments.due().is_some());
    }

    #[test]
    fn what_is_said_is_written_again_when_what_was_written_is_of_another_offer() {
        let shop: Name = "shop".parse().expect("a name");
        let healthy = || {
            let status =
                DeploymentStatus { deployment: "shop".to_owned(), state: "healthy".to_owned(), ..Default::default() };
            vec![status]
        };
        let mut deployments = Deployments::default();
        deployments.hear(healthy());
        deployments.written = deployments.said.clone();
        assert_eq!(deployments.due(), None);
        // Offered something else and this again, of which the site never heard.
        assert!(deployments.offered(&[], std::slice::from_ref(&shop)));
        assert!(deployments.due().is_some());
        // The site did hear of it, and is back where it was when it says something.
        deployments.written = deployments.said.clone();
        assert!(!deployments.offered(std::slice::from_ref(&shop), &[]));
        assert_eq!(deployments.due(), None, "what it said before is of something else");
        deployments.hear(healthy());
        assert!(deployments.due().is_some());
    }

    #[test]
    fn more_than_can_be_filled_in_takes_nothing_away_and_is_said() {
        let filled = |letters: usize| {
            let locals = json!({"shop/till": {"a": "x".repeat(letters)}}).to_string();
            let status = DeploymentStatus { deployment: "shop".to_owned(), locals, ..DeploymentStatus::default() };
            said(status)
        };
        assert!(filled(40_000).locals.is_some_and(|locals| locals["shop/till"]["a"].is_string()));
        let over = filled(80_000);
        assert_eq!(over.locals, None);
        assert!(
            over.report["message"].as_str().is_some_and(|words| words.contains("more than 65536")),
            "{:?}",
            over.report
        );
    }
}
