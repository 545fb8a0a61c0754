//! How a backbone is laid out, and who can be reached over it: pure functions of its sites, access points and links.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccessKind, AccessPointId, BackboneId, BackboneSiteId, lifecycle::BackboneSiteState};
use store::{
    Page, Store, StoreError, Tx, access_point,
    access_point::AccessPoint,
    backbone_site,
    backbone_site::BackboneSite,
    link::{self, Link},
};

use crate::desired;

/// A backbone as it is laid out. Evicted sites are left out, and the links and access points they had.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) sites: BTreeMap<BackboneSiteId, BackboneSite>,
    pub(crate) points: Vec<AccessPoint>,
    pub(crate) links: Vec<Link>,
}

/// A way by which a site that is not deployed yet could enrol, as its bundle writes it, and what is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// `listen SOCKET` or `dial HOST:PORT`.
    pub(crate) written: String,
    /// The site it leads through; a controller comes by itself, when absent.
    pub(crate) through: Option<BackboneSiteId>,
    /// Why it cannot be taken yet.
    pub(crate) blocked: Option<Blocked>,
}

/// Why a way cannot be taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// The host of this access point is not known.
    Host(AccessPointId),
    /// The other site is not deployed.
    Undeployed,
    /// The other site is deployed, and no controller can reach it.
    OutOfReach,
}

impl Layout {
    /// Reads how a backbone is laid out now.
    pub(crate) async fn read(store: &Store, backbone: BackboneId) -> Result<Self, StoreError> {
        let mut at = store.snapshot().await?;
        let sites = backbone_site::list(&mut at, backbone, Page::ALL).await?.items;
        let points = access_point::list_of_backbone(&mut at, backbone).await?;
        let links = link::list(&mut at, backbone).await?;
        at.end().await?;
        Ok(Self::new(sites, points, links))
    }

    /// Reads how a backbone is laid out within a transaction, which may have changed it.
    pub(crate) async fn read_in(tx: &mut Tx, backbone: BackboneId) -> Result<Self, StoreError> {
        let sites = backbone_site::list(&mut *tx, backbone, Page::ALL).await?.items;
        let points = access_point::list_of_backbone(&mut *tx, backbone).await?;
        let links = link::list(&mut *tx, backbone).await?;
        Ok(Self::new(sites, points, links))
    }

    pub(crate) fn new(sites: Vec<BackboneSite>, mut points: Vec<AccessPoint>, mut links: Vec<Link>) -> Self {
        let live = sites.into_iter().filter(|site| site.state != BackboneSiteState::Evicted);
        let sites: BTreeMap<_, _> = live.map(|site| (site.id, site)).collect();
        points.retain(|point| sites.contains_key(&point.site));
        links.retain(|link| sites.contains_key(&link.from) && sites.contains_key(&link.to));
        Self { sites, points, links }
    }

    /// The access points of a site, oldest first.
    pub(crate) fn points_of(&self, site: BackboneSiteId) -> impl Iterator<Item = &AccessPoint> {
        self.points.iter().filter(move |point| point.site == site)
    }

    pub(crate) fn point(&self, id: AccessPointId) -> Option<&AccessPoint> {
        self.points.iter().find(|point| point.id == id)
    }

    /// The sites that a site has links with, whoever dials, each once.
    pub(crate) fn linked(&self, site: BackboneSiteId) -> BTreeSet<BackboneSiteId> {
        let other = |link: &Link| match site {
            id if id == link.from => Some(link.to),
            id if id == link.to => Some(link.from),
            _ => None,
        };
        self.links.iter().filter_map(other).collect()
    }

    /// The deployed sites that controllers can reach: at an access point of the kind `manage`, or over links from there.
    pub(crate) fn within_reach(&self) -> BTreeSet<BackboneSiteId> {
        let deployed = |id: &BackboneSiteId| self.sites.get(id).is_some_and(is_deployed);
        let managed = self.points.iter().filter(|point| {
            point.kinds.contains(AccessKind::Manage) && point.advertised.host.is_some() && deployed(&point.site)
        });
        let mut reached: BTreeSet<_> = managed.map(|point| point.site).collect();
        let mut todo: Vec<_> = reached.iter().copied().collect();
        while let Some(site) = todo.pop() {
            let links = self.links.iter().filter(|link| link.from == site || link.to == site);
            for link in links.filter(|link| self.can_dial(link)) {
                let other = if link.from == site { link.to } else { link.from };
                if deployed(&other) && reached.insert(other) {
                    todo.push(other);
                }
            }
        }
        reached
    }

    fn can_dial(&self, link: &Link) -> bool {
        self.point(link.access_point).is_some_and(|point| point.advertised.host.is_some())
    }

    /// The ways by which a site could enrol. Its bundle holds them all, whatever is in the way of some at the moment.
    pub(crate) fn ways(&self, site: BackboneSiteId) -> Vec<Way> {
        let reached = self.within_reach();
        let through = |other: BackboneSiteId, point: &AccessPoint| {
            let deployed = self.sites.get(&other).is_some_and(is_deployed);
            match point.advertised.host {
                None => Some(Blocked::Host(point.id)),
                Some(_) if !deployed => Some(Blocked::Undeployed),
                Some(_) => (!reached.contains(&other)).then_some(Blocked::OutOfReach),
            }
        };
        let mut ways = vec![];
        for point in self.points_of(site).filter(|point| point.kinds.contains(AccessKind::Manage)) {
            let blocked = point.advertised.host.is_none().then_some(Blocked::Host(point.id));
            ways.push(Way { written: listen(point), through: None, blocked });
        }
        for link in &self.links {
            let Some(point) = self.point(link.access_point) else { continue };
            let (other, written) = match site {
                id if id == link.from => (link.to, format!("dial {}", point.advertised)),
                id if id == link.to => (link.from, listen(point)),
                _ => continue,
            };
            ways.push(Way { written, through: Some(other), blocked: through(other, point) });
        }
        ways
    }
}

fn is_deployed(site: &BackboneSite) -> bool {
    site.state == BackboneSiteState::Deployed
}

fn listen(point: &AccessPoint) -> String {
    format!("listen {}", desired::access_point(point).bind)
}
