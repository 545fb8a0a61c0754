//! Plans: which site gets what of a release, what that changes, and what it never takes away.

use std::{collections::BTreeMap, num::NonZeroUsize};

use compose::{
    Source,
    deploy::{Authored, Changes, Held, KnownSite, Plan, Planner, Presence, Sites, Verb},
    release::Release,
};
use proptest::prelude::*;

mod support;

use support::{built, examples, sources};

const RETAIL: &str = include_str!("../../../examples/deployments/retail.yaml");

fn example(name: &str) -> Release {
    let all = sources(&examples());
    built(all.iter().find(|source| source.name == name).expect("an example"))
}

fn deployment(text: &str) -> Authored {
    Authored::read(&Source::new("deployment.yaml", text)).unwrap_or_else(|p| panic!("{}", p.render(|_| Some(text))))
}

fn sites(text: &str) -> Sites {
    Sites::read(&Source::new("sites.yaml", text)).unwrap_or_else(|p| panic!("{}", p.render(|_| Some(text))))
}

fn plan(release: &Release, text: &str, known: &Sites, before: Option<&Plan>) -> Plan {
    let planner = Planner::new(release, NonZeroUsize::new(2).expect("two"));
    planner.plan(&deployment(text), known, before).unwrap_or_else(|p| panic!("{}", p.render(|_| None)))
}

/// Headquarters and these stores.
fn chain(stores: &[&str]) -> Sites {
    let store =
        |name: &str| format!("- {{name: {name}, platform: podman, classes: [storefront], labels: {{region: emea}}}}\n");
    let stores: String = stores.iter().map(|name| store(name)).collect();
    sites(&format!("network: {{name: retail}}\nsites:\n- {{name: headquarters, platform: podman}}\n{stores}"))
}

fn site<'s>(sites: &'s mut Sites, name: &str) -> &'s mut KnownSite {
    sites.sites.iter_mut().find(|site| site.name.as_str() == name).expect("a site")
}

fn what(before: Option<&Plan>, after: &Plan) -> BTreeMap<String, Verb> {
    Changes::between(before, after).sites.into_iter().map(|step| (step.site.to_string(), step.what)).collect()
}

/// The ports at headquarters, by the address of the store that is reached there.
fn doors(plan: &Plan) -> BTreeMap<String, u16> {
    let outside = plan.sites["headquarters"].gets.listeners.iter().filter(|listener| listener.site.is_some());
    outside.map(|listener| (listener.address.clone(), listener.port)).collect()
}

fn ports(of: &[(&str, u16)]) -> BTreeMap<String, u16> {
    of.iter().map(|(store, port)| (format!("tills/till.api/{store}"), *port)).collect()
}

#[test]
fn a_plan_says_per_site_what_will_happen() {
    let release = example("retail.yaml");
    let first = plan(&release, RETAIL, &chain(&["store-1", "store-2"]), None);
    let second = plan(&release, RETAIL, &chain(&["store-1", "store-2", "store-3"]), Some(&first));
    let name = release.name();
    let shown = |before, after| Changes::between(before, after).text().replace(&name, "RELEASE");
    insta::assert_snapshot!(format!("{}\n=====\n{}", shown(None, &first), shown(Some(&first), &second)));
}

#[test]
fn headquarters_has_one_ingress_per_store_at_a_port_that_stays() {
    let release = example("retail.yaml");
    let first = plan(&release, RETAIL, &chain(&["store-2", "store-3"]), None);
    assert_eq!(doors(&first), ports(&[("store-2", 8443), ("store-3", 8444)]));
    let served: Vec<&str> = first.sites["store-2"].gets.connectors.iter().map(|c| c.address.as_str()).collect();
    assert_eq!(served, ["tills/till.api/store-2"]);
    // A store that comes takes nobody's port, and one that goes leaves its own to nobody.
    let mut known = chain(&["store-1", "store-2", "store-3"]);
    let second = plan(&release, RETAIL, &known, Some(&first));
    assert_eq!(doors(&second), ports(&[("store-1", 8445), ("store-2", 8443), ("store-3", 8444)]));
    site(&mut known, "store-2").presence = Presence::Gone;
    let third = plan(&release, RETAIL, &known, Some(&second));
    assert_eq!(doors(&third), ports(&[("store-1", 8445), ("store-3", 8444)]));
    let fourth = plan(&release, RETAIL, &chain(&["store-0", "store-2", "store-3"]), Some(&third));
    assert_eq!(doors(&fourth), ports(&[("store-0", 8446), ("store-1", 8445), ("store-2", 8443), ("store-3", 8444)]));
}

#[test]
fn a_store_that_joins_changes_itself_and_headquarters_alone() {
    let release = example("retail.yaml");
    let first = plan(&release, RETAIL, &chain(&["store-1", "store-2"]), None);
    let mut known = chain(&["store-1", "store-2", "store-3"]);
    let second = plan(&release, RETAIL, &known, Some(&first));
    let changes = what(Some(&first), &second);
    assert_eq!(changes["store-3"], Verb::Add);
    assert_eq!(changes["headquarters"], Verb::Change);
    assert_eq!((changes["store-1"], changes["store-2"]), (Verb::Keep, Verb::Keep));
    assert_eq!((second.number, second.sites["headquarters"].number, second.sites["store-1"].number), (2, 2, 1));
    // A label that changes takes it out again: what it has is removed, and so is its ingress.
    site(&mut known, "store-3").labels.clear();
    let third = plan(&release, RETAIL, &known, Some(&second));
    assert_eq!(what(Some(&second), &third)["store-3"], Verb::Remove);
    assert!(third.sites["store-3"].is_empty() && third.sites["store-3"].number == 2);
    assert_eq!(doors(&third).len(), 2);
}

#[test]
fn the_same_again_is_the_same_plan() {
    let release = example("retail.yaml");
    let known = chain(&["store-1", "store-2"]);
    let first = plan(&release, RETAIL, &known, None);
    let again = plan(&release, RETAIL, &known, Some(&first));
    assert_eq!(again, first);
    assert!(Changes::between(Some(&first), &again).is_empty());
    // A plan is kept as text between one planning and the next.
    let kept: Plan = serde_json::from_str(&serde_json::to_string(&first).expect("JSON")).expect("a plan");
    assert_eq!(kept, first);
}

#[test]
fn a_site_that_nothing_is_known_of_keeps_what_it_has() {
    let release = example("retail.yaml");
    let first = plan(&release, RETAIL, &chain(&["store-1", "store-2"]), None);
    let second = plan(&release, RETAIL, &chain(&["store-1"]), Some(&first));
    assert_eq!(second.sites["store-2"].held, Some(Held::Unknown));
    assert_eq!(second.sites["store-2"].gets, first.sites["store-2"].gets);
    assert_eq!(doors(&second), doors(&first), "its ingress stays, too");
    // It is heard of again.
    let third = plan(&release, RETAIL, &chain(&["store-1", "store-2"]), Some(&second));
    assert_eq!(third.sites, first.sites);
}

const PREMISES: &str = include_str!("../../../examples/deployments/customer-premises.yaml");

fn customers() -> Sites {
    sites(
        "sites:\n- {name: hq, platform: podman}\n\
         - {name: a, platform: podman, classes: [gold], locals: {premises/agent: {machine: m-1}}}\n\
         - {name: b, platform: podman, classes: [gold], locals: {premises/agent: {machine: m-2}}}\n",
    )
}

#[test]
fn declining_an_optional_part_leaves_nothing_of_it_anywhere() {
    let release = example("customer-premises.yaml");
    let mut known = customers();
    let all = plan(&release, PREMISES, &known, None);
    let monitors = |plan: &Plan| -> Vec<String> {
        plan.sites["hq"].gets.listeners.iter().filter_map(|l| Some(l.site.as_ref()?.to_string())).collect()
    };
    assert_eq!(monitors(&all), ["a", "b"]);
    site(&mut known, "b").declined.insert("premises/monitoring".to_owned());
    let without = plan(&release, PREMISES, &known, Some(&all));
    assert_eq!(monitors(&without), ["a"]);
    let text = serde_json::to_string(&without.sites["b"].gets).expect("JSON");
    assert!(!text.contains("monitor"), "{text}");
    assert_eq!(what(Some(&all), &without)["a"], Verb::Keep);
    // When nobody runs it, its door at headquarters is not there either.
    site(&mut known, "a").declined.insert("premises/monitoring".to_owned());
    let nowhere = plan(&release, PREMISES, &known, Some(&without));
    let text = serde_json::to_string(&nowhere.sites["hq"].gets).expect("JSON");
    assert!(!text.contains("monitor"), "{text}");
}

#[test]
fn declining_what_is_needed_keeps_what_there_was() {
    let release = example("customer-premises.yaml");
    let mut known = customers();
    let before = plan(&release, PREMISES, &known, None);
    site(&mut known, "b").declined.insert("premises/agent".to_owned());
    let after = plan(&release, PREMISES, &known, Some(&before));
    assert_eq!(after.sites["b"].gets, before.sites["b"].gets);
    assert!(matches!(&after.sites["b"].held, Some(Held::Declined { parts }) if parts.contains("premises/agent")));
    // Without anything before it gets nothing, and nobody is told of it.
    let fresh = plan(&release, PREMISES, &known, None);
    assert!(fresh.sites["b"].is_empty() && fresh.sites["b"].number == 0);
    assert!(fresh.sites["hq"].gets.listeners.iter().all(|l| l.site.as_ref().is_none_or(|site| site.as_str() == "a")));
}

#[test]
fn a_site_that_lacks_what_only_its_participant_knows_is_held_and_others_go_on() {
    let release = example("customer-premises.yaml");
    let mut known = customers();
    site(&mut known, "b").locals.clear();
    let planned = plan(&release, PREMISES, &known, None);
    assert!(
        matches!(&planned.sites["b"].held, Some(Held::Blocked { problems }) if problems.contains("machine must be filled in"))
    );
    assert!(!planned.sites["a"].is_empty());
    assert!(planned.sites["hq"].gets.listeners.iter().all(|l| l.site.as_ref().is_none_or(|site| site.as_str() == "a")));
    // The deployment may fill it in; the participant's own word goes before.
    let overlaid = PREMISES.to_owned() + "  overlays: [{classes: [gold], config: {agent.machine: m-9}}]\n";
    let overlaid = plan(&release, &overlaid, &known, None);
    let text = |site: &str| serde_json::to_string(&overlaid.sites[site].gets).expect("JSON");
    assert!(text("b").contains("m-9") && text("a").contains("m-1") && !text("a").contains("m-9"));
}

#[test]
fn an_address_that_no_network_could_carry_is_refused_where_it_is_made() {
    let release = example("retail.yaml");
    let long = "x".repeat(63);
    let planned =
        plan(&release, &RETAIL.replace("name: tills", &format!("name: {long}")), &chain(&["store-1", &long]), None);
    let Some(Held::Blocked { problems }) = &planned.sites[long.as_str()].held else { panic!("{planned:?}") };
    assert!(problems.contains("is not an address; an address has 1 to 128"), "{problems}");
    assert!(planned.sites["store-1"].held.is_none() && planned.sites["headquarters"].held.is_none());
}

/// A part that runs at two of the sites of a class.
fn two() -> String {
    RETAIL.replace("labels: {region: emea}", "count: 2")
}

#[test]
fn a_number_of_sites_stays_where_it_is_until_one_is_lost_or_gone() {
    let release = example("retail.yaml");
    let all = ["store-1", "store-2", "store-3", "store-4"];
    let first = plan(&release, &two(), &chain(&all), None);
    let running = |plan: &Plan| -> Vec<String> {
        let sites = plan.sites.iter().filter(|(name, site)| name.as_str() != "headquarters" && !site.is_empty());
        sites.map(|(name, _)| name.to_string()).collect()
    };
    let chosen = running(&first);
    assert_eq!(chosen.len(), 2);
    let mut known = chain(&all);
    known.sites.extend(chain(&["store-0", "store-5"]).sites.into_iter().skip(1));
    assert_eq!(running(&plan(&release, &two(), &known, Some(&first))), chosen, "whoever joins moves nothing");
    site(&mut known, &chosen[0]).presence = Presence::Lost;
    let moved = plan(&release, &two(), &known, Some(&first));
    let now = running(&moved);
    assert!(now.len() == 2 && now.contains(&chosen[1]) && !now.contains(&chosen[0]), "{now:?}");
    site(&mut known, &chosen[0]).presence = Presence::Present;
    assert_eq!(running(&plan(&release, &two(), &known, Some(&moved))), now, "whoever comes back moves nothing");
    // There is nobody to replace it.
    let mut pair = chain(&[chosen[0].as_str(), chosen[1].as_str()]);
    let first = plan(&release, &two(), &pair, None);
    site(&mut pair, &chosen[0]).presence = Presence::Lost;
    assert_eq!(running(&plan(&release, &two(), &pair, Some(&first))), chosen);
    // One of whom nothing is known keeps its part.
    let silent = plan(&release, &two(), &chain(&[chosen[1].as_str(), "store-9"]), Some(&first));
    assert_eq!(running(&silent), chosen);
}

#[test]
fn a_site_that_gets_another_name_keeps_its_place_and_its_ports() {
    let release = example("retail.yaml");
    let all = ["store-1", "store-2", "store-3", "store-4"];
    let first = plan(&release, &two(), &chain(&all), None);
    let runs = |plan: &Plan, name: &str| plan.sites.get(name).is_some_and(|site| !site.is_empty());
    let chosen = all.into_iter().find(|name| runs(&first, name)).expect("two are chosen");
    let mut renamed = first.clone();
    assert!(
        renamed.rename_site(&chosen.into(), &"zoo".into()) && !renamed.rename_site(&"nobody".into(), &"zoo".into())
    );
    let known = chain(&all.map(|name| if name == chosen { "zoo" } else { name }));
    let second = plan(&release, &two(), &known, Some(&renamed));
    assert!(runs(&second, "zoo"), "it is the same site");
    for name in all.into_iter().filter(|name| *name != chosen) {
        assert_eq!(runs(&second, name), runs(&first, name), "{name} is not concerned");
    }
    let port = |plan: &Plan, store: &str| doors(plan).get(&format!("tills/till.api/{store}")).copied();
    assert!(port(&first, chosen).is_some());
    assert_eq!(port(&second, "zoo"), port(&first, chosen));
}

#[test]
fn more_removals_than_the_guard_allows_are_refused_by_name() {
    let release = example("retail.yaml");
    let authored = deployment(RETAIL);
    let mut known = chain(&["store-1", "store-2"]);
    let before = plan(&release, RETAIL, &known, None);
    site(&mut known, "store-1").classes.clear();
    let after = plan(&release, RETAIL, &known, Some(&before));
    let exceeded =
        Changes::between(Some(&before), &after).guarded(&authored.deployment, Some(&before)).expect_err("guarded");
    assert_eq!(exceeded.to_string(), "1 of 3 sites would lose all they have, and spec.guard.maxRemovals is 10%");
    let lenient = deployment(&RETAIL.replace("10%", "34%"));
    Changes::between(Some(&before), &after).guarded(&lenient.deployment, Some(&before)).expect("34 % may go");
}

#[test]
fn everything_wrong_with_a_deployment_is_said_with_its_place() {
    let read = |text: &str| Authored::read(&Source::new("d.yaml", text)).expect_err("wrong").render(|_| Some(text));
    let neither = read(
        "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {name: x, network: y}\nspec:\n  places: {a: {}}\n  overlays:\n  - config: {b.c: 1}\n",
    );
    let unknown = read(
        "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {name: x, network: y}\nspec: {application: a, adresses: {b: per-store}, guard: {maxRemovals: 110%}}\n",
    );
    let release = example("retail.yaml");
    let text = "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {name: x, network: y}\nspec:\n  application: shop\n  \
        places: {stor: {sites: [a]}}\n  addresses: {till.apy: per-site}\n  overlays:\n  - {sites: [a], config: {till.currency: USD}}\n";
    let planner = Planner::new(&release, NonZeroUsize::MIN);
    let authored = deployment(text);
    let known = sites("sites: [{name: a, platform: podman, declined: [retail/tille]}]");
    let unfit = planner.plan(&authored, &known, None).expect_err("it does not fit").render(|_| Some(text));
    let twice =
        Sites::read(&Source::new("s.yaml", "sites:\n- {name: a, platform: podman}\n- {name: a, platform: podman}\n"));
    let twice = twice.expect_err("twice").render(|_| None);
    let both = RETAIL.replace("application: retail", "application: retail\n  release: retail@sha256:00");
    let both = read(&both);
    // A plan that another deployment goes by, and an address that is the participants'.
    let classroom = example("classroom.yaml");
    let address = classroom.spec.addresses.iter().find(|(_, address)| address.published).expect("an open one").0;
    let text = format!(
        "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {{name: lesson, network: class}}\nspec:\n  \
         application: {}\n  addresses: {{{address}: per-site}}\n",
        classroom.metadata.name
    );
    let other = plan(&release, RETAIL, &chain(&["store-1"]), None);
    let planner = Planner::new(&classroom, NonZeroUsize::MIN);
    let another = planner.plan(&deployment(&text), &Sites::default(), Some(&other)).expect_err("another's");
    let another = another.render(|_| Some(&text));
    insta::assert_snapshot!([neither, both, unknown, unfit, twice, another].join("\n=====\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_plan_does_not_depend_on_the_order_of_sites_or_on_threads(mut names in proptest::collection::btree_set("[a-z]{1,6}", 1..12), seed in any::<u64>()) {
        let release = example("retail.yaml");
        names.remove("headquarters");
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let known = chain(&names);
        let mut shuffled = known.clone();
        let count = shuffled.sites.len();
        shuffled.sites.rotate_left(usize::try_from(seed % 100).expect("small") % count);
        shuffled.sites.reverse();
        let one = plan(&release, RETAIL, &known, None);
        let many = Planner::new(&release, NonZeroUsize::new(7).expect("seven"));
        let many = many.plan(&deployment(RETAIL), &shuffled, None).expect("a plan");
        prop_assert_eq!(one, many);
    }

    #[test]
    fn nothing_is_removed_from_sites_that_are_not_heard_of(keep in proptest::collection::vec(any::<bool>(), 6), lost in proptest::collection::vec(any::<bool>(), 6)) {
        let release = example("retail.yaml");
        let names = ["s-0", "s-1", "s-2", "s-3", "s-4", "s-5"];
        let all = chain(&names);
        let first = plan(&release, RETAIL, &all, None);
        let mut some = all.clone();
        some.sites.retain(|site| names.iter().position(|name| *name == site.name.as_str()).is_none_or(|i| keep[i]));
        for site in &mut some.sites {
            if names.iter().position(|name| *name == site.name.as_str()).is_some_and(|i| lost[i]) {
                site.presence = Presence::Lost;
            }
        }
        let second = plan(&release, RETAIL, &some, Some(&first));
        for (name, site) in &first.sites {
            prop_assert_eq!(&second.sites[name].gets, &site.gets);
        }
        // What happens in several steps ends where it would have ended in one, numbers and spent ports apart.
        let third = plan(&release, RETAIL, &all, Some(&second));
        prop_assert_eq!(third.sites, first.sites);
    }
}
