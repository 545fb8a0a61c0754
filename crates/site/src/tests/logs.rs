//! Who reads what workloads of a site say: real processes, and a controller that the tests play.

use api::local::{LogReaders, SiteStatus};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use site_proto::{Logs, ReadLogs, controller_message, site_message};

use super::deployments::{Scene, free_port, serving};
use crate::fixture::offers::{item, offer};

impl Scene {
    /// What the site answers when somebody who works with the deployment asks for logs.
    async fn reads(&mut self, id: u64, wanted: ReadLogs) -> Logs {
        let wanted = ReadLogs { id, reader: "olga".to_owned(), ..wanted };
        self.session.send(controller_message::Body::ReadLogs(wanted)).await;
        let answer = move |body| match body {
            site_message::Body::Logs(logs) if logs.id == id => Some(logs),
            _ => None,
        };
        self.session.expect("logs", answer).await
    }

    /// What the site answers when its participant says this of consent.
    async fn consents(&self, set: Value) -> StatusCode {
        let request = self.site.request(Method::PUT, "/site/consent").await;
        request.json(&set).send().await.expect("an answer").status()
    }

    async fn lets(&self, readers: &str) {
        assert_eq!(self.consents(json!({ "logs": readers })).await, StatusCode::NO_CONTENT);
    }

    async fn status(&self) -> SiteStatus {
        serde_json::from_value(self.site.get("/site").await).expect("a status")
    }
}

fn of(deployment: &str, part: &str) -> ReadLogs {
    ReadLogs { deployment: deployment.to_owned(), part: part.to_owned(), lines: 50, ..ReadLogs::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_participant_reads_logs_until_they_say_so_and_from_when_they_take_it_back() {
    let says = json!("one");
    let port = free_port();
    let shop = offer("one", &[serving("shop/till", port, &says)]);
    let mut scene = Scene::start("auto", &[item(&shop)]).await;
    scene.is("healthy").await;

    let refused = scene.reads(1, of("shop", "")).await;
    assert_eq!((refused.code.as_str(), refused.lines.len()), ("not-allowed", 0), "{refused:?}");
    let status = scene.status().await;
    assert_eq!((status.logs, status.logs_read), (Some(LogReaders::Participant), None));
    assert_eq!(scene.consents(json!({})).await, StatusCode::UNPROCESSABLE_ENTITY);

    scene.lets("owner").await;
    // A program may be ready before what it said is written down.
    let mut id = 1;
    let read = loop {
        id += 1;
        let read = scene.reads(id, of("shop", "shop/till")).await;
        assert_eq!(read.code, "", "{read:?}");
        if read.lines.iter().any(|line| line.text == "serving") {
            break read;
        }
    };
    let line = read.lines.iter().find(|line| line.text == "serving").expect("there is one").clone();
    assert_eq!((line.part.as_str(), read.left_out), ("shop/till", false));
    let status = scene.status().await;
    let by = status.logs_read.expect("somebody has read");
    assert_eq!((status.logs, by.reader.as_str(), by.deployment.as_str()), (Some(LogReaders::Owner), "olga", "shop"));
    // The last line only; what was said at a time or later; and what is not there.
    let last = scene.reads(100, ReadLogs { lines: 1, ..of("shop", "shop") }).await;
    assert_eq!(last.lines.len(), 1);
    let since = scene.reads(101, ReadLogs { since: line.at.clone(), ..of("shop", "") }).await;
    assert!(since.lines.contains(&line) && since.lines.iter().all(|it| it.at >= line.at), "{since:?}");
    let later = scene.reads(102, ReadLogs { since: "2999-01-01T00:00:00Z".to_owned(), ..of("shop", "") }).await;
    assert_eq!((later.code.as_str(), later.lines.len()), ("", 0));
    for (id, wanted, code) in [(103, of("shop", "shop/ti"), "no-part"), (104, of("other", ""), "no-deployment")] {
        assert_eq!(scene.reads(id, wanted).await.code, code);
    }

    // It is kept, and so is that it was taken back.
    let mut scene = scene.restarted().await;
    scene.is("healthy").await;
    assert_eq!(scene.reads(1, of("shop", "")).await.code, "");
    scene.lets("participant").await;
    assert_eq!(scene.reads(2, of("shop", "")).await.code, "not-allowed");
    let mut scene = scene.restarted().await;
    assert_eq!(scene.reads(1, of("shop", "")).await.code, "not-allowed");
    let own: Value = scene.site.get("/deployments/shop/logs").await;
    assert!(own["items"].is_array(), "the participant reads on: {own}");
    scene.site.stop().await;
}
