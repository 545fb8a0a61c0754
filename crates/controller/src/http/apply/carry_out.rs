//! Carrying out a plan, by the operations that single requests are carried out by.
//!
//! The order is such that nothing is missing what it needs, and nothing is cut off between the old way and the new one:
//! sockets that go make room first; then everything is made and changed, what others need before those; and what is
//! needed no more goes in the end, the other way round.

use std::collections::BTreeSet;

use api::{
    API_VERSION, AccessPointCreate, ApplyAction, Authored, BackboneSiteCreate, FieldError, InvitationSet, LinkSet,
    ManifestKind, NetworkCreate, NetworkSet, Problem, ProblemType, fields_of,
};
use authz::{Action, Target};
use model::{AccessKind, GenericUuid as _, Name};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use store::manifest_set::{self, Object};
use utoipa::PartialSchema;

use super::plan::{Entry, Found};
use crate::{
    App,
    http::{handlers, problem::Refusal},
    ops::{
        Actor, OpError, Ref, access_point, address, backbone, backbone_site, classes,
        cut_off::Even,
        deployment, invitation, link, network,
        socket::{self, Kind},
    },
};

/// Who applies, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct By<'a> {
    pub(super) app: &'a App,
    pub(super) actor: &'a Actor,
    pub(super) even_if: Even,
}

/// Carries out a plan; the first step that is refused ends it.
pub(super) async fn carry_out(by: By<'_>, entries: &[Entry]) -> Result<(), Refusal> {
    use ManifestKind::{
        AddressPolicy, ApplicationNetwork, Backbone, BackboneSite, Connector, Deployment, Invitation, Link, Listener,
    };
    let mut objects: Vec<Option<Object>> =
        entries.iter().map(|entry| Some(entry.found.as_ref()?.object.clone())).collect();
    by.delete_all(entries, &[Listener, Connector, AddressPolicy]).await?;
    for kind in ManifestKind::ALL {
        for (entry, object) in entries.iter().zip(&mut objects).filter(|(entry, _)| entry.key.kind == kind) {
            by.permit(entry).await.map_err(|refusal| located(entry, refusal))?;
            let done = match entry.action {
                ApplyAction::Create | ApplyAction::Replace => by.create(entry).await.map(|made| *object = Some(made)),
                ApplyAction::Change => by.change(entry).await,
                _ => Ok(()),
            };
            done.map_err(|refusal| located(entry, refusal))?;
        }
    }
    by.delete_all(entries, &[Deployment, Invitation, Link]).await?;
    for entry in entries.iter().filter(|entry| entry.action == ApplyAction::Change) {
        by.narrow(entry).await.map_err(|refusal| located(entry, refusal))?;
    }
    by.delete_all(entries, &[ApplicationNetwork, BackboneSite, Backbone]).await?;
    by.join(entries, &objects).await
}

impl By<'_> {
    /// Refuses what whoever applies may not do. Whether they may make a network is decided when it is made.
    async fn permit(self, entry: &Entry) -> Result<(), Refusal> {
        use ManifestKind::{
            AddressPolicy, ApplicationNetwork, Backbone, BackboneSite, Connector, Deployment, Invitation, Link,
            Listener,
        };
        let (db, actor) = (self.app.store(), self.actor);
        let parent = entry.key.parent.clone().map(Ref::Name);
        let of = parent.or_else(|| entry.key.name.parse().ok()).ok_or_else(incomplete)?;
        match (entry.key.kind, entry.action) {
            (_, ApplyAction::Nothing | ApplyAction::Keep) | (ApplicationNetwork, ApplyAction::Create) => {}
            (Backbone, ApplyAction::Create) => actor.require(Action::CreateBackbone, &Target::Installation)?,
            (Backbone | BackboneSite | Link, _) => {
                actor.require_on_backbone(db, Action::ManageBackbone, &of).await?;
            }
            (ApplicationNetwork, _) => drop(actor.require_in_network(db, Action::ManageNetwork, &of).await?),
            (Invitation, _) => drop(actor.require_in_network(db, Action::ManageInvitations, &of).await?),
            (Deployment, _) => drop(actor.require_in_network(db, Action::ManageDeployments, &of).await?),
            (Listener | Connector | AddressPolicy, _) => {
                actor.require_in_network(db, Action::ManageServices, &of).await?;
            }
        }
        Ok(())
    }

    /// Deletes the objects of some kinds that are to go, or to be made anew; in the order of the kinds.
    async fn delete_all(self, entries: &[Entry], kinds: &[ManifestKind]) -> Result<(), Refusal> {
        for kind in kinds {
            let goes = |entry: &&Entry| matches!(entry.action, ApplyAction::Delete | ApplyAction::Replace);
            for entry in entries.iter().filter(goes).filter(|entry| entry.key.kind == *kind) {
                self.permit(entry).await.map_err(|refusal| located(entry, refusal))?;
                self.delete(entry).await.map_err(|refusal| located(entry, refusal))?;
            }
        }
        Ok(())
    }

    /// Makes the object of a manifest.
    async fn create(self, entry: &Entry) -> Result<Object, Refusal> {
        let Self { app, actor, .. } = self;
        let Some((_, wanted)) = entry.wanted.clone() else { return Err(incomplete()) };
        Ok(match wanted {
            Authored::Backbone(input) => {
                Object::Backbone(backbone::create(app, actor, handlers::backbone::wanted(input)).await?.id)
            }
            Authored::BackboneSite(of, input) => {
                let made = backbone_site::create(app, actor, handlers::site::wanted(of.into(), input)).await?;
                Object::BackboneSite(made.backbone, made.id)
            }
            Authored::Link(of, input) => {
                let made = link::create(app, actor, handlers::link::wanted(of.into(), input)).await?;
                Object::Link(made.backbone, made.id)
            }
            Authored::ApplicationNetwork(input) => {
                Object::Network(network::create(app, actor, handlers::network::wanted(input)).await?.id)
            }
            Authored::Invitation(of, input) => {
                let made = invitation::create(app, actor, handlers::invitation::wanted(of.into(), input)).await?;
                Object::Invitation(made.network, made.id)
            }
            Authored::Listener(of, input) => {
                let input = handlers::listener::listener_wanted(of.into(), input)?;
                let made = socket::add(app, actor, Kind::Listener, input).await?;
                Object::Listener(made.network, model::GenericUuid::from_untyped_uuid(made.id))
            }
            Authored::Connector(of, input) => {
                let input = handlers::listener::connector_wanted(of.into(), input)?;
                let made = socket::add(app, actor, Kind::Connector, input).await?;
                Object::Connector(made.network, model::GenericUuid::from_untyped_uuid(made.id))
            }
            Authored::AddressPolicy(of, address, input) => {
                let input = handlers::address::wanted(input);
                let set = address::set_policy(app, actor, &of.into(), &address, &input, None).await?.set;
                Object::AddressPolicy(set.network, set.address)
            }
            Authored::Deployment(of, name, spec) => {
                let document = document(&of, &name, spec);
                let made = deployment::create(app, actor, &of.into(), document).await?.stored;
                Object::Deployment(made.network, made.id)
            }
        })
    }

    /// Changes an object, as far as that takes nothing from others.
    async fn change(self, entry: &Entry) -> Result<(), Refusal> {
        let Self { app, actor, .. } = self;
        let (wanted, found) = both(entry)?;
        let revision = Some(found.revision);
        match (wanted, &found.authored, &found.object) {
            (Authored::BackboneSite(of, wanted), Authored::BackboneSite(_, found), _) => {
                let (of, site) = (Ref::Name(of.clone()), Ref::Name(wanted.name.clone()));
                for point in &wanted.access {
                    let spec = handlers::site::spec(point.clone());
                    match named(found, &point.name) {
                        None => drop(access_point::add(app, actor, &of, &site, spec).await?),
                        Some(before) if before != point && !narrows(before, point) => {
                            access_point::set(app, actor, &of, &site, spec, None, self.even_if).await?;
                        }
                        Some(_) => {}
                    }
                }
            }
            (Authored::Link(of, _), _, Object::Link(_, id)) => {
                let changes: LinkSet = changes(entry)?;
                link::set(app, actor, &of.clone().into(), *id, handlers::link::changes(changes), revision).await?;
            }
            (Authored::ApplicationNetwork(wanted), Authored::ApplicationNetwork(found), _) => {
                let of = Ref::Name(wanted.name.clone());
                let changes: NetworkSet = changes(entry)?;
                if changes != NetworkSet::default() {
                    network::set(app, actor, &of, handlers::network::changes(changes), revision).await?;
                }
                for class in classes_of(wanted).difference(&classes_of(found)) {
                    classes::add(app, actor, &of, class).await?;
                }
            }
            (Authored::Invitation(of, wanted), ..) => {
                let (of, name) = (Ref::Name(of.clone()), Ref::Name(wanted.name.clone()));
                let changes = handlers::invitation::changes(changes::<InvitationSet>(entry)?);
                invitation::set(app, actor, &of, &name, changes, revision).await?;
            }
            (Authored::AddressPolicy(of, address, wanted), ..) => {
                let wanted = handlers::address::wanted(wanted.clone());
                address::set_policy(app, actor, &of.clone().into(), address, &wanted, revision).await?;
            }
            (Authored::Deployment(of, name, spec), ..) => {
                let document = document(of, name, spec.clone());
                let at = (Ref::Name(of.clone()), Ref::Name(name.clone()));
                deployment::set(app, actor, &at.0, &at.1, document, revision).await?;
            }
            // Nothing about it can be changed: whatever differs is refused.
            _ => {
                let Unchangeable {} = changes(entry)?;
            }
        }
        Ok(())
    }

    /// Takes from an object what others could need until now: access points, their admitting peers, classes.
    async fn narrow(self, entry: &Entry) -> Result<(), Refusal> {
        let Self { app, actor, even_if } = self;
        let (wanted, found) = both(entry)?;
        match (wanted, &found.authored) {
            (Authored::BackboneSite(of, wanted), Authored::BackboneSite(_, found)) => {
                let (of, site) = (Ref::Name(of.clone()), Ref::Name(wanted.name.clone()));
                for before in &found.access {
                    match named(wanted, &before.name) {
                        None => {
                            let point = Ref::Name(before.name.clone());
                            access_point::remove(app, actor, &of, &site, &point, None, even_if).await?;
                        }
                        Some(point) if narrows(before, point) => {
                            let spec = handlers::site::spec(point.clone());
                            access_point::set(app, actor, &of, &site, spec, None, even_if).await?;
                        }
                        Some(_) => {}
                    }
                }
            }
            (Authored::ApplicationNetwork(wanted), Authored::ApplicationNetwork(found)) => {
                let of = Ref::Name(wanted.name.clone());
                for class in classes_of(found).difference(&classes_of(wanted)) {
                    classes::remove(app, actor, &of, class).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Deletes the object that was found.
    async fn delete(self, entry: &Entry) -> Result<(), Refusal> {
        let Self { app, actor, even_if } = self;
        let Some(found) = &entry.found else { return Err(incomplete()) };
        let revision = Some(found.revision);
        match &found.object {
            Object::Backbone(id) => backbone::delete(app, actor, &Ref::id(*id), revision).await?,
            Object::BackboneSite(of, id) => {
                backbone_site::delete(app, actor, &Ref::id(*of), &Ref::id(*id), revision).await?;
            }
            Object::Link(of, id) => link::delete(app, actor, &Ref::id(*of), *id, revision, even_if).await?,
            Object::Network(id) => drop(network::delete(app, actor, &Ref::id(*id), revision).await?),
            Object::Invitation(of, id) => {
                drop(invitation::delete(app, actor, &Ref::id(*of), &Ref::id(*id), revision).await?);
            }
            Object::Listener(of, id) => {
                let id = id.into_untyped_uuid();
                socket::remove(app, actor, Kind::Listener, &Ref::id(*of), id, revision).await?;
            }
            Object::Connector(of, id) => {
                let id = id.into_untyped_uuid();
                socket::remove(app, actor, Kind::Connector, &Ref::id(*of), id, revision).await?;
            }
            Object::AddressPolicy(of, address) => {
                address::remove_policy(app, actor, &Ref::id(*of), address, revision).await?;
            }
            Object::Deployment(of, id) => {
                drop(deployment::delete(app, actor, &Ref::id(*of), &Ref::id(*id), revision).await?);
            }
        }
        Ok(())
    }

    /// Takes into their set the objects that come into it.
    async fn join(self, entries: &[Entry], objects: &[Option<Object>]) -> Result<(), Refusal> {
        let mut tx = self.app.store().begin(&self.actor.context()).await.map_err(OpError::from)?;
        for (entry, object) in entries.iter().zip(objects) {
            if let (Some(set), Some(object)) = (&entry.joins, object) {
                manifest_set::join(&mut tx, set, object).await.map_err(OpError::from)?;
            }
        }
        tx.commit().await.map_err(OpError::from)?;
        Ok(())
    }
}

/// What a deployment says.
fn document(network: &Name, name: &Name, spec: Map<String, Value>) -> Value {
    let metadata = json!({ "name": name, "network": network });
    json!({ "apiVersion": API_VERSION, "kind": ManifestKind::Deployment, "metadata": metadata, "spec": spec })
}

/// The request that changes the fields of an object that differ.
fn changes<T: DeserializeOwned + PartialSchema>(entry: &Entry) -> Result<T, Refusal> {
    let (wanted, _) = both(entry)?;
    let (known, wanted) = (fields_of::<T>(), wanted.spec());
    let mut changes = Map::new();
    for change in &entry.changes {
        let field = change.field.split('.').next().unwrap_or_default();
        if ELSEWHERE.contains(&(entry.key.kind, field)) {
            continue;
        }
        if !known.contains(field) {
            let message = "it cannot be changed; leave it as it is, or delete the object and apply again".to_owned();
            return Err(Refusal::field(field, message));
        }
        let nothing = if matches!(change.from, Some(Value::Array(_))) { Value::Array(vec![]) } else { Value::Null };
        changes.insert(field.to_owned(), wanted.get(field).cloned().unwrap_or(nothing));
    }
    serde_json::from_value(Value::Object(changes))
        .map_err(OpError::internal("a change of an object is no request of the API"))
        .map_err(Refusal::from)
}

/// What is changed by operations of its own.
const ELSEWHERE: [(ManifestKind, &str); 1] = [(ManifestKind::ApplicationNetwork, "classes")];

/// A request that changes nothing.
#[derive(serde::Deserialize, utoipa::ToSchema)]
struct Unchangeable {}

fn both(entry: &Entry) -> Result<(&Authored, &Found), Refusal> {
    match (&entry.wanted, &entry.found) {
        (Some((_, wanted)), Some(found)) => Ok((wanted, found)),
        _ => Err(incomplete()),
    }
}

fn incomplete() -> Refusal {
    OpError::Internal { context: "a plan lacks what it is about", source: "it is a defect".into() }.into()
}

fn named<'a>(site: &'a BackboneSiteCreate, name: &Name) -> Option<&'a AccessPointCreate> {
    site.access.iter().find(|point| point.name == *name)
}

/// Whether links that dial the access point stand in the way of the change.
fn narrows(before: &AccessPointCreate, after: &AccessPointCreate) -> bool {
    before.kinds.contains(AccessKind::Peer) && !after.kinds.contains(AccessKind::Peer)
}

fn classes_of(network: &NetworkCreate) -> BTreeSet<&Name> {
    network.classes.iter().collect()
}

/// Says which manifest was refused, or which object.
fn located(entry: &Entry, refusal: Refusal) -> Refusal {
    let mut problem = *refusal.0;
    let place = entry.wanted.as_ref().map(|(place, _)| format!("manifests[{place}]"));
    if problem.known() == Some(ProblemType::NotFound) {
        // What is missing is what the manifest refers to, not what was asked for.
        problem = Problem { how: problem.how, detail: problem.detail, ..Problem::new(ProblemType::Invalid, "") };
    }
    if let Some(place) = place {
        let document = entry.key.kind == ManifestKind::Deployment;
        let within = |error: FieldError| match error.field.as_str() {
            // What is wrong with a document is said by the fields of the document.
            "document" => FieldError { field: place.clone(), ..error },
            field if document && ["metadata.", "spec"].iter().any(|part| field.starts_with(part)) => {
                error.within(&place)
            }
            "name" => error.within(&format!("{place}.metadata")),
            _ => error.within(&format!("{place}.spec")),
        };
        problem.errors = problem.errors.into_iter().map(within).collect();
        if problem.errors.is_empty() && problem.status < 500 {
            problem.errors.push(FieldError::new(place, problem.detail.clone()));
        }
    }
    problem.detail = format!("{}: {}", entry.key, problem.detail);
    problem.into()
}
