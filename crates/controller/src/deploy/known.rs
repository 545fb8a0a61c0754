//! What planning needs to know of the sites of a network, from what is stored of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use compose::{
    deploy::{KnownSite, Plan, Presence, Sites},
    model::{Field, Label, Platform},
    release::Release,
    render::Network,
};
use jiff::{SignedDuration, Timestamp};
use model::{GenericUuid as _, SiteId, lifecycle::MemberState};
use serde_json::Value;
use store::{deployment::AtSite, flow::Traffic, member::Member, status::Status};

use crate::ops::observed;

/// A site of which nothing was heard for this long, though somebody listened, is replaced by another where only some sites are
/// needed. Whoever listens again gives all sites that long to come back.
const LOST: SignedDuration = SignedDuration::from_mins(15);

/// What is stored of the sites of a network.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) network: store::network::Network,
    pub(super) members: Vec<Member>,
    pub(super) statuses: HashMap<SiteId, Status>,
    /// What they were offered of the deployment before, what they decided, and what became of it.
    pub(super) at: HashMap<SiteId, AtSite>,
    /// The connections they served since, where a rollout goes by them.
    pub(super) traffic: HashMap<SiteId, Traffic>,
    /// Since when some controller has listened to sites without a break; none, if that is not known.
    pub(super) listening: Option<Timestamp>,
}

impl Stored {
    /// The members that plans are made for, by name.
    pub(super) fn sites(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.state == MemberState::Member)
    }

    /// What is known of the sites, and of those that had something and are gone.
    pub(super) fn known(&self, release: &Release, before: Option<&Plan>, now: Timestamp) -> Sites {
        let mut sites: Vec<KnownSite> = self.sites().map(|member| self.site(member, release, now)).collect();
        let there: BTreeSet<Label> = sites.iter().map(|site| site.name.clone()).collect();
        let gone = before.into_iter().flat_map(|plan| &plan.sites).filter(|(name, _)| !there.contains(*name));
        sites.extend(gone.map(|(name, had)| gone_site(name, had.gets.platform)));
        let id = self.network.id.into_untyped_uuid().to_string();
        Sites { network: Network { name: self.network.name.to_string(), id }, sites }
    }

    /// Whether nothing was heard of a site for long, by somebody who could have heard it.
    fn is_lost(&self, member: &Member, now: Timestamp) -> bool {
        let Some(listening) = self.listening else { return false };
        let status = self.statuses.get(&member.id);
        let heard = status.map_or(member.created, |status| status.last_seen.max(member.created));
        !status.is_some_and(|status| observed::is_online(status, now))
            && now.duration_since(heard.max(listening)) >= LOST
    }

    fn site(&self, member: &Member, release: &Release, now: Timestamp) -> KnownSite {
        let at = self.at.get(&member.id);
        let declined = at.into_iter().flat_map(|at| &at.declined);
        let lost = self.is_lost(member, now);
        let texts = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        KnownSite {
            name: member.name.as_str().into(),
            platform: runs(member).unwrap_or(Platform::Process),
            classes: member.classes.iter().map(|class| class.as_str().into()).collect(),
            labels: member.labels.as_object().into_iter().flatten().filter_map(texts).collect(),
            locals: at.map(|at| locals(&at.locals, release)).unwrap_or_default(),
            // What another release has is of no interest to this one.
            declined: declined.filter(|path| release.spec.instances.contains_key(*path)).cloned().collect(),
            presence: if lost { Presence::Lost } else { Presence::Present },
        }
    }
}

fn gone_site(name: &Label, platform: Platform) -> KnownSite {
    KnownSite {
        name: name.clone(),
        platform,
        classes: BTreeSet::new(),
        labels: BTreeMap::new(),
        locals: BTreeMap::new(),
        declined: BTreeSet::new(),
        presence: Presence::Gone,
    }
}

/// What a member says it runs workloads on, if it runs any.
fn runs(member: &Member) -> Option<Platform> {
    let said = member.platform.get("runs")?.as_str()?;
    Platform::ALL.into_iter().find(|platform| platform.as_str() == said)
}

/// What a participant filled in, as far as this release has it.
fn locals(stored: &Value, release: &Release) -> BTreeMap<String, BTreeMap<Field, Value>> {
    let filled = |fields: &Value, path: &str| {
        let local = &release.spec.instances.get(path)?.local;
        let fields = fields.as_object()?.iter().map(|(field, value)| (Field::from(field.as_str()), value.clone()));
        Some(fields.filter(|(field, _)| local.contains_key(field)).collect::<BTreeMap<_, _>>())
    };
    let parts = stored.as_object().into_iter().flatten();
    parts.filter_map(|(path, fields)| Some((path.clone(), filled(fields, path)?))).collect()
}
