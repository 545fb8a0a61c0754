//! What was done, and by whom; and whether that is still what was recorded.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
};

use api::{AuditCut, AuditCutCreate, AuditEvent, AuditFault, AuditVerdict, Page};
use clap::{Args, Subcommand};
use controller::ops::audit;
use jiff::Timestamp;
use model::Name;
use serde::{Deserialize, Serialize};
use store::{
    chain::{Checker, Fault},
    cut::Cut,
    event::Recorded,
};
use uuid::Uuid;

use crate::{
    commands::{Session, events::read, narrow::Narrow},
    confirm::Consent,
    events::Told,
    failure::Failure,
    output::{Format, Output, Show, text, time},
    values,
};

/// `skx audit …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Audit {
    /// Lists what was done, and by whom, oldest first.
    List(List),
    /// Checks that nothing recorded was altered, removed or moved: at the controller, or in a file that was exported.
    #[command(after_help = "Exits with 1 when something is wrong, and names every position.\n\n\
        Example:\n  skx audit verify\n  skx audit verify audit.jsonl")]
    Verify {
        /// A file made by `skx audit export`; no controller is asked then.
        file: Option<PathBuf>,
    },
    /// Writes all that was recorded, one JSON object per line, so that it can be verified anywhere.
    #[command(
        after_help = "The last line holds the position and the hash of the newest event: keep it elsewhere, too. Where \
        old events have left by a cut, the first line holds that.\n\n\
        Example:\n  skx audit export --output audit.jsonl"
    )]
    Export {
        /// The file to write; standard output, unless given.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Lets old events leave for good, by a cut that the installation's certificate authority signs.
    #[command(
        after_help = "What stays can be verified as before: the cut says what the first event that stays must name \
        as the one before it. Events of the last 24 hours stay. Export them first: skx audit export.\n\n\
        Example:\n  skx audit cut --before 2027-01-31T00:00:00Z --yes"
    )]
    Cut {
        /// Events from before this time leave.
        #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
        before: Timestamp,
        #[command(flatten)]
        consent: Consent,
    },
    /// Lists the cuts at which old events have left.
    #[command(after_help = "Example:\n  skx audit cuts -o json")]
    Cuts,
}

/// `skx audit list`.
#[derive(Args, Debug)]
#[command(after_help = "With --follow and -o json, every line is one object.\n\n\
    Example:\n  skx audit list --network exercise --since 2027-01-31T09:00:00Z --follow")]
pub(crate) struct List {
    /// Only events of this application network; one that was deleted by its id.
    #[arg(long, value_name = "NAME")]
    network: Option<Name>,
    /// Only events of the object with this id.
    #[arg(long, value_name = "ID")]
    object: Option<Uuid>,
    /// Only events by this actor.
    #[arg(long)]
    actor: Option<String>,
    /// Only events of this action, such as network.create.
    #[arg(long)]
    action: Option<String>,
    /// Only events from this time on.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    since: Option<Timestamp>,
    /// Only events before this time.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    until: Option<Timestamp>,
    /// Go on with what is done from now on.
    #[arg(long, conflicts_with_all = ["until", "search", "sort", "filters"])]
    follow: bool,
    #[command(flatten)]
    narrow: Narrow,
}

/// The first line of an export, where events have left.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    cut: AuditCut,
}

/// The last line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    head: Head,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    position: i64,
    hash: String,
}

pub(crate) async fn run(command: Audit, session: &Session) -> Result<(), Failure> {
    match command {
        Audit::List(args) => list(args, session).await,
        Audit::Verify { file: None } => {
            let verdict: AuditVerdict = session.client()?.get("/audit/verify").await?;
            answer(&verdict, session.output)
        }
        Audit::Verify { file: Some(file) } => answer(&verify(&file)?, session.output),
        Audit::Export { output } => export(output, session).await,
        Audit::Cut { before, consent } => {
            consent.ask(&format!("lets every event from before {before} leave the audit chain, for good"))?;
            let cut: AuditCut = session.client()?.post("/audit/cuts", &AuditCutCreate { before }).await?;
            session.output.object(&cut)
        }
        Audit::Cuts => session.output.list(&session.client()?.list::<AuditCut>("/audit/cuts", &[]).await?),
    }
}

async fn list(args: List, session: &Session) -> Result<(), Failure> {
    let List { network, object, actor, action, since, until, follow, narrow } = args;
    let is_meant = |event: &AuditEvent| {
        object.is_none_or(|object| event.object_id == Some(object))
            && actor.as_ref().is_none_or(|actor| *actor == event.actor)
            && action.as_ref().is_none_or(|action| *action == event.action)
            && since.is_none_or(|since| event.time >= since)
    };
    let filter = [
        ("network", network.map(|it| it.to_string())),
        ("object", object.map(|it| it.to_string())),
        ("actor", actor.clone()),
        ("action", action.clone()),
        ("since", since.map(|it| it.to_string())),
        ("until", until.map(|it| it.to_string())),
    ];
    let mut filter: Vec<(&str, &str)> =
        filter.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    filter.extend(narrow.query());
    let client = session.client()?;
    if !follow {
        return session.output.list(&client.list::<AuditEvent>("/audit", &filter).await?);
    }
    // What is recorded while the list is read is told by the stream, too: once is enough.
    let newest: Page<AuditEvent> = client.query("/audit", &[("sort", "-position"), ("limit", "1")]).await?;
    let mut last = newest.items.first().map_or(0, |event| event.position);
    for event in client.list::<AuditEvent>("/audit", &filter).await? {
        session.output.line(&event)?;
        last = last.max(event.position);
    }
    let after = last.to_string();
    let network = filter.iter().find(|(name, _)| *name == "network").copied();
    let query: Vec<(&str, &str)> = [("after", after.as_str())].into_iter().chain(network).collect();
    let tell = |told: &Told| match told.event.as_str() {
        "change" => match read::<AuditEvent>(told)? {
            event if event.position > last && is_meant(&event) => session.output.line(&event),
            _ => Ok(()),
        },
        _ => Ok(()),
    };
    client.watch(&query, true, tell).await
}

async fn export(output: Option<PathBuf>, session: &Session) -> Result<(), Failure> {
    if session.output.format != Format::Table {
        return Err(Failure::usage("-o means nothing to skx audit export: it writes JSON lines").how("leave it out"));
    }
    let client = session.client()?;
    let mut events: Vec<AuditEvent> = client.list("/audit", &[]).await?;
    let mut lines = String::new();
    // Read last: what has left while the events were read is left out.
    if let Some(cut) = client.list::<AuditCut>("/audit/cuts", &[]).await?.pop() {
        events.retain(|event| event.position > cut.position);
        lines.push_str(&serde_json::to_string(&Begin { cut }).map_err(Failure::failed)?);
        lines.push('\n');
    }
    for event in &events {
        lines.push_str(&serde_json::to_string(event).map_err(Failure::failed)?);
        lines.push('\n');
    }
    // What was recorded since is not part of it: the end is the last event in the file.
    let head = events.last().map_or_else(
        || Head { position: 0, hash: "0".repeat(64) },
        |last| Head { position: last.position, hash: last.hash.clone().unwrap_or_default() },
    );
    lines.push_str(&serde_json::to_string(&End { head }).map_err(Failure::failed)?);
    lines.push('\n');
    let Some(file) = output else { return text(&lines) };
    std::fs::write(&file, lines).map_err(|error| Failure::file(&file, &error))?;
    session.output.gone(&format!("wrote {} events to {}", events.len(), file.display()))
}

fn answer(verdict: &AuditVerdict, output: Output) -> Result<(), Failure> {
    output.object(verdict)?;
    if verdict.intact {
        return Ok(());
    }
    Err(Failure::failed(format_args!("the audit chain is broken in {} places", verdict.faults.len())))
}

/// Checks an exported file.
fn verify(path: &std::path::Path) -> Result<AuditVerdict, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
    let mut checker = Checker::from_start();
    let mut unreadable = vec![];
    let mut end = None;
    let mut last = 0;
    let mut forged = None;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| Failure::file(path, &error))?;
        if end.is_some() {
            return Err(no_export(path, number + 1, "something follows after the last line"));
        }
        if let Ok(End { head }) = serde_json::from_str(&line) {
            end = Some(head);
        } else if let (0, Ok(Begin { cut })) = (number, serde_json::from_str(&line)) {
            last = cut.position;
            match genuine(cut) {
                Some(cut) => checker = Checker::after_cut(&cut),
                None => {
                    checker = Checker::after(last, None);
                    forged = Some(AuditFault { position: last, message: Fault::Cut.to_string() });
                }
            }
        } else if let Some(event) = serde_json::from_str::<AuditEvent>(&line).ok().and_then(recorded) {
            last = event.position;
            checker.next(&event, None);
        } else if number == 0 {
            return Err(no_export(path, 1, "it is no event"));
        } else {
            // Whatever it was: its place in the chain is empty now.
            last += 1;
            unreadable.push(last);
        }
    }
    let head = end.ok_or_else(|| no_export(path, 0, "its last line, which says where it ends, is missing"))?;
    let hash = hash(&head.hash).ok_or_else(|| no_export(path, 0, "the hash in its last line is none"))?;
    let named = |(position, fault): (i64, Fault)| {
        let fault = if unreadable.contains(&position) { Fault::Altered } else { fault };
        AuditFault { position, message: fault.to_string() }
    };
    let faults = checker.finish(head.position, hash).into_iter().map(named);
    let faults: Vec<AuditFault> = forged.into_iter().chain(faults).collect();
    Ok(AuditVerdict { intact: faults.is_empty(), head: head.position, head_hash: head.hash, faults })
}

fn no_export(path: &std::path::Path, line: usize, why: &str) -> Failure {
    let line = if line > 0 { format!(", line {line}") } else { String::new() };
    Failure::usage(format_args!("{}{line} is no whole export of an audit chain: {why}", path.display()))
        .how("make one with skx audit export")
}

/// The cut as it was stored, if it was signed with the certificate beside it: who holds the file compares that with the
/// installation's.
fn genuine(shown: AuditCut) -> Option<Cut> {
    let said: store::cut::Statement = serde_json::from_str(&shown.statement).ok()?;
    let cut = Cut {
        position: shown.position,
        hash: said.hash,
        time: shown.time,
        statement: shown.statement.into_bytes(),
        signature: data_encoding::BASE64.decode(shown.signature.as_bytes()).ok()?,
        signer: pki::Certificate::from_pem(&shown.signer).ok()?.der,
    };
    audit::statement(&cut).map(|_| cut)
}

fn hash(text: &str) -> Option<[u8; 32]> {
    let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..64).step_by(2).map(digit).collect::<Option<_>>()?;
    (text.len() == 64).then_some(bytes)?.try_into().ok()
}

/// The event as it was recorded; nothing, when it cannot be one.
fn recorded(event: AuditEvent) -> Option<Recorded> {
    Some(Recorded {
        previous_hash: hash(&event.previous_hash?)?,
        hash: hash(&event.hash?)?,
        object_kind: event.object_kind.parse().ok()?,
        outcome: event.outcome.parse().ok()?,
        position: event.position,
        time: event.time,
        actor: event.actor,
        on_behalf_of: event.on_behalf_of,
        action: event.action,
        object_id: event.object_id,
        network: event.network,
        backbone: event.backbone,
        before: event.before,
        after: event.after,
        request_id: event.request_id,
        address: event.address,
    })
}

impl Show for AuditEvent {
    const HEADINGS: &'static [&'static str] = &["position", "time", "actor", "action", "object", "outcome"];

    fn row(&self) -> Vec<String> {
        let named = |object: &Option<serde_json::Value>| {
            let object = object.as_ref()?;
            let name = object.get("name").or_else(|| object.get("address"))?;
            Some(name.as_str()?.to_owned())
        };
        let id = || self.object_id.map(|id| id.to_string()).unwrap_or_default();
        vec![
            self.position.to_string(),
            time(self.time),
            self.actor.clone(),
            self.action.clone(),
            named(&self.after).or_else(|| named(&self.before)).unwrap_or_else(id),
            self.outcome.clone(),
        ]
    }
}

impl Show for AuditVerdict {
    const HEADINGS: &'static [&'static str] = &["intact", "head", "head hash", "faults"];

    fn row(&self) -> Vec<String> {
        let faults = self.faults.iter().map(|fault| format!("{}: {}", fault.position, fault.message));
        vec![
            crate::output::yes(self.intact),
            self.head.to_string(),
            self.head_hash.clone(),
            faults.collect::<Vec<_>>().join("\n"),
        ]
    }
}

impl Show for AuditCut {
    const HEADINGS: &'static [&'static str] = &["position", "time", "signed by"];

    fn row(&self) -> Vec<String> {
        let signer = pki::Certificate::from_pem(&self.signer);
        let signer = signer.map_or_else(|_| "unreadable".to_owned(), |it| format!("certificate {}", it.serial));
        vec![self.position.to_string(), time(self.time), signer]
    }
}
