//! API tokens: of a person, made by themselves, and of services, made by administrators.

use authz::Action;
use jiff::{SignedDuration, Timestamp};
use model::{GenericUuid, Name, SubjectId, TokenId};
use store::{
    api_token,
    api_token::{ApiToken, NewToken},
    listing::Wanted,
    names,
    subject::{self, Kind, Subject},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Actor, Listing, OpError, Page, Ref, find};
use crate::{
    App,
    secret::{self, SecretKind},
};

/// For how long a token is good unless said otherwise.
const LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// For how long one can be good.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// A new token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name.
    pub name: Name,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// The only backbone it is good for.
    pub backbone: Option<Ref>,
    /// The only application network it is good for.
    pub network: Option<Ref>,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
}

/// A token.
#[derive(Debug)]
pub struct Token {
    /// What is kept of it.
    pub kept: ApiToken,
    /// The name of the only backbone it is good for.
    pub backbone: Option<Name>,
    /// The name of the only application network it is good for.
    pub network: Option<Name>,
    /// The token itself, when it was just made.
    pub text: Option<Zeroizing<String>>,
}

/// Whose tokens are meant.
#[derive(Clone, Debug)]
pub enum Of<'a> {
    /// Those of who asks.
    Oneself,
    /// Those of a user, for administrators.
    User(&'a Ref),
}

/// Makes a token: one of one's own, or one of a service. Who could make one for another person could act in their name.
pub async fn create(app: &App, actor: &Actor, of: Of<'_>, input: Create) -> Result<Token, OpError> {
    // What a token is limited to would be worth nothing if it could make another without limits.
    if actor.acting.limit.is_some() {
        return Err(OpError::precondition(
            "a token makes no tokens: it could make one that outlives it",
            "sign in with skx login, and make it then",
        ));
    }
    let now = app.now();
    let expires = input.expires.unwrap_or_else(|| now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX));
    if expires <= now || expires.duration_since(now) > LONGEST {
        return Err(OpError::invalid("expires", "give a time from now on, and within 366 days"));
    }
    let mut tx = app.store().begin(&actor.context()).await?;
    let subject = subject_of(&mut tx, actor, &of).await?;
    if matches!(of, Of::User(_)) && subject.kind == Kind::Person && subject.id != actor.acting.subject {
        return Err(OpError::precondition(
            format!("{} is a person, who makes their tokens themselves", subject.name),
            "make a service for a pipeline: `skx user create NAME --service`",
        ));
    }
    let backbone = match &input.backbone {
        Some(named) => Some(actor.require_on_backbone(&mut tx, Action::ShowBackbone, named).await?),
        None => None,
    };
    let network = match &input.network {
        Some(named) => Some(actor.require_in_network(&mut tx, Action::ShowNetwork, named).await?),
        None => None,
    };
    let (text, digest) = secret::new(SecretKind::Token);
    let new = NewToken {
        id: TokenId::from_untyped_uuid(Uuid::new_v4()),
        subject: subject.id,
        name: input.name,
        digest,
        read_only: input.read_only,
        backbone: backbone.as_ref().map(|backbone| backbone.id),
        network: network.as_ref().map(|network| network.id),
        expires,
    };
    let kept = api_token::create(&mut tx, new).await?;
    tx.commit().await?;
    let (backbone, network) = (backbone.map(|backbone| backbone.name), network.map(|network| network.name));
    Ok(Token { kept, backbone, network, text: Some(text) })
}

/// Lists tokens.
pub async fn list(app: &App, actor: &Actor, of: Of<'_>, page: &Page) -> Result<Listing<Token>, OpError> {
    let subject = match of {
        Of::Oneself => actor.acting.subject,
        Of::User(user) => find::subject(app.store(), user).await?.id,
    };
    let found = api_token::page(app.store(), subject, &page.wanted(app)?).await?;
    Ok(Listing::of(views(app, found.items).await?, found.next))
}

/// Shows one token.
pub async fn show(app: &App, actor: &Actor, of: Of<'_>, token: &Ref) -> Result<Token, OpError> {
    let found = of_subject(app, actor, &of, token).await?;
    view(app, found).await
}

/// Revokes a token: it is refused from the next request on, at every replica.
pub async fn revoke(app: &App, actor: &Actor, of: Of<'_>, token: &Ref) -> Result<(), OpError> {
    let found = of_subject(app, actor, &of, token).await?;
    let mut tx = app.store().begin(&actor.context()).await?;
    api_token::revoke(&mut tx, found.id).await?;
    tx.commit().await?;
    Ok(())
}

async fn subject_of(db: &mut store::Tx, actor: &Actor, of: &Of<'_>) -> Result<Subject, OpError> {
    match of {
        Of::User(user) => find::subject(db, user).await,
        Of::Oneself => subject::get(db, actor.acting.subject).await.map_err(|error| match error {
            store::StoreError::NotFound { .. } => OpError::precondition(
                "the first-start token is no user, and has no tokens of its own",
                "make a service: `skx user create NAME --service`, and a token for it",
            ),
            error => error.into(),
        }),
    }
}

async fn of_subject(app: &App, actor: &Actor, of: &Of<'_>, token: &Ref) -> Result<ApiToken, OpError> {
    let subject: SubjectId = match of {
        Of::Oneself => actor.acting.subject,
        Of::User(user) => find::subject(app.store(), user).await?.id,
    };
    let all = api_token::page(app.store(), subject, &Wanted { limit: u32::MAX, ..Wanted::default() }).await?.items;
    let wanted = |kept: &ApiToken| match token {
        Ref::Name(name) => kept.name == *name,
        Ref::Id(id) => Ref::id(kept.id) == Ref::Id(*id),
    };
    let missing = || OpError::NotFound { kind: "token".to_owned(), name: token.to_string() };
    all.into_iter().find(wanted).ok_or_else(missing)
}

async fn view(app: &App, kept: ApiToken) -> Result<Token, OpError> {
    Ok(views(app, vec![kept]).await?.remove(0))
}

async fn views(app: &App, tokens: Vec<ApiToken>) -> Result<Vec<Token>, OpError> {
    let limits = tokens.iter().flat_map(|kept| {
        let (backbone, network) = (kept.backbone, kept.network);
        backbone.map(GenericUuid::into_untyped_uuid).into_iter().chain(network.map(GenericUuid::into_untyped_uuid))
    });
    let names = names::read(app.store(), &limits.collect::<Vec<_>>()).await?;
    let view = |kept: ApiToken| {
        let backbone = kept.backbone.map(|id| names.of(id, "backbone")).transpose()?;
        let network = kept.network.map(|id| names.of(id, "network")).transpose()?;
        Ok(Token { kept, backbone, network, text: None })
    };
    tokens.into_iter().map(view).collect()
}
