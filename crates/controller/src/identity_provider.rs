//! The identity provider whose persons may sign in, and what its claims mean here.

use std::{collections::BTreeMap, time::Duration};

use model::Name;
use oidc::{Claims, Provider, Settings, SettingsError};
use uuid::Uuid;

use crate::pace::Pace;

/// How often whoever comes from one source may begin a device flow.
const BEGUN: (Duration, u32) = (Duration::from_secs(10), 5);
/// How often the provider is asked about one device flow, whoever asks.
const ASKED: (Duration, u32) = (Duration::from_secs(1), 2);
/// The longest name made of a claim: shorter than names may be, so that there is room for a number.
const LONGEST_NAME: usize = 50;

/// An identity provider, and what its claims mean here.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Which, and how it is asked.
    pub provider: Settings,
    /// The claim that names somebody who comes for the first time.
    pub name_claim: String,
    /// The claim with the groups somebody is in.
    pub groups_claim: String,
    /// Which groups of the provider are which here.
    pub groups: BTreeMap<String, Name>,
    /// Whether somebody who is in none of these groups is refused.
    pub require_group: bool,
}

impl ProviderConfig {
    /// With the claims that most providers use.
    pub fn new(provider: Settings) -> Self {
        let (name_claim, groups_claim) = ("preferred_username".to_owned(), "groups".to_owned());
        Self { provider, name_claim, groups_claim, groups: BTreeMap::new(), require_group: false }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        for (field, claim) in [("name_claim", &self.name_claim), ("groups_claim", &self.groups_claim)] {
            if claim.is_empty() {
                return Err(SettingsError::Text(field));
            }
        }
        self.provider.check()
    }

    /// The groups here that a token says somebody is in.
    pub(crate) fn groups_of(&self, claims: &Claims) -> Vec<Name> {
        claims.texts(&self.groups_claim).into_iter().filter_map(|group| self.groups.get(group).cloned()).collect()
    }

    /// What somebody is to be called who comes for the first time, in the letters of names; `number` tells apart those who
    /// would be called the same.
    pub(crate) fn name_of(&self, claims: &Claims, number: usize) -> String {
        let name = name(claims.text(&self.name_claim).or_else(|| claims.text("email")).unwrap_or("user"));
        if number == 1 { name } else { format!("{name}-{number}") }
    }
}

/// The provider that is configured, and how often it is asked.
#[derive(Debug)]
pub(crate) struct IdentityProvider {
    pub(crate) config: ProviderConfig,
    pub(crate) provider: Provider,
    begun: Pace<String>,
    asked: Pace<[u8; 32]>,
}

impl IdentityProvider {
    pub(crate) fn new(config: ProviderConfig) -> Result<Self, SettingsError> {
        let provider = Provider::new(config.provider.clone())?;
        Ok(Self { config, provider, begun: Pace::new(BEGUN.0, BEGUN.1), asked: Pace::new(ASKED.0, ASKED.1) })
    }

    /// Whether whoever comes from this source may begin a device flow now; how many seconds it takes until then, if not.
    pub(crate) fn may_begin(&self, source: String) -> Result<(), u64> {
        if self.begun.may(source, tokio::time::Instant::now()) { Ok(()) } else { Err(BEGUN.0.as_secs()) }
    }

    /// Whether the provider may be asked now about the device flow with this digest.
    pub(crate) fn may_ask(&self, flow: [u8; 32]) -> bool {
        self.asked.may(flow, tokio::time::Instant::now())
    }
}

/// What a provider calls somebody, in the letters of names.
fn name(said: &str) -> String {
    let mut name = String::new();
    for letter in said.to_lowercase().chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '-' };
        if letter != '-' || !(name.is_empty() || name.ends_with('-')) {
            name.push(letter);
        }
    }
    name.truncate(LONGEST_NAME);
    match name.trim_matches('-') {
        "" => "user".to_owned(),
        // What looks like an id would be taken for one.
        id if Uuid::try_parse(id).is_ok() => format!("user-{id}"),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_calls_somebody_becomes_a_name() {
        for (said, expected) in [
            ("ada", "ada"),
            ("Ada.Lovelace@example.com", "ada-lovelace-example-com"),
            ("CORP\\ada", "corp-ada"),
            ("--", "user"),
            ("é", "user"),
            ("0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00", "user-0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00"),
        ] {
            assert_eq!(name(said), expected);
            expected.parse::<Name>().expect("a name");
        }
        assert_eq!(name(&"x".repeat(80)).len(), LONGEST_NAME);
    }
}
