//! How a request is answered.

use api::Page;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::problem::Refusal;

/// What a handler answers.
pub(crate) type Answer = Result<Response, Refusal>;

/// 200 with an object.
pub(crate) fn object(object: impl Serialize) -> Answer {
    Ok(Json(object).into_response())
}

/// 200 with an object that can be changed, and its ETag.
pub(crate) fn tagged(object: impl Serialize, revision: i64) -> Answer {
    Ok(with_etag(Json(object).into_response(), revision))
}

/// 201 with a new object.
pub(crate) fn created(object: impl Serialize) -> Answer {
    Ok((StatusCode::CREATED, Json(object)).into_response())
}

/// 201 with a new object that can be changed, and its ETag.
pub(crate) fn created_tagged(object: impl Serialize, revision: i64) -> Answer {
    Ok(with_etag((StatusCode::CREATED, Json(object)).into_response(), revision))
}

/// 200 with what is known by its digest, and that as its ETag.
pub(crate) fn digested(object: impl Serialize, digest: &str) -> Answer {
    Ok(with_digest(Json(object).into_response(), digest))
}

/// 201 with a new object that never changes, and the digest of it as its ETag.
pub(crate) fn created_immutable(object: impl Serialize, digest: &str) -> Answer {
    Ok(with_digest((StatusCode::CREATED, Json(object)).into_response(), digest))
}

/// 304: it is as it was when it had this digest.
pub(crate) fn unchanged(digest: &str) -> Answer {
    Ok(with_digest(StatusCode::NOT_MODIFIED.into_response(), digest))
}

/// 200 with a page of objects.
pub(crate) fn page<T, U: Serialize>(listing: crate::ops::Listing<T>, convert: impl FnMut(T) -> U) -> Answer {
    object(Page { items: listing.items.into_iter().map(convert).collect(), next: listing.next })
}

/// 204.
pub(crate) fn nothing() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn with_digest(mut response: Response, digest: &str) -> Response {
    let tag = HeaderValue::try_from(format!("\"{digest}\"")).expect("hexadecimal digits in quotes are a header value");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

fn with_etag(mut response: Response, revision: i64) -> Response {
    let tag = HeaderValue::try_from(format!("\"{revision}\"")).expect("digits in quotes are a header value");
    response.headers_mut().insert(header::ETAG, tag);
    response
}
