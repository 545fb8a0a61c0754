//! What applying manifests comes to: a pure function of the manifests, of what is stored, and of the rules.

use std::collections::{BTreeMap, BTreeSet};

use api::{ApplyAction, ApplyStep, Authored, FieldChange, FieldError, ManifestKey};
use compose::deploy::DeploymentSpec;
use model::Name;
use serde::Deserialize as _;
use serde_json::{Map, Value};
use store::manifest_set::Object;

/// An object that is stored.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// What it could have been made by.
    pub(super) authored: Authored,
    /// Which it is.
    pub(super) object: Object,
    /// Its revision.
    pub(super) revision: i64,
    /// The set it is in.
    pub(super) set: Option<Name>,
    /// How many sites it has, of a network.
    pub(super) members: u64,
    /// Whether it is being taken away already.
    pub(super) going: bool,
}

/// By what rules a plan is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) set: Option<Name>,
    pub(super) prune: bool,
    pub(super) max_removals: Option<u32>,
    pub(super) take_over: bool,
}

/// What is done to one object.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) action: ApplyAction,
    pub(super) key: ManifestKey,
    /// The manifest, and its place.
    pub(super) wanted: Option<(usize, Authored)>,
    pub(super) found: Option<Found>,
    pub(super) changes: Vec<FieldChange>,
    /// The set it comes into.
    pub(super) joins: Option<Name>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The manifests are not in order.
    Invalid(Vec<FieldError>),
    /// What is stored stands in the way.
    Conflict { errors: Vec<FieldError>, how: &'static str },
}

/// The most objects a plan deletes of a set unless more are allowed.
const REMOVALS: usize = 20;

/// Plans: an entry for each manifest, in their order, then one for each object of the set that has none.
pub(super) fn plan(wanted: Vec<Authored>, stored: Vec<Found>, rules: &Rules) -> Result<Vec<Entry>, Refused> {
    let of_set = stored.iter().filter(|found| rules.set.is_some() && found.set == rules.set).count();
    let mut stored: BTreeMap<ManifestKey, Found> =
        stored.into_iter().map(|found| (found.authored.key(), found)).collect();
    let (mut entries, mut invalid, mut taken, mut going) = (vec![], vec![], vec![], vec![]);
    for (i, wanted) in wanted.into_iter().enumerate() {
        let key = match stored_key(&wanted, &stored) {
            Ok(key) => key,
            Err(message) => {
                invalid.push(FieldError::new(format!("manifests[{i}].spec.access"), message));
                continue;
            }
        };
        let found = stored.remove(&key);
        if found.as_ref().is_some_and(|found| found.going) {
            going.push(FieldError::new(format!("manifests[{i}]"), format!("{key} is being taken away from its sites")));
            continue;
        }
        match entry(i, wanted, found, rules) {
            Ok(entry) => entries.push(entry),
            Err(foreign) => taken.push(FieldError::new(format!("manifests[{i}]"), format!("{key} is in {foreign}"))),
        }
    }
    if !invalid.is_empty() {
        return Err(Refused::Invalid(invalid));
    }
    if !taken.is_empty() {
        return Err(Refused::Conflict {
            errors: taken,
            how: "what is in a set is changed under the name of that set only: give it with --set, or take the objects over with --take-over",
        });
    }
    if !going.is_empty() {
        return Err(Refused::Conflict { errors: going, how: "apply again when it is gone" });
    }
    let staying = stored.into_values().filter(|found| !found.going);
    let (left, others): (Vec<_>, Vec<_>) = staying.partition(|found| rules.set.is_some() && found.set == rules.set);
    if rules.prune {
        removable(&left, &entries, &others, of_set, rules.max_removals)?;
    }
    let action = if rules.prune { ApplyAction::Delete } else { ApplyAction::Keep };
    entries.extend(left.into_iter().map(|found| Entry {
        action,
        key: found.authored.key(),
        wanted: None,
        found: Some(found),
        changes: vec![],
        joins: None,
    }));
    Ok(entries)
}

/// By what the object of a manifest is found. A link that names no access point is the only one between its ends.
fn stored_key(wanted: &Authored, stored: &BTreeMap<ManifestKey, Found>) -> Result<ManifestKey, String> {
    let key = wanted.key();
    let Authored::Link(_, link) = wanted else { return Ok(key) };
    if link.access.is_some() {
        return Ok(key);
    }
    let same = |other: &&ManifestKey| {
        (other.kind, &other.parent) == (key.kind, &key.parent) && other.name.starts_with(&key.name)
    };
    match stored.keys().filter(same).collect::<Vec<_>>().as_slice() {
        [] => Ok(key),
        [only] => Ok((*only).clone()),
        many => {
            Err(format!("there are {} links from {} to {}: say which access point", many.len(), link.from, link.to))
        }
    }
}

/// What is done by a manifest, or the words for the set the object is in.
fn entry(place: usize, wanted: Authored, found: Option<Found>, rules: &Rules) -> Result<Entry, String> {
    let Some(found) = found else {
        return Ok(Entry {
            action: ApplyAction::Create,
            key: wanted.key(),
            wanted: Some((place, wanted)),
            found: None,
            changes: vec![],
            joins: rules.set.clone(),
        });
    };
    let wanted = filled(wanted, &found.authored);
    let mut changes = vec![];
    differences("", &found.authored.spec(), &wanted.spec(), &mut changes);
    let foreign = found.set.as_ref().filter(|set| rules.set.as_ref() != Some(*set));
    if let Some(set) = foreign
        && !rules.take_over
        && (rules.set.is_some() || !changes.is_empty())
    {
        return Err(format!("the set {set}"));
    }
    let replaced = matches!(found.authored, Authored::Listener(..) | Authored::Connector(..));
    let joins = rules.set.clone().filter(|set| found.set.as_ref() != Some(set));
    let action = match (changes.is_empty(), replaced, &joins) {
        (false, true, _) => ApplyAction::Replace,
        (false, false, _) => ApplyAction::Change,
        (true, _, Some(_)) => ApplyAction::Adopt,
        (true, _, None) => ApplyAction::Nothing,
    };
    // What is made anew has to be taken into its set again.
    let joins = if action == ApplyAction::Replace { rules.set.clone() } else { joins };
    Ok(Entry { action, key: wanted.key(), wanted: Some((place, wanted)), found: Some(found), changes, joins })
}

/// A manifest with what it leaves to the object as it is, and to what the object's name says.
fn filled(mut wanted: Authored, found: &Authored) -> Authored {
    match (&mut wanted, found) {
        (Authored::ApplicationNetwork(wanted), Authored::ApplicationNetwork(found)) => {
            wanted.start = wanted.start.or(found.start);
            wanted.backbone = wanted.backbone.take().or_else(|| found.backbone.clone());
        }
        (Authored::Link(_, wanted), Authored::Link(_, found)) => {
            wanted.access = wanted.access.take().or_else(|| found.access.clone());
        }
        (Authored::Deployment(_, _, wanted), Authored::Deployment(_, _, found)) => {
            *wanted = canonical(std::mem::take(wanted));
            let release = |spec: &Map<String, Value>| spec.get("release").and_then(Value::as_str).map(str::to_owned);
            // Of its digits the first are enough; what is stored has all of them.
            if let (Some(short), Some(whole)) = (release(wanted), release(found))
                && whole.starts_with(&short)
            {
                wanted.insert("release".to_owned(), whole.into());
            }
        }
        (Authored::Invitation(_, wanted), Authored::Invitation(..)) => {
            let default = crate::ops::invitation::default_prefix(&wanted.name);
            wanted.prefix.get_or_insert(default);
        }
        _ => {}
    }
    wanted
}

/// What a deployment says, as it is written by whoever reads it: so that the same is the same. What cannot be read stays as it is.
pub(super) fn canonical(spec: Map<String, Value>) -> Map<String, Value> {
    let read = DeploymentSpec::deserialize(&Value::Object(spec.clone())).ok();
    match read.and_then(|read| serde_json::to_value(read).ok()) {
        Some(Value::Object(canonical)) => canonical,
        _ => spec,
    }
}

/// What changes from one object to another, field by field. Elements of lists are told apart by their names.
fn differences(within: &str, from: &Map<String, Value>, to: &Map<String, Value>, changes: &mut Vec<FieldChange>) {
    let fields: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in fields {
        let field = if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
        match (from.get(name), to.get(name)) {
            (one, other) if one == other => {}
            (Some(Value::Object(one)), Some(Value::Object(other))) => differences(&field, one, other, changes),
            (one, other) => match (one.and_then(named), other.and_then(named)) {
                (Some(one), Some(other)) => differences(&field, &one, &other, changes),
                _ => changes.push(FieldChange { field, from: one.cloned(), to: other.cloned() }),
            },
        }
    }
}

/// A list of objects that have names, by these.
fn named(list: &Value) -> Option<Map<String, Value>> {
    let name = |item: &Value| Some((item.get("name")?.as_str()?.to_owned(), item.clone()));
    list.as_array()?.iter().map(name).collect()
}

/// Refuses to delete too much, or what is in use.
fn removable(
    left: &[Found],
    entries: &[Entry],
    others: &[Found],
    of_set: usize,
    allowed: Option<u32>,
) -> Result<(), Refused> {
    let limit = allowed.map_or((of_set / 2).clamp(1, REMOVALS), |n| usize::try_from(n).unwrap_or(usize::MAX));
    if left.len() > limit {
        let (n, of) = (left.len(), if left.len() == of_set { "all".to_owned() } else { of_set.to_string() });
        let message = format!("{n} objects would be deleted, of {of} in the set; {limit} may be");
        return Err(Refused::Conflict {
            errors: vec![FieldError::new("max_removals", message)],
            how: "look at the plan with skx diff --prune; allow it with --max-removals N",
        });
    }
    let gone: BTreeSet<ManifestKey> = left.iter().map(|found| found.authored.key()).collect();
    let staying = others.iter().map(|found| &found.authored);
    let staying: Vec<&Authored> =
        staying.chain(entries.iter().filter_map(|entry| Some(&entry.wanted.as_ref()?.1))).collect();
    let mut errors = vec![];
    for found in left {
        let key = found.authored.key();
        if found.members > 0 {
            errors.push(FieldError::new("prune", format!("{key} has {} member sites", found.members)));
        }
        let user = staying.iter().find(|other| !gone.contains(&other.key()) && needs(other, &found.authored));
        if let Some(user) = user {
            errors.push(FieldError::new("prune", format!("{key} has {}, which stays", user.key())));
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(Refused::Conflict { errors, how: "nothing that is in use is deleted: end its use first, or keep its manifest" })
}

/// Whether an object is in another, or leads to or from it.
fn needs(object: &Authored, other: &Authored) -> bool {
    match (object, other) {
        (Authored::Link(of, link), Authored::BackboneSite(backbone, site)) => {
            of == backbone && [&link.from, &link.to].contains(&&site.name)
        }
        _ => {
            let within = object.kind().parent() == Some(other.kind());
            within && object.parent().map(Name::as_str) == Some(other.key().name.as_str())
        }
    }
}

impl Entry {
    /// What is said of it.
    pub(super) fn step(&self) -> ApplyStep {
        let ManifestKey { kind, parent, name } = self.key.clone();
        let leaves = self.found.as_ref().and_then(|found| found.set.clone());
        ApplyStep {
            action: self.action,
            kind,
            parent,
            name,
            manifest: self.wanted.as_ref().map(|(place, _)| u32::try_from(*place).unwrap_or(u32::MAX)),
            changes: self.changes.clone(),
            leaves: leaves.filter(|set| self.joins.as_ref().is_some_and(|joins| joins != set)),
            joins: self.joins.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
