//! Users: persons, who sign in, and services, which have tokens.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::{GenericUuid, Name, SubjectId};
use store::subject::{self, Kind, NewSubject, Subject, SubjectChange};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Actor, Listing, OpError, Page, Ref, find, once, once::Claimed, owner};
use crate::{App, password, secret};

/// For how long a password for one use is good.
pub const ONE_TIME: SignedDuration = SignedDuration::from_hours(24);

/// A new user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// What a person is called.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// What is kept of it.
    pub subject: Subject,
    /// Whether it has a password, and if so, whether that is for one use.
    pub password: Option<bool>,
    /// The groups it is in.
    pub groups: Vec<Name>,
    /// When it last signed in, of late.
    pub last_sign_in: Option<Timestamp>,
}

/// A password that opens nothing but the choice of another.
#[derive(Debug)]
pub struct OneTime {
    /// Whose.
    pub name: Name,
    /// The password.
    pub password: Zeroizing<String>,
    /// Until when it can be used.
    pub expires: Timestamp,
}

/// Creates a user.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<User, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<SubjectId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, &Ref::id(id)).await,
    };
    let id = SubjectId::from_untyped_uuid(Uuid::new_v4());
    let Create { name, kind, display_name, email } = input;
    let new = NewSubject { id, kind, name, display_name, email, external: None };
    let created = subject::create(&mut tx, new).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    one(app, created).await
}

/// Lists users.
pub async fn list(app: &App, page: &Page) -> Result<Listing<User>, OpError> {
    let found = subject::page(app.store(), &page.wanted(app)?).await?;
    Ok(Listing::of(views(app.store(), found.items).await?, found.next))
}

/// Shows one user.
pub async fn show(app: &App, user: &Ref) -> Result<User, OpError> {
    one(app, find::subject(app.store(), user).await?).await
}

/// Changes a user. One that is disabled is refused from the next request on, at every replica: whoever asks is looked up
/// with every request.
pub async fn set(
    app: &App,
    actor: &Actor,
    user: &Ref,
    change: SubjectChange,
    if_revision: Option<i64>,
) -> Result<User, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::subject(&mut tx, user).await?;
    OpError::unless_at(if_revision, "user", found.revision)?;
    if change.disabled == Some(true) {
        unless_oneself(actor, &found, "disable")?;
    }
    if found.kind == Kind::Service && change.email.as_ref().is_some_and(Option::is_some) {
        return Err(OpError::invalid("email", "a service has no address for mail"));
    }
    let changed = subject::set(&mut tx, found.id, if_revision, change).await?;
    tx.commit().await?;
    one(app, changed).await
}

/// Deletes a user, with its sessions and tokens. The networks they own go to `heir`; without one, nobody is deleted who
/// owns any.
pub async fn delete(
    app: &App,
    actor: &Actor,
    user: &Ref,
    heir: Option<&Ref>,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::subject(&mut tx, user).await?;
    OpError::unless_at(if_revision, "user", found.revision)?;
    unless_oneself(actor, &found, "delete")?;
    let found = subject::lock(&mut tx, found.id, if_revision).await?;
    match heir {
        Some(heir) => owner::hand_over_all(&mut tx, actor, &found, heir).await?,
        None => owner::unless_owner(&mut tx, &found).await?,
    }
    subject::delete(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a person a password for one use, in place of the one they had. Their sessions end.
pub async fn reset(app: &App, actor: &Actor, user: &Ref) -> Result<OneTime, OpError> {
    let chosen = secret::readable_password();
    let verifier = password::verifier(chosen.clone()).await?;
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::subject(&mut tx, user).await?;
    if found.kind == Kind::Service {
        return Err(OpError::precondition(
            format!("{} is a service, and services have no passwords", found.name),
            format!("make a token for it: `skx token create NAME --user {}`", found.name),
        ));
    }
    if let Some(issuer) = &found.issuer {
        return Err(OpError::precondition(
            format!("{} signs in with the identity provider {issuer}, and has no password here", found.name),
            "let who operates the provider reset it, or create another user",
        ));
    }
    let expires = app.now().saturating_add(ONE_TIME).unwrap_or(Timestamp::MAX);
    subject::set_password(&mut tx, found.id, &verifier, Some(expires), None).await?;
    tx.commit().await?;
    Ok(OneTime { name: found.name, password: chosen, expires })
}

fn unless_oneself(actor: &Actor, user: &Subject, verb: &str) -> Result<(), OpError> {
    if actor.acting.subject == user.id {
        return Err(OpError::precondition(
            format!("{} is who asks, and cannot {verb} themselves", user.name),
            "let another administrator do it",
        ));
    }
    Ok(())
}

async fn one(app: &App, subject: Subject) -> Result<User, OpError> {
    let views = views(app.store(), vec![subject]).await?;
    Ok(views.into_iter().next().expect("one goes in, one comes out"))
}

async fn views(db: &store::Store, subjects: Vec<Subject>) -> Result<Vec<User>, OpError> {
    let ids: Vec<SubjectId> = subjects.iter().map(|subject| subject.id).collect();
    let passwords: BTreeMap<SubjectId, bool> = subject::with_password(db, &ids).await?.into_iter().collect();
    let last: BTreeMap<SubjectId, Timestamp> = store::sign_in::last(db, &ids).await?.into_iter().collect();
    let mut groups: BTreeMap<SubjectId, Vec<Name>> = BTreeMap::new();
    for (subject, _, name) in store::group::of_subjects(db, &ids).await? {
        groups.entry(subject).or_default().push(name);
    }
    let view = |subject: Subject| User {
        password: passwords.get(&subject.id).copied(),
        groups: groups.remove(&subject.id).unwrap_or_default(),
        last_sign_in: last.get(&subject.id).copied(),
        subject,
    };
    Ok(subjects.into_iter().map(view).collect())
}
