//! Signing in: with a password, by the setup link, with an identity provider; and who a token speaks for.
//!
//! Whoever asks is looked up in the database with every request: what is revoked, disabled or deleted is refused by every
//! replica from the next request on.

pub mod provider;

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
};

use authz::{Access, Acting, Action, Decision, Grant, Grantee, Limit, Role, Scope, SubjectKind, Target};
use jiff::{SignedDuration, Timestamp};
use model::{GenericUuid, GrantId, Name, SignInId, SubjectId, TokenId};
use store::{
    Context, StoreError, Tx,
    api_token::{self, Bearer},
    event::{Event, ObjectKind, Outcome},
    grant, group, setup,
    sign_in::{self, Method, NewSignIn},
    subject::{self, Credential, Kind, NewSubject, Subject},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Actor, OpError};
use crate::{
    App, password, refusals,
    secret::{self, SecretKind},
};

/// How long a session lasts.
pub const SESSION: SignedDuration = SignedDuration::from_hours(12);

/// What everybody is told whose name or password is wrong, whichever it was.
const WRONG: &str = "the name or the password is wrong";

/// Whence a request comes.
#[derive(Clone, Debug)]
pub struct Whence {
    /// The address; none for this machine's own socket.
    pub address: Option<IpAddr>,
    /// The request.
    pub request_id: String,
}

impl Whence {
    /// Whom an address belongs to, as far as counting goes: whoever has one address of an IPv6 network has all of them.
    fn source(&self) -> String {
        match self.address.map(|address| address.to_canonical()) {
            None => "local".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        }
    }

    fn context(&self, actor: &str) -> Context {
        Context::new(actor).by_request(&self.request_id, self.address.map(|address| address.to_string()))
    }
}

/// How somebody has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// With the first-start token.
    FirstStartToken,
    /// With an API token.
    Token,
    /// With a session that was begun so.
    Session(SignInId, Method),
}

impl By {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstStartToken => "first-start token",
            Self::Token => "API token",
            Self::Session(_, Method::Password) => "password",
            Self::Session(_, Method::Provider) => "identity provider",
        }
    }
}

/// Who asks, and how they have shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub acting: Acting,
    /// How.
    pub by: By,
    /// Until when.
    pub expires: Option<Timestamp>,
}

/// A session that has begun.
#[derive(Debug)]
pub struct Session {
    /// Who.
    pub name: Name,
    /// The session's token.
    pub token: Zeroizing<String>,
    /// Until when it lasts.
    pub expires: Timestamp,
}

/// Who a token speaks for. `local`: it came by this machine's own socket.
pub async fn bearer(app: &App, token: &str, whence: &Whence, local: bool) -> Result<Signed, OpError> {
    if app.is_admin_token(token) {
        if local || !app.is_set_up().await? {
            let acting = Acting::installation("admin");
            return Ok(Signed { acting, by: By::FirstStartToken, expires: None });
        }
        return Err(OpError::NotSignedIn(
            "the first-start token opens the API on the network no longer: an administrator can sign in; it still opens \
             DIR/admin.sock on the controller's machine",
        ));
    }
    let kind = SecretKind::of(token);
    // What cannot be a token is not looked up, and is no guess.
    if !matches!(kind, Some(SecretKind::Token | SecretKind::Session)) {
        return Err(OpError::NotSignedIn("the token is not valid"));
    }
    let (now, source, digest) = (app.now(), whence.source(), secret::digest_of(token));
    app.attempts().may_look_up(&source, &digest, now).map_err(too_many)?;
    let found = match kind {
        Some(SecretKind::Token) => api_token::bearer(app.store(), &digest, now).await?,
        _ => sign_in::bearer(app.store(), &digest, now).await?,
    };
    let Some(found) = found else {
        app.attempts().wrong_token(&source, &digest, now);
        app.metrics().signed_in("token", "refused");
        return Err(OpError::NotSignedIn("the token is not valid"));
    };
    app.attempts().good_token(digest, now);
    if kind == Some(SecretKind::Token) {
        note_use(app, &found, now).await;
    }
    Ok(signed(found))
}

/// Notes that a token is used, to the minute. That it could not be noted is no reason to refuse it.
async fn note_use(app: &App, found: &Bearer, now: Timestamp) {
    let noted = found.last_used.is_some_and(|last| now.duration_since(last) < api_token::USE_NOTED);
    if noted {
        return;
    }
    if let Err(error) = api_token::used(app.store(), TokenId::from_untyped_uuid(found.id), now).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the use of a token could not be noted");
    }
}

fn signed(found: Bearer) -> Signed {
    let within = match (found.backbone, found.network) {
        (Some(backbone), _) => Some(Scope::Backbone(backbone)),
        (None, Some(network)) => Some(Scope::Network(network)),
        (None, None) => None,
    };
    let access = if found.read_only { Access::Read } else { Access::Write };
    let by = match found.method {
        Some(method) => By::Session(SignInId::from_untyped_uuid(found.id), method),
        None => By::Token,
    };
    let acting = Acting {
        subject: found.subject,
        name: actor_name(found.kind, &found.name),
        kind: match found.kind {
            Kind::Person => SubjectKind::Person,
            Kind::Service => SubjectKind::Service,
        },
        groups: found.groups.into_iter().collect::<BTreeSet<_>>(),
        limit: (by == By::Token).then_some(Limit { access, within }),
    };
    Signed { acting, by, expires: Some(found.expires) }
}

/// How events name somebody. `admin`, `controller/…` and the identities of sites are nobody's.
fn actor_name(kind: Kind, name: &Name) -> String {
    match kind {
        Kind::Person => format!("user/{name}"),
        Kind::Service => format!("service/{name}"),
    }
}

fn too_many(wait: SignedDuration) -> OpError {
    let seconds = u64::try_from(wait.as_secs()).unwrap_or_default() + 1;
    OpError::TooManyAttempts { seconds }
}

/// The same, to somebody who tries to sign in: how often that happens is in the chain, too.
fn slowed(app: &App, whence: &Whence, wait: SignedDuration) -> OpError {
    refusals::stranger(app, whence.address);
    too_many(wait)
}

/// Signs in with a password; one for one use needs the password to come.
pub async fn with_password(
    app: &App,
    whence: &Whence,
    name: &str,
    given: Zeroizing<String>,
    new: Option<Zeroizing<String>>,
) -> Result<Session, OpError> {
    let (subject, credential) = checked(app, whence, name, given).await?;
    let verifier = match (credential.one_time, new) {
        (None, None) => None,
        (Some(_), None) => return Err(OpError::PasswordChangeRequired),
        (Some(_), Some(new)) => Some(password::verifier(acceptable(new, &subject.name, "new_password")?).await?),
        (None, Some(_)) => {
            let message = "only a password for one use is replaced when signing in; sign in, then change yours";
            return Err(OpError::invalid("new_password", message));
        }
    };
    let mut tx = app.store().begin(&whence.context(&actor_name(subject.kind, &subject.name))).await?;
    still(&mut tx, &subject, Some(&credential)).await?;
    if let Some(verifier) = verifier {
        subject::set_password(&mut tx, subject.id, &verifier, None, None).await?;
    }
    begin(app, tx, &subject, None, whence).await
}

/// Whether somebody is still who signs in, with the credential they have shown: checking a password takes a while, and in it
/// they may have been disabled, or given another one. From here on neither happens until the session is there, to be ended
/// with the others.
async fn still(tx: &mut Tx, subject: &Subject, shown: Option<&Credential>) -> Result<(), OpError> {
    let is_there = match subject::lock(tx, subject.id, None).await {
        Ok(now) => now.disabled.is_none(),
        Err(StoreError::NotFound { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    let is_right = match shown {
        Some(shown) => subject::credential(&mut *tx, subject.id).await?.as_ref() == Some(shown),
        None => true,
    };
    if is_there && is_right { Ok(()) } else { Err(OpError::NotSignedIn(WRONG)) }
}

/// Changes the password of who asks. Their sessions end, and a new one begins.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    whence: &Whence,
    given: Zeroizing<String>,
    new: Zeroizing<String>,
) -> Result<Session, OpError> {
    if actor.acting.limit.is_some() || actor.acting.kind != SubjectKind::Person {
        return Err(OpError::precondition("a token changes no password", "sign in with skx login first"));
    }
    let subject = subject::get(app.store(), actor.acting.subject).await?;
    if let Some(issuer) = subject.issuer {
        return Err(OpError::precondition(
            format!("{} has no password here", subject.name),
            format!("change the one at {issuer}"),
        ));
    }
    let name = subject.name;
    let (subject, credential) = checked(app, whence, name.as_str(), given).await?;
    let verifier = password::verifier(acceptable(new, &subject.name, "new_password")?).await?;
    let mut tx = app.store().begin(&actor.context()).await?;
    subject::set_password(&mut tx, subject.id, &verifier, None, Some(&credential)).await?;
    begin(app, tx, &subject, None, whence).await
}

/// The person with this name and password. Whatever is wrong, it is said in the same words, after the same work.
async fn checked(
    app: &App,
    whence: &Whence,
    name: &str,
    given: Zeroizing<String>,
) -> Result<(Subject, Credential), OpError> {
    let (now, source) = (app.now(), whence.source());
    let known = sign_in::is_known(app.store(), name, &source, now).await?;
    let attempt = app.attempts().begin(&source, name, known, now).map_err(|wait| {
        app.metrics().signed_in("password", "slowed");
        slowed(app, whence, wait)
    })?;
    let found = match subject::find(app.store(), name).await {
        // An id is no name to sign in with.
        Ok(found) => Some(found).filter(|found| found.name.as_str() == name),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    // The same queries are made for a name that nobody has.
    let id = found.as_ref().map_or(SubjectId::nil(), |found| found.id);
    let credential = subject::credential(app.store(), id).await?;
    let verifier = credential.as_ref().map(|credential| credential.verifier.clone());
    let right = password::is_right(given, verifier, known).await?;
    match (found, credential) {
        (Some(subject), Some(credential)) if right && subject.disabled.is_none() && !is_over(&credential, now) => {
            attempt.was_right();
            Ok((subject, credential))
        }
        (found, _) => {
            app.metrics().signed_in("password", "refused");
            record_refusal(app, whence, found.map(|found| found.id), WRONG);
            Err(OpError::NotSignedIn(WRONG))
        }
    }
}

fn is_over(credential: &Credential, now: Timestamp) -> bool {
    credential.one_time.is_some_and(|until| until <= now)
}

/// Records a refusal, within limits, beside the answer: it takes no longer for a name that somebody has. A name that
/// nobody has is not written down: it may be a password in the wrong place.
fn record_refusal(app: &App, whence: &Whence, subject: Option<SubjectId>, why: &str) {
    let event = Event::new("sign-in.begin", ObjectKind::User, subject.unwrap_or(SubjectId::nil()));
    let event = Event { object_id: subject.map(GenericUuid::into_untyped_uuid), ..event };
    let event = event.ended(Outcome::Refused, why);
    let (app, context) = (app.clone(), whence.context("nobody"));
    tokio::spawn(async move { refusals::known(&app, &context, event).await });
}

/// A password that may be chosen.
fn acceptable(new: Zeroizing<String>, name: &Name, field: &'static str) -> Result<Zeroizing<String>, OpError> {
    if new.to_lowercase().contains(name.as_str()) && name.as_str().len() > 3 {
        return Err(OpError::invalid(field, "it has the user's name in it; choose another one"));
    }
    Ok(new)
}

/// Begins a session, last thing in a transaction; with an ID token, of which this is the digest, or with a password.
async fn begin(
    app: &App,
    mut tx: Tx,
    subject: &Subject,
    id_token: Option<[u8; 32]>,
    whence: &Whence,
) -> Result<Session, OpError> {
    let (token, digest) = secret::new(SecretKind::Session);
    let expires = app.now().saturating_add(SESSION).unwrap_or(Timestamp::MAX);
    let id = SignInId::from_untyped_uuid(Uuid::new_v4());
    let new = NewSignIn { id, subject: subject.id, digest, id_token, source: whence.source(), expires };
    let method = new.method();
    sign_in::begin(&mut tx, new).await.map_err(|error| match error {
        StoreError::Exists { .. } => OpError::IdToken("it was used before; get another one".to_owned()),
        error => error.into(),
    })?;
    if administers(&mut tx, subject).await? {
        setup::finish(&mut tx, app.installation(), subject.id).await?;
    }
    tx.commit().await?;
    app.attempts().good_token(digest, app.now());
    app.metrics().signed_in(method.as_str(), "done");
    Ok(Session { name: subject.name.clone(), token, expires })
}

/// Whether somebody is a service administrator: once one can sign in, the first-start token is not needed any more.
async fn administers(tx: &mut Tx, subject: &Subject) -> Result<bool, OpError> {
    let groups = group::of_subjects(&mut *tx, &[subject.id]).await?;
    let acting = Acting {
        subject: subject.id,
        name: actor_name(subject.kind, &subject.name),
        kind: SubjectKind::Person,
        groups: groups.into_iter().map(|(_, group, _)| group).collect(),
        limit: None,
    };
    let held = grant::of(&mut *tx, acting.subject, acting.groups.iter().copied()).await?;
    let grants: Vec<Grant> = held.iter().map(grant::Held::grant).collect();
    let decision = authz::decide(&acting, &grants, Action::ManageGrants, &Target::Installation);
    Ok(decision == Decision::Allowed)
}

/// Makes the first account, a service administrator, by the setup link, and signs in.
pub async fn set_up(
    app: &App,
    whence: &Whence,
    code: &str,
    name: Name,
    password: Zeroizing<String>,
) -> Result<Session, OpError> {
    let digest = secret::digest_of(code);
    let source = whence.source();
    app.attempts().may_look_up(&source, &digest, app.now()).map_err(|wait| slowed(app, whence, wait))?;
    let refused = || {
        app.attempts().wrong_token(&source, &digest, app.now());
        app.metrics().signed_in("setup", "refused");
        record_refusal(app, whence, None, "the setup link is not good");
        OpError::NotSignedIn(
            "the setup link is not good, or not any more; restart the controller for a new one, unless there is an account",
        )
    };
    let kept = setup::get(app.store()).await?;
    if SecretKind::of(code) != Some(SecretKind::Setup) || kept.digest != Some(digest) {
        return Err(refused());
    }
    let verifier = password::verifier(acceptable(password, &name, "password")?).await?;
    let mut tx = app.store().begin(&whence.context(&actor_name(Kind::Person, &name))).await?;
    if !setup::redeem(&mut tx, &digest).await? {
        return Err(refused());
    }
    let id = SubjectId::from_untyped_uuid(Uuid::new_v4());
    let new = NewSubject { id, kind: Kind::Person, name, display_name: None, email: None, external: None };
    let subject = subject::create(&mut tx, new).await?;
    subject::set_password(&mut tx, id, &verifier, None, None).await?;
    let administrator = Grant {
        id: GrantId::from_untyped_uuid(Uuid::new_v4()),
        to: Grantee::Subject(id),
        role: Role::ServiceAdministrator,
        scope: Scope::Installation,
        default_backbone: false,
    };
    grant::create(&mut tx, &administrator).await?;
    let session = begin(app, tx, &subject, None, whence).await?;
    // It opens nothing any more.
    let _ = std::fs::remove_file(app.data_dir().join("setup.link"));
    Ok(session)
}

/// Ends the session somebody has come with.
pub async fn sign_out(app: &App, actor: &Actor, by: By) -> Result<(), OpError> {
    let By::Session(session, _) = by else {
        return Err(OpError::precondition(
            "a token is no session, and is not ended by signing out",
            "revoke it: skx token revoke NAME",
        ));
    };
    let mut tx = app.store().begin(&actor.context()).await?;
    sign_in::end(&mut tx, session).await?;
    tx.commit().await?;
    Ok(())
}

/// Replaces the first-start token of this replica: the new one is in its data directory.
pub async fn rotate_first_start_token(app: &App, actor: &Actor, by: By) -> Result<(), OpError> {
    if by != By::FirstStartToken {
        return Err(OpError::precondition(
            "only who holds the first-start token replaces it",
            "give the one in DIR/admin.token, over DIR/admin.sock",
        ));
    }
    let mut tx = app.store().begin(&actor.context()).await?;
    let event = Event::new("first-start-token.rotate", ObjectKind::Installation, app.installation());
    tx.record(Event { after: Some(serde_json::json!({ "controller": app.controller() })), ..event });
    tx.commit().await?;
    app.rotate_admin_token().map_err(OpError::internal("the new first-start token could not be written"))
}
