//! Groups of subjects.

use jiff::Timestamp;
use model::{GroupId, Name, SubjectId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Num, Text, at},
};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// How many subjects are in it.
    pub members: u64,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupMember {
    /// Who.
    pub subject: SubjectId,
    /// Their name.
    pub name: Name,
    /// Whether the identity provider says so, or somebody here has.
    pub provided: bool,
}

impl Group {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Group, self.id)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Group,
            $before + r#" id AS "id: Id<_>", name AS "name: Text<_>",
                (SELECT count(*) FROM group_member WHERE group_id = subject_group.id) AS "members!: Num<_>",
                created, updated, revision "#
                + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "subject_group",
    id: "subject_group.id",
    sorts: &[("created", "subject_group.created", KeyType::Time), ("name", "subject_group.name", KeyType::Text)],
    search: &["subject_group.name"],
    ..List::PLAIN
};

/// Creates a group. [`StoreError::NameTaken`] when another has the name.
pub async fn create(tx: &mut Tx, id: GroupId, name: &Name) -> Result<Group, StoreError> {
    let now = at(tx.now());
    let group = rows!(
        "INSERT INTO subject_group (id, name, created, updated) VALUES ($1, $2, $3, $3) RETURNING",
        "",
        id.into_untyped_uuid(),
        name.as_str(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(group.event("group.create"), None, Some(&group));
    Ok(group)
}

/// A group by its id.
pub async fn get(mut db: impl Db, id: GroupId) -> Result<Group, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM subject_group WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "group" })
}

/// A group by its name, or by its id as text.
pub async fn find(mut db: impl Db, reference: &str) -> Result<Group, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM subject_group WHERE name = $1 OR id = $2 ORDER BY id = $2 DESC LIMIT 1",
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "group" })
}

/// A page of the groups.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Group>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM subject_group WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Deletes a group.
pub async fn delete(tx: &mut Tx, id: GroupId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = get(&mut *tx, id).await?;
    StoreError::unless_at(expected, before.revision, "group")?;
    sqlx::query!("DELETE FROM subject_group WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("group.delete"), Some(&before), None);
    Ok(())
}

/// The members of a group, by name.
pub async fn members(mut db: impl Db, id: GroupId) -> Result<Vec<GroupMember>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        GroupMember,
        r#"SELECT subject.id AS "subject: Id<_>", subject.name AS "name: Text<_>", provided
        FROM group_member JOIN subject ON subject.id = subject_id WHERE group_id = $1 ORDER BY subject.name"#,
        id.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The groups these subjects are in.
pub async fn of_subjects(mut db: impl Db, ids: &[SubjectId]) -> Result<Vec<(SubjectId, GroupId, Name)>, StoreError> {
    struct Row {
        subject: SubjectId,
        group: GroupId,
        name: Name,
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.into_untyped_uuid()).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT subject_id AS "subject: Id<_>", group_id AS "group: Id<_>", name AS "name: Text<_>"
        FROM group_member JOIN subject_group ON subject_group.id = group_id
        WHERE subject_id = ANY($1) ORDER BY name"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.subject, row.group, row.name)).collect())
}

#[derive(Serialize)]
struct Membership<'a> {
    group: &'a Name,
    member: &'a Name,
    member_id: SubjectId,
}

/// Adds a subject to a group. Who is in it already stays, whatever a provider will say.
pub async fn add(tx: &mut Tx, group: &Group, subject: SubjectId, name: &Name) -> Result<(), StoreError> {
    let added = sqlx::query!(
        "INSERT INTO group_member (group_id, subject_id) VALUES ($1, $2)
        ON CONFLICT (group_id, subject_id) DO UPDATE SET provided = false WHERE group_member.provided",
        group.id.into_untyped_uuid(),
        subject.into_untyped_uuid(),
    )
    .execute(tx.connection())
    .await?;
    if added.rows_affected() > 0 {
        let membership = Membership { group: &group.name, member: name, member_id: subject };
        tx.changed(group.event("group.add"), None, Some(&membership));
    }
    Ok(())
}

/// Removes a subject from a group. [`StoreError::NotFound`] when it is not in it.
pub async fn remove(tx: &mut Tx, group: &Group, subject: SubjectId, name: &Name) -> Result<(), StoreError> {
    let removed = sqlx::query!(
        "DELETE FROM group_member WHERE group_id = $1 AND subject_id = $2",
        group.id.into_untyped_uuid(),
        subject.into_untyped_uuid(),
    )
    .execute(tx.connection())
    .await?;
    if removed.rows_affected() == 0 {
        return Err(StoreError::NotFound { what: "member of the group" });
    }
    let membership = Membership { group: &group.name, member: name, member_id: subject };
    tx.changed(group.event("group.remove"), Some(&membership), None);
    Ok(())
}

/// Brings the groups that a provider says somebody is in up to date: who was added here stays. Groups that there are not
/// are passed over.
pub async fn provided(tx: &mut Tx, subject: SubjectId, name: &Name, groups: &[Name]) -> Result<(), StoreError> {
    let names: Vec<String> = groups.iter().map(Name::to_string).collect();
    let changed = sqlx::query_scalar!(
        r#"WITH wanted AS (SELECT id FROM subject_group WHERE name = ANY($2)),
            gone AS (
                DELETE FROM group_member WHERE subject_id = $1 AND provided AND group_id NOT IN (SELECT id FROM wanted)
                RETURNING group_id
            ),
            come AS (
                INSERT INTO group_member (group_id, subject_id, provided) SELECT id, $1, true FROM wanted
                ON CONFLICT DO NOTHING RETURNING group_id
            )
        SELECT count(*) AS "changed!" FROM (SELECT * FROM gone UNION ALL SELECT * FROM come) AS every"#,
        subject.into_untyped_uuid(),
        &names,
    )
    .fetch_one(tx.connection())
    .await?;
    if changed > 0 {
        let groups: Vec<Name> = of_subjects(&mut *tx, &[subject]).await?.into_iter().map(|(_, _, name)| name).collect();
        let after = serde_json::json!({ "name": name, "groups": groups });
        tx.changed(Event::new("user.groups", ObjectKind::User, subject), None, Some(&after));
    }
    Ok(())
}
