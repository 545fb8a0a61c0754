//! What every data plane has to do, whoever makes it: each promise is a function over the port, run here against the
//! native router.
#![expect(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the native router")]
#[path = "../../overlay/tests/common/installation.rs"]
mod installation;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the native router")]
#[path = "../../overlay/tests/common/services.rs"]
mod services;

/// What the shared parts expect of their surroundings.
mod routers {
    /// How long anything here may take before it counts as not happening.
    pub(crate) const LONG: std::time::Duration = std::time::Duration::from_secs(30);
}

mod promises;

use std::sync::Arc;

use dataplane::{DataPlane, NativeRouter, NodeOptions};
use installation::Installation;
use model::Clock;

/// Makes routers of one implementation.
pub(crate) type Make = fn(&Installation) -> Arc<dyn DataPlane>;

fn native(installation: &Installation) -> Arc<dyn DataPlane> {
    let clock: Arc<dyn Clock> = installation.clock.clone();
    Arc::new(NativeRouter::start(NodeOptions { epoch: 1, clock, software: "tests".to_owned() }))
}

macro_rules! conformance {
    ($make:path: $($promise:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            promises::$promise($make).await;
        }
    )+};
}

conformance! {
    native:
    bytes_go_from_listeners_to_connectors_and_back,
    each_direction_of_a_connection_ends_on_its_own,
    applying_the_same_again_changes_nothing,
    a_change_touches_only_what_it_names,
    configurations_that_make_no_sense_change_nothing,
    streams_know_who_is_at_their_other_end,
    two_networks_do_not_see_each_other,
    eviction_by_the_trust_document_ends_live_connections,
    an_adopted_trust_document_is_observed,
    a_router_that_was_shut_down_does_nothing_more,
    finished_connections_are_observed,
}

#[test]
fn the_native_router_says_what_it_can() {
    let can = native(&Installation::new()).capabilities();
    assert!(can.end_to_end_identity && can.flow_records);
    assert!(can.resumption && !can.udp && !can.live_weights && !can.proxy_protocol);
}
