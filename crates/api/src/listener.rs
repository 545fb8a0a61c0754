//! Centrally authored listeners and connectors.

use jiff::Timestamp;
use model::{Address, ConnectorId, HostPort, ListenerId, Name};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors},
    schema,
};

macro_rules! sockets {
    ($(#[$doc:meta])* $socket:ident, $id:ident, $(#[$create_doc:meta])* $create:ident, $(#[$where_doc:meta])* $field:ident, $example:tt, $shown:tt) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(example = json!($shown))]
        pub struct $socket {
            /// Identity.
            #[schema(schema_with = schema::id)]
            pub id: $id,
            /// The name of the application network.
            #[schema(schema_with = schema::name)]
            pub network: Name,
            /// The address.
            #[schema(schema_with = schema::address)]
            pub address: Address,
            $(#[$where_doc])*
            #[schema(schema_with = schema::host_port)]
            pub $field: HostPort,
            /// The member site it is for.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(schema_with = schema::optional_name)]
            pub site: Option<Name>,
            /// The class of sites it is for.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(schema_with = schema::optional_name)]
            pub class: Option<Name>,
            /// Whether the participant may choose another host and port at their site.
            pub adaptable: bool,
            /// When it was created.
            #[schema(schema_with = schema::time)]
            pub created: Timestamp,
            /// When it was last changed.
            #[schema(schema_with = schema::time)]
            pub updated: Timestamp,
            /// Grows with every change; also sent as `ETag`.
            pub revision: i64,
            /// Where it stands, since when, why, and what would move it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub standing: Option<Standing>,
        }

        $(#[$create_doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        #[schema(example = json!($example))]
        pub struct $create {
            /// The address.
            #[schema(schema_with = schema::address)]
            pub address: Address,
            $(#[$where_doc])*
            #[schema(schema_with = schema::host_port)]
            pub $field: HostPort,
            /// The member site it is for, by name or id. Exactly one of `site` and `class` is given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(schema_with = schema::optional_name)]
            pub site: Option<Name>,
            /// The declared class of sites it is for.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(schema_with = schema::optional_name)]
            pub class: Option<Name>,
            /// Whether the participant may choose another host and port at their site; true unless given.
            #[serde(default = "yes")]
            #[schema(required = false, default = true)]
            pub adaptable: bool,
        }

        impl Check for $create {
            fn check(&self, errors: &mut Errors) {
                match (&self.site, &self.class) {
                    (None, None) => errors.add("site", "say for whom it is: give site or class"),
                    (Some(_), Some(_)) => errors.add("class", "give site or class, not both"),
                    _ => {}
                }
            }
        }
    };
}

fn yes() -> bool {
    true
}

sockets! {
    /// A local socket at member sites whose connections enter the network at an address.
    Listener, ListenerId,
    /// Adds a listener.
    ListenerCreate,
    /// Where the sites listen: a host that is an address of the site's machine, and a port.
    bind, {"address": "till.api", "bind": "127.0.0.1:8080", "site": "store-1"},
    {
        "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
        "network": "exercise",
        "address": "till.api",
        "bind": "127.0.0.1:8080",
        "site": "store-1",
        "adaptable": true,
        "created": "2027-01-31T09:00:00Z",
        "updated": "2027-01-31T09:00:00Z",
        "revision": 1
    }
}

sockets! {
    /// Where connections to an address leave the network, at member sites.
    Connector, ConnectorId,
    /// Adds a connector.
    ConnectorCreate,
    /// What the sites connect to.
    target, {"address": "till.api", "target": "127.0.0.1:9090", "class": "store"},
    {
        "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f05",
        "network": "exercise",
        "address": "till.api",
        "target": "127.0.0.1:9090",
        "class": "store",
        "adaptable": true,
        "created": "2027-01-31T09:00:00Z",
        "updated": "2027-01-31T09:00:00Z",
        "revision": 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_for_a_site_or_a_class_never_both_or_neither() {
        let faults = |json| serde_json::from_value::<ListenerCreate>(json).expect("well-formed").faults();
        let of = |site: Option<&str>, class: Option<&str>| {
            faults(serde_json::json!({"address": "web", "bind": "127.0.0.1:1", "site": site, "class": class}))
        };
        assert!(of(Some("a"), None).is_empty());
        assert!(of(None, Some("c")).is_empty());
        assert_eq!(of(None, None)[0].field, "site");
        assert_eq!(of(Some("a"), Some("c"))[0].field, "class");
    }
}
