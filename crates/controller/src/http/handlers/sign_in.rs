use api::{
    DeviceSignIn, DeviceSignInAsk, DeviceSignInState, DeviceSignInStatus, IdTokenSignIn, PasswordChange, SetUp, SignIn,
    SignInMethods, SignInProvider, SignedIn,
};
use axum::{Extension, extract::State};
use zeroize::Zeroizing;

use crate::{
    App,
    http::{
        answer::{Answer, nothing, object},
        extract::{Body, By, NoBody},
        problem::Refusal,
    },
    ops::{
        OpError,
        sign_in::{self, Session, Signed, Whence, provider, provider::Flow},
    },
};

/// A password out of a request.
fn secret(api::Password(text): api::Password) -> Zeroizing<String> {
    Zeroizing::new(text)
}

fn begun(session: Session) -> SignedIn {
    let token = api::Password(session.token.to_string());
    SignedIn { user: session.name, token, expires: session.expires }
}

pub(crate) async fn methods(State(app): State<App>) -> Answer {
    let set_up = app.is_set_up().await.map_err(|error| Refusal::from(OpError::from(error)))?;
    let provider = app.identity_provider().map(|provider| {
        let settings = provider.provider.settings();
        SignInProvider { issuer: settings.issuer.clone(), client_id: settings.client_id.clone() }
    });
    object(SignInMethods { set_up, password: true, provider })
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    Extension(whence): Extension<Whence>,
    Body(input): Body<SignIn>,
) -> Answer {
    let new = input.new_password.map(secret);
    object(begun(sign_in::with_password(&app, &whence, &input.name, secret(input.password), new).await?))
}

pub(crate) async fn with_id_token(
    State(app): State<App>,
    Extension(whence): Extension<Whence>,
    Body(input): Body<IdTokenSignIn>,
) -> Answer {
    object(begun(provider::with_id_token(&app, &whence, &secret(input.id_token)).await?))
}

pub(crate) async fn begin_device(State(app): State<App>, Extension(whence): Extension<Whence>, _: NoBody) -> Answer {
    let begun = provider::begin_device(&app, &whence).await?;
    object(DeviceSignIn {
        device_code: api::Password(begun.device_code.to_string()),
        user_code: begun.user_code,
        verification_uri: begun.verification_uri,
        verification_uri_complete: begun.verification_uri_complete,
        expires_seconds: begun.expires_in,
        interval_seconds: begun.interval,
    })
}

pub(crate) async fn ask_device(
    State(app): State<App>,
    Extension(whence): Extension<Whence>,
    Body(input): Body<DeviceSignInAsk>,
) -> Answer {
    let (state, session) = match provider::ask_device(&app, &whence, &secret(input.device_code)).await? {
        Flow::Waiting => (DeviceSignInState::Waiting, None),
        Flow::TooSoon => (DeviceSignInState::SlowDown, None),
        Flow::SignedIn(session) => (DeviceSignInState::SignedIn, Some(begun(session))),
    };
    object(DeviceSignInStatus { state, session })
}

pub(crate) async fn set_up(
    State(app): State<App>,
    Extension(whence): Extension<Whence>,
    Body(input): Body<SetUp>,
) -> Answer {
    let code = secret(input.code);
    object(begun(sign_in::set_up(&app, &whence, &code, input.name, secret(input.password)).await?))
}

pub(crate) async fn sign_out(State(app): State<App>, By(actor): By, Extension(signed): Extension<Signed>) -> Answer {
    sign_in::sign_out(&app, &actor, signed.by).await?;
    nothing()
}

pub(crate) async fn change_password(
    State(app): State<App>,
    By(actor): By,
    Extension(whence): Extension<Whence>,
    Body(input): Body<PasswordChange>,
) -> Answer {
    let (old, new) = (secret(input.password), secret(input.new_password));
    object(begun(sign_in::change_password(&app, &actor, &whence, old, new).await?))
}

pub(crate) async fn rotate_first_start_token(
    State(app): State<App>,
    By(actor): By,
    Extension(signed): Extension<Signed>,
    _: NoBody,
) -> Answer {
    sign_in::rotate_first_start_token(&app, &actor, signed.by).await?;
    nothing()
}
