use api::{AuditEvent, AuditFault, AuditVerdict};
use axum::extract::State;
use data_encoding::HEXLOWER;
use store::event::Recorded;

use crate::{
    App,
    http::{
        answer::{Answer, object, page},
        extract::Parameters,
    },
    ops::audit::{self, Wanted},
};

fn event(found: Recorded) -> AuditEvent {
    AuditEvent {
        position: found.position,
        time: found.time,
        actor: found.actor,
        on_behalf_of: found.on_behalf_of,
        action: found.action,
        object_kind: found.object_kind.to_string(),
        object_id: found.object_id,
        network: found.network,
        backbone: found.backbone,
        before: found.before,
        after: found.after,
        outcome: found.outcome.to_string(),
        request_id: found.request_id,
        address: found.address,
        previous_hash: HEXLOWER.encode(&found.previous_hash),
        hash: HEXLOWER.encode(&found.hash),
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    let wanted = Wanted {
        network: parameters.value("network")?,
        object: parameters.value("object")?,
        actor: parameters.text("actor").map(str::to_owned),
        action: parameters.text("action").map(str::to_owned),
        since: parameters.value("since")?,
        until: parameters.value("until")?,
    };
    page(audit::list(&app, wanted, &parameters.page()?).await?, event)
}

pub(crate) async fn verify(State(app): State<App>) -> Answer {
    let found = audit::verify(&app).await?;
    let fault = |(position, fault): (i64, store::chain::Fault)| AuditFault { position, message: fault.to_string() };
    object(AuditVerdict {
        intact: found.faults.is_empty(),
        head: found.head,
        head_hash: HEXLOWER.encode(&found.head_hash),
        faults: found.faults.into_iter().map(fault).collect(),
    })
}
