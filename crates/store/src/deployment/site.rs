//! What each site is offered of a deployment, what its participant decided, and what became of it.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use model::{DeploymentId, Name, NetworkId, NetworkKind, SiteId, id::GenericUuid};
use serde_json::{Value, json};
use uuid::Uuid;

use super::event;
use crate::{
    Db, StoreError, Tx,
    event::Event,
    sql::{Id, Json, Opt, Text, Time, at},
};

/// A deployment at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct AtSite {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The site.
    pub member: SiteId,
    /// The digest of the plan it is offered; none, when it is offered nothing.
    pub offer_digest: Option<String>,
    /// Whether the site gets nothing by it.
    pub empty: bool,
    /// Since when.
    pub offered: Option<Timestamp>,
    /// The digest of the plan it was offered before, and can go back to.
    pub kept_digest: Option<String>,
    /// The parts its participant declined.
    pub declined: BTreeSet<String>,
    /// What its participant filled in, by part and field.
    pub locals: Value,
    /// What the site last said became of it.
    pub report: Option<Value>,
    /// When it said so.
    pub observed: Option<Timestamp>,
}

/// What a site is to be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Give<'a> {
    /// A plan.
    Plan {
        /// `compose::deploy::Offer`, as JSON.
        offer: &'a str,
        /// The digest of the plan.
        digest: &'a str,
        /// Whether the site gets nothing by it.
        empty: bool,
        /// Whether what it is offered now is kept, to go back to.
        keep: bool,
    },
    /// What was kept.
    Back,
    /// Nothing any more.
    Nothing,
}

/// A deployment at every site that was ever offered something of it.
pub async fn sites(mut db: impl Db, deployment: DeploymentId) -> Result<Vec<AtSite>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        AtSite,
        r#"SELECT deployment_id AS "deployment: Id<_>", member_id AS "member: Id<_>", offer_digest, offer_empty AS empty,
            offered AS "offered!: Opt<Time>", kept_digest, declined AS "declined: Json<_>", locals, report,
            observed AS "observed!: Opt<Time>"
        FROM deployment_site WHERE deployment_id = $1 ORDER BY member_id"#,
        deployment.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// What a site is offered of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    /// The deployment's name.
    pub name: Name,
    /// `compose::deploy::Offer`, as JSON.
    pub offer: String,
    /// What it was offered before, and can go back to.
    pub kept: Option<String>,
    /// What the site last said became of it.
    pub report: Option<Value>,
}

/// What a site is offered, by the names of the deployments.
pub async fn offers_of(mut db: impl Db, member: SiteId) -> Result<Vec<Offered>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Offered,
        r#"SELECT name AS "name: Text<_>", offer AS "offer!", kept, report
        FROM deployment_site JOIN deployment ON id = deployment_id
        WHERE member_id = $1 AND offer IS NOT NULL ORDER BY name"#,
        member.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The sites of a network that are offered something.
pub async fn offered(mut db: impl Db, network: NetworkId) -> Result<BTreeSet<SiteId>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT member_id FROM deployment_site JOIN deployment ON id = deployment_id
        WHERE network_id = $1 AND offer IS NOT NULL",
        network.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(SiteId::from_untyped_uuid).collect())
}

/// Offers sites this, each at most one thing. What a site is offered already records nothing; what it said of another plan is
/// forgotten. A few statements do it, however many sites they are.
pub async fn offer(tx: &mut Tx, deployment: DeploymentId, gives: &[(SiteId, Give<'_>)]) -> Result<(), StoreError> {
    let mut changed = HashMap::new();
    for keep in [true, false] {
        let plans = gives.iter().filter_map(|(site, give)| match *give {
            Give::Plan { offer, digest, empty, keep: own } if own == keep => Some((*site, offer, digest, empty)),
            _ => None,
        });
        changed.extend(give_plans(tx, deployment, &plans.collect::<Vec<_>>(), keep).await?);
    }
    let with = |wanted: Give<'_>| -> Vec<Uuid> {
        gives.iter().filter(|(_, give)| *give == wanted).map(|(site, _)| site.into_untyped_uuid()).collect()
    };
    changed.extend(give_back(tx, deployment, &with(Give::Back)).await?);
    changed.extend(give_nothing(tx, deployment, &with(Give::Nothing)).await?);
    if changed.is_empty() {
        return Ok(());
    }
    let of = sqlx::query!(
        r#"SELECT network_id AS "network: Id<NetworkKind>", name FROM deployment WHERE id = $1"#,
        deployment.into_untyped_uuid(),
    )
    .fetch_one(tx.connection())
    .await?;
    let network: NetworkId = of.network.into();
    for (member, _) in gives {
        let Some(digest) = changed.remove(&member.into_untyped_uuid()) else { continue };
        let after = json!({ "name": of.name, "site": member, "digest": digest });
        tx.record(Event { after: Some(after), ..event("deployment.offered", network, deployment) });
    }
    Ok(())
}

/// Those that are offered something else than before, with the digest of what that is.
type Changed = Vec<(Uuid, Option<String>)>;

async fn give_plans(
    tx: &mut Tx,
    deployment: DeploymentId,
    plans: &[(SiteId, &str, &str, bool)],
    keep: bool,
) -> Result<Changed, StoreError> {
    if plans.is_empty() {
        return Ok(vec![]);
    }
    let now = at(tx.now());
    let rows = sqlx::query!(
        r#"INSERT INTO deployment_site AS old (deployment_id, member_id, offer, offer_digest, offer_empty, offered)
            SELECT $1, site, offer, digest, empty, $2
            FROM unnest($3::uuid[], $4::text[], $5::text[], $6::boolean[]) AS new (site, offer, digest, empty)
            ON CONFLICT (deployment_id, member_id) DO UPDATE
                SET offer = excluded.offer, offer_digest = excluded.offer_digest, offer_empty = excluded.offer_empty,
                    offered = excluded.offered,
                    report = CASE WHEN old.offer_digest = excluded.offer_digest THEN old.report END,
                    kept = CASE WHEN $7 THEN old.offer ELSE old.kept END,
                    kept_digest = CASE WHEN $7 THEN old.offer_digest ELSE old.kept_digest END,
                    kept_empty = CASE WHEN $7 THEN old.offer_empty ELSE old.kept_empty END
                WHERE old.offer IS DISTINCT FROM excluded.offer
            RETURNING member_id, offer_digest"#,
        deployment.into_untyped_uuid(),
        now,
        &plans.iter().map(|plan| plan.0.into_untyped_uuid()).collect::<Vec<_>>(),
        &plans.iter().map(|plan| plan.1.to_owned()).collect::<Vec<_>>(),
        &plans.iter().map(|plan| plan.2.to_owned()).collect::<Vec<_>>(),
        &plans.iter().map(|plan| plan.3).collect::<Vec<_>>(),
        keep,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.member_id, row.offer_digest)).collect())
}

async fn give_back(tx: &mut Tx, deployment: DeploymentId, sites: &[Uuid]) -> Result<Changed, StoreError> {
    if sites.is_empty() {
        return Ok(vec![]);
    }
    let now = at(tx.now());
    let rows = sqlx::query!(
        r#"UPDATE deployment_site SET offer = kept, offer_digest = kept_digest, offer_empty = kept_empty,
            offered = $3, report = NULL
        WHERE deployment_id = $1 AND member_id = ANY($2) AND kept IS NOT NULL AND offer IS DISTINCT FROM kept
        RETURNING member_id, offer_digest"#,
        deployment.into_untyped_uuid(),
        sites,
        now,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.member_id, row.offer_digest)).collect())
}

async fn give_nothing(tx: &mut Tx, deployment: DeploymentId, sites: &[Uuid]) -> Result<Changed, StoreError> {
    if sites.is_empty() {
        return Ok(vec![]);
    }
    let rows = sqlx::query!(
        r#"UPDATE deployment_site SET offer = NULL, offer_digest = NULL, offer_empty = true, offered = NULL
        WHERE deployment_id = $1 AND member_id = ANY($2) AND offer IS NOT NULL
        RETURNING member_id, offer_digest"#,
        deployment.into_untyped_uuid(),
        sites,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.member_id, row.offer_digest)).collect())
}

/// Keeps what the participant of a site declined and filled in; of what was filled in what it was, when nothing is said
/// of that. Says whether that is something else than before, which is recorded. What is said of a deployment that the site was never offered changes nothing.
pub async fn decided(
    tx: &mut Tx,
    deployment: DeploymentId,
    member: SiteId,
    declined: &BTreeSet<String>,
    locals: Option<&Value>,
) -> Result<bool, StoreError> {
    let (key, site) = (deployment.into_untyped_uuid(), member.into_untyped_uuid());
    let Some(before) = sqlx::query!(
        r#"SELECT network_id AS "network: Id<NetworkKind>", name, declined, locals
        FROM deployment_site JOIN deployment ON id = deployment_id
        WHERE deployment_id = $1 AND member_id = $2 FOR UPDATE OF deployment_site"#,
        key,
        site,
    )
    .fetch_optional(tx.connection())
    .await?
    else {
        return Ok(false);
    };
    let declined = json!(declined);
    let locals = locals.unwrap_or(&before.locals);
    if before.declined == declined && before.locals == *locals {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE deployment_site SET declined = $3, locals = $4 WHERE deployment_id = $1 AND member_id = $2",
        key,
        site,
        declined,
        locals,
    )
    .execute(tx.connection())
    .await?;
    let told = |declined: &Value, locals: &Value| {
        Some(json!({ "name": before.name, "site": member, "declined": declined, "locals": locals }))
    };
    tx.record(Event {
        before: told(&before.declined, &before.locals),
        after: told(&declined, locals),
        ..event("deployment.decided", before.network.into(), deployment)
    });
    Ok(true)
}

/// Keeps what a site said became of a deployment. It records nothing; what is said of a deployment that the site was
/// never offered is not kept.
pub async fn reported(
    tx: &mut Tx,
    deployment: DeploymentId,
    member: SiteId,
    report: &Value,
    time: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deployment_site SET report = $3, observed = $4 WHERE deployment_id = $1 AND member_id = $2",
        deployment.into_untyped_uuid(),
        member.into_untyped_uuid(),
        report,
        at(time),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
