//! What can be done next about a relay site: a pure function of how its backbone stands.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::{BackboneSiteId, Name, lifecycle::BackboneSiteState};
use store::{access_point::AccessPoint, backbone_site::BackboneSite};

use super::layout::{Blocked, Layout, Way};

/// How a relay site stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) backbone: &'a Name,
    pub(crate) site: &'a BackboneSite,
    pub(crate) layout: &'a Layout,
    /// Whether it has a session with a controller now.
    pub(crate) online: bool,
    /// Whether its certificate has expired.
    pub(crate) expired: bool,
    /// The hosts under which its machine is known, as the site says.
    pub(crate) hosts: &'a [String],
    pub(crate) now: Timestamp,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Whether it can be done now; otherwise the words say what it waits for.
    pub(crate) possible: bool,
    pub(crate) words: String,
}

fn possible(words: String) -> Option<Step> {
    Some(Step { possible: true, words })
}

fn waits(words: String) -> Option<Step> {
    Some(Step { possible: false, words })
}

/// The next possible step, or why there is none yet; nothing, when nothing is to be done.
pub(crate) fn next_step(standing: &Standing<'_>) -> Option<Step> {
    match standing.site.state {
        BackboneSiteState::Evicted => None,
        BackboneSiteState::Deployed => standing.deployed(),
        BackboneSiteState::Defined => standing.defined(),
    }
}

impl Standing<'_> {
    fn path(&self) -> String {
        format!("{}/{}", self.backbone, self.site.name)
    }

    fn name(&self, site: BackboneSiteId) -> &str {
        self.layout.sites.get(&site).map_or("?", |site| site.name.as_str())
    }

    fn names(&self, sites: impl Iterator<Item = BackboneSiteId>) -> String {
        let names: BTreeSet<&str> = sites.map(|site| self.name(site)).collect();
        names.into_iter().collect::<Vec<_>>().join(" or ")
    }

    fn deployed(&self) -> Option<Step> {
        let path = self.path();
        if !self.online && self.expired {
            return possible(format!(
                "its certificate has expired while it was away: render a bundle (`skx backbone site bundle {path} --output {}-{}.bundle`), then run `skx join {0}-{1}.bundle` on its machine, with the directory it has",
                self.backbone, self.site.name
            ));
        }
        if !self.online {
            if !self.layout.within_reach().contains(&self.site.id) {
                return possible(format!(
                    "no controller can reach it: give it an access point of the kind manage (`skx backbone access add {path} NAME=manage@HOST:PORT`) or a link with a site that has one (`skx backbone link create {} --from {} --to SITE`)",
                    self.backbone, self.site.name
                ));
            }
            return possible(
                "it has no session with a controller: start it with `skx site run`, and see `skx site status` there"
                    .to_owned(),
            );
        }
        if let Some(point) = self.layout.points_of(self.site.id).find(|point| point.advertised.host.is_none()) {
            return possible(self.enter_host(point));
        }
        if self.site.draining {
            return possible(format!(
                "it drains, and others go around it: stop it when nothing runs through it any more, or let it take new streams again with `skx backbone site resume {path}`"
            ));
        }
        None
    }

    /// The words that tell how to enter the host of an access point of this site.
    fn enter_host(&self, point: &AccessPoint) -> String {
        let known = match self.hosts {
            [] => String::new(),
            hosts => format!(" (its machine is known as {})", hosts.join(", ")),
        };
        let host = self.hosts.first().map_or("HOST", String::as_str);
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        format!(
            "enter the host at which others dial its access point {}{known}: {}",
            point.name,
            set_host(&self.path(), point, &host)
        )
    }

    fn defined(&self) -> Option<Step> {
        let ways = self.layout.ways(self.site.id);
        let open: Vec<&Way> = ways.iter().filter(|way| way.blocked.is_none()).collect();
        if !open.is_empty() {
            return possible(self.enrol(&open));
        }
        let own = |way: &Way| match way.blocked {
            Some(Blocked::Host(id)) => self.layout.point(id).filter(|point| point.site == self.site.id),
            _ => None,
        };
        if let Some(point) = ways.iter().find_map(own) {
            return possible(self.find_host(point, &ways));
        }
        if ways.is_empty() || !self.somebody_can_begin() {
            return possible(self.lead_there(&ways));
        }
        waits(self.enrols_later(&ways))
    }

    /// The words for a site that could be dialled, if its host were known.
    fn find_host(&self, point: &AccessPoint, ways: &[Way]) -> String {
        let (path, file) = (self.path(), format!("{}-{}.bundle", self.backbone, self.site.name));
        let set = set_host(&path, point, "HOST");
        if self.bundle_is_good(&ways.iter().collect::<Vec<_>>()) {
            format!(
                "the host of its access point {} is not known: run `skx join {file}` on its machine, which says under which hosts it is known there, and enter one: {set}",
                point.name
            )
        } else {
            format!(
                "the host of its access point {} is not known: enter it ({set}), or render its bundle (`skx backbone site bundle {path} --output {file}`) and run `skx join {file}` on its machine, which says under which hosts it is known there",
                point.name
            )
        }
    }

    /// The words for a site to which nothing will ever lead as things are.
    fn lead_there(&self, ways: &[Way]) -> String {
        let what = if ways.is_empty() {
            "nothing leads to it yet"
        } else {
            "nothing leads to it or to the sites it has links with yet"
        };
        format!(
            "{what}: give it an access point of the kind manage (`skx backbone access add {} NAME=manage@HOST:PORT`) or a link to or from a deployed site (`skx backbone link create {} --from {} --to SITE`)",
            self.path(),
            self.backbone,
            self.site.name
        )
    }

    /// The words for a site that enrols through others which are not that far yet.
    fn enrols_later(&self, ways: &[Way]) -> String {
        let blocked = |wanted: Blocked| {
            let mut through = ways.iter().filter(|way| way.blocked == Some(wanted)).filter_map(|way| way.through);
            let first = through.next()?;
            Some(self.names(std::iter::once(first).chain(through)))
        };
        if let Some(names) = blocked(Blocked::Undeployed) {
            return format!("it enrols through {names}, which must be deployed first");
        }
        let missing = ways.iter().find_map(|way| match (way.blocked, way.through) {
            (Some(Blocked::Host(id)), Some(other)) => Some((self.layout.point(id)?, other)),
            _ => None,
        });
        if let Some((point, other)) = missing {
            let other = self.name(other);
            return format!(
                "it enrols through {other}, the host of whose access point {} must be known first: {}",
                point.name,
                set_host(&format!("{}/{other}", self.backbone), point, "HOST")
            );
        }
        let names = blocked(Blocked::OutOfReach).unwrap_or_default();
        format!("it enrols through {names}, which no controller can reach: see `skx backbone status {}`", self.backbone)
    }

    /// The words for a site that can enrol now.
    fn enrol(&self, open: &[&Way]) -> String {
        let (path, file) = (self.path(), format!("{}-{}.bundle", self.backbone, self.site.name));
        let apply = format!("run `skx join {file}` on its machine");
        let render = format!("(`skx backbone site bundle {path} --output {file}`), then {apply}");
        if self.site.bundle_generation == 0 {
            return format!("render its bundle {render}");
        }
        if self.site.bundle_expires.is_some_and(|expires| expires <= self.now) {
            return format!("its bundle has expired: render it again {render}");
        }
        if !self.bundle_is_good(open) {
            return format!("its bundle is older than what leads to it now: render it again {render}");
        }
        let dialled: Vec<String> = self
            .layout
            .points_of(self.site.id)
            .filter(|point| point.kinds.contains(model::AccessKind::Manage))
            .filter_map(|point| point.advertised.known())
            .map(|at| at.to_string())
            .collect();
        match dialled[..] {
            [] => {
                let names = self.names(open.iter().filter_map(|way| way.through));
                format!("apply its bundle: {apply}; it enrols through {names}")
            }
            _ => format!("apply its bundle: {apply}; the controller dials it at {}", dialled.join(", ")),
        }
    }

    /// Whether the last bundle holds one of these ways.
    fn bundle_is_good(&self, ways: &[&Way]) -> bool {
        let BackboneSite { bundle_generation, bundle_ways, .. } = self.site;
        // What the oldest bundles held was not written down.
        let unknown = *bundle_generation > 0 && bundle_ways.is_empty();
        unknown || ways.iter().any(|way| bundle_ways.contains(&way.written))
    }

    /// Whether this site, or one it has links with over whatever others, can be reached from outside: otherwise they
    /// would wait for each other for good.
    fn somebody_can_begin(&self) -> bool {
        let layout = self.layout;
        let (mut seen, mut todo) = (BTreeSet::from([self.site.id]), vec![self.site.id]);
        while let Some(site) = todo.pop() {
            if layout.sites.get(&site).is_some_and(|site| site.state == BackboneSiteState::Deployed)
                || layout.points_of(site).any(|point| point.kinds.contains(model::AccessKind::Manage))
            {
                return true;
            }
            todo.extend(layout.linked(site).into_iter().filter(|other| seen.insert(*other)));
        }
        false
    }
}

fn set_host(path: &str, point: &AccessPoint, host: &str) -> String {
    let bind = point.bind.map(|bind| format!(";bind={bind}")).unwrap_or_default();
    let spec = format!("{}={}@{host}:{}{bind}", point.name, point.kinds, point.advertised.port);
    // A shell would end the command at the semicolon.
    if bind.is_empty() {
        format!("`skx backbone access set {path} {spec}`")
    } else {
        format!("`skx backbone access set {path} '{spec}'`")
    }
}

#[cfg(test)]
mod tests;
