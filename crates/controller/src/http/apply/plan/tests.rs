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
    Found { authored, object, revision: 1, set: set.map(name), members: 0, going: false }
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
fn what_is_being_taken_away_is_neither_applied_nor_taken_away_once_more() {
    let deployment =
        || read("Deployment", json!({"name": "tills", "network": "retail"}), json!({"application": "retail"}));
    let going = || vec![Found { going: true, ..found(deployment(), Some("s")) }];
    let refused = plan(vec![deployment()], going(), &of("s")).expect_err("it is going");
    let Refused::Conflict { errors, how } = refused else { panic!("{refused:?}") };
    assert!(errors[0].field == "manifests[0]" && how.contains("when it is gone"), "{errors:?}");
    assert_eq!(plan(vec![], going(), &pruning("s")).expect("a plan").len(), 0);
}

#[test]
fn what_is_as_it_should_be_is_left_alone_whatever_the_manifest_leaves_out() {
    let stored = vec![
        found(
            network("retail", json!({"start": "2027-01-31T09:00:00Z", "backbone": "europe", "classes": ["a", "b"]})),
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
    let site =
        |access: Value| read("BackboneSite", json!({"name": "r1", "backbone": "europe"}), json!({"access": access}));
    let one = json!({"name": "main", "kinds": ["peer"], "advertised": "a:1"});
    let other = json!({"name": "side", "kinds": ["member"], "advertised": "a:2"});
    let moved = json!({"name": "main", "kinds": ["peer"], "advertised": "b:1"});
    let same = plan(vec![site(json!([other, one]))], vec![found(site(json!([one, other])), None)], &Rules::default());
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
