//! What differs between two releases, in their own terms.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use crate::release::{Binding, LATE, Release};

/// What differs between two releases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The name of the one.
    pub from: String,
    /// The name of the other.
    pub to: String,
    /// The differences: places, then instances, bindings, addresses and secrets, each in order of their names.
    pub changes: Vec<Change>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What kind of thing it is: `place`, `instance`, `binding`, `address` or `secret`.
    pub subject: &'static str,
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub what: What,
    /// What it is, in short, where it was added or removed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What changed in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is only in the other release.
    Added,
    /// It is only in the one release.
    Removed,
    /// It is in both, and differs.
    Changed,
}

/// A field that differs. No value means that it is not there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// The field, dotted: `config.port`.
    pub field: String,
    /// Its value in the one release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// Its value in the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// Things of one subject by their names, each in a word and in full.
pub(crate) type Things = BTreeMap<String, (String, Value)>;

/// Compares two releases.
pub fn diff(from: &Release, to: &Release) -> Diff {
    let mut changes = Vec::new();
    for (subject, things) in SUBJECTS {
        compare(subject, &things(from), &things(to), &mut changes);
    }
    Diff { from: from.name(), to: to.name(), changes }
}

/// How the things of one subject are gathered.
type Gather = fn(&Release) -> Things;

const SUBJECTS: [(&str, Gather); 5] =
    [("place", places), ("instance", instances), ("binding", bindings), ("address", addresses), ("secret", secrets)];

fn places(release: &Release) -> Things {
    release.spec.places.iter().map(|(name, place)| (name.to_string(), (String::new(), value(place)))).collect()
}

fn instances(release: &Release) -> Things {
    let each = release.spec.instances.iter().map(|(path, instance)| {
        let place = instance.place.as_ref().map(|p| format!(" at {p}")).unwrap_or_default();
        (path.clone(), (format!("{}{place}", instance.block), value(instance)))
    });
    each.collect()
}

fn bindings(release: &Release) -> Things {
    let name = |b: &Binding| format!("{}.{} → {}.{}", b.from.instance, b.from.interface, b.to.instance, b.to.interface);
    let each = release.spec.bindings.iter().map(|b| {
        let by = b.via.as_ref().map(|via| format!("by way of {via}")).unwrap_or_default();
        (name(b), (by, value(b)))
    });
    each.collect()
}

fn addresses(release: &Release) -> Things {
    release.spec.addresses.iter().map(|(name, a)| (name.clone(), (a.kind.clone(), value(a)))).collect()
}

fn secrets(release: &Release) -> Things {
    release.spec.secrets.iter().map(|(name, users)| (name.clone(), (users.join(", "), value(users)))).collect()
}

fn value<T: Serialize>(thing: &T) -> Value {
    serde_json::to_value(thing).unwrap_or_default()
}

/// Adds what differs between the things of one subject.
pub(crate) fn compare(subject: &'static str, from: &Things, to: &Things, changes: &mut Vec<Change>) {
    let names: std::collections::BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in names {
        let change = |what, summary: &str, fields| Change {
            subject,
            name: name.clone(),
            what,
            summary: summary.to_owned(),
            fields,
        };
        match (from.get(name), to.get(name)) {
            (Some((summary, _)), None) => changes.push(change(What::Removed, summary, Vec::new())),
            (None, Some((summary, _))) => changes.push(change(What::Added, summary, Vec::new())),
            (Some((_, a)), Some((_, b))) if a != b => {
                let mut fields = Vec::new();
                walk(&mut String::new(), Some(a), Some(b), &mut fields);
                changes.push(change(What::Changed, "", fields));
            }
            _ => {}
        }
    }
}

fn walk(path: &mut String, from: Option<&Value>, to: Option<&Value>, fields: &mut Vec<FieldChange>) {
    if from == to {
        return;
    }
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (from, to) {
        let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for key in keys {
            let length = path.len();
            // Whether a value is known at build or only at a site is not what a reader looks for.
            if key != LATE {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
            }
            walk(path, a.get(key), b.get(key), fields);
            path.truncate(length);
        }
        return;
    }
    fields.push(FieldChange { field: path.clone(), from: from.cloned(), to: to.cloned() });
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The differences as a person reads them.
    pub fn text(&self) -> String {
        let mut out = format!("{} → {}\n", self.from, self.to);
        if self.changes.is_empty() {
            out.push_str("no differences\n");
        }
        self.changes.iter().for_each(|change| out.push_str(&change.text()));
        out
    }
}

impl Change {
    /// The difference as a person reads it.
    pub fn text(&self) -> String {
        let sign = match self.what {
            What::Added => '+',
            What::Removed => '-',
            What::Changed => '~',
        };
        let summary = if self.summary.is_empty() { String::new() } else { format!(" ({})", self.summary) };
        let mut out = format!("{sign} {} {}{summary}\n", self.subject, self.name);
        self.fields.iter().for_each(|field| field_text(&mut out, field));
        out
    }
}

fn field_text(out: &mut String, change: &FieldChange) {
    let short = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("{text:?}"),
        Some(other) => other.to_string(),
    };
    if let (Some(Value::String(a)), Some(Value::String(b))) = (&change.from, &change.to)
        && (a.contains('\n') || b.contains('\n'))
    {
        let _ = writeln!(out, "    {}:", change.field);
        let lines = TextDiff::from_lines(a.as_str(), b.as_str());
        for line in lines.unified_diff().context_radius(1).to_string().lines().filter(|l| !l.starts_with("@@")) {
            let _ = writeln!(out, "      {line}");
        }
        return;
    }
    let _ = writeln!(out, "    {}: {} → {}", change.field, short(&change.from), short(&change.to));
}
