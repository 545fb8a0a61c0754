//! The identity provider, as the configuration file names it.

use std::{collections::BTreeMap, path::PathBuf};

use controller::{ProviderConfig, ProviderSettings};
use model::Name;
use serde::Deserialize;

use crate::{context, failure::Failure};

/// The table `oidc`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Oidc {
    issuer: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    audiences: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    ca_file: Option<PathBuf>,
    name_claim: Option<String>,
    groups_claim: Option<String>,
    groups: Option<BTreeMap<String, Name>>,
    require_group: Option<bool>,
}

impl Oidc {
    /// What it amounts to, with the defaults, and what is in the files it names.
    pub(super) fn read(self) -> Result<ProviderConfig, Failure> {
        let mut provider = ProviderSettings::new(self.issuer, self.client_id);
        if let Some(file) = &self.client_secret_file {
            provider.client_secret = Some(context::secret_line(file, "secret of the client")?.as_str().into());
        }
        provider.certificates = self.ca_file.as_deref().map(context::read).transpose()?;
        provider.audiences = self.audiences.unwrap_or(provider.audiences);
        provider.scopes = self.scopes.unwrap_or(provider.scopes);
        let mut config = ProviderConfig::new(provider);
        config.name_claim = self.name_claim.unwrap_or(config.name_claim);
        config.groups_claim = self.groups_claim.unwrap_or(config.groups_claim);
        config.groups = self.groups.unwrap_or(config.groups);
        config.require_group = self.require_group.unwrap_or(config.require_group);
        Ok(config)
    }
}
