//! Signing in while something is done to who signs in.

use store::subject;
use testkit::process::eventually;
use zeroize::Zeroizing;

use super::fixture::{Fixture, admin, at, name};
use crate::ops::{
    OpError,
    sign_in::{self, Whence},
    user,
};

const PASSWORD: &str = "her own long password";

fn password(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn whence() -> Whence {
    Whence { address: None, request_id: "test".to_owned() }
}

#[tokio::test]
async fn whoever_was_checked_before_their_password_was_reset_is_not_signed_in_after() {
    let fixture = Fixture::new().await;
    let app = &fixture.app;
    let ada = user::Create { name: name("ada"), kind: subject::Kind::Person, display_name: None, email: None };
    user::create(app, &admin(), ada).await.unwrap();
    let once = user::reset(app, &admin(), &at("ada")).await.unwrap().password;
    sign_in::with_password(app, &whence(), "ada", once, Some(password(PASSWORD))).await.unwrap();
    let ada = subject::find(app.store(), "ada").await.unwrap().id;

    // A reset that is not committed yet: what is read meanwhile is as before.
    let mut reset = app.store().begin(&admin().context()).await.unwrap();
    subject::set_password(&mut reset, ada, "another", None, None).await.unwrap();
    let signing_in = tokio::spawn({
        let app = app.clone();
        async move { sign_in::with_password(&app, &whence(), "ada", password(PASSWORD), None).await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the password was found right, and the session waits", async || {
        (signing_in.is_finished() || fixture.database.sql(waits).await.ok()? != "0").then_some(())
    })
    .await
    .unwrap();
    reset.commit().await.unwrap();
    let refused = signing_in.await.unwrap();
    assert!(matches!(refused, Err(OpError::NotSignedIn(_))), "{refused:?}");
    let left = fixture.database.sql("SELECT count(*) FROM sign_in WHERE ended IS NULL").await.unwrap();
    assert_eq!(left, "0", "no session is left");
}
