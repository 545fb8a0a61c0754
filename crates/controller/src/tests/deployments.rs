//! Deployments, from what is stored to what sites are offered: with a clock that is moved, and sites that say what a test has
//! them say.

use std::collections::{BTreeMap, BTreeSet};

use compose::{
    Source,
    deploy::{
        Verb,
        rollout::{Command, Order},
    },
};
use jiff::{SignedDuration, Timestamp};
use model::SiteId;
use pki::PrivateKey;
use serde_json::{Value, json};
use store::{
    Context, deployment, member,
    replica::{self, Replica},
    status::{self, SiteRef},
};
use uuid::Uuid;

use super::fixture::{Fixture, admin, at};
use crate::{
    deploy::{self, Memory},
    ops::{
        self, OpError,
        invitation::Uses,
        library::{self, Import},
        release,
    },
};

/// The block of every version: what runs differs by the version of the application.
const TILL: &str = "
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: till, version: 1.0.0}
spec:
  type: component
  config: {seconds: {type: string, required: true}}
  bodies: {process: {workload: {command: [sleep, \"${{ config.seconds }}\"]}}}
---
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: chain, version: 1.0.0}
spec:
  type: toplevel
  config: {seconds: {type: string, required: true}}
  composite: {parts: {till: {block: till, place: store, config: {seconds: \"${{ config.seconds }}\"}}}}
";

/// A chain of stores, to which nothing happens but by a test.
pub(super) struct Chain {
    pub(super) fixture: Fixture,
    memory: Memory,
    pub(super) stores: BTreeMap<String, SiteId>,
    /// Those that have a session.
    online: Vec<String>,
}

impl Chain {
    /// With so many stores, and a deployment that follows the application.
    pub(super) async fn new(stores: usize, rollout: Value) -> Self {
        let fixture = Fixture::new().await;
        fixture.backbone().await;
        // The clock goes far.
        let forever = ops::network::Create { end: None, ..fixture.new_network() };
        ops::network::create(&fixture.app, &admin(), forever).await.unwrap();
        let ticket = fixture.invitation("stores", Uses::Unlimited).await;
        let mut ids = BTreeMap::new();
        for n in 1..=stores {
            let name = format!("store-{n}");
            fixture.redeem(&ticket, &PrivateKey::generate(), &name).await.unwrap();
            let network = store::network::find(fixture.app.store(), "shop").await.unwrap().id;
            ids.insert(name.clone(), member::find(fixture.app.store(), network, &name).await.unwrap().id);
        }
        let online = ids.keys().cloned().collect();
        let chain = Self { fixture, memory: Memory::default(), stores: ids, online };
        chain.import("till", TILL).await;
        chain.build(1).await;
        let names: Vec<&String> = chain.stores.keys().collect();
        let mut spec = json!({"application": "chain", "places": {"store": {"sites": names}}});
        if !rollout.is_null() {
            spec["rollout"] = rollout;
        }
        let document = json!({
            "apiVersion": "skupperx.io/v1",
            "kind": "Deployment",
            "metadata": {"name": "tills", "network": "shop"},
            "spec": spec,
        });
        ops::deployment::create(&chain.fixture.app, &admin(), &at("shop"), document).await.unwrap();
        chain
    }

    async fn import(&self, name: &str, text: &str) {
        let input = Import { sources: vec![Source::new(name, text)], ..Import::default() };
        library::import(&self.fixture.app, &admin(), input).await.unwrap();
    }

    /// Builds version `1.N.0` of the application.
    async fn build(&self, version: u32) {
        let text = format!(
            "apiVersion: skupperx.io/v1\nkind: Application\nmetadata: {{name: chain, version: 1.{version}.0}}\n\
            spec: {{root: chain@1.0.0, config: {{seconds: \"{version}\"}}, places: {{store: {{platforms: [process]}}}}}}\n"
        );
        self.import("chain", &text).await;
        let wanted = library::Wanted::Newest("chain".parse().unwrap());
        release::create(&self.fixture.app, &admin(), &wanted).await.unwrap();
    }

    /// One pass of the reconciler; those that are online are heard of.
    async fn pass(&mut self) -> Timestamp {
        let app = &self.fixture.app;
        for name in &self.online {
            let site = SiteRef::Member(self.stores[name]);
            status::connected(app.store(), site, Uuid::new_v4(), app.controller(), app.now()).await.unwrap();
        }
        deploy::pass(app, &mut self.memory).await.unwrap()
    }

    /// Everybody who is online does what they are offered, until nothing more happens.
    async fn settle(&mut self) {
        loop {
            self.pass().await;
            let before = self.offered().await;
            for name in self.online.clone() {
                self.says(&name, "healthy").await;
            }
            self.pass().await;
            if self.offered().await == before {
                return;
            }
        }
    }

    /// A store says this of what it is offered.
    async fn says(&self, name: &str, state: &str) {
        self.tells(name, state, 0).await;
    }

    /// A store says this of what it is offered, and how often a workload was started again.
    async fn tells(&self, name: &str, state: &str, restarts: u32) {
        let app = &self.fixture.app;
        let (deployment, site) = (self.deployment().await, self.stores[name]);
        let rows = deployment::sites(app.store(), deployment).await.unwrap();
        let Some(offered) = rows.iter().find(|at| at.member == site).and_then(|at| at.offer_digest.clone()) else {
            return;
        };
        let applied = if state == "healthy" { offered.as_str() } else { "" };
        let workloads = json!([{"name": "till", "instance": "chain/till", "state": "ready", "restarts": restarts}]);
        let report =
            json!({"offered": offered, "applied": applied, "state": state, "number": 1, "workloads": workloads});
        let mut tx = app.store().begin(&Context::controller(app.controller())).await.unwrap();
        deployment::reported(&mut tx, deployment, site, &report, app.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn deployment(&self) -> model::DeploymentId {
        deployment::list_all(self.fixture.app.store()).await.unwrap()[0].id
    }

    /// The version that each store is offered; 0 for nothing.
    async fn offered(&self) -> Vec<u32> {
        let mut versions = vec![];
        for site in self.stores.values() {
            let offers = deployment::offers_of(self.fixture.app.store(), *site).await.unwrap();
            let offer: Option<Value> = offers.first().map(|it| serde_json::from_str(&it.offer).unwrap());
            let seconds =
                offer.and_then(|offer| offer.pointer("/gets/objects/0/content/command/1")?.as_str()?.parse().ok());
            versions.push(seconds.unwrap_or(0));
        }
        versions
    }

    async fn order(&self, command: Command) -> Result<(), OpError> {
        self.say(&Order::new(command, "ada")).await
    }

    async fn say(&self, order: &Order) -> Result<(), OpError> {
        deploy::order(&self.fixture.app, &admin(), &at("shop"), &at("tills"), order).await
    }

    /// The place is filled by so many of the stores.
    async fn wants(&self, count: u32) {
        let app = &self.fixture.app;
        let mut document = deployment::list_all(app.store()).await.unwrap()[0].document.clone();
        document["spec"]["places"]["store"]["count"] = count.into();
        ops::deployment::set(app, &admin(), &at("shop"), &at("tills"), document, None).await.unwrap();
    }

    /// The place is filled by so many of all stores, whatever they are called.
    async fn anywhere(&self, count: u32) {
        let app = &self.fixture.app;
        for name in self.stores.keys() {
            self.zone(name, "Europe/Berlin").await;
        }
        let mut document = deployment::list_all(app.store()).await.unwrap()[0].document.clone();
        document["spec"]["places"]["store"] = json!({"labels": {"timezone": "Europe/Berlin"}, "count": count});
        ops::deployment::set(app, &admin(), &at("shop"), &at("tills"), document, None).await.unwrap();
    }

    /// The sites that had their turn.
    async fn turns(&self) -> BTreeSet<String> {
        let text = deployment::rollout(self.fixture.app.store(), self.deployment().await).await.unwrap();
        let rollout = deploy::Rollout::read(text.as_deref()).unwrap();
        rollout.progress.sites.keys().map(ToString::to_string).collect()
    }

    /// The controller has just been started.
    async fn starts(&self) {
        let (app, now) = (&self.fixture.app, self.fixture.app.now());
        let (hostname, software) = ("here".to_owned(), "test".to_owned());
        let replica = Replica { id: app.controller(), hostname, software, started: now, last_seen: now };
        replica::seen(app.store(), &replica).await.unwrap();
    }

    async fn preview(&self) -> deploy::Preview {
        ops::deployment::plan(&self.fixture.app, &at("shop"), &at("tills"), None, None).await.unwrap()
    }

    async fn zone(&self, name: &str, zone: &str) {
        let labels = [("timezone".to_owned(), zone.to_owned())].into();
        let app = &self.fixture.app;
        let mut tx = app.store().begin(&Context::controller(app.controller())).await.unwrap();
        member::set_labels(&mut tx, self.stores[name], None, &labels).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn by_night() -> Value {
    json!({
        "windows": {"night": {"from": "22:00", "to": "05:00", "zone": "site"}},
        "waves": [
            {"name": "trial", "sites": ["store-1"], "soak": "2h", "promote": "manual"},
            {"name": "rest", "rest": true, "window": "night"},
        ],
    })
}

#[tokio::test]
async fn an_upgrade_is_tried_promoted_and_follows_in_the_night_of_every_store() {
    let mut chain = Chain::new(3, by_night()).await;
    chain.zone("store-2", "Etc/GMT-2").await;
    chain.zone("store-3", "Etc/GMT+6").await;
    // Midnight at the second store, early evening at the third.
    let midnight: Timestamp = "2027-06-01T22:00:00Z".parse().unwrap();
    let clock = chain.fixture.clock.clone();
    clock.stop_at(midnight);
    chain.settle().await;
    assert_eq!(chain.offered().await, [1, 0, 0], "the trial comes first, also of what is new");
    let early = chain.order(Command::Promote).await.unwrap_err().to_string();
    assert!(early.contains("wave trial has not come to its promotion"), "{early}");
    let promote = |wave: &str| Order { wave: Some(wave.into()), early: true, ..Order::new(Command::Promote, "ada") };
    chain.say(&promote("trial")).await.unwrap();
    let twice = chain.say(&promote("trial")).await.unwrap_err().to_string();
    assert!(twice.contains("wave rest is under way, and not trial"), "{twice}");
    chain.settle().await;
    assert_eq!(chain.offered().await, [1, 1, 0]);
    clock.stop_at(midnight + SignedDuration::from_hours(7));
    chain.settle().await;
    assert_eq!(chain.offered().await, [1, 1, 1], "five past eleven, where the third is");

    let noon = midnight + SignedDuration::from_hours(12);
    clock.stop_at(noon);
    chain.build(2).await;
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 1, 1]);
    clock.stop_at(noon + SignedDuration::from_hours(3));
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 1, 1], "it has soaked, and a person has not promoted it");
    chain.order(Command::Promote).await.unwrap();
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 1, 1], "it is day where they are");
    // Ten in the evening at the second, and four in the afternoon at the third.
    clock.stop_at("2027-06-02T19:59:59Z".parse().unwrap());
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 1, 1]);
    clock.stop_at("2027-06-02T20:00:00Z".parse().unwrap());
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 2, 1]);
    clock.stop_at("2027-06-03T04:00:00Z".parse().unwrap());
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 2, 2]);
}

#[tokio::test]
async fn a_store_that_is_away_through_three_releases_comes_back_to_the_newest_and_holds_up_nobody() {
    let waves = json!({"waves": [{"name": "first", "sites": ["store-1", "store-2"]}, {"name": "rest", "rest": true}]});
    let mut chain = Chain::new(3, waves).await;
    chain.settle().await;
    assert_eq!(chain.offered().await, [1, 1, 1]);
    chain.online.retain(|name| name != "store-2");
    for version in 2..=4 {
        chain.fixture.clock.forward(SignedDuration::from_mins(5));
        chain.build(version).await;
        chain.settle().await;
        assert_eq!(chain.offered().await, [version, 1, version]);
    }
    chain.online.push("store-2".to_owned());
    chain.settle().await;
    assert_eq!(chain.offered().await, [4, 4, 4]);
}

#[tokio::test]
async fn a_store_that_fails_goes_back_and_others_are_spared() {
    let waves = json!({"waves": [{"name": "one-by-one", "rest": true, "max": 1}]});
    let mut chain = Chain::new(3, waves).await;
    chain.settle().await;
    chain.build(2).await;
    chain.pass().await;
    assert_eq!(chain.offered().await, [2, 1, 1]);
    chain.says("store-1", "failed").await;
    chain.pass().await;
    chain.pass().await;
    assert_eq!(chain.offered().await, [1, 1, 1], "it has what it had before");
    let status = ops::status::installation(&chain.fixture.app, &admin()).await.unwrap();
    let found = status.findings.iter().find(|it| it.subject == "deployment shop/tills").expect("it is not well");
    assert!(found.message.contains("too many sites of wave one-by-one failed"), "{found:?}");
    assert_eq!(found.how.as_deref(), Some("`skx deploy status shop/tills` shows where"));
    chain.settle().await;
    assert_eq!(chain.offered().await, [1, 1, 1]);
    chain.build(3).await;
    chain.settle().await;
    assert_eq!(chain.offered().await, [3, 3, 3], "another change begins anew");
    chain.order(Command::Rollback).await.unwrap();
    assert_eq!(chain.offered().await, [1, 1, 1], "to what was good");
    let refused = chain.order(Command::Rollback).await.unwrap_err().to_string();
    assert!(refused.contains("no site has anything to go back to"), "{refused}");
}

#[tokio::test]
async fn a_store_whose_workloads_are_started_again_holds_up_the_others_until_it_is_calm() {
    let waves = json!({"waves": [{"name": "trial", "sites": ["store-1"]}, {"name": "rest", "rest": true}]});
    let mut chain = Chain::new(2, waves).await;
    chain.settle().await;
    chain.build(2).await;
    chain.pass().await;
    for (state, restarts) in [("applying", 0), ("healthy", 3)] {
        chain.tells("store-1", state, restarts).await;
        chain.pass().await;
    }
    assert_eq!(chain.offered().await, [2, 1], "it says that it is healthy, between two starts");
    chain.fixture.clock.forward(SignedDuration::from_secs(61));
    chain.pass().await;
    assert_eq!(chain.offered().await, [2, 2]);
}

#[tokio::test]
async fn an_outage_of_the_controllers_moves_nothing_and_a_store_that_stays_away_is_replaced() {
    let mut chain = Chain::new(3, Value::Null).await;
    chain.starts().await;
    chain.wants(1).await;
    chain.settle().await;
    let chosen = chain.offered().await;
    assert_eq!(chosen.iter().sum::<u32>(), 1);
    let place = chosen.iter().position(|version| *version == 1).unwrap();
    let name = format!("store-{}", place + 1);
    // For an hour nobody listens; the others come back first.
    chain.fixture.clock.forward(SignedDuration::from_hours(1));
    chain.starts().await;
    chain.online.retain(|other| *other != name);
    for minutes in [0, 5, 9] {
        chain.fixture.clock.forward(SignedDuration::from_mins(minutes));
        chain.settle().await;
        assert_eq!(chain.offered().await, chosen, "there was no time to come back");
    }
    chain.fixture.clock.forward(SignedDuration::from_mins(2));
    chain.settle().await;
    let now = chain.offered().await;
    assert_eq!(now.iter().enumerate().filter(|(at, version)| *at != place && **version == 1).count(), 1, "{now:?}");
}

#[tokio::test]
async fn a_store_that_gets_another_name_stays_where_it_is_and_keeps_its_turn() {
    let mut chain = Chain::new(4, json!({"waves": [{"name": "all", "rest": true, "soak": "1h"}]})).await;
    chain.anywhere(2).await;
    chain.settle().await;
    let before = chain.offered().await;
    assert_eq!(before.iter().filter(|version| **version == 1).count(), 2);
    let chosen = format!("store-{}", before.iter().position(|version| *version == 1).unwrap() + 1);
    let turns = chain.turns().await;
    let name = Some("a-better-name".parse().unwrap());
    let set = ops::member::Set { name, ..Default::default() };
    ops::member::set(&chain.fixture.app, &admin(), &at("shop"), &at(&chosen), set, None).await.unwrap();
    chain.settle().await;
    assert_eq!(chain.offered().await, before, "nothing moves");
    let renamed = turns.into_iter().map(|turn| turn.replace(&chosen, "a-better-name")).collect::<BTreeSet<_>>();
    assert_eq!(chain.turns().await, renamed, "it keeps its turn");
}

#[tokio::test]
async fn a_preview_goes_by_what_stores_are_offered_and_says_when_and_what_is_missing() {
    let waves = json!({"waves": [
        {"name": "trial", "sites": ["store-1"], "promote": "manual"}, {"name": "rest", "rest": true},
    ]});
    let mut chain = Chain::new(3, waves).await;
    chain.settle().await;
    chain.order(Command::Promote).await.unwrap();
    chain.settle().await;
    chain.build(2).await;
    chain.settle().await;
    assert_eq!(chain.offered().await, [2, 1, 1]);
    let text = chain.preview().await.outlook.text();
    assert!(text.contains("wave trial: awaiting-promotion\n"), "{text}");
    assert!(text.contains("    store-2, store-3: its wave rest comes after trial\n"), "{text}");
    chain.order(Command::Promote).await.unwrap();
    chain.settle().await;
    chain.order(Command::Rollback).await.unwrap();
    assert_eq!(chain.offered().await, [1, 1, 1]);
    let preview = chain.preview().await;
    assert_eq!(preview.changes.count(Verb::Change), 3, "{}", preview.changes.text());
    let (changes, text) = (preview.changes.text(), preview.outlook.text());
    assert!(changes.contains(r#""1" → "2""#) || changes.contains("content.command"), "{changes}");
    assert!(text.contains("held: sites went back to what they had since 20"), "{text}");
    assert!(text.contains("not before `skx deploy resume`: it went back to what it had\n"), "{text}");
    chain.wants(99).await;
    assert_eq!(chain.preview().await.missing, ["place store has 3 of 99 sites: 96 missing"]);
    chain.settle().await;
    let standing = ops::deployment::standing(&chain.fixture.app, &at("shop"), &at("tills"), None).await.unwrap();
    assert_eq!(standing.missing, ["place store has 3 of 99 sites: 96 missing"]);
}

#[tokio::test]
async fn what_is_planned_again_from_the_same_changes_nothing_and_records_nothing() {
    let mut chain = Chain::new(2, Value::Null).await;
    chain.settle().await;
    let store = chain.fixture.app.store();
    let head = store::event::head(store).await.unwrap();
    // Another controller, or this one after a restart, remembers nothing.
    chain.memory = Memory::default();
    chain.settle().await;
    assert_eq!(store::event::head(chain.fixture.app.store()).await.unwrap(), head);
    // What controllers have done about it was done for who asked for it.
    let whose = "SELECT DISTINCT on_behalf_of FROM event WHERE action IN ('deployment.planned', 'deployment.offered')";
    assert_eq!(chain.fixture.database.sql(whose).await.unwrap(), admin().acting.name);
}

#[tokio::test]
async fn what_is_taken_away_is_offered_to_nobody_and_is_gone() {
    let mut chain = Chain::new(2, Value::Null).await;
    chain.settle().await;
    assert_eq!(chain.offered().await, [1, 1]);
    let app = chain.fixture.app.clone();
    ops::deployment::delete(&app, &admin(), &at("shop"), &at("tills"), None).await.unwrap();
    deploy::pass(&app, &mut chain.memory).await.unwrap();
    assert_eq!(chain.offered().await, [0, 0]);
    assert!(deployment::list_all(app.store()).await.unwrap().is_empty());
}
