//! Which sites fill which places.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{KnownSite, Presence, plan::Planning};
use crate::{canonical::hash, model::Label};

impl Planning<'_> {
    /// Finds the places that each site fills.
    pub(super) fn fill(&mut self) {
        let mut filled: BTreeMap<Label, BTreeSet<Label>> = BTreeMap::new();
        for place in self.release().spec.places.keys() {
            let selector = self.deployment.spec.places.get(place);
            let matches = |site: &KnownSite| match selector {
                Some(selector) => selector.holds(site),
                None => *place == site.name || site.classes.contains(place),
            };
            let mut there: Vec<&KnownSite> = self.sites.values().copied().filter(|site| matches(site)).collect();
            if let Some(count) = selector.and_then(|selector| selector.count) {
                self.choose(count, place, &mut there);
            }
            for site in there {
                filled.entry(site.name.clone()).or_default().insert(place.clone());
            }
        }
        self.filled = filled;
    }

    /// Leaves so many of the sites: those that were chosen before, as long as they are not lost, then by a hash that spreads
    /// deployments. A lost one is replaced only when there is one to replace it.
    fn choose(&self, count: u32, place: &Label, sites: &mut Vec<&KnownSite>) {
        let had = |site: &Label| self.had.get(site).is_some_and(|had| had.places.contains(place));
        // Of whom nothing is known is not taken for gone.
        let unknown = self.had.keys().filter(|site| !self.sites.contains_key(*site) && had(site)).count();
        let lost = |site: &KnownSite| site.presence == Presence::Lost;
        sites.retain(|site| !lost(site) || had(&site.name));
        sites.sort_by_cached_key(|site| {
            let spread = hash(format!("{}/{place}/{}", self.deployment.metadata.name, site.name).as_bytes());
            (lost(site), Reverse(had(&site.name)), spread)
        });
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        sites.truncate(count.saturating_sub(unknown));
    }
}
