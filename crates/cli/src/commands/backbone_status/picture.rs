//! A backbone as a few lines of text: every site once, as a tree from the sites that controllers know, and the links that
//! close rings as references.

use std::collections::BTreeSet;

use api::{BackboneStatus, BackboneStatusLink, BackboneStatusSite, LinkState};
use model::{Name, lifecycle::BackboneSiteState};

/// Draws it; the same status always looks the same.
pub(super) fn draw(status: &BackboneStatus) -> String {
    let mut picture = Picture { status, sites: BTreeSet::new(), links: BTreeSet::new() };
    let mut text = String::new();
    // Islands are drawn one after the other, each from the site that has the most links.
    while let Some(root) = picture.root() {
        text.push_str(&format!("{}\n", picture.site(&root.name)));
        picture.sites.insert(&root.name);
        render(&picture.branches(&root.name), "", &mut text);
    }
    text
}

/// What hangs below a site.
struct Branch {
    line: String,
    below: Vec<Branch>,
}

fn render(branches: &[Branch], indent: &str, text: &mut String) {
    for (i, branch) in branches.iter().enumerate() {
        let (stroke, rest) = if i + 1 == branches.len() { ("└─", "    ") } else { ("├─", "│   ") };
        text.push_str(&format!("{indent}{stroke}{}\n", branch.line));
        render(&branch.below, &format!("{indent}{rest}"), text);
    }
}

struct Picture<'a> {
    status: &'a BackboneStatus,
    /// The sites that are drawn.
    sites: BTreeSet<&'a Name>,
    /// The links that are drawn, by their place in the status.
    links: BTreeSet<usize>,
}

impl<'a> Picture<'a> {
    fn root(&self) -> Option<&'a BackboneStatusSite> {
        let degree = |site: &BackboneStatusSite| {
            self.status.links.iter().filter(|link| link.from == site.name || link.to == site.name).count()
        };
        let mut left: Vec<_> = self.status.sites.iter().filter(|site| !self.sites.contains(&site.name)).collect();
        left.sort_by_key(|site| (std::cmp::Reverse(degree(site)), &site.name));
        left.first().copied()
    }

    fn branches(&mut self, site: &'a Name) -> Vec<Branch> {
        let mut branches = vec![];
        loop {
            let mut links = self.undrawn(site);
            // What closes a ring is said before anything is drawn below another site.
            links.sort_by_key(|(i, other, _)| (!self.sites.contains(other), *other, *i));
            let Some(&(i, other, link)) = links.first() else { return branches };
            self.links.insert(i);
            let arrow = if link.from == *site { "▶" } else { "◀" };
            let label = label(link);
            branches.push(if self.sites.insert(other) {
                let line = format!("{arrow} {}  {label}", self.site(other));
                Branch { line, below: self.branches(other) }
            } else {
                Branch { line: format!("{arrow} ({other})  {label}"), below: vec![] }
            });
        }
    }

    fn undrawn(&self, site: &Name) -> Vec<(usize, &'a Name, &'a BackboneStatusLink)> {
        let links = self.status.links.iter().enumerate().filter(|(i, _)| !self.links.contains(i));
        links
            .filter_map(|(i, link)| match site {
                name if *name == link.from => Some((i, &link.to, link)),
                name if *name == link.to => Some((i, &link.from, link)),
                _ => None,
            })
            .collect()
    }

    fn site(&self, name: &Name) -> String {
        let site = self.status.sites.iter().find(|site| site.name == *name);
        let mark = match site {
            Some(BackboneStatusSite { state: BackboneSiteState::Defined, .. }) => "○",
            Some(site) if !site.connected => "✗",
            Some(site) if site.draining => "◐",
            Some(_) => "●",
            None => "?",
        };
        format!("{name} {mark}")
    }
}

fn label(link: &BackboneStatusLink) -> String {
    match (link.state, link.rtt_ms) {
        (LinkState::Up, Some(rtt)) => format!("{}, {:.1} ms", link.cost, f64::from(rtt.micros) / 1_000.0),
        (LinkState::Up, None) => link.cost.to_string(),
        (state, _) => format!("{}, {}", link.cost, state.as_str()),
    }
}
