use std::collections::BTreeMap;

use model::desired::Item;
use ring::digest;

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

    /// The digest of the item with this key, if there is one.
    pub(crate) fn digest(&self, key: &str) -> Option<[u8; 32]> {
        self.0.get(key).map(|item| item.digest)
    }

    /// The item with this key, if there is one.
    pub(crate) fn item(&self, key: &str) -> Option<site_proto::Item> {
        self.0.get(key).map(|item| item.to_proto(key))
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
