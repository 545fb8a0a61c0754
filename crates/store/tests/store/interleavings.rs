//! Redemption by any interleaving: every order in which the steps of a few redemptions, and of what else can happen to
//! an invitation, can meet is carried out on the real server, and what came of it compared with a model in which things
//! happen one after the other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use model::{InvitationId, NetworkId, SiteId, lifecycle::MemberState};
use sqlx::{Connection as _, PgConnection};
use store::{
    Page, Store, event, invitation, member,
    network::{self, NewNetwork},
    redemption::{Redeemed, Refusal, redeem},
};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::{
    gate::{Gate, Waiting},
    support::{Fixture, Hands, NOW, a_backbone, at, claim, context, fixture, new_invitation, new_network},
};

/// What one of several does at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Redeems with this key.
    Redeem(u8),
    /// Evicts the member with this key, if there is one.
    Evict(u8),
    /// Closes the invitation.
    Close,
    /// The invitation's deadline passes.
    Expire,
    /// Evicts the whole network.
    EvictNetwork,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Came {
    /// A new member.
    New(SiteId),
    /// A member that was there.
    Existing(SiteId),
    Refused(Refusal),
    /// The one evicted, if there was one.
    Evicted(Option<SiteId>),
    Done,
}

/// An installation in which things happen one after the other.
#[derive(Clone, Debug)]
struct Model {
    uses: u32,
    spent: u32,
    closed: bool,
    expired: bool,
    evicted: bool,
    members: BTreeMap<u8, (SiteId, bool)>,
}

impl Model {
    fn new(uses: u32) -> Self {
        Self { uses, spent: 0, closed: false, expired: false, evicted: false, members: BTreeMap::new() }
    }

    /// Whether `came` is what comes of `act` now; and what is then.
    fn step(&mut self, act: Act, came: &Came) -> bool {
        match act {
            Act::Redeem(key) => {
                let expected = match self.members.get(&key) {
                    _ if self.evicted => Came::Refused(Refusal::NetworkEvicted),
                    Some((site, true)) => Came::Existing(*site),
                    Some((_, false)) => Came::Refused(Refusal::Removed),
                    None if self.closed => Came::Refused(Refusal::Closed),
                    None if self.expired => Came::Refused(Refusal::Deadline(at(NOW + 500))),
                    None if self.spent == self.uses => Came::Refused(Refusal::UsedUp),
                    None => {
                        let Came::New(site) = came else { return false };
                        self.spent += 1;
                        self.members.insert(key, (*site, true));
                        return true;
                    }
                };
                *came == expected
            }
            Act::Evict(key) => {
                let live = self.members.get_mut(&key).filter(|(_, live)| *live);
                let expected = live.map(|(site, live)| {
                    *live = false;
                    *site
                });
                *came == Came::Evicted(expected)
            }
            Act::Close => {
                self.closed = true;
                true
            }
            Act::Expire => {
                self.expired = true;
                true
            }
            Act::EvictNetwork => {
                self.evicted = true;
                true
            }
        }
    }
}

/// One that acts: its statements stop at the gate.
struct Actor {
    name: String,
    _gate: Gate,
    store: Store,
}

/// What an actor says of itself.
enum Said {
    Waits(Waiting),
    Over(Came),
}

/// How far an actor has come.
enum Stage {
    /// It is no actor, but time that passes.
    Time,
    Waits(Waiting),
    Runs,
    Over(Came),
}

/// What happened: what was done, between which moments, and what came of it.
struct Happened {
    act: Act,
    began: usize,
    ended: usize,
    came: Came,
}

/// Whether there is an order of what happened in which the model comes to the same. What had ended before something
/// else began comes before it.
fn explain(model: &Model, left: &[&Happened], last: &dyn Fn(&Model) -> bool) -> bool {
    if left.is_empty() {
        return last(model);
    }
    left.iter().enumerate().any(|(index, next)| {
        let first = left.iter().all(|other| other.ended >= next.began);
        let mut model = model.clone();
        if !first || !model.step(next.act, &next.came) {
            return false;
        }
        let rest: Vec<&Happened> = left.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, it)| *it).collect();
        explain(&model, &rest, last)
    })
}

/// The orders in which actors with so many steps each can take them.
fn orders(steps: &[usize]) -> Vec<Vec<usize>> {
    if steps.iter().all(|left| *left == 0) {
        return vec![vec![]];
    }
    let mut all = vec![];
    for actor in (0..steps.len()).filter(|actor| steps[*actor] > 0) {
        let mut left = steps.to_vec();
        left[actor] -= 1;
        all.extend(orders(&left).into_iter().map(|rest| [vec![actor], rest].concat()));
    }
    all
}

/// Actors with the same act are the same: of orders that differ only by who of them is who, one is enough.
fn is_first_of_its_kind(order: &[usize], acts: &[Act]) -> bool {
    (1..acts.len()).all(|actor| {
        let same = alike(acts, actor - 1, actor);
        let begins = |actor| order.iter().position(|it| *it == actor);
        !same || begins(actor - 1) < begins(actor)
    })
}

/// Whether exchanging two neighbours changes nothing but names: the same key, or two keys that nothing else tells apart.
fn alike(acts: &[Act], one: usize, other: usize) -> bool {
    let (Act::Redeem(a), Act::Redeem(b)) = (acts[one], acts[other]) else { return false };
    let others = acts.iter().enumerate().filter(|(index, _)| *index != one && *index != other);
    let named = |key| others.clone().any(|(_, act)| matches!(act, Act::Redeem(k) | Act::Evict(k) if *k == key));
    a == b || !(named(a) || named(b))
}

struct Theatre {
    fixture: Fixture,
    control: PgConnection,
    actors: Vec<Actor>,
    said: mpsc::UnboundedReceiver<(usize, Said)>,
    says: mpsc::UnboundedSender<(usize, Said)>,
    backbone: model::BackboneId,
}

impl Theatre {
    async fn new(actors: usize, stops: &'static [&'static str]) -> Self {
        let fixture = fixture().await;
        let control = PgConnection::connect(&fixture.database.url).await.unwrap();
        let mut tx = fixture.begin().await;
        let backbone = a_backbone(&mut tx, "main").await;
        tx.commit().await.unwrap();
        let (says, said) = mpsc::unbounded_channel();
        let mut all = vec![];
        for number in 0..actors {
            let name = format!("actor-{number}");
            let says = says.clone();
            // Nobody listens any more when the test is over.
            let waits = move |waiting| drop(says.send((number, Said::Waits(waiting))));
            let gate = Gate::new(&fixture.database.url, &name, stops, waits);
            let clock: Arc<Hands> = fixture.clock.clone();
            let store = Store::connect(&gate.url, clock).await.unwrap();
            all.push(Actor { name, _gate: gate, store });
        }
        Self { fixture, control, actors: all, said, says, backbone }
    }

    /// Those of the actors that wait for a lock another one holds.
    async fn blocked(&mut self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT application_name FROM pg_stat_activity
            WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0",
        )
        .fetch_all(&mut self.control)
        .await
        .unwrap()
    }

    /// A network with an invitation for so many uses.
    async fn invite(&self, number: usize, uses: u32) -> (NetworkId, InvitationId) {
        let mut tx = self.fixture.begin().await;
        let new = NewNetwork { end: None, ..new_network(self.backbone, &format!("network-{number}")) };
        let network = network::create(&mut tx, new).await.unwrap().id;
        let mut new = new_invitation(network, "invitation", Some(uses));
        new.deadline = Some(at(NOW + 500));
        let invitation = invitation::create(&mut tx, new).await.unwrap().id;
        tx.commit().await.unwrap();
        (network, invitation)
    }

    /// Carries out one order, and says what happened; `Err` when the model has no way to it.
    async fn carry_out(&mut self, number: usize, acts: &[Act], uses: u32, order: &[usize]) -> Result<(), String> {
        let (network, invitation) = self.invite(number, uses).await;
        let before = event::head(&self.fixture.store).await.unwrap();
        self.fixture.clock.move_to(NOW);
        let mut stages: Vec<Stage> = vec![];
        for (index, act) in acts.iter().copied().enumerate() {
            let (store, says) = (self.actors[index].store.clone(), self.says.clone());
            if act == Act::Expire {
                stages.push(Stage::Time);
                continue;
            }
            stages.push(Stage::Runs);
            tokio::spawn(async move {
                let came = perform(&store, network, invitation, act).await;
                says.send((index, Said::Over(came))).unwrap();
            });
        }
        let (mut began, mut ended) = (vec![usize::MAX; acts.len()], vec![usize::MAX; acts.len()]);
        // What remains blocked at the end of the order is let through as it comes.
        let rest = (0..acts.len()).cycle().take(acts.len() * 8);
        for (moment, actor) in std::iter::once(None).chain(order.iter().copied().chain(rest).map(Some)).enumerate() {
            if let Some(actor) = actor {
                match std::mem::replace(&mut stages[actor], Stage::Runs) {
                    Stage::Waits(let_through) => {
                        began[actor] = began[actor].min(moment);
                        let_through.send(()).unwrap();
                    }
                    Stage::Time => {
                        began[actor] = moment;
                        self.fixture.clock.move_to(NOW + 500);
                        stages[actor] = Stage::Over(Came::Done);
                    }
                    as_it_is => stages[actor] = as_it_is,
                }
            }
            self.settle(acts, &began, &mut stages).await;
            for (ended, stage) in ended.iter_mut().zip(&stages) {
                if matches!(stage, Stage::Over(_)) {
                    *ended = moment.min(*ended);
                }
            }
            if stages.iter().all(|stage| matches!(stage, Stage::Over(_))) {
                break;
            }
        }
        let mut happened = vec![];
        for (index, stage) in stages.into_iter().enumerate() {
            let came = match stage {
                Stage::Over(came) => came,
                Stage::Time | Stage::Waits(_) => return Err(format!("{index} still waits at its gate")),
                Stage::Runs => return Err(format!("{index} never ended; blocked: {:?}", self.blocked().await)),
            };
            happened.push(Happened { act: acts[index], began: began[index], ended: ended[index], came });
        }
        self.compare(network, invitation, before, uses, &happened).await
    }

    /// Waits until every actor stands at its gate, is done, or waits for another one.
    async fn settle(&mut self, acts: &[Act], began: &[usize], stages: &mut [Stage]) {
        loop {
            let runs: Vec<usize> = (0..stages.len()).filter(|index| matches!(stages[*index], Stage::Runs)).collect();
            if runs.is_empty() {
                return;
            }
            // Nothing says that an actor waits for another one: that has to be asked for.
            let Ok(said) = timeout(Duration::from_millis(2), self.said.recv()).await else {
                let blocked = self.blocked().await;
                if self.said.is_empty() && runs.iter().all(|index| blocked.contains(&self.actors[*index].name)) {
                    return;
                }
                continue;
            };
            match said.unwrap() {
                // Only redemptions are taken apart.
                (index, Said::Waits(waiting))
                    if !matches!(acts[index], Act::Redeem(_)) && began[index] != usize::MAX =>
                {
                    waiting.send(()).unwrap();
                }
                (index, Said::Waits(waiting)) => stages[index] = Stage::Waits(waiting),
                (index, Said::Over(came)) => stages[index] = Stage::Over(came),
            }
        }
    }

    async fn compare(
        &self,
        network: NetworkId,
        invitation: InvitationId,
        before: i64,
        uses: u32,
        happened: &[Happened],
    ) -> Result<(), String> {
        let store = &self.fixture.store;
        let spent = invitation::get(store, invitation).await.unwrap().uses_spent;
        let members = member::list(store, network, true, Page::ALL).await.unwrap().items;
        let mut found: Vec<(SiteId, bool)> =
            members.iter().map(|it| (it.id, it.state == MemberState::Member)).collect();
        found.sort();
        let joins = event::after(store, before, 100).await.unwrap();
        let joins = joins.iter().filter(|event| event.action == "site.join").count();
        let last = |model: &Model| {
            let mut expected: Vec<_> = model.members.values().copied().collect();
            expected.sort();
            model.spent == spent && expected == found && joins == found.len()
        };
        if explain(&Model::new(uses), &happened.iter().collect::<Vec<_>>(), &last) {
            return Ok(());
        }
        let told: Vec<String> =
            happened.iter().map(|it| format!("{:?} {}..{}: {:?}", it.act, it.began, it.ended, it.came)).collect();
        Err(format!("of {uses} uses {spent} spent, {joins} joins, members {found:?}\n{}", told.join("\n")))
    }
}

async fn perform(store: &Store, network: NetworkId, invitation: InvitationId, act: Act) -> Came {
    let mut tx = store.begin(&context()).await.unwrap();
    let came = match act {
        Act::Redeem(key) => match redeem(&mut tx, &claim(network, invitation, [key; 32], None)).await.unwrap() {
            Redeemed::New(member) => Came::New(member.id),
            Redeemed::Existing(member) => Came::Existing(member.id),
            Redeemed::Refused(refusal) => Came::Refused(refusal),
            Redeemed::Waiting(_) | Redeemed::Passcode(_) => unreachable!("it admits whoever comes"),
        },
        Act::Evict(key) => {
            let member = member::by_key(&mut tx, network, &[key; 32]).await.unwrap();
            if let Some(member) = &member {
                member::evict(&mut tx, member.id, None, "lost").await.unwrap();
            }
            Came::Evicted(member.map(|member| member.id))
        }
        Act::Close => {
            invitation::close(&mut tx, invitation, None, "closed").await.unwrap();
            Came::Done
        }
        Act::EvictNetwork => {
            network::evict(&mut tx, network, None).await.unwrap();
            Came::Done
        }
        Act::Expire => unreachable!("time passes by itself"),
    };
    tx.commit().await.unwrap();
    came
}

/// Carries out every order of every case, some at the same time, each on a server's database of its own.
async fn enumerate(cases: Vec<(Vec<Act>, u32)>, stops: &'static [&'static str], redeems_in: usize) -> usize {
    let mut work = vec![];
    for (acts, uses) in cases {
        let steps: Vec<usize> =
            acts.iter().map(|act| if matches!(act, Act::Redeem(_)) { redeems_in } else { 1 }).collect();
        let orders = orders(&steps).into_iter().filter(|order| is_first_of_its_kind(order, &acts));
        work.extend(orders.map(|order| (acts.clone(), uses, order)));
    }
    let (count, work) = (work.len(), Arc::new(work));
    let mut workers = JoinSet::new();
    for worker in 0..2 {
        let work = work.clone();
        workers.spawn(async move {
            let mut stage = Theatre::new(4, stops).await;
            for (number, (acts, uses, order)) in work.iter().enumerate().skip(worker).step_by(2) {
                let outcome = stage.carry_out(number, acts, *uses, order).await;
                outcome.unwrap_or_else(|why| panic!("{acts:?} in the order {order:?}: {why}"));
            }
        });
    }
    workers.join_all().await;
    count
}

const BEGIN: &str = "BEGIN";
const SPEND: &str = "UPDATE invitation SET uses_spent";
/// Commits take their places in the audit chain one at a time.
const COMMIT: &str = "SELECT pg_advisory_xact_lock($1)";

#[tokio::test(flavor = "multi_thread")]
async fn two_redemptions_and_whatever_else_happens_meet_in_any_order() {
    let [same, different] = [[1, 1], [1, 2]].map(|keys| keys.map(Act::Redeem).to_vec());
    let with = |redemptions: &[Act], other| [redemptions, &[other]].concat();
    let mut cases = vec![(same.clone(), 1), (different.clone(), 1), (with(&same, Act::Evict(1)), 2)];
    cases.extend([&same, &different].map(|redemptions| (with(redemptions, Act::Evict(1)), 1)));
    cases.extend([Act::Close, Act::Expire, Act::EvictNetwork].map(|other| (with(&different, other), 1)));
    let count = enumerate(cases, &[BEGIN, SPEND, COMMIT], 3).await;
    assert!(count > 400, "{count} orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_redemptions_of_two_uses_meet_in_any_order() {
    let redeem = |keys: [u8; 3]| keys.map(Act::Redeem).to_vec();
    let mut cases = vec![];
    for keys in [[1, 2, 3], [1, 1, 2], [1, 1, 1]] {
        cases.push((redeem(keys), 2));
    }
    for keys in [[1, 1, 2], [1, 1, 1]] {
        cases.push(([redeem(keys), vec![Act::Evict(1)]].concat(), 2));
    }
    let count = enumerate(cases, &[BEGIN, COMMIT], 2).await;
    assert!(count > 400, "{count} orders");
}
