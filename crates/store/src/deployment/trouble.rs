//! The deployments that want looking at.

use jiff::Timestamp;
use model::{Name, NetworkId, id::GenericUuid};
use uuid::Uuid;

use crate::{
    Db, StoreError,
    sql::{Num, Text, at},
};

/// A deployment of which something is not as it should be, or may not be: its rollout says more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    /// The name of its network.
    pub network: Name,
    /// Its name.
    pub deployment: Name,
    /// What the planner could not do, in words for people.
    pub trouble: Option<String>,
    /// At how many sites that were heard of it was not carried out, or does not run as it should.
    pub sites: u64,
    /// Where its rollout is, as JSON: its waves and what holds it, without its sites.
    pub rollout: Option<String>,
}

/// The first `limit` deployments of these networks that the planner, a site or a rollout has something to say of. Sites count that
/// were heard of since `since`.
pub async fn troubled(
    mut db: impl Db,
    networks: &[NetworkId],
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Troubled>, StoreError> {
    let mut db = db.source().connection().await?;
    let networks: Vec<Uuid> = networks.iter().map(|id| id.into_untyped_uuid()).collect();
    Ok(sqlx::query_as!(
        Troubled,
        r#"SELECT network AS "network!: Text<_>", name AS "deployment!: Text<_>", trouble, sites AS "sites!: Num<_>", rollout
        FROM (
            SELECT n.name AS network, d.name, d.trouble,
                (SELECT count(*) FROM deployment_site JOIN site_status USING (member_id)
                    WHERE deployment_id = d.id AND deployment_site.report->>'state' IN ('failed', 'degraded')
                        AND session IS NOT NULL AND last_seen >= $2) AS sites,
                jsonb_strip_nulls(jsonb_build_object(
                    'waves', d.rollout::jsonb->'waves',
                    'progress', jsonb_build_object('hold', d.rollout::jsonb#>'{progress,hold}')
                ))::text AS rollout
            FROM deployment d JOIN network n ON n.id = d.network_id
            WHERE d.network_id = ANY($1) AND NOT d.removing
        ) all_of_them
        WHERE trouble IS NOT NULL OR sites > 0 OR rollout LIKE '%"why"%' OR rollout LIKE '%"untested"%'
        ORDER BY network, name LIMIT $3"#,
        &networks,
        at(since),
        i64::from(limit),
    )
    .fetch_all(&mut *db)
    .await?)
}
