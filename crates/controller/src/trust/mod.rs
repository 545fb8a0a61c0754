//! The trust document of each backbone: planned purely, signed by this replica, stored in a line of growing versions.

mod plan;
mod recall;

use std::collections::BTreeMap;

use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, BackboneSiteId, ControllerId, Der, GenericUuid, InvitationId, NetworkId, SiteId,
    trust::{AuthorityTrust, TrustDocument},
};
use pki::{Anchors, SignedTrust};
use store::{
    Context, Db, StoreError, Tx, authority,
    authority::Owner,
    certificate,
    denial::Kind,
    inputs,
    trust::{self as documents, Document, NewDocument},
};

use self::plan::{Before, DenialInput, DeniedId, NetworkInput, TrustInputs, TrustPlan};
pub(crate) use self::recall::recall;
use crate::{
    App, desired,
    issue::{self, Issuer},
    ops::OpError,
};

/// How often another replica may be faster before that is taken for a defect.
const ATTEMPTS: usize = 16;

/// The trust document in force at a backbone.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub(crate) version: u64,
    pub(crate) signed: SignedTrust,
    /// When to plan again, though nothing changes in the store.
    pub(crate) again: Timestamp,
}

/// The generations of an authority that are trusted.
pub(crate) async fn authorities(db: impl Db, owner: Owner) -> Result<Vec<AuthorityTrust>, StoreError> {
    Ok(desired::authorities(&authority::list(db, owner).await?))
}

/// This replica's certificate at a backbone: what it speaks to routers and sites with.
pub(crate) async fn own_leaf(app: &App, tx: &mut Tx, issuer: &Issuer) -> Result<pki::Certificate, OpError> {
    let identity = issue::controller_identity(app);
    issue::own_certificate(app, tx, issuer, identity, app.controller_key(), SignedDuration::ZERO).await
}

/// What this replica signs the trust documents of a backbone with.
pub(crate) async fn own_signer(
    app: &App,
    tx: &mut Tx,
    issuer: &Issuer,
    backbone: BackboneId,
) -> Result<pki::Certificate, OpError> {
    let identity = issue::signer_identity(app, backbone);
    // A document must not outlive the certificate of its signer.
    issue::own_certificate(app, tx, issuer, identity, app.signer_key(), app.trust_validity()).await
}

/// Brings the trust document of a backbone up to what is stored now.
///
/// Replicas may do so at once: versions are compared in the database, and who comes second plans again.
pub(crate) async fn publish(app: &App, backbone: BackboneId) -> Result<InForce, OpError> {
    for _ in 0..ATTEMPTS {
        let inputs = inputs::trust_inputs(app.store(), backbone).await?;
        let current = inputs.latest.as_ref().map(read).transpose()?;
        let now = app.now();
        let closed: BTreeMap<_, _> =
            certificate::last_expiry_of_closed(app.store(), backbone, now).await?.into_iter().collect();
        let believed = inputs.latest.as_ref().is_some_and(|latest| is_believed(&inputs, latest, now));
        let before = Before { document: current.as_ref(), believed, beyond: app.trust_least(backbone) };
        let TrustPlan { publish, again } = plan::plan(&planned(&inputs, &closed), before, app.trust_validity(), now);
        let Some(document) = publish else {
            let Some(latest) = inputs.latest else { continue };
            return Ok(InForce { version: latest.version, signed: signed(latest), again });
        };
        // When another replica was faster, its document is the one to compare with.
        if let Some(signed) = store_signed(app, backbone, &document).await? {
            tracing::info!(%backbone, version = document.version, "signed the trust document");
            return Ok(InForce { version: document.version, signed, again });
        }
    }
    Err(OpError::Internal {
        context: "the trust document could not be brought up to date",
        source: "other replicas were faster each time".into(),
    })
}

/// Signs and stores a document; nothing, when one of its version is stored already.
async fn store_signed(
    app: &App,
    backbone: BackboneId,
    document: &TrustDocument,
) -> Result<Option<SignedTrust>, OpError> {
    let mut tx = app.store().begin(&Context::controller(app.controller())).await?;
    let issuer = issue::issuer_of(app, &mut tx, Owner::Backbone(backbone)).await?;
    let signer = own_signer(app, &mut tx, &issuer, backbone).await?;
    // Nobody would believe a document whose signer has expired.
    let document = &TrustDocument { valid_until: document.valid_until.min(signer.not_after), ..document.clone() };
    let signed = SignedTrust::sign(document, app.signer_key(), &signer);
    let new = NewDocument {
        backbone,
        version: document.version,
        document: signed.document.clone(),
        signature: signed.signature.clone(),
        signer: signed.signer.clone(),
        valid_until: document.valid_until,
    };
    match documents::insert(&mut tx, new).await {
        Ok(_) => {}
        Err(StoreError::Conflict { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    crashpoint::reached(Point::TrustUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::TrustCommitted);
    // Ahead of all other work: this replica's routers have it before anybody else is told of the change.
    app.trust_published(backbone, &signed);
    Ok(Some(signed))
}

/// A stored document as it travels.
pub(crate) fn signed(document: Document) -> SignedTrust {
    SignedTrust { document: document.document, signature: document.signature, signer: document.signer }
}

/// Whether those who do not hold a document yet would adopt it: the generation that certified its signer may have been
/// withdrawn since.
fn is_believed(inputs: &inputs::TrustInputs, document: &Document, now: Timestamp) -> bool {
    let authorities = desired::authorities(&inputs.authorities);
    let anchors = Anchors {
        installation: inputs.installation,
        backbone: inputs.backbone.id,
        backbone_authorities: authorities.into_iter().map(|authority| authority.certificate).collect(),
        networks: BTreeMap::new(),
    };
    signed(document.clone()).verify(&anchors, now).is_ok()
}

fn read(document: &Document) -> Result<TrustDocument, OpError> {
    read_bytes(&document.document)
}

/// Reads the signed bytes of a document that was verified, or comes from the database.
pub(crate) fn read_bytes(document: &[u8]) -> Result<TrustDocument, OpError> {
    serde_json::from_slice(document).map_err(OpError::internal("a trust document cannot be read"))
}

fn planned(inputs: &inputs::TrustInputs, closed: &BTreeMap<NetworkId, Timestamp>) -> TrustInputs {
    let network = |(network, authorities): &(store::network::Network, Vec<authority::Authority>)| NetworkInput {
        id: network.id,
        window: network.window(),
        evicted: network.evicted.is_some(),
        last_expiry: closed.get(&network.id).copied(),
        authorities: desired::authorities(authorities),
    };
    let authority = |der: &Der, generation| AuthorityTrust { generation, certificate: der.clone() };
    let denial = |denial: &store::denial::Denial| DenialInput {
        who: match denial.kind {
            Kind::Network => DeniedId::Network(NetworkId::from_untyped_uuid(denial.id)),
            Kind::Site => DeniedId::Site(SiteId::from_untyped_uuid(denial.id)),
            Kind::Invitation => DeniedId::Invitation(InvitationId::from_untyped_uuid(denial.id)),
            Kind::BackboneSite => DeniedId::BackboneSite(BackboneSiteId::from_untyped_uuid(denial.id)),
            Kind::Controller => DeniedId::Controller(ControllerId::from_untyped_uuid(denial.id)),
        },
        denial: denial.reason,
        until: denial.until.unwrap_or(Timestamp::MAX),
        since: denial.created,
        authorities: denial.authorities.iter().zip(1..).map(|(der, n)| authority(der, n)).collect(),
    };
    TrustInputs {
        installation: inputs.installation,
        backbone: inputs.backbone.id,
        networks: inputs.networks.iter().map(network).collect(),
        denials: inputs.denials.iter().map(denial).collect(),
    }
}
