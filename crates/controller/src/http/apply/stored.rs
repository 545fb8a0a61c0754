//! What is stored, as far as some manifests and a set are concerned with it.

use std::collections::BTreeMap;

use api::{Authored, ManifestKind};
use authz::Action;
use model::{BackboneId, Name, NetworkId};
use serde_json::Value;
use store::{
    deployment,
    manifest_set::{self, Object},
};

use super::plan::{Found, canonical};
use crate::{
    App,
    http::{
        handlers::{self, all},
        problem::Refusal,
    },
    ops::{Actor, OpError, Ref, address, backbone, backbone_site, invitation, link, network, socket, socket::Kind},
};

/// Reads every object of the backbones and networks that `wanted` names, or that have a part in `set`, as far as whoever
/// applies may look inside them. What they may not see is not there.
pub(super) async fn read(
    app: &App,
    actor: &Actor,
    wanted: &[Authored],
    set: Option<&Name>,
) -> Result<Vec<Found>, Refusal> {
    let (mut backbones, mut networks): (Vec<Ref>, Vec<Ref>) = (vec![], vec![]);
    for authored in wanted {
        let key = authored.key();
        let root = key.parent.or_else(|| key.name.parse().ok()).map(Ref::Name);
        match authored.kind().parent().unwrap_or(authored.kind()) {
            ManifestKind::Backbone => backbones.extend(root),
            _ => networks.extend(root),
        }
    }
    if let Some(set) = set {
        for member in manifest_set::members(app.store(), set).await.map_err(OpError::from)? {
            backbones.extend(member.object.backbone().map(Ref::id));
            networks.extend(member.object.network().map(Ref::id));
        }
    }
    let mut read = Read { app, actor, found: vec![], backbones: BTreeMap::new(), networks: BTreeMap::new() };
    for backbone in backbones {
        read.backbone(&backbone).await?;
    }
    for network in networks {
        read.network(&network).await?;
    }
    read.in_sets().await
}

struct Read<'a> {
    app: &'a App,
    actor: &'a Actor,
    found: Vec<Found>,
    backbones: BTreeMap<BackboneId, Name>,
    networks: BTreeMap<NetworkId, Name>,
}

/// Whether what a reference names is read already.
fn is_read<T: model::GenericUuid + Copy>(read: &BTreeMap<T, Name>, wanted: &Ref) -> bool {
    read.iter().any(|(id, name)| match wanted {
        Ref::Name(wanted) => wanted == name,
        Ref::Id(wanted) => id.into_untyped_uuid() == *wanted,
    })
}

/// What there is; nothing, where there is none.
fn if_any<T>(outcome: Result<T, OpError>) -> Result<Option<T>, OpError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(OpError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Read<'_> {
    fn add(&mut self, authored: Authored, object: Object, revision: i64) {
        self.found.push(Found { authored, object, revision, set: None, members: 0, going: false });
    }

    async fn backbone(&mut self, wanted: &Ref) -> Result<(), Refusal> {
        let app = self.app;
        if is_read(&self.backbones, wanted) {
            return Ok(());
        }
        let Some(found) = if_any(backbone::show(app, wanted).await)? else { return Ok(()) };
        if !self.actor.reach.inspects(found.id) {
            return Ok(());
        }
        let of = Ref::id(found.id);
        self.backbones.insert(found.id, found.name.clone());
        let (id, revision) = (found.id, found.meta.revision);
        self.add(Authored::from(&handlers::backbone::view(found, self.actor)), Object::Backbone(id), revision);
        for site in all!(page => backbone_site::list(app, &of, page)) {
            let (object, revision) = (Object::BackboneSite(site.backbone, site.id), site.meta.revision);
            self.add(Authored::from(&handlers::site::view(site)), object, revision);
        }
        for link in all!(page => link::list(app, &of, page)) {
            let (object, revision) = (Object::Link(link.backbone, link.id), link.meta.revision);
            self.add(Authored::from(&handlers::link::view(link)), object, revision);
        }
        Ok(())
    }

    async fn network(&mut self, wanted: &Ref) -> Result<(), Refusal> {
        let app = self.app;
        if is_read(&self.networks, wanted) {
            return Ok(());
        }
        let seen = self.actor.require_in_network(app.store(), Action::ShowNetwork, wanted).await;
        let Some(seen) = if_any(seen)? else { return Ok(()) };
        let found = network::show(app, &Ref::id(seen.id)).await?;
        let (id, of, name) = (found.id, Ref::id(found.id), found.name.clone());
        self.networks.insert(id, name.clone());
        let (members, revision) = (found.members, found.meta.revision);
        let authored = Authored::from(&handlers::network::view(found));
        let object = Object::Network(id);
        self.found.push(Found { authored, object, revision, set: None, members, going: false });
        for invitation in all!(page => invitation::list(app, &of, page)) {
            let (object, revision) = (Object::Invitation(id, invitation.id), invitation.meta.revision);
            self.add(Authored::from(&handlers::invitation::view(invitation)), object, revision);
        }
        for listener in all!(page => socket::list(app, Kind::Listener, &of, page)) {
            let object = Object::Listener(id, model::GenericUuid::from_untyped_uuid(listener.id));
            let revision = listener.meta.revision;
            self.add(Authored::from(&handlers::listener::listener(listener)), object, revision);
        }
        for connector in all!(page => socket::list(app, Kind::Connector, &of, page)) {
            let object = Object::Connector(id, model::GenericUuid::from_untyped_uuid(connector.id));
            let revision = connector.meta.revision;
            self.add(Authored::from(&handlers::listener::connector(connector)), object, revision);
        }
        for policy in address::list_policies(app, &of).await? {
            let (object, revision) = (Object::AddressPolicy(id, policy.set.address.clone()), policy.set.revision);
            self.add(Authored::policy(name.clone(), &handlers::address::policy(policy)), object, revision);
        }
        for row in deployment::list(app.store(), id).await.map_err(OpError::from)? {
            let spec = row.document.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
            let authored = Authored::Deployment(name.clone(), row.name, canonical(spec));
            let object = Object::Deployment(id, row.id);
            let (revision, going) = (row.revision, row.removing);
            self.found.push(Found { authored, object, revision, set: None, members: 0, going });
        }
        Ok(())
    }

    /// What was read, each object with the set it is in.
    async fn in_sets(mut self) -> Result<Vec<Found>, Refusal> {
        let backbones: Vec<_> = self.backbones.into_keys().collect();
        let networks: Vec<_> = self.networks.into_keys().collect();
        let members = manifest_set::within(self.app.store(), &backbones, &networks).await.map_err(OpError::from)?;
        let sets: BTreeMap<Object, Name> = members.into_iter().map(|member| (member.object, member.set)).collect();
        for found in &mut self.found {
            found.set = sets.get(&found.object).cloned();
        }
        Ok(self.found)
    }
}
