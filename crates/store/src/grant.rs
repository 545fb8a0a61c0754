//! Grants: who holds which role, where.

use authz::{Filter, Grant, Grantee, Role, Scope};
use jiff::Timestamp;
use model::{BackboneId, GrantId, GroupId, Name, NetworkId, SubjectId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Opt, Text, at},
};

/// A grant, with the names of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Its id.
    pub id: GrantId,
    /// The subject that holds the role, when it is one.
    pub subject: Option<SubjectId>,
    /// The group that holds the role, when it is one.
    pub group: Option<GroupId>,
    /// Its name, or the group's.
    pub holder: Option<Name>,
    /// The role.
    #[serde(serialize_with = "display")]
    pub role: Role,
    /// The backbone it is held for, if it is.
    pub backbone: Option<BackboneId>,
    /// The backbone's name.
    pub backbone_name: Option<Name>,
    /// The network it is held for, if it is.
    pub network: Option<NetworkId>,
    /// The network's name.
    pub network_name: Option<Name>,
    /// Whether networks are made on this backbone when none is named.
    pub default_backbone: bool,
    /// When it was made.
    pub created: Timestamp,
}

fn display<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Held {
    /// The grant as it is decided by.
    pub fn grant(&self) -> Grant {
        let nobody = Grantee::Subject(SubjectId::max());
        let to = self.subject.map(Grantee::Subject).or(self.group.map(Grantee::Group)).unwrap_or(nobody);
        let scope = match (self.backbone, self.network) {
            (_, Some(network)) => Scope::Network(network),
            (Some(backbone), None) => Scope::Backbone(backbone),
            (None, None) => Scope::Installation,
        };
        Grant { id: self.id, to, role: self.role, scope, default_backbone: self.default_backbone }
    }

    fn event(&self, action: &'static str) -> Event {
        let event = Event::new(action, ObjectKind::Grant, self.id);
        Event { network: self.network, backbone: self.backbone, ..event }
    }
}

macro_rules! rows {
    ($where:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Held,
            r#"SELECT g.id AS "id!: Id<_>", g.subject_id AS "subject!: Opt<Id<_>>", g.group_id AS "group!: Opt<Id<_>>",
                COALESCE(subject.name, subject_group.name) AS "holder!: Opt<Text<_>>", g.role AS "role!: Text<_>",
                g.backbone_id AS "backbone!: Opt<Id<_>>", backbone.name AS "backbone_name!: Opt<Text<_>>",
                g.network_id AS "network!: Opt<Id<_>>", network.name AS "network_name!: Opt<Text<_>>",
                g.default_backbone AS "default_backbone!", g.created AS "created!"
            FROM access_grant g
                LEFT JOIN subject ON subject.id = g.subject_id LEFT JOIN subject_group ON subject_group.id = g.group_id
                LEFT JOIN backbone ON backbone.id = g.backbone_id LEFT JOIN network ON network.id = g.network_id "#
                + $where $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "access_grant g LEFT JOIN subject ON subject.id = g.subject_id \
        LEFT JOIN subject_group ON subject_group.id = g.group_id \
        LEFT JOIN backbone ON backbone.id = g.backbone_id LEFT JOIN network ON network.id = g.network_id",
    id: "g.id",
    within: Some("g.network_id"),
    sorts: &[
        ("created", "g.created", KeyType::Time),
        ("role", "g.role", KeyType::Text),
        ("holder", "COALESCE(subject.name, subject_group.name)", KeyType::Text),
    ],
    filters: &[
        ("role", "g.role = {value}"),
        ("user", "COALESCE({value} IN (subject.name, subject.id::text), false)"),
        ("group", "COALESCE({value} IN (subject_group.name, subject_group.id::text), false)"),
        ("backbone", "COALESCE({value} IN (backbone.name, backbone.id::text), false)"),
        ("network", "COALESCE({value} IN (network.name, network.id::text), false)"),
    ],
    search: &["subject.name", "subject_group.name", "backbone.name", "network.name"],
    ..List::PLAIN
};

/// Gives a role. [`StoreError::Exists`] when it is held already, or when there is another default backbone.
pub async fn create(tx: &mut Tx, grant: &Grant) -> Result<Held, StoreError> {
    let now = at(tx.now());
    let (subject, group) = match grant.to {
        Grantee::Subject(id) => (Some(id.into_untyped_uuid()), None),
        Grantee::Group(id) => (None, Some(id.into_untyped_uuid())),
    };
    let (backbone, network) = match grant.scope {
        Scope::Installation => (None, None),
        Scope::Backbone(id) => (Some(id.into_untyped_uuid()), None),
        Scope::Network(id) => (None, Some(id.into_untyped_uuid())),
    };
    sqlx::query!(
        "INSERT INTO access_grant (id, subject_id, group_id, role, backbone_id, network_id, default_backbone, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        grant.id.into_untyped_uuid(),
        subject,
        group,
        grant.role.as_str(),
        backbone,
        network,
        grant.default_backbone,
        now,
    )
    .execute(tx.connection())
    .await?;
    let made = get(&mut *tx, grant.id).await?;
    tx.changed(made.event("grant.create"), None, Some(&made));
    Ok(made)
}

/// A grant by its id.
pub async fn get(mut db: impl Db, id: GrantId) -> Result<Held, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("WHERE g.id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "grant" })
}

/// A page of the grants, of those for a network if one is given.
pub async fn page(mut db: impl Db, network: Option<NetworkId>, wanted: &Wanted) -> Result<Listed<Held>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, network.map(GenericUuid::into_untyped_uuid), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("WHERE g.id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Every grant to a subject, or to one of its groups; those to itself first.
pub async fn of(
    mut db: impl Db,
    subject: SubjectId,
    groups: impl IntoIterator<Item = GroupId>,
) -> Result<Vec<Held>, StoreError> {
    let groups: Vec<Uuid> = groups.into_iter().map(GenericUuid::into_untyped_uuid).collect();
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "WHERE g.subject_id = $1 OR g.group_id = ANY($2) ORDER BY g.subject_id NULLS LAST, g.created, g.id",
        subject.into_untyped_uuid(),
        &groups[..],
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Takes a role back.
pub async fn delete(tx: &mut Tx, id: GrantId) -> Result<(), StoreError> {
    let before = get(&mut *tx, id).await?;
    sqlx::query!("DELETE FROM access_grant WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("grant.delete"), Some(&before), None);
    Ok(())
}

/// The networks that are within a reach.
pub async fn networks_within(mut db: impl Db, reach: &Filter) -> Result<Vec<NetworkId>, StoreError> {
    fn ids<T: GenericUuid + Copy>(ids: &[T]) -> Vec<Uuid> {
        ids.iter().map(|id| id.into_untyped_uuid()).collect()
    }
    let mut db = db.source().connection().await?;
    let found = sqlx::query_scalar!(
        "SELECT id FROM network
        WHERE ($1 OR backbone_id = ANY($2) OR (owner = $3 AND backbone_id = ANY($4)) OR id = ANY($5))
            AND ($6::uuid IS NULL OR backbone_id = $6) AND ($7::uuid IS NULL OR id = $7)",
        reach.everything,
        &ids(&reach.administered)[..],
        reach.owner.into_untyped_uuid(),
        &ids(&reach.used)[..],
        &ids(&reach.shared)[..],
        reach.within_backbone.map(GenericUuid::into_untyped_uuid),
        reach.within_network.map(GenericUuid::into_untyped_uuid),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(found.into_iter().map(NetworkId::from_untyped_uuid).collect())
}
