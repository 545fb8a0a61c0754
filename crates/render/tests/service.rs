//! The service of systemd that a site becomes.

use render::{service_unit, service_user};

#[test]
fn the_service_is_rendered_as_before() {
    insta::assert_snapshot!("unit", service_unit("/usr/local/libexec/skx", "skx/site"));
    insta::assert_snapshot!("user", service_user());
}
