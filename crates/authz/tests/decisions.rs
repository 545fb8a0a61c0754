//! What the one function promises, whatever somebody holds.

use std::collections::BTreeSet;

use authz::{
    Access, Acting, Action, Decision, Grant, Grantee, Limit, Need, Reach, Role, Scope, Standing, SubjectKind, Target,
    decide,
};
use model::{BackboneId, GenericUuid, GrantId, GroupId, NetworkId, SubjectId};
use proptest::prelude::*;
use uuid::Uuid;

fn id<T: GenericUuid>(n: u8) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n.into()))
}

/// A small world, so that what is chosen meets.
fn backbone() -> impl Strategy<Value = BackboneId> {
    (0..3u8).prop_map(id)
}

fn network() -> impl Strategy<Value = NetworkId> {
    (0..4u8).prop_map(id)
}

fn subject() -> impl Strategy<Value = SubjectId> {
    (1..4u8).prop_map(id)
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![Just(Scope::Installation), backbone().prop_map(Scope::Backbone), network().prop_map(Scope::Network)]
}

fn grantee() -> impl Strategy<Value = Grantee> {
    prop_oneof![subject().prop_map(Grantee::Subject), (0..3u8).prop_map(|n| Grantee::Group(id::<GroupId>(n)))]
}

fn grant() -> impl Strategy<Value = Grant> {
    (grantee(), prop::sample::select(&Role::ALL[..]), scope(), any::<bool>()).prop_map(
        |(to, role, scope, default_backbone)| Grant { id: id::<GrantId>(0), to, role, scope, default_backbone },
    )
}

fn limit() -> impl Strategy<Value = Limit> {
    (prop::sample::select(&[Access::Read, Access::Write][..]), prop::option::of(scope()))
        .prop_map(|(access, within)| Limit { access, within })
}

fn acting() -> impl Strategy<Value = Acting> {
    let kind = prop_oneof![
        1 => Just(SubjectKind::Installation),
        8 => Just(SubjectKind::Person),
        2 => Just(SubjectKind::Service),
    ];
    (subject(), kind, prop::collection::btree_set((0..3u8).prop_map(id::<GroupId>), 0..3), prop::option::of(limit()))
        .prop_map(|(subject, kind, groups, limit)| Acting { subject, name: "somebody".to_owned(), kind, groups, limit })
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Installation),
        backbone().prop_map(|id| Target::Backbone { id }),
        (network(), backbone(), subject()).prop_map(|(id, backbone, owner)| Target::Network { id, backbone, owner }),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop::sample::select(Action::ALL)
}

/// How much a decision gives away.
fn openness(decision: Decision) -> u8 {
    match decision {
        Decision::Hidden => 0,
        Decision::Forbidden => 1,
        Decision::Allowed => 2,
    }
}

proptest! {
    #[test]
    fn a_grant_never_takes_anything_away(
        acting in acting(), mut grants in prop::collection::vec(grant(), 0..6), more in grant(), action in action(),
        target in target(),
    ) {
        let before = decide(&acting, &grants, action, &target);
        grants.push(more);
        prop_assert!(openness(decide(&acting, &grants, action, &target)) >= openness(before));
    }

    #[test]
    fn the_scope_of_a_token_never_gives_anything(
        acting in acting(), grants in prop::collection::vec(grant(), 0..6), action in action(), target in target(),
    ) {
        let whole = Acting { limit: None, ..acting.clone() };
        let limited = decide(&acting, &grants, action, &target);
        prop_assert!(openness(limited) <= openness(decide(&whole, &grants, action, &target)));
        let Some(limit) = acting.limit else { return Ok(()) };
        if limit.access == Access::Read && action.access() == Access::Write && action.need() != Need::Nothing {
            prop_assert_ne!(limited, Decision::Allowed);
        }
        if let (Some(Scope::Network(only)), Target::Network { id, .. }, Need::Standing(_)) =
            (limit.within, target, action.need())
            && only != id
        {
            prop_assert_eq!(limited, Decision::Hidden);
        }
    }

    #[test]
    fn grants_to_others_count_for_nothing(
        acting in acting(), grants in prop::collection::vec(grant(), 0..6), action in action(), target in target(),
    ) {
        let own = |grant: &Grant| match grant.to {
            Grantee::Subject(id) => id == acting.subject,
            Grantee::Group(id) => acting.groups.contains(&id),
        };
        let mine: Vec<Grant> = grants.iter().copied().filter(own).collect();
        prop_assert_eq!(decide(&acting, &grants, action, &target), decide(&acting, &mine, action, &target));
    }

    #[test]
    fn who_holds_nothing_and_owns_nothing_sees_nothing(acting in acting(), action in action(), target in target()) {
        let acting = Acting { kind: SubjectKind::Person, ..acting };
        if let Need::Standing(_) | Need::Maker = action.need() {
            let expected = match (target, action.need()) {
                // That there is an installation is known to everybody.
                (Target::Installation, Need::Standing(Standing::Sees)) => return Ok(()),
                (Target::Installation, _) => Decision::Forbidden,
                _ => Decision::Hidden,
            };
            prop_assert_eq!(decide(&acting, &[], action, &target), expected);
        }
    }

    #[test]
    fn a_service_administrator_may_do_everything(subject in subject(), action in action(), target in target()) {
        let acting = Acting { subject, name: String::new(), kind: SubjectKind::Person, groups: BTreeSet::new(), limit: None };
        let grant = Grant {
            id: id::<GrantId>(0), to: Grantee::Subject(subject), role: Role::ServiceAdministrator,
            scope: Scope::Installation, default_backbone: false,
        };
        prop_assert_eq!(decide(&acting, &[grant], action, &target), Decision::Allowed);
        prop_assert_eq!(decide(&Acting::installation("admin"), &[], action, &target), Decision::Allowed);
    }

    #[test]
    fn who_only_has_networks_never_looks_inside_a_backbone(
        acting in acting(), grants in prop::collection::vec(grant(), 0..6), backbone in backbone(),
    ) {
        let acting = Acting { kind: SubjectKind::Person, ..acting };
        let only = |grant: &&Grant| matches!(grant.role, Role::User | Role::NetworkOperator | Role::NetworkViewer);
        let grants: Vec<Grant> = grants.iter().filter(only).copied().collect();
        for action in [Action::InspectBackbone, Action::ManageBackbone] {
            prop_assert_ne!(decide(&acting, &grants, action, &Target::Backbone { id: backbone }), Decision::Allowed);
        }
        prop_assert!(!Reach::new(&acting, &grants).inspects(backbone));
    }

    #[test]
    fn a_list_has_exactly_what_may_be_seen(
        acting in acting(), grants in prop::collection::vec(grant(), 0..6), id in network(), backbone in backbone(),
        owner in subject(),
    ) {
        let reach = Reach::new(&acting, &grants);
        for least in [Standing::Sees, Standing::Operates, Standing::Owns] {
            let listed = reach.filter(least).has_network(id, backbone, owner);
            prop_assert_eq!(listed, reach.standing(&Target::Network { id, backbone, owner }) >= least);
        }
        let backbone_target = Target::Backbone { id: backbone };
        let shown = decide(&acting, &grants, Action::ShowBackbone, &backbone_target) == Decision::Allowed;
        prop_assert_eq!(reach.backbones().is_none_or(|all| all.contains(&backbone)), shown);
        prop_assert_eq!(reach.filter(Standing::Owns).administers(backbone), reach.inspects(backbone));
    }

    #[test]
    fn a_default_backbone_is_one_that_may_be_used(
        acting in acting(), grants in prop::collection::vec(grant(), 0..6),
    ) {
        let grants: Vec<Grant> = grants
            .into_iter()
            .filter(|grant| Grant::check(grant.role, grant.scope, grant.default_backbone).is_ok())
            .collect();
        if let Some(id) = Reach::new(&acting, &grants).default_backbone() {
            let acting = Acting { limit: acting.limit.map(|limit| Limit { access: Access::Write, ..limit }), ..acting };
            let decision = decide(&acting, &grants, Action::CreateNetwork, &Target::Backbone { id });
            prop_assert_eq!(decision, Decision::Allowed);
        }
    }
}

#[test]
fn every_action_has_a_word_of_its_own() {
    let words: BTreeSet<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    assert_eq!(words.len(), Action::ALL.len());
}

#[test]
fn an_owner_whose_permission_on_the_backbone_is_withdrawn_owns_no_more() {
    let acting =
        Acting { subject: id(1), name: String::new(), kind: SubjectKind::Person, groups: BTreeSet::new(), limit: None };
    let own = Target::Network { id: id(1), backbone: id(1), owner: id(1) };
    let user = Grant {
        id: id::<GrantId>(0),
        to: Grantee::Subject(id(1)),
        role: Role::User,
        scope: Scope::Backbone(id(1)),
        default_backbone: false,
    };
    assert_eq!(decide(&acting, &[user], Action::ManageNetwork, &own), Decision::Allowed);
    assert_eq!(decide(&acting, &[], Action::ManageNetwork, &own), Decision::Hidden);
}
