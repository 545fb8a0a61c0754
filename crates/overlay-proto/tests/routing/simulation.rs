//! Random networks under random misfortune (links cut, silent or flapping, partitions, routers that restart, drain or
//! sleep, wrong clocks, records repeated and overtaken): once it is quiet, everybody agrees on the shortest ways.

use std::collections::BTreeMap;

use model::Address;
use overlay_proto::{NodeId, PeerKind, Realm, link::Unreachable};

use crate::{
    net::{Net, address, backbone, controller, member, network, services},
    reference::{self, Serving},
};

const SEEDS: u64 = 2_000;
const ADDRESSES: [&str; 3] = ["web", "db", "queue"];

struct World {
    net: Net,
    routers: Vec<NodeId>,
    edges: Vec<NodeId>,
    serving: Serving,
    draining: Vec<NodeId>,
    /// Links cut by a partition, to be joined again.
    apart: Vec<(NodeId, NodeId, u32)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut net = Net::unruly(seed);
        let routers: Vec<NodeId> = (1..=2 + net.random.below(6)).map(|n| net.add(backbone(n as u128))).collect();
        let mut world =
            Self { net, routers, edges: Vec::new(), serving: Serving::new(), draining: Vec::new(), apart: Vec::new() };
        for _ in 0..world.routers.len() {
            world.join_routers();
        }
        for network in 1..=3 {
            for site in 0..=world.net.random.below(3) {
                let id = world.net.add(member(network * 100 + site as u128, network));
                world.edges.push(id);
            }
        }
        let id = world.net.add(controller(900));
        world.edges.push(id);
        for edge in world.edges.clone() {
            world.change_services(edge);
            world.join_edge(edge);
        }
        world
    }

    fn join_routers(&mut self) {
        let (a, b) = (self.net.random.one_of(&self.routers), self.net.random.one_of(&self.routers));
        let (a, b, cost) = (a.expect("some"), b.expect("some"), self.net.random.below(9));
        if a != b {
            self.net.join(a, b, 1 + u32::try_from(cost).expect("small"));
        }
    }

    fn join_edge(&mut self, edge: NodeId) {
        let router = self.net.random.one_of(&self.routers).expect("some");
        let cost = 1 + u32::try_from(self.net.random.below(3)).expect("small");
        if reference::attached_at(&self.net, edge).len() < 3 {
            self.net.join(edge, router, cost);
        }
    }

    fn change_services(&mut self, edge: NodeId) {
        let (serves, uses): (Vec<&str>, &[&str]) = match self.net.nodes[&edge].peer.kind {
            PeerKind::Controller => (vec!["skx/controller", "skx/claim"], &[]),
            _ => {
                let random = &mut self.net.random;
                let serves = ADDRESSES.into_iter().filter(|_| random.chance(2)).collect();
                (serves, &["web", "db", "queue", "skx/controller"])
            }
        };
        self.serving.insert(edge, serves.iter().map(|a| address(a)).collect());
        self.net.serve(edge, services(&serves, uses));
    }

    fn misfortune(&mut self) {
        let keys: Vec<_> = self.net.wires.keys().copied().collect();
        let router = self.net.random.one_of(&self.routers).expect("some");
        let edge = self.net.random.one_of(&self.edges).expect("some");
        match self.net.random.below(19) {
            0..=2 => self.join_routers(),
            3 | 4 => {
                if let Some(key) = self.net.random.one_of(&keys) {
                    self.net.cut(key);
                }
            }
            5 => {
                // It flaps: down and up again before anyone else has heard.
                if let Some(key) = self.net.random.one_of(&keys) {
                    let wire = &self.net.wires[&key];
                    let (a, b, cost) = (wire.dialler, wire.acceptor, wire.cost);
                    self.net.cut(key);
                    self.net.join(b, a, cost);
                }
            }
            6 => self.restart(router),
            7 => self.restart(edge),
            8 => self.partition(),
            9 => self.heal(),
            10 => self.join_edge(edge),
            11 => self.change_services(edge),
            12 => {
                let drain = !self.draining.contains(&router);
                self.net.drain(router, drain);
                // Sites cannot be told that their router stays after all: it begins anew.
                self.draining.retain(|r| *r != router);
                if drain {
                    self.draining.push(router);
                } else {
                    self.restart(router);
                }
            }
            13 | 14 => {
                if let Some(key) = self.net.random.one_of(&keys) {
                    self.net.silence(key);
                }
            }
            15 => self.notice_silence(),
            16 => self.sleep(router),
            17 => (0..5).for_each(|_| self.net.repeat_an_old_record()),
            _ => {
                let time = [5, 50, 1_000, 70_000, 250_000];
                let time = self.net.random.one_of(&time).expect("some");
                self.net.pass(time);
            }
        }
    }

    fn restart(&mut self, who: NodeId) {
        let wires = self.net.wires.values().filter(|wire| wire.joins(who));
        let wires: Vec<_> = wires.map(|wire| (wire.dialler, wire.acceptor, wire.cost)).collect();
        let old = self.net.remove(who);
        self.draining.retain(|r| *r != who);
        self.net.deliver_some(20);
        self.net.add_with_epoch(old.peer, old.epoch + 1);
        if self.edges.contains(&who) {
            self.change_services(who);
        }
        for (dialler, acceptor, cost) in wires {
            self.net.join(dialler, acceptor, cost);
        }
    }

    fn partition(&mut self) {
        let cut = self.net.random.next();
        let side = |node: NodeId| (cut >> (node.0.as_u128() % 64)) & 1;
        let across = self.net.wires.iter().filter(|(_, wire)| side(wire.dialler) != side(wire.acceptor));
        for key in across.map(|(key, _)| *key).collect::<Vec<_>>() {
            let wire = &self.net.wires[&key];
            self.apart.push((wire.dialler, wire.acceptor, wire.cost));
            self.net.cut(key);
        }
    }

    /// Keep-alive finds what is silent; some of it is dialled again.
    fn notice_silence(&mut self) {
        for (a, b, cost) in self.net.notice_silence() {
            if self.net.random.chance(2) {
                self.net.join(a, b, cost);
            }
        }
    }

    /// A router stands still: for a moment, or until everybody else has given it up.
    fn sleep(&mut self, router: NodeId) {
        let time = [500, 2_500, 70_000, 400_000];
        let time = self.net.random.one_of(&time).expect("some");
        if time < 3_000 {
            return self.net.leap(router, time);
        }
        let links: Vec<_> = self.net.wires.iter().filter(|(_, wire)| wire.joins(router)).map(|(key, _)| *key).collect();
        links.into_iter().for_each(|key| self.net.silence(key));
        self.net.deliver_some(40);
        self.net.leap(router, time);
        for (a, b, cost) in self.net.notice_silence() {
            self.net.join(a, b, cost);
        }
    }

    fn heal(&mut self) {
        for (a, b, cost) in std::mem::take(&mut self.apart) {
            self.net.join(a, b, cost);
        }
    }

    /// Opens streams while nothing is settled: they may be refused, but must not circle.
    fn open_some(&mut self) {
        for _ in 0..3 {
            let (from, to) = (self.net.random.one_of(&self.edges), self.net.random.one_of(&self.edges));
            let (from, to) = (from.expect("some"), to.expect("some"));
            if let Some(network) = self.net.nodes[&from].peer.kind.network() {
                let _ = self.net.open(from, Realm::Network(network), to);
            }
        }
    }

    fn check(&mut self) {
        self.notice_silence();
        self.net.settle();
        assert_eq!(self.net.closes, [], "nobody breaks the protocol");
        self.check_routes();
        self.check_candidates();
        self.check_streams();
    }

    fn check_routes(&mut self) {
        let mut next = BTreeMap::new();
        for router in self.routers.clone() {
            let expected = reference::distances(&self.net, router, &self.draining);
            let found = self.net.core(router).routers();
            for status in &found {
                next.insert((router, status.router), status.next);
            }
            let found: BTreeMap<NodeId, u64> = found.iter().map(|r| (r.router, u64::from(r.cost))).collect();
            let expected = expected.into_iter().filter(|(to, _)| *to != router).map(|(to, (_, cost))| (to, cost));
            assert_eq!(found, expected.collect(), "routes of {router}");
        }
        for (from, to) in next.keys() {
            let mut at = *from;
            for _ in 0..=self.routers.len() {
                if at != *to {
                    at = next[&(at, *to)];
                }
            }
            assert_eq!(at, *to, "the way from {from} ends");
        }
    }

    fn check_candidates(&mut self) {
        for edge in self.edges.clone() {
            if self.net.nodes[&edge].peer.kind == PeerKind::Controller {
                continue;
            }
            for name in ADDRESSES.into_iter().chain(["skx/controller"]) {
                let name: Address = address(name);
                let expected = reference::candidates(&self.net, edge, &name, &self.serving, &self.draining);
                let found = self.net.core(edge).candidates(&name);
                let found: Vec<_> = found.iter().map(|c| (c.site, u64::from(c.cost), c.draining)).collect();
                assert_eq!(found, expected, "{name} as {edge} sees it");
            }
        }
    }

    fn check_streams(&mut self) {
        for from in self.edges.clone() {
            let Some(mine) = self.net.nodes[&from].peer.kind.network() else { continue };
            for to in self.edges.clone() {
                let (realm, may) = match self.net.nodes[&to].peer.kind {
                    PeerKind::Member { network } => (Realm::Network(network), network == mine),
                    _ => (Realm::Platform, true),
                };
                let trace = self.net.open(from, realm, to);
                if !may {
                    assert_eq!(trace, Err(Unreachable::NotAllowed));
                    continue;
                }
                let Ok(trace) = trace else {
                    assert!(reference::attached_at(&self.net, from).is_empty());
                    continue;
                };
                self.net.settle();
                let trace = std::mem::take(&mut self.net.traces[trace]);
                let there = self.reaches(from, to);
                match trace.delivered {
                    Some((at, open)) => {
                        assert!(there && at == to, "{from} to {to} arrived at {at}");
                        assert_eq!((open.router, open.hops), (vec![], 0), "sites learn nothing of routers");
                    }
                    None => {
                        // A site that serves nothing is no candidate of anyone: its access router has to be guessed.
                        assert!(!there || self.serving[&to].is_empty(), "{from} to {to}: {trace:?}");
                        assert_eq!(trace.refused, Some(Unreachable::NoRoute), "{from} to {to}");
                    }
                }
            }
        }
    }

    /// Whether some access router of `from` is connected with some access router of `to`.
    fn reaches(&self, from: NodeId, to: NodeId) -> bool {
        let to = reference::attached_at(&self.net, to);
        reference::attached_at(&self.net, from).into_iter().any(|(access, _)| {
            let distances = reference::distances(&self.net, access, &[]);
            to.iter().any(|(router, _)| distances.contains_key(router))
        })
    }
}

/// The life of one random network.
fn live(seed: u64) {
    let mut world = World::new(seed);
    for round in 0..8 {
        for _ in 0..4 {
            world.misfortune();
            world.net.deliver_some(40);
            world.open_some();
        }
        if round % 2 == 1 {
            world.check();
        }
    }
    world.heal();
    world.check();
}

#[test]
fn everybody_agrees_on_the_shortest_ways_once_it_is_quiet() {
    // SEED=n repeats one; SEEDS=n tries that many.
    let variable = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = 0..variable("SEEDS").unwrap_or(SEEDS);
    let seeds = variable("SEED").map_or(seeds, |seed| seed..seed + 1);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let seeds = seeds.clone().skip(worker).step_by(workers);
            scope.spawn(move || seeds.for_each(live_and_name_the_seed));
        }
    });
}

fn live_and_name_the_seed(seed: u64) {
    if let Err(panic) = std::panic::catch_unwind(|| live(seed)) {
        eprintln!("seed {seed}: run again with SEED={seed}");
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_router_that_forgot_its_epoch_is_heard_again() {
    let mut net = Net::new(1);
    let routers: Vec<NodeId> = (1..=3).map(|n| net.add_with_epoch(backbone(n), 50)).collect();
    net.join(routers[0], routers[1], 1);
    net.join(routers[1], routers[2], 1);
    let site = net.add(member(100, 1));
    let user = net.add(member(101, 1));
    net.serve(site, services(&["web"], &[]));
    net.serve(user, services(&[], &["web"]));
    net.join(site, routers[2], 1);
    net.join(user, routers[0], 1);
    net.settle();
    assert_eq!(net.core(user).candidates(&address("web")).len(), 1);

    net.remove(routers[2]);
    net.add_with_epoch(backbone(3), 1);
    net.join(routers[1], routers[2], 7);
    net.settle();
    assert!(net.nodes[&routers[2]].epoch > 50, "the greater epoch is to be persisted");
    assert_eq!(net.core(routers[0]).routers().len(), 2);
    assert_eq!(net.core(user).candidates(&address("web")), [], "what it said in its earlier life is gone");

    net.join(site, routers[2], 1);
    net.settle();
    let found = net.core(user).candidates(&address("web"));
    assert_eq!(found.iter().map(|c| (c.site, c.cost)).collect::<Vec<_>>(), [(site, 9)]);
}

#[test]
fn a_dead_router_is_forgotten_with_all_it_said() {
    let mut net = Net::new(3);
    let routers: Vec<NodeId> = (1..=3).map(|n| net.add(backbone(n))).collect();
    net.join(routers[0], routers[1], 1);
    net.join(routers[1], routers[2], 1);
    let site = net.add(member(100, 1));
    let user = net.add(member(101, 1));
    net.serve(site, services(&["web"], &[]));
    net.serve(user, services(&[], &["web"]));
    net.join(site, routers[2], 1);
    net.join(user, routers[0], 1);
    net.settle();
    net.remove(routers[2]);
    net.settle();
    assert_eq!(net.core(user).candidates(&address("web")), []);
    assert_eq!(
        net.open(user, Realm::Network(network(1)), site).map(|trace| {
            net.settle();
            net.traces[trace].refused
        }),
        Ok(Some(Unreachable::NoRoute))
    );
    // Whoever joins later hears nothing of it, however often what is left was passed on.
    net.pass(200_000);
    let late = net.add(backbone(4));
    net.join(late, routers[0], 1);
    net.settle();
    assert_eq!(net.core(late).routers().len(), 2);
}
