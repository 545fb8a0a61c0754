//! The table of permissions, as it is committed: every endpoint, and whether each persona may call it.

use std::{collections::BTreeSet, fmt::Write as _};

use authz::{Acting, Action, Decision, Grant, Grantee, Need, Reach, Role, Scope, SubjectKind, Target};
use model::{BackboneId, GenericUuid, GrantId, NetworkId, SubjectId};
use uuid::Uuid;

use crate::{About, Endpoint, endpoints};

/// A column: somebody, and what they are asked about.
struct Column {
    title: &'static str,
    reach: Reach,
    backbone: BackboneId,
    network: Target,
}

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

fn columns() -> Vec<Column> {
    let (one, other): (BackboneId, BackboneId) = (id(1), id(2));
    let (alice, bob): (SubjectId, SubjectId) = (id(3), id(4));
    let shared: NetworkId = id(5);
    let reach = |role: Option<(Role, Scope)>| {
        let acting = Acting {
            subject: alice,
            name: "alice".to_owned(),
            kind: SubjectKind::Person,
            groups: BTreeSet::new(),
            limit: None,
        };
        let grant = |(role, scope)| Grant {
            id: id::<GrantId>(6),
            to: Grantee::Subject(alice),
            role,
            scope,
            default_backbone: false,
        };
        Reach::new(&acting, &role.map(grant).into_iter().collect::<Vec<_>>())
    };
    let column = |title, role, backbone, owner| Column {
        title,
        reach: reach(role),
        backbone,
        network: Target::Network { id: shared, backbone, owner },
    };
    let administrator = Some((Role::BackboneAdministrator, Scope::Backbone(one)));
    let user = Some((Role::User, Scope::Backbone(one)));
    let foreign = Target::Network { id: shared, backbone: one, owner: bob };
    vec![
        column("service administrator", Some((Role::ServiceAdministrator, Scope::Installation)), one, bob),
        column("backbone administrator, own", administrator, one, bob),
        column("backbone administrator, other", administrator, other, bob),
        column("user, own", user, one, alice),
        Column { network: foreign, ..column("user, other", user, other, bob) },
        column("operator", Some((Role::NetworkOperator, Scope::Network(shared))), one, bob),
        column("viewer", Some((Role::NetworkViewer, Scope::Network(shared))), one, bob),
        column("none", None, one, bob),
    ]
}

impl Column {
    fn decide(&self, endpoint: &Endpoint) -> Decision {
        let action = endpoint.action;
        match endpoint.about() {
            About::Installation => self.reach.decide(action, &Target::Installation),
            About::Backbone | About::BackboneInBody => {
                self.reach.decide(action, &Target::Backbone { id: self.backbone })
            }
            About::Network => self.reach.decide(action, &self.network),
            About::Certificate => self.reach.decide_by_id(Action::ShowCertificate, action, &self.network),
            About::Eviction => self.reach.decide_by_id(Action::ShowEviction, action, &self.network),
        }
    }
}

/// The document, as it is committed.
pub fn permissions_md() -> String {
    let columns = columns();
    let mut text = include_str!("permissions.md").to_owned();
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let _ = writeln!(text, "| endpoint | action | {} |", titles.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(columns.len()));
    for endpoint in endpoints() {
        let cell = |column: &Column| match column.decide(&endpoint) {
            _ if endpoint.action.need() == Need::Nothing => "open",
            Decision::Allowed => "yes",
            Decision::Forbidden => "403",
            Decision::Hidden => "404",
        };
        let cells: Vec<&str> = columns.iter().map(cell).collect();
        let (method, path) = (endpoint.method.as_str(), endpoint.path);
        let _ = writeln!(text, "| `{method} {path}` | {} | {} |", endpoint.action, cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_do_anything_without_signing_in_may_do_it_openly() {
        for endpoint in endpoints() {
            assert_eq!(endpoint.open, endpoint.action.need() == Need::Nothing, "{endpoint:?}");
        }
    }

    #[test]
    fn what_is_only_looked_at_is_asked_for_and_what_is_asked_for_by_get_changes_nothing() {
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.method == crate::Method::Get) {
            let hands_out = endpoint.action == Action::HandOutInvitation || endpoint.action == Action::SignIn;
            assert_eq!(hands_out, endpoint.action.access() == authz::Access::Write, "{endpoint:?}");
        }
    }

    #[test]
    fn every_endpoint_below_a_backbone_or_a_network_is_decided_by_it() {
        for endpoint in endpoints() {
            let inside = ["{backbone}", "{network}"].iter().any(|name| endpoint.path.contains(name));
            assert_eq!(inside, matches!(endpoint.about(), About::Backbone | About::Network), "{endpoint:?}");
            if inside {
                assert!(matches!(endpoint.action.need(), Need::Standing(_)), "{endpoint:?}");
            }
        }
    }
}
