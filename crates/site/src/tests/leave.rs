//! Leaving, told or not.

use api::local::Told;
use site_proto::{Left, Notice, Refusal, controller_message::Body, site_message};
use tokio::task::JoinHandle;

use super::{
    backbone::{Backbone, Session},
    flow::invited,
    site::{Home, Running},
};
use crate::{
    Outcome,
    fixture::{ManualClock, now},
};

struct Leaving {
    backbone: Backbone,
    home: Home,
    site: Running,
    session: Session,
    answer: JoinHandle<serde_json::Value>,
}

/// A member in session whose participant leaves, and the session in which it has said so.
async fn leaving() -> Leaving {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let site = Running::start(&home, &clock);
    let mut session = backbone.session().await;
    site.line("session with a controller up").await;
    let request = site.request(reqwest::Method::POST, "/site/leave").await;
    let request = request.json(&serde_json::json!({"reason": "moving house"}));
    let answer =
        tokio::spawn(async move { request.send().await.expect("an answer").json().await.expect("a JSON answer") });
    assert_eq!(said(&mut session).await, "moving house");
    Leaving { backbone, home, site, session, answer }
}

/// The reason a site gives when it says that it leaves.
async fn said(session: &mut Session) -> String {
    let leaving = |body| if let site_message::Body::Leaving(it) = body { Some(it.reason) } else { None };
    session.expect("farewell", leaving).await
}

impl Leaving {
    /// Waits until the site has gone with nothing left, having said this.
    async fn gone(self, told: Told) {
        let words = serde_json::to_value(told).expect("a word");
        assert_eq!(self.answer.await.expect("answered"), serde_json::json!({ "told": words }));
        assert_eq!(self.site.ended().await, Outcome::Left { told });
        assert!(!self.home.path.exists());
    }
}

fn not_left() -> Body {
    Body::Refused(Refusal {
        code: "not-left".to_owned(),
        message: "the database is away".to_owned(),
        ..Refusal::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_leaves_has_told_when_the_controller_says_so() {
    let leaving = leaving().await;
    leaving.session.send(Body::Left(Left {})).await;
    leaving.gone(Told::Yes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_without_an_answer_is_none_and_the_next_controller_is_asked() {
    let mut leaving = leaving().await;
    drop(leaving.session);
    leaving.session = leaving.backbone.session().await;
    assert_eq!(said(&mut leaving.session).await, "moving house");
    leaving.session.send(Body::Left(Left {})).await;
    leaving.gone(Told::Yes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_comes_back_tells_that_the_first_word_was_heard() {
    let leaving = leaving().await;
    let notice = Notice { kind: "evicted".to_owned(), message: "this site has left the network".to_owned() };
    leaving.session.send(Body::Notice(notice)).await;
    leaving.gone(Told::Yes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_could_not_note_it_has_not_been_told() {
    let mut leaving = leaving().await;
    leaving.session.send(not_left()).await;
    let heard = |status: &api::local::SiteStatus| status.session.error.as_deref() == Some("the database is away");
    leaving.site.until("told so", heard).await;
    leaving.backbone.stop_controller().await;
    leaving.gone(Told::No).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_it_is_not_known() {
    leaving().await.gone(Told::Unknown).await;
}
