//! Which sites may serve which addresses, in networks whose addresses are assigned: those that have a central connector
//! for it, of their own or by a class.

use std::collections::BTreeMap;

use model::{Address, BackboneId, NetworkId, SiteId, id::GenericUuid, router::Assignments};
use uuid::Uuid;

use crate::{
    Db, StoreError,
    sql::{Id, Opt, Text},
};

struct Row {
    network: NetworkId,
    address: Option<Address>,
    site: Option<SiteId>,
}

/// The assignments of a backbone's networks, of those whose addresses are assigned.
pub async fn of_backbone(db: impl Db, backbone: BackboneId) -> Result<BTreeMap<NetworkId, Assignments>, StoreError> {
    read(db, Some(backbone.into_untyped_uuid()), None).await
}

/// The assignments of a network; nothing, when its addresses are open to all.
pub async fn of_network(db: impl Db, network: NetworkId) -> Result<Option<Assignments>, StoreError> {
    Ok(read(db, None, Some(network.into_untyped_uuid())).await?.remove(&network))
}

async fn read(
    mut db: impl Db,
    backbone: Option<Uuid>,
    network: Option<Uuid>,
) -> Result<BTreeMap<NetworkId, Assignments>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT network.id AS "network!: Id<_>", connector.address AS "address!: Opt<Text<_>>",
            member.id AS "site!: Opt<Id<_>>"
        FROM network
            LEFT JOIN connector ON connector.network_id = network.id
            LEFT JOIN member ON member.network_id = network.id AND member.state = 'member'
                AND (member.id = connector.site_id OR EXISTS (
                    SELECT 1 FROM member_class WHERE member_id = member.id AND member_class.class = connector.class))
        WHERE network.address_mode = 'assigned' AND network.evicted IS NULL
            AND ($1::uuid IS NULL OR network.backbone_id = $1) AND ($2::uuid IS NULL OR network.id = $2)"#,
        backbone,
        network,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut all: BTreeMap<NetworkId, Assignments> = BTreeMap::new();
    for Row { network, address, site } in rows {
        let assignments = all.entry(network).or_default();
        if let (Some(address), Some(site)) = (address, site) {
            assignments.0.entry(address).or_default().insert(site);
        }
    }
    Ok(all)
}
