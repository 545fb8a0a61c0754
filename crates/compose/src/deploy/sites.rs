//! What is known of the sites of a network.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Selector;
use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    model::{Field, Label, Platform},
    render::{Network, Site},
    schema, single,
    source::Source,
};

/// What is known of the sites of a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sites {
    /// The network.
    #[serde(default)]
    pub network: Network,
    /// Its sites, in any order.
    pub sites: Vec<KnownSite>,
}

/// What is known of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownSite {
    /// Its name.
    pub name: Label,
    /// What it runs workloads on.
    pub platform: Platform,
    /// Its classes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<Label>,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What its participant filled in, by instance and field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locals: BTreeMap<String, BTreeMap<Field, Value>>,
    /// The parts its participant declined.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<String>,
    /// Whether it is there.
    #[serde(default, skip_serializing_if = "Presence::is_present")]
    pub presence: Presence,
}

/// Whether a site is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It is, or was heard of lately.
    #[default]
    Present,
    /// Nothing was heard of it for so long that others may take over what only some sites do. It keeps what it has.
    Lost,
    /// It was evicted, left, or ended: it is told so by other means, and nothing is planned for it.
    Gone,
}

impl Presence {
    fn is_present(&self) -> bool {
        *self == Self::Present
    }
}

impl Sites {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with its position.
    pub fn read(source: &Source) -> Result<Self, Problems> {
        let (sites, origin) =
            single::read::<Self>(source, schema::sites(), Code::InvalidSite, "what is known of sites")?;
        let mut problems = Problems::default();
        let mut names = BTreeSet::new();
        for (i, site) in sites.sites.iter().enumerate().filter(|(_, site)| !names.insert(&site.name)) {
            let at = origin.at(&["sites", &i.to_string(), "name"]);
            problems.push(
                Diagnostic::new(Code::InvalidSite, format!("{} is there twice", site.name))
                    .at(at)
                    .expected("each site once"),
            );
        }
        problems.or(sites)
    }
}

impl KnownSite {
    /// The site as rendering is told of it, with `locals` instead of its own.
    pub(super) fn site(&self, locals: BTreeMap<String, BTreeMap<Field, Value>>) -> Site {
        Site {
            name: self.name.clone(),
            platform: self.platform,
            classes: self.classes.iter().cloned().collect(),
            labels: self.labels.clone(),
            locals,
        }
    }
}

impl Selector {
    /// Whether all that is said holds of a site.
    pub(super) fn holds(&self, site: &KnownSite) -> bool {
        self.fits(&site.name, &site.classes, &site.labels)
    }

    /// Whether all that is said holds of a site of this name, with these classes and labels.
    pub(super) fn fits(&self, name: &Label, classes: &BTreeSet<Label>, labels: &BTreeMap<String, String>) -> bool {
        (self.sites.is_empty() || self.sites.contains(name))
            && (self.classes.is_empty() || !self.classes.is_disjoint(classes))
            && self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}
