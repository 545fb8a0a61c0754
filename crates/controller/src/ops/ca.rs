//! The root of trust: a development root, or an installation CA below the enterprise's own root.

use data_encoding::BASE64;
use jiff::SignedDuration;
use model::{AuthorityId, Der, GenericUuid, InstallationId, Name};
use pki::{Authority, Certificate, PrivateKey};
use store::{
    Tx,
    authority::{self, AuthorityState, Issued, NewAuthority, Owner},
};
use uuid::Uuid;

use super::{Actor, CertificateInfo, OpError, once, once::Claimed};
use crate::{App, issue};

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
    match newest(&mut tx).await? {
        Some(root) if root.state == AuthorityState::Pending => authority::discard(&mut tx, root.id).await?,
        Some(_) => return Err(exists()),
        None => {}
    }
    let validity = issue::lasting(app.now(), DEVELOPMENT_LIFETIME);
    let name = name.map_or("development", Name::as_str);
    let root = Authority::development_root(app.installation(), name, validity)
        .map_err(OpError::internal("the development root could not be made"))?;
    let issued = issued(&root.details(), vec![]);
    insert(app, &mut tx, root.key(), Some(issued)).await?;
    once::complete(&mut tx, actor, app.installation()).await?;
    tx.commit().await?;
    show(app).await
}

/// Makes the installation CA's key, if there is none, and answers its signing request (PEM) for the enterprise's root.
pub async fn csr(app: &App, actor: &Actor) -> Result<String, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let key = match newest(&mut tx).await? {
        Some(root) if root.state == AuthorityState::Pending => pending_key(app, &root)?,
        Some(_) => return Err(exists()),
        None => {
            let key = PrivateKey::generate();
            insert(app, &mut tx, &key, None).await?;
            key
        }
    };
    tx.commit().await?;
    let der = Authority::intermediate_csr(app.installation(), &key);
    Ok(request_pem(&der))
}

/// Imports the chain (PEM) that was signed for [`csr`]'s request.
pub async fn import(app: &App, actor: &Actor, chain_pem: &str) -> Result<CaInfo, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let pending = match newest(&mut tx).await? {
        Some(root) if root.state == AuthorityState::Pending => root,
        Some(_) => return Err(exists()),
        None => {
            return Err(OpError::precondition(
                "no signing request was made, so no certificate can answer it",
                "run `skx ca csr` and have your root sign the request",
            ));
        }
    };
    let key = pending_key(app, &pending)?;
    let imported = pki::import_chain(chain_pem, &key, app.now()).map_err(|error| OpError::invalid("chain", error))?;
    let above = imported.chain.iter().skip(1).map(|certificate| certificate.der.clone()).collect();
    authority::activate(&mut tx, pending.id, issued(&imported.ca, above)).await?;
    tx.commit().await?;
    show(app).await
}

/// Where the root of trust stands.
pub async fn show(app: &App) -> Result<CaInfo, OpError> {
    let roots = authority::list(app.store(), Owner::Root).await?;
    let active = roots.iter().rev().find_map(|root| {
        let certificate = root.certificate.as_ref().filter(|_| root.state == AuthorityState::Active)?;
        Some((root, certificate))
    });
    let Some((row, certificate)) = active else {
        let requested = roots.iter().any(|root| root.state == AuthorityState::Pending);
        return Ok(CaInfo {
            state: if requested { CaState::Requested } else { CaState::Absent },
            development: false,
            root: None,
            ca: None,
            chain_pem: None,
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
        next_step: None,
    })
}

fn exists() -> OpError {
    OpError::precondition("there is a root certificate already", "see it with `skx ca show`")
}

async fn newest(tx: &mut Tx) -> Result<Option<authority::Authority>, OpError> {
    Ok(authority::list(tx, Owner::Root).await?.pop())
}

fn pending_key(app: &App, pending: &authority::Authority) -> Result<PrivateKey, OpError> {
    let sealed = pending.sealed_key.as_deref().unwrap_or_default();
    issue::open_key(app, sealed, &issue::authority_aad(pending.id))
}

async fn insert(app: &App, tx: &mut Tx, key: &PrivateKey, issued: Option<Issued>) -> Result<(), OpError> {
    let id = AuthorityId::from_untyped_uuid(Uuid::new_v4());
    let sealed_key = issue::seal_key(app, key, &issue::authority_aad(id));
    authority::insert(tx, NewAuthority { id, owner: Owner::Root, generation: 1, sealed_key, issued }).await?;
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
