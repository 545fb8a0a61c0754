use api::{AuditCut, AuditCutCreate, AuditEvent, AuditFault, AuditVerdict};
use axum::extract::State;
use data_encoding::{BASE64, HEXLOWER};
use store::cut::Cut;

use crate::{
    App,
    http::{
        answer::{Answer, object, page},
        extract::{Body, By, Parameters},
    },
    ops::{OpError, audit, audit::Seen},
};

pub(in crate::http) fn event(Seen { event: found, hashed }: Seen) -> AuditEvent {
    let shown = |hash: [u8; 32]| hashed.then(|| HEXLOWER.encode(&hash));
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
        previous_hash: shown(found.previous_hash),
        hash: shown(found.hash),
    }
}

pub(crate) async fn list(State(app): State<App>, By(actor): By, parameters: Parameters) -> Answer {
    page(audit::list(&app, &actor, &parameters.page()?).await?, event)
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

pub(crate) async fn cuts(State(app): State<App>, parameters: Parameters) -> Answer {
    let listing = audit::cuts(&app, &parameters.page()?).await?;
    let items = listing.items.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    object(api::Page { items, next: listing.next })
}

pub(crate) async fn cut(State(app): State<App>, By(actor): By, Body(input): Body<AuditCutCreate>) -> Answer {
    object(shown(&audit::cut(&app, &actor, input.before).await?)?)
}

fn shown(cut: &Cut) -> Result<AuditCut, OpError> {
    let statement = String::from_utf8(cut.statement.clone());
    let signer = pki::Certificate::parse(cut.signer.as_bytes());
    let damaged = "a cut of the audit chain in the database is damaged";
    Ok(AuditCut {
        position: cut.position,
        time: cut.time,
        statement: statement.map_err(OpError::internal(damaged))?,
        signature: BASE64.encode(&cut.signature),
        signer: signer.map_err(OpError::internal(damaged))?.to_pem(),
    })
}
