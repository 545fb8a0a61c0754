use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use model::ticket::Ticket;

use super::{
    fixture::{Fixture, admin, at, name, new_invitation},
    sessions::member_of_shop,
};
use crate::ops::{
    Once, OpError, Page,
    cut_off::Even,
    invitation,
    invitation::{InvitationFormat, Uses},
    link, member, network, socket,
    socket::{Kind, PlaceRef},
};

fn refused_field(error: OpError) -> (&'static str, String) {
    match error {
        OpError::Invalid { field, message } => (field, message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_networks_times_are_checked_and_can_be_moved() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let create = |change: &dyn Fn(&mut network::Create)| {
        let mut input = fixture.new_network();
        change(&mut input);
        let app = fixture.app.clone();
        async move { network::create(&app, &admin(), input).await.unwrap_err() }
    };
    let past = fixture.after(-60);
    let (field, _) = refused_field(
        create(&|input| (input.start, input.end) = (Some(past - SignedDuration::from_secs(60)), Some(past))).await,
    );
    assert_eq!(field, "end");
    let later = fixture.after(100);
    let (field, _) = refused_field(create(&|input| (input.start, input.end) = (Some(later), Some(later))).await);
    assert_eq!(field, "end");
    let (field, _) = refused_field(create(&|input| input.grace = Some(SignedDuration::from_secs(-1))).await);
    assert_eq!(field, "grace");
    let (field, message) = refused_field(create(&|input| input.end = Some(Timestamp::MAX)).await);
    assert!(field == "end" && message.contains("certificate authority ends before"), "{message}");

    fixture.network().await;
    let taken = create(&|_| {}).await;
    assert!(matches!(taken, OpError::NameTaken { .. }), "{taken:?}");
    let end = fixture.after(7 * 86_400);
    let set = network::Set { end: Some(Some(end)), ..network::Set::default() };
    let moved = network::set(&fixture.app, &admin(), &at("shop"), set, Some(1)).await.unwrap();
    assert_eq!(moved.end.map(Timestamp::as_second), Some(end.as_second()));
    let stale = network::set(&fixture.app, &admin(), &at("shop"), network::Set::default(), Some(1)).await;
    assert!(matches!(stale, Err(OpError::RevisionMismatch { expected: 1, found: 2, .. })));
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_made_and_one_of_those_prepared_for_a_revision() {
    let fixture = Fixture::new().await;
    member_of_shop(&fixture).await;
    let set = async |n: usize, revision: Option<i64>| {
        let labels = [(format!("label-{n}"), Some("set".to_owned()))].into();
        let changes = member::Set { labels, ..member::Set::default() };
        member::set(&fixture.app, &admin(), &at("shop"), &at("lobby"), changes, revision).await
    };
    let all = join_all((0..8).map(|n| set(n, None))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let found = member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap();
    assert_eq!(found.labels.len(), 8, "nothing is lost");
    let revision = Some(found.meta.revision);
    let all = join_all((8..14).map(|n| set(n, revision))).await;
    let stale = |it: &&Result<_, _>| matches!(it, Err(OpError::RevisionMismatch { .. }));
    assert_eq!((all.iter().filter(|it| it.is_ok()).count(), all.iter().filter(stale).count()), (1, 5), "{all:?}");
}

#[tokio::test]
async fn invitations_are_checked_where_they_enter() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let create = |change: &dyn Fn(&mut invitation::Create)| {
        let mut input = new_invitation("stores", Uses::Limited(1));
        change(&mut input);
        let app = fixture.app.clone();
        async move { invitation::create(&app, &admin(), input).await.unwrap_err() }
    };
    let (field, message) = refused_field(create(&|input| input.classes = vec![name("tiil")]).await);
    assert!(field == "classes" && message.contains("is till meant?"), "{message}");
    let past = fixture.after(-1);
    assert_eq!(refused_field(create(&|input| input.deadline = Some(past)).await).0, "deadline");
    let after_the_end = fixture.after(2 * 86_400);
    assert_eq!(refused_field(create(&|input| input.deadline = Some(after_the_end)).await).0, "deadline");
    assert_eq!(refused_field(create(&|input| input.uses = Some(Uses::Limited(0))).await).0, "uses");
    let long = name(&"x".repeat(60));
    assert_eq!(refused_field(create(&|input| input.prefix = Some(long.clone())).await).0, "prefix");
    assert!(invitation::list(&fixture.app, &at("shop"), &Page::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_rendered_invitation_says_who_invites_to_what_and_when_and_carries_the_ticket() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    invitation::create(&fixture.app, &admin(), new_invitation("stores", Uses::Limited(3))).await.unwrap();
    let render = |format| {
        let app = fixture.app.clone();
        async move { invitation::render(&app, &admin(), &at("shop"), &at("stores"), format).await.unwrap() }
    };
    let file = render(InvitationFormat::Linux).await;
    assert_eq!(file.file_name, "shop-stores.invitation");
    for said in ["network shop", "Invited by   admin", "3 sites", "skx join shop-stores.invitation"] {
        assert!(file.text.contains(said), "{said}: {}", file.text);
    }
    let text = render(InvitationFormat::Text).await;
    assert!(text.text.contains("skx join -"));
    let Ticket::Invitation(ticket) = pki::ticket::decode(&text.text).unwrap() else { panic!("not an invitation") };
    assert_eq!(ticket.access, ["r1.example.com:5671".parse().unwrap()]);
    let claim = pki::Certificate::from_pem(&ticket.claim.certificate).unwrap();
    assert_eq!(claim.not_after.as_second(), ticket.end.unwrap().as_second(), "a claim never outlives its network");
    assert_eq!(pki::ticket::decode(&file.text).unwrap(), Ticket::Invitation(ticket));

    // Its end is moved: the next rendering is good until then.
    let end = fixture.after(5 * 86_400);
    let set = network::Set { end: Some(Some(end)), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    let Ticket::Invitation(ticket) = fixture.render("stores").await else { panic!("not an invitation") };
    let claim = pki::Certificate::from_pem(&ticket.claim.certificate).unwrap();
    assert_eq!(claim.not_after.as_second(), end.as_second());

    invitation::expire(&fixture.app, &admin(), &at("shop"), &at("stores"), None).await.unwrap();
    let closed = invitation::render(&fixture.app, &admin(), &at("shop"), &at("stores"), InvitationFormat::Text).await;
    assert!(closed.unwrap_err().to_string().contains("it was closed"));
}

#[tokio::test]
async fn what_an_invitation_runs_is_configured_or_the_controllers_own_and_never_made_up() {
    let digest = "0123456789abcdef".repeat(4);
    let image = format!("registry.example.com/skx@sha256:{digest}");
    for configured in [false, true] {
        let fixture = Fixture::configured(|config| {
            config.release_image = configured.then(|| image.parse().unwrap());
            let program = || ("https://example.com/skx".parse().unwrap(), digest.parse().unwrap());
            config.release_program = configured.then(program);
        })
        .await;
        fixture.backbone().await;
        fixture.network().await;
        invitation::create(&fixture.app, &admin(), new_invitation("stores", Uses::Unlimited)).await.unwrap();
        for (format, container) in [
            (InvitationFormat::Linux, false),
            (InvitationFormat::Html, false),
            (InvitationFormat::Ics, false),
            (InvitationFormat::Compose, true),
            (InvitationFormat::Quadlet, true),
            (InvitationFormat::Kubernetes, true),
        ] {
            let rendered = invitation::render(&fixture.app, &admin(), &at("shop"), &at("stores"), format).await;
            match (configured, container) {
                (false, true) => {
                    let OpError::Precondition { how, .. } = rendered.unwrap_err() else { panic!("not a precondition") };
                    assert!(how.contains("--release-image") && how.contains("release_image"), "{how}");
                }
                (false, false) => {
                    let program = std::fs::read("/proc/self/exe").unwrap();
                    let own = ring::digest::digest(&ring::digest::SHA256, &program);
                    let own = data_encoding::HEXLOWER.encode(own.as_ref());
                    assert!(rendered.unwrap().text.replace("\r\n ", "").contains(&own), "{format:?}");
                }
                (true, _) => {
                    let rendered = rendered.unwrap();
                    assert_eq!(rendered.media_type, format.media_type());
                    assert!(rendered.text.replace("\r\n ", "").contains(&digest), "{format:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_invited_where_nobody_could_join() {
    let fixture = Fixture::new().await;
    fixture.defined_site("main=peer,member,claim,manage@r1.example.com:5671").await;
    fixture.network().await;
    invitation::create(&fixture.app, &admin(), new_invitation("stores", Uses::Unlimited)).await.unwrap();
    let error = invitation::render(&fixture.app, &admin(), &at("shop"), &at("stores"), InvitationFormat::Text).await;
    assert!(error.unwrap_err().to_string().contains("no access point of a deployed site"));
}

#[tokio::test]
async fn a_creation_asked_for_twice_with_one_key_happens_once() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let actor = crate::ops::Actor { once: Some(Once::new("k1".to_owned(), &[b"create shop"])), ..admin() };
    let first = network::create(&fixture.app, &actor, fixture.new_network()).await.unwrap();
    let again = network::create(&fixture.app, &actor, fixture.new_network()).await.unwrap();
    assert_eq!(first.id, again.id);
    let other = crate::ops::Actor { once: Some(Once::new("k1".to_owned(), &[b"another"])), ..admin() };
    let reused = network::create(&fixture.app, &other, fixture.new_network()).await;
    assert!(matches!(reused, Err(OpError::KeyReused)));
}

#[tokio::test]
async fn a_mistyped_class_is_an_error_and_one_in_use_stays() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let create = |class: &str| socket::Create {
        network: at("shop"),
        address: "web".parse().unwrap(),
        socket: "127.0.0.1:8080".parse().unwrap(),
        place: PlaceRef::Class(name(class)),
        adaptable: true,
    };
    let error = socket::add(&fixture.app, &admin(), Kind::Listener, create("tiil")).await.unwrap_err();
    assert_eq!(refused_field(error).0, "class");
    let listener = socket::add(&fixture.app, &admin(), Kind::Listener, create("till")).await.unwrap();
    let in_use = crate::ops::classes::remove(&fixture.app, &admin(), &at("shop"), &name("till")).await;
    assert!(matches!(in_use, Err(OpError::Precondition { .. })), "{in_use:?}");
    socket::remove(&fixture.app, &admin(), Kind::Listener, &at("shop"), listener.id, None).await.unwrap();
    crate::ops::classes::remove(&fixture.app, &admin(), &at("shop"), &name("till")).await.unwrap();
}

#[tokio::test]
async fn links_go_to_access_points_that_admit_peers() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let create = crate::ops::backbone_site::Create {
        backbone: at("east"),
        name: name("r2"),
        access: vec!["m=member@r2.example.com:5671".parse().unwrap()],
    };
    let site = crate::ops::backbone_site::create(&fixture.app, &admin(), create).await.unwrap();
    assert!(site.next_step.unwrap().contains("nothing leads to it yet"));
    let link = |from: &str, to: &str| link::Create {
        backbone: at("east"),
        from: at(from),
        to: at(to),
        access: None,
        cost: None,
        transport: None,
    };
    let no_peers = link::create(&fixture.app, &admin(), link("r1", "r2")).await;
    assert!(matches!(no_peers, Err(OpError::Precondition { .. })), "{no_peers:?}");
    assert_eq!(refused_field(link::create(&fixture.app, &admin(), link("r1", "r1")).await.unwrap_err()).0, "to");
    let made = link::create(&fixture.app, &admin(), link("r2", "r1")).await.unwrap();
    assert_eq!((made.cost, made.access_name), (1, name("main")));
    let twice = link::create(&fixture.app, &admin(), link("r2", "r1")).await;
    assert!(matches!(twice, Err(OpError::Precondition { .. })), "{twice:?}");
    let site = crate::ops::backbone_site::show(&fixture.app, &at("east"), &at("r2")).await.unwrap();
    assert!(site.next_step.unwrap().contains("skx backbone site bundle east/r2"));
    let (east, r1, main) = (at("east"), at("r1"), at("main"));
    let needed = crate::ops::access_point::remove(&fixture.app, &admin(), &east, &r1, &main, None, Even::Never).await;
    assert!(needed.unwrap_err().to_string().contains("r2 has a link"));
}
