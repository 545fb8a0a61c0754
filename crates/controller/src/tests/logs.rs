//! Reading what workloads said at sites: real sessions, and sites that say what a test has them say.

use model::Identity;
use serde_json::{Value, json};
use site_proto::{LogLine, Logs, ReadLogs, controller_message::Body, site_message};
use store::{
    event,
    status::{self, SiteRef},
};
use uuid::Uuid;

use super::{
    deployments::Chain,
    fixture::{Fixture, admin, at},
    sessions::SiteEnd,
};
use crate::ops::{
    OpError,
    deployment::{self, Read, Which},
};

async fn read(fixture: &Fixture, site: &str, which: Which) -> Result<Read, OpError> {
    deployment::logs(&fixture.app, &admin(), &at("shop"), &at("tills"), &at(site), which).await
}

/// The session of a store.
async fn session(chain: &Chain, store: &str) -> SiteEnd {
    let network = store::network::find(chain.fixture.app.store(), "shop").await.unwrap().id;
    let identity = Identity::Member { network, site: chain.stores[store] };
    SiteEnd::begun(&chain.fixture, identity, vec![]).await.0
}

/// The next question for logs.
async fn asked(end: &mut SiteEnd) -> ReadLogs {
    loop {
        if let Body::ReadLogs(wanted) = end.next().await {
            return wanted;
        }
    }
}

async fn says(end: &SiteEnd, logs: Logs) {
    end.say(site_message::Body::Logs(logs)).await;
}

/// What is recorded of readings.
async fn recorded(fixture: &Fixture) -> Vec<Value> {
    let all = event::list(fixture.app.store(), &event::Filter::default(), 0, 10_000).await.unwrap();
    all.into_iter().filter(|event| event.action == "deployment.read-logs").map(|event| event.after.unwrap()).collect()
}

#[tokio::test]
async fn what_a_site_says_reaches_who_has_asked_is_recorded_once_and_kept_nowhere() {
    let chain = Chain::new(2, Value::Null).await;
    let fixture = &chain.fixture;
    let mut end = session(&chain, "store-1").await;
    let line = |text: &str| LogLine {
        workload: "chain-till".to_owned(),
        part: "chain/till".to_owned(),
        at: "2027-01-31T09:00:00.25Z".to_owned(),
        error: false,
        text: text.to_owned(),
    };
    let which = || Which { part: Some("chain/till".to_owned()), lines: Some(7), since: None };
    for _ in 0..3 {
        let (read, ()) = tokio::join!(read(fixture, "store-1", which()), async {
            let wanted = asked(&mut end).await;
            let said = (wanted.deployment.as_str(), wanted.part.as_str(), wanted.lines, wanted.reader.as_str());
            assert_eq!(said, ("tills", "chain/till", 7, "admin"));
            // What nobody has asked for is nobody's.
            says(&end, Logs { id: wanted.id + 7, lines: vec![line("forged")], ..Logs::default() }).await;
            says(&end, Logs { id: wanted.id, lines: vec![line("hunter2")], ..Logs::default() }).await;
        });
        let read = read.unwrap();
        assert_eq!((read.site.as_str(), read.lines.len(), read.lines[0].text.as_str()), ("store-1", 1, "hunter2"));
        assert!(read.lines[0].at.is_some());
    }
    let all = recorded(fixture).await;
    let site = chain.stores["store-1"];
    assert_eq!(all, [json!({ "name": "tills", "site": site, "site_name": "store-1", "part": "chain/till" })]);
    let kept =
        "SELECT count(*) FROM (SELECT e::text AS row FROM event e UNION ALL SELECT d::text FROM deployment_site d
        UNION ALL SELECT s::text FROM site_status s) AS everything WHERE row LIKE '%hunter2%'";
    assert_eq!(fixture.database.sql(kept).await.unwrap().trim(), "0", "nothing that was said is kept");
}

#[tokio::test]
async fn who_cannot_read_is_told_why_and_what_helps_and_nothing_is_recorded() {
    let chain = Chain::new(2, Value::Null).await;
    let fixture = &chain.fixture;
    let mut end = session(&chain, "store-1").await;
    for (code, said, helps) in [
        ("not-allowed", "the participant of store-1 does not let logs out", "skx site consent --logs owner"),
        ("no-deployment", "nothing of the deployment is at store-1", "skx deploy status"),
        ("failed", "store-1 could not read them: the disk is gone", "skx site logs"),
    ] {
        let (refused, ()) = tokio::join!(read(fixture, "store-1", Which::default()), async {
            let wanted = asked(&mut end).await;
            let message = "the disk is gone".to_owned();
            says(&end, Logs { id: wanted.id, code: code.to_owned(), message, ..Logs::default() }).await;
        });
        let refused = refused.unwrap_err();
        let OpError::Precondition { message, how } = refused else { panic!("{refused:?}") };
        assert!(message.contains(said) && how.contains(helps), "{code}: {message}; {how}");
    }
    // It goes while it is asked.
    let (gone, ()) = tokio::join!(read(fixture, "store-1", Which::default()), async {
        asked(&mut end).await;
        drop(end);
    });
    let gone = gone.unwrap_err().to_string();
    assert!(gone.contains("store-1 is offline since"), "{gone}");
    // It was never there; and it is there, at another replica.
    let never = read(fixture, "store-2", Which::default()).await.unwrap_err().to_string();
    assert!(never.contains("store-2 is offline"), "{never}");
    let site = SiteRef::Member(chain.stores["store-2"]);
    let other = fixture.beside().await;
    status::connected(fixture.app.store(), site, Uuid::new_v4(), other.app.controller(), fixture.now()).await.unwrap();
    let elsewhere = read(fixture, "store-2", Which::default()).await.unwrap_err();
    assert!(matches!(elsewhere, OpError::Busy(said) if said.contains("another replica")), "{elsewhere:?}");
    assert!(recorded(fixture).await.is_empty());
}
