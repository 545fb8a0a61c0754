//! Schemas of types that live in `model`, which knows nothing of HTTP.

use utoipa::openapi::schema::{Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};

fn text(description: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).examples([example])
}

fn words(values: &[&str], description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(values.iter().copied()))
        .build()
}

/// A DNS label.
pub(crate) fn name() -> Object {
    text("A DNS label: 1 to 63 lower-case letters, digits and hyphens; starts and ends with a letter or digit.", "east")
        .pattern(Some("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))
        .build()
}

/// A name that may be absent.
pub(crate) fn optional_name() -> Object {
    ObjectBuilder::from(name()).schema_type(nullable(Type::String)).build()
}

/// A list of names.
pub(crate) fn names() -> Array {
    ArrayBuilder::new().items(name()).build()
}

/// The id of an object.
pub(crate) fn id() -> Object {
    text("The identity of the object: a UUID.", "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00")
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .build()
}

/// The id of an object that may be absent.
pub(crate) fn optional_id() -> Object {
    ObjectBuilder::from(id()).schema_type(nullable(Type::String)).build()
}

/// A moment.
pub(crate) fn time() -> Object {
    text("A moment, RFC 3339.", "2027-01-31T09:00:00Z")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .build()
}

/// A moment that may be absent.
pub(crate) fn optional_time() -> Object {
    ObjectBuilder::from(time()).schema_type(nullable(Type::String)).build()
}

/// `HOST:PORT`.
pub(crate) fn host_port() -> Object {
    text("A DNS name or IP address with a port, IPv6 in brackets.", "r1.example.com:5671").build()
}

/// `HOST:PORT`, or `:PORT`.
pub(crate) fn advertised() -> Object {
    text(
        "A DNS name or IP address with a port, IPv6 in brackets; the host may be left out as long as it is not known, as \
         in `:5671`.",
        "r1.example.com:5671",
    )
    .build()
}

/// An IP address with a port.
pub(crate) fn socket_address() -> Object {
    text("An IP address with a port.", "0.0.0.0:5671").build()
}

/// An IP address with a port, that may be absent.
pub(crate) fn optional_socket_address() -> Object {
    ObjectBuilder::from(socket_address()).schema_type(nullable(Type::String)).build()
}

/// An address of an application network.
pub(crate) fn address() -> Object {
    text("An address in the application network: labels separated by '.' or '/', at most 128 bytes.", "till.api")
        .build()
}

/// How an address picks among those who serve it.
pub(crate) fn address_policy() -> Object {
    words(&["closest", "balanced", "weighted", "failover"], "How an address picks among the sites that serve it.")
}

/// The weights of sites, by name.
pub(crate) fn weights() -> Object {
    let weight = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(1000));
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(weight)).build()
}

/// The kinds of an access point.
pub(crate) fn access_kinds() -> Array {
    ArrayBuilder::new()
        .items(words(&["peer", "member", "claim", "manage"], "Whom an access point admits."))
        .min_items(Some(1))
        .build()
}

/// How data connections travel.
pub(crate) fn transport() -> Object {
    words(&["direct", "tls"], "How the data connections of a link travel.")
}

/// How data connections travel, where it may be left alone.
pub(crate) fn optional_transport() -> Object {
    ObjectBuilder::from(transport())
        .schema_type(nullable(Type::String))
        .enum_values(Some([Some("direct"), Some("tls"), None]))
        .build()
}

/// The state of a backbone site.
pub(crate) fn backbone_site_state() -> Object {
    words(&["defined", "deployed", "evicted"], "Where a backbone site stands.")
}

/// The state of an application network.
pub(crate) fn network_state() -> Object {
    words(&["scheduled", "open", "closing", "ended", "evicted"], "Where an application network stands.")
}

/// The state of a member site.
pub(crate) fn member_state() -> Object {
    words(&["waiting", "member", "expired", "left", "evicted", "refused"], "Where a member site stands.")
}

/// Patterns of addresses.
pub(crate) fn patterns() -> Array {
    let pattern =
        text("An address, the beginning of some with `*` at the end, or `*` for all; an empty list is none.", "till.*");
    ArrayBuilder::new().items(pattern.build()).max_items(Some(model::terms::AddressPatterns::MAX)).build()
}

/// Patterns of addresses that may be absent.
pub(crate) fn optional_patterns() -> Array {
    ArrayBuilder::from(patterns()).schema_type(nullable(Type::Array)).build()
}

/// How joiners are admitted.
pub(crate) fn admission() -> Object {
    words(&["automatic", "waiting-room"], "How joiners are admitted: at once, or once somebody has admitted them.")
}

/// Whether participants are asked before anything is deployed at their sites.
pub(crate) fn consent() -> Object {
    words(&["auto", "ask"], "Whether participants are asked before anything is deployed at their sites.")
}

/// A passcode.
pub(crate) fn passcode() -> Object {
    text("A passcode, 4 to 128 characters. It is never shown again.", "tell nobody")
        .min_length(Some(4))
        .max_length(Some(128))
        .write_only(true)
        .build()
}

/// A passcode that may be absent.
pub(crate) fn optional_passcode() -> Object {
    ObjectBuilder::from(passcode()).schema_type(nullable(Type::String)).build()
}

/// A number of uses, or `unlimited`.
pub(crate) fn uses() -> utoipa::openapi::schema::Schema {
    utoipa::openapi::schema::OneOfBuilder::new()
        .description(Some("How many sites may join by an invitation."))
        .item(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)))
        .item(words(&["unlimited"], "Any number of sites."))
        .into()
}

fn nullable(kind: Type) -> utoipa::openapi::schema::SchemaType {
    utoipa::openapi::schema::SchemaType::from_iter([kind, Type::Null])
}
