//! What applying manifests comes to: a pure function of the manifests, of what is stored, and of the rules.

use std::collections::{BTreeMap, BTreeSet};

use api::{ApplyAction, ApplyStep, Authored, FieldChange, FieldError, ManifestKey, ManifestKind};
use model::Name;
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
    let (mut entries, mut invalid, mut taken) = (vec![], vec![], vec![]);
    for (i, wanted) in wanted.into_iter().enumerate() {
        let key = match stored_key(&wanted, &stored) {
            Ok(key) => key,
            Err(message) => {
                invalid.push(FieldError::new(format!("manifests[{i}].spec.access"), message));
                continue;
            }
        };
        match entry(i, wanted, stored.remove(&key), rules) {
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
    let (left, others): (Vec<_>, Vec<_>) =
        stored.into_values().partition(|found| rules.set.is_some() && found.set == rules.set);
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
        (Authored::Invitation(_, wanted), Authored::Invitation(..)) => {
            let default = crate::ops::invitation::default_prefix(&wanted.name);
            wanted.prefix.get_or_insert(default);
        }
        _ => {}
    }
    wanted
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

    /// Whether it is of a kind, and something is done to the object.
    pub(super) fn is(&self, kind: ManifestKind, action: ApplyAction) -> bool {
        (self.key.kind, self.action) == (kind, action)
    }
}

#[cfg(test)]
mod tests {
    use model::GenericUuid as _;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    fn network(name: &str, spec: Value) -> Authored {
        read("ApplicationNetwork", json!({"name": name}), spec)
    }

    fn invitation(name: &str, spec: Value) -> Authored {
        read("Invitation", json!({"name": name, "network": "retail"}), spec)
    }

    fn read(kind: &str, metadata: Value, spec: Value) -> Authored {
        let manifest = json!({"apiVersion": api::API_VERSION, "kind": kind, "metadata": metadata, "spec": spec});
        Authored::read(&manifest).expect("a manifest")
    }

    fn found(authored: Authored, set: Option<&str>) -> Found {
        // Which object it is, is of no matter to the plan.
        let object = Object::Network(model::NetworkId::from_untyped_uuid(Uuid::nil()));
        Found { authored, object, revision: 1, set: set.map(name), members: 0 }
    }

    fn of(set: &str) -> Rules {
        Rules { set: Some(name(set)), ..Rules::default() }
    }

    fn pruning(set: &str) -> Rules {
        Rules { prune: true, ..of(set) }
    }

    fn actions(entries: &[Entry]) -> Vec<(ApplyAction, String)> {
        entries.iter().map(|entry| (entry.action, entry.key.path())).collect()
    }

    #[test]
    fn what_is_as_it_should_be_is_left_alone_whatever_the_manifest_leaves_out() {
        let stored = vec![
            found(
                network(
                    "retail",
                    json!({"start": "2027-01-31T09:00:00Z", "backbone": "europe", "classes": ["a", "b"]}),
                ),
                None,
            ),
            found(invitation("stores", json!({"prefix": "stores"})), None),
            found(
                read("Link", json!({"backbone": "europe"}), json!({"from": "rome", "to": "paris", "access": "main"})),
                None,
            ),
        ];
        let wanted = vec![
            network("retail", json!({"classes": ["b", "a", "b"]})),
            invitation("stores", json!({})),
            read("Link", json!({"backbone": "europe"}), json!({"from": "rome", "to": "paris"})),
        ];
        let entries = plan(wanted, stored, &Rules::default()).expect("a plan");
        assert!(entries.iter().all(|entry| entry.action == ApplyAction::Nothing), "{entries:?}");
    }

    #[test]
    fn what_a_manifest_leaves_out_is_at_its_default_again() {
        let stored = vec![found(network("retail", json!({"end": "2027-01-31T09:00:00Z", "grace_seconds": 9})), None)];
        let entries = plan(vec![network("retail", json!({}))], stored, &Rules::default()).expect("a plan");
        let change = |field: &str, from, to| FieldChange { field: field.to_owned(), from, to };
        assert_eq!(
            entries[0].changes,
            [
                change("end", Some(json!("2027-01-31T09:00:00Z")), None),
                change("grace_seconds", Some(json!(9)), Some(json!(0)))
            ]
        );
    }

    #[test]
    fn access_points_are_told_apart_by_their_names() {
        let site = |access: Value| {
            read("BackboneSite", json!({"name": "r1", "backbone": "europe"}), json!({"access": access}))
        };
        let one = json!({"name": "main", "kinds": ["peer"], "advertised": "a:1"});
        let other = json!({"name": "side", "kinds": ["member"], "advertised": "a:2"});
        let moved = json!({"name": "main", "kinds": ["peer"], "advertised": "b:1"});
        let same =
            plan(vec![site(json!([other, one]))], vec![found(site(json!([one, other])), None)], &Rules::default());
        assert_eq!(same.expect("a plan")[0].action, ApplyAction::Nothing);
        let entries = plan(vec![site(json!([moved]))], vec![found(site(json!([one, other])), None)], &Rules::default());
        let fields: Vec<_> = entries.expect("a plan")[0].changes.iter().map(|change| change.field.clone()).collect();
        assert_eq!(fields, ["access.main.advertised", "access.side"]);
    }

    #[test]
    fn what_left_a_set_stays_until_it_is_pruned() {
        let stored =
            || vec![found(network("retail", json!({})), Some("a")), found(invitation("old", json!({})), Some("a"))];
        let wanted = || vec![network("retail", json!({}))];
        let keep = plan(wanted(), stored(), &of("a")).expect("a plan");
        let all = |last| vec![(ApplyAction::Nothing, "retail".to_owned()), (last, "retail/old".to_owned())];
        assert_eq!(actions(&keep), all(ApplyAction::Keep));
        let gone = plan(wanted(), stored(), &pruning("a")).expect("a plan");
        assert_eq!(actions(&gone), all(ApplyAction::Delete));
        // Without a name, no set is looked at.
        assert_eq!(plan(wanted(), stored(), &Rules::default()).expect("a plan").len(), 1);
    }

    #[test]
    fn objects_of_other_sets_are_not_taken_silently() {
        let stored = || vec![found(network("retail", json!({})), Some("a"))];
        let (same, changed) =
            (|| vec![network("retail", json!({}))], || vec![network("retail", json!({"grace_seconds": 1}))]);
        let refused = |outcome: Result<Vec<Entry>, Refused>| match outcome {
            Err(Refused::Conflict { errors, .. }) => errors[0].message.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(plan(same(), stored(), &of("b"))), "ApplicationNetwork retail is in the set a");
        assert!(refused(plan(changed(), stored(), &Rules::default())).contains("the set a"));
        let nothing = plan(same(), stored(), &Rules::default()).expect("a plan");
        assert_eq!(nothing[0].action, ApplyAction::Nothing);
        let taken = plan(same(), stored(), &Rules { take_over: true, ..of("b") }).expect("a plan");
        let step = taken[0].step();
        assert_eq!((step.action, step.joins, step.leaves), (ApplyAction::Adopt, Some(name("b")), Some(name("a"))));
    }

    #[test]
    fn an_object_of_no_set_is_adopted_once() {
        let stored = |set| vec![found(network("retail", json!({})), set)];
        let wanted = || vec![network("retail", json!({}))];
        assert_eq!(plan(wanted(), stored(None), &of("a")).expect("a plan")[0].action, ApplyAction::Adopt);
        assert_eq!(plan(wanted(), stored(Some("a")), &of("a")).expect("a plan")[0].action, ApplyAction::Nothing);
    }

    #[test]
    fn a_set_loses_no_more_than_half_of_it_unless_more_is_allowed() {
        let some = |n: usize| -> Vec<Authored> { (0..n).map(|i| invitation(&format!("i{i}"), json!({}))).collect() };
        let stored = |n| some(n).into_iter().map(|authored| found(authored, Some("a"))).collect::<Vec<_>>();
        let outcome = |kept, of, max_removals| plan(some(kept), stored(of), &Rules { max_removals, ..pruning("a") });
        for (kept, of, max_removals, allowed) in [
            (0, 1, None, true),
            (5, 10, None, true),
            (4, 10, None, false),
            (4, 10, Some(6), true),
            (0, 10, Some(9), false),
            (80, 100, None, true),
            (79, 100, None, false),
            (9, 10, Some(0), false),
        ] {
            assert_eq!(outcome(kept, of, max_removals).is_ok(), allowed, "{kept} of {of}, {max_removals:?}");
        }
    }

    #[test]
    fn what_is_in_use_is_not_deleted() {
        let refused = |stored: Vec<Found>, wanted| {
            let rules = Rules { max_removals: Some(9), ..pruning("a") };
            match plan(wanted, stored, &rules) {
                Err(Refused::Conflict { errors, .. }) => errors[0].message.clone(),
                other => panic!("{other:?}"),
            }
        };
        let retail = || found(network("retail", json!({})), Some("a"));
        let said = refused(vec![Found { members: 2, ..retail() }], vec![]);
        assert_eq!(said, "ApplicationNetwork retail has 2 member sites");
        let said = refused(vec![retail(), found(invitation("by-hand", json!({})), None)], vec![]);
        assert_eq!(said, "ApplicationNetwork retail has Invitation retail/by-hand, which stays");
        let said = refused(vec![retail()], vec![invitation("new", json!({}))]);
        assert_eq!(said, "ApplicationNetwork retail has Invitation retail/new, which stays");
        let site = |name: &str| read("BackboneSite", json!({"name": name, "backbone": "europe"}), json!({}));
        let link = read("Link", json!({"backbone": "europe"}), json!({"from": "r1", "to": "r2", "access": "main"}));
        let said = refused(vec![found(site("r2"), Some("a")), found(link, None)], vec![]);
        assert_eq!(said, "BackboneSite europe/r2 has Link europe/r1,r2/main, which stays");
    }

    #[test]
    fn a_link_that_could_be_several_has_to_say_which() {
        let link = |access: &str| {
            let spec = json!({"from": "rome", "to": "paris", "access": access});
            found(read("Link", json!({"backbone": "europe"}), spec), None)
        };
        let wanted = vec![read("Link", json!({"backbone": "europe"}), json!({"from": "rome", "to": "paris"}))];
        let Err(Refused::Invalid(faults)) = plan(wanted, vec![link("main"), link("side")], &Rules::default()) else {
            panic!("refused")
        };
        assert_eq!(faults[0].field, "manifests[0].spec.access");
    }

    #[test]
    fn a_listener_that_changes_is_made_anew_and_comes_back_into_its_set() {
        let listener = |adaptable: bool| {
            let spec = json!({"address": "x", "bind": "127.0.0.1:1", "class": "c", "adaptable": adaptable});
            read("Listener", json!({"network": "retail"}), spec)
        };
        let entries = plan(vec![listener(false)], vec![found(listener(true), Some("a"))], &of("a")).expect("a plan");
        assert_eq!((entries[0].action, entries[0].joins.clone()), (ApplyAction::Replace, Some(name("a"))));
    }
}
