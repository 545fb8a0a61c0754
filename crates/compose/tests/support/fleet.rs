//! A fleet of sites by which rollouts are played through: it does what it is offered, and what it is told to make of it.
#![allow(dead_code, reason = "each user needs some of it")]

use std::collections::{BTreeMap, BTreeSet};

use compose::{
    Source,
    deploy::{
        Authored, Deployment, Plan, SitePlan,
        rollout::{
            Command, Inputs, Offered, Order, Progress, Refused, Report, Seen, State, Step, Target, command, step,
        },
    },
    model::Label,
    render::{Content, Object, Rendered},
};
use jiff::{SignedDuration, Timestamp};

/// A deployment, its sites, and how far its rollout is.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    pub(crate) deployment: Deployment,
    pub(crate) plan: Plan,
    pub(crate) sites: BTreeMap<Label, Seen>,
    /// The offers that are kept.
    pub(crate) kept: BTreeMap<Label, Offered>,
    pub(crate) progress: Progress,
    pub(crate) now: Timestamp,
    /// What sites make of what they are offered, where they do not become healthy.
    pub(crate) makes: BTreeMap<(Label, String), State>,
    /// How often workloads were started again at sites.
    pub(crate) restarts: BTreeMap<Label, u64>,
}

pub(crate) fn label(text: &str) -> Label {
    text.into()
}

pub(crate) fn deployment(spec: &str) -> Deployment {
    let text = format!(
        "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {{name: shop, network: retail}}\nspec:\n  application: shop\n{spec}"
    );
    let read = Authored::read(&Source::new("deployment.yaml", text.clone()));
    read.unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(&text)))).deployment
}

/// What a site gets that gets this, or nothing. Its digest says what it is.
fn gets(site: &Label, what: Option<&str>) -> SitePlan {
    let object = |what: &str| Object {
        kind: "process".to_owned(),
        name: "till".to_owned(),
        content: Content::Text(what.to_owned()),
        why: Vec::new(),
    };
    let gets = Rendered {
        release: "shop".to_owned(),
        deployment: "shop".to_owned(),
        site: site.to_string(),
        platform: compose::model::Platform::Process,
        instances: Vec::new(),
        listeners: Vec::new(),
        connectors: Vec::new(),
        objects: what.map(object).into_iter().collect(),
        checks: Vec::new(),
        secrets: Vec::new(),
        addresses: Vec::new(),
        ports: BTreeMap::new(),
    };
    let digest = what.unwrap_or("nothing").to_owned();
    SitePlan { number: 1, digest, places: BTreeSet::new(), gets, ports: BTreeMap::new(), held: None }
}

/// What a site gets that runs these parts.
pub(crate) fn runs(site: &Label, parts: &[&str], digest: &str) -> SitePlan {
    let mut plan = gets(site, None);
    let placed = |path: &&str| {
        serde_json::from_value(serde_json::json!({"path": path, "id": path, "block": "block@1.0.0", "why": ""}))
            .expect("an instance")
    };
    plan.gets.instances = parts.iter().map(placed).collect();
    SitePlan { digest: digest.to_owned(), ..plan }
}

impl Fleet {
    /// Sites that are online and have nothing.
    pub(crate) fn new(spec: &str, names: &[&str], now: &str) -> Self {
        let plan = serde_json::json!({"apiVersion": "skupperx.io/v1", "kind": "Plan", "deployment": "shop", "network": "retail",
            "number": 0, "release": "shop@none", "sites": {}});
        let seen = Seen { online: true, ..Seen::default() };
        Self {
            deployment: deployment(spec),
            plan: serde_json::from_value(plan).expect("a plan"),
            sites: names.iter().map(|name| (label(name), seen.clone())).collect(),
            kept: BTreeMap::new(),
            progress: Progress::default(),
            now: now.parse().expect("a time"),
            makes: BTreeMap::new(),
            restarts: BTreeMap::new(),
        }
    }

    pub(crate) fn site(&mut self, name: &str) -> &mut Seen {
        self.sites.get_mut(name).expect("a site")
    }

    /// Everybody is to get this.
    pub(crate) fn release(&mut self, what: &str) {
        self.plan.release = format!("shop@{what}");
        self.plan.number += 1;
        self.plan.sites = self.sites.keys().map(|site| (site.clone(), gets(site, Some(what)))).collect();
    }

    /// One is to get something else, and nobody decided anything.
    pub(crate) fn fact(&mut self, site: &str, what: Option<&str>) {
        self.plan.number += 1;
        self.plan.sites.insert(label(site), gets(&label(site), what));
    }

    /// These do not become healthy by what it is.
    pub(crate) fn make(&mut self, sites: &[&str], what: &str, state: State) {
        self.makes.extend(sites.iter().map(|site| ((label(site), what.to_owned()), state)));
    }

    /// Everybody has this, and it was rolled out before.
    pub(crate) fn with(mut self, what: &str) -> Self {
        self.release(what);
        for seen in self.sites.values_mut() {
            seen.offered = Some(Offered { digest: what.to_owned(), empty: false });
        }
        self.answer();
        self.progress.change = "before".to_owned();
        self
    }

    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs { deployment: &self.deployment, plan: &self.plan, sites: &self.sites }
    }

    /// Steps, and offers what it says.
    pub(crate) fn step(&mut self) -> Step {
        let done = step(self.inputs(), &self.progress, self.now);
        self.carry_out(&done);
        done
    }

    /// Steps with a command.
    pub(crate) fn order(&mut self, what: Command) -> Result<Step, Refused> {
        self.say(&Order::new(what, "ada"))
    }

    /// Steps with what a person says.
    pub(crate) fn say(&mut self, order: &Order) -> Result<Step, Refused> {
        let done = command(self.inputs(), &self.progress, self.now, order)?;
        self.carry_out(&done);
        Ok(done)
    }

    pub(crate) fn carry_out(&mut self, done: &Step) {
        self.progress = done.progress.clone();
        for (name, target) in &done.targets {
            let Some(seen) = self.sites.get_mut(name) else { continue };
            let plan = &self.plan.sites[name];
            let next = match target {
                Target::Stay => seen.offered.clone(),
                Target::Back => Some(self.kept[name].clone()),
                Target::Plan { keep } => {
                    if *keep {
                        let kept = seen.offered.clone().expect("what is kept is offered");
                        seen.kept = Some(kept.digest.clone());
                        self.kept.insert(name.clone(), kept);
                    }
                    Some(Offered { digest: plan.digest.clone(), empty: plan.is_empty() })
                }
            };
            if next != seen.offered {
                seen.offered = next;
                seen.report = None;
                seen.traffic = compose::deploy::rollout::Traffic::default();
            }
        }
    }

    /// Every site that is online makes of its offer what it does.
    pub(crate) fn answer(&mut self) {
        let names: Vec<Label> = self.sites.keys().cloned().collect();
        names.iter().for_each(|name| self.answer_of(name));
    }

    /// One does.
    pub(crate) fn answer_of(&mut self, name: &Label) {
        let seen = self.sites.get_mut(name).filter(|seen| seen.online);
        if let Some((seen, offered)) = seen.and_then(|seen| seen.offered.clone().map(|offered| (seen, offered))) {
            let state = self.makes.get(&(name.clone(), offered.digest.clone())).copied().unwrap_or(State::Healthy);
            let applied = match state {
                State::Healthy | State::Degraded => offered.digest.clone(),
                _ => String::new(),
            };
            let restarts = self.restarts.get(name).copied().unwrap_or_default();
            seen.report = Some(Report { offered: offered.digest.clone(), applied, state, restarts });
        }
    }

    /// Steps and answers until nothing changes at this time any more.
    pub(crate) fn settle(&mut self) -> Step {
        loop {
            let before = (self.progress.clone(), self.sites.clone());
            let done = self.step();
            self.answer();
            if before == (self.progress.clone(), self.sites.clone()) {
                return done;
            }
        }
    }

    /// So much later, everybody having said what became of their offers.
    pub(crate) fn wait(&mut self, seconds: i64) -> Step {
        self.answer();
        self.now += SignedDuration::from_secs(seconds);
        self.settle()
    }

    /// Goes on until nothing happens by itself any more.
    pub(crate) fn finish(&mut self) -> Step {
        loop {
            let done = self.settle();
            match done.again {
                Some(again) => self.now = again,
                None => return done,
            }
        }
    }

    /// The sites that are offered this.
    pub(crate) fn offered(&self, what: &str) -> Vec<&str> {
        let offered = self.sites.iter().filter(|(_, seen)| seen.offered.as_ref().is_some_and(|o| o.digest == what));
        offered.map(|(name, _)| name.as_str()).collect()
    }

    /// What happened, a line for each.
    pub(crate) fn history(&self) -> String {
        self.progress.history.iter().map(|entry| format!("{} {}\n", entry.at, entry.event)).collect()
    }
}
