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
    /// When the last certificate in it expires; known once it has closed.
    pub(crate) last_expiry: Option<Timestamp>,
    pub(crate) authorities: Vec<AuthorityTrust>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DenialInput {
    pub(crate) who: DeniedId,
    pub(crate) denial: Denial,
    /// No certificate of the denied id is valid any more from here on.
    pub(crate) until: Timestamp,
    /// Since when.
    pub(crate) since: Timestamp,
    /// Of a network that was deleted: its authorities.
    pub(crate) authorities: Vec<AuthorityTrust>,
}

/// What was published before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<'a> {
    /// The newest document that is stored.
    pub(crate) document: Option<&'a TrustDocument>,
    /// Whether those who do not hold it yet would adopt it.
    pub(crate) believed: bool,
    /// The least version that routers will take: they may remember more than is stored.
    pub(crate) beyond: u64,
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

/// Plans the document after the one `before`, valid for `validity` and refreshed after a quarter of it.
pub(crate) fn plan(inputs: &TrustInputs, before: Before<'_>, validity: SignedDuration, now: Timestamp) -> TrustPlan {
    let denied = denied(inputs, now);
    let networks = networks(inputs, &denied, now);
    let due = |document: &TrustDocument| later(document.issued, validity / 4);
    let holds = |document: &TrustDocument| document.networks == networks && document.denied == denied;
    let stands =
        before.document.filter(|it| before.believed && it.version >= before.beyond && holds(it) && now < due(it));
    let next = before.document.map_or(1, |document| document.version + 1);
    let publish = stands.is_none().then(|| TrustDocument {
        format: TrustDocument::FORMAT,
        installation: inputs.installation,
        backbone: inputs.backbone,
        version: next.max(before.beyond),
        issued: now,
        valid_until: later(now, validity),
        networks,
        denied,
    });
    let refresh = publish.as_ref().or(stands).map_or(now, due);
    let again = edges(inputs).filter(|edge| *edge > now).chain([refresh]).min().unwrap_or(refresh);
    TrustPlan { publish, again }
}

/// How long what is over is still spoken to after its last certificate has expired: for routers whose clocks are slow.
const SLOW_CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// The networks whose time has come, and those that are over as long as somebody may hold a certificate in them: their
/// window or their denial is what refuses their sites, and without their authorities routers could not even tell them why.
fn networks(inputs: &TrustInputs, denied: &Denied, now: Timestamp) -> BTreeMap<NetworkId, NetworkTrust> {
    let known = inputs.networks.iter().filter(|network| is_spoken_to(network, denied, now)).map(|network| {
        let trust = NetworkTrust {
            opens: network.window.opens(),
            closes: network.window.closes(),
            authorities: network.authorities.clone(),
        };
        (network.id, trust)
    });
    let deleted = inputs.denials.iter().filter(|denial| now < denial.until && !denial.authorities.is_empty());
    let deleted = deleted.filter_map(|denial| match denial.who {
        DeniedId::Network(id) if !inputs.networks.iter().any(|network| network.id == id) => {
            let (opens, closes) = (denial.since, Some(denial.since));
            Some((id, NetworkTrust { opens, closes, authorities: denial.authorities.clone() }))
        }
        _ => None,
    });
    known.chain(deleted).collect()
}

fn is_spoken_to(network: &NetworkInput, denied: &Denied, now: Timestamp) -> bool {
    let is_over = network.window.closes().is_some_and(|closes| closes <= now);
    match (enters(&network.window) <= now, network.evicted) {
        (false, _) => false,
        (true, true) => denied.networks.contains_key(&network.id),
        (true, false) => !is_over || last_word(network).is_some_and(|until| now < until),
    }
}

/// Until when sites of a network that has closed may come and ask.
fn last_word(network: &NetworkInput) -> Option<Timestamp> {
    network.last_expiry.map(|expiry| later(expiry, SLOW_CLOCKS))
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
    let last_words = inputs.networks.iter().filter_map(last_word);
    windows.flatten().chain(last_words).chain(inputs.denials.iter().map(|denial| denial.until))
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
        NetworkInput { id: id(n), window, evicted: false, last_expiry: None, authorities }
    }

    fn inputs(networks: Vec<NetworkInput>, denials: Vec<DenialInput>) -> TrustInputs {
        TrustInputs { installation: id(100), backbone: id(101), networks, denials }
    }

    fn after(document: Option<&TrustDocument>) -> Before<'_> {
        Before { document, believed: true, beyond: 0 }
    }

    fn denial(who: DeniedId, denial: Denial, until: i64) -> DenialInput {
        DenialInput { who, denial, until: at(until), since: at(0), authorities: vec![] }
    }

    fn published(inputs: &TrustInputs, now: i64) -> TrustDocument {
        plan(inputs, after(None), DAY, at(now)).publish.expect("there is none yet")
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
        let quiet = plan(&inputs, after(Some(&first)), DAY, at(1_001));
        assert_eq!(quiet, TrustPlan { publish: None, again: at(1_000 + 6 * 3_600) });
        let before = plan(&inputs, after(Some(&first)), DAY, at(1_000 + 6 * 3_600 - 1));
        assert_eq!(before, quiet, "not a second before");
        let refreshed = plan(&inputs, after(Some(&first)), DAY, quiet.again).publish.expect("a refresh is due");
        assert_eq!((refreshed.version, refreshed.valid_until), (2, at(1_000 + 30 * 3_600)));
    }

    #[test]
    fn a_denial_stays_until_the_last_certificate_has_expired() {
        let denial = denial(DeniedId::Site(id(5)), Denial::Evicted, 500);
        let inputs = inputs(vec![], vec![denial]);
        let document = published(&inputs, 499);
        assert_eq!(document.denied.sites[&id(5)], Denial::Evicted);
        assert!(published(&inputs, 500).denied.sites.is_empty());
        assert_eq!(plan(&inputs, after(Some(&document)), DAY, at(499)).again, at(500));
    }

    #[test]
    fn an_evicted_network_is_named_only_as_long_as_it_is_denied() {
        let evicted = NetworkInput { evicted: true, ..network(1, 0, None, 0) };
        assert!(published(&inputs(vec![evicted.clone()], vec![]), 10).networks.is_empty());
        let denial = denial(DeniedId::Network(id(1)), Denial::Evicted, 500);
        let inputs = inputs(vec![evicted], vec![denial]);
        let document = published(&inputs, 499);
        assert!(document.networks.contains_key(&id(1)) && document.denied.networks.contains_key(&id(1)));
        assert!(published(&inputs, 500).networks.is_empty());
    }

    #[test]
    fn a_network_that_is_over_is_spoken_to_until_nobody_can_hold_a_certificate_in_it() {
        let closed = NetworkInput { last_expiry: Some(at(30_000)), ..network(1, 0, Some(20_000), 0) };
        let inputs = inputs(vec![closed], vec![]);
        let document = published(&inputs, 20_001);
        let trust = &document.networks[&id(1)];
        assert_eq!((trust.closes, trust.authorities.len()), (Some(at(20_000)), 1));
        // It admits nobody: it is closed.
        let member = model::Identity::Member { network: id(1), site: id(2) };
        assert_eq!(document.standing(&member, at(20_001)), model::trust::Standing::Closed(at(20_000)));
        assert_eq!(plan(&inputs, after(Some(&document)), DAY * 20, at(20_001)).again, at(33_600));
        assert!(published(&inputs, 33_599).networks.contains_key(&id(1)));
        assert!(published(&inputs, 33_600).networks.is_empty());
    }

    #[test]
    fn an_evicted_network_is_spoken_to_beyond_its_end_as_long_as_it_is_denied() {
        let evicted = NetworkInput { evicted: true, ..network(1, 0, Some(100), 0) };
        let inputs = inputs(vec![evicted], vec![denial(DeniedId::Network(id(1)), Denial::Evicted, 500)]);
        assert!(published(&inputs, 499).networks.contains_key(&id(1)));
        assert!(published(&inputs, 500).networks.is_empty());
    }

    #[test]
    fn a_deleted_network_is_spoken_to_as_long_as_it_is_denied_and_admits_nobody() {
        let authorities = vec![AuthorityTrust { generation: 1, certificate: Der(vec![0x30]) }];
        let deleted = DenialInput { authorities, ..denial(DeniedId::Network(id(1)), Denial::Evicted, 500) };
        let inputs = inputs(vec![], vec![deleted]);
        let document = published(&inputs, 499);
        assert_eq!(document.networks[&id(1)].authorities.len(), 1);
        let member = model::Identity::Member { network: id(1), site: id(2) };
        assert_eq!(document.standing(&member, at(1)), model::trust::Standing::Denied(Denial::Evicted));
        assert!(published(&inputs, 500).networks.is_empty());
    }

    #[test]
    fn a_document_gets_a_version_beyond_what_routers_remember() {
        let inputs = inputs(vec![], vec![]);
        let first = published(&inputs, 0);
        let beyond = Before { document: Some(&first), believed: true, beyond: 8 };
        let next = plan(&inputs, beyond, DAY, at(1)).publish.expect("routers would not take the one there is");
        assert_eq!(next.version, 8);
        let stands = Before { document: Some(&next), believed: true, beyond: 8 };
        assert_eq!(plan(&inputs, stands, DAY, at(2)).publish, None);
        let unbelieved = Before { believed: false, ..stands };
        let again = plan(&inputs, unbelieved, DAY, at(2)).publish.expect("its signer is trusted no more");
        assert_eq!(again.version, 9);
    }

    #[test]
    fn every_kind_of_denial_reaches_its_table() {
        let denial = |who| denial(who, Denial::Ended, 9);
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
                let plan = plan(&inputs, after(current.as_ref()), DAY, now);
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
