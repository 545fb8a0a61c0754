//! Desired state as a site keeps it: each item with the digest of the very bytes it came in.

use std::collections::{BTreeMap, BTreeSet};

use compose::deploy::Offer;
use data_encoding::HEXLOWER;
use model::{
    Address, ConnectorId, Der, ListenerId, Name,
    desired::{BackboneTrust, Deployment, Item, NetworkAssignments, NetworkScope, Secret, Settings},
    router::{AccessPoint, AddressPolicy, Connector, Link, Listener},
};
use ring::digest;
use serde::{Deserialize, Serialize};

/// A site's desired state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Items(BTreeMap<String, StoredItem>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredItem {
    /// SHA-256 of the JSON form the item came in, in hexadecimal.
    digest: String,
    item: Item,
}

/// The keys of what a site is told of whom to trust.
const TRUST: [&str; 2] = ["backbone-trust", "network-trust"];

/// An item that was not taken over; what was there before it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The item's key.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
}

impl Items {
    /// Takes over a state message: `self` with what changed, and the items that could not be taken over.
    ///
    /// What a site cannot do without (its settings, what it trusts, a member's way to attach) is replaced but never
    /// removed, so that no message can cut a site off from the controller that could repair it.
    pub fn updated(&self, backbone_site: bool, state: &site_proto::State) -> (Self, Vec<Failure>) {
        let mut items = self.clone();
        let mut failures = Vec::new();
        let changed: BTreeSet<&str> = state.changed.iter().map(|item| item.key.as_str()).collect();
        for item in &state.changed {
            match StoredItem::read(item, backbone_site) {
                Ok(stored) => {
                    items.0.insert(item.key.clone(), stored);
                }
                Err(message) => failures.push(Failure { key: item.key.clone(), message }),
            }
        }
        let mut gone: Vec<String> =
            state.removed.iter().filter(|key| !changed.contains(key.as_str())).cloned().collect();
        if state.full {
            let keep: BTreeSet<&str> = state.keys.iter().map(String::as_str).collect();
            gone.extend(items.0.keys().filter(|key| !keep.contains(key.as_str())).cloned());
            for key in keep.iter().filter(|key| !items.0.contains_key(**key) && !changed.contains(*key)) {
                failures
                    .push(Failure { key: (*key).to_owned(), message: "it was announced and never sent".to_owned() });
            }
        }
        for key in gone {
            if let Some(why) = items.indispensable(&key, backbone_site) {
                failures.push(Failure { key, message: why.to_owned() });
            } else {
                items.0.remove(&key);
            }
        }
        (items, failures)
    }

    /// Takes over whom to trust and no more, when the rest of a state message cannot be in force because of `why`.
    /// Everything else in it is a failure.
    pub fn updated_in_trust_alone(
        &self,
        backbone_site: bool,
        state: &site_proto::State,
        why: &str,
    ) -> (Self, Vec<Failure>) {
        let (trust, rest): (Vec<_>, Vec<_>) =
            state.changed.iter().cloned().partition(|item| TRUST.contains(&item.key.as_str()));
        let keep: BTreeSet<&str> = state.keys.iter().map(String::as_str).collect();
        let dropped = self.0.keys().filter(|key| state.full && !keep.contains(key.as_str()));
        let mut failed: BTreeSet<&String> = rest.iter().map(|item| &item.key).chain(&state.removed).collect();
        failed.extend(dropped);
        let alone = site_proto::State { revision: state.revision, changed: trust, ..site_proto::State::default() };
        let (items, mut failures) = self.updated(backbone_site, &alone);
        failures.extend(failed.into_iter().map(|key| Failure { key: key.clone(), message: why.to_owned() }));
        (items, failures)
    }

    /// Why the item cannot be removed, if it cannot.
    fn indispensable(&self, key: &str, backbone_site: bool) -> Option<&'static str> {
        match self.0.get(key)?.item {
            Item::Settings(_) | Item::BackboneTrust(_) | Item::NetworkTrust(_) => {
                Some("a site cannot do without it; it was kept")
            }
            Item::Link(_) if !backbone_site && self.links().count() == 1 => {
                Some("without it the site could never attach again; it was kept")
            }
            _ => None,
        }
    }

    /// What the site still lacks to run on its own, if something.
    pub fn lacking(&self, backbone_site: bool) -> Option<&'static str> {
        if self.settings().is_none() {
            Some("the site's settings")
        } else if self.backbone_trust().is_none_or(|trust| trust.authorities.is_empty()) {
            Some("the Backbone CA")
        } else if !backbone_site && self.network_trust().is_none() {
            Some("the network's CA")
        } else if !backbone_site && self.links().next().is_none() {
            Some("an access point to attach to")
        } else {
            None
        }
    }

    /// Each item's key and digest, to tell a controller what is here.
    pub fn digests(&self) -> Vec<site_proto::ItemDigest> {
        let digest = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap_or_default();
        self.0
            .iter()
            .map(|(key, stored)| site_proto::ItemDigest { key: key.clone(), digest: digest(&stored.digest) })
            .collect()
    }

    fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.values().map(|stored| &stored.item)
    }

    /// What the site is called.
    pub fn settings(&self) -> Option<&Settings> {
        self.iter().find_map(|item| if let Item::Settings(it) = item { Some(it) } else { None })
    }

    /// The Backbone CA generations to pin.
    pub fn backbone_trust(&self) -> Option<&BackboneTrust> {
        self.iter().find_map(|item| if let Item::BackboneTrust(it) = item { Some(it) } else { None })
    }

    /// The own network's window and authorities.
    pub fn network_trust(&self) -> Option<&NetworkScope> {
        self.iter().find_map(|item| if let Item::NetworkTrust(it) = item { Some(it) } else { None })
    }

    /// The links, by id.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.iter().filter_map(|item| if let Item::Link(it) = item { Some(it) } else { None })
    }

    /// The access points, by id.
    pub fn access_points(&self) -> impl Iterator<Item = &AccessPoint> {
        self.iter().filter_map(|item| if let Item::AccessPoint(it) = item { Some(it) } else { None })
    }

    /// The centrally authored listeners, by id.
    pub fn listeners(&self) -> impl Iterator<Item = &Listener> {
        self.iter().filter_map(|item| if let Item::Listener(it) = item { Some(it) } else { None })
    }

    /// Whether the participant may move a central listener.
    pub fn may_move_listener(&self, id: ListenerId) -> bool {
        !self.iter().any(|item| matches!(item, Item::Fixed(fixed) if fixed.listeners.contains(&id)))
    }

    /// Whether the participant may move a central connector.
    pub fn may_move_connector(&self, id: ConnectorId) -> bool {
        !self.iter().any(|item| matches!(item, Item::Fixed(fixed) if fixed.connectors.contains(&id)))
    }

    /// How addresses pick among those who serve them, where that is not the closest.
    pub fn address_policies(&self) -> BTreeMap<Address, AddressPolicy> {
        let policies = self.iter().find_map(|item| if let Item::AddressPolicies(it) = item { Some(it) } else { None });
        policies.map(|it| it.policies.clone()).unwrap_or_default()
    }

    /// Why the site may not serve an address, if it may not by the invitation it came by.
    pub fn may_not_serve(&self, address: &Address) -> Option<String> {
        let allowed = &self.settings()?.terms.limits.serve;
        (!allowed.allow(address))
            .then(|| format!("this site may not serve {address}: the invitation it came by lets it serve {allowed}"))
    }

    /// Why the site may not use an address, if it may not by the invitation it came by.
    pub fn may_not_use(&self, address: &Address) -> Option<String> {
        let allowed = &self.settings()?.terms.limits.uses;
        (!allowed.allow(address))
            .then(|| format!("this site may not use {address}: the invitation it came by lets it use {allowed}"))
    }

    /// Who may serve what, of the networks where that is assigned.
    pub fn assignments(&self) -> impl Iterator<Item = &NetworkAssignments> {
        self.iter().filter_map(|item| if let Item::Assignments(it) = item { Some(it) } else { None })
    }

    /// What the site is offered of each deployment; or why it is refused, when it is not what its digest says.
    pub fn offers(&self) -> impl Iterator<Item = (&Name, Result<Offer, String>)> {
        self.deployments().map(|it| (&it.name, as_digested(it)))
    }

    /// The digest that what is offered of a deployment gives itself, be it refused or not.
    pub(crate) fn offered_digest(&self, deployment: &Name) -> Option<&str> {
        self.deployments().find(|it| it.name == *deployment)?.offer.get("digest")?.as_str()
    }

    fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.iter().filter_map(|item| if let Item::Deployment(it) = item { Some(it) } else { None })
    }

    /// The values of secrets that something offered needs.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.iter().filter_map(|item| if let Item::Secret(it) = item { Some(it) } else { None })
    }

    /// The centrally authored connectors, by id.
    pub fn connectors(&self) -> impl Iterator<Item = &Connector> {
        self.iter().filter_map(|item| if let Item::Connector(it) = item { Some(it) } else { None })
    }
}

impl StoredItem {
    fn read(sent: &site_proto::Item, backbone_site: bool) -> Result<Self, String> {
        let digest = digest::digest(&digest::SHA256, &sent.payload);
        if digest.as_ref() != sent.digest {
            return Err("its digest does not match its content".to_owned());
        }
        let item: Item =
            serde_json::from_slice(&sent.payload).map_err(|error| format!("it is not understood: {error}"))?;
        if item.key() != sent.key {
            return Err(format!("it came under a foreign key; its own is {:?}", item.key()));
        }
        check(&item, backbone_site)?;
        Ok(Self { digest: HEXLOWER.encode(digest.as_ref()), item })
    }
}

/// What a site of this kind accepts, and what would make it unable to run.
fn check(item: &Item, backbone_site: bool) -> Result<(), String> {
    match item {
        Item::BackboneTrust(trust) => authorities(trust.authorities.iter().map(|it| &it.certificate)),
        Item::NetworkTrust(_) if backbone_site => Err("a backbone site belongs to no network".to_owned()),
        Item::NetworkTrust(scope) => authorities(scope.authorities.iter().map(|it| &it.certificate)),
        Item::AccessPoint(_) if !backbone_site => Err("only backbone sites listen for others".to_owned()),
        Item::Listener(_)
        | Item::Connector(_)
        | Item::Fixed(_)
        | Item::AddressPolicies(_)
        | Item::Deployment(_)
        | Item::Secret(_)
            if backbone_site =>
        {
            Err("a backbone site only relays".to_owned())
        }
        Item::Deployment(it) => offer(it).map(drop),
        Item::Listener(it) if it.address.is_platform() => Err("its address belongs to the platform".to_owned()),
        Item::Connector(it) if it.address.is_platform() => Err("its address belongs to the platform".to_owned()),
        Item::Link(link) if link.targets.is_empty() => Err("it has no target".to_owned()),
        Item::Link(link) if link.cost == 0 => Err("its cost must be at least 1".to_owned()),
        _ => Ok(()),
    }
}

/// The offer in an item.
fn offer(item: &Deployment) -> Result<Offer, String> {
    let offer: Offer = serde_json::from_value(item.offer.clone())
        .map_err(|error| format!("it is no offer of a deployment: {error}"))?;
    if offer.deployment.as_str() != item.name.as_str() {
        return Err(format!("it is an offer of another deployment, {}", offer.deployment));
    }
    Ok(offer)
}

/// The offer in an item, if its digest is that of its content: what is agreed to is known by it.
fn as_digested(item: &Deployment) -> Result<Offer, String> {
    let read = offer(item)?;
    let content = Offer::digest_by_content(&item.offer);
    if read.digest == content {
        return Ok(read);
    }
    Err(format!(
        "what is offered is refused: it says that its digest is {}, and by its content that is {content}",
        read.digest
    ))
}

fn authorities<'a>(certificates: impl Iterator<Item = &'a Der>) -> Result<(), String> {
    let mut count = 0;
    for certificate in certificates {
        pki::Certificate::parse(certificate.as_bytes())
            .map_err(|error| format!("a CA certificate in it is damaged: {error}"))?;
        count += 1;
    }
    if count == 0 { Err("it names no CA".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use model::{GenericUuid, ListenerId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::fixture;

    fn listener(n: u128, address: &str) -> Item {
        Item::Listener(Listener {
            id: ListenerId::from_untyped_uuid(Uuid::from_u128(n)),
            address: address.parse().expect("an address"),
            bind: "127.0.0.1:8080".parse().expect("a socket"),
        })
    }

    fn full(items: &[Item]) -> site_proto::State {
        site_proto::State {
            revision: 1,
            full: true,
            keys: items.iter().map(Item::key).collect(),
            changed: items.iter().map(fixture::encode).collect(),
            ..site_proto::State::default()
        }
    }

    fn delta(changed: &[Item], removed: &[&Item]) -> site_proto::State {
        site_proto::State {
            revision: 2,
            changed: changed.iter().map(fixture::encode).collect(),
            removed: removed.iter().map(|item| item.key()).collect(),
            ..site_proto::State::default()
        }
    }

    #[test]
    fn a_full_state_removes_what_it_does_not_name() {
        let base = fixture::member_items();
        let with = [base.clone(), vec![listener(1, "web"), listener(2, "db")]].concat();
        let (items, failures) = Items::default().updated(false, &full(&with));
        assert_eq!((failures, items.listeners().count()), (vec![], 2));
        let without = [base, vec![listener(2, "db")]].concat();
        let (items, failures) = items.updated(false, &full(&without));
        assert_eq!(failures, vec![]);
        assert_eq!(items.listeners().map(|it| it.address.as_str()).collect::<Vec<_>>(), ["db"]);
    }

    #[test]
    fn what_a_site_tells_it_has_is_what_it_was_sent() {
        let sent = full(&fixture::member_items());
        let (items, _) = Items::default().updated(false, &sent);
        let mut told: Vec<_> = sent.changed.iter().map(|it| (it.key.clone(), it.digest.clone())).collect();
        told.sort();
        assert_eq!(items.digests().into_iter().map(|it| (it.key, it.digest)).collect::<Vec<_>>(), told);
        // And it stays so over a restart.
        let json = serde_json::to_string(&items).expect("serialises");
        assert_eq!(serde_json::from_str::<Items>(&json).expect("reads"), items);
        // Nothing new to send: the keys alone keep everything.
        let nothing_new = site_proto::State { changed: vec![], ..sent };
        assert_eq!(items.updated(false, &nothing_new), (items.clone(), vec![]));
    }

    #[test]
    fn a_delta_touches_only_what_it_names() {
        let (items, _) = Items::default().updated(false, &full(&fixture::member_items()));
        let (more, failures) = items.updated(false, &delta(&[listener(1, "web")], &[]));
        assert_eq!((failures, more.listeners().count()), (vec![], 1));
        let (less, failures) = more.updated(false, &delta(&[], &[&listener(1, "web")]));
        assert_eq!((less, failures), (items, vec![]));
    }

    #[test]
    fn nothing_can_remove_what_a_site_cannot_do_without() {
        let (items, _) = Items::default().updated(false, &full(&fixture::member_items()));
        let (kept, failures) = items.updated(false, &full(&[]));
        assert_eq!(kept, items);
        assert_eq!(failures.len(), 4, "settings, backbone trust, network trust, the only link: {failures:?}");
        assert_eq!(kept.lacking(false), None);
    }

    #[test]
    fn a_bad_item_leaves_the_old_one_and_the_others_are_taken() {
        let (items, _) = Items::default().updated(false, &full(&fixture::member_items()));
        let good = listener(1, "web");
        let mut wrong_digest = fixture::encode(&listener(2, "db"));
        wrong_digest.digest = vec![0; 32];
        let mut wrong_key = fixture::encode(&listener(3, "api"));
        wrong_key.key = "settings".to_owned();
        let mut unknown =
            site_proto::Item { key: "x".to_owned(), digest: vec![], payload: br#"{"kind":"new"}"#.to_vec() };
        unknown.digest = digest::digest(&digest::SHA256, &unknown.payload).as_ref().to_vec();
        let state = site_proto::State {
            changed: vec![wrong_digest, wrong_key, unknown, fixture::encode(&good)],
            ..site_proto::State::default()
        };
        let (updated, failures) = items.updated(false, &state);
        assert_eq!(failures.len(), 3, "{failures:?}");
        assert_eq!(updated.settings(), items.settings());
        assert_eq!(updated.listeners().count(), 1);
    }

    #[test]
    fn a_member_never_listens_for_others_and_a_relay_never_serves() {
        let point = fixture::backbone_items().into_iter().find(|item| matches!(item, Item::AccessPoint(_)));
        let point = point.expect("a backbone site has an access point");
        let (_, failures) = Items::default().updated(false, &delta(&[point], &[]));
        assert!(failures[0].message.contains("only backbone sites"), "{failures:?}");
        let (_, failures) = Items::default().updated(true, &delta(&[listener(1, "web")], &[]));
        assert!(failures[0].message.contains("only relays"), "{failures:?}");
    }

    #[test]
    fn an_announced_item_that_never_came_is_reported() {
        let mut state = full(&fixture::member_items());
        state.keys.push("listener/none".to_owned());
        let (_, failures) = Items::default().updated(false, &state);
        assert_eq!(failures[0].key, "listener/none");
    }

    /// A state message about listeners 0 to 5, and about what cannot be removed.
    fn any_state() -> impl Strategy<Value = site_proto::State> {
        let changed = prop::collection::btree_map(0_u128..6, 0_u8..3, 0..4);
        (any::<bool>(), changed, prop::collection::vec(0_u128..6, 0..4), any::<bool>()).prop_map(
            |(full, changed, others, strip)| {
                let item = |n: u128, version: u8| listener(n, &format!("a{version}"));
                let base = fixture::member_items().iter().map(Item::key).collect::<Vec<_>>();
                let others: Vec<String> = others.into_iter().map(|n| item(n, 0).key()).collect();
                let mut keys: Vec<String> = changed.iter().map(|(n, v)| item(*n, *v).key()).collect();
                if full && !strip {
                    keys.extend(base.clone());
                }
                site_proto::State {
                    revision: 1,
                    full,
                    keys,
                    changed: changed.iter().map(|(n, v)| fixture::encode(&item(*n, *v))).collect(),
                    removed: if strip { [others, base].concat() } else { others },
                    ..site_proto::State::default()
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_site_has_what_it_was_told_and_never_lacks_what_it_needs(states in prop::collection::vec(any_state(), 1..8)) {
            let mut items = fixture::items(&fixture::member_items(), false);
            let mut expected: BTreeMap<String, Vec<u8>> = BTreeMap::new();
            for state in &states {
                for item in &state.changed {
                    expected.insert(item.key.clone(), item.digest.clone());
                }
                if state.full {
                    expected.retain(|key, _| state.keys.contains(key));
                }
                for key in state.removed.iter().filter(|key| state.changed.iter().all(|it| it.key != **key)) {
                    expected.remove(key);
                }
                items = items.updated(false, state).0;
                prop_assert_eq!(items.lacking(false), None);
                let listeners: BTreeMap<String, Vec<u8>> = items
                    .digests()
                    .into_iter()
                    .filter(|it| it.key.starts_with("listener/"))
                    .map(|it| (it.key, it.digest))
                    .collect();
                prop_assert_eq!(&listeners, &expected);
            }
        }
    }
}
