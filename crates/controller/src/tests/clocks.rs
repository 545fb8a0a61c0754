//! Clocks that are an hour off, either way: of members, of backbone sites and of controllers. Each is named.

use std::sync::Arc;

use jiff::SignedDuration;
use model::Identity;
use pki::PrivateKey;
use site_proto::{Observed, controller_message::Body, site_message};
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{Fixture, TestClock, admin, admitted_as, at, config},
    sessions::{SiteEnd, hello, until},
};
use crate::{
    Config,
    data_dir::DataDir,
    ops::{backbone_site, controller, invitation::Uses, member, network},
    run,
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn a_site_whose_clock_is_wrong_is_named_and_told_the_time() {
    let fixture = Fixture::new().await;
    fixture.defined_site("main=peer,member,claim,manage@r1.example.com:5671").await;
    let relay = admitted_as(&fixture.enrol(&fixture.bundle().await, &PrivateKey::generate()).await.unwrap());
    fixture.network().await;
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    let lobby = admitted_as(&fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap());
    let wrong = async |identity: Identity| match identity {
        Identity::Member { .. } => member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap().wrong_clock,
        _ => backbone_site::show(&fixture.app, &at("east"), &at("r1")).await.unwrap().wrong_clock,
    };
    for identity in [relay, lobby] {
        let mut site = SiteEnd::open(&fixture, identity, hello(vec![])).await.unwrap();
        let Body::Welcome(welcome) = site.next().await else { panic!("no welcome") };
        assert!((welcome.time - fixture.now().as_second()).abs() < 60, "it is told the time: {welcome:?}");
        let right = SignedDuration::ZERO;
        for off in [HOUR, right, -HOUR, right] {
            let time = (fixture.now() + off).as_second();
            site.say(site_message::Body::Observed(Observed { time, ..Observed::default() })).await;
            let found = until(async || {
                let found = wrong(identity).await;
                (found.is_some() == (off != right)).then_some(found)
            })
            .await;
            let near = found.unwrap_or_default() - off;
            assert!(near.abs() < SignedDuration::from_mins(1), "{identity:?} is {off} off, and not {found:?}");
        }
    }
}

#[tokio::test]
async fn a_controller_whose_clock_is_wrong_is_named_takes_nobody_for_gone_and_ends_nothing() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    // Its end comes within the hour that a clock is ahead.
    let create = network::Create { end: Some(fixture.after(1_800)), ..fixture.new_network() };
    network::create(&fixture.app, &admin(), create).await.unwrap();
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut running = vec![];
    for (dir, off) in dirs.iter().zip([HOUR, -HOUR]) {
        let id = DataDir::open(dir.path()).unwrap().controller_id().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = Config {
            database_url: Some(fixture.database.url.clone().into()),
            key_file: Some(fixture.dir.path().join("kek")),
            listen: port.to_string().parse().unwrap(),
            ..config(dir)
        };
        let clock = Arc::new(TestClock::default());
        clock.forward(off);
        let shutdown = CancellationToken::new();
        running.push((id, off, tokio::spawn(run::run_with_clock(config, clock, shutdown.clone())), shutdown));
    }
    for (id, off, ..) in &running {
        let found = until(async || {
            let all = controller::list(&fixture.app).await.unwrap();
            all.into_iter().find(|one| one.id == *id).filter(|one| one.wrong_clock.is_some())
        })
        .await;
        let near = found.wrong_clock.unwrap() - *off;
        assert!(near.abs() < SignedDuration::from_mins(1), "{off}: {found:?}");
    }
    // Each has looked at the others by now and then once more.
    until(async || {
        let all = controller::list(&fixture.app).await.unwrap();
        all.iter().all(|one| one.last_seen > one.started).then_some(())
    })
    .await;
    assert_eq!(controller::list(&fixture.app).await.unwrap().len(), 2, "nobody takes another one for gone");
    let shop = network::show(&fixture.app, &at("shop")).await.unwrap();
    assert_eq!(shop.state, model::lifecycle::NetworkState::Open);
    let noted = fixture.database.sql("SELECT count(*) FROM network WHERE ended IS NOT NULL").await.unwrap();
    assert_eq!(noted, "0", "what cannot be taken back goes by the clock of the database");
    for (.., task, shutdown) in running {
        shutdown.cancel();
        task.await.unwrap().unwrap();
    }
}
