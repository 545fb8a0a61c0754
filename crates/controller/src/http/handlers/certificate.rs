use api::{Certificate, CertificateKind};
use axum::extract::{Path, State};
use model::GenericUuid as _;
use uuid::Uuid;

use super::all;
use crate::{
    App,
    http::{
        answer::{Answer, object, page},
        extract::Parameters,
        problem::Refusal,
    },
    ops::certificate::{self, Kind},
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
        pem: Some(found.pem),
    }
}

/// Lists leave the certificate itself out.
fn line(found: certificate::Certificate) -> Certificate {
    Certificate { pem: None, ..view(found) }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    let wanted = parameters.page()?;
    let Some(text) = parameters.text("kind") else {
        return page(certificate::list(&app, &wanted).await?, line);
    };
    let wanted_kind: CertificateKind = serde_json::from_value(text.into())
        .map_err(|_| Refusal::field("kind", format!("{text:?} is not a kind of certificate")))?;
    let mut found = all!(page => certificate::list(&app, page));
    found.retain(|certificate| kind(certificate.kind) == wanted_kind);
    page(wanted.cut(found, certificate::Certificate::position)?, line)
}

pub(crate) async fn show(State(app): State<App>, Path(name): Path<String>) -> Answer {
    if let Ok(id) = Uuid::try_parse(&name)
        && name.contains('-')
    {
        return object(view(certificate::show(&app, id).await?));
    }
    let found = all!(page => certificate::list(&app, page));
    match found.into_iter().find(|certificate| certificate.serial == name) {
        Some(certificate) => object(view(certificate)),
        None => Err(Refusal::not_found("certificate", &name)),
    }
}
