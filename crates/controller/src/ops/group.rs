//! Groups of users.

use model::{GenericUuid, GroupId, Name};
use store::{
    group::{self, Group, GroupMember},
    listing::Key,
};
use uuid::Uuid;

use super::{Actor, Fields, Listing, OpError, Page, Ref, find, once, once::Claimed};
use crate::App;

/// Creates a group.
pub async fn create(app: &App, actor: &Actor, name: Name) -> Result<Group, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<GroupId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, &Ref::id(id)).await,
    };
    let id = GroupId::from_untyped_uuid(Uuid::new_v4());
    let created = group::create(&mut tx, id, &name).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(created)
}

/// Lists groups.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Group>, OpError> {
    let found = group::page(app.store(), &page.wanted(app)?).await?;
    Ok(Listing::of(found.items, found.next))
}

/// Shows one group.
pub async fn show(app: &App, group: &Ref) -> Result<Group, OpError> {
    find::group(app.store(), group).await
}

/// Deletes a group. Who is in it stays, and loses what was given to the group.
pub async fn delete(app: &App, actor: &Actor, group: &Ref, if_revision: Option<i64>) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::group(&mut tx, group).await?;
    OpError::unless_at(if_revision, "group", found.revision)?;
    group::delete(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    Ok(())
}

/// What the list of a group's members can be narrowed and ordered by.
pub(crate) const MEMBERS: Fields<GroupMember> = Fields {
    id: |member| member.subject.to_string(),
    sorts: &[("name", |member| Key::Text(member.name.to_string()))],
    filters: &[],
    search: |member| member.name.to_string(),
};

/// Who is in a group.
pub async fn members(app: &App, group: &Ref) -> Result<Vec<GroupMember>, OpError> {
    let found = find::group(app.store(), group).await?;
    Ok(group::members(app.store(), found.id).await?)
}

/// Adds a user to a group. Repeated, it changes nothing.
pub async fn add(app: &App, actor: &Actor, group: &Ref, user: &Ref) -> Result<GroupMember, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::group(&mut tx, group).await?;
    let subject = find::subject(&mut tx, user).await?;
    group::add(&mut tx, &found, subject.id, &subject.name).await?;
    tx.commit().await?;
    Ok(GroupMember { subject: subject.id, name: subject.name, provided: false })
}

/// Removes a user from a group.
pub async fn remove(app: &App, actor: &Actor, group: &Ref, user: &Ref) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::group(&mut tx, group).await?;
    let subject = find::subject(&mut tx, user).await?;
    group::remove(&mut tx, &found, subject.id, &subject.name).await?;
    tx.commit().await?;
    Ok(())
}
