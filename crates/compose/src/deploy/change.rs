//! What a plan changes.

use std::{collections::BTreeMap, fmt::Write, slice};

use serde::Serialize;
use serde_json::Value;

use super::{Deployment, Held, Plan, SitePlan};
use crate::{
    diff::{self, Change, Things, What},
    model::Label,
    render::{Content, Object, ReachedSite, Rendered, Told, forget_reasons},
};

/// What a plan changes, site by site.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// The deployment.
    pub deployment: Label,
    /// The network.
    pub network: Label,
    /// The number of the plan.
    pub number: u64,
    /// The release.
    pub release: String,
    /// What happens at each site, in the order of their names.
    pub sites: Vec<Step>,
}

/// What happens at a site.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The site.
    pub site: Label,
    /// What, in a word.
    pub what: Verb,
    /// The number of the site's plan.
    pub number: u64,
    /// Why it keeps what it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// What differs from what it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// What happens at a site, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It gets something for the first time, or again.
    Add,
    /// It gets something else.
    Change,
    /// It loses all it has.
    Remove,
    /// It keeps what it has, and would get something else otherwise.
    Hold,
    /// Nothing.
    Keep,
}

/// More sites would lose all they have than the deployment's guard allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{removals} of {of} sites would lose all they have, and spec.guard.maxRemovals is {max}%")]
pub struct Exceeded {
    /// The sites that would.
    pub removals: usize,
    /// The sites that have something.
    pub of: usize,
    /// The share that may, in percent.
    pub max: u8,
}

impl Changes {
    /// What `after` changes for those who have what `before` says.
    pub fn between(before: Option<&Plan>, after: &Plan) -> Self {
        let had = |site: &Label| before.and_then(|plan| plan.sites.get(site));
        let steps = after.sites.iter().map(|(site, plan)| step(site, had(site), plan));
        Self {
            deployment: after.deployment.clone(),
            network: after.network.clone(),
            number: after.number,
            release: after.release.clone(),
            sites: steps.collect(),
        }
    }

    /// Whether nothing happens at any site.
    pub fn is_empty(&self) -> bool {
        self.sites.iter().all(|step| matches!(step.what, Verb::Keep | Verb::Hold))
    }

    /// So many sites at which this happens.
    pub fn count(&self, what: Verb) -> usize {
        self.sites.iter().filter(|step| step.what == what).count()
    }

    /// Holds what is taken away against the deployment's guard.
    ///
    /// # Errors
    ///
    /// When it is more than may be.
    pub fn guarded(&self, deployment: &Deployment, before: Option<&Plan>) -> Result<(), Exceeded> {
        let Some(max) = deployment.spec.guard.max_removals else { return Ok(()) };
        let of = before.map_or(0, |plan| plan.sites.values().filter(|site| !site.is_empty()).count());
        let removals = self.count(Verb::Remove);
        if removals * 100 > of * usize::from(max.0) { Err(Exceeded { removals, of, max: max.0 }) } else { Ok(()) }
    }

    /// The changes as a person reads them: sites at which nothing happens are only counted.
    pub fn text(&self) -> String {
        let mut out = format!("plan {} of {} in {}: {}\n", self.number, self.deployment, self.network, self.release);
        let mut summary = Vec::new();
        for (what, word) in [
            (Verb::Add, "to add"),
            (Verb::Change, "to change"),
            (Verb::Remove, "to remove"),
            (Verb::Hold, "held"),
            (Verb::Keep, "as they are"),
        ] {
            match self.count(what) {
                0 => {}
                1 if what == Verb::Keep => summary.push("1 as it is".to_owned()),
                count => summary.push(format!("{count} {word}")),
            }
        }
        let summary = if summary.is_empty() { "no site fills a place".to_owned() } else { summary.join(", ") };
        let _ = writeln!(out, "sites: {summary}");
        for step in self.sites.iter().filter(|step| step.what != Verb::Keep) {
            step.write(&mut out);
        }
        out
    }
}

impl Step {
    fn write(&self, out: &mut String) {
        let sign = match self.what {
            Verb::Add => '+',
            Verb::Change => '~',
            Verb::Remove => '-',
            Verb::Hold => '!',
            Verb::Keep => ' ',
        };
        let _ = writeln!(out, "\n{sign} {}, plan {}", self.site, self.number);
        match &self.held {
            None => {}
            Some(Held::Unknown) => out.push_str("    nothing is known of it: it keeps what it has\n"),
            Some(Held::Declined { parts }) => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                let _ = writeln!(out, "    it declined {}: it keeps what it has", parts.join(", "));
            }
            Some(Held::Blocked { problems }) => {
                for line in problems.lines() {
                    let _ = writeln!(out, "    {line}");
                }
            }
        }
        for line in self.changes.iter().flat_map(|change| change.text().lines().map(str::to_owned).collect::<Vec<_>>())
        {
            let _ = writeln!(out, "    {line}");
        }
    }
}

/// What differs between what a site has and what it would get, with all that is in what is new: why it would is no
/// difference.
pub fn differences(has: Option<&Rendered>, gets: &Rendered) -> Vec<Change> {
    let mut changes = in_short(has, gets);
    for (subject, things) in SUBJECTS {
        let things = things(gets);
        for change in changes.iter_mut().filter(|change| change.subject == subject) {
            let Some((_, value)) = things.get(&change.name) else { continue };
            if change.what == What::Added {
                change.fields = diff::fields(value).into_iter().filter(|it| !is_named(subject, &it.field)).collect();
            }
            if change.what != What::Removed && subject == "object" && tagged(value).is_some() {
                change.summary =
                    "its image is named by a tag: other content may come under it, and nobody is asked".into();
            }
        }
    }
    changes
}

/// What differs, without what is in what is new.
fn in_short(has: Option<&Rendered>, gets: &Rendered) -> Vec<Change> {
    let mut changes = Vec::new();
    for (subject, things) in SUBJECTS {
        diff::compare(subject, &has.map_or_else(BTreeMap::new, things), &things(gets), &mut changes);
    }
    changes
}

/// Whether a field of something is in its name or beside it already.
fn is_named(subject: &str, field: &str) -> bool {
    match subject {
        "part" => true,
        "listener" | "connector" => matches!(field, "address" | "host" | "port" | "name"),
        "object" => matches!(field, "kind" | "name" | "content.instance"),
        "check" => matches!(field, "instance" | "tells"),
        "secret" => field == "name",
        _ => false,
    }
}

/// The image of an object, if it is named by a tag: what comes under that is not told by it.
pub(super) fn tagged(object: &Value) -> Option<&str> {
    object.pointer("/content/image")?.as_str().filter(|image| !image.contains("@sha256:"))
}

/// The ports of an object at which other machines reach it: of each its name, and all of it.
pub(super) fn open_ports(object: &Object) -> impl Iterator<Item = (String, Value)> {
    let Content::Structure(content) = &object.content else { return Vec::new().into_iter() };
    let ports = content.get("ports").and_then(Value::as_array).into_iter().flatten();
    let open = ports.filter(|port| port.get("outside").and_then(Value::as_bool).unwrap_or_default());
    let named = open.map(|port| {
        let protocol = if port.get("udp").and_then(Value::as_bool).unwrap_or_default() { "udp" } else { "tcp" };
        let number = port.get("host").and_then(Value::as_u64).unwrap_or_default();
        (format!("{number}/{protocol} of {}, for other machines", object.name), port.clone())
    });
    named.collect::<Vec<_>>().into_iter()
}

fn step(site: &Label, had: Option<&SitePlan>, plan: &SitePlan) -> Step {
    let same = had.is_some_and(|had| had.digest == plan.digest);
    let changes = if same { Vec::new() } else { in_short(had.map(|had| &had.gets), &plan.gets) };
    let had_something = had.is_some_and(|had| !had.is_empty());
    let what = match (had_something, !plan.is_empty()) {
        _ if plan.held.is_some() => Verb::Hold,
        (false, true) => Verb::Add,
        (true, false) => Verb::Remove,
        (true, true) if !same => Verb::Change,
        _ => Verb::Keep,
    };
    Step { site: site.clone(), what, number: plan.number, held: plan.held.clone(), changes }
}

/// How the things of one subject are gathered.
type Gather = fn(&Rendered) -> Things;

const SUBJECTS: [(&str, Gather); 8] = [
    ("part", |gets| things(&gets.instances, |i| (i.path.clone(), i.block.clone()))),
    ("listener", |gets| {
        things(&gets.listeners, |l| (format!("{} at {}:{}", l.address, l.host, l.port), String::new()))
    }),
    ("connector", |gets| {
        things(&gets.connectors, |c| (format!("{} to {}:{}", c.address, c.host, c.port), String::new()))
    }),
    ("object", |gets| things(&gets.objects, |o| (format!("{} {}", o.kind, o.name), String::new()))),
    ("port", |gets| {
        let each = gets.objects.iter().flat_map(open_ports);
        each.map(|(name, port)| (name, (String::new(), port))).collect()
    }),
    ("check", |gets| things(&gets.checks, |c| (format!("{} {:?}", c.instance, c.tells).to_lowercase(), String::new()))),
    ("secret", |gets| things(&gets.secrets, |s| (s.name.clone(), String::new()))),
    ("told", |gets| {
        let each = gets.addresses.iter().flat_map(|told| told.sites.iter().map(move |site| (told, site)));
        let named = |(told, site): (&Told, &ReachedSite)| {
            things(slice::from_ref(site), |it| {
                (format!("{}.{} of {}", told.instance, told.interface, it.address), String::new())
            })
        };
        each.flat_map(named).collect()
    }),
];

/// Each thing by its name, with a word on it; why it is there is no difference.
fn things<T: Serialize>(all: &[T], named: impl Fn(&T) -> (String, String)) -> Things {
    let each = all.iter().map(|thing| {
        let (name, summary) = named(thing);
        let mut value = serde_json::to_value(thing).unwrap_or_default();
        forget_reasons(&mut value);
        (name, (summary, value))
    });
    let mut things = Things::new();
    for (name, thing) in each {
        // What has the name of another hides nothing by it.
        let more = (2..).map(|n| format!("{name} ({n})"));
        let free = std::iter::once(name.clone()).chain(more).find(|name| !things.contains_key(name));
        things.insert(free.unwrap_or(name), thing);
    }
    things
}
