//! The one-time link by which the first account is made, and whether real sign-in exists.

use jiff::Timestamp;
use model::{ControllerId, InstallationId, SubjectId, id::GenericUuid};

use crate::{
    Db, Store, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{Digest, Id, Opt, Time, at},
};

/// How far the setting up of sign-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// SHA-256 of what the link carries, until it is used.
    pub digest: Option<[u8; 32]>,
    /// Until when the link is good.
    pub deadline: Option<Timestamp>,
    /// Which replica has the link.
    pub controller: Option<ControllerId>,
    /// Since when an administrator can sign in.
    pub done: Option<Timestamp>,
}

/// How far it has come.
pub async fn get(mut db: impl Db) -> Result<Setup, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Setup,
        r#"SELECT digest AS "digest!: Opt<Digest>", deadline AS "deadline!: Opt<Time>",
            controller_id AS "controller!: Opt<Id<_>>", done AS "done!: Opt<Time>"
        FROM setup"#
    )
    .fetch_one(&mut *db)
    .await?)
}

/// A link that `controller` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of what it carries.
    pub digest: [u8; 32],
    /// Until when it is good.
    pub deadline: Timestamp,
    /// Who has it.
    pub controller: ControllerId,
}

/// Offers a link in place of the one that was `seen`, if any. Says whether it does: not when another was offered or used
/// since, or sign-in is set up.
pub async fn offer(store: &Store, link: &Link, seen: Option<&[u8; 32]>) -> Result<bool, StoreError> {
    let offered = sqlx::query!(
        "UPDATE setup SET digest = $1, deadline = $2, controller_id = $3
        WHERE done IS NULL AND digest IS NOT DISTINCT FROM $4",
        &link.digest[..],
        at(link.deadline),
        link.controller.into_untyped_uuid(),
        seen.map(|digest| &digest[..]),
    )
    .execute(store.pool())
    .await?;
    Ok(offered.rows_affected() > 0)
}

/// Uses the link, once. Says whether it was good.
pub async fn redeem(tx: &mut Tx, digest: &[u8; 32]) -> Result<bool, StoreError> {
    let now = at(tx.now());
    let used = sqlx::query!(
        "UPDATE setup SET digest = NULL, deadline = NULL, controller_id = NULL
        WHERE digest = $1 AND deadline > $2 AND done IS NULL",
        &digest[..],
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(used.rows_affected() > 0)
}

/// Notes that an administrator can sign in. Noting it again changes nothing.
pub async fn finish(tx: &mut Tx, installation: InstallationId, by: SubjectId) -> Result<(), StoreError> {
    let now = at(tx.now());
    let done = sqlx::query!(
        "UPDATE setup SET digest = NULL, deadline = NULL, controller_id = NULL, done = $1 WHERE done IS NULL",
        now,
    )
    .execute(tx.connection())
    .await?;
    if done.rows_affected() > 0 {
        let after = serde_json::json!({ "by": by });
        tx.changed(Event::new("setup.finish", ObjectKind::Installation, installation), None, Some(&after));
    }
    Ok(())
}
