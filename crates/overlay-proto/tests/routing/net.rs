//! A network in memory: cores joined by links. A link keeps the order of its frames and loses none while it is up, as TLS
//! over TCP does; an [unruly](Net::unruly) network also has links that fall silent before they are found dead, and routers
//! that pass records on twice, late, and in another order. Everything is decided by the seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::BytesMut;
use model::{Address, GenericUuid, NetworkId};
use overlay_proto::{
    LinkKey, Millis, NodeId, Peer, PeerKind,
    link::{Open, Reason, SignedRecord, Unreachable, frame::Body},
    pool::Side,
    records::Records,
    router::{Core, CoreConfig, Offer, Output, PeerLimits, Services, Sign, Signed},
    wire::{self, FrameDecoder, Limits},
};
use ring::digest;
use uuid::Uuid;

/// SplitMix64.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).expect("small")).expect("small")
    }

    pub(crate) fn one_of<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())].clone()) }
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

pub(crate) fn node(n: u128) -> NodeId {
    NodeId(Uuid::from_u128(n))
}

pub(crate) fn network(n: u128) -> NetworkId {
    NetworkId::from_untyped_uuid(Uuid::from_u128(n))
}

pub(crate) fn address(text: &str) -> Address {
    Address::from_wire(text).expect("an address")
}

pub(crate) fn backbone(n: u128) -> Peer {
    Peer { node: node(n), kind: PeerKind::Backbone }
}

pub(crate) fn member(n: u128, of: u128) -> Peer {
    Peer { node: node(n), kind: PeerKind::Member { network: network(of) } }
}

pub(crate) fn claim(n: u128, of: u128) -> Peer {
    Peer { node: node(n), kind: PeerKind::Claim { network: network(of) } }
}

pub(crate) fn bootstrap(n: u128) -> Peer {
    Peer { node: node(n), kind: PeerKind::Bootstrap }
}

pub(crate) fn controller(n: u128) -> Peer {
    Peer { node: node(n), kind: PeerKind::Controller }
}

pub(crate) fn services(serves: &[&str], uses: &[&str]) -> Services {
    Services {
        serves: serves.iter().map(|a| (address(a), Offer::default())).collect(),
        uses: uses.iter().map(|a| address(a)).collect(),
    }
}

/// Stands for ECDSA and certificates: whoever signs names itself, and cannot name another.
fn sign(me: NodeId) -> Sign {
    Box::new(move |record| Some(Signed { signature: signature(&me.to_wire(), record), certificate: me.to_wire() }))
}

fn signature(certificate: &[u8], record: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, &[certificate, record].concat()).as_ref().to_vec()
}

pub(crate) fn verifies(signed: &SignedRecord, origin: &[u8]) -> bool {
    signed.certificate == origin && signed.signature == signature(&signed.certificate, &signed.record)
}

/// The wall clock of a network whose clocks are right, when it begins.
const UNIX_MS: u64 = 1_000_000_000;

pub(crate) fn core(me: Peer, epoch: u64, now: Millis) -> Core {
    core_with_clock(me, epoch, UNIX_MS, now)
}

fn core_with_clock(me: Peer, epoch: u64, unix_ms_at_zero: u64, now: Millis) -> Core {
    let limits = PeerLimits::default();
    Core::new(CoreConfig { me, epoch, unix_ms_at_zero, sign: sign(me.node), limits }, now)
}

pub(crate) struct Node {
    pub(crate) core: Core,
    pub(crate) peer: Peer,
    pub(crate) epoch: u64,
    /// How far its clock is ahead of the network's, in milliseconds.
    ahead: u64,
}

pub(crate) struct Wire {
    pub(crate) dialler: NodeId,
    pub(crate) acceptor: NodeId,
    pub(crate) cost: u32,
    to_dialler: VecDeque<BytesMut>,
    to_acceptor: VecDeque<BytesMut>,
    /// Nothing arrives any more, and neither end has noticed.
    silent: bool,
    odd: u64,
    even: u64,
}

impl Wire {
    pub(crate) fn joins(&self, node: NodeId) -> bool {
        self.dialler == node || self.acceptor == node
    }

    pub(crate) fn other(&self, node: NodeId) -> NodeId {
        if self.dialler == node { self.acceptor } else { self.dialler }
    }

    fn number(&mut self, opener: NodeId) -> u64 {
        let counter = if self.dialler == opener { &mut self.odd } else { &mut self.even };
        *counter += 2;
        *counter
    }
}

/// What became of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trace {
    pub(crate) passed: Vec<NodeId>,
    pub(crate) delivered: Option<(NodeId, Open)>,
    pub(crate) refused: Option<Unreachable>,
}

pub(crate) struct Net {
    pub(crate) now: Millis,
    pub(crate) random: Random,
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    pub(crate) wires: BTreeMap<LinkKey, Wire>,
    pub(crate) traces: Vec<Trace>,
    streams: BTreeMap<(LinkKey, u64), usize>,
    pub(crate) closes: Vec<(NodeId, LinkKey, Reason, String)>,
    pub(crate) changed: BTreeSet<(NodeId, Address)>,
    pub(crate) to_shell: Vec<(NodeId, Body)>,
    next_key: u64,
    /// Clocks are wrong, and records are repeated and overtake each other.
    unruly: bool,
    /// Some of the records that each router passed on in this life. Only these does it ever repeat: a record that comes from
    /// a router is one that it has.
    passed_on: BTreeMap<NodeId, Vec<SignedRecord>>,
}

impl Net {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: Millis(0),
            random: Random(seed),
            nodes: BTreeMap::new(),
            wires: BTreeMap::new(),
            traces: Vec::new(),
            streams: BTreeMap::new(),
            closes: Vec::new(),
            changed: BTreeSet::new(),
            to_shell: Vec::new(),
            next_key: 0,
            unruly: false,
            passed_on: BTreeMap::new(),
        }
    }

    /// A network in which everything goes wrong that can go wrong.
    pub(crate) fn unruly(seed: u64) -> Self {
        Self { unruly: true, ..Self::new(seed) }
    }

    /// What the clock of a router says.
    fn clock(&self, node: NodeId) -> Millis {
        self.now.after(self.nodes.get(&node).map_or(0, |node| node.ahead))
    }

    pub(crate) fn add(&mut self, peer: Peer) -> NodeId {
        self.add_with_epoch(peer, 1)
    }

    pub(crate) fn add_with_epoch(&mut self, peer: Peer, epoch: u64) -> NodeId {
        // Every process counts from a start of its own, and wall clocks are up to an hour off.
        let (ahead, unix_ms) = match self.unruly {
            true => (self.random.next() % 1_000_000, UNIX_MS - 3_600_000 + self.random.next() % 7_200_000),
            false => (0, UNIX_MS),
        };
        let core = core_with_clock(peer, epoch, unix_ms, self.now.after(ahead));
        let before = self.nodes.insert(peer.node, Node { core, peer, epoch, ahead });
        assert!(before.is_none(), "{peer:?} is there already");
        self.run(peer.node);
        peer.node
    }

    pub(crate) fn core(&mut self, node: NodeId) -> &mut Core {
        &mut self.nodes.get_mut(&node).expect("there").core
    }

    /// Ends a router's process, and its links with it.
    pub(crate) fn remove(&mut self, node: NodeId) -> Node {
        let keys: Vec<LinkKey> = self.wires.iter().filter(|(_, wire)| wire.joins(node)).map(|(key, _)| *key).collect();
        for key in keys {
            self.cut(key);
        }
        self.passed_on.remove(&node);
        self.nodes.remove(&node).expect("there")
    }

    pub(crate) fn serve(&mut self, node: NodeId, services: Services) {
        let now = self.clock(node);
        self.core(node).set_services(services, now).expect("allowed");
        self.run(node);
    }

    pub(crate) fn drain(&mut self, node: NodeId, draining: bool) {
        let now = self.clock(node);
        self.core(node).set_draining(draining, now);
        self.run(node);
    }

    pub(crate) fn join(&mut self, dialler: NodeId, acceptor: NodeId, cost: u32) -> LinkKey {
        self.next_key += 1;
        let key = LinkKey(self.next_key);
        let (to_dialler, to_acceptor) = (VecDeque::new(), VecDeque::new());
        let wire = Wire { dialler, acceptor, cost, to_dialler, to_acceptor, silent: false, odd: 1, even: 2 };
        self.wires.insert(key, wire);
        let (dialling, accepting) = (self.nodes[&dialler].peer, self.nodes[&acceptor].peer);
        let (there, here) = (self.clock(dialler), self.clock(acceptor));
        self.core(dialler).link_up(key, accepting, cost, Side::Dialler, there);
        self.core(acceptor).link_up(key, dialling, cost, Side::Acceptor, here);
        self.run(dialler);
        self.run(acceptor);
        key
    }

    /// Cuts a link: what is under way on it is lost.
    pub(crate) fn cut(&mut self, key: LinkKey) {
        let Some(wire) = self.wires.remove(&key) else { return };
        for end in [wire.dialler, wire.acceptor] {
            let now = self.clock(end);
            if let Some(node) = self.nodes.get_mut(&end) {
                node.core.link_down(key, now);
                self.run(end);
            }
        }
    }

    /// Does what a core says, until it has nothing more to say.
    pub(crate) fn run(&mut self, at: NodeId) {
        while let Some(output) = self.nodes.get_mut(&at).and_then(|node| node.core.poll_output()) {
            let now = self.clock(at);
            match output {
                Output::Send { link, frame } => self.transmit(at, link, frame),
                Output::Verify { link, signed, record } => {
                    if verifies(&signed, &record.origin) {
                        self.core(at).verified_record(link, signed, record, now);
                    }
                }
                Output::Close { link, reason, message } => {
                    self.closes.push((at, link, reason, message));
                    self.cut(link);
                }
                Output::CandidatesChanged { address } => {
                    self.changed.insert((at, address));
                }
                Output::Deliver { from, open } => {
                    let trace = self.streams[&(from, open.connection)];
                    self.traces[trace].delivered = Some((at, open));
                }
                Output::Forward { from, connection, to, open } => {
                    let trace = self.streams[&(from, connection)];
                    self.traces[trace].passed.push(at);
                    assert!(
                        self.traces[trace].passed.len() <= 18,
                        "a stream goes in circles: {:?}",
                        self.traces[trace]
                    );
                    self.send_open(at, to, open, trace);
                }
                Output::Refuse { link, connection, why } => {
                    if let Some(trace) = self.streams.get(&(link, connection)) {
                        self.traces[*trace].refused = Some(why);
                    }
                }
                Output::EpochRaised { epoch } => self.nodes.get_mut(&at).expect("there").epoch = epoch,
                Output::ReachableChanged => {}
            }
        }
    }

    fn send_open(&mut self, at: NodeId, link: LinkKey, open: Open, trace: usize) {
        let Some(wire) = self.wires.get_mut(&link) else { return };
        let connection = wire.number(at);
        self.streams.insert((link, connection), trace);
        self.transmit(at, link, Body::Open(Open { connection, ..open }));
    }

    /// Puts a frame on a link, as the core, or someone in its place, does.
    pub(crate) fn transmit(&mut self, from: NodeId, link: LinkKey, frame: Body) {
        self.check_secrecy(from, link, &frame);
        let Some(wire) = self.wires.get_mut(&link) else { return };
        let record = match &frame {
            Body::Record(signed) if self.unruly => Some(signed.clone()),
            _ => None,
        };
        let mut bytes = BytesMut::new();
        wire::encode(frame, &mut bytes).expect("what a core sends can be sent");
        let queue = if wire.dialler == from { &mut wire.to_acceptor } else { &mut wire.to_dialler };
        let Some(record) = record else { return queue.push_back(bytes) };
        if self.random.chance(8) {
            queue.push_back(bytes.clone());
        }
        // Records say for themselves which of two is newer: they may overtake anything but the link's first frame.
        let overtakes = if self.random.chance(4) { self.random.below(queue.len() + 1) } else { 0 };
        queue.insert(queue.len() - overtakes, bytes);
        if self.random.chance(4) {
            self.passed_on.entry(from).or_default().push(record);
        }
    }

    /// Some backbone router says once more what it said long ago.
    pub(crate) fn repeat_an_old_record(&mut self) {
        let both_backbone = |wire: &Wire| {
            [wire.dialler, wire.acceptor].iter().all(|end| self.nodes[end].peer.kind == PeerKind::Backbone)
        };
        let links = self.wires.iter().filter(|(_, wire)| both_backbone(wire));
        let ends: Vec<(LinkKey, NodeId)> =
            links.flat_map(|(key, wire)| [(*key, wire.dialler), (*key, wire.acceptor)]).collect();
        let Some((link, from)) = self.random.one_of(&ends) else { return };
        let said = self.passed_on.get(&from).cloned().unwrap_or_default();
        if let Some(record) = self.random.one_of(&said) {
            self.transmit(from, link, Body::Record(record));
        }
    }

    /// A link loses everything from now on, in both directions, and neither end knows.
    pub(crate) fn silence(&mut self, key: LinkKey) {
        if let Some(wire) = self.wires.get_mut(&key) {
            wire.silent = true;
        }
    }

    /// Keep-alive finds the silent links dead.
    pub(crate) fn notice_silence(&mut self) -> Vec<(NodeId, NodeId, u32)> {
        let silent = self.wires.iter().filter(|(_, wire)| wire.silent);
        let silent: Vec<_> = silent.map(|(key, wire)| (*key, (wire.dialler, wire.acceptor, wire.cost))).collect();
        silent.iter().for_each(|(key, _)| self.cut(*key));
        silent.into_iter().map(|(_, ends)| ends).collect()
    }

    /// A router's clock leaps forward: its machine slept, or its process stood still.
    pub(crate) fn leap(&mut self, node: NodeId, milliseconds: u64) {
        self.nodes.get_mut(&node).expect("there").ahead += milliseconds;
        self.passed_on.remove(&node);
        let now = self.clock(node);
        self.core(node).tick(now);
        self.run(node);
    }

    /// What must hold of every frame to a member, at every moment.
    fn check_secrecy(&self, from: NodeId, link: LinkKey, frame: &Body) {
        let Some(to) = self.wires.get(&link).map(|wire| wire.other(from)) else { return };
        let (Some(PeerKind::Member { network }), Body::Candidates(said)) =
            (self.nodes.get(&to).map(|node| node.peer.kind), frame)
        else {
            return;
        };
        for candidate in &said.candidates {
            let site = NodeId::from_wire(&candidate.site).expect("an id");
            let kind = site_kind(site);
            let expected = if said.address == "skx/controller" { Kind::Controller } else { Kind::Member(network) };
            assert_eq!(kind, expected, "{site} as a candidate for {} in {network}", said.address);
        }
    }

    /// Opens a stream from `from`, as its core routes it.
    pub(crate) fn open(
        &mut self,
        from: NodeId,
        realm: overlay_proto::Realm,
        site: NodeId,
    ) -> Result<usize, Unreachable> {
        let (link, open) = self.core(from).route_local_open(realm, site)?;
        Ok(self.open_raw(from, link, open))
    }

    /// Opens a stream from `from` whatever its core thinks of it.
    pub(crate) fn open_raw(&mut self, from: NodeId, link: LinkKey, open: Open) -> usize {
        self.traces.push(Trace::default());
        let trace = self.traces.len() - 1;
        self.send_open(from, link, open, trace);
        trace
    }

    /// Delivers one frame of some link, if any is under way.
    pub(crate) fn deliver_one(&mut self) -> bool {
        let busy = self.wires.iter().filter(|(_, wire)| !wire.silent).flat_map(|(key, wire)| {
            let ends = [(wire.dialler, &wire.to_dialler), (wire.acceptor, &wire.to_acceptor)];
            ends.into_iter().filter(|(_, queue)| !queue.is_empty()).map(|(end, _)| (*key, end))
        });
        let busy: Vec<(LinkKey, NodeId)> = busy.collect();
        let Some((key, end)) = self.random.one_of(&busy) else { return false };
        let wire = self.wires.get_mut(&key).expect("there");
        let other = wire.other(end);
        let queue = if wire.dialler == end { &mut wire.to_dialler } else { &mut wire.to_acceptor };
        let mut bytes = queue.pop_front().expect("not empty");
        let sender = self.nodes[&other].peer.kind;
        let body =
            FrameDecoder::new(Limits::for_peer(sender)).decode(&mut bytes).expect("a frame").expect("a whole one");
        let now = self.clock(end);
        if let Some(body) = self.core(end).frame(key, body, now) {
            self.to_shell.push((end, body));
        }
        self.run(end);
        true
    }

    pub(crate) fn deliver_some(&mut self, most: usize) {
        for _ in 0..self.random.below(most + 1) {
            if !self.deliver_one() {
                return;
            }
        }
    }

    pub(crate) fn tick(&mut self, to: Millis) {
        self.now = to;
        for at in self.nodes.keys().copied().collect::<Vec<_>>() {
            let now = self.clock(at);
            self.core(at).tick(now);
            self.run(at);
        }
    }

    /// When some router next has something to do, by the network's clock.
    fn next_deadline(&self) -> Option<Millis> {
        let deadline = |node: &Node| Some(Millis(node.core.next_deadline()?.0.saturating_sub(node.ahead)));
        self.nodes.values().filter_map(deadline).min()
    }

    /// Lets everything happen that follows from what was done, and no more.
    pub(crate) fn settle(&mut self) {
        // Routers whose clocks differ do their regular work at different moments: there is always some that is soon due.
        let end = self.now.after(6_000);
        loop {
            while self.deliver_one() {}
            match self.next_deadline() {
                Some(next) if next <= self.now.after(1_500) && next <= end => self.tick(next.max(self.now)),
                _ => return,
            }
        }
    }

    /// Lets time pass, with everything that happens in it.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let end = self.now.after(milliseconds);
        if milliseconds >= Records::REFRESH {
            // By then they may have forgotten what they passed on, and then they say it no more.
            self.passed_on.clear();
        }
        loop {
            while self.deliver_one() {}
            match self.next_deadline() {
                Some(next) if next <= end => self.tick(next.max(self.now)),
                _ => return self.tick(end),
            }
        }
    }
}

/// What a site is, by how the tests number them: controllers from 900, members N00 to N99 in network N.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Controller,
    Member(NetworkId),
    Other,
}

pub(crate) fn site_kind(site: NodeId) -> Kind {
    match site.0.as_u128() {
        900..1_000 => Kind::Controller,
        n @ 100..900 => Kind::Member(network(n / 100)),
        _ => Kind::Other,
    }
}
