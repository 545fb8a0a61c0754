//! What sites find at others: which optional parts nobody runs, and who serves the addresses of single sites.

use std::collections::{BTreeMap, BTreeSet};

use super::{AddressPolicy, plan::Planning};
use crate::model::Label;

/// What sites find at others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    /// The optional parts of which something has no site to run it.
    pub(super) absent: BTreeSet<String>,
    /// The addresses of single sites, each with the sites that serve it.
    pub(super) per_site: BTreeMap<String, BTreeSet<Label>>,
}

impl Planning<'_> {
    /// What sites find at others.
    pub(super) fn others(&self) -> Others {
        let mut others = Others { absent: self.absent(), per_site: BTreeMap::new() };
        let per_site = self.deployment.spec.addresses.iter().filter(|(_, policy)| **policy == AddressPolicy::PerSite);
        for (name, _) in per_site {
            let serves = self.release().spec.addresses.get(name).and_then(|address| address.serves.as_ref());
            let Some(end) = serves else { continue };
            let absent = self.release().is_left_out(&end.instance, &|path| others.absent.contains(path));
            let mut serving: BTreeSet<Label> = BTreeSet::new();
            if !absent {
                let running = self.running(&end.instance).filter(|site| !self.held.contains_key(*site));
                // A site with a name that is too long for it is held when it is rendered, and nobody else is for that.
                let fits = |site: &&Label| self.routed(name, site).parse::<::model::Address>().is_ok();
                serving.extend(running.filter(fits).cloned());
            }
            serving.extend(self.still_serving(name).cloned());
            others.per_site.insert(name.clone(), serving);
        }
        others
    }

    /// The labels of the sites that serve addresses of single sites, for a site that uses such an address. Of one that nothing is
    /// known of they are those that were told last.
    pub(super) fn labels(&self, site: &Label, others: &Others) -> BTreeMap<Label, BTreeMap<String, String>> {
        let used = others.per_site.iter().filter(|(address, _)| self.uses(site, address));
        let before = || self.had.get(site).into_iter().flat_map(|had| &had.gets.addresses).flat_map(|told| &told.sites);
        let labels = |serving: &Label| match self.sites.get(serving) {
            Some(known) => known.labels.clone(),
            None => before().find(|told| told.site == *serving).map(|told| told.labels.clone()).unwrap_or_default(),
        };
        used.flat_map(|(_, serving)| serving).map(|serving| (serving.clone(), labels(serving))).collect()
    }

    /// Whether something that a site may run uses an address.
    fn uses(&self, site: &Label, address: &str) -> bool {
        let spec = &self.release().spec;
        let users = spec.addresses.get(address).into_iter().flat_map(|address| &address.uses);
        let mut places = users.filter_map(|end| spec.instances.get(&end.instance)?.place.as_ref());
        places.any(|place| self.filled.get(site).is_some_and(|filled| filled.contains(place)))
    }

    fn absent(&self) -> BTreeSet<String> {
        let instances = &self.release().spec.instances;
        let optional = instances.iter().filter(|(_, instance)| instance.optional);
        let absent = optional.filter(|(path, _)| {
            let within = format!("{path}/");
            let placed = instances
                .iter()
                .filter(|(inner, i)| i.place.is_some() && (inner == path || inner.starts_with(&within)));
            placed.into_iter().any(|(inner, _)| self.running(inner).next().is_none())
        });
        absent.map(|(path, _)| path.clone()).collect()
    }

    /// The sites that run an instance: they fill its place, and do not decline it.
    fn running(&self, path: &str) -> impl Iterator<Item = &Label> {
        let place = self.release().spec.instances.get(path).and_then(|instance| instance.place.as_ref());
        self.filled
            .iter()
            .filter(move |(name, places)| {
                place.is_some_and(|place| places.contains(place))
                    && self
                        .sites
                        .get(name)
                        .is_some_and(|site| !self.release().is_left_out(path, &|path| site.declined.contains(path)))
            })
            .map(|(name, _)| name)
    }

    /// The address of a single site, as the network knows it.
    fn routed(&self, address: &str, site: &Label) -> String {
        format!("{}/{address}/{site}", self.deployment.metadata.name)
    }

    /// The sites that keep what they have, and thereby serve their address.
    fn still_serving(&self, address: &str) -> impl Iterator<Item = &Label> {
        self.held.keys().filter(move |site| {
            let routed = self.routed(address, site);
            self.had.get(site).is_some_and(|had| had.gets.connectors.iter().any(|c| c.address == routed))
        })
    }
}
