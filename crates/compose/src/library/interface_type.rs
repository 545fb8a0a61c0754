//! What holds for every interface type.

use super::{
    Entry,
    fields::{DATA, check_schemas},
};
use crate::{
    Stop,
    diagnostic::{Code, Diagnostic, Problems},
    findings::either,
    model::{Identifier, InterfaceType},
};

/// What a peer is known by besides its data.
pub(crate) const PEER_FIELDS: [&str; 8] =
    ["name", "id", "instance", "block", "version", "interface", "address", "endpoint"];

pub(super) fn check(entry: &Entry<InterfaceType>, stop: &Stop, problems: &mut Problems) {
    let document = &entry.document;
    let name = document.metadata.name.as_str();
    let roles = &document.spec.roles;
    for (role_name, role) in roles {
        for (i, met) in role.meets.iter().enumerate() {
            let index = i.to_string();
            let at = entry.origin.at(&["spec", "roles", role_name.as_str(), "meets", &index]);
            match roles.get(met) {
                None => problems.push(
                    Diagnostic::new(Code::UnknownRole, format!("there is no role {:?}", met.as_str()))
                        .at(at)
                        .block(name)
                        .expected(either(roles.keys().map(Identifier::as_str)))
                        .near(met.as_str(), roles.keys().map(Identifier::as_str)),
                ),
                Some(other) if !other.meets.contains(role_name) => problems.push(
                    Diagnostic::new(
                        Code::RoleMismatch,
                        format!("{role_name} meets {met}, but {met} does not meet {role_name}"),
                    )
                    .at(at)
                    .block(name)
                    .expected(format!("{role_name} among what {met} meets")),
                ),
                Some(_) => {}
            }
        }
        let here = ["spec", "roles", role_name.as_str(), "data"];
        check_schemas(DATA, &role.data, &entry.origin, &here, name, stop, problems);
        for datum in role.data.keys().filter(|d| PEER_FIELDS.contains(&d.as_str())) {
            problems.push(
                Diagnostic::new(Code::InvalidValue, format!("{:?} is known of every peer", datum.as_str()))
                    .at(entry.origin.at_key(&here, datum.as_str()))
                    .block(name)
                    .expected(format!("a name other than {}", either(PEER_FIELDS))),
            );
        }
    }
}
