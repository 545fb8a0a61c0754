//! What somebody sees of an event. The list of events and their stream both ask here: neither tells what the other withholds.

use authz::{Acting, Standing, Target};
use serde_json::{Map, Value};
use store::event::{ObjectKind, Outcome, Recorded};

use crate::ops::{Actor, deployment::READ};

/// An event, as somebody sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What they see of it.
    pub event: Recorded,
    /// Whether its place in the chain is for them to check: the two hashes, which are those of the whole event.
    pub hashed: bool,
}

/// What somebody sees of an event; nothing, when it is not for them. `network` is the one in which it happened, as long as
/// that is there.
pub(crate) fn seen(actor: &Actor, event: &Recorded, network: Option<Target>) -> Option<Seen> {
    let reach = &actor.reach;
    let whole = || Some(Seen { event: event.clone(), hashed: true });
    // Events outlive the network they tell of: its backbone's administrators see them nevertheless.
    if reach.is_everything() || event.backbone.is_some_and(|backbone| reach.inspects(backbone)) {
        return whole();
    }
    let Some(target @ Target::Network { backbone, .. }) = network else { return None };
    if reach.inspects(backbone) {
        return whole();
    }
    match reach.standing(&target) {
        Standing::Owns => Some(Seen { event: outside(event), hashed: true }),
        Standing::Operates | Standing::Sees => {
            is_followed(&actor.acting, event).then(|| Seen { event: outline(event), hashed: false })
        }
        Standing::None => None,
    }
}

/// An event without what is inside the backbone: which one that is, which controller acts, and which generation of the
/// backbone's authority has signed the network's.
fn outside(event: &Recorded) -> Recorded {
    let without = |object: &Option<Value>| {
        let mut object = object.clone()?;
        if let Some(fields) = object.as_object_mut() {
            fields.remove("backbone");
            // What certificates of sites and invitations are issued by is the network's own.
            if event.object_kind == ObjectKind::Authority {
                fields.remove("issuer");
            }
        }
        Some(object)
    };
    let actor = if event.actor.starts_with("controller/") { "controller" } else { &event.actor };
    Recorded {
        actor: actor.to_owned(),
        backbone: None,
        before: without(&event.before),
        after: without(&event.after),
        ..event.clone()
    }
}

/// Whether an event is told to those who follow a network and do not own it: something has changed that they can read, or
/// their own share has. Who has tried or read what, and with whom else it is shared, is its owner's business.
fn is_followed(acting: &Acting, event: &Recorded) -> bool {
    let is_theirs = match event.object_kind {
        ObjectKind::Network
        | ObjectKind::Class
        | ObjectKind::Invitation
        | ObjectKind::Site
        | ObjectKind::Listener
        | ObjectKind::Connector
        | ObjectKind::Address
        | ObjectKind::Deployment
        | ObjectKind::Secret => true,
        ObjectKind::Grant => is_held_by(acting, event),
        ObjectKind::Installation
        | ObjectKind::Authority
        | ObjectKind::Backbone
        | ObjectKind::BackboneSite
        | ObjectKind::AccessPoint
        | ObjectKind::Link
        | ObjectKind::Certificate
        | ObjectKind::Trust
        | ObjectKind::Denial
        | ObjectKind::LibraryDocument
        | ObjectKind::Release
        | ObjectKind::Quota
        | ObjectKind::User
        | ObjectKind::Group
        | ObjectKind::Token
        | ObjectKind::SignIn
        | ObjectKind::Audit => false,
    };
    is_theirs && event.outcome == Outcome::Done && event.action != READ
}

/// Whether the grant that an event tells of is to whoever acts, or to a group of theirs.
fn is_held_by(acting: &Acting, event: &Recorded) -> bool {
    let Some(grant) = event.after.as_ref().or(event.before.as_ref()) else { return false };
    grant["subject"] == acting.subject.to_string()
        || acting.groups.iter().any(|group| grant["group"] == group.to_string())
}

/// What those who do not own a network need to follow it: when, who, what was done to which object, and what that is called.
/// What it is now they read.
fn outline(event: &Recorded) -> Recorded {
    Recorded {
        on_behalf_of: None,
        before: event.before.as_ref().and_then(called),
        after: event.after.as_ref().and_then(called),
        request_id: None,
        address: None,
        ..outside(event)
    }
}

/// What an object is called.
fn called(object: &Value) -> Option<Value> {
    let found = ["name", "address"].iter().filter_map(|field| Some(((*field).to_owned(), object.get(field)?.clone())));
    let found: Map<String, Value> = found.collect();
    (!found.is_empty()).then_some(Value::Object(found))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use authz::{Grant, Grantee, Reach, Role, Scope, SubjectKind};
    use jiff::Timestamp;
    use model::{BackboneId, GenericUuid, GrantId, GroupId, NetworkId, SubjectId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn id<T: GenericUuid>(number: u128) -> T {
        T::from_untyped_uuid(Uuid::from_u128(number))
    }

    const BACKBONE: u128 = 1;
    const NETWORK: u128 = 2;
    const OWNER: u128 = 3;
    const OTHER: u128 = 4;
    const GROUP: u128 = 5;

    fn network() -> Option<Target> {
        Some(Target::Network { id: id(NETWORK), backbone: id(BACKBONE), owner: id(OWNER) })
    }

    /// Somebody who holds a role.
    fn holder(subject: u128, role: Role, scope: Scope) -> Actor {
        let acting = Acting {
            subject: id(subject),
            name: "user/somebody".to_owned(),
            kind: SubjectKind::Person,
            groups: [id::<GroupId>(GROUP)].into(),
            limit: None,
        };
        let to = Grantee::Subject(id::<SubjectId>(subject));
        let grant = Grant { id: id::<GrantId>(9), to, role, scope, default_backbone: false };
        let reach = Arc::new(Reach::new(&acting, &[grant]));
        Actor { reach, ..Actor::new(acting, "request".to_owned(), None) }
    }

    /// What is seen of an event by somebody for whom it is.
    fn shown(actor: &Actor, event: &Recorded, network: Option<Target>) -> Recorded {
        seen(actor, event, network).expect("it is for them").event
    }

    fn owner() -> Actor {
        holder(OWNER, Role::User, Scope::Backbone(id(BACKBONE)))
    }

    fn followers() -> [Actor; 2] {
        [Role::NetworkOperator, Role::NetworkViewer].map(|role| holder(OTHER, role, Scope::Network(id(NETWORK))))
    }

    /// An event in the network, with everything that an event can have.
    fn event(kind: ObjectKind, after: Value) -> Recorded {
        Recorded {
            position: 7,
            time: Timestamp::UNIX_EPOCH,
            actor: "user/ada".to_owned(),
            on_behalf_of: Some("user/bob".to_owned()),
            action: format!("{kind}.change"),
            object_kind: kind,
            object_id: Some(Uuid::from_u128(8)),
            network: Some(id::<NetworkId>(NETWORK)),
            backbone: None,
            before: None,
            after: Some(after),
            outcome: Outcome::Done,
            request_id: Some("request".to_owned()),
            address: Some("192.0.2.1".to_owned()),
            previous_hash: [1; 32],
            hash: [2; 32],
        }
    }

    #[test]
    fn who_administers_the_backbone_sees_all_of_it_and_still_when_the_network_is_gone() {
        let administrator = holder(OTHER, Role::BackboneAdministrator, Scope::Backbone(id(BACKBONE)));
        let event = event(ObjectKind::Authority, json!({"issuer": "inside"}));
        let whole = Some(Seen { event: event.clone(), hashed: true });
        assert_eq!(seen(&administrator, &event, network()), whole);
        let gone = Recorded { backbone: Some(id::<BackboneId>(BACKBONE)), ..event };
        assert_eq!(shown(&administrator, &gone, None), gone);
        assert_eq!(seen(&owner(), &gone, None), None);
    }

    #[test]
    fn owners_see_all_but_what_is_inside_the_backbone() {
        let whole = Recorded {
            actor: format!("controller/{}", Uuid::from_u128(6)),
            backbone: Some(id::<BackboneId>(BACKBONE)),
            ..event(ObjectKind::Authority, json!({"backbone": "inside", "issuer": "inside", "generation": 2}))
        };
        let expected = Recorded {
            actor: "controller".to_owned(),
            backbone: None,
            after: Some(json!({"generation": 2})),
            ..whole.clone()
        };
        assert_eq!(seen(&owner(), &whole, network()), Some(Seen { event: expected, hashed: true }));
        // What issues certificates in a network is the network's authority, which they own.
        let issued = event(ObjectKind::Certificate, json!({"issuer": "their own"}));
        assert_eq!(shown(&owner(), &issued, network()), issued);
    }

    #[test]
    fn who_follows_a_network_sees_what_was_done_to_what_and_by_whom_and_what_it_is_called() {
        let made = event(ObjectKind::Listener, json!({"address": "till.api", "bind": "127.0.0.1:1", "labels": {}}));
        let expected = Recorded {
            on_behalf_of: None,
            after: Some(json!({"address": "till.api"})),
            request_id: None,
            address: None,
            ..made.clone()
        };
        for follower in followers() {
            assert_eq!(seen(&follower, &made, network()), Some(Seen { event: expected.clone(), hashed: false }));
            let nameless = shown(&follower, &event(ObjectKind::Network, json!({"owner": "x"})), network());
            assert_eq!(nameless.after, None);
        }
    }

    #[test]
    fn who_follows_a_network_sees_no_attempt_no_reader_and_no_other_share() {
        let done = event(ObjectKind::Deployment, json!({"name": "shop"}));
        let refused = Recorded { outcome: Outcome::Refused, ..done.clone() };
        let failed = Recorded { outcome: Outcome::Failed, ..done.clone() };
        let read = Recorded { action: READ.to_owned(), ..done.clone() };
        let share = |field: &str, number: u128| event(ObjectKind::Grant, json!({field: id::<SubjectId>(number)}));
        let inside =
            [ObjectKind::Authority, ObjectKind::Certificate, ObjectKind::Denial, ObjectKind::Trust, ObjectKind::Quota]
                .map(|kind| event(kind, json!({"name": "x"})));
        for follower in followers() {
            assert!(seen(&follower, &done, network()).is_some());
            for event in [&refused, &failed, &read, &share("subject", OWNER), &share("group", OTHER)] {
                assert_eq!(seen(&follower, event, network()), None);
                assert!(seen(&owner(), event, network()).is_some());
            }
            assert!(inside.iter().all(|event| seen(&follower, event, network()).is_none()));
            for own in [share("subject", OTHER), share("group", GROUP)] {
                assert_eq!(shown(&follower, &own, network()).after, None);
                let taken = Recorded { before: own.after.clone(), after: None, ..own };
                assert!(seen(&follower, &taken, network()).is_some());
            }
        }
    }

    #[test]
    fn to_strangers_nothing_happens() {
        let stranger = holder(OTHER, Role::User, Scope::Backbone(id(BACKBONE)));
        let made = event(ObjectKind::Class, json!({"name": "store"}));
        assert_eq!(seen(&stranger, &made, network()), None);
        let on_backbone = Recorded { network: None, backbone: Some(id::<BackboneId>(BACKBONE)), ..made.clone() };
        assert_eq!(seen(&stranger, &on_backbone, None), None);
        assert_eq!(seen(&owner(), &Recorded { network: None, ..made }, None), None);
    }
}
