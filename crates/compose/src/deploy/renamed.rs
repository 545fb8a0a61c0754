//! Sites that get another name: it is they who have what they have, whatever they are called.

use super::{Plan, rollout::Progress};
use crate::model::Label;

impl Plan {
    /// What was planned for a site is for the same under its new name, and keeps its ports at others. Says whether it was there.
    pub fn rename_site(&mut self, from: &Label, to: &Label) -> bool {
        let Some(had) = self.sites.remove(from) else { return false };
        self.sites.insert(to.clone(), had);
        for site in self.sites.values_mut() {
            site.ports = std::mem::take(&mut site.ports)
                .into_iter()
                .map(|(place, port)| (renamed(place, from, to), port))
                .collect();
        }
        true
    }
}

impl Progress {
    /// What became of the change at a site is of the same under its new name. Says whether it was there.
    pub fn rename_site(&mut self, from: &Label, to: &Label) -> bool {
        let turn = self.sites.remove(from).map(|turn| self.sites.insert(to.clone(), turn));
        let may_go = self.removals.remove(from) && self.removals.insert(to.clone());
        turn.is_some() || may_go
    }
}

/// The place of a port, `ADDRESS/SITE` and what it is for, with another name for the site.
fn renamed(place: String, from: &Label, to: &Label) -> String {
    let (routed, used) = place.split_at(place.find(' ').unwrap_or(place.len()));
    match routed.rsplit_once('/') {
        Some((address, site)) if site == from.as_str() => format!("{address}/{to}{used}"),
        _ => place,
    }
}
