//! The decision.

use std::collections::{BTreeMap, BTreeSet};

use model::{BackboneId, NetworkId, SubjectId};

use crate::{Access, Acting, Action, Grant, Grantee, Need, Role, Scope, Standing, SubjectKind};

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The installation, and whatever belongs to no backbone and no network.
    Installation,
    /// A backbone, and whatever is in it.
    Backbone {
        /// Which.
        id: BackboneId,
    },
    /// An application network, and whatever is in it.
    Network {
        /// Which.
        id: NetworkId,
        /// The backbone it is on.
        backbone: BackboneId,
        /// Who owns it.
        owner: SubjectId,
    },
}

/// Whether somebody may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They may.
    Allowed,
    /// They may not, and are told so (403).
    Forbidden,
    /// What it is about does not exist for them (404).
    Hidden,
}

/// Whether whoever acts, holding these grants, may do this to that. Grants to others count for nothing.
pub fn decide(acting: &Acting, grants: &[Grant], action: Action, target: &Target) -> Decision {
    Reach::new(acting, grants).decide(action, target)
}

/// How far somebody reaches: what their grants, the networks they own and the limits of their token come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Everything, as a service administrator.
    everything: bool,
    /// The backbones they administer.
    administered: BTreeSet<BackboneId>,
    /// The backbones they may make networks on, those they administer among them.
    used: BTreeSet<BackboneId>,
    /// Where they make networks when none is named: by grants to themselves, or else to their groups.
    defaults: BTreeSet<BackboneId>,
    /// The networks that are shared with them.
    shared: BTreeMap<NetworkId, Standing>,
    /// Whose networks are theirs, on the backbones they may use.
    subject: SubjectId,
    /// Nothing else.
    within: Option<Scope>,
    /// Nothing is changed.
    read_only: bool,
}

impl Reach {
    /// How far whoever acts reaches, holding these grants. Grants to others count for nothing.
    pub fn new(acting: &Acting, grants: &[Grant]) -> Self {
        let mut reach = Self {
            everything: acting.kind == SubjectKind::Installation,
            administered: BTreeSet::new(),
            used: BTreeSet::new(),
            defaults: BTreeSet::new(),
            shared: BTreeMap::new(),
            subject: acting.subject,
            within: acting.limit.and_then(|limit| limit.within).filter(|scope| *scope != Scope::Installation),
            read_only: acting.limit.is_some_and(|limit| limit.access == Access::Read),
        };
        let holds = |grant: &&Grant| match grant.to {
            Grantee::Subject(id) => id == acting.subject,
            Grantee::Group(id) => acting.groups.contains(&id),
        };
        for grant in grants.iter().filter(holds) {
            reach.add(grant.role, grant.scope);
        }
        reach.defaults = defaults(grants.iter().filter(holds), |to| matches!(to, Grantee::Subject(_)));
        if reach.defaults.is_empty() {
            reach.defaults = defaults(grants.iter().filter(holds), |to| matches!(to, Grantee::Group(_)));
        }
        reach
    }

    fn add(&mut self, role: Role, scope: Scope) {
        match (role, scope) {
            (Role::ServiceAdministrator, Scope::Installation) => self.everything = true,
            (Role::BackboneAdministrator, Scope::Backbone(id)) => {
                self.administered.insert(id);
                self.used.insert(id);
            }
            (Role::User, Scope::Backbone(id)) => {
                self.used.insert(id);
            }
            (Role::NetworkOperator, Scope::Network(id)) => self.share(id, Standing::Operates),
            (Role::NetworkViewer, Scope::Network(id)) => self.share(id, Standing::Sees),
            // No role is held in another scope: such a grant gives nothing.
            (Role::ServiceAdministrator, Scope::Backbone(_) | Scope::Network(_))
            | (Role::BackboneAdministrator | Role::User, Scope::Installation | Scope::Network(_))
            | (Role::NetworkOperator | Role::NetworkViewer, Scope::Installation | Scope::Backbone(_)) => {}
        }
    }

    fn share(&mut self, network: NetworkId, standing: Standing) {
        let held = self.shared.entry(network).or_insert(standing);
        *held = standing.max(*held);
    }

    /// Whether this may be done to that.
    pub fn decide(&self, action: Action, target: &Target) -> Decision {
        let standing = self.standing(target);
        let enough = match action.need() {
            Need::Nothing => return Decision::Allowed,
            Need::SignedIn => true,
            Need::Themselves => self.within.is_none(),
            Need::Maker => self.within.is_none() && (self.everything || !self.used.is_empty()),
            Need::Standing(needed) => standing >= needed,
        };
        if enough && !(self.read_only && action.access() == Access::Write) {
            Decision::Allowed
        } else if standing == Standing::None {
            Decision::Hidden
        } else {
            Decision::Forbidden
        }
    }

    /// The same of what is found by an id of its own, and looked at by `look`: it does not exist for whoever may not look.
    pub fn decide_by_id(&self, look: Action, action: Action, target: &Target) -> Decision {
        match self.decide(look, target) {
            Decision::Allowed => self.decide(action, target),
            Decision::Forbidden | Decision::Hidden => Decision::Hidden,
        }
    }

    /// What they are to a target.
    pub fn standing(&self, target: &Target) -> Standing {
        match *target {
            // It is known to everybody, and managed by those who manage everything.
            Target::Installation if self.everything && self.within.is_none() => Standing::Owns,
            Target::Installation => Standing::Sees,
            _ if !self.is_within(target) => Standing::None,
            _ if self.everything => Standing::Owns,
            Target::Backbone { id } if self.administered.contains(&id) => Standing::Owns,
            Target::Backbone { id } if self.used.contains(&id) => Standing::Sees,
            Target::Backbone { .. } => Standing::None,
            Target::Network { backbone, .. } if self.administered.contains(&backbone) => Standing::Owns,
            Target::Network { backbone, owner, .. } if owner == self.subject && self.used.contains(&backbone) => {
                Standing::Owns
            }
            Target::Network { id, .. } => self.shared.get(&id).copied().unwrap_or(Standing::None),
        }
    }

    fn is_within(&self, target: &Target) -> bool {
        match (self.within, *target) {
            (None | Some(Scope::Installation), _) => true,
            (Some(Scope::Backbone(only)), Target::Backbone { id }) => id == only,
            (Some(Scope::Backbone(only)), Target::Network { backbone, .. }) => backbone == only,
            (Some(Scope::Network(only)), Target::Network { id, .. }) => id == only,
            (Some(_), Target::Installation) | (Some(Scope::Network(_)), Target::Backbone { .. }) => false,
        }
    }

    /// Whether they see everything there is: lists need not be filtered.
    pub fn is_everything(&self) -> bool {
        self.everything && self.within.is_none()
    }

    /// The backbones they may make networks on; `None`: on every one.
    pub fn backbones(&self) -> Option<Vec<BackboneId>> {
        if self.is_everything() {
            return None;
        }
        if self.everything {
            // What is left of everything is one backbone, or none.
            return Some(match self.within {
                Some(Scope::Backbone(id)) => vec![id],
                Some(Scope::Installation | Scope::Network(_)) | None => vec![],
            });
        }
        let seen = |id: &&BackboneId| self.standing(&Target::Backbone { id: **id }) > Standing::None;
        Some(self.used.iter().filter(seen).copied().collect())
    }

    /// Where they make a network when they do not say, if a grant says where.
    pub fn default_backbone(&self) -> Option<BackboneId> {
        let mut defaults = self.defaults.iter().filter(|id| self.is_within(&Target::Backbone { id: **id }));
        defaults.next().copied().filter(|_| defaults.next().is_none())
    }

    /// Whether they look inside a backbone: its sites, routers, access points and links.
    pub fn inspects(&self, backbone: BackboneId) -> bool {
        self.standing(&Target::Backbone { id: backbone }) == Standing::Owns
    }

    /// The same in the words of a query: see [`Filter`].
    pub fn filter(&self, least: Standing) -> Filter {
        let shared = self.shared.iter().filter(|(_, standing)| **standing >= least);
        let (within_backbone, within_network) = match self.within {
            Some(Scope::Backbone(id)) => (Some(id), None),
            Some(Scope::Network(id)) => (None, Some(id)),
            Some(Scope::Installation) | None => (None, None),
        };
        Filter {
            everything: self.everything,
            administered: self.administered.iter().copied().collect(),
            used: self.used.iter().copied().collect(),
            shared: shared.map(|(id, _)| *id).collect(),
            owner: self.subject,
            within_backbone,
            within_network,
        }
    }
}

fn defaults<'a>(grants: impl Iterator<Item = &'a Grant>, of: fn(Grantee) -> bool) -> BTreeSet<BackboneId> {
    let on = |grant: &Grant| match grant.scope {
        Scope::Backbone(id) if grant.default_backbone && of(grant.to) => Some(id),
        _ => None,
    };
    grants.filter_map(on).collect()
}

/// A reach for those who read lists from a database: which rows are at least of the standing it was made for.
///
/// A network is in it when it is within the limits, and when everything is, or its backbone is administered, or it is
/// owned by `owner` on a backbone that is used, or it is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Everything within the limits.
    pub everything: bool,
    /// Whatever is on these backbones.
    pub administered: Vec<BackboneId>,
    /// Of these backbones, what `owner` owns.
    pub used: Vec<BackboneId>,
    /// These networks.
    pub shared: Vec<NetworkId>,
    /// Who asks.
    pub owner: SubjectId,
    /// Nothing that is not on this backbone.
    pub within_backbone: Option<BackboneId>,
    /// Nothing but this network.
    pub within_network: Option<NetworkId>,
}

impl Filter {
    /// Whether a network is in it.
    pub fn has_network(&self, id: NetworkId, backbone: BackboneId, owner: SubjectId) -> bool {
        let limits = self.within_backbone.is_none_or(|only| only == backbone)
            && self.within_network.is_none_or(|only| only == id);
        let own = owner == self.owner && self.used.contains(&backbone);
        limits && (self.everything || self.administered.contains(&backbone) || own || self.shared.contains(&id))
    }

    /// Whether a backbone is in it, as one that is administered.
    pub fn administers(&self, id: BackboneId) -> bool {
        self.within_network.is_none()
            && self.within_backbone.is_none_or(|only| only == id)
            && (self.everything || self.administered.contains(&id))
    }
}
