//! What is deployed at the site on this machine: looking at changes, agreeing to them, declining them.

use api::local::{
    Accept, ConsentPolicy, ConsentSet, Decline, Deployment, DeploymentPart, Fill, Impact, LocalField, LogLine,
    LogReaders, SiteStatus, VolumesAfter, Workload,
};
use clap::Args;
use model::Name;
use serde_json::Value;

use super::{Dir, client::LocalClient};
use crate::{
    commands::join::{lock, unusable_state},
    confirm,
    failure::{Code, Failure},
    output::{Format, Output, Show, printable, table, text, time},
};

/// `skx site changes`.
#[derive(Args, Debug)]
pub(crate) struct Changes {
    /// One of them, with all that would change.
    deployment: Option<Name>,
    #[command(flatten)]
    dir: Dir,
}

/// `skx site accept`.
#[derive(Args, Debug)]
pub(crate) struct AcceptArgs {
    /// The deployment.
    deployment: Name,
    /// An optional part to decline at the same time; give it again for more.
    #[arg(long, value_name = "PART")]
    without: Vec<String>,
    /// A part that was declined, and is wanted after all. You are asked again once it is offered; give it again for more.
    #[arg(long, value_name = "PART", conflicts_with = "without")]
    with: Vec<String>,
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    consent: confirm::Consent,
}

/// `skx site decline`.
#[derive(Args, Debug)]
pub(crate) struct DeclineArgs {
    /// The deployment.
    deployment: Name,
    /// An optional part of it; the whole change, if left out.
    part: Option<String>,
    #[command(flatten)]
    dir: Dir,
}

/// `skx site fill`.
#[derive(Args, Debug)]
pub(crate) struct FillArgs {
    /// The deployment.
    deployment: Name,
    /// The part, the field and the value: JSON, or text as it is. An empty value takes back what was filled in.
    #[arg(value_name = "PART.FIELD=VALUE")]
    value: String,
    #[command(flatten)]
    dir: Dir,
}

/// `skx site consent`.
#[derive(Args, Debug)]
pub(crate) struct ConsentArgs {
    /// auto: never ask. updates: ask about parts, listeners and connectors that are new, ports for other machines and images by
    /// tag among them. ask: ask about all that is not agreed to.
    #[arg(value_name = "auto|updates|ask", required_unless_present_any = ["logs", "volumes"])]
    policy: Option<ConsentPolicy>,
    /// Who reads what workloads here say: owner (you, and those who work with the network's deployments), or participant (you
    /// alone, as it is unless you say so).
    #[arg(long, value_name = "owner|participant")]
    logs: Option<LogReaders>,
    /// What becomes of the volumes of what is deployed here no more: keep (as it is unless you say so), or delete, with all that
    /// is in them.
    #[arg(long, value_name = "keep|delete")]
    volumes: Option<VolumesAfter>,
    #[command(flatten)]
    dir: Dir,
}

/// `skx site logs`.
#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    /// The deployment.
    deployment: Name,
    /// One of its workloads; all, if left out.
    workload: Option<String>,
    /// The last so many lines of each.
    #[arg(long, default_value_t = 100)]
    lines: u16,
    #[command(flatten)]
    dir: Dir,
}

impl Show for Deployment {
    const HEADINGS: &'static [&'static str] = &["deployment", "state", "since", "offered", "in force", "message"];

    fn row(&self) -> Vec<String> {
        let number = |version: &Option<api::local::Version>| {
            version.as_ref().map(|version| format!("plan {}", version.number)).unwrap_or_default()
        };
        vec![
            self.name.to_string(),
            self.state.as_str().to_owned(),
            time(self.since),
            number(&self.offered),
            number(&self.applied),
            self.message.clone(),
        ]
    }
}

impl Show for Workload {
    const HEADINGS: &'static [&'static str] = &["workload", "of", "state", "since", "restarts", "message"];

    fn row(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.instance.clone(),
            self.state.clone(),
            time(self.since),
            self.restarts.to_string(),
            self.message.clone(),
        ]
    }
}

impl Show for LogLine {
    const HEADINGS: &'static [&'static str] = &["workload", "at", "said"];

    fn row(&self) -> Vec<String> {
        vec![self.workload.clone(), time(self.at), printable(&self.text)]
    }
}

pub(crate) async fn changes(args: Changes, output: Output) -> Result<(), Failure> {
    let client = LocalClient::running(&args.dir.open())?;
    let Some(name) = args.deployment else {
        let all: Vec<Deployment> = client.list("/deployments").await?;
        output.list(&all)?;
        if output.format == Format::Table {
            if let Some(asks) = all.iter().find(|it| it.asks) {
                text(&format!("\nskx site changes {} shows what waits for your agreement\n", asks.name))?;
            }
            let status: SiteStatus = client.get("/site").await?;
            if status.logs == Some(LogReaders::Owner) {
                text(&format!("\nlogs: {}\n", logs_words(&status)))?;
            }
        }
        return Ok(());
    };
    let deployment = one(&client, &name).await?;
    match output.format {
        Format::Table => text(&described(&deployment)),
        _ => output.value(&deployment),
    }
}

/// Who reads logs, and who has.
pub(super) fn logs_words(status: &SiteStatus) -> String {
    let mut words = match status.logs {
        None => return String::new(),
        Some(LogReaders::Participant) => "for the participant alone".to_owned(),
        Some(LogReaders::Owner) => "also for those who work with the network's deployments".to_owned(),
    };
    if let Some(read) = &status.logs_read {
        let (reader, deployment) = (printable(&read.reader), printable(&read.deployment));
        words.push_str(&format!("; {reader} read those of {deployment} at {}", time(read.at)));
    }
    words
}

/// Everything about a deployment, as a person reads it, and what they can type next.
fn described(it: &Deployment) -> String {
    let mut lines = vec![format!("{}: {}, since {}", it.name, it.state.as_str(), time(it.since))];
    if !it.message.is_empty() {
        lines.extend(it.message.lines().map(|line| format!("  {line}")));
    }
    for (what, version) in [("in force", &it.applied), ("offered", &it.offered)] {
        if let Some(version) = version {
            lines.push(format!("{what}: plan {} of {}", version.number, version.release));
        }
    }
    if it.changes.is_empty() {
        lines.push("what is offered is in force: nothing would change".to_owned());
    } else {
        lines.push(format!("what would change{}:", impact(it.impact)));
        lines.extend(it.changes.iter().map(|line| format!("  {line}")));
    }
    if !it.parts.is_empty() {
        lines.push("parts:".to_owned());
        lines.extend(it.parts.iter().flat_map(part));
    }
    // A line of somebody else's words stays one, and steers nothing.
    let mut shown: String = lines.iter().map(|line| printable(line) + "\n").collect();
    if !it.workloads.is_empty() {
        shown.push('\n');
        shown.push_str(&table(Workload::HEADINGS, it.workloads.iter().map(Workload::row).collect()));
    }
    let next = next(it);
    if !next.is_empty() {
        shown.push_str(&format!(
            "\nnext:\n  {}\n",
            next.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n  ")
        ));
    }
    shown
}

fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::None => " (nothing that was not agreed to)",
        Impact::Update => " (what runs becomes different)",
        Impact::New => " (something new runs, listens or connects)",
    }
}

fn part(part: &DeploymentPart) -> Vec<String> {
    let optional = match (part.declined, part.optional) {
        (true, _) => ", declined",
        (false, true) => ", optional",
        (false, false) => "",
    };
    let mut lines = vec![format!("  {} ({}{optional})", part.path, part.block)];
    lines.extend(part.local.iter().map(|field| format!("    {}", filled(field))));
    lines
}

fn filled(field: &LocalField) -> String {
    let about = if field.description.is_empty() { String::new() } else { format!(": {}", field.description) };
    let value = match (&field.value, &field.default) {
        (Some(value), _) => value.to_string(),
        (None, Some(default)) => format!("{default} unless filled in"),
        (None, None) if field.required => "not filled in, and needed".to_owned(),
        (None, None) => "not filled in".to_owned(),
    };
    format!("{} = {value}{about}", field.field)
}

/// What can be typed next.
fn next(it: &Deployment) -> Vec<String> {
    let name = &it.name;
    let mut next = Vec::new();
    if it.asks {
        next.push(format!("skx site accept {name}"));
        next.extend(
            it.parts
                .iter()
                .filter(|part| part.optional && !part.declined)
                .map(|part| format!("skx site accept {name} --without {}", part.path)),
        );
        next.push(format!("skx site decline {name}"));
    }
    for part in &it.parts {
        if part.declined {
            next.push(format!("skx site accept {name} --with {}", part.path));
        }
        let open = part.local.iter().filter(|field| field.required && field.value.is_none() && field.default.is_none());
        next.extend(open.map(|field| format!("skx site fill {name} {}.{}=VALUE", part.path, field.field)));
    }
    next
}

pub(crate) async fn accept(args: AcceptArgs, output: Output) -> Result<(), Failure> {
    let client = LocalClient::running(&args.dir.open())?;
    let deployment = one(&client, &args.deployment).await?;
    let name = &deployment.name;
    let with = !args.with.is_empty();
    if !with {
        if output.format == Format::Table && !args.consent.yes {
            text(&described(&deployment))?;
        }
        let without = match args.without.as_slice() {
            [] => String::new(),
            parts => format!(", without {}", parts.join(" and ")),
        };
        args.consent.ask(&format!("lets {name} change this site as shown{without}"))?;
    }
    let accept = Accept { digest: digest(&deployment)?, without: args.without, with: args.with };
    let now: Deployment = client.post(&format!("/deployments/{name}/accept"), &accept).await?;
    let sentence = if with {
        format!("{} will be offered again; you are asked then", accept.with.join(" and "))
    } else if accept.without.is_empty() {
        format!("agreed; {name} is {}", now.state.as_str())
    } else {
        format!("agreed, without {}; {name} follows as soon as it is planned so", accept.without.join(" and "))
    };
    output.done(&sentence, &now)
}

pub(crate) async fn decline(args: DeclineArgs, output: Output) -> Result<(), Failure> {
    let client = LocalClient::running(&args.dir.open())?;
    let deployment = one(&client, &args.deployment).await?;
    let name = &deployment.name;
    let decline = Decline { digest: digest(&deployment)?, part: args.part };
    let now: Deployment = client.post(&format!("/deployments/{name}/decline"), &decline).await?;
    let whole =
        || format!("declined; what {name} has here stays, and you are asked again when something else is offered");
    let sentence = match &decline.part {
        Some(part) if now.parts.iter().any(|it| it.path == *part && it.declined) => {
            format!("declined {part}; {name} is planned again without it")
        }
        Some(part) => format!("{part} is needed by the rest: {}", whole()),
        None => whole(),
    };
    output.done(&sentence, &now)
}

pub(crate) async fn fill(args: FillArgs, output: Output) -> Result<(), Failure> {
    let form = || Failure::usage("give PART.FIELD=VALUE, as in shop/till.currency=EUR");
    let (field, value) = args.value.split_once('=').ok_or_else(form)?;
    let (instance, field) = field.rsplit_once('.').ok_or_else(form)?;
    let value = if value.is_empty() { Value::Null } else { read(value) };
    let name = &args.deployment;
    let client = LocalClient::running(&args.dir.open())?;
    let fill = Fill { instance: instance.to_owned(), field: field.to_owned(), value };
    let now: Deployment = client.put(&format!("/deployments/{name}/locals"), &fill).await?;
    output.done(&format!("{instance}.{field} is noted; {name} is planned again with it"), &now)
}

/// A value as it is typed: JSON, if it is that, and text otherwise.
fn read(typed: &str) -> Value {
    serde_json::from_str(typed).unwrap_or_else(|_| Value::String(typed.to_owned()))
}

pub(crate) async fn consent(args: ConsentArgs, output: Output) -> Result<(), Failure> {
    let dir = args.dir.open();
    let set = ConsentSet { consent: args.policy, logs: args.logs, volumes: args.volumes };
    match LocalClient::find(&dir)? {
        Some(client) => client.put_nothing("/site/consent", &set).await?,
        None => {
            super::stored(&dir)?;
            let dir = lock(dir.path().to_owned())?;
            let local = dir.dir().local().map_err(unusable_state)?;
            dir.save_local(&local.consenting(set)).map_err(unusable_state)?;
        }
    }
    let asked = set.consent.map(|policy| match policy {
        ConsentPolicy::Auto => "you are asked only where the invitation says so",
        ConsentPolicy::Updates => "you are asked about what is new; what runs already may be updated",
        ConsentPolicy::Ask => "you are asked about every change that you have not agreed to",
    });
    let read = set.logs.map(|readers| match readers {
        LogReaders::Participant => "nobody but you reads what workloads here say",
        LogReaders::Owner => "those who work with the network's deployments may read what workloads here say",
    });
    let volumes = set.volumes.map(|volumes| match volumes {
        VolumesAfter::Keep => "volumes stay when what uses them goes",
        VolumesAfter::Delete => "volumes are deleted with what uses them, and all that is in them",
    });
    output.done(&asked.into_iter().chain(read).chain(volumes).collect::<Vec<_>>().join("; "), &set)
}

pub(crate) async fn logs(args: LogsArgs, output: Output) -> Result<(), Failure> {
    let client = LocalClient::running(&args.dir.open())?;
    let workload = args.workload.as_ref().map(|name| format!("&workload={name}")).unwrap_or_default();
    let path = format!("/deployments/{}/logs?lines={}{workload}", args.deployment, args.lines);
    let lines: Vec<LogLine> = client.list(&path).await?;
    output.list(&lines)
}

async fn one(client: &LocalClient, name: &Name) -> Result<Deployment, Failure> {
    let all: Vec<Deployment> = client.list("/deployments").await?;
    let known: Vec<String> = all.iter().map(|it| it.name.to_string()).collect();
    all.into_iter().find(|it| it.name == *name).ok_or_else(|| {
        let there =
            if known.is_empty() { "there are none".to_owned() } else { format!("there is {}", known.join(", ")) };
        Failure::new(Code::NotFound, format_args!("no deployment {name} is offered to this site; {there}"))
    })
}

fn digest(deployment: &Deployment) -> Result<String, Failure> {
    let nothing =
        || Failure::new(Code::Conflict, format_args!("nothing of {} is offered to this site", deployment.name));
    deployment.offered.as_ref().map(|offered| offered.digest.clone()).ok_or_else(nothing)
}
