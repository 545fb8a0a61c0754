use axum::{extract::State, response::Response};

use crate::{App, metrics};

pub(crate) async fn scrape(State(app): State<App>) -> Response {
    metrics::scrape(&app).await
}
