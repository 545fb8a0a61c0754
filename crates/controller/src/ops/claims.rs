//! Claim credentials: what an invitation is redeemed with, and how long it is good.

use jiff::{SignedDuration, Timestamp};
use model::{Der, Identity, ticket::Credential};
use pki::{Certificate, Csr, LeafUse, PrivateKey};
use store::{
    Tx,
    authority::Owner,
    invitation,
    invitation::{Invitation, InvitationChange},
    network::Network,
};

use super::OpError;
use crate::{App, issue};

/// For how long a claim certificate is valid when neither a deadline nor the network's end limits it.
const LIFETIME: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Until when a claim is to be valid that is signed now, for a network that starts at `start`: it must not be over
/// before it can be used.
pub(crate) fn until(
    now: Timestamp,
    start: Timestamp,
    deadline: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Timestamp {
    let unlimited = || now.max(start).saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
    [deadline, end].into_iter().flatten().min().unwrap_or_else(unlimited)
}

/// The claim credential of an invitation. Its certificate is signed again when the network's end was moved beyond it, or
/// less than half of the life of an unlimited one is left.
pub(crate) async fn current(
    app: &App,
    tx: &mut Tx,
    network: &Network,
    invitation: &Invitation,
) -> Result<Credential, OpError> {
    let key = open(app, invitation)?;
    let held = Certificate::parse(invitation.claim_certificate.as_bytes())
        .map_err(OpError::internal("a claim certificate in the database is damaged"))?;
    let issuer = issue::issuer_of(app, &mut *tx, Owner::Network(network.id)).await?;
    let wanted =
        until(app.now(), network.start, invitation.deadline, network.end).min(issuer.authority.details().not_after);
    let enough = if invitation.deadline.is_some() || network.end.is_some() {
        held.not_after.as_second() >= wanted.as_second()
    } else {
        held.not_after.duration_since(app.now()) >= LIFETIME / 2
    };
    let certificate = if enough {
        held
    } else {
        let certificate = sign(app, tx, invitation, &key, wanted).await?;
        let claim = Some((certificate.der.clone(), seal(app, tx, invitation, &key).await?));
        invitation::set(tx, invitation.id, None, InvitationChange { claim, ..InvitationChange::default() }).await?;
        certificate
    };
    Ok(Credential { certificate: certificate.to_pem(), key: key.to_pem().to_string() })
}

/// A new certificate for the same claim key and another deadline, with the key, sealed.
pub(crate) async fn resigned(
    app: &App,
    tx: &mut Tx,
    network: &Network,
    invitation: &Invitation,
    deadline: Option<Timestamp>,
) -> Result<(Der, Vec<u8>), OpError> {
    let key = open(app, invitation)?;
    let certificate = sign(app, tx, invitation, &key, until(app.now(), network.start, deadline, network.end)).await?;
    Ok((certificate.der, seal(app, tx, invitation, &key).await?))
}

/// Sealed once more, and not as it was read: the key-encryption key may have been changed since.
async fn seal(app: &App, tx: &mut Tx, invitation: &Invitation, key: &PrivateKey) -> Result<Vec<u8>, OpError> {
    issue::seal_key(app, tx, key, &issue::invitation_aad(invitation.id)).await
}

fn open(app: &App, invitation: &Invitation) -> Result<PrivateKey, OpError> {
    issue::open_key(app, &invitation.sealed_claim_key, &issue::invitation_aad(invitation.id))
}

async fn sign(
    app: &App,
    tx: &mut Tx,
    invitation: &Invitation,
    key: &PrivateKey,
    until: Timestamp,
) -> Result<Certificate, OpError> {
    let issuer = issue::issuer_of(app, &mut *tx, Owner::Network(invitation.network)).await?;
    let request = Csr::parse(&key.csr()).map_err(OpError::internal("a claim key makes no acceptable request"))?;
    let identity = Identity::Invitation { network: invitation.network, invitation: invitation.id };
    issuer.certify(app, tx, &request, identity, LeafUse::Client, until).await
}
