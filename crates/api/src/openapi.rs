//! The OpenAPI 3.1 document, made from the table of endpoints.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, Content, ContentBuilder, HeaderBuilder, HttpMethod, Info, InfoBuilder, License,
        OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required, Response, ResponseBuilder,
        extensions::ExtensionsBuilder,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    Accepts, Listing, Liveness, Problem, ProblemType, Traffic,
    endpoint::{Body, Endpoint, Method, Success, endpoints},
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};

/// The whole document.
pub fn document() -> OpenApi {
    let all = endpoints();
    let mut paths = Paths::new();
    for endpoint in &all {
        let method = match endpoint.method {
            Method::Get => HttpMethod::Get,
            Method::Post => HttpMethod::Post,
            Method::Put => HttpMethod::Put,
            Method::Patch => HttpMethod::Patch,
            Method::Delete => HttpMethod::Delete,
        };
        let item = PathItem::new(method, operation(endpoint));
        match paths.paths.get_mut(endpoint.path) {
            Some(present) => present.merge_operations(item),
            None => {
                paths.paths.insert(endpoint.path.to_owned(), item);
            }
        }
    }
    OpenApiBuilder::new().info(info()).paths(paths).components(Some(components(&all))).build()
}

/// The document as it is committed: indented, with a line end.
pub fn document_json() -> String {
    let mut text = document().to_pretty_json().expect("a document of plain maps and strings serialises");
    text.push('\n');
    text
}

fn info() -> Info {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    InfoBuilder::new()
        .title("Skupper-X")
        .version("v1")
        .description(Some(
            "Objects are named in paths by name or id. Times are RFC 3339, durations whole seconds. Lists page by \
             cursor. A change may carry If-Match with the ETag of what it was prepared for, a creation an \
             Idempotency-Key, so that it can be repeated after a lost answer. Errors are application/problem+json \
             (RFC 9457).",
        ))
        .license(Some(license))
        .build()
}

fn components(all: &[Endpoint]) -> Components {
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut nested = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut nested);
    for endpoint in all {
        for body in [endpoint.request, endpoint.response].into_iter().flatten() {
            nested.push(((body.name)().into_owned(), (body.schema)()));
            (body.nested)(&mut nested);
        }
        if let (Success::Page, Some(body)) = (endpoint.success, endpoint.response) {
            nested.push((page_name(body), page_schema(body).into()));
        }
    }
    schemas.extend(nested);
    for (name, schema) in [(Liveness::name(), Liveness::schema()), (Traffic::name(), Traffic::schema())] {
        schemas.insert(name.into_owned(), schema);
    }
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(
            "token",
            SecurityScheme::Http(
                Http::builder()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some("A token of the API (POST /api/v1/tokens), that of a session (POST /api/v1/sign-in), or the first-start token, DIR/admin.token."))
                    .build(),
            ),
        )
        .build()
}

fn reference(body: Body) -> Ref {
    Ref::from_schema_name((body.name)())
}

fn page_name(body: Body) -> String {
    format!("{}Page", (body.name)())
}

fn page_schema(body: Body) -> Schema {
    ObjectBuilder::new()
        .description(Some("One page of a list."))
        .property("items", ArrayBuilder::new().items(reference(body)))
        .required("items")
        .property(
            "next",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("The cursor of the next page, to be sent as `cursor`; absent on the last page.")),
        )
        .into()
}

fn json(schema: impl Into<RefOr<Schema>>, example: Option<Value>) -> Content {
    ContentBuilder::new().schema(Some(schema)).example(example).build()
}

/// The example of a body, as its type gives it.
fn example(body: Body) -> Option<Value> {
    let schema = serde_json::to_value((body.schema)()).expect("schemas serialise");
    schema.get("example").cloned()
}

/// What goes wrong with one status, each kind with an example.
fn problem(kinds: &[ProblemType]) -> Response {
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
    let example = kinds.first().map(|kind| {
        let mut problem = Problem::new(*kind, kind.title());
        problem.request_id = Some("0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00".to_owned());
        serde_json::to_value(problem).expect("a problem has a JSON form")
    });
    ResponseBuilder::new()
        .description(titles.join("; "))
        .content(Problem::MEDIA_TYPE, json(Ref::from_schema_name(Problem::name()), example))
        .build()
}

fn text_parameter(place: ParameterIn, name: &str, required: bool, description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    parameter(place, name, description, schema.into(), required.then(|| example_of(name).into()))
}

fn parameter(place: ParameterIn, name: &str, description: &str, schema: Schema, example: Option<Value>) -> Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .example(example)
        .build()
}

/// An example of a path's parameter.
fn example_of(name: &str) -> &'static str {
    match name {
        "backbone" => "main",
        "site" => "hub",
        "access_point" => "members",
        "network" => "exercise",
        "class" => "store",
        "invitation" => "door",
        "member" => "store-1",
        "address" => "till.api",
        "kind" => "blocks",
        "document" => "database@1.0.0",
        "application" => "shop@1.0.0",
        "release" => "shop@sha256:4f9c1f2f0d1c5b6a3e7d8c9b0a1f2e3d4c5b6a79880796a5b4c3d2e1f0a9b8c7",
        "user" => "ann",
        "group" => "operators",
        _ => "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    }
}

/// The parameters of a list.
fn listing(operation: OperationBuilder, list: &Listing) -> OperationBuilder {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(MAX_LIMIT))
        .default(Some(DEFAULT_LIMIT.into()));
    let query = |name: &str, about: &str, schema: ObjectBuilder| {
        parameter(ParameterIn::Query, name, about, schema.into(), None)
    };
    let mut operation = operation.parameter(query("limit", "At most this many objects.", limit)).parameter(query(
        "cursor",
        "Where to continue: `next` of the page before, of the same order.",
        text(),
    ));
    if let Some(what) = list.search {
        let about = format!("Only what has all of these words in it; looks at {what}.");
        operation = operation.parameter(query("search", &about, text().min_length(Some(1)).max_length(Some(200))));
    }
    if let Some(own) = list.sorts.first() {
        let orders = list.sorts.iter().flat_map(|field| [(*field).to_owned(), format!("-{field}")]);
        let about = format!("The order; with `-` before it, backwards. By `{own}` unless given.");
        operation = operation.parameter(query("sort", &about, text().enum_values(Some(orders))));
    }
    for filter in list.filters {
        let schema = match filter.accepts {
            Accepts::Words(words) => text().enum_values(Some(words.iter().copied())),
            Accepts::Flag => ObjectBuilder::new().schema_type(Type::Boolean),
            Accepts::Reference => text().min_length(Some(1)).max_length(Some(63)),
            Accepts::Address => text().min_length(Some(1)).max_length(Some(128)),
            Accepts::Id => text().format(Some(SchemaFormat::Custom("uuid".to_owned()))),
            Accepts::Time => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
            Accepts::Text => text().min_length(Some(1)).max_length(Some(200)),
        };
        operation = operation.parameter(query(filter.name, filter.about, schema));
    }
    operation
}

fn operation(endpoint: &Endpoint) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(endpoint.operation))
        .summary(Some(endpoint.summary))
        .tag(tag(endpoint));
    for name in endpoint.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
        let description = match name {
            "link" | "listener" | "connector" | "grant" | "share" | "quota" => "The object's id.",
            "certificate" => "The record's id, or the serial number.",
            "class" => "The class's name.",
            "kind" => "`interface-types`, `blocks` or `applications`.",
            "document" | "application" => "NAME, NAME@VERSION or NAME@RANGE, or the document's id.",
            "release" => {
                "The release's name (NAME@sha256:DIGEST), its digest or the first 8 or more digits of it, or its id."
            }
            _ => "The object's name or id.",
        };
        operation = operation.parameter(text_parameter(ParameterIn::Path, name, true, description));
    }
    if endpoint.success == Success::Page {
        operation = listing(operation, endpoint.list);
    }
    if endpoint.success == Success::Stream {
        let about = "The `id` of the last event there is: the stream goes on after it, whatever `after` says.";
        operation = operation.parameter(text_parameter(ParameterIn::Header, "Last-Event-ID", false, about));
    }
    for (name, description) in endpoint.query {
        operation = operation.parameter(text_parameter(ParameterIn::Query, name, false, description));
    }
    if endpoint.if_match {
        operation = operation.parameter(text_parameter(
            ParameterIn::Header,
            "If-Match",
            false,
            "The ETag of the object the change was prepared for; refused with 412 when that has changed since.",
        ));
    }
    if endpoint.if_none_match {
        operation = operation.parameter(text_parameter(
            ParameterIn::Header,
            "If-None-Match",
            false,
            "The ETag of the answer before: answered with 304 while nothing of it is different. That costs next to nothing.",
        ));
    }
    if endpoint.idempotency {
        operation = operation.parameter(text_parameter(
            ParameterIn::Header,
            "Idempotency-Key",
            false,
            "A text of 1 to 128 visible characters, new for each creation. The same request with the same key is \
             carried out once; repeated within a day, it answers 201 with the object as it is then, or 404 when that \
             has been removed since. The same key with another request is refused with 409.",
        ));
    }
    if let Some(body) = endpoint.request {
        operation = operation.request_body(Some(
            RequestBodyBuilder::new()
                .required(Some(Required::True))
                .content("application/json", json(reference(body), example(body)))
                .build(),
        ));
    }
    operation = responses(operation, endpoint);
    let action = Value::from(endpoint.action.as_str());
    operation = operation.extensions(Some(ExtensionsBuilder::new().add("x-skx-action", action).build()));
    if !endpoint.open {
        operation = operation.security(SecurityRequirement::new("token", Vec::<String>::new()));
    }
    operation.build()
}

fn responses(operation: OperationBuilder, endpoint: &Endpoint) -> OperationBuilder {
    let (status, description) = match endpoint.success {
        Success::Object => ("200", "Done."),
        Success::Page => ("200", "A page of the list."),
        Success::Created => ("201", "Created."),
        Success::Nothing => ("204", "Done."),
        Success::Stream => ("200", STREAM),
    };
    let mut response = ResponseBuilder::new().description(description);
    if let Some(body) = endpoint.response {
        let (media_type, content) = match endpoint.success {
            Success::Page => {
                let page = example(body).map(|example| serde_json::json!({"items": [example]}));
                ("application/json", json(Ref::from_schema_name(page_name(body)), page))
            }
            Success::Stream => {
                let event = example(body).map(|example| format!("event: change\nid: 17\ndata: {example}\n\n").into());
                ("text/event-stream", json(ObjectBuilder::new().schema_type(Type::String), event))
            }
            _ => ("application/json", json(reference(body), example(body))),
        };
        response = response.content(media_type, content);
    }
    if endpoint.etag || endpoint.if_none_match {
        let what = if endpoint.etag { "The object's revision, for If-Match." } else { "For If-None-Match." };
        response = response.header(
            "ETag",
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .description(Some(what))
                .build(),
        );
    }
    let mut operation = operation.response(status, response);
    if endpoint.if_none_match {
        let same = ResponseBuilder::new().description("It is as it was.");
        operation = operation.response("304", same);
    }
    let mut by_status: BTreeMap<u16, Vec<ProblemType>> = BTreeMap::new();
    for kind in problems(endpoint) {
        by_status.entry(kind.status()).or_default().push(kind);
    }
    for (status, kinds) in by_status {
        operation = operation.response(status.to_string(), problem(&kinds));
    }
    operation
}

/// What a stream of events says.
const STREAM: &str = "Server-sent events, until the token ends or the controller does. `change`: an event of the audit \
    chain, an `AuditEvent` as far as it is for the reader, with its position as `id`; whoever comes again with the last one \
    as `Last-Event-ID` misses nothing. `liveness` and `traffic`: how a site is just now, a `Liveness` or a `Traffic`, \
    without an `id` and told once. Comments in between say that the stream lives.";

/// Every kind of problem that an endpoint can answer with.
fn problems(endpoint: &Endpoint) -> Vec<ProblemType> {
    use ProblemType as P;
    let changes = endpoint.method != Method::Get;
    let reads_body = matches!(endpoint.method, Method::Post | Method::Put | Method::Patch);
    let mut kinds = vec![P::Malformed, P::Invalid, P::Internal, P::Unavailable];
    if !endpoint.open || changes {
        kinds.extend([P::Unauthorized, P::PasswordChangeRequired, P::Forbidden, P::TooManyAttempts]);
    }
    if endpoint.path.contains('{')
        || !endpoint.list.filters.is_empty()
        || changes
        || endpoint.success == Success::Stream
    {
        kinds.push(P::NotFound);
    }
    // What hands out a credential is read, and may be refused as what changes is.
    if endpoint.action == authz::Action::ReadLogs || endpoint.operation == "showRevocationList" {
        // The participant may not let them out, or be away; what issues nothing has no list.
        kinds.push(P::Precondition);
    }
    if changes || endpoint.action.access() == authz::Access::Write {
        kinds.extend([P::Precondition, P::NameTaken, P::NotHonoured]);
    }
    if reads_body {
        kinds.extend([P::Timeout, P::TooLarge]);
    }
    if endpoint.request.is_some() {
        kinds.extend([P::UnsupportedMediaType, P::VersionTaken, P::InvalidDocuments]);
    }
    if endpoint.idempotency {
        kinds.push(P::IdempotencyConflict);
    }
    if endpoint.if_match || endpoint.request.is_some() {
        kinds.push(P::RevisionMismatch);
    }
    if endpoint.success == Success::Stream {
        kinds.extend([P::PositionGone, P::TooManyStreams]);
    }
    kinds
}

/// The first word of the path after the prefix.
fn tag(endpoint: &Endpoint) -> &'static str {
    match endpoint.path.strip_prefix(crate::PREFIX) {
        Some(path) => path.trim_start_matches('/').split('/').next().unwrap_or("installation"),
        None => "health",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let document = serde_json::to_value(document()).expect("serialises");
        let text = document.to_string();
        let mut seen = 0;
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().expect("a closing quote");
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
        assert_eq!(document["openapi"], "3.1.0");
    }

    /// What is in `document` at a JSON pointer, or where that leads.
    fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(pointer) => document.pointer(pointer.trim_start_matches('#')).expect("it leads somewhere"),
            None => value,
        }
    }

    #[test]
    fn every_operation_has_examples_that_hold_against_their_schemas() {
        let document = serde_json::to_value(document()).expect("serialises");
        let mut seen = 0;
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let bodies = operation["responses"].as_object().expect("responses").iter();
                let bodies = bodies.map(|(status, response)| (status.as_str(), &response["content"]));
                let request = operation.get("requestBody").map(|body| ("request", &body["content"]));
                for (place, content) in bodies.chain(request) {
                    for (media_type, content) in content.as_object().into_iter().flatten() {
                        let place = format!("{method} {path} {place} {media_type}");
                        let example = content.get("example").unwrap_or_else(|| panic!("{place} has no example"));
                        let mut schema = content["schema"].clone();
                        schema["components"] = document["components"].clone();
                        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{place}: {e}"));
                        let errors: Vec<String> =
                            validator.iter_errors(example).map(|e| format!("{}: {e}", e.instance_path())).collect();
                        assert!(errors.is_empty(), "{place}: {errors:?}: {example}");
                        seen += 1;
                    }
                }
                for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                    let parameter = resolved(&document, parameter);
                    assert!(parameter["in"] != "path" || parameter.get("example").is_some(), "{path}: {parameter}");
                }
            }
        }
        assert!(seen > 500, "{seen}");
    }

    #[test]
    fn every_list_says_what_it_is_narrowed_and_ordered_by() {
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.success == Success::Page) {
            assert!(!endpoint.list.sorts.is_empty(), "{endpoint:?} is in no order");
            let mut names = endpoint.list.parameters();
            names.extend(endpoint.query.iter().map(|(name, _)| *name));
            let distinct: std::collections::BTreeSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{endpoint:?}: {names:?}");
        }
    }

    #[test]
    fn what_can_be_changed_is_changed_conditionally_and_what_is_created_is_created_once() {
        let all = endpoints();
        for endpoint in &all {
            let shown = all.iter().find(|other| other.path == endpoint.path && other.method == Method::Get);
            let mutable =
                shown.is_some_and(|shown| shown.etag && !NEVER_CHANGE.iter().any(|it| shown.path.ends_with(it)));
            if mutable && endpoint.method != Method::Get {
                assert!(endpoint.if_match, "{endpoint:?} changes what has an ETag, and takes no If-Match");
            }
            if matches!(endpoint.method, Method::Put | Method::Patch) {
                assert!(endpoint.if_match && endpoint.etag, "{endpoint:?} changes an object");
            }
            if endpoint.success == Success::Created {
                // What is shown once could not be shown again to who repeats the request.
                assert!(endpoint.idempotency != endpoint.path.ends_with("/tokens"), "{endpoint:?} creates");
            }
        }
    }

    /// What is named by its content: it has an ETag for caches, and never another content.
    const NEVER_CHANGE: [&str; 3] =
        ["/library/{kind}/{document}", "/applications/{application}", "/releases/{release}"];

    #[test]
    fn every_operation_but_the_probes_needs_a_token() {
        for endpoint in endpoints() {
            assert_eq!(endpoint.open, operation(&endpoint).security.is_none(), "{endpoint:?}");
        }
    }
}
