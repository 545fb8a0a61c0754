use api::{Ca, CaCsr, CaDevelopment, CaImport, KeyRotation};
use axum::extract::State;

use super::status::ca_state;
use crate::{
    App,
    http::{
        answer::{Answer, created, object},
        extract::{Body, By, Create, NoBody},
        standing,
    },
    ops::ca::{self, CaState},
};

fn view(app: &App, info: ca::CaInfo) -> Ca {
    let certificate = info.ca.as_ref();
    Ca {
        standing: standing::ca(&info),
        installation: app.installation(),
        state: ca_state(info.state, info.development),
        subject: certificate.map(|ca| ca.subject.clone()),
        serial: certificate.map(|ca| ca.serial.clone()),
        fingerprint: certificate.map(|ca| ca.fingerprint.clone()),
        not_before: certificate.map(|ca| ca.not_before),
        not_after: certificate.map(|ca| ca.not_after),
        chain: info.chain_pem,
        since: (info.state == CaState::Ready).then_some(info.since),
        kek: info.kek,
        how: info.next_step,
    }
}

pub(crate) async fn show(State(app): State<App>) -> Answer {
    object(view(&app, ca::show(&app).await?))
}

pub(crate) async fn development(State(app): State<App>, Create(actor, input): Create<CaDevelopment>) -> Answer {
    created(view(&app, ca::init_development(&app, &actor, input.name.as_ref()).await?))
}

pub(crate) async fn csr(State(app): State<App>, By(actor): By, _: NoBody) -> Answer {
    object(CaCsr { csr: ca::csr(&app, &actor).await? })
}

pub(crate) async fn import(State(app): State<App>, By(actor): By, Body(input): Body<CaImport>) -> Answer {
    object(view(&app, ca::import(&app, &actor, &input.chain).await?))
}

pub(crate) async fn rotate_key(State(app): State<App>, By(actor): By, _: NoBody) -> Answer {
    let ca::KeyChange { before, after, sealed } = ca::rotate_key(&app, &actor).await?;
    object(KeyRotation { before, after, sealed })
}
