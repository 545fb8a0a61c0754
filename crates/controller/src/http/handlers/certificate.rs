use api::{
    Certificate, CertificateKind, CertificateRevocation, CertificateRevoke, CertificateRotate, CertificateState,
    InvitationDecision, RevocationList,
};
use axum::extract::{Path, State};
use model::GenericUuid as _;
use uuid::Uuid;

use super::eviction;
use crate::{
    App,
    http::{
        answer::{Answer, object, page},
        extract::{Body, By, Parameters},
        problem::Refusal,
    },
    ops::{
        Actor,
        certificate::{self, Kind, State as Standing},
        member::InvitationFate,
    },
};

fn kind(kind: Kind) -> CertificateKind {
    match kind {
        Kind::Installation => CertificateKind::Installation,
        Kind::BackboneCa => CertificateKind::BackboneCa,
        Kind::NetworkCa => CertificateKind::NetworkCa,
        Kind::BackboneSite => CertificateKind::BackboneSite,
        Kind::Bootstrap => CertificateKind::Bootstrap,
        Kind::TrustSigner => CertificateKind::TrustSigner,
        Kind::Controller => CertificateKind::Controller,
        Kind::Invitation => CertificateKind::Invitation,
        Kind::Member => CertificateKind::Member,
    }
}

fn state(state: Standing) -> CertificateState {
    match state {
        Standing::Announced => CertificateState::Announced,
        Standing::Current => CertificateState::Current,
        Standing::Superseded => CertificateState::Superseded,
        Standing::Expired => CertificateState::Expired,
        Standing::Revoked => CertificateState::Revoked,
    }
}

fn view(found: certificate::Certificate) -> Certificate {
    let id = model::CertificateId::from_untyped_uuid;
    Certificate {
        id: id(found.id),
        kind: kind(found.kind),
        subject: found.subject,
        identity: found.identity,
        serial: found.serial,
        issuer: found.issuer.map(id),
        generation: found.generation,
        not_before: found.not_before,
        not_after: found.not_after,
        superseded_by: found.superseded_by.map(id),
        state: state(found.standing.state),
        since: found.standing.since,
        why: found.standing.why,
        next: found.standing.next,
        pem: Some(found.pem),
    }
}

/// Lists leave the certificate itself out.
fn line(found: certificate::Certificate) -> Certificate {
    Certificate { pem: None, ..view(found) }
}

pub(crate) async fn list(State(app): State<App>, By(actor): By, parameters: Parameters) -> Answer {
    page(certificate::list(&app, &actor, &parameters.page()?).await?, line)
}

/// The certificate that a path names by id or by serial number.
async fn named(app: &App, actor: &Actor, name: &str) -> Result<certificate::Certificate, Refusal> {
    match Uuid::try_parse(name) {
        Ok(id) if name.contains('-') => Ok(certificate::show(app, actor, id).await?),
        _ if name.len() <= 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) => {
            let id = certificate::by_serial(app, name).await?.ok_or_else(|| Refusal::not_found("certificate", name))?;
            Ok(certificate::show(app, actor, id).await?)
        }
        _ => Err(Refusal::not_found("certificate", name)),
    }
}

pub(crate) async fn show(State(app): State<App>, By(actor): By, Path(name): Path<String>) -> Answer {
    object(view(named(&app, &actor, &name).await?))
}

pub(crate) async fn revocation_list(State(app): State<App>, By(actor): By, Path(name): Path<String>) -> Answer {
    let id = named(&app, &actor, &name).await?.id;
    let made = certificate::revocation_list(&app, id).await?;
    object(RevocationList {
        entries: made.entries,
        this_update: made.validity.not_before,
        next_update: made.validity.not_after,
        pem: made.pem,
    })
}

pub(crate) async fn rotate(
    State(app): State<App>,
    By(actor): By,
    Path(name): Path<String>,
    Body(input): Body<CertificateRotate>,
) -> Answer {
    let id = named(&app, &actor, &name).await?.id;
    object(view(certificate::rotate(&app, &actor, id, input.now).await?))
}

pub(crate) async fn revoke(
    State(app): State<App>,
    By(actor): By,
    Path(name): Path<String>,
    Body(input): Body<CertificateRevoke>,
) -> Answer {
    let fate = input.invitation.map(|decision| match decision {
        InvitationDecision::Close => InvitationFate::Close,
        InvitationDecision::Keep => InvitationFate::Keep,
    });
    let id = named(&app, &actor, &name).await?.id;
    let revoked = certificate::revoke(&app, &actor, id, fate).await?;
    object(CertificateRevocation {
        gone: revoked.gone,
        eviction: revoked.eviction.map(|found| eviction(found, &actor)),
    })
}
