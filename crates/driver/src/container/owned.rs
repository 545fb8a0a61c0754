//! What is ours at the engine: names and labels.

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use crate::owner_prefix;

/// The label that says which site owns it.
pub(super) const SITE: &str = "skupperx.io/site";
/// The label that says which deployment it is of.
pub(super) const DEPLOYMENT: &str = "skupperx.io/deployment";
/// The label that says which workload a container is.
pub(super) const WORKLOAD: &str = "skupperx.io/workload";
/// The label that says which instance a container is of.
pub(super) const INSTANCE: &str = "skupperx.io/instance";
/// The label that says what a container was made of.
pub(super) const DIGEST: &str = "skupperx.io/digest";

/// The labels of something.
pub(super) type Labels = BTreeMap<String, String>;

/// How a site calls and labels what it owns.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    site: String,
    /// What its names begin with: several sites may share an engine.
    prefix: String,
}

impl Owner {
    pub(super) fn new(site: &str) -> Self {
        Self { site: site.to_owned(), prefix: owner_prefix(site) }
    }

    /// The name of the network of a deployment.
    pub(super) fn network(&self, deployment: &str) -> String {
        format!("{}-{deployment}", self.prefix)
    }

    /// The name of a container or volume.
    pub(super) fn name(&self, deployment: &str, name: impl fmt::Display) -> String {
        format!("{}-{deployment}.{name}", self.prefix)
    }

    pub(super) fn labels(&self, deployment: &str) -> Labels {
        [(SITE, self.site.as_str()), (DEPLOYMENT, deployment)].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    pub(super) fn owns(&self, labels: &Labels) -> bool {
        labels.get(SITE) == Some(&self.site)
    }

    /// A filter for all that the site owns, or for what it owns of a deployment.
    pub(super) fn filter(&self, deployment: Option<&str>) -> Value {
        let deployment = deployment.map(|it| format!("{DEPLOYMENT}={it}"));
        let labels: Vec<_> = std::iter::once(format!("{SITE}={}", self.site)).chain(deployment).collect();
        json!({ "label": labels })
    }
}
