//! Secrets of networks: values that sites need, sealed as soon as they come in and opened for nobody but those sites.

use std::collections::BTreeMap;

use crashpoint::Point;
use model::{GenericUuid, Name, NetworkId, SecretId, secret::SecretText};
use store::{
    Tx, installation,
    network::Network,
    secret::{self, Sealed},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Actor, Listing, OpError, Page, Ref, find};
use crate::{App, issue};

/// The values of a secret, by their names.
pub type Values = BTreeMap<String, SecretText>;

/// A secret, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What is stored of it.
    pub stored: secret::Secret,
    /// The network's name.
    pub network_name: Name,
    /// The deployments that need it.
    pub deployments: Vec<Name>,
}

/// Sets the values of a secret, and no others. The same values once more change nothing.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    values: &Values,
    if_revision: Option<i64>,
) -> Result<Secret, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let name = match reference {
        Ref::Name(name) => name.clone(),
        Ref::Id(_) => find::secret(&mut tx, network.id, reference).await?.name,
    };
    // Before the secret, as whoever changes the key-encryption key takes them.
    installation::hold_kek(&mut tx).await?;
    let before = secret::lock(&mut tx, network.id, &name).await?;
    OpError::unless_at(if_revision, "secret", before.as_ref().map_or(0, |before| before.revision))?;
    let stored = match before {
        Some(before) if &values_of(app, &mut tx, &before).await? == values => before,
        before => {
            let id = before.map_or_else(|| SecretId::from_untyped_uuid(Uuid::now_v7()), |before| before.id);
            let new = Sealed { id, name, sealed: seal(app, &mut tx, id, values).await? };
            let keys: Vec<String> = values.keys().cloned().collect();
            secret::set(&mut tx, network.id, if_revision, &keys, &new).await?
        }
    };
    crashpoint::reached(Point::SecretUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::SecretCommitted);
    view(app, &network, stored).await
}

/// Lists the secrets of a network.
pub async fn list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Secret>, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = secret::page(app.store(), network.id, &page.wanted(app)?).await?;
    let needed = secret::needed(app.store(), network.id).await?;
    let of = |stored: secret::Secret| {
        let deployments = needed.get(stored.name.as_str()).into_iter().flatten().cloned().collect();
        Secret { stored, network_name: network.name.clone(), deployments }
    };
    Ok(Listing::of(found.items.into_iter().map(of).collect(), found.next))
}

/// Shows a secret.
pub async fn show(app: &App, network: &Ref, reference: &Ref) -> Result<Secret, OpError> {
    let network = find::network(app.store(), network).await?;
    let stored = find::secret(app.store(), network.id, reference).await?;
    view(app, &network, stored).await
}

/// Deletes a secret. Refused while a deployment needs it, unless that is to be so.
pub async fn delete(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    needed: bool,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::secret(&mut tx, network.id, reference).await?;
    OpError::unless_at(if_revision, "secret", found.revision)?;
    let by = secret::needed(&mut tx, network.id).await?.remove(found.name.as_str()).unwrap_or_default();
    if let Some(deployment) = by.first().filter(|_| !needed) {
        return Err(OpError::precondition(
            format!("the deployment {deployment} needs the secret {}", found.name),
            "delete that first; or force it: sites forget its value, and what needs it there is stopped until there is another",
        ));
    }
    secret::delete(&mut tx, network.id, &found.name, if_revision).await?;
    tx.commit().await?;
    Ok(())
}

/// The values of those of these secrets that a network has, by name: for the sites that need them.
pub(crate) async fn values(app: &App, network: NetworkId, names: &[Name]) -> Result<BTreeMap<Name, Values>, OpError> {
    let sealed = secret::sealed(app.store(), network, names).await?;
    sealed.into_iter().map(|sealed| Ok((sealed.name.clone(), open(app, &sealed)?))).collect()
}

async fn values_of(app: &App, tx: &mut Tx, secret: &secret::Secret) -> Result<Values, OpError> {
    let sealed = secret::sealed(tx, secret.network, std::slice::from_ref(&secret.name)).await?;
    sealed.first().map_or_else(|| Ok(Values::new()), |sealed| open(app, sealed))
}

async fn seal(app: &App, tx: &mut Tx, id: SecretId, values: &Values) -> Result<Vec<u8>, OpError> {
    let plain = serde_json::to_vec(values).map_err(OpError::internal("writing the values of a secret"))?;
    issue::seal(app, tx, &Zeroizing::new(plain), &aad(id)).await
}

fn open(app: &App, sealed: &Sealed) -> Result<Values, OpError> {
    let plain = issue::unseal(app, &sealed.sealed, &aad(sealed.id))?;
    serde_json::from_slice(&plain).map_err(OpError::internal("reading the values of a secret"))
}

fn aad(id: SecretId) -> Vec<u8> {
    issue::aad("secret", id.into_untyped_uuid())
}

async fn view(app: &App, network: &Network, stored: secret::Secret) -> Result<Secret, OpError> {
    let mut needed = secret::needed(app.store(), network.id).await?;
    let deployments = needed.remove(stored.name.as_str()).unwrap_or_default().into_iter().collect();
    Ok(Secret { stored, network_name: network.name.clone(), deployments })
}
