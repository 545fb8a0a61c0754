//! What the trust document of a backbone must say at a moment: a pure function of what is stored and the time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, BackboneSiteId, ControllerId, InstallationId, InvitationId, NetworkId, SiteId,
    lifecycle::Window,
    trust::{AuthorityTrust, Denial, Denied, NetworkTrust, TrustDocument},
};

/// How long before its opening a network enters the document, so that every router has it in time.
pub(crate) const HORIZON: SignedDuration = SignedDuration::from_mins(5);

/// What one backbone's trust follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustInputs {
    pub(crate) installation: InstallationId,
    pub(crate) backbone: BackboneId,
    pub(crate) networks: Vec<NetworkInput>,
    pub(crate) denials: Vec<DenialInput>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkInput {
    pub(crate) id: NetworkId,
    pub(crate) window: Window,
    pub(crate) evicted: bool,
    pub(crate) authorities: Vec<AuthorityTrust>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DenialInput {
    pub(crate) who: DeniedId,
    pub(crate) denial: Denial,
    /// No certificate of the denied id is valid any more from here on.
    pub(crate) until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeniedId {
    Network(NetworkId),
    Site(SiteId),
    Invitation(InvitationId),
    BackboneSite(BackboneSiteId),
    Controller(ControllerId),
}

/// What is to be done about a backbone's trust document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustPlan {
    /// The document to sign; absent when the current one says all there is to say.
    pub(crate) publish: Option<TrustDocument>,
    /// When to plan again, though nothing changes in the store.
    pub(crate) again: Timestamp,
}

/// Plans the document after `current`, valid for `validity` and refreshed after a quarter of it.
pub(crate) fn plan(
    inputs: &TrustInputs,
    current: Option<&TrustDocument>,
    validity: SignedDuration,
    now: Timestamp,
) -> TrustPlan {
    let denied = denied(inputs, now);
    let networks = networks(inputs, &denied, now);
    let due = |document: &TrustDocument| later(document.issued, validity / 4);
    let stands =
        current.filter(|document| document.networks == networks && document.denied == denied && now < due(document));
    let publish = stands.is_none().then(|| TrustDocument {
        format: TrustDocument::FORMAT,
        installation: inputs.installation,
        backbone: inputs.backbone,
        version: current.map_or(1, |document| document.version + 1),
        issued: now,
        valid_until: later(now, validity),
        networks,
        denied,
    });
    let refresh = publish.as_ref().or(stands).map_or(now, due);
    let again = edges(inputs).filter(|edge| *edge > now).chain([refresh]).min().unwrap_or(refresh);
    TrustPlan { publish, again }
}

/// The networks whose time has come. An evicted one is among them as long as its denial: the denial is what refuses its
/// sites, and without their authority routers could not even tell them why.
fn networks(inputs: &TrustInputs, denied: &Denied, now: Timestamp) -> BTreeMap<NetworkId, NetworkTrust> {
    let present = |window: &Window| enters(window) <= now && window.closes().is_none_or(|closes| now < closes);
    let spoken_to = |network: &NetworkInput| !network.evicted || denied.networks.contains_key(&network.id);
    inputs
        .networks
        .iter()
        .filter(|network| present(&network.window) && spoken_to(network))
        .map(|network| {
            let trust = NetworkTrust {
                opens: network.window.opens(),
                closes: network.window.closes(),
                authorities: network.authorities.clone(),
            };
            (network.id, trust)
        })
        .collect()
}

fn denied(inputs: &TrustInputs, now: Timestamp) -> Denied {
    let mut denied = Denied::default();
    for DenialInput { who, denial, .. } in inputs.denials.iter().filter(|denial| now < denial.until) {
        match *who {
            DeniedId::Network(id) => drop(denied.networks.insert(id, *denial)),
            DeniedId::Site(id) => drop(denied.sites.insert(id, *denial)),
            DeniedId::Invitation(id) => drop(denied.invitations.insert(id, *denial)),
            DeniedId::BackboneSite(id) => drop(denied.backbone_sites.insert(id, *denial)),
            DeniedId::Controller(id) => drop(denied.controllers.insert(id, *denial)),
        }
    }
    denied
}

/// Every moment at which the content changes by itself.
fn edges(inputs: &TrustInputs) -> impl Iterator<Item = Timestamp> + '_ {
    let windows = inputs.networks.iter().flat_map(|network| [Some(enters(&network.window)), network.window.closes()]);
    windows.flatten().chain(inputs.denials.iter().map(|denial| denial.until))
}

fn enters(window: &Window) -> Timestamp {
    window.opens().saturating_sub(HORIZON).unwrap_or(Timestamp::MIN)
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use model::{Der, GenericUuid};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn id<T: GenericUuid>(n: u128) -> T {
        T::from_untyped_uuid(Uuid::from_u128(n))
    }

    fn network(n: u128, start: i64, end: Option<i64>, grace: i64) -> NetworkInput {
        let window = Window { start: at(start), end: end.map(at), grace: SignedDuration::from_secs(grace) };
        let authorities = vec![AuthorityTrust { generation: 1, certificate: Der(vec![0x30]) }];
        NetworkInput { id: id(n), window, evicted: false, authorities }
    }

    fn inputs(networks: Vec<NetworkInput>, denials: Vec<DenialInput>) -> TrustInputs {
        TrustInputs { installation: id(100), backbone: id(101), networks, denials }
    }

    fn published(inputs: &TrustInputs, now: i64) -> TrustDocument {
        plan(inputs, None, DAY, at(now)).publish.expect("there is none yet")
    }

    #[test]
    fn a_network_is_in_the_document_from_shortly_before_its_opening_until_its_close() {
        let inputs = inputs(vec![network(1, 10_000, Some(20_000), 100)], vec![]);
        // 60 s lead and 300 s horizon before the start.
        assert!(published(&inputs, 9_639).networks.is_empty());
        assert_eq!(published(&inputs, 9_640).networks[&id(1)].opens, at(9_940));
        assert_eq!(published(&inputs, 20_099).networks[&id(1)].closes, Some(at(20_100)));
        assert!(published(&inputs, 20_100).networks.is_empty());
    }

    #[test]
    fn nothing_is_published_while_nothing_changes_and_no_refresh_is_due() {
        let inputs = inputs(vec![network(1, 0, None, 0)], vec![]);
        let first = published(&inputs, 1_000);
        let quiet = plan(&inputs, Some(&first), DAY, at(1_001));
        assert_eq!(quiet, TrustPlan { publish: None, again: at(1_000 + 6 * 3_600) });
        let refreshed = plan(&inputs, Some(&first), DAY, quiet.again).publish.expect("a refresh is due");
        assert_eq!((refreshed.version, refreshed.valid_until), (2, at(1_000 + 30 * 3_600)));
    }

    #[test]
    fn a_denial_stays_until_the_last_certificate_has_expired() {
        let denial = DenialInput { who: DeniedId::Site(id(5)), denial: Denial::Evicted, until: at(500) };
        let inputs = inputs(vec![], vec![denial]);
        let document = published(&inputs, 499);
        assert_eq!(document.denied.sites[&id(5)], Denial::Evicted);
        assert!(published(&inputs, 500).denied.sites.is_empty());
        assert_eq!(plan(&inputs, Some(&document), DAY, at(499)).again, at(500));
    }

    #[test]
    fn an_evicted_network_is_named_only_as_long_as_it_is_denied() {
        let evicted = NetworkInput { evicted: true, ..network(1, 0, None, 0) };
        assert!(published(&inputs(vec![evicted.clone()], vec![]), 10).networks.is_empty());
        let denial = DenialInput { who: DeniedId::Network(id(1)), denial: Denial::Evicted, until: at(500) };
        let inputs = inputs(vec![evicted], vec![denial]);
        let document = published(&inputs, 499);
        assert!(document.networks.contains_key(&id(1)) && document.denied.networks.contains_key(&id(1)));
        assert!(published(&inputs, 500).networks.is_empty());
    }

    #[test]
    fn every_kind_of_denial_reaches_its_table() {
        let denial = |who| DenialInput { who, denial: Denial::Ended, until: at(9) };
        let denials = vec![
            denial(DeniedId::Network(id(1))),
            denial(DeniedId::Site(id(2))),
            denial(DeniedId::Invitation(id(3))),
            denial(DeniedId::BackboneSite(id(4))),
            denial(DeniedId::Controller(id(5))),
        ];
        let denied = published(&inputs(vec![], denials), 0).denied;
        assert!(denied.networks.contains_key(&id(1)) && denied.sites.contains_key(&id(2)));
        assert!(denied.invitations.contains_key(&id(3)) && denied.backbone_sites.contains_key(&id(4)));
        assert!(denied.controllers.contains_key(&id(5)));
    }

    proptest! {
        /// Versions grow strictly, and planning again at `again` (and only from there on) is what keeps the document right.
        #[test]
        fn the_document_is_right_at_every_moment_when_it_is_planned_at_every_again(
            windows in proptest::collection::vec((0i64..200_000, proptest::option::of(0i64..100_000), 0i64..1_000), 0..5),
            probe in 0i64..300_000,
        ) {
            let networks: Vec<_> = windows
                .iter()
                .enumerate()
                .map(|(n, (start, length, grace))| network(n as u128, *start, length.map(|l| start + l), *grace))
                .collect();
            let inputs = inputs(networks, vec![]);
            let mut now = at(0);
            let mut current: Option<TrustDocument> = None;
            while now <= at(probe) {
                let plan = plan(&inputs, current.as_ref(), DAY, now);
                prop_assert!(plan.again > now);
                if let Some(next) = plan.publish {
                    prop_assert!(current.as_ref().is_none_or(|c| next.version == c.version + 1));
                    current = Some(next);
                }
                now = plan.again;
            }
            let current = current.expect("planned at least once");
            prop_assert_eq!(current.networks, super::networks(&inputs, &Denied::default(), at(probe)));
            prop_assert!(current.valid_until > at(probe));
        }
    }
}
