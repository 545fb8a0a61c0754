use model::{GenericUuid, LinkId, router::Transport};
use store::link::Link;
use uuid::Uuid;

use super::*;
use crate::samples::{THEN, access_point, relay_site};

/// A backbone `east` that is put together step by step, as an administrator does.
#[derive(Clone, Default)]
struct Bench {
    sites: Vec<BackboneSite>,
    points: Vec<AccessPoint>,
    links: Vec<Link>,
}

fn id<T: GenericUuid>(n: usize) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n as u128))
}

impl Bench {
    fn site(mut self, name: &str, access: &[&str]) -> Self {
        let n = self.sites.len() + 1;
        let name = name.parse().expect("a name");
        self.sites.push(relay_site(id(900), id(n), name, BackboneSiteState::Defined));
        for spec in access {
            self.points.push(access_point(id(100 + self.points.len()), id(n), spec));
        }
        self
    }

    fn look(&self, name: &str) -> &BackboneSite {
        self.sites.iter().find(|site| site.name.as_str() == name).expect("it is there")
    }

    fn at(&mut self, name: &str) -> &mut BackboneSite {
        self.sites.iter_mut().find(|site| site.name.as_str() == name).expect("it is there")
    }

    fn link(&mut self, from: &str, to: &str) {
        let (from, to) = (self.at(from).id, self.at(to).id);
        let admits = |point: &&AccessPoint| point.site == to && point.kinds.contains(model::AccessKind::Peer);
        self.links.push(Link {
            id: id::<LinkId>(200 + self.links.len()),
            backbone: id(900),
            from,
            to,
            access_point: self.points.iter().find(admits).expect("it admits peers").id,
            cost: 1,
            transport: Transport::Direct,
            created: THEN,
            updated: THEN,
            revision: 1,
        });
    }

    fn host(&mut self, name: &str, host: &str) {
        let site = self.at(name).id;
        let point = self.points.iter_mut().find(|point| point.site == site).expect("it listens");
        point.advertised.host = Some(host.parse().expect("a host"));
    }

    fn layout(&self) -> Layout {
        Layout::new(self.sites.clone(), self.points.clone(), self.links.clone())
    }

    /// Renders the bundle of a site.
    fn bundle(&mut self, name: &str) {
        let ways = self.layout().ways(self.at(name).id).into_iter().map(|way| way.written).collect();
        let site = self.at(name);
        site.bundle_generation += 1;
        site.bundle_ways = ways;
    }

    /// The next step for a site; whoever is deployed has a session.
    fn step(&self, name: &str) -> Option<Step> {
        let site = self.look(name);
        self.step_when(name, site.state == BackboneSiteState::Deployed, &[])
    }

    fn step_when(&self, name: &str, online: bool, hosts: &[String]) -> Option<Step> {
        let backbone = "east".parse().expect("a name");
        let layout = self.layout();
        let site = self.look(name);
        next_step(&Standing { backbone: &backbone, site, layout: &layout, online, expired: false, hosts, now: THEN })
    }

    fn words(&self, name: &str) -> String {
        self.step(name).expect("a step").words
    }
}

/// What an administrator does for a line `inner` ── `dmz` ── `edge`: the DMZ site is dialled from both sides, its
/// address is found out late, and only `inner` is led to by controllers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    LinkInner,
    LinkEdge,
    EnterHost,
    Deploy(&'static str),
}

const ACTIONS: [Action; 6] = [
    Action::LinkInner,
    Action::LinkEdge,
    Action::EnterHost,
    Action::Deploy("inner"),
    Action::Deploy("dmz"),
    Action::Deploy("edge"),
];

/// Does it, if it can be done by now: a site enrols when one of the ways its bundle holds is open.
fn act(bench: &mut Bench, action: Action) -> bool {
    match action {
        Action::LinkInner => bench.link("inner", "dmz"),
        Action::LinkEdge => bench.link("edge", "dmz"),
        Action::EnterHost => bench.host("dmz", "dmz.example.com"),
        Action::Deploy(name) => {
            let site = bench.at(name).id;
            let ways = bench.layout().ways(site);
            if !ways.iter().any(|way| way.blocked.is_none()) {
                // Its bundle goes out too early, and may turn out to be older than what leads to the site.
                bench.bundle(name);
                return false;
            }
            if bench.words(name).contains("render") {
                bench.bundle(name);
            }
            let words = bench.words(name);
            assert!(words.starts_with("apply its bundle"), "{name}: {words}");
            bench.at(name).state = BackboneSiteState::Deployed;
        }
    }
    true
}

fn permutations(items: &[Action]) -> Vec<Vec<Action>> {
    let [first, rest @ ..] = items else { return vec![vec![]] };
    let mut all = vec![];
    for shorter in permutations(rest) {
        for at in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(at, *first);
            all.push(longer);
        }
    }
    all
}

#[test]
fn a_backbone_is_bootstrapped_in_any_order_and_always_says_what_comes_next() {
    let orders = permutations(&ACTIONS);
    assert_eq!(orders.len(), 720);
    for order in orders {
        let mut bench = Bench::default()
            .site("inner", &["in=manage,peer@inner.example.com:5671"])
            .site("dmz", &["in=peer,member,claim@:5671"])
            .site("edge", &[]);
        let mut todo = order.clone();
        while !todo.is_empty() {
            let before = todo.len();
            // What cannot be done yet comes later.
            todo.retain(|action| {
                let done = act(&mut bench, *action);
                let steps: Vec<_> = ["inner", "dmz", "edge"]
                    .into_iter()
                    .filter(|name| bench.look(name).state == BackboneSiteState::Defined)
                    .map(|name| (name, bench.step(name)))
                    .collect();
                for (name, step) in &steps {
                    assert!(step.as_ref().is_some_and(|step| !step.words.is_empty()), "{name} in {order:?}");
                }
                let possible = |(_, step): &(&str, Option<Step>)| step.as_ref().is_some_and(|step| step.possible);
                assert!(steps.is_empty() || steps.iter().any(possible), "nobody can go on in {order:?}: {steps:?}");
                !done
            });
            assert!(todo.len() < before, "stuck at {todo:?} in {order:?}");
        }
        for name in ["inner", "dmz", "edge"] {
            assert_eq!(bench.step(name), None, "{name} in {order:?}");
        }
    }
}

#[test]
fn each_step_names_what_is_to_be_done() {
    let mut bench = Bench::default()
        .site("rome", &["main=manage,peer@r1:5671"])
        .site("oslo", &["main=peer@:5671;bind=10.0.0.1:1"])
        .site("bern", &["main=peer@r3:5671"]);
    assert!(bench.words("bern").starts_with("nothing leads to it yet"), "{}", bench.words("bern"));
    assert_eq!(
        bench.words("rome"),
        "render its bundle (`skx backbone site bundle east/rome --output east-rome.bundle`), then run `skx join east-rome.bundle` on its machine"
    );
    bench.bundle("rome");
    assert!(bench.words("rome").ends_with("the controller dials it at r1:5671"));
    bench.link("bern", "rome");
    assert_eq!(bench.words("bern"), "it enrols through rome, which must be deployed first");
    bench.link("rome", "oslo");
    let words = bench.words("oslo");
    assert!(words.contains("or render its bundle"), "{words}");
    assert!(words.contains("`skx backbone access set east/oslo 'main=peer@HOST:5671;bind=10.0.0.1:1'`"), "{words}");
    bench.bundle("oslo");
    let words = bench.words("oslo");
    assert!(words.contains("which says under which hosts it is known there"), "{words}");
    bench.at("rome").state = BackboneSiteState::Deployed;
    assert!(bench.words("bern").starts_with("render its bundle"));
    bench.bundle("bern");
    assert!(bench.words("bern").ends_with("it enrols through rome"));
    assert!(bench.step_when("rome", false, &[]).expect("a step").words.contains("skx site run"));
}

#[test]
fn a_bundle_that_no_longer_leads_anywhere_is_rendered_again() {
    let mut bench = Bench::default().site("rome", &["main=manage,peer@r1:5671"]).site("bern", &[]);
    bench.at("rome").state = BackboneSiteState::Deployed;
    bench.link("bern", "rome");
    bench.bundle("bern");
    bench.host("rome", "elsewhere.example.com");
    assert!(bench.words("bern").starts_with("its bundle is older than what leads to it now"));
    bench.bundle("bern");
    assert!(bench.words("bern").starts_with("apply its bundle"));
    bench.at("bern").bundle_expires = Some(THEN);
    assert!(bench.words("bern").starts_with("its bundle has expired"));
}

#[test]
fn sites_that_would_wait_for_each_other_are_told_so() {
    let mut bench = Bench::default().site("rome", &["main=peer@r1:5671"]).site("oslo", &["main=peer@r2:5671"]);
    bench.link("rome", "oslo");
    for name in ["rome", "oslo"] {
        let step = bench.step(name).expect("a step");
        assert!(step.possible && step.words.contains("nothing leads to it or to the sites"), "{}", step.words);
    }
}

#[test]
fn a_running_site_asks_for_the_host_it_was_found_at_and_says_that_it_drains() {
    let mut bench = Bench::default().site("rome", &["main=manage@r1:5671", "dmz=member@:443"]);
    bench.at("rome").state = BackboneSiteState::Deployed;
    bench.at("rome").draining = true;
    let hosts = ["2001:db8::7".to_owned(), "10.1.2.3".to_owned()];
    let words = bench.step_when("rome", true, &hosts).expect("a step").words;
    assert!(words.contains("known as 2001:db8::7, 10.1.2.3"), "{words}");
    assert!(words.ends_with("`skx backbone access set east/rome dmz=member@[2001:db8::7]:443`"), "{words}");
    bench.points[1].advertised.host = "10.1.2.3".parse().ok();
    let words = bench.step_when("rome", true, &hosts).expect("a step").words;
    assert!(words.contains("`skx backbone site resume east/rome`"), "{words}");
    bench.at("rome").draining = false;
    assert_eq!(bench.step_when("rome", true, &hosts), None);
    bench.points.remove(0);
    let words = bench.step_when("rome", false, &hosts).expect("a step").words;
    assert!(words.starts_with("no controller can reach it"), "{words}");
    bench.at("rome").state = BackboneSiteState::Evicted;
    assert_eq!(bench.step("rome"), None);
}
