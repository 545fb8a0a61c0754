//! Places that want more sites than there are.

use std::collections::BTreeMap;

use super::Deployment;
use crate::model::Label;

/// Says of every place that wants a number of sites, and has fewer, how many are missing. `filled` names a place once for every site
/// that fills it.
pub fn missing<'a>(deployment: &Deployment, filled: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut sites: BTreeMap<&str, u32> = BTreeMap::new();
    filled.for_each(|place| *sites.entry(place).or_default() += 1);
    let counted = deployment.spec.places.iter().filter_map(|(place, selector)| Some((place, selector.count?)));
    let short = counted.filter_map(|(place, count)| {
        let has = sites.get(place.as_str()).copied().unwrap_or_default();
        (has < count).then(|| said(place, has, count))
    });
    short.collect()
}

fn said(place: &Label, has: u32, count: u32) -> String {
    format!("place {place} has {has} of {count} sites: {} missing", count - has)
}
