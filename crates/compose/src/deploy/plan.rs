//! Plans, and how they are made.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    panic::resume_unwind,
    thread,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Authored, Deployment, KnownSite, Presence, Sites, deployment::local_of, serving::Others};
use crate::{
    canonical::{canonical, hash},
    diagnostic::{Code, Diagnostic, Problems},
    model::{ApiVersion, Field, Label},
    release::Release,
    render::{Facts, Network, Rendered, Renderer, forget_reasons},
};

/// What every site of a network gets of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `Plan`.
    pub kind: PlanKind,
    /// The deployment.
    pub deployment: Label,
    /// The network.
    pub network: Label,
    /// How many plans there were, this one included. A plan that changes nothing is the plan before.
    pub number: u64,
    /// The release it was made of: `shop@sha256:9f3c…`.
    pub release: String,
    /// What each site gets; also of sites that had something once.
    pub sites: BTreeMap<Label, SitePlan>,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanKind {
    /// A plan.
    Plan,
}

/// What a site gets of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SitePlan {
    /// How many plans the site had, this one included; 0 as long as none could be made.
    pub number: u64,
    /// SHA-256 of what it gets, in hexadecimal. Whether two plans are the same is seen by it.
    pub digest: String,
    /// The places it fills.
    pub places: BTreeSet<Label>,
    /// What it gets, of the release by which that last changed.
    pub gets: Rendered,
    /// The ports its listeners for single sites have or had: who comes back finds the old one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<String, u16>,
    /// Why it keeps what it has, if it would get something else otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// Why a site keeps what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Held {
    /// Nothing is known of it.
    Unknown,
    /// Its participant declined parts without which the rest does not work.
    Declined {
        /// Those.
        parts: BTreeSet<String>,
    },
    /// What it would get cannot be made.
    Blocked {
        /// What is wrong, as it is said to people.
        problems: String,
    },
}

impl Held {
    /// Why, in a line for people.
    pub fn words(&self) -> String {
        match self {
            Self::Unknown => "nothing is known of the site".to_owned(),
            Self::Declined { parts } => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                format!("{} was declined, and the rest does not work without it", parts.join(", "))
            }
            Self::Blocked { problems } => {
                let message = |line: &str| Some(line.strip_prefix("error[")?.split_once("]: ")?.1.to_owned());
                let messages: Vec<String> = problems.lines().filter_map(message).collect();
                if messages.is_empty() { problems.trim().to_owned() } else { messages.join("; ") }
            }
        }
    }
}

/// Makes plans of one release.
#[derive(Debug)]
pub struct Planner<'r> {
    release: &'r Release,
    renderer: Renderer<'r>,
    threads: NonZeroUsize,
}

type Locals = BTreeMap<String, BTreeMap<Field, Value>>;

impl<'r> Planner<'r> {
    /// For a release; sites are rendered in so many threads.
    pub fn new(release: &'r Release, threads: NonZeroUsize) -> Self {
        Self { release, renderer: Renderer::new(release), threads }
    }

    /// Plans.
    ///
    /// # Errors
    ///
    /// When the deployment does not fit the release, or what is known of sites does not, or the plan before is another
    /// deployment's. That single sites cannot get what they should is no error: they are [held](Held::Blocked).
    pub fn plan(&self, authored: &Authored, sites: &Sites, before: Option<&Plan>) -> Result<Plan, Problems> {
        let deployment = &authored.deployment;
        self.check(authored, sites, before)?;
        let (gone, there): (Vec<_>, Vec<_>) = sites.sites.iter().partition(|site| site.presence == Presence::Gone);
        let gone: BTreeSet<&Label> = gone.into_iter().map(|site| &site.name).collect();
        let mut planning = Planning {
            planner: self,
            deployment,
            network: &sites.network,
            sites: there.into_iter().map(|site| (&site.name, site)).collect(),
            had: before.into_iter().flat_map(|plan| &plan.sites).filter(|(site, _)| !gone.contains(site)).collect(),
            filled: BTreeMap::new(),
            held: BTreeMap::new(),
        };
        planning.fill();
        planning.hold();
        let rendered = planning.render();
        Ok(planning.numbered(rendered, before))
    }

    fn check(&self, authored: &Authored, sites: &Sites, before: Option<&Plan>) -> Result<(), Problems> {
        let mut problems = Problems::default();
        authored.check(self.release, &mut problems);
        let metadata = &authored.deployment.metadata;
        if let Some(before) = before.filter(|b| b.deployment != metadata.name || b.network != metadata.network) {
            let what = format!("the plan before is of {} in {}", before.deployment, before.network);
            let expected = format!("one of {} in {}", metadata.name, metadata.network);
            problems.push(Diagnostic::new(Code::InvalidDeployment, what).expected(expected));
        }
        let instances = &self.release.spec.instances;
        for site in &sites.sites {
            for path in site.declined.iter().filter(|path| !instances.contains_key(*path)) {
                let what = format!("there is no {path:?} that {} could decline", site.name);
                let diagnostic =
                    Diagnostic::new(Code::InvalidSite, what).expected("the path of an instance of the release");
                problems.push(diagnostic.near(path, instances.keys().map(String::as_str)));
            }
        }
        problems.or(())
    }

    /// What a site declines of what the rest does not work without.
    fn needed_but_declined(&self, site: &KnownSite, places: &BTreeSet<Label>) -> BTreeSet<String> {
        let instances = &self.release.spec.instances;
        let here = |path: &str| {
            let within = format!("{path}/");
            instances.iter().any(|(inner, instance)| {
                (inner == path || inner.starts_with(&within))
                    && instance.place.as_ref().is_some_and(|p| places.contains(p))
            })
        };
        let is_optional = |path: &str| instances.get(path).is_some_and(|instance| instance.optional);
        site.declined.iter().filter(|path| !is_optional(path) && here(path)).cloned().collect()
    }

    /// What is filled in at a site: by the deployment, and before that by its participant.
    fn locals(&self, deployment: &Deployment, site: &KnownSite) -> Locals {
        let mut locals = Locals::new();
        for overlay in deployment.spec.overlays.iter().filter(|overlay| overlay.selector().holds(site)) {
            for (field, value) in &overlay.config {
                if let Some((path, field)) = local_of(self.release, field) {
                    locals.entry(path).or_default().insert(field, value.clone());
                }
            }
        }
        for (path, fields) in &site.locals {
            locals.entry(path.clone()).or_default().extend(fields.clone());
        }
        locals
    }
}

/// A planning in progress.
pub(super) struct Planning<'p> {
    planner: &'p Planner<'p>,
    pub(super) deployment: &'p Deployment,
    network: &'p Network,
    /// The sites that are there, as far as something is known of them.
    pub(super) sites: BTreeMap<&'p Label, &'p KnownSite>,
    /// What sites have that are not gone.
    pub(super) had: BTreeMap<&'p Label, &'p SitePlan>,
    /// The places that each site fills. Sites that fill none are not in it.
    pub(super) filled: BTreeMap<Label, BTreeSet<Label>>,
    /// The sites that keep what they have, or have nothing.
    pub(super) held: BTreeMap<Label, Held>,
}

impl Planning<'_> {
    pub(super) fn release(&self) -> &Release {
        self.planner.release
    }

    /// Finds the sites that get nothing new whatever that would be.
    fn hold(&mut self) {
        let unknown = self.had.keys().filter(|site| !self.sites.contains_key(*site));
        self.held = unknown.map(|site| ((*site).clone(), Held::Unknown)).collect();
        for (name, places) in &self.filled {
            let declined = self.sites.get(name).map(|site| self.planner.needed_but_declined(site, places));
            if let Some(parts) = declined.filter(|parts| !parts.is_empty()) {
                self.held.insert(name.clone(), Held::Declined { parts });
            }
        }
    }

    /// Renders all sites that are not held, and holds those that cannot be: others then find nothing at them but what there was.
    fn render(&mut self) -> BTreeMap<Label, Digested> {
        loop {
            let others = self.others();
            let mut rendered = BTreeMap::new();
            let blocked = self.held.len();
            for (site, result) in self.rendered(&others) {
                match result {
                    Ok(gets) => drop(rendered.insert(site, gets)),
                    Err(problems) => {
                        self.held.insert(site, Held::Blocked { problems: problems.render(|_| None) });
                    }
                }
            }
            if self.held.len() == blocked || self.others() == others {
                return rendered;
            }
        }
    }

    fn rendered(&self, others: &Others) -> Vec<(Label, Result<Digested, Problems>)> {
        let concerned = |name: &Label| self.filled.contains_key(name) || self.had.contains_key(name);
        let sites = self.sites.values().copied();
        let sites: Vec<&KnownSite> =
            sites.filter(|site| concerned(&site.name) && !self.held.contains_key(&site.name)).collect();
        let share = sites.len().div_ceil(self.planner.threads.get()).max(1);
        let one = |site: &&KnownSite| {
            (site.name.clone(), self.planner.renderer.render(&self.facts(site, others)).map(Digested::of))
        };
        if sites.len() <= share {
            return sites.iter().map(one).collect();
        }
        thread::scope(|scope| {
            let shares =
                sites.chunks(share).map(|share| scope.spawn(move || share.iter().map(one).collect::<Vec<_>>()));
            let shares: Vec<_> = shares.collect();
            let done = shares.into_iter().map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic)));
            done.flatten().collect()
        })
    }

    fn facts(&self, site: &KnownSite, others: &Others) -> Facts {
        let instances = &self.planner.release.spec.instances;
        let optional = |path: &&String| instances.get(*path).is_some_and(|instance| instance.optional);
        Facts {
            site: site.site(self.planner.locals(self.deployment, site)),
            network: self.network.clone(),
            deployment: Some(self.deployment.metadata.name.clone()),
            places: Some(self.filled.get(&site.name).cloned().unwrap_or_default()),
            declined: site.declined.iter().filter(optional).cloned().collect(),
            absent: others.absent.clone(),
            per_site: others.per_site.clone(),
            labels: self.labels(&site.name, others),
            ports: self.had.get(&site.name).map(|had| had.ports.clone()).unwrap_or_default(),
            engine: true,
        }
    }

    fn numbered(mut self, rendered: BTreeMap<Label, Digested>, before: Option<&Plan>) -> Plan {
        let mut sites: BTreeMap<Label, SitePlan> = BTreeMap::new();
        for (name, gets) in rendered {
            let places = self.filled.get(&name).cloned().unwrap_or_default();
            let plan = SitePlan::after(self.had.get(&name).copied(), gets, places);
            sites.insert(name, plan);
        }
        for (name, why) in std::mem::take(&mut self.held) {
            let plan = match (self.had.get(&name), self.sites.get(&name)) {
                (Some(had), _) => (*had).clone(),
                (None, Some(site)) => self.nothing(site),
                (None, None) => continue,
            };
            sites.insert(name, SitePlan { held: Some(why), ..plan });
        }
        let metadata = &self.deployment.metadata;
        let mut plan = Plan {
            api_version: ApiVersion::V1,
            kind: PlanKind::Plan,
            deployment: metadata.name.clone(),
            network: metadata.network.clone(),
            number: before.map_or(1, |before| before.number),
            release: self.planner.release.name(),
            sites,
        };
        if before.is_some_and(|before| *before != plan) {
            plan.number += 1;
        }
        plan
    }

    /// The plan of a site for which none could be made yet.
    fn nothing(&self, site: &KnownSite) -> SitePlan {
        let (release, deployment) = (self.planner.release.name(), &self.deployment.metadata.name);
        let gets = Rendered::nothing(&release, deployment, &site.name, site.platform);
        let places = self.filled.get(&site.name).cloned().unwrap_or_default();
        SitePlan { number: 0, ..SitePlan::after(None, Digested::of(gets), places) }
    }
}

impl SitePlan {
    /// The plan after another: the same one, if what the site gets is.
    fn after(had: Option<&Self>, Digested { gets, digest }: Digested, places: BTreeSet<Label>) -> Self {
        let mut ports = had.map(|had| had.ports.clone()).unwrap_or_default();
        ports.extend(gets.ports.clone());
        match had {
            Some(had) if had.digest == digest => Self { places, ports, held: None, ..had.clone() },
            _ => Self { number: had.map_or(0, |had| had.number) + 1, digest, places, gets, ports, held: None },
        }
    }

    /// Whether the site gets nothing.
    pub fn is_empty(&self) -> bool {
        let gets = &self.gets;
        gets.instances.is_empty() && gets.listeners.is_empty() && gets.connectors.is_empty() && gets.objects.is_empty()
    }
}

/// What a site gets, with its digest.
struct Digested {
    gets: Rendered,
    digest: String,
}

impl Digested {
    fn of(gets: Rendered) -> Self {
        let value = serde_json::to_value(&gets).expect("it is made of what JSON can hold");
        Self { gets, digest: digest_of_gets(value) }
    }
}

/// The digest of what a site gets: neither of the release that it is of, nor of why it is there. It is of what was written
/// down, also of what whoever reads it does not know.
pub(super) fn digest_of_gets(mut gets: Value) -> String {
    if let Some(fields) = gets.as_object_mut() {
        fields.remove("release");
        fields.remove("ports");
        for items in fields.values_mut().filter_map(Value::as_array_mut) {
            items.iter_mut().for_each(forget_reasons);
        }
    }
    hash(canonical(&gets).as_bytes())
}
