//! What a site shall be: a pure function from what is stored to the items of its desired state.

use std::collections::BTreeMap;

use model::{
    AccessKind, AccessPointId, AccessPointSpec, BackboneSiteId, GenericUuid, HostPort, LinkId, Name, SiteId,
    desired::{BackboneTrust, Item, NetworkScope, Settings},
    lifecycle::BackboneSiteState,
    router::{AccessPoint, Connector, Link, Listener, Transport},
    trust::AuthorityTrust,
};
use ring::digest;

/// What every site of a backbone shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackboneInputs {
    pub(crate) name: Name,
    pub(crate) authorities: Vec<AuthorityTrust>,
    pub(crate) sites: Vec<SiteInput>,
    pub(crate) links: Vec<LinkInput>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SiteInput {
    pub(crate) id: BackboneSiteId,
    pub(crate) name: Name,
    pub(crate) state: BackboneSiteState,
    /// Whether a bundle has been rendered, so that somebody may have started it.
    pub(crate) bundled: bool,
    pub(crate) access: Vec<AccessInput>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessInput {
    pub(crate) id: AccessPointId,
    pub(crate) spec: AccessPointSpec,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkInput {
    pub(crate) id: LinkId,
    pub(crate) from: BackboneSiteId,
    pub(crate) to: BackboneSiteId,
    pub(crate) access: AccessPointId,
    pub(crate) cost: u32,
    pub(crate) transport: Transport,
}

/// What every member of a network shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkInputs {
    pub(crate) name: Name,
    pub(crate) scope: NetworkScope,
    pub(crate) listeners: Vec<(Place, Listener)>,
    pub(crate) connectors: Vec<(Place, Connector)>,
}

/// For which member sites a listener or connector is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Site(SiteId),
    Class(Name),
}

/// A member site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberInput {
    pub(crate) id: SiteId,
    pub(crate) name: Name,
    pub(crate) classes: Vec<Name>,
}

/// The desired state of relay site `id`; nothing, when the backbone has no such live site.
pub(crate) fn backbone_site(backbone: &BackboneInputs, id: BackboneSiteId) -> Vec<Item> {
    let Some(site) = backbone.live().find(|site| site.id == id) else {
        return vec![];
    };
    let settings = Settings { name: site.name.clone(), parent: backbone.name.clone(), classes: vec![] };
    let mut items = vec![Item::Settings(settings), backbone.trust()];
    items.extend(site.access.iter().map(|access| Item::AccessPoint(access.listening())));
    items.extend(backbone.links.iter().filter(|link| link.from == id).filter_map(|link| {
        let target = backbone.access(link.to, link.access)?;
        Some(Item::Link(Link {
            id: link.id,
            targets: vec![target.spec.advertised.clone()],
            peer: Some(link.to),
            cost: link.cost,
            transport: link.transport,
        }))
    }));
    items
}

/// The desired state of a member site.
pub(crate) fn member(backbone: &BackboneInputs, network: &NetworkInputs, site: &MemberInput) -> Vec<Item> {
    let settings = Settings { name: site.name.clone(), parent: network.name.clone(), classes: site.classes.clone() };
    let mut items = vec![Item::Settings(settings), backbone.trust(), Item::NetworkTrust(network.scope.clone())];
    let targets = backbone.attachments(&[AccessKind::Member]);
    if !targets.is_empty() {
        // The link is the member's own: its id is the site's, so that it stays the same for good.
        let id = LinkId::from_untyped_uuid(site.id.into_untyped_uuid());
        items.push(Item::Link(Link { id, targets, peer: None, cost: 1, transport: Transport::Direct }));
    }
    let here = |place: &Place| match place {
        Place::Site(id) => *id == site.id,
        Place::Class(class) => site.classes.contains(class),
    };
    let listeners = network.listeners.iter().filter(|(place, _)| here(place));
    items.extend(listeners.map(|(_, listener)| Item::Listener(listener.clone())));
    let connectors = network.connectors.iter().filter(|(place, _)| here(place));
    items.extend(connectors.map(|(_, connector)| Item::Connector(connector.clone())));
    items
}

impl BackboneInputs {
    fn live(&self) -> impl Iterator<Item = &SiteInput> {
        self.sites.iter().filter(|site| site.state != BackboneSiteState::Evicted)
    }

    fn trust(&self) -> Item {
        Item::BackboneTrust(BackboneTrust { authorities: self.authorities.clone() })
    }

    fn access(&self, site: BackboneSiteId, access: AccessPointId) -> Option<&AccessInput> {
        self.live().find(|s| s.id == site)?.access.iter().find(|a| a.id == access)
    }

    /// Where sites attach that need every one of `kinds`: the access points of deployed sites, in order of preference.
    pub(crate) fn attachments(&self, kinds: &[AccessKind]) -> Vec<HostPort> {
        self.live()
            .filter(|site| site.state == BackboneSiteState::Deployed)
            .flat_map(|site| &site.access)
            .filter(|access| kinds.iter().all(|kind| access.spec.kinds.contains(*kind)))
            .map(|access| access.spec.advertised.clone())
            .collect()
    }

    /// The links a controller keeps: to every `manage` access point of each site that runs or may be waiting to enrol.
    pub(crate) fn managed(&self) -> Vec<Link> {
        self.live()
            .filter(|site| site.state == BackboneSiteState::Deployed || site.bundled)
            .flat_map(|site| site.access.iter().map(move |access| (site, access)))
            .filter(|(_, access)| access.spec.kinds.contains(AccessKind::Manage))
            .map(|(site, access)| Link {
                // One link per access point: it has that access point's id.
                id: LinkId::from_untyped_uuid(access.id.into_untyped_uuid()),
                targets: vec![access.spec.advertised.clone()],
                peer: Some(site.id),
                cost: 1,
                transport: Transport::Direct,
            })
            .collect()
    }
}

impl AccessInput {
    /// The access point as the site's router is to listen at it.
    pub(crate) fn listening(&self) -> AccessPoint {
        let everywhere = || (std::net::Ipv4Addr::UNSPECIFIED, self.spec.advertised.port).into();
        AccessPoint {
            id: self.id,
            name: self.spec.name.clone(),
            kinds: self.spec.kinds.clone(),
            bind: self.spec.bind.unwrap_or_else(everywhere),
        }
    }
}

/// A desired state as it travels: each item's JSON form with its digest, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoded(BTreeMap<String, EncodedItem>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct EncodedItem {
    digest: [u8; 32],
    payload: Vec<u8>,
}

/// What changes between two desired states.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Difference {
    pub(crate) changed: Vec<site_proto::Item>,
    pub(crate) removed: Vec<String>,
}

impl Encoded {
    /// Encodes `items`.
    pub(crate) fn new(items: &[Item]) -> Self {
        let encode = |item: &Item| {
            let payload = serde_json::to_vec(item).expect("desired state has no maps with keys that JSON lacks");
            (item.key(), EncodedItem { digest: sha256(&payload), payload })
        };
        Self(items.iter().map(encode).collect())
    }

    /// Every key there should be.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Every item.
    pub(crate) fn all(&self) -> Vec<site_proto::Item> {
        self.0.iter().map(|(key, item)| item.to_proto(key)).collect()
    }

    /// The items whose digest is not among `have`.
    pub(crate) fn missing_from(&self, have: &[site_proto::ItemDigest]) -> Vec<site_proto::Item> {
        let have: BTreeMap<&str, &[u8]> = have.iter().map(|h| (h.key.as_str(), h.digest.as_slice())).collect();
        let differs = |key: &str, item: &EncodedItem| have.get(key).is_none_or(|digest| *digest != item.digest);
        self.0.iter().filter(|(key, item)| differs(key, item)).map(|(key, item)| item.to_proto(key)).collect()
    }

    /// What leads from `self` to `next`; nothing, when they are the same.
    pub(crate) fn difference(&self, next: &Self) -> Option<Difference> {
        let changed = next.0.iter().filter(|(key, item)| self.0.get(*key) != Some(item));
        let removed = self.0.keys().filter(|key| !next.0.contains_key(*key));
        let difference = Difference {
            changed: changed.map(|(key, item)| item.to_proto(key)).collect(),
            removed: removed.cloned().collect(),
        };
        (!difference.changed.is_empty() || !difference.removed.is_empty()).then_some(difference)
    }
}

impl EncodedItem {
    fn to_proto(&self, key: &str) -> site_proto::Item {
        site_proto::Item { key: key.to_owned(), digest: self.digest.to_vec(), payload: self.payload.clone() }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests;
