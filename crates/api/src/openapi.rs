//! The OpenAPI 3.1 document, made from the table of endpoints.

use std::collections::BTreeMap;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, Content, ContentBuilder, HeaderBuilder, HttpMethod, Info, InfoBuilder, License,
        OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required, Response, ResponseBuilder,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ArrayBuilder, ObjectBuilder, Schema, Type},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    Problem, ProblemType,
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
    let mut components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(
            "token",
            SecurityScheme::Http(
                Http::builder()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some("The token of the first start, DIR/admin.token."))
                    .build(),
            ),
        )
        .build();
    components.responses.insert("Problem".to_owned(), problem("An error; see its type.").into());
    components
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

fn json(schema: impl Into<RefOr<Schema>>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

fn problem(description: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content(Problem::MEDIA_TYPE, json(Ref::from_schema_name(Problem::name())))
        .build()
}

fn text_parameter(place: ParameterIn, name: &str, required: bool, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(if required { Required::True } else { Required::False })
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn operation(endpoint: &Endpoint) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(endpoint.operation))
        .summary(Some(endpoint.summary))
        .tag(tag(endpoint));
    for name in endpoint.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
        let description = match name {
            "link" | "listener" | "connector" => "The object's id.",
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
        operation = operation
            .parameter(
                ParameterBuilder::new()
                    .name("limit")
                    .parameter_in(ParameterIn::Query)
                    .required(Required::False)
                    .description(Some("At most this many objects."))
                    .schema(Some(
                        ObjectBuilder::new()
                            .schema_type(Type::Integer)
                            .minimum(Some(1))
                            .maximum(Some(MAX_LIMIT))
                            .default(Some(DEFAULT_LIMIT.into())),
                    )),
            )
            .parameter(text_parameter(
                ParameterIn::Query,
                "cursor",
                false,
                "Where to continue: `next` of the page before.",
            ));
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
                .content("application/json", json(reference(body)))
                .build(),
        ));
    }
    operation = responses(operation, endpoint);
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
    };
    let mut response = ResponseBuilder::new().description(description);
    if let Some(body) = endpoint.response {
        response = response.content(
            "application/json",
            match endpoint.success {
                Success::Page => json(Ref::from_schema_name(page_name(body))),
                _ => json(reference(body)),
            },
        );
    }
    if endpoint.etag {
        response = response.header(
            "ETag",
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .description(Some("The object's revision, for If-Match."))
                .build(),
        );
    }
    let mut operation = operation.response(status, response);
    for kind in problems(endpoint) {
        let status = kind.status().to_string();
        operation = operation.response(status, problem(kind.title()));
    }
    operation.response("default", Ref::from_response_name("Problem"))
}

/// The problems that are particular to an endpoint; all others come under `default`.
fn problems(endpoint: &Endpoint) -> Vec<ProblemType> {
    let mut kinds = vec![];
    if !endpoint.open {
        kinds.push(ProblemType::Unauthorized);
    }
    if endpoint.path.contains('{') {
        kinds.push(ProblemType::NotFound);
    }
    if endpoint.method != Method::Get {
        kinds.push(ProblemType::Precondition);
    }
    if endpoint.if_match {
        kinds.push(ProblemType::RevisionMismatch);
    }
    if endpoint.request.is_some() || !endpoint.query.is_empty() {
        kinds.push(ProblemType::Invalid);
    }
    kinds.push(ProblemType::Unavailable);
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

    #[test]
    fn every_operation_but_the_probes_needs_a_token() {
        for endpoint in endpoints() {
            assert_eq!(endpoint.open, operation(&endpoint).security.is_none(), "{endpoint:?}");
        }
    }
}
