//! State machines: where an object stands, and which steps it may take.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($t:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        impl $t {
            /// The state as it is written in the API and the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $t {
            type Err = UnknownState;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(UnknownState(text.to_owned())) }
            }
        }
    )+};
}

/// A text that names no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a state")]
pub struct UnknownState(String);

/// Where a backbone site stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackboneSiteState {
    /// Defined; no certificate yet. Its bundle can be fetched and applied.
    Defined,
    /// Holds a certificate and has enrolled.
    Deployed,
    /// Evicted: its id is denied for good.
    Evicted,
}

/// Where an application network stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkState {
    /// Its start is in the future.
    Scheduled,
    /// Between start and end.
    Open,
    /// After its end, within grace.
    Closing,
    /// Over.
    Ended,
    /// Evicted: over before its time, for good.
    Evicted,
}

impl NetworkState {
    /// Whether nothing moves it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Evicted)
    }
}

/// Where an invitation stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvitationState {
    /// Can be redeemed.
    Live,
    /// All its uses are spent.
    UsedUp,
    /// Its deadline, or its network's end, has passed.
    Expired,
    /// Closed by a person.
    Closed,
}

/// Where a member site stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberState {
    /// In the waiting room of its invitation, until somebody admits or refuses it.
    Waiting,
    /// A member.
    Member,
    /// Its certificate, which is not renewed, has expired: the membership ended with it.
    Expired,
    /// Left by its own wish.
    Left,
    /// Evicted.
    Evicted,
    /// It waited, and was not admitted.
    Refused,
}

/// What a site says of itself (`skx site status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteState {
    /// A backbone site that waits for its certificate.
    Enrolling,
    /// Redeeming an invitation.
    Joining,
    /// Waiting: the network is not open yet, or nobody has admitted it yet.
    Waiting,
    /// Refused for good.
    Refused,
    /// A member of its network.
    Member,
    /// A site of its backbone.
    Backbone,
    /// Its certificate has expired.
    Expired,
    /// Its network has ended.
    Ended,
    /// Evicted.
    Evicted,
}

words! {
    BackboneSiteState { Defined = "defined", Deployed = "deployed", Evicted = "evicted" }
    NetworkState { Scheduled = "scheduled", Open = "open", Closing = "closing", Ended = "ended", Evicted = "evicted" }
    InvitationState { Live = "live", UsedUp = "used-up", Expired = "expired", Closed = "closed" }
    MemberState {
        Waiting = "waiting", Member = "member", Expired = "expired", Left = "left", Evicted = "evicted",
        Refused = "refused",
    }
    SiteState {
        Enrolling = "enrolling", Joining = "joining", Waiting = "waiting", Refused = "refused", Member = "member",
        Backbone = "backbone", Expired = "expired", Ended = "ended", Evicted = "evicted",
    }
}

/// The times of an application network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it starts.
    pub start: Timestamp,
    /// When it ends, if it does.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end.
    pub grace: jiff::SignedDuration,
}

impl Window {
    /// How long before the start connections are admitted, so that clocks that run ahead find an open door.
    pub const LEAD: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

    /// When routers begin to admit.
    pub fn opens(&self) -> Timestamp {
        self.start.saturating_sub(Self::LEAD).unwrap_or(Timestamp::MIN)
    }

    /// When routers cut.
    pub fn closes(&self) -> Option<Timestamp> {
        self.end.map(|end| end.saturating_add(self.grace).unwrap_or(Timestamp::MAX))
    }

    /// Whether something that ends at `time` lasts as long as the network: there is no later end for it. Certificates know
    /// whole seconds only.
    pub fn lasts_until(&self, time: Timestamp) -> bool {
        self.closes().is_some_and(|closes| time.as_second() >= closes.as_second())
    }

    /// Where a network that was not evicted stands at `now`.
    pub fn state(&self, now: Timestamp) -> NetworkState {
        if now < self.start {
            NetworkState::Scheduled
        } else if self.end.is_none_or(|end| now < end) {
            NetworkState::Open
        } else if self.closes().is_some_and(|closes| now < closes) {
            NetworkState::Closing
        } else {
            NetworkState::Ended
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_network_is_open_between_start_and_end() {
        let at = |s| Timestamp::from_second(s).expect("in range");
        let window = Window { start: at(1_000), end: Some(at(2_000)), grace: SignedDuration::from_secs(10) };
        assert_eq!(window.state(at(999)), NetworkState::Scheduled);
        assert_eq!(window.state(at(1_000)), NetworkState::Open);
        assert_eq!(window.state(at(1_999)), NetworkState::Open);
        assert_eq!(window.state(at(2_000)), NetworkState::Closing);
        assert_eq!(window.state(at(2_010)), NetworkState::Ended);
        assert_eq!(window.opens(), at(940));
        assert_eq!(window.closes(), Some(at(2_010)));
        assert!(!window.lasts_until(at(2_009)) && window.lasts_until(at(2_010)));
        let forever = Window { end: None, ..window };
        assert!(!forever.lasts_until(Timestamp::MAX));
        assert_eq!(forever.state(Timestamp::MAX), NetworkState::Open);
    }

    #[test]
    fn words_round_trip() {
        for state in [SiteState::Enrolling, SiteState::Backbone, SiteState::Evicted] {
            assert_eq!(state.as_str().parse::<SiteState>(), Ok(state));
            assert_eq!(serde_json::to_value(state).expect("serialises"), state.as_str());
        }
        assert!("nonsense".parse::<NetworkState>().is_err());
    }
}
