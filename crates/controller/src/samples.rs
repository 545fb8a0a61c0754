//! Rows as the store gives them, for tests that need no database.

use jiff::Timestamp;
use model::{AccessPointId, AccessPointSpec, BackboneId, BackboneSiteId, Name, lifecycle::BackboneSiteState};
use store::{access_point::AccessPoint, backbone_site::BackboneSite};

/// When everything was made.
pub(crate) const THEN: Timestamp = Timestamp::UNIX_EPOCH;

/// A relay site for which no bundle was rendered.
pub(crate) fn relay_site(
    backbone: BackboneId,
    id: BackboneSiteId,
    name: Name,
    state: BackboneSiteState,
) -> BackboneSite {
    BackboneSite {
        id,
        backbone,
        name,
        state,
        bundle_generation: 0,
        bundle_serial: None,
        key_digest: None,
        platform: None,
        draining: false,
        bundle_ways: vec![],
        bundle_expires: None,
        enrolled: None,
        created: THEN,
        updated: THEN,
        revision: 1,
    }
}

/// An access point, as it is written on the command line.
pub(crate) fn access_point(id: AccessPointId, site: BackboneSiteId, spec: &str) -> AccessPoint {
    let spec: AccessPointSpec = spec.parse().expect("an access point");
    AccessPoint {
        id,
        site,
        name: spec.name,
        kinds: spec.kinds,
        advertised: spec.advertised,
        bind: spec.bind,
        created: THEN,
        updated: THEN,
        revision: 1,
    }
}
