//! What a change concerns: a pure function from an event to those who must look again.

use model::{BackboneSiteId, GenericUuid, Identity, SiteId, SpiffeId};
use store::event::{ObjectKind, Outcome, Recorded};

use crate::{ops::deployment::READ, sessions::Concern};

/// Who must look again after some events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The trust document may have to change.
    pub(crate) trust: bool,
    /// What time alone ends may end at another time.
    pub(crate) times: bool,
    /// An authority may have to take its next step.
    pub(crate) authorities: bool,
    /// This replica's routers may have to change.
    pub(crate) planes: bool,
    /// The desired state of these sites may have changed.
    pub(crate) sites: Vec<Concern>,
    /// A plan of a deployment may have to change.
    pub(crate) deployments: bool,
    /// These sites are asked for a new certificate.
    pub(crate) renewals: Vec<Concern>,
}

impl Effects {
    /// What `events` concern, each named once.
    pub(crate) fn of(events: &[Recorded]) -> Self {
        let mut effects = Self::default();
        for event in events.iter().filter(|event| event.outcome == Outcome::Done) {
            effects.add(event);
        }
        effects
    }

    fn add(&mut self, event: &Recorded) {
        let of_backbone = event.backbone.map(Concern::Backbone);
        let of_network = event.network.map(Concern::Network);
        let concern = match event.object_kind {
            ObjectKind::Authority => {
                self.trust = true;
                self.planes |= event.network.is_none();
                of_network.or(of_backbone)
            }
            ObjectKind::Backbone => {
                self.trust = true;
                self.planes = true;
                of_backbone
            }
            ObjectKind::BackboneSite | ObjectKind::AccessPoint => {
                self.planes = true;
                of_backbone
            }
            ObjectKind::Link => of_backbone,
            ObjectKind::Network => {
                self.trust = true;
                of_network
            }
            ObjectKind::Denial => {
                self.trust = true;
                match (event.network, event.object_id) {
                    (Some(_), _) => of_network,
                    (None, Some(id)) => Some(Concern::BackboneSite(BackboneSiteId::from_untyped_uuid(id))),
                    (None, None) => None,
                }
            }
            ObjectKind::Trust => {
                self.planes = true;
                None
            }
            // Those who join or wait to concern nobody but themselves, and have no session yet. Waiting has an end.
            ObjectKind::Site
                if matches!(event.action.as_str(), "site.join" | "site.wait" | "site.admit" | "site.refuse") =>
            {
                self.times |= event.action == "site.wait";
                None
            }
            ObjectKind::Invitation => {
                self.times |= event.action == "invitation.set";
                None
            }
            ObjectKind::Site => match (event.network, event.object_id) {
                (Some(network), Some(id)) => Some(Concern::Member(network, SiteId::from_untyped_uuid(id))),
                _ => of_network,
            },
            // What participants choose at their own sites concerns nobody else.
            ObjectKind::Listener | ObjectKind::Connector
                if event.action.ends_with(".adapt") || event.action.ends_with(".choose") =>
            {
                None
            }
            ObjectKind::Listener | ObjectKind::Connector | ObjectKind::Address => of_network,
            ObjectKind::Deployment if event.action == "deployment.offered" => {
                let site = event.after.as_ref().and_then(|after| after.get("site")?.as_str()?.parse::<SiteId>().ok());
                event.network.zip(site).map(|(network, site)| Concern::Member(network, site))
            }
            ObjectKind::Secret => of_network,
            ObjectKind::Certificate if event.action == "certificate.ask-to-renew" => {
                self.ask_to_renew(event);
                None
            }
            // Another key-encryption key.
            ObjectKind::Installation => {
                self.trust = true;
                None
            }
            ObjectKind::Class
            | ObjectKind::Certificate
            | ObjectKind::LibraryDocument
            | ObjectKind::Release
            | ObjectKind::Deployment
            // Whoever asks is looked up with every request.
            | ObjectKind::User
            | ObjectKind::Group
            | ObjectKind::Grant
            | ObjectKind::Quota
            | ObjectKind::Audit
            | ObjectKind::Token
            | ObjectKind::SignIn => None,
        };
        // What was planned or offered follows from nothing else, and who reads logs changes nothing.
        self.deployments |= match event.object_kind {
            ObjectKind::Deployment => {
                !matches!(event.action.as_str(), "deployment.planned" | "deployment.offered" | READ)
            }
            ObjectKind::Site | ObjectKind::Network | ObjectKind::Release => true,
            _ => false,
        };
        // A new generation of an authority waits for the document that carries it, too.
        self.authorities |= self.trust || event.object_kind == ObjectKind::Trust;
        let all = concern.into_iter().chain(assigns(event));
        for concern in all {
            if !self.sites.contains(&concern) {
                self.sites.push(concern);
            }
        }
    }
}

impl Effects {
    fn ask_to_renew(&mut self, event: &Recorded) {
        let subject = event.after.as_ref().and_then(|after| after.get("subject")?.as_str()?.parse::<SpiffeId>().ok());
        match subject.map(|subject| subject.identity) {
            Some(Identity::BackboneSite { site, .. }) => self.renewals.push(Concern::BackboneSite(site)),
            Some(Identity::Member { network, site }) => self.renewals.push(Concern::Member(network, site)),
            // This may be the replica whose certificate it is.
            Some(Identity::Controller { .. }) => self.planes = true,
            _ => {}
        }
    }
}

/// Who may serve what may change with this event, where that is assigned: relays keep it so.
fn assigns(event: &Recorded) -> Option<Concern> {
    let classes = |object: &Option<serde_json::Value>| {
        object.as_ref().and_then(|object| object.get("classes")?.as_array()).is_some_and(|classes| !classes.is_empty())
    };
    let changes = match event.object_kind {
        ObjectKind::Connector => matches!(event.action.as_str(), "connector.create" | "connector.delete"),
        ObjectKind::Site => event.network.is_some() && (classes(&event.before) || classes(&event.after)),
        ObjectKind::Network => {
            let mode = |object: &Option<serde_json::Value>| object.as_ref()?.get("address_mode").cloned();
            mode(&event.before) != mode(&event.after)
        }
        _ => false,
    };
    changes.then_some(Concern::Relays(event.backbone))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{BackboneId, NetworkId};
    use uuid::Uuid;

    use super::*;

    fn event(kind: ObjectKind, action: &str, backbone: Option<u128>, network: Option<u128>) -> Recorded {
        Recorded {
            position: 1,
            time: Timestamp::UNIX_EPOCH,
            actor: "admin".to_owned(),
            on_behalf_of: None,
            action: action.to_owned(),
            object_kind: kind,
            object_id: Some(Uuid::from_u128(9)),
            network: network.map(|n| NetworkId::from_untyped_uuid(Uuid::from_u128(n))),
            backbone: backbone.map(|n| BackboneId::from_untyped_uuid(Uuid::from_u128(n))),
            before: None,
            after: None,
            outcome: Outcome::Done,
            request_id: None,
            address: None,
            previous_hash: [0; 32],
            hash: [0; 32],
        }
    }

    #[test]
    fn an_eviction_concerns_trust_and_the_whole_network_at_once() {
        let effects = Effects::of(&[
            event(ObjectKind::Site, "site.evict", None, Some(2)),
            event(ObjectKind::Denial, "denial.create", Some(1), Some(2)),
        ]);
        let network = NetworkId::from_untyped_uuid(Uuid::from_u128(2));
        let site = SiteId::from_untyped_uuid(Uuid::from_u128(9));
        let concerned = vec![Concern::Member(network, site), Concern::Network(network)];
        let expected =
            Effects { trust: true, authorities: true, sites: concerned, deployments: true, ..Effects::default() };
        assert_eq!(effects, expected);
    }

    #[test]
    fn joining_concerns_nobody_else_but_who_plans_deployments() {
        let joined = [
            event(ObjectKind::Site, "site.join", None, Some(2)),
            event(ObjectKind::Certificate, "certificate.issue", None, Some(2)),
        ];
        assert_eq!(Effects::of(&joined), Effects { deployments: true, ..Effects::default() });
    }

    #[test]
    fn what_is_offered_concerns_the_site_it_is_offered_to() {
        let site = SiteId::from_untyped_uuid(Uuid::from_u128(7));
        let after = Some(serde_json::json!({ "name": "shop", "site": site, "digest": "d1" }));
        let offered = Recorded { after, ..event(ObjectKind::Deployment, "deployment.offered", None, Some(2)) };
        let network = NetworkId::from_untyped_uuid(Uuid::from_u128(2));
        assert_eq!(Effects::of(&[offered]).sites, [Concern::Member(network, site)]);
    }

    #[test]
    fn a_new_document_goes_to_the_routers_and_lets_authorities_go_on_and_does_not_make_another() {
        let effects = Effects::of(&[event(ObjectKind::Trust, "trust.publish", Some(1), None)]);
        assert_eq!(effects, Effects { planes: true, authorities: true, ..Effects::default() });
    }

    #[test]
    fn enrolment_concerns_routers_and_everyone_who_may_attach() {
        let effects = Effects::of(&[event(ObjectKind::BackboneSite, "backbone-site.enrol", Some(1), None)]);
        let backbone = BackboneId::from_untyped_uuid(Uuid::from_u128(1));
        assert_eq!(effects, Effects { planes: true, sites: vec![Concern::Backbone(backbone)], ..Effects::default() });
    }

    #[test]
    fn what_was_refused_concerns_nobody() {
        let refused = Recorded {
            outcome: Outcome::Refused,
            ..event(ObjectKind::BackboneSite, "backbone-site.enrol", Some(1), None)
        };
        assert_eq!(Effects::of(&[refused]), Effects::default());
    }
}
