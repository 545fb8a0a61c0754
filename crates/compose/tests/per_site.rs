//! What programs are told of the sites that serve them: of each by itself, and nothing else becomes different for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::LazyLock,
};

use compose::{
    Library, Source,
    build::build,
    deploy::{Authored, Changes, Held, Plan, Planner, Presence, SitePlan, Sites, Verb},
    release::Release,
    render::{Addresses, Object, ReachedSite},
    schema,
};
use proptest::prelude::*;
use serde_json::json;

const BOARD: &str = include_str!("documents/board.yaml");

/// The release of the board.
static CHAIN: LazyLock<Release> = LazyLock::new(|| release("chain"));

fn release(application: &str) -> Release {
    let (library, problems) = Library::load(&[Source::new("board.yaml", BOARD)]);
    assert!(problems.is_empty(), "{}", problems.render(|_| Some(BOARD)));
    build(&library, application).unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(BOARD))))
}

fn deployment(application: &str) -> Authored {
    with_addresses(application, "{till.api: per-site}")
}

fn with_addresses(application: &str, addresses: &str) -> Authored {
    let text = format!(
        "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {{name: tills, network: retail}}\nspec:\n  \
         application: {application}\n  places: {{hq: {{sites: [headquarters]}}, store: {{classes: [store]}}}}\n  \
         addresses: {addresses}\n"
    );
    Authored::read(&Source::new("deployment.yaml", text)).unwrap_or_else(|p| panic!("{}", p.render(|_| None)))
}

/// Headquarters on a platform, and these stores, each with the name of its street.
fn known<'n>(platform: &str, stores: impl IntoIterator<Item = &'n str>) -> Sites {
    let stores = stores.into_iter().map(|name| {
        json!({ "name": name, "platform": platform_of(name), "classes": ["store"], "labels": { "street": format!("{name} street") } })
    });
    let headquarters = json!({ "name": "headquarters", "platform": platform });
    let all: Vec<_> = [headquarters].into_iter().chain(stores).collect();
    let text = json!({ "sites": all }).to_string();
    Sites::read(&Source::new("sites.yaml", &text)).unwrap_or_else(|p| panic!("{}", p.render(|_| Some(&text))))
}

/// What a store runs workloads on is its own affair.
fn platform_of(store: &str) -> &'static str {
    if store.len().is_multiple_of(2) { "podman" } else { "process" }
}

fn plan(sites: &Sites, before: Option<&Plan>) -> Plan {
    let planner = Planner::new(&CHAIN, NonZeroUsize::MIN);
    planner.plan(&deployment("chain"), sites, before).unwrap_or_else(|p| panic!("{}", p.render(|_| None)))
}

fn headquarters(plan: &Plan) -> &SitePlan {
    &plan.sites["headquarters"]
}

/// What the board is told.
fn told(plan: &Plan) -> Vec<ReachedSite> {
    let texts = headquarters(plan).gets.told();
    let [text] = texts.values().collect::<Vec<_>>()[..] else { panic!("{texts:?}") };
    let mut file: Addresses = serde_json::from_str(text).expect("the file");
    assert_eq!((file.deployment.as_str(), file.instance.as_str(), file.interfaces.len()), ("tills", "chain/board", 1));
    file.interfaces.remove("tills").expect("its interface")
}

fn ports(plan: &Plan) -> BTreeMap<String, u16> {
    told(plan).into_iter().map(|it| (it.site.to_string(), it.port)).collect()
}

fn objects(plan: &Plan) -> &[Object] {
    &headquarters(plan).gets.objects
}

#[test]
fn a_program_is_told_of_every_store_by_a_file_and_a_door_leads_to_each() {
    let first = plan(&known("process", ["store-1", "store-2"]), None);
    let second = plan(&known("process", ["store-1", "store-2", "store-3"]), Some(&first));
    let shown = |before, after| Changes::between(before, after).text().replace(&CHAIN.name(), "RELEASE");
    let file = headquarters(&second).gets.told().remove(&objects(&second)[0].name).expect("its file");
    insta::assert_snapshot!([shown(None, &first), shown(Some(&first), &second), file].join("\n=====\n"));
}

#[test]
fn containers_are_told_of_listeners_that_they_reach() {
    let planned = plan(&known("podman", ["store-1"]), None);
    let [store] = &told(&planned)[..] else { panic!("one store") };
    assert_eq!(store.host, "host.containers.internal");
    let listener = headquarters(&planned).gets.listeners.iter().find(|it| it.port == store.port).expect("its listener");
    assert_eq!(
        (listener.address.as_str(), listener.parts.as_slice()),
        (store.address.as_str(), &["chain/board".to_owned()][..])
    );
    let texts = serde_json::to_value(&objects(&planned)[0]).expect("JSON");
    assert_eq!(texts["content"]["addresses"], true);
    let store = serde_json::to_string(&planned.sites["store-1"].gets).expect("JSON");
    assert!(!store.contains(r#""addresses""#), "stores are told nothing: {store}");
}

#[test]
fn that_there_is_no_store_is_told_and_that_nothing_is_known_of_one_is_not() {
    let none = plan(&known("process", []), None);
    assert_eq!(told(&none), []);
    let first = plan(&known("process", ["store-1", "store-2"]), Some(&none));
    assert_eq!(objects(&first), objects(&none));
    let silent = plan(&known("process", ["store-1"]), Some(&first));
    assert_eq!(silent.sites["store-2"].held, Some(Held::Unknown));
    assert_eq!(told(&silent), told(&first), "its labels, too");
    let mut evicted = known("process", ["store-1", "store-2"]);
    evicted.sites[2].presence = Presence::Gone;
    let without = plan(&evicted, Some(&silent));
    assert_eq!(ports(&without).into_keys().collect::<Vec<_>>(), ["store-1"]);
    let again = plan(&known("process", ["store-1", "store-2"]), Some(&without));
    assert_eq!(told(&again), told(&first));
}

#[test]
fn an_address_that_becomes_one_of_all_sites_has_the_port_that_its_ingress_says() {
    let sites = known("process", ["store-1", "store-2"]);
    let before = plan(&sites, None);
    let planner = Planner::new(&CHAIN, NonZeroUsize::MIN);
    let shared = planner.plan(&with_addresses("chain", "{}"), &sites, Some(&before));
    let shared = shared.unwrap_or_else(|problems| panic!("{}", problems.render(|_| None)));
    assert_eq!(headquarters(&shared).held, None);
    let door = |plan: &Plan| headquarters(plan).gets.listeners.iter().map(|it| it.port).min();
    assert_eq!(door(&shared), door(&before));
    assert_eq!(ports(&plan(&sites, Some(&shared))), ports(&before), "and back again");
}

#[test]
fn what_a_store_is_like_is_told_and_nobody_has_to_agree_to_it() {
    let mut sites = known("process", ["store-1"]);
    let first = plan(&sites, None);
    sites.sites[1].labels.insert("street".to_owned(), "another street".to_owned());
    let second = plan(&sites, Some(&first));
    assert_eq!(told(&second)[0].labels["street"], "another street");
    let (before, after) = (&headquarters(&first).gets, &headquarters(&second).gets);
    assert_ne!(headquarters(&first).digest, headquarters(&second).digest);
    let consented = compose::deploy::Consented::to(before);
    assert_eq!(consented.impact(after, Some(before)), compose::deploy::Impact::None);
    let changes = Changes::between(Some(&first), &second);
    assert_eq!((changes.count(Verb::Change), changes.count(Verb::Keep)), (1, 1));
    assert!(changes.text().contains("told chain/board.tills of tills/till.api/store-1"), "{}", changes.text());
}

#[test]
fn the_file_is_what_its_schema_says() {
    let planned = plan(&known("process", ["store-1"]), None);
    let schema = schema::addresses();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let texts = headquarters(&planned).gets.told();
    let mut file: serde_json::Value =
        texts.values().next().and_then(|text| serde_json::from_str(text).ok()).expect("JSON");
    assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).map(|e| e.to_string()).collect::<Vec<_>>());
    file["interfaces"]["tills"][0]["port"] = json!(0);
    assert!(!validator.is_valid(&file));
}

#[test]
fn what_cannot_be_told_is_refused_or_held() {
    let planned = plan(&known("kubernetes", ["store-1"]), None);
    let Some(Held::Blocked { problems }) = &headquarters(&planned).held else { panic!("{planned:?}") };
    assert!(problems.contains("tills uses till.api, which is another one for each site that serves it"), "{problems}");
    assert!(planned.sites["store-1"].held.is_none());
    let gallery = release("gallery");
    let planner = Planner::new(&gallery, NonZeroUsize::MIN);
    let refused =
        planner.plan(&deployment("gallery"), &known("kubernetes", ["store-1"]), None).expect_err("it is refused");
    let refused = refused.render(|_| None);
    assert!(refused.contains("gallery/picture uses till.api by tills, and cannot be told of addresses"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_store_that_comes_or_goes_changes_what_is_told_and_nothing_that_runs(
        turns in proptest::collection::vec(proptest::collection::btree_set(0_u8..40, 0..30), 1..5),
        containers in any::<bool>(),
    ) {
        let platform = if containers { "podman" } else { "process" };
        let mut before: Option<Plan> = None;
        let mut had: BTreeMap<String, u16> = BTreeMap::new();
        for there in turns {
            let names: Vec<String> = (0..40).map(|n| format!("store-{n}")).collect();
            let mut sites = known(platform, names.iter().map(String::as_str));
            for (n, site) in sites.sites.iter_mut().skip(1).enumerate() {
                let here = u8::try_from(n).is_ok_and(|n| there.contains(&n));
                site.presence = if here { Presence::Present } else { Presence::Gone };
            }
            let after = plan(&sites, before.as_ref());
            // Whoever is named first is no difference.
            sites.sites.reverse();
            prop_assert_eq!(&plan(&sites, before.as_ref()), &after);
            if let Some(before) = &before {
                prop_assert_eq!(objects(&after), objects(before));
            }
            let now = ports(&after);
            let order: Vec<String> = told(&after).into_iter().map(|it| it.address).collect();
            prop_assert!(order.is_sorted());
            let here: BTreeSet<String> = there.iter().map(|n| format!("store-{n}")).collect();
            prop_assert_eq!(now.keys().cloned().collect::<BTreeSet<_>>(), here);
            for (store, port) in now {
                prop_assert_eq!(*had.entry(store).or_insert(port), port, "its port stays");
            }
            prop_assert_eq!(had.values().collect::<BTreeSet<_>>().len(), had.len(), "and is nobody else's");
            let gets = &headquarters(&after).gets;
            let listened: BTreeSet<(&str, u16)> = gets.listeners.iter().map(|it| (it.host.as_str(), it.port)).collect();
            prop_assert_eq!(listened.len(), 2 * there.len(), "for the board and for the door");
            before = Some(after);
        }
    }
}
