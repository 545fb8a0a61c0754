//! Applying manifests: what is asked for, and what it comes to.

use std::collections::BTreeMap;

use model::Name;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Authored, FieldError, Manifest, ManifestKind,
    check::{Check, Errors},
    schema,
};

/// Applies a set of manifests: all of it, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "manifests": [{
        "apiVersion": "skupperx.io/v1",
        "kind": "Invitation",
        "metadata": {"name": "stores", "network": "retail"},
        "spec": {"uses": 50, "classes": ["store"]}
    }],
    "set": "retail",
    "prune": true,
    "dry_run": true
}))]
pub struct Apply {
    /// The manifests, in any order. 1000 at most.
    #[schema(value_type = Vec<Manifest>)]
    pub manifests: Vec<Value>,
    /// The name of the set they are. What is applied becomes part of it, and is changed under no other name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub set: Option<Name>,
    /// Whether what is in the set and in none of the manifests is deleted.
    #[serde(default)]
    #[schema(required = false)]
    pub prune: bool,
    /// How many objects may be deleted; half of those in the set and no more than 20, unless given. One always may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_removals: Option<u32>,
    /// Whether objects that are in other sets are taken over into this one.
    #[serde(default)]
    #[schema(required = false)]
    pub take_over: bool,
    /// Whether changes are made even if they cut off sites that run, or leave members nowhere to attach.
    #[serde(default)]
    #[schema(required = false)]
    pub force: bool,
    /// Whether only to say what would happen. Everything is tried, and undone.
    #[serde(default)]
    #[schema(required = false)]
    pub dry_run: bool,
    /// The digest of the plan that was agreed to: another one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_plan: Option<String>,
}

impl Apply {
    /// How many manifests there can be.
    pub const MAX_MANIFESTS: usize = 1_000;

    /// What the manifests ask for, in their order.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them.
    pub fn authored(&self) -> Result<Vec<Authored>, Vec<FieldError>> {
        let (mut all, mut faults) = (vec![], vec![]);
        for (i, manifest) in self.manifests.iter().enumerate() {
            match Authored::read(manifest) {
                Ok(authored) => all.push((i, authored)),
                Err(found) => faults.extend(found.into_iter().map(|error| error.within(&format!("manifests[{i}]")))),
            }
        }
        let mut places: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (i, authored) in &all {
            places.entry(authored.key()).or_default().push(*i);
        }
        for (key, places) in places.iter().filter(|(_, places)| places.len() > 1) {
            let twice =
                |i: &usize| FieldError::new(format!("manifests[{i}]"), format!("{key} is there more than once"));
            faults.extend(places.iter().map(twice));
        }
        if faults.is_empty() { Ok(all.into_iter().map(|(_, authored)| authored).collect()) } else { Err(faults) }
    }
}

impl Check for Apply {
    fn check(&self, errors: &mut Errors) {
        if self.manifests.len() > Self::MAX_MANIFESTS {
            errors.add("manifests", format!("there are more than {}; apply them in parts", Self::MAX_MANIFESTS));
        } else if let Err(faults) = self.authored() {
            errors.extend(faults);
        }
        if self.manifests.is_empty() && !self.prune {
            errors.add("manifests", "there is nothing to apply");
        }
        for (field, given) in [("prune", self.prune), ("take_over", self.take_over)] {
            if given && self.set.is_none() {
                errors.add(field, "say of which set: give set");
            }
        }
        if self.max_removals.is_some() && !self.prune {
            errors.add("max_removals", "nothing is deleted without prune");
        }
    }
}

/// What applying comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "dry_run": true,
    "set": "retail",
    "plan": "9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "differences": 1,
    "steps": [{
        "action": "change",
        "kind": "Invitation",
        "parent": "retail",
        "name": "stores",
        "manifest": 0,
        "changes": [{"field": "uses", "from": 10, "to": 50}]
    }]
}))]
pub struct Applied {
    /// Whether nothing was done, and this is only what would happen.
    pub dry_run: bool,
    /// The set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub set: Option<Name>,
    /// The digest of the plan, for `if_plan`.
    pub plan: String,
    /// How many steps do anything.
    pub differences: u64,
    /// The manifests in their order, then what is in the set and in none of them.
    pub steps: Vec<ApplyStep>,
}

/// What is done to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplyStep {
    /// What.
    pub action: ApplyAction,
    /// The object's kind.
    pub kind: ManifestKind,
    /// The backbone or network it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub parent: Option<Name>,
    /// Its name: of links `FROM,TO/ACCESS`, of listeners and connectors `ADDRESS,site=SITE,SOCKET` or
    /// `ADDRESS,class=CLASS,SOCKET`.
    pub name: String,
    /// Its place among the manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<u32>,
    /// What changes in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The set it comes into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub joins: Option<Name>,
    /// The set it leaves for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub leaves: Option<Name>,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApplyAction {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is removed and made anew: listeners and connectors are never changed.
    Replace,
    /// It stays as it is, and comes into the set.
    Adopt,
    /// It is as the manifest says.
    Nothing,
    /// It is in the set and in no manifest, and stays: it is deleted with prune.
    Keep,
    /// It is deleted: it is in the set and in no manifest.
    Delete,
}

impl ApplyAction {
    /// The action as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Replace => "replace",
            Self::Adopt => "adopt",
            Self::Nothing => "nothing",
            Self::Keep => "keep",
            Self::Delete => "delete",
        }
    }

    /// Whether anything is done.
    pub fn is_difference(self) -> bool {
        !matches!(self, Self::Nothing | Self::Keep)
    }
}

/// A field that differs. No value means that it is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// The field, dotted.
    pub field: String,
    /// Its value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// Its value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}
