//! Handshakes, over pipes in memory, with both ends in view.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use model::Identity;
use pki::{
    Alpn, Anchors, AuthorityKind, LeafUse, PeerPolicy, Usage, Validity, VerifyError,
    tls::{self, PeerError, Refusal},
};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, ConnectionCommon, Error, ServerConfig, ServerConnection, SideData,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::world::{World, days, now, seconds};

/// Admits one identity, or everybody.
#[derive(Debug)]
struct Policy {
    anchors: Arc<Anchors>,
    only: Option<Identity>,
    later: AtomicI64,
}

impl PeerPolicy for Policy {
    fn anchors(&self) -> Arc<Anchors> {
        self.anchors.clone()
    }

    fn now(&self) -> Timestamp {
        now() + seconds(self.later.load(Ordering::Relaxed))
    }

    fn admit(&self, peer: &Identity) -> Result<(), String> {
        match self.only {
            Some(only) if only != *peer => Err("somebody else is expected".to_owned()),
            _ => Ok(()),
        }
    }
}

fn policy(world: &World) -> Arc<Policy> {
    policy_with(world.anchors(), None)
}

fn policy_with(anchors: Anchors, only: Option<Identity>) -> Arc<Policy> {
    Arc::new(Policy { anchors: Arc::new(anchors), only, later: AtomicI64::new(0) })
}

/// What each end says of a failure.
pub(crate) type Failure = (Option<Error>, Option<Error>);

/// Both ends of a complete handshake, or what each end says of its failure.
pub(crate) fn handshake(
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
) -> Result<(ClientConnection, ServerConnection), Box<Failure>> {
    let mut client = ClientConnection::new(client, tls::server_name()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    let (mut client_error, mut server_error) = (None, None);
    loop {
        let to_server = carry(&mut client, &mut server, &mut server_error);
        let to_client = carry(&mut server, &mut client, &mut client_error);
        if !to_server && !to_client {
            break;
        }
    }
    if client_error.is_some() || server_error.is_some() {
        return Err(Box::new((client_error, server_error)));
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok((client, server))
}

/// Carries what `from` has to say to `to`; whether there was anything.
fn carry<F: SideData, T: SideData>(
    from: &mut ConnectionCommon<F>,
    to: &mut ConnectionCommon<T>,
    error: &mut Option<Error>,
) -> bool {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() && error.is_none() {
        to.read_tls(&mut rest).unwrap();
        *error = to.process_new_packets().err();
    }
    !bytes.is_empty()
}

fn alert(alert: AlertDescription) -> Option<Error> {
    Some(Error::AlertReceived(alert))
}

#[test]
fn each_end_knows_the_other_and_what_for() {
    let world = World::new();
    for (alpn, dialler, dialled) in [
        (Alpn::Link, world.member(), world.site()),
        (Alpn::Link, world.site(), world.site()),
        (Alpn::EndToEnd, world.member(), world.member()),
        (Alpn::Control, world.member(), world.controller()),
        (Alpn::Claim, world.invitation(), world.controller()),
        (Alpn::Claim, world.bootstrap(), world.controller()),
    ] {
        let client = tls::client(Some(&world.leaf(dialler)), alpn, policy(&world)).unwrap();
        let server = tls::server(&world.leaf(dialled), &[Alpn::Data, alpn], Some(policy(&world))).unwrap();
        let (client, server) = handshake(client, server).unwrap();
        assert_eq!(tls::verified_peer(&client, now()), Ok((dialled, alpn)));
        assert_eq!(tls::verified_peer(&server, now()), Ok((dialler, alpn)));
        assert!(tls::peer_certificate(&server).is_some());
    }
}

#[test]
fn a_data_connection_needs_no_client_certificate_and_verifies_the_server() {
    let world = World::new();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Data], None).unwrap();
    let client = tls::client(None, Alpn::Data, policy(&world)).unwrap();
    let (client, server_end) = handshake(client, server.clone()).unwrap();
    assert_eq!(tls::verified_peer(&client, now()), Ok((world.site(), Alpn::Data)));
    assert_eq!(tls::negotiated_alpn(&server_end), Ok(Alpn::Data));
    assert_eq!(tls::verified_peer(&server_end, now()), Err(PeerError::NoCertificate));

    let other = policy_with(world.anchors(), Some(world.controller()));
    let (client, server) = *handshake(tls::client(None, Alpn::Data, other).unwrap(), server).unwrap_err();
    let expected = Refusal::NotAdmitted { peer: world.site(), reason: "somebody else is expected".to_owned() };
    assert_eq!(tls::refusal(&client.unwrap()), Some(&expected));
    assert_eq!(server, alert(AlertDescription::CertificateUnknown));
}

#[test]
fn before_the_handshake_nobody_is_known() {
    let world = World::new();
    let client = tls::client(None, Alpn::Data, policy(&world)).unwrap();
    let client = ClientConnection::new(client, tls::server_name()).unwrap();
    assert_eq!(tls::verified_peer(&client, now()), Err(PeerError::Handshake));
    assert_eq!(tls::negotiated_alpn(&client), Err(PeerError::Handshake));
    assert_eq!(tls::peer_certificate(&client), None);
}

#[test]
fn a_different_protocol_is_refused() {
    let world = World::new();
    let client = tls::client(Some(&world.leaf(world.member())), Alpn::Control, policy(&world)).unwrap();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy(&world))).unwrap();
    let (client, server) = *handshake(client, server).unwrap_err();
    assert_eq!(server, Some(Error::NoApplicationProtocol));
    assert_eq!(client, alert(AlertDescription::NoApplicationProtocol));
    assert!(tls::explain(&client.unwrap()).contains("application protocol"));
    assert!(tls::explain(&server.unwrap()).contains("application protocol"));
}

#[test]
fn a_client_without_a_protocol_is_refused_by_the_server() {
    let world = World::new();
    let client = tls::client(Some(&world.leaf(world.member())), Alpn::Link, policy(&world)).unwrap();
    for protocols in [vec![], vec![b"h2".to_vec()]] {
        let mut client = ClientConfig::clone(&client);
        client.alpn_protocols = protocols;
        for policy in [None, Some(policy(&world) as Arc<dyn PeerPolicy>)] {
            let server = tls::server(&world.leaf(world.site()), &[Alpn::Link, Alpn::Data], policy).unwrap();
            let (client, server) = *handshake(Arc::new(client.clone()), server).unwrap_err();
            assert!(matches!(client, Some(Error::AlertReceived(_))));
            assert!(tls::explain(&server.unwrap()).contains("offers none of the application protocols"));
        }
    }
}

#[test]
fn a_server_without_a_protocol_is_refused_by_the_client() {
    let world = World::new();
    let client = tls::client(Some(&world.leaf(world.member())), Alpn::Link, policy(&world)).unwrap();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy(&world))).unwrap();
    let mut server = ServerConfig::clone(&server);
    server.alpn_protocols.clear();
    let (client, server) = handshake(client, Arc::new(server)).unwrap();
    // TLS has no word for it; the one way to the peer has.
    assert_eq!(tls::verified_peer(&client, now()), Err(PeerError::Alpn));
    assert_eq!(tls::verified_peer(&server, now()), Err(PeerError::Alpn));
    assert_eq!(tls::negotiated_alpn(&client), Err(PeerError::Alpn));
}

#[test]
fn a_server_without_protocols_cannot_be_configured() {
    let world = World::new();
    let error = tls::server(&world.leaf(world.site()), &[], None).unwrap_err();
    assert_eq!(error, tls::ConfigError::NoProtocol);
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let world = World::new();
    let client = tls::client(None, Alpn::Link, policy(&world)).unwrap();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy(&world))).unwrap();
    let (client, server) = *handshake(client, server).unwrap_err();
    assert_eq!(server, Some(Error::NoCertificatesPresented));
    assert_eq!(client, alert(AlertDescription::CertificateRequired));
    assert!(tls::explain(&client.unwrap()).contains("requires a certificate"));
}

#[test]
fn the_wrong_role_is_refused_at_either_end_with_a_reason_for_the_log() {
    let world = World::new();
    let member = world.leaf(world.member());
    let site = world.leaf(world.site());
    let only_sites = policy_with(world.anchors(), Some(world.site()));
    let client = tls::client(Some(&member), Alpn::Link, policy(&world)).unwrap();
    let server = tls::server(&site, &[Alpn::Link], Some(only_sites.clone())).unwrap();
    let (client, server) = *handshake(client, server).unwrap_err();
    let words = tls::explain(&server.unwrap());
    assert!(words.contains("member site") && words.contains("somebody else is expected"), "{words}");
    assert_eq!(client, alert(AlertDescription::CertificateUnknown));

    let client = tls::client(Some(&site), Alpn::Link, only_sites).unwrap();
    let server = tls::server(&member, &[Alpn::Link], Some(policy(&world))).unwrap();
    let (client, _) = *handshake(client, server).unwrap_err();
    assert!(matches!(tls::refusal(&client.unwrap()), Some(Refusal::NotAdmitted { .. })));
}

#[test]
fn another_installations_peers_are_refused() {
    let (world, stranger) = (World::new(), World::new());
    let client = tls::client(Some(&stranger.leaf(stranger.member())), Alpn::Link, policy(&world)).unwrap();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy(&world))).unwrap();
    let (_, error) = *handshake(client, server).unwrap_err();
    assert!(matches!(tls::refusal(&error.unwrap()), Some(Refusal::Certificate(VerifyError::NotIssued(_)))));
    let client = tls::client(Some(&world.leaf(world.member())), Alpn::Link, policy(&world)).unwrap();
    let server = tls::server(&stranger.leaf(stranger.site()), &[Alpn::Link], Some(policy(&stranger))).unwrap();
    let (error, _) = *handshake(client, server).unwrap_err();
    assert!(matches!(tls::refusal(&error.unwrap()), Some(Refusal::Certificate(VerifyError::NotIssued(_)))));
}

/// The configuration of a client that sends whatever chain it likes.
fn client_sending(chain: Vec<CertificateDer<'static>>, leaf: &tls::Leaf, policy: Arc<Policy>) -> Arc<ClientConfig> {
    let base = tls::client(Some(leaf), Alpn::Link, policy).unwrap();
    let key = PrivatePkcs8KeyDer::from(leaf.key.to_der().to_vec()).into();
    let certified = rustls::sign::CertifiedKey::from_der(chain, key, base.crypto_provider()).unwrap();
    let mut config = ClientConfig::clone(&base);
    config.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(Arc::new(certified)));
    Arc::new(config)
}

#[test]
fn the_full_chain_of_a_withdrawn_network_opens_no_door() {
    let world = World::new();
    let leaf = world.leaf(world.member());
    let mut anchors = world.anchors();
    anchors.networks.clear();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy_with(anchors, None))).unwrap();
    let certificates = [&leaf.certificate, &world.network_ca.certificate, &world.backbone_ca.certificate];
    let chain = certificates.map(|der| CertificateDer::from(der.0.clone())).to_vec();
    let (_, error) = *handshake(client_sending(chain, &leaf, policy(&world)), server).unwrap_err();
    assert_eq!(tls::refusal(&error.unwrap()), Some(&Refusal::Certificate(VerifyError::UnknownNetwork(world.network))));
}

#[test]
fn an_intermediate_sent_along_is_never_considered() {
    let world = World::new();
    // A second generation, issued by the Backbone CA, which no trust document names.
    let validity = Validity::backdated(now(), now() + days(20));
    let unnamed = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, validity).unwrap();
    let (certificate, key) = world.issue_by(&unnamed, world.member());
    let leaf = tls::Leaf { certificate: certificate.der, key };
    let chain = [&leaf.certificate, &unnamed.certificate, &world.backbone_ca.certificate];
    let chain = chain.map(|der| CertificateDer::from(der.0.clone())).to_vec();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy(&world))).unwrap();
    let (_, error) = *handshake(client_sending(chain, &leaf, policy(&world)), server).unwrap_err();
    assert!(matches!(tls::refusal(&error.unwrap()), Some(Refusal::Certificate(VerifyError::NotIssued(_)))));
}

#[test]
fn somebody_elses_certificate_is_no_use_without_the_key() {
    let world = World::new();
    let (mine, victim) = (world.leaf(world.member()), world.leaf(world.member()));
    let mismatched = tls::Leaf { certificate: victim.certificate, key: mine.key };
    let error = tls::client(Some(&mismatched), Alpn::Link, policy(&world)).unwrap_err();
    assert!(matches!(error, tls::ConfigError::Leaf(_)));
    // A client that does not care about its own mistakes.
    let base = tls::client(None, Alpn::Link, policy(&world)).unwrap();
    let key = PrivatePkcs8KeyDer::from(mismatched.key.to_der().to_vec()).into();
    let key = base.crypto_provider().key_provider.load_private_key(key).unwrap();
    let chain = vec![CertificateDer::from(mismatched.certificate.0)];
    let certified = Arc::new(rustls::sign::CertifiedKey::new(chain, key));
    let mut config = ClientConfig::clone(&base);
    config.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy(&world))).unwrap();
    let (_, error) = *handshake(Arc::new(config), server).unwrap_err();
    assert!(matches!(error, Some(Error::InvalidCertificate(rustls::CertificateError::BadSignature))));
}

#[test]
fn a_client_certificate_does_not_make_a_server() {
    let world = World::new();
    let validity = Validity::backdated(now(), now() + days(1));
    let spiffe = world.spiffe(world.invitation());
    let (certificate, key) = world.network_ca.issue_leaf_with_new_key(spiffe, LeafUse::Client, validity).unwrap();
    let leaf = tls::Leaf { certificate: certificate.der, key };
    let client = tls::client(Some(&world.leaf(world.site())), Alpn::Link, policy(&world)).unwrap();
    let server = tls::server(&leaf, &[Alpn::Link], Some(policy(&world))).unwrap();
    let (error, _) = *handshake(client, server).unwrap_err();
    assert_eq!(tls::refusal(&error.unwrap()), Some(&Refusal::Certificate(VerifyError::Purpose(Usage::Server))));
}

#[test]
fn a_failure_of_time_tells_both_ends_to_check_the_clock() {
    let world = World::new();
    // The authority is valid at all of these times, the member for one day.
    let long = Validity { not_before: now() - days(10), not_after: now() + days(10) };
    let ca = world.backbone_ca.issue_authority(AuthorityKind::Network(world.network), 2, long).unwrap();
    let mut anchors = world.anchors();
    anchors.networks.insert(world.network, vec![ca.certificate.clone()]);
    let (certificate, key) = world.issue_by(&ca, world.member());
    let member = tls::Leaf { certificate: certificate.der, key };
    for (later, words) in [(days(2), "expired"), (days(-1), "valid from")] {
        let clock = policy_with(anchors.clone(), None);
        clock.later.store(later.as_secs(), Ordering::Relaxed);
        let client = tls::client(Some(&member), Alpn::Link, policy(&world)).unwrap();
        let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(clock)).unwrap();
        let (client, server) = *handshake(client, server).unwrap_err();
        assert_eq!(client, alert(AlertDescription::CertificateExpired));
        assert!(tls::explain(&client.unwrap()).contains("check the clock"));
        let said = tls::explain_io(&std::io::Error::other(server.unwrap()));
        for part in ["check the clock", words, "2030-"] {
            assert!(said.contains(part), "{said}");
        }
    }
}

#[test]
fn the_policy_is_asked_at_every_handshake() {
    let world = World::new();
    let policy = policy(&world);
    let client = tls::client(Some(&world.leaf(world.member())), Alpn::Link, policy.clone()).unwrap();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Link], Some(policy.clone())).unwrap();
    let (mut first, mut first_server) = handshake(client.clone(), server.clone()).unwrap();
    // Nothing that could be resumed was handed out, before or after the first words.
    std::io::Write::write_all(&mut first_server.writer(), b"hello").unwrap();
    let mut error = None;
    carry(&mut first_server, &mut first, &mut error);
    assert_eq!((first.tls13_tickets_received(), error), (0, None));
    let (second, _) = handshake(client.clone(), server.clone()).unwrap();
    assert_eq!(second.handshake_kind(), Some(rustls::HandshakeKind::Full));
    policy.later.store(days(2).as_secs(), Ordering::Relaxed);
    handshake(client, server).unwrap_err();
}

#[test]
fn nothing_can_be_resumed_or_sent_early() {
    let world = World::new();
    let client = tls::client(None, Alpn::Data, policy(&world)).unwrap();
    assert!(!client.enable_early_data && !client.enable_sni);
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Data], None).unwrap();
    assert_eq!((server.send_tls13_tickets, server.max_early_data_size), (0, 0));
    assert!(!server.ticketer.enabled() && !server.session_storage.can_cache());
}

#[test]
fn only_tls_1_3_and_p_256_are_offered() {
    let world = World::new();
    let client = tls::client(None, Alpn::Data, policy(&world)).unwrap();
    let server = tls::server(&world.leaf(world.site()), &[Alpn::Data], None).unwrap();
    let (client_end, _) = handshake(client.clone(), server).unwrap();
    assert_eq!(client_end.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    let schemes = client.crypto_provider().signature_verification_algorithms.supported_schemes();
    assert_eq!(schemes, [rustls::SignatureScheme::ECDSA_NISTP256_SHA256]);
}
