//! The key-encryption key is replaced: everything is sealed anew in one transaction, and the file follows the database.

use crashpoint::Point;
use store::{Tx, installation, sealed, sealed::Place};

use crate::{App, issue, ops::OpError, run};

/// What became of the key-encryption key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The id of the key before.
    pub before: String,
    /// The id of the key that counts now.
    pub after: String,
    /// How many private keys and secrets were sealed anew.
    pub sealed: usize,
}

/// Seals everything under the next key. When this returns it is committed, and the next key is the one in the file; cut
/// short anywhere, both keys are in their files, and the database says which of them counts.
pub(crate) async fn change(app: &App, mut tx: Tx) -> Result<KeyChange, OpError> {
    // Whoever seals something waits until this is over, and then seals under the new key or is refused.
    let before = installation::lock_kek(&mut tx).await?;
    if before != app.keys().id() {
        return Err(issue::other_key(app, &before));
    }
    let file = app.keys().file();
    let next = file.next().map_err(|error| {
        OpError::precondition(
            format!("the next key cannot be kept: {error}"),
            format!("let the controller write beside {}, or lay a new key into {0}.next", file.path().display()),
        )
    })?;
    let after = next.id();
    if after == before {
        return Err(OpError::precondition(
            format!("{}.next holds the key that is in use", file.path().display()),
            format!("move it to {}, and try again", file.path().display()),
        ));
    }
    let mut anew = vec![];
    for (place, bytes) in sealed::list(&mut tx).await? {
        let aad = match place {
            Place::Authority(id) => issue::aad("authority", id),
            Place::Invitation(id) => issue::aad("invitation", id),
            Place::Secret(id) => issue::aad("secret", id),
        };
        let opened = app.keys().open(&bytes, &aad).map_err(OpError::internal(
            "what is sealed in the database cannot be opened, so that nothing was changed",
        ))?;
        anew.push((place, next.seal(&opened, &aad)));
    }
    sealed::replace(&mut tx, &anew).await?;
    installation::set_kek(&mut tx, &after).await?;
    crashpoint::reached(Point::KeyUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::KeyCommitted);
    app.keys().adopt(next);
    run::settle(app.keys().file(), &after);
    tracing::info!(before, after, sealed = anew.len(), "the key-encryption key was changed");
    Ok(KeyChange { before, after, sealed: anew.len() })
}

/// Takes up the key that another replica has made the one that counts, as soon as it is in this one's files; says so as
/// long as it is not.
pub(super) async fn follow(app: &App) -> Result<(), OpError> {
    let Some(row) = installation::get(app.store()).await? else { return Ok(()) };
    if row.kek_id == app.keys().id() {
        return Ok(());
    }
    match app.keys().file().find(&row.kek_id) {
        Ok(Some(kek)) => {
            app.keys().adopt(kek);
            run::settle(app.keys().file(), &row.kek_id);
            tracing::info!(
                key = row.kek_id,
                "the key-encryption key was changed by another controller; it is taken up"
            );
        }
        Ok(None) => tracing::error!("{}", issue::other_key(app, &row.kek_id)),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "the key-encryption key was changed by another controller, and this one's file cannot be read"
        ),
    }
    Ok(())
}
