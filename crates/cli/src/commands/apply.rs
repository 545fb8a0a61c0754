//! `skx apply` and `skx diff`: manifests, all of them or nothing.

use std::path::PathBuf;

use api::{Applied, ApplyAction, ApplyStep, FieldChange, FieldError};
use clap::Args;
use compose::{Authored, Code as Mistake, Diagnostic, Problems, Source};
use model::Name;
use serde_json::Value;

use crate::{
    commands::{
        Session,
        compose::{files, wrong},
    },
    confirm::Consent,
    failure::{Code, Failure},
    output::{self, Format, Output, table},
};

const SET_RULES: &str = "\
Manifests are documents of YAML or JSON: apiVersion: skupperx.io/v1, kind, metadata, spec. skx get writes such.
What a manifest leaves out is at its default. A network's start and backbone, and a link's access point, stay.

With --set, what is applied becomes part of the set, and is changed under no other name. With --prune, what is in
the set and in none of the manifests is deleted: half of the set and 20 objects at most, unless --max-removals says
otherwise, and nothing that is in use.";

/// Which manifests, and under what name.
#[derive(Args, Debug)]
pub(crate) struct Manifests {
    /// Files, directories (every .yaml, .yml and .json in them), or - for the standard input.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// The name of the set they are.
    #[arg(long, value_name = "NAME")]
    set: Option<Name>,
    /// Deletes what is in the set and in none of the manifests.
    #[arg(long, requires = "set")]
    prune: bool,
    /// How many objects may be deleted.
    #[arg(long, value_name = "N", requires = "prune")]
    max_removals: Option<u32>,
    /// Takes objects over that are in other sets.
    #[arg(long, requires = "set")]
    take_over: bool,
    /// Changes what is in the way even if it cuts off sites that run, or leaves members nowhere to attach.
    #[arg(long)]
    force: bool,
}

/// `skx apply`.
#[derive(Args, Debug)]
#[command(
    after_help = format!("{SET_RULES}\n\nExample:\n  skx apply -f network/ --set retail --prune\n  skx apply -f network.yaml --dry-run\n  skx get network retail -o yaml | skx apply -f -")
)]
pub(crate) struct Apply {
    #[command(flatten)]
    manifests: Manifests,
    /// Only says what would happen. Everything is tried, and undone.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
}

/// `skx diff`.
#[derive(Args, Debug)]
#[command(after_help = format!("{SET_RULES}\n\nExample:\n  skx diff -f network/ --set retail --prune"))]
pub(crate) struct Diff {
    #[command(flatten)]
    manifests: Manifests,
}

pub(crate) async fn apply(args: Apply, session: &Session) -> Result<(), Failure> {
    let read = args.manifests.read(session.output)?;
    let mut request = api::Apply { dry_run: args.dry_run, ..read.request.clone() };
    if request.prune && !args.dry_run && !args.consent.yes {
        let plan = read.send(&api::Apply { dry_run: true, ..request.clone() }, session).await?;
        let gone: Vec<&ApplyStep> = plan.steps.iter().filter(|step| step.action == ApplyAction::Delete).collect();
        if !gone.is_empty() {
            eprint!("{}", shown(&plan));
            args.consent.ask(&format!("deletes {}, for good", objects(gone.len())))?;
            request.if_plan = Some(plan.plan);
        }
    }
    let applied = read.send(&request, session).await?;
    said(&applied, session.output)
}

pub(crate) async fn diff(args: Diff, session: &Session) -> Result<(), Failure> {
    let read = args.manifests.read(session.output)?;
    let plan = read.send(&api::Apply { dry_run: true, ..read.request.clone() }, session).await?;
    said(&plan, session.output)?;
    match plan.differences {
        0 => Ok(()),
        _ => Err(Failure::failed("there are differences")),
    }
}

/// Manifests that were read: what is asked for by them, and where each of them stands.
struct Read {
    sources: Vec<Source>,
    documents: Vec<Authored>,
    request: api::Apply,
}

impl Manifests {
    fn read(self, output: Output) -> Result<Read, Failure> {
        let sources = files(&self.files)?;
        let (mut documents, mut problems) = (vec![], Problems::default());
        for source in &sources {
            let (read, found) = Authored::read(source);
            documents.extend(read);
            problems.append(found);
        }
        if !problems.is_empty() {
            return Err(wrong(&problems, &sources, output));
        }
        if documents.is_empty() && !self.prune {
            return Err(Failure::usage("there are no manifests in what was given"));
        }
        let request = api::Apply {
            manifests: documents.iter().map(|document| document.json.clone()).collect(),
            set: self.set,
            prune: self.prune,
            max_removals: self.max_removals,
            take_over: self.take_over,
            force: self.force,
            dry_run: false,
            if_plan: None,
        };
        Ok(Read { sources, documents, request })
    }
}

impl Read {
    async fn send(&self, request: &api::Apply, session: &Session) -> Result<Applied, Failure> {
        let outcome = session.client()?.post("/apply", request).await;
        outcome.map_err(|failure: Failure| self.explained(failure, session.output))
    }

    /// Says where in the files it stands what the controller has refused.
    fn explained(&self, failure: Failure, output: Output) -> Failure {
        let places: Vec<_> = failure.errors().iter().filter_map(|error| Some((self.place(error)?, error))).collect();
        let Some((first, _)) = places.first() else { return failure };
        if failure.code() != Code::Usage {
            let at = format!("{}:{}:{}", first.source, first.line, first.column);
            return failure.at(&at);
        }
        let mut problems = Problems::default();
        for (at, error) in places {
            let field = error.field.split_once("].").map(|(_, field)| format!("{field}: ")).unwrap_or_default();
            problems.push(Diagnostic::new(Mistake::InvalidValue, format!("{field}{}", error.message)).at(at));
        }
        wrong(&problems, &self.sources, output).with_code(failure.code())
    }

    /// Where a field of the request stands: `manifests[2].spec.cost`.
    fn place(&self, error: &FieldError) -> Option<compose::Position> {
        let (place, field) = error.field.strip_prefix("manifests[")?.split_once(']')?;
        Some(self.documents.get(place.parse::<usize>().ok()?)?.position(field))
    }
}

fn said(applied: &Applied, output: Output) -> Result<(), Failure> {
    match output.format {
        Format::Table => output::text(&shown(applied)),
        Format::Json | Format::Yaml => output.value(applied),
    }
}

/// What is done, as a table, and in one sentence.
fn shown(applied: &Applied) -> String {
    let of_interest = applied.steps.iter().filter(|step| step.action != ApplyAction::Nothing);
    let rows: Vec<_> = of_interest.map(row).collect();
    let mut text = if rows.is_empty() { String::new() } else { table(&["action", "kind", "name", "changes"], rows) };
    let same = applied.steps.iter().filter(|step| step.action == ApplyAction::Nothing).count();
    let done = match (applied.differences, applied.dry_run) {
        (0, _) => "nothing to do".to_owned(),
        (n, true) => format!("{n} to do"),
        (n, false) => format!("{n} done"),
    };
    text.push_str(&format!("{done}; {} unchanged\n", objects(same)));
    text
}

fn objects(n: usize) -> String {
    if n == 1 { "1 object".to_owned() } else { format!("{n} objects") }
}

fn row(step: &ApplyStep) -> Vec<String> {
    let name = match &step.parent {
        Some(parent) => format!("{parent}/{}", step.name),
        None => step.name.clone(),
    };
    let mut notes: Vec<String> = step.changes.iter().map(change).collect();
    match (&step.leaves, &step.joins) {
        (Some(from), Some(to)) => notes.push(format!("from the set {from} to {to}")),
        (None, Some(to)) if step.action == ApplyAction::Adopt => notes.push(format!("comes into the set {to}")),
        _ => {}
    }
    if step.action == ApplyAction::Keep {
        notes.push("in the set and in no manifest; --prune deletes it".to_owned());
    }
    vec![step.action.as_str().to_owned(), step.kind.to_string(), name, notes.join("; ")]
}

fn change(change: &FieldChange) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "none".to_owned(), text);
    format!("{}: {} → {}", change.field, value(&change.from), value(&change.to))
}

/// A value as a person writes it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().map(text).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}
