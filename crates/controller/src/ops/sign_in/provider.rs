//! Signing in with the identity provider: an ID token that it made a moment ago becomes a session, once.

use std::sync::Arc;

use model::{GenericUuid, SubjectId};
use oidc::{Begun, Claims, Polled, ProviderError};
use store::{
    StoreError, Tx, group,
    subject::{self, External, Kind, NewSubject, Subject},
};
use uuid::Uuid;

use super::{Session, Whence, actor_name, begin, record_refusal, slowed, still};
use crate::{
    App,
    identity_provider::{IdentityProvider, ProviderConfig},
    ops::OpError,
    secret,
};

/// How many names are tried for somebody new whose name is taken.
const NAMES: usize = 100;

/// How a device flow stands.
#[derive(Debug)]
pub enum Flow {
    /// Nobody has agreed yet.
    Waiting,
    /// The same, and the question came too soon.
    TooSoon,
    /// Somebody has agreed, and is signed in.
    SignedIn(Session),
}

/// Signs in with an ID token. Who comes for the first time gets an account, which may do nothing until somebody says so.
/// It is theirs by the provider's word for them: never by a name or an address.
pub async fn with_id_token(app: &App, whence: &Whence, token: &str) -> Result<Session, OpError> {
    let provider = configured(app)?;
    let digest = secret::digest_of(token);
    app.attempts().may_look_up(&whence.source(), &digest, app.now()).map_err(|wait| slowed(app, whence, wait))?;
    let outcome = sign_in(app, &provider, whence, token).await;
    if let Err(OpError::IdToken(_)) = &outcome {
        app.attempts().wrong_token(&whence.source(), &digest, app.now());
    }
    outcome
}

/// Begins a device flow.
pub async fn begin_device(app: &App, whence: &Whence) -> Result<Begun, OpError> {
    let provider = configured(app)?;
    provider.may_begin(whence.source()).map_err(|seconds| OpError::TooManyAttempts { seconds })?;
    provider.provider.begin_device().await.map_err(failed)
}

/// Asks how a device flow stands.
pub async fn ask_device(app: &App, whence: &Whence, code: &str) -> Result<Flow, OpError> {
    let provider = configured(app)?;
    let digest = secret::digest_of(code);
    app.attempts().may_look_up(&whence.source(), &digest, app.now()).map_err(|wait| slowed(app, whence, wait))?;
    if !provider.may_ask(digest) {
        return Ok(Flow::TooSoon);
    }
    match provider.provider.poll_device(code).await.map_err(failed)? {
        Polled::Waiting => Ok(Flow::Waiting),
        Polled::TooSoon => Ok(Flow::TooSoon),
        Polled::Token(token) => sign_in(app, &provider, whence, &token).await.map(Flow::SignedIn),
        Polled::Declined => {
            app.metrics().signed_in("provider", "refused");
            record_refusal(app, whence, None, "it was declined at the identity provider");
            Err(OpError::NotSignedIn("it was declined at the identity provider"))
        }
        Polled::Over => {
            app.attempts().wrong_token(&whence.source(), &digest, app.now());
            app.metrics().signed_in("provider", "refused");
            Err(OpError::NotSignedIn("the time for it is over, and nobody has agreed; begin again"))
        }
    }
}

fn configured(app: &App) -> Result<Arc<IdentityProvider>, OpError> {
    app.identity_provider().ok_or_else(|| {
        OpError::precondition(
            "this installation has no identity provider",
            "sign in with a name and a password; who operates the controller configures a provider in its file, as [oidc]",
        )
    })
}

/// What is said when the provider gives no answer. Why it does not is for the log: whoever asks may be anybody.
fn failed(error: ProviderError) -> OpError {
    match error {
        ProviderError::Refused(why) => OpError::IdToken(why.to_string()),
        ProviderError::NoDeviceFlow(_) => OpError::precondition(
            error.to_string(),
            "give an ID token with --id-token, or let who operates the provider allow it",
        ),
        ProviderError::Busy => OpError::Busy("many sign in with the identity provider at this moment"),
        ProviderError::Unavailable { .. } => {
            tracing::warn!(error = &error as &dyn std::error::Error, "nobody can sign in with the identity provider");
            OpError::Busy(
                "the identity provider does not answer the controller as it should; the controller's log says why",
            )
        }
    }
}

async fn sign_in(app: &App, provider: &IdentityProvider, whence: &Whence, token: &str) -> Result<Session, OpError> {
    let claims = match provider.provider.verify(token, app.now()).await {
        Ok(claims) => claims,
        Err(ProviderError::Refused(why)) => return Err(refused(app, whence, None, &why.to_string())),
        Err(error) => return Err(failed(error)),
    };
    let issuer = provider.config.provider.issuer.clone();
    let external = External { issuer, id: claims.subject.clone() };
    let known = subject::of_provider(app.store(), &external).await?;
    let id = known.as_ref().map(|known| known.id);
    if known.as_ref().is_some_and(|known| known.disabled.is_some()) {
        return Err(refused(app, whence, id, "who it names is disabled here"));
    }
    let groups = provider.config.groups_of(&claims);
    if provider.config.require_group && groups.is_empty() {
        return Err(refused(app, whence, id, "who it names is in none of the groups that may sign in here"));
    }
    let (mut tx, subject) = match known {
        Some(known) => {
            let mut tx = app.store().begin(&whence.context(&actor_name(Kind::Person, &known.name))).await?;
            still(&mut tx, &known, None).await?;
            (tx, known)
        }
        None => newcomer(app, whence, &provider.config, &claims, external).await?,
    };
    group::provided(&mut tx, subject.id, &subject.name, &groups).await?;
    match begin(app, tx, &subject, Some(claims.digest), whence).await {
        Err(OpError::IdToken(why)) => Err(refused(app, whence, Some(subject.id), &why)),
        outcome => outcome,
    }
}

/// Somebody who comes for the first time.
async fn newcomer(
    app: &App,
    whence: &Whence,
    config: &ProviderConfig,
    claims: &Claims,
    external: External,
) -> Result<(Tx, Subject), OpError> {
    let text = |claim: &str, longest: usize| claims.text(claim).filter(|text| text.chars().count() <= longest);
    for number in 1..=NAMES {
        let name = config.name_of(claims, number);
        match subject::find(app.store(), &name).await {
            Ok(_) => continue,
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let name = name.parse().map_err(OpError::internal("a name could not be made of a claim"))?;
        let mut tx = app.store().begin(&whence.context(&actor_name(Kind::Person, &name))).await?;
        let new = NewSubject {
            id: SubjectId::from_untyped_uuid(Uuid::new_v4()),
            kind: Kind::Person,
            name,
            display_name: text("name", 200).map(str::to_owned),
            email: text("email", 254).filter(|text| text.contains('@')).map(str::to_owned),
            external: Some(external.clone()),
        };
        match subject::create(&mut tx, new).await {
            Ok(subject) => return Ok((tx, subject)),
            // Somebody else has got it meanwhile.
            Err(StoreError::NameTaken { .. }) => {}
            Err(StoreError::Exists { .. }) => return Err(OpError::Busy("the same person signs in at this moment")),
            Err(error) => return Err(error.into()),
        }
    }
    Err(OpError::precondition(
        format!("there are {NAMES} users already whose names begin with {}", config.name_of(claims, 1)),
        "let an administrator remove some",
    ))
}

/// Refuses a token, and says so in the chain.
fn refused(app: &App, whence: &Whence, subject: Option<SubjectId>, why: &str) -> OpError {
    app.metrics().signed_in("provider", "refused");
    record_refusal(app, whence, subject, &format!("the ID token is refused: {why}"));
    OpError::IdToken(why.to_owned())
}
