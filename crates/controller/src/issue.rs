//! Issuing: opening the authorities' sealed keys, signing under them, and recording what was signed.

use jiff::{SignedDuration, Timestamp};
use model::{AuthorityId, BackboneId, CertificateId, GenericUuid, Identity, InvitationId, NetworkId, SpiffeId};
use pki::{
    Authority, AuthorityKind, Csr, KekError, KeyDigest, LeafUse, Membership, Order, PrivateKey, Subject, Validity,
};
use store::{
    Db, StoreError, Tx,
    authority::{self, AuthorityState, Issued, NewAuthority, Owner, Succession},
    certificate::{self, NewCertificate},
    installation, member,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{App, ops::OpError, rotation::two_thirds};

/// A generation of an authority that can issue.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) id: AuthorityId,
    pub(crate) authority: Authority,
}

/// The generation of an owner's authority that issues; nothing, when there is none yet.
pub(crate) async fn issuer(app: &App, db: impl Db, owner: Owner) -> Result<Option<Issuer>, OpError> {
    match authority::active(db, owner).await? {
        Some(row) => open(app, row).map(Some),
        None => Ok(None),
    }
}

/// The same, for a backbone or network, which always has one.
pub(crate) async fn issuer_of(app: &App, db: impl Db, owner: Owner) -> Result<Issuer, OpError> {
    issuer(app, db, owner).await?.ok_or_else(|| missing(owner))
}

fn missing(owner: Owner) -> OpError {
    OpError::Internal {
        context: "an object's certificate authority is missing from the database",
        source: format!("{owner:?}").into(),
    }
}

/// Puts an authority together with its key.
pub(crate) fn open(app: &App, row: authority::Authority) -> Result<Issuer, OpError> {
    let (Some(certificate), Some(sealed)) = (row.certificate, row.sealed_key) else {
        return Err(OpError::Internal {
            context: "a certificate authority that issues lacks its certificate or key",
            source: row.id.to_string().into(),
        });
    };
    let key = open_key(app, &sealed, &authority_aad(row.id))?;
    let authority = Authority::new(certificate, key)
        .map_err(OpError::internal("a certificate authority in the database is damaged"))?;
    Ok(Issuer { id: row.id, authority })
}

/// Binds a sealed key to the authority it belongs to.
pub(crate) fn authority_aad(id: AuthorityId) -> Vec<u8> {
    aad("authority", id.into_untyped_uuid())
}

/// Binds a sealed key to the invitation it belongs to.
pub(crate) fn invitation_aad(id: InvitationId) -> Vec<u8> {
    aad("invitation", id.into_untyped_uuid())
}

/// Binds something sealed to what it belongs to.
pub(crate) fn aad(kind: &str, id: Uuid) -> Vec<u8> {
    [kind.as_bytes(), &[0], id.as_bytes()].concat()
}

/// Seals a private key for storing in this transaction, as [`seal`] does.
pub(crate) async fn seal_key(app: &App, tx: &mut Tx, key: &PrivateKey, aad: &[u8]) -> Result<Vec<u8>, OpError> {
    let der: Zeroizing<Vec<u8>> = key.to_der();
    seal(app, tx, &der, aad).await
}

/// Seals something for storing in this transaction. Refused when this replica does not hold the key-encryption key that
/// counts: what it sealed, nobody could open.
pub(crate) async fn seal(app: &App, tx: &mut Tx, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpError> {
    let counts = installation::hold_kek(tx).await?;
    if counts != app.keys().id() {
        return Err(other_key(app, &counts));
    }
    Ok(app.keys().seal(plain, aad))
}

/// The key-encryption key was changed, and this replica holds the one before.
pub(crate) fn other_key(app: &App, counts: &str) -> OpError {
    OpError::precondition(
        format!(
            "the installation's private keys are sealed with the key-encryption key {counts}, and the controller {} holds {}",
            app.controller(),
            app.keys().id()
        ),
        format!(
            "copy the new key from the controller that changed it to {} on the machine of this one; it is taken up within a minute",
            app.keys().file().path().display()
        ),
    )
}

/// Opens what [`seal_key`] sealed.
pub(crate) fn open_key(app: &App, sealed: &[u8], aad: &[u8]) -> Result<PrivateKey, OpError> {
    PrivateKey::from_der(&unseal(app, sealed, aad)?)
        .map_err(OpError::internal("a private key in the database is damaged"))
}

/// Opens what [`seal`] sealed.
pub(crate) fn unseal(app: &App, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpError> {
    match app.keys().open(sealed, aad) {
        Ok(plain) => Ok(plain),
        Err(KekError::WrongKey { sealed_with, .. }) => Err(other_key(app, &sealed_with)),
        Err(error) => Err(OpError::internal("what is sealed in the database cannot be opened")(error)),
    }
}

/// Makes a generation of the authority of a backbone or network, and stores it. The first one issues at once; one that
/// `succeeds` another is announced first.
pub(crate) async fn establish(
    app: &App,
    tx: &mut Tx,
    parent: &Issuer,
    kind: AuthorityKind,
    generation: u32,
    succeeds: Option<Succession>,
) -> Result<Issuer, OpError> {
    let owner = match kind {
        AuthorityKind::Backbone(id) => Owner::Backbone(id),
        AuthorityKind::Network(id) => Owner::Network(id),
    };
    let validity = lasting(app.now(), app.authority_lifetime()).within(&parent.authority.details());
    let key = PrivateKey::generate();
    let subject = Subject::Authority { kind, generation };
    let certificate = pki::issue(&parent.authority, &Order { request: Csr::of(&key), subject, validity })
        .await
        .map_err(OpError::internal("the certificate authority could not be issued"))?;
    let authority = Authority::new(certificate.der, key)
        .map_err(OpError::internal("the certificate authority that was issued cannot issue anything"))?;
    let id = AuthorityId::from_untyped_uuid(Uuid::new_v4());
    let details = authority.details();
    let new = NewAuthority {
        id,
        owner,
        generation,
        sealed_key: seal_key(app, tx, authority.key(), &authority_aad(id)).await?,
        issued: Some(Issued {
            certificate: authority.certificate.clone(),
            chain: vec![],
            not_before: details.not_before,
            not_after: details.not_after,
        }),
        issuer: Some(parent.id),
        succeeds,
    };
    authority::insert(tx, new).await?;
    Ok(Issuer { id, authority })
}

/// A network is over: nothing is ever certified in it again. Its certificates of authority stay, for telling its sites why
/// they are refused.
pub(crate) async fn destroy_keys(tx: &mut Tx, network: NetworkId) -> Result<(), StoreError> {
    for row in authority::list_locked(tx, Owner::Network(network)).await? {
        if row.sealed_key.is_some() {
            authority::retire(tx, row.id, true).await?;
        }
    }
    Ok(())
}

/// The certificate of the generation of an owner's authority that issues, or of one that did, when none does any more; and which
/// it is.
pub(crate) fn newest(owner: Owner, generations: &[authority::Authority]) -> Result<(pki::Certificate, u32), OpError> {
    let issuing = generations.iter().rev().find(|row| row.state == AuthorityState::Active);
    let newest = issuing.or_else(|| generations.iter().rev().find(|row| row.certificate.is_some()));
    let found = newest.and_then(|row| Some((row.certificate.as_ref()?, row.generation)));
    let Some((der, generation)) = found else { return Err(missing(owner)) };
    let certificate = pki::Certificate::parse(der.as_bytes())
        .map_err(OpError::internal("a certificate authority in the database is damaged"))?;
    Ok((certificate, generation))
}

impl Issuer {
    /// Certifies the key of a request, and records it. The certificate ends `until`, or with its issuer before.
    pub(crate) async fn certify(
        &self,
        app: &App,
        tx: &mut Tx,
        request: &Csr,
        identity: Identity,
        leaf_use: LeafUse,
        until: Timestamp,
    ) -> Result<pki::Certificate, OpError> {
        let validity = self.validity(app.now(), until);
        let membership = match identity {
            // On what terms it is a member stands in its certificate.
            Identity::Member { site, .. } => {
                let terms = member::get(&mut *tx, site).await?.terms;
                let grace = Some(app.renewal_grace()).filter(|grace| terms.renewable && grace.is_positive());
                let renewable_until =
                    grace.map(|grace| validity.not_after.saturating_add(grace).unwrap_or(Timestamp::MAX));
                Membership { limits: terms.limits, renewable_until }
            }
            _ => Membership::default(),
        };
        let id = SpiffeId { installation: app.installation(), identity };
        let order = Order { request: request.clone(), subject: Subject::Leaf { id, leaf_use, membership }, validity };
        let certificate = pki::issue(&self.authority, &order)
            .await
            .map_err(OpError::internal("the certificate could not be issued"))?;
        self.record(tx, id, &certificate).await?;
        Ok(certificate)
    }

    /// Makes a key and certifies it: for claims and bootstrap credentials only.
    pub(crate) async fn credential(
        &self,
        app: &App,
        tx: &mut Tx,
        identity: Identity,
        leaf_use: LeafUse,
        until: Timestamp,
    ) -> Result<(pki::Certificate, PrivateKey), OpError> {
        let key = PrivateKey::generate();
        let certificate = self.certify(app, tx, &Csr::of(&key), identity, leaf_use, until).await?;
        Ok((certificate, key))
    }

    fn validity(&self, now: Timestamp, until: Timestamp) -> Validity {
        Validity::backdated(now, until).within(&self.authority.details())
    }

    async fn record(&self, tx: &mut Tx, subject: SpiffeId, certificate: &pki::Certificate) -> Result<(), OpError> {
        let new = NewCertificate {
            id: CertificateId::from_untyped_uuid(Uuid::new_v4()),
            subject,
            serial: certificate.serial.clone(),
            issuer: self.id,
            key_digest: *certificate.key_digest.as_bytes(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            renewable_until: certificate.renewable_until,
            der: certificate.der.clone(),
        };
        certificate::insert(tx, new).await?;
        Ok(())
    }
}

/// A validity of `lifetime` from now on.
pub(crate) fn lasting(now: Timestamp, lifetime: SignedDuration) -> Validity {
    Validity::backdated(now, now.saturating_add(lifetime).unwrap_or(Timestamp::MAX))
}

/// Until when a member's certificate is valid: its lifetime, but never longer than its network.
pub(crate) fn member_until(app: &App, network: &store::network::Network) -> Timestamp {
    let until = app.now().saturating_add(app.leaf_lifetime()).unwrap_or(Timestamp::MAX);
    network.window().closes().map_or(until, |closes| until.min(closes))
}

/// Until when a relay site's certificate is valid.
pub(crate) fn relay_until(app: &App) -> Timestamp {
    app.now().saturating_add(app.leaf_lifetime()).unwrap_or(Timestamp::MAX)
}

/// Whether the life of a certificate is over. Certificates count whole seconds, and the last one belongs to their life entirely.
pub(crate) fn is_over(not_after: Timestamp, now: Timestamp) -> bool {
    now.as_second() > not_after.as_second()
}

/// Until when the last certificate any of `identities` holds may be shown; nothing when there is none.
pub(crate) async fn last_expiry(
    app: &App,
    tx: &mut Tx,
    identities: impl IntoIterator<Item = Identity>,
) -> Result<Option<Timestamp>, OpError> {
    let mut last = None;
    for identity in identities {
        let subject = SpiffeId { installation: app.installation(), identity };
        last = last.max(certificate::last_expiry(&mut *tx, &subject).await?);
    }
    Ok(last)
}

/// Until when the last certificate a network's authorities have issued may be shown.
pub(crate) async fn last_expiry_in(tx: &mut Tx, network: NetworkId) -> Result<Option<Timestamp>, OpError> {
    let mut last = None;
    for authority in authority::list(&mut *tx, Owner::Network(network)).await? {
        let issued = certificate::list(&mut *tx, Some(authority.id), store::Page::ALL).await?;
        last = last.max(issued.items.iter().map(certificate::Certificate::shown_until).max());
    }
    Ok(last)
}

/// The newest certificate of `identity` for a key from this issuer, while more than a third of its life and `at_least`
/// are left; or as long as it is valid, when a new one, which would end `until`, would last no longer.
async fn held(
    app: &App,
    tx: &mut Tx,
    issuer: &Issuer,
    identity: Identity,
    key: KeyDigest,
    at_least: SignedDuration,
    until: Timestamp,
) -> Result<Option<pki::Certificate>, OpError> {
    let subject = SpiffeId { installation: app.installation(), identity };
    let rows = certificate::list_of_subject(&mut *tx, &subject).await?;
    // A controller has the same identity at every backbone: only this authority's certificates count.
    let same = |row: &&certificate::Certificate| {
        row.issuer == issuer.id && row.key_digest == *key.as_bytes() && row.renew_asked.is_none()
    };
    let Some(row) = rows.iter().rev().find(same) else { return Ok(None) };
    let left = row.not_after.duration_since(app.now());
    let is_fresh = app.now() < two_thirds(row.not_before, row.not_after) && left > at_least;
    // Certificates count whole seconds.
    let is_best = row.not_after.as_second() >= issuer.validity(app.now(), until).not_after.as_second();
    let is_good_enough = is_fresh || (is_best && left.is_positive());
    if !is_good_enough {
        return Ok(None);
    }
    pki::Certificate::parse(row.der.as_bytes())
        .map(Some)
        .map_err(OpError::internal("a certificate in the database is damaged"))
}

/// The certificate of a site for the key of its request: the one it holds while that is fresh, so that asking again
/// costs nothing, or a new one that ends `until`.
pub(crate) async fn site_certificate(
    app: &App,
    tx: &mut Tx,
    owner: Owner,
    identity: Identity,
    request: &Csr,
    until: Timestamp,
) -> Result<pki::Certificate, OpError> {
    let issuer = issuer_of(app, &mut *tx, owner).await?;
    let zero = SignedDuration::ZERO;
    if let Some(held) = held(app, tx, &issuer, identity, request.key_digest(), zero, until).await? {
        return Ok(held);
    }
    issuer.certify(app, tx, request, identity, LeafUse::Peer, until).await
}

/// This replica's own certificate for `identity` under a backbone's CA: the one it holds while that is fresh and lasts
/// `at_least`, or a new one.
pub(crate) async fn own_certificate(
    app: &App,
    tx: &mut Tx,
    issuer: &Issuer,
    identity: Identity,
    key: &PrivateKey,
    at_least: SignedDuration,
) -> Result<pki::Certificate, OpError> {
    let lifetime = app.leaf_lifetime().max(at_least.checked_mul(2).unwrap_or(SignedDuration::MAX));
    let until = app.now().saturating_add(lifetime).unwrap_or(Timestamp::MAX);
    if let Some(held) = held(app, tx, issuer, identity, key.digest(), at_least, until).await? {
        return Ok(held);
    }
    let leaf_use = match identity {
        Identity::TrustSigner { .. } => LeafUse::TrustSigner,
        _ => LeafUse::Peer,
    };
    issuer.certify(app, tx, &Csr::of(key), identity, leaf_use, until).await
}

/// This replica's identity at every backbone.
pub(crate) fn controller_identity(app: &App) -> Identity {
    Identity::Controller { controller: app.controller() }
}

/// This replica, as it signs a backbone's trust document.
pub(crate) fn signer_identity(app: &App, backbone: BackboneId) -> Identity {
    Identity::TrustSigner { backbone, controller: app.controller() }
}
