//! What can be done next about a relay site: a pure function of how things stand.

use std::collections::BTreeMap;

use model::{AccessKind, BackboneSiteId, Name, lifecycle::BackboneSiteState};
use store::{access_point::AccessPoint, backbone_site::BackboneSite, link::Link};

/// How a relay site stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) backbone: &'a Name,
    pub(crate) site: &'a BackboneSite,
    pub(crate) access: &'a [AccessPoint],
    /// The sites it has links with, whoever dials.
    pub(crate) linked: Vec<&'a BackboneSite>,
    /// Whether it has a session with a controller now.
    pub(crate) online: bool,
}

/// The sites that `site` has links with, whoever dials.
pub(crate) fn linked<'a>(
    site: BackboneSiteId,
    links: &[Link],
    sites: &'a BTreeMap<BackboneSiteId, BackboneSite>,
) -> Vec<&'a BackboneSite> {
    let other = |link: &Link| match site {
        id if id == link.from => Some(link.to),
        id if id == link.to => Some(link.from),
        _ => None,
    };
    links.iter().filter_map(other).filter_map(|id| sites.get(&id)).collect()
}

/// Says the next possible step, or why there is none yet; nothing, when nothing is to be done.
pub(crate) fn next_step(standing: &Standing<'_>) -> Option<String> {
    let Standing { backbone, site, access, linked, online } = standing;
    let path = format!("{backbone}/{}", site.name);
    match site.state {
        BackboneSiteState::Evicted => return None,
        BackboneSiteState::Deployed if *online => return None,
        BackboneSiteState::Deployed => {
            return Some(
                "it has no session with a controller: start it with `skx site run`, and see `skx site status` there"
                    .to_owned(),
            );
        }
        BackboneSiteState::Defined => {}
    }
    let managed: Vec<String> = access
        .iter()
        .filter(|point| point.kinds.contains(AccessKind::Manage))
        .map(|point| point.advertised.to_string())
        .collect();
    if managed.is_empty() && linked.is_empty() {
        return Some(format!(
            "nothing leads to it yet: give it an access point of the kind manage (`skx backbone access add {path} NAME=manage@HOST:PORT`) or a link to or from a deployed site (`skx backbone link create {backbone} --from {} --to SITE`)",
            site.name
        ));
    }
    let deployed = linked.iter().any(|other| other.state == BackboneSiteState::Deployed);
    if managed.is_empty() && !deployed {
        let names: Vec<&str> = linked.iter().map(|other| other.name.as_str()).collect();
        return Some(format!("it enrols through {}, which must be deployed first", names.join(" or ")));
    }
    let apply = format!("run `skx join {backbone}-{}.bundle` on its machine", site.name);
    Some(if site.bundle_generation == 0 {
        format!(
            "render its bundle (`skx backbone site bundle {path} --output {backbone}-{}.bundle`), then {apply}",
            site.name
        )
    } else if managed.is_empty() {
        format!("apply its bundle: {apply}")
    } else {
        format!("apply its bundle: {apply}; the controller dials it at {}", managed.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::GenericUuid;
    use uuid::Uuid;

    use super::*;

    fn site(name: &str, state: BackboneSiteState) -> BackboneSite {
        BackboneSite {
            id: GenericUuid::from_untyped_uuid(Uuid::nil()),
            backbone: GenericUuid::from_untyped_uuid(Uuid::nil()),
            name: name.parse().expect("a name"),
            state,
            bundle_generation: 0,
            bundle_serial: None,
            key_digest: None,
            platform: None,
            discovered_host: None,
            enrolled: None,
            created: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            revision: 1,
        }
    }

    fn access(kinds: &str) -> AccessPoint {
        AccessPoint {
            id: GenericUuid::from_untyped_uuid(Uuid::nil()),
            site: GenericUuid::from_untyped_uuid(Uuid::nil()),
            name: "main".parse().expect("a name"),
            kinds: kinds.parse().expect("kinds"),
            advertised: "r1:5671".parse().expect("a socket"),
            bind: None,
            created: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            revision: 1,
        }
    }

    #[test]
    fn every_site_has_a_next_step_until_it_runs() {
        let backbone: Name = "east".parse().expect("a name");
        let said = |site: &BackboneSite, access: &[AccessPoint], linked: Vec<&BackboneSite>, online| {
            next_step(&Standing { backbone: &backbone, site, access, linked, online })
        };
        let mut rome = site("rome", BackboneSiteState::Defined);
        let paris = site("paris", BackboneSiteState::Defined);
        let oslo = site("oslo", BackboneSiteState::Deployed);

        assert!(said(&rome, &[], vec![], false).expect("a step").contains("nothing leads to it"));
        assert!(said(&rome, &[], vec![&paris], false).expect("a step").contains("paris, which must be deployed"));
        let render = said(&rome, &[], vec![&oslo], false).expect("a step");
        assert!(render.contains("bundle east/rome"), "{render}");
        rome.bundle_generation = 1;
        let apply = said(&rome, &[access("manage")], vec![], false).expect("a step");
        assert!(apply.contains("dials it at r1:5671"), "{apply}");
        assert!(said(&oslo, &[], vec![], false).expect("a step").contains("no session"));
        assert_eq!(said(&oslo, &[], vec![], true), None);
        assert_eq!(said(&site("x", BackboneSiteState::Evicted), &[], vec![], false), None);
    }
}
