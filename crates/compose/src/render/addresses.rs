//! What a workload is told of sites that come and go: the file that `SKX_ADDRESSES` names to it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Content, Object, Rendered};
use crate::model::{ApiVersion, Identifier, Label};

/// What an interface of an instance reaches: each site that serves it, by an address and a listener of that site's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The instance that is told.
    pub instance: String,
    /// Its interface.
    pub interface: Identifier,
    /// The sites, in the order of their addresses. That there are none is known.
    pub sites: Vec<ReachedSite>,
}

/// The file that a workload finds by the variable `SKX_ADDRESSES`, if any of its interfaces uses an address that is another one for
/// each site that serves it. It is replaced while the workload runs, all of it at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Addresses {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `Addresses`.
    pub kind: AddressesKind,
    /// The deployment.
    pub deployment: String,
    /// The instance: the path of the part.
    pub instance: String,
    /// The sites that each such interface of it reaches, in the order of their addresses. An interface that reaches none is there,
    /// too.
    pub interfaces: BTreeMap<Identifier, Vec<ReachedSite>>,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AddressesKind {
    /// Addresses.
    Addresses,
}

/// A site, and where it is reached. That it is planned for does not mean that it can be reached just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReachedSite {
    /// The site.
    pub site: Label,
    /// What to call it in words, figures and certificates: `till.api.store-017`. It stays for as long as the site is called so, and
    /// no name server knows it.
    pub name: String,
    /// Its address in the network.
    pub address: String,
    /// The host to connect to, as the workload reaches it.
    pub host: String,
    /// The port to connect to. It stays with the site, also if that goes and comes again.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// The site's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Rendered {
    /// The text of each workload's file, by the name of its object.
    pub fn told(&self) -> BTreeMap<String, String> {
        let each = self.objects.iter().filter_map(|object| {
            let text = serde_json::to_string_pretty(&self.addresses_of(asking(object)?)).expect("texts and numbers");
            Some((object.name.clone(), text + "\n"))
        });
        each.collect()
    }

    fn addresses_of(&self, instance: &str) -> Addresses {
        let own = self.addresses.iter().filter(|told| told.instance == instance);
        Addresses {
            api_version: ApiVersion::V1,
            kind: AddressesKind::Addresses,
            deployment: self.deployment.clone(),
            instance: instance.to_owned(),
            interfaces: own.map(|told| (told.interface.clone(), told.sites.clone())).collect(),
        }
    }
}

/// The instance of a workload that asks to be told.
fn asking(object: &Object) -> Option<&str> {
    let Content::Structure(content) = &object.content else { return None };
    content.get("addresses").and_then(Value::as_bool).filter(|asks| *asks)?;
    content.get("instance").and_then(Value::as_str)
}
