//! What is known of a site.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    findings::{either, findings},
    library::Origin,
    model::{Field, Label, Platform},
    release::Release,
    schema,
    source::{self, Source},
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
        let mut problems = Problems::default();
        let mut nodes = source::read(source, &mut problems).nodes.into_iter();
        let (Some(node), None) = (nodes.next(), nodes.next()) else {
            if problems.is_empty() {
                problems.push(
                    Diagnostic::new(Code::InvalidSite, "facts are one document").expected("one document with site:"),
                );
            }
            return Err(problems.or(()).expect_err("there are problems"));
        };
        let json = node.to_json();
        let origin = Origin::new(&source.name, node);
        let (schema, validator) = schema::facts();
        for finding in findings(schema, validator, &json, &|_| false) {
            let path: Vec<&str> = finding.path.iter().map(String::as_str).collect();
            let at = finding.key.as_deref().map_or_else(|| origin.at(&path), |key| origin.at_key(&path, key));
            let mut diagnostic = Diagnostic::new(finding.code, finding.message).at(at).expected(finding.expected);
            diagnostic.nearest = finding.nearest;
            problems.push(diagnostic);
        }
        problems.or(())?;
        serde_json::from_value(json).map_err(|error| {
            let mut problems = Problems::default();
            problems.push(
                Diagnostic::new(Code::InvalidSite, error.to_string()).at(origin.at(&[])).expected("facts of a site"),
            );
            problems
        })
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
