//! The root of trust: a development root, or an installation CA below the enterprise's own root.

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use model::{AuthorityId, Der, GenericUuid, InstallationId, Name};
use pki::{Authority, Certificate, ImportError, ImportedChain, PrivateKey};
use store::{
    Tx,
    authority::{self, AuthorityState, Issued, NewAuthority, Owner},
    installation,
};
use uuid::Uuid;

use super::{Actor, CertificateInfo, OpError, once, once::Claimed};
use crate::{App, issue, rotation};

pub use crate::rotation::KeyChange;

/// For how long a development root is valid.
const DEVELOPMENT_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// Where the root of trust stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaState {
    /// Nothing has been made yet.
    Absent,
    /// A signing request has been made; its signed chain has not been imported yet.
    Requested,
    /// There is an installation CA; backbones can be created.
    Ready,
}

/// The root of trust as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaInfo {
    /// Where it stands.
    pub state: CaState,
    /// Whether the root is a development root made by this controller.
    pub development: bool,
    /// The root certificate.
    pub root: Option<CertificateInfo>,
    /// The installation CA: the root itself for a development root, otherwise the CA the enterprise's root signed.
    pub ca: Option<CertificateInfo>,
    /// The installation CA's certificate and those above it up to the root, PEM.
    pub chain_pem: Option<String>,
    /// Since when it stands where it does.
    pub since: Timestamp,
    /// The key-encryption key that seals every private key in the database, by its id.
    pub kek: String,
    /// What to do next, in words; absent when nothing is left to do.
    pub next_step: Option<String>,
}

/// What stands in the way of everything below the root, and how to get it out of the way.
pub(crate) fn no_root() -> OpError {
    OpError::precondition(
        "there is no root certificate yet, and nothing below it is made before it exists",
        "establish one: run `skx ca csr`, have your root sign the request and run `skx ca import FILE`; or, to try things out, run `skx ca init --development`",
    )
}

/// Makes a development root: a self-signed CA whose key this controller keeps. `name` is for recognising it.
///
/// A signing request that waits for its certificate is dropped.
pub async fn init_development(app: &App, actor: &Actor, name: Option<&Name>) -> Result<CaInfo, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<InstallationId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(_) => return show(app).await,
    };
    let roots = authority::list(&mut tx, Owner::Root).await?;
    if roots.iter().any(|root| root.state != AuthorityState::Pending) {
        return Err(exists());
    }
    for waiting in roots {
        authority::discard(&mut tx, waiting.id).await?;
    }
    let validity = issue::lasting(app.now(), DEVELOPMENT_LIFETIME);
    let name = name.map_or("development", Name::as_str);
    let root = Authority::development_root(app.installation(), name, validity)
        .map_err(OpError::internal("the development root could not be made"))?;
    let issued = issued(&root.details(), vec![]);
    insert(app, &mut tx, root.key(), 1, Some(issued)).await?;
    once::complete(&mut tx, actor, app.installation()).await?;
    tx.commit().await?;
    show(app).await
}

/// Makes a key for the installation CA, unless one waits for its certificate, and answers its signing request (PEM) for the
/// enterprise's root. Where there is an installation CA already, it goes on until the chain for this request is imported.
pub async fn csr(app: &App, actor: &Actor) -> Result<String, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let newest = newest(&mut tx).await?;
    let key = match newest.as_ref().filter(|root| root.state == AuthorityState::Pending) {
        Some(root) => own_key(app, root)?,
        None => {
            let key = PrivateKey::generate();
            insert(app, &mut tx, &key, newest.map_or(0, |root| root.generation) + 1, None).await?;
            key
        }
    };
    tx.commit().await?;
    let der = Authority::intermediate_csr(app.installation(), &key);
    Ok(request_pem(&der))
}

/// Imports the chain (PEM) that was signed for [`csr`]'s request; or another one for the key of the installation CA that
/// issues, which the enterprise's root has signed anew. Everything below is then issued anew, with overlap.
pub async fn import(app: &App, actor: &Actor, chain_pem: &str) -> Result<CaInfo, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let rows = authority::list_locked(&mut tx, Owner::Root).await?;
    let (pending, before) = (in_state(&rows, AuthorityState::Pending), in_state(&rows, AuthorityState::Active));
    let Some(asked) = pending.or(before) else {
        return Err(OpError::precondition(
            "no signing request was made, so no certificate can answer it",
            "run `skx ca csr` and have your root sign the request",
        ));
    };
    let read = |row: &authority::Authority| -> Result<Result<ImportedChain, ImportError>, OpError> {
        Ok(pki::import_chain(chain_pem, &own_key(app, row)?, app.now()))
    };
    // A chain may answer the request, or be a new one for the key that issues.
    let (answers, imported) = match (read(asked)?, before.filter(|before| before.id != asked.id)) {
        (Err(ImportError::KeyMismatch), Some(before)) => (before, read(before)?),
        (read, _) => (asked, read),
    };
    let imported = imported.map_err(|error| OpError::invalid("chain", error))?;
    if let Some(before) = before {
        lasts_long_enough(app, before, &imported.ca)?;
    }
    let above = imported.chain.iter().skip(1).map(|certificate| certificate.der.clone()).collect();
    let issued = issued(&imported.ca, above);
    if answers.state == AuthorityState::Pending {
        authority::activate(&mut tx, answers.id, issued).await?;
    } else {
        let generation = rows.iter().map(|row| row.generation).max().unwrap_or(0) + 1;
        insert(app, &mut tx, &own_key(app, answers)?, generation, Some(issued)).await?;
    }
    if let Some(before) = before {
        authority::retire(&mut tx, before.id, false).await?;
    }
    tx.commit().await?;
    app.reconcile();
    show(app).await
}

/// What is below is issued anew while the one before is still good. One that would end sooner than that can be done, or is
/// the very same, is refused.
fn lasts_long_enough(app: &App, before: &authority::Authority, ca: &Certificate) -> Result<(), OpError> {
    if before.certificate.as_ref() == Some(&ca.der) {
        return Err(OpError::invalid("chain", "this chain is imported already"));
    }
    let least = app.now().saturating_add(app.leaf_lifetime().saturating_mul(2)).unwrap_or(Timestamp::MAX);
    if ca.not_after < least {
        let message = format!(
            "its certificate ends {:.0}; to issue everything below anew without a break, it must be valid until {least:.0} at least, two lives of a site's certificate",
            ca.not_after
        );
        return Err(OpError::invalid("chain", message));
    }
    Ok(())
}

/// Seals every private key in the database under a new key-encryption key. See [`KeyChange`].
pub async fn rotate_key(app: &App, actor: &Actor) -> Result<KeyChange, OpError> {
    let mut tries = 1;
    let change = loop {
        let tx = app.store().begin(&actor.context()).await?;
        match rotation::change_key(app, tx).await {
            // It takes all that is sealed, and has to give way to who took some of it in another order.
            Err(OpError::Unavailable(error)) if error.is_given_way() && tries < KEY_TRIES => tries += 1,
            change => break change?,
        }
    };
    app.reconcile();
    Ok(change)
}

/// How often a change of the key gives way before it is given up.
const KEY_TRIES: u32 = 20;

/// Where the root of trust stands.
pub async fn show(app: &App) -> Result<CaInfo, OpError> {
    let roots = authority::list(app.store(), Owner::Root).await?;
    let request = in_state(&roots, AuthorityState::Pending);
    let requested = request.is_some();
    let active = roots.iter().rev().find_map(|root| {
        let certificate = root.certificate.as_ref().filter(|_| root.state == AuthorityState::Active)?;
        Some((root, certificate))
    });
    let Some((row, certificate)) = active else {
        return Ok(CaInfo {
            state: if requested { CaState::Requested } else { CaState::Absent },
            development: false,
            root: None,
            ca: None,
            chain_pem: None,
            since: match request {
                Some(request) => request.created,
                None => installation::get(app.store()).await?.map_or_else(|| app.now(), |row| row.created),
            },
            kek: app.keys().id(),
            next_step: Some(if requested {
                "have your root sign the request of `skx ca csr`, then run `skx ca import FILE` with the signed chain"
                    .to_owned()
            } else {
                "run `skx ca csr` and have your root sign the request; or, to try things out, run `skx ca init --development`"
                    .to_owned()
            }),
        });
    };
    let chain = [certificate]
        .into_iter()
        .chain(&row.chain)
        .map(|der| Certificate::parse(der.as_bytes()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(OpError::internal("the root certificate in the database is damaged"))?;
    Ok(CaInfo {
        state: CaState::Ready,
        // A root of our own has nothing above it.
        development: row.chain.is_empty(),
        root: chain.last().map(|root| CertificateInfo::new(root, row.generation)),
        ca: chain.first().map(|ca| CertificateInfo::new(ca, row.generation)),
        chain_pem: Some(Certificate::to_pem_chain(&chain)),
        since: row.since,
        kek: app.keys().id(),
        next_step: requested.then(|| {
            "a signing request waits: have your root sign the request of `skx ca csr`, then run `skx ca import FILE`; until then this one issues"
                .to_owned()
        }),
    })
}

fn exists() -> OpError {
    OpError::precondition("there is a root certificate already", "see it with `skx ca show`")
}

async fn newest(tx: &mut Tx) -> Result<Option<authority::Authority>, OpError> {
    Ok(authority::list(tx, Owner::Root).await?.pop())
}

fn in_state(rows: &[authority::Authority], state: AuthorityState) -> Option<&authority::Authority> {
    rows.iter().rev().find(|row| row.state == state)
}

fn own_key(app: &App, row: &authority::Authority) -> Result<PrivateKey, OpError> {
    let sealed = row.sealed_key.as_deref().unwrap_or_default();
    issue::open_key(app, sealed, &issue::authority_aad(row.id))
}

async fn insert(
    app: &App,
    tx: &mut Tx,
    key: &PrivateKey,
    generation: u32,
    issued: Option<Issued>,
) -> Result<(), OpError> {
    let id = AuthorityId::from_untyped_uuid(Uuid::new_v4());
    let sealed_key = issue::seal_key(app, tx, key, &issue::authority_aad(id)).await?;
    let new = NewAuthority { id, owner: Owner::Root, generation, sealed_key, issued, issuer: None, succeeds: None };
    authority::insert(tx, new).await?;
    Ok(())
}

fn issued(certificate: &Certificate, chain: Vec<Der>) -> Issued {
    Issued {
        certificate: certificate.der.clone(),
        chain,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
    }
}

fn request_pem(der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let mut text = "-----BEGIN CERTIFICATE REQUEST-----\n".to_owned();
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str("-----END CERTIFICATE REQUEST-----\n");
    text
}
