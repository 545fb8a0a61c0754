//! What is known of a site.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    findings::either,
    model::{Field, Label, Platform},
    release::Release,
    schema, single,
    source::Source,
};

/// What rendering needs to know besides the release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The site.
    pub site: Site,
    /// The network.
    #[serde(default)]
    pub network: Network,
    /// The deployment: addresses begin with it. The application's name, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Label>,
    /// The places the site fills. Those called like the site or one of its classes, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<BTreeSet<Label>>,
    /// The optional parts the site declines.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<String>,
    /// The parts that no site runs, and that nothing is made for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<String>,
    /// The addresses that are one for each site that serves them, each with those sites.
    #[serde(default, rename = "perSite", skip_serializing_if = "BTreeMap::is_empty")]
    pub per_site: BTreeMap<String, BTreeSet<Label>>,
    /// The labels of sites that serve such addresses: workloads are told them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Label, BTreeMap<String, String>>,
    /// The ports that listeners for addresses of single sites had before: they stay, and nobody else is given them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<String, u16>,
    /// Whether workloads are for the site itself to run, by the API of Podman, Docker or systemd. People get files otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub engine: bool,
}

/// What is known of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its name.
    pub name: Label,
    /// What it runs workloads on.
    pub platform: Platform,
    /// Its classes.
    #[serde(default)]
    pub classes: Vec<Label>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What its participant filled in, by instance and field: `shop/api: {greeting: Hi}`.
    #[serde(default)]
    pub locals: BTreeMap<String, BTreeMap<Field, Value>>,
}

/// What is known of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
}

impl Facts {
    /// Reads facts from a text.
    pub fn read(source: &Source) -> Result<Self, Problems> {
        single::read(source, schema::facts(), Code::InvalidSite, "facts of one site").map(|(facts, _)| facts)
    }

    /// Whether the site fills a place.
    pub(super) fn fills(&self, place: &Label) -> bool {
        match &self.places {
            Some(places) => places.contains(place),
            None => *place == self.site.name || self.site.classes.contains(place),
        }
    }

    /// Why the site fills a place.
    pub(super) fn why(&self, place: &Label) -> String {
        if self.places.is_some() {
            format!("the site fills the place {place}")
        } else if *place == self.site.name {
            format!("the place {place} is called like the site")
        } else {
            format!("the place {place} is called like a class of the site")
        }
    }

    /// What does not fit the release.
    pub(super) fn check(&self, release: &Release, problems: &mut Problems) {
        let instances = &release.spec.instances;
        let paths = || instances.keys().map(String::as_str);
        let mut unknown = |path: &str, what: &str| {
            problems.push(
                Diagnostic::new(Code::InvalidSite, format!("there is no {path:?} {what}"))
                    .block(path)
                    .expected("the path of an instance of the release")
                    .near(path, paths()),
            );
        };
        for path in self.absent.iter().filter(|p| !instances.contains_key(*p)) {
            unknown(path, "to be absent");
        }
        for path in self.declined.iter().filter(|p| !instances.contains_key(*p)) {
            unknown(path, "to decline");
        }
        for path in self.site.locals.keys().filter(|p| !instances.contains_key(*p)) {
            unknown(path, "to fill in");
        }
        for path in &self.declined {
            if instances.get(path).is_some_and(|i| !i.optional) {
                let optional = instances.iter().filter(|(_, i)| i.optional).map(|(p, _)| p.as_str());
                problems.push(
                    Diagnostic::new(Code::InvalidSite, format!("{path} cannot be declined"))
                        .block(path)
                        .expected(either(optional)),
                );
            }
        }
        for place in self.places.iter().flatten().filter(|p| !release.spec.places.contains_key(*p)) {
            let known = release.spec.places.keys().map(Label::as_str);
            problems.push(
                Diagnostic::new(Code::UnknownPlace, format!("there is no place {:?}", place.as_str()))
                    .expected(either(known.clone()))
                    .near(place.as_str(), known),
            );
        }
    }
}
