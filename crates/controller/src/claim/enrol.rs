use crashpoint::Point;
use model::{BackboneId, BackboneSiteId, Identity};
use site_proto::{Admission, EnrolRequest, SignedTrust};
use store::{
    StoreError, Tx,
    authority::Owner,
    backbone_site,
    backbone_site::{Enrolled, Enrolment, EnrolmentRefusal},
    event::{Event, ObjectKind, Outcome},
    inputs,
};

use super::{Unclaimed, begin, platform, refused, request};
use crate::{
    App,
    desired::{self, Encoded},
    issue, trust,
};

/// Enrols a relay site, and answers with everything it needs to run.
pub(super) async fn enrol(
    app: &App,
    backbone: BackboneId,
    site: BackboneSiteId,
    bundle_serial: String,
    asked: EnrolRequest,
) -> Result<Admission, Unclaimed> {
    let csr = request(&asked.csr)?;
    let mut tx = begin(app, Identity::Bootstrap { backbone, site }).await?;
    let enrolment = Enrolment {
        site,
        key_digest: *csr.key_digest().as_bytes(),
        bundle_serial: Some(bundle_serial),
        platform: platform(asked.platform),
    };
    let row = match backbone_site::enrol(&mut tx, &enrolment).await? {
        Enrolled::New(row) | Enrolled::Existing(row) => row,
        Enrolled::Refused(reason) => return Err(refuse(tx, backbone, &enrolment, reason).await),
    };
    let identity = Identity::BackboneSite { backbone, site };
    let until = issue::relay_until(app);
    let certificate = issue::site_certificate(app, &mut tx, Owner::Backbone(backbone), identity, &csr, until).await?;
    crashpoint::reached(Point::EnrolUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::EnrolCommitted);
    app.reconcile();
    let in_force = trust::publish(app, backbone).await?;
    let inputs = inputs::backbone_site_desired_inputs(app.store(), site).await?;
    tracing::info!(site = %row.name, "a backbone site has enrolled");
    Ok(Admission {
        site: site.to_string(),
        name: row.name.to_string(),
        certificate: certificate.der.0,
        items: Encoded::new(&desired::backbone_site(&inputs)).all(),
        trust: Some(SignedTrust {
            document: in_force.signed.document,
            signature: in_force.signed.signature,
            signer: in_force.signed.signer.0,
        }),
    })
}

/// Refuses in words. A second key is an alarm: somebody else may have the bundle.
async fn refuse(tx: Tx, backbone: BackboneId, enrolment: &Enrolment, reason: EnrolmentRefusal) -> Unclaimed {
    match reason {
        EnrolmentRefusal::Unknown => refused("closed", "this backbone site does not exist any more"),
        EnrolmentRefusal::Evicted => refused("evicted", "this backbone site was evicted"),
        EnrolmentRefusal::Superseded => {
            refused("superseded", "a newer bundle was rendered for this site; this one is not good any more")
        }
        EnrolmentRefusal::KeyMismatch => match alarm(tx, backbone, enrolment).await {
            Ok(()) => refused(
                "key-mismatch",
                "another key has enrolled as this site already; if that was not you, tell your administrator",
            ),
            Err(error) => Unclaimed::Failed(error.into()),
        },
    }
}

/// Raises the alarm, once for each key: whoever tries again without end writes nothing more.
async fn alarm(mut tx: Tx, backbone: BackboneId, enrolment: &Enrolment) -> Result<(), StoreError> {
    let site = enrolment.site;
    if !backbone_site::note_second_key(&mut tx, site, &enrolment.key_digest).await? {
        return Ok(());
    }
    tracing::warn!(%backbone, %site, "ALARM: a second key tries to enrol as this backbone site; the bundle may be in other hands");
    let event = Event::new("backbone-site.enrol", ObjectKind::BackboneSite, site)
        .on_backbone(backbone)
        .ended(Outcome::Refused, "another key has enrolled as this site before: the bundle may be in other hands");
    tx.record(event);
    tx.commit().await.map(drop)
}
