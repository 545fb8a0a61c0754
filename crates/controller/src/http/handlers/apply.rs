use api::Apply;
use axum::extract::State;

use crate::{
    App,
    http::{
        answer::{Answer, object},
        apply as applying,
        extract::{Body, By},
    },
};

pub(crate) async fn apply(State(app): State<App>, By(actor): By, Body(input): Body<Apply>) -> Answer {
    object(applying::apply(&app, &actor, input).await?)
}
