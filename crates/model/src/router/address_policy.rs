//! How an address picks among the sites that serve it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::SiteId;

/// How new streams to an address are spread over the sites that serve it. Streams that run stay where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressPolicy {
    /// To the nearest; among equally near ones to the one with the fewest streams from here.
    #[default]
    Closest,
    /// To the one with the fewest streams from here, where every unit of cost counts as one more stream.
    Balanced,
    /// In proportion to the weights of those that can be reached; a site that is not named has the weight
    /// [`Weight::UNNAMED`].
    Weighted(BTreeMap<SiteId, Weight>),
    /// To the first of these that can be reached; sites that are not named come after them, the nearest first.
    Failover(Vec<SiteId>),
}

impl AddressPolicy {
    /// Which policy it is.
    pub fn kind(&self) -> AddressPolicyKind {
        match self {
            Self::Closest => AddressPolicyKind::Closest,
            Self::Balanced => AddressPolicyKind::Balanced,
            Self::Weighted(_) => AddressPolicyKind::Weighted,
            Self::Failover(_) => AddressPolicyKind::Failover,
        }
    }
}

impl fmt::Display for AddressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        match self {
            Self::Closest | Self::Balanced => Ok(()),
            Self::Weighted(weights) => weights.iter().try_for_each(|(site, weight)| write!(f, " {site}={weight}")),
            Self::Failover(order) => order.iter().try_for_each(|site| write!(f, " {site}")),
        }
    }
}

/// The share of a site in the streams to an address, relative to the others; at most [`Weight::MAX`]. A site of weight 0 gets
/// nothing as long as another one with a weight can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Weight(u16);

impl Weight {
    /// The greatest weight.
    pub const MAX: Self = Self(1000);
    /// The weight of a site that is not named.
    pub const UNNAMED: Self = Self(1);
}

impl TryFrom<u16> for Weight {
    type Error = InvalidWeight;

    fn try_from(weight: u16) -> Result<Self, Self::Error> {
        if weight > Self::MAX.0 { Err(InvalidWeight(weight.to_string())) } else { Ok(Self(weight)) }
    }
}

impl From<Weight> for u16 {
    fn from(weight: Weight) -> Self {
        weight.0
    }
}

impl From<Weight> for u32 {
    fn from(weight: Weight) -> Self {
        weight.0.into()
    }
}

impl FromStr for Weight {
    type Err = InvalidWeight;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let weight: u16 = text.parse().map_err(|_| InvalidWeight(text.to_owned()))?;
        weight.try_into()
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why something is not a [`Weight`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a weight; weights are whole numbers from 0 to {max}", max = Weight::MAX)]
pub struct InvalidWeight(String);

/// Which policy an address has, without the sites it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressPolicyKind {
    /// [`AddressPolicy::Closest`].
    #[default]
    Closest,
    /// [`AddressPolicy::Balanced`].
    Balanced,
    /// [`AddressPolicy::Weighted`].
    Weighted,
    /// [`AddressPolicy::Failover`].
    Failover,
}

impl AddressPolicyKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Closest, Self::Balanced, Self::Weighted, Self::Failover];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closest => "closest",
            Self::Balanced => "balanced",
            Self::Weighted => "weighted",
            Self::Failover => "failover",
        }
    }
}

impl FromStr for AddressPolicyKind {
    type Err = InvalidAddressPolicyKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |kind: &Self| kind.as_str() == text;
        Self::ALL.into_iter().find(named).ok_or_else(|| InvalidAddressPolicyKind(text.to_owned()))
    }
}

impl fmt::Display for AddressPolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not an [`AddressPolicyKind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address policy; policies are closest, balanced, weighted and failover")]
pub struct InvalidAddressPolicyKind(String);

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::GenericUuid as _;

    #[test]
    fn policies_without_sites_are_written_as_they_always_were() {
        for (policy, json) in [(AddressPolicy::Closest, "\"closest\""), (AddressPolicy::Balanced, "\"balanced\"")] {
            assert_eq!(serde_json::to_string(&policy).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<AddressPolicy>(json).expect("a policy"), policy);
        }
    }

    #[test]
    fn policies_with_sites_come_back_as_they_were_and_with_weights_only_that_there_are() {
        let site = SiteId::from_untyped_uuid(Uuid::from_u128(1));
        for policy in [AddressPolicy::Weighted([(site, Weight::MAX)].into()), AddressPolicy::Failover(vec![site])] {
            let json = serde_json::to_string(&policy).expect("JSON");
            assert_eq!(serde_json::from_str::<AddressPolicy>(&json).expect("a policy"), policy, "{json}");
        }
        let json = serde_json::json!({"weighted": {site.to_string(): 1001}});
        assert!(serde_json::from_value::<AddressPolicy>(json).is_err());
        assert_eq!("1001".parse::<Weight>(), Err(InvalidWeight("1001".to_owned())));
    }
}
