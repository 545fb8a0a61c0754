//! Members, claims and relays that do what they must not.

use std::sync::{Arc, atomic::Ordering};

use futures_util::StreamExt;
use model::{
    Identity,
    router::Transport,
    terms::{AddressLimits, AddressPatterns},
};
use overlay::{
    data_conn::DataConn,
    e2e::{self, E2eError},
    ingress::{AttemptError, OpenError},
};
use overlay_proto::session::{AbortCode, Decoder, Frame, Open, Protocol, RefuseCode};
use pki::{Alpn, tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::support::{Backbone, Conduct, Site, address, backbone_site, controller, invitation, member, path, tcp_pair};

fn open(to: &str) -> Open {
    Open { stream: [1; 16], address: address(to), protocol: Protocol::Tcp, flags: 0, window: 0 }
}

#[tokio::test]
async fn a_relay_that_redirects_a_stream_to_another_site_is_found_out() {
    let backbone = Backbone::new(Transport::Direct);
    let near = backbone.site(member(1, 11));
    let (meant, other) = (backbone.site(member(1, 12)), backbone.site(member(1, 13)));
    let web = address("web");
    // Even a site that serves the same address is not the one that was meant.
    let mut meant_streams = meant.egress.serve(web.clone()).unwrap();
    let mut other_streams = other.egress.serve(web.clone()).unwrap();
    backbone.serves(&web, &[meant.identity]);
    backbone.redirect(meant.identity, other.identity);
    let error = near.ingress.open(web).await.unwrap_err();
    assert!(
        matches!(
            &error,
            OpenError::Unreachable { last: AttemptError::EndToEnd(E2eError::WrongPeer(found)), .. }
                if *found == other.identity
        ),
        "{error:?}"
    );
    meant.egress.shutdown().await;
    other.egress.shutdown().await;
    assert!(meant_streams.next().await.is_none() && other_streams.next().await.is_none());
}

#[tokio::test]
async fn a_relay_that_leads_into_another_network_is_found_out() {
    let backbone = Backbone::new(Transport::Direct);
    let (near, meant, other) =
        (backbone.site(member(1, 11)), backbone.site(member(1, 12)), backbone.site(member(2, 21)));
    let web = address("web");
    let mut other_streams = other.egress.serve(web.clone()).unwrap();
    backbone.serves(&web, &[meant.identity]);
    backbone.redirect(meant.identity, other.identity);
    near.ingress.open(web).await.unwrap_err();
    other.egress.shutdown().await;
    assert!(other_streams.next().await.is_none());
}

#[tokio::test]
async fn a_relay_that_leads_a_stream_to_another_address_delivers_nothing_there() {
    let backbone = Backbone::new(Transport::Direct);
    backbone.conduct(Conduct::Cross);
    let (near, shop) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
    let mut streams = Vec::new();
    for name in ["web", "till"] {
        let mut incoming = shop.egress.serve(address(name)).unwrap();
        backbone.serves(&address(name), &[shop.identity]);
        let mut client = near.ingress.open(address(name)).await.unwrap();
        let mut server = incoming.next().await.unwrap();
        client.write_all(b"hello").await.unwrap();
        let mut text = [0; 5];
        server.read_exact(&mut text).await.unwrap();
        streams.push((name, client, server, incoming));
    }
    // From now on the relay gives each site's bytes to the other address; who makes a new path makes an honest one.
    backbone.set_trap();
    backbone.conduct(Conduct::Honest);
    let mut arriving = Vec::new();
    for (name, mut client, mut server, incoming) in streams {
        arriving.push(tokio::spawn(async move {
            client.write_all(name.as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            let mut text = String::new();
            server.read_to_string(&mut text).await.unwrap();
            drop((client, incoming));
            (name, text)
        }));
    }
    for stream in arriving {
        let (name, text) = stream.await.unwrap();
        assert_eq!(name, text, "what was for one address came to another");
    }
    assert!(backbone.opened.load(Ordering::Relaxed) >= 4, "both were continued over other paths");
}

/// An end-to-end connection made by the book, over which something else is then said.
async fn connection(backbone: &Backbone, from: Identity, to: &Site, protocol: Alpn) -> e2e::E2e {
    let (near, far) = tcp_pair().await;
    to.egress.accept(path(DataConn::Direct(far)), to.config.clone(), None);
    let config = backbone.pki.config(from);
    e2e::connect(path(DataConn::Direct(near)), &config, &to.identity, protocol).await.unwrap()
}

#[tokio::test]
async fn an_address_is_served_only_over_connections_made_for_its_use() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.site(controller());
    let shop = backbone.site(member(1, 12));
    let mut sessions = platform.egress.serve(address("skx/controller")).unwrap();
    let mut claims = platform.egress.serve(address("skx/claim")).unwrap();
    let mut web = platform.egress.serve(address("web")).unwrap();
    // A member that believes itself a controller.
    let mut usurped = shop.egress.serve(address("skx/controller")).unwrap();

    let wrong = [
        (member(1, 11), &*shop, Alpn::EndToEnd, "skx/controller"),
        (member(1, 11), &*platform, Alpn::Control, "web"),
        (member(1, 11), &*platform, Alpn::Control, "skx/claim"),
        (invitation(1), &*platform, Alpn::Claim, "skx/controller"),
        (invitation(1), &*platform, Alpn::Claim, "web"),
    ];
    for (from, to, protocol, address) in wrong {
        let mut e2e = connection(&backbone, from, to, protocol).await;
        let error = e2e.open(open(address), e2e::HANDSHAKE_TIMEOUT).await.unwrap_err();
        assert!(
            matches!(error, E2eError::Aborted { code: AbortCode::WrongUse, .. }),
            "{address} over {protocol}: {error:?}"
        );
    }
    platform.egress.shutdown().await;
    shop.egress.shutdown().await;
    for incoming in [&mut sessions, &mut claims, &mut web, &mut usurped] {
        assert!(incoming.next().await.is_none());
    }
}

fn limits(serve: &str, uses: &str) -> AddressLimits {
    let patterns = |text: &str| AddressPatterns([text.parse().unwrap()].into());
    AddressLimits { serve: patterns(serve), uses: patterns(uses) }
}

#[tokio::test]
async fn a_site_that_offers_what_its_certificate_does_not_allow_is_given_no_stream() {
    let backbone = Backbone::new(Transport::Direct);
    let near = backbone.site(member(1, 11));
    let liar = backbone.limited_site(member(1, 12), &limits("till.*", "*"));
    let (web, till) = (address("web"), address("till.api"));
    let mut web_streams = liar.egress.serve(web.clone()).unwrap();
    let mut till_streams = liar.egress.serve(till.clone()).unwrap();
    // Its routers pass on whatever it says.
    backbone.serves(&web, &[liar.identity]);
    backbone.serves(&till, &[liar.identity]);
    let error = near.ingress.open(web).await.unwrap_err();
    assert!(
        matches!(&error, OpenError::Unreachable { last: AttemptError::EndToEnd(E2eError::BeyondLimits(_)), .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("may serve till.* only"), "{error}");
    near.ingress.open(till).await.unwrap();
    assert!(till_streams.next().await.is_some());
    liar.egress.shutdown().await;
    assert!(web_streams.next().await.is_none());
}

#[tokio::test]
async fn a_site_that_opens_what_its_certificate_does_not_allow_is_refused_by_who_serves_it() {
    let backbone = Backbone::new(Transport::Direct);
    let shop = backbone.site(member(1, 12));
    let mut streams = shop.egress.serve(address("web")).unwrap();
    // Its own router would not even try.
    let guest = backbone.limited_site(member(1, 11), &limits("*", "till.*"));
    backbone.serves(&address("web"), &[shop.identity]);
    let error = guest.ingress.open(address("web")).await.unwrap_err();
    assert!(error.to_string().contains("this site may use till.*, and not web"), "{error}");
    // One that does is refused.
    let leaf = backbone.pki.limited_leaf(member(1, 11), &limits("*", "till.*"));
    let answer = answer_to(&backbone, &leaf, &shop, Alpn::EndToEnd).await.unwrap();
    let mut rest = &answer[..];
    let frame = Decoder::new().decode(&mut rest).unwrap().unwrap();
    assert!(matches!(frame, Frame::Refuse { code: RefuseCode::NotAllowed, .. }), "{frame:?}");
    shop.egress.shutdown().await;
    assert!(streams.next().await.is_none());
}

/// What `to` answers to somebody who shows any certificate over any protocol: nothing, or a stream.
async fn answer(backbone: &Backbone, from: Identity, to: &Site, protocol: Alpn) -> std::io::Result<Vec<u8>> {
    answer_to(backbone, &backbone.pki.leaf(from), to, protocol).await
}

/// The same to this very certificate. TLS libraries other than ours may stand at the other end.
async fn answer_to(backbone: &Backbone, leaf: &tls::Leaf, to: &Site, protocol: Alpn) -> std::io::Result<Vec<u8>> {
    let (near, far) = tcp_pair().await;
    to.egress.accept(path(DataConn::Direct(far)), to.config.clone(), None);
    let client = tls::client(Some(leaf), protocol, backbone.pki.policy()).unwrap();
    let mut stream = TlsConnector::from(client).connect(tls::server_name(), near).await?;
    let mut frame = Vec::new();
    Frame::Open(open("web")).encode(&mut frame);
    stream.write_all(&frame).await?;
    let mut answer = vec![0; 4096];
    let len = stream.read(&mut answer).await?;
    answer.truncate(len);
    Ok(answer)
}

#[tokio::test]
async fn only_members_of_the_same_network_speak_with_a_member() {
    let backbone = Backbone::new(Transport::Direct);
    let shop = backbone.site(member(1, 12));
    let mut streams = shop.egress.serve(address("web")).unwrap();
    const ACCEPT: u8 = 2;
    for stranger in [invitation(1), invitation(2), member(2, 21), controller(), backbone_site()] {
        let answer = answer(&backbone, stranger, &shop, Alpn::EndToEnd).await;
        assert!(answer.as_ref().map_or(true, |frame| frame.first() != Some(&ACCEPT)), "{stranger:?}: {answer:?}");
    }
    for protocol in [Alpn::Control, Alpn::Claim, Alpn::Link, Alpn::Data] {
        answer(&backbone, member(1, 11), &shop, protocol).await.unwrap_err();
    }
    assert_eq!(answer(&backbone, member(1, 11), &shop, Alpn::EndToEnd).await.unwrap().first(), Some(&ACCEPT));
    assert_eq!(streams.next().await.unwrap().peer(), &member(1, 11));
    shop.egress.shutdown().await;
    assert!(streams.next().await.is_none(), "a stranger got through");
}

#[tokio::test]
async fn a_claim_reaches_redemption_and_nothing_else() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.site(controller());
    let mut sessions = platform.egress.serve(address("skx/controller")).unwrap();
    for protocol in [Alpn::Control, Alpn::EndToEnd] {
        let _ = answer(&backbone, invitation(1), &platform, protocol).await;
    }
    // A member has no business at redemption, nor has anybody at a controller's application streams.
    let _ = answer(&backbone, member(1, 11), &platform, Alpn::Claim).await;
    platform.egress.shutdown().await;
    assert!(sessions.next().await.is_none());

    // An honest claimant's own router refuses before anything is sent.
    let guest = backbone.site(invitation(1));
    backbone.serves(&address("web"), &[member(1, 12)]);
    backbone.site(member(1, 12));
    let error = guest.ingress.open(address("web")).await.unwrap_err();
    assert!(
        matches!(error, OpenError::Unreachable { last: AttemptError::EndToEnd(E2eError::NotAllowed { .. }), .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_certificate_whose_issuer_is_not_trusted_any_more_is_refused() {
    let backbone = Backbone::new(Transport::Direct);
    let shop = backbone.site(member(1, 12));
    let mut streams = shop.egress.serve(address("web")).unwrap();
    let foreign = Backbone::new(Transport::Direct);
    let config = foreign.pki.config(member(1, 11));
    let (near, far) = tcp_pair().await;
    shop.egress.accept(path(DataConn::Direct(far)), shop.config.clone(), None);
    let error = e2e::connect(path(DataConn::Direct(near)), &config, &shop.identity, Alpn::EndToEnd).await.unwrap_err();
    assert!(matches!(error, E2eError::Tls(_)), "{error:?}");
    shop.egress.shutdown().await;
    assert!(streams.next().await.is_none());
}

#[tokio::test]
async fn bytes_that_are_no_tls_end_the_connection() {
    let backbone = Backbone::new(Transport::Direct);
    let shop = backbone.site(member(1, 12));
    let (mut near, far) = tcp_pair().await;
    shop.egress.accept(path(DataConn::Direct(far)), shop.config.clone(), None);
    near.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    // An alert may come first; what matters is that it ends.
    let _ = near.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn udp_is_refused_in_plain_words() {
    let backbone = Backbone::new(Transport::Direct);
    let shop = backbone.site(member(1, 12));
    let _streams = shop.egress.serve(address("web")).unwrap();
    let mut e2e = connection(&backbone, member(1, 11), &shop, Alpn::EndToEnd).await;
    let udp = Open { protocol: Protocol::Udp, ..open("web") };
    let error = e2e.open(udp, e2e::HANDSHAKE_TIMEOUT).await.unwrap_err();
    assert!(matches!(error, E2eError::Refused { code: RefuseCode::Protocol, .. }), "{error:?}");
    e2e.open(open("web"), e2e::HANDSHAKE_TIMEOUT).await.unwrap();
    drop(Arc::new(e2e));
}
