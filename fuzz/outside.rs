// What the fuzz targets do with what arrives from outside: tickets, requests for certificates, certificates, chains, trust
// documents. An ordinary test includes this file as well.

use std::sync::LazyLock;

use jiff::Timestamp;
use model::{
    GenericUuid, Identity, SpiffeId,
    router::AccessPoint,
    ticket::{BootstrapTicket, Credential, FORMAT, InvitationTicket, Ticket},
    trust::{AuthorityTrust, NetworkTrust, TrustDocument},
};
use pki::{
    Anchors, Authority, AuthorityKind, Certificate, Csr, LeafUse, PrivateKey, SignedTrust, TrustError, Usage, Validity,
    ticket::TicketError,
};

/// One of each, as it ought to be.
pub struct Genuine {
    pub invitation: Ticket,
    pub bundle: Ticket,
    pub csr: Vec<u8>,
    pub certificate: Vec<u8>,
    pub trust: Vec<u8>,
    pub chain: String,
    pub document: TrustDocument,
    chain_key: PrivateKey,
    signer: Certificate,
    signer_key: PrivateKey,
    anchors: Anchors,
    network: Authority,
    member: SpiffeId,
}

/// The time at which everything happens.
pub const NOW: Timestamp = Timestamp::constant(1_900_000_000, 0);

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(uuid::Uuid::from_u128(n))
}

pub static GENUINE: LazyLock<Genuine> = LazyLock::new(|| genuine().expect("what ought to be can be made"));

fn genuine() -> Result<Genuine, Box<dyn std::error::Error>> {
    let (installation, backbone, network) = (id(1), id(2), id(3));
    let until = |days: i64| Validity::backdated(NOW, NOW + jiff::SignedDuration::from_hours(24 * days));
    let root = Authority::development_root(installation, "fuzz", until(100))?;
    let backbone_ca = root.issue_authority(AuthorityKind::Backbone(backbone), 1, until(50))?;
    let network_ca = backbone_ca.issue_authority(AuthorityKind::Network(network), 1, until(20))?;
    let of = |identity| SpiffeId { installation, identity };
    let member = of(Identity::Member { network, site: id(12) });
    let trusted = |authority: &Authority| AuthorityTrust { generation: 1, certificate: authority.certificate.clone() };

    let signer = of(Identity::TrustSigner { backbone, controller: id(9) });
    let (signer, signer_key) = backbone_ca.issue_leaf_with_new_key(signer, LeafUse::TrustSigner, until(1))?;
    let window = NetworkTrust { opens: NOW, closes: None, authorities: vec![trusted(&network_ca)] };
    let document = TrustDocument {
        format: TrustDocument::FORMAT,
        installation,
        backbone,
        version: 7,
        issued: NOW,
        valid_until: NOW + jiff::SignedDuration::from_hours(24),
        networks: [(network, window)].into(),
        denied: Default::default(),
    };
    let trust = serde_json::to_vec(&SignedTrust::sign(&document, &signer_key, &signer))?;

    let credential = |identity| -> Result<Credential, pki::IssueError> {
        let (certificate, key) = match identity {
            Identity::Invitation { .. } => {
                network_ca.issue_leaf_with_new_key(of(identity), LeafUse::Client, until(1))?
            }
            _ => backbone_ca.issue_leaf_with_new_key(of(identity), LeafUse::Client, until(1))?,
        };
        Ok(Credential { certificate: certificate.to_pem(), key: key.to_pem().to_string() })
    };
    let invitation = Ticket::Invitation(InvitationTicket {
        format: FORMAT,
        installation,
        backbone,
        network,
        network_name: "shop".parse()?,
        invitation: id(13),
        invitation_name: "tills".parse()?,
        start: NOW,
        end: None,
        deadline: None,
        interactive: false,
        passcode: false,
        backbone_authorities: vec![trusted(&backbone_ca)],
        claim: credential(Identity::Invitation { network, invitation: id(13) })?,
        access: vec!["r1.example.com:5671".parse()?],
    });
    let manage = AccessPoint {
        id: id(15),
        name: "manage".parse()?,
        kinds: "manage,peer".parse()?,
        bind: "192.0.2.1:5672".parse()?,
    };
    let bundle = Ticket::Bootstrap(BootstrapTicket {
        format: FORMAT,
        installation,
        backbone,
        backbone_name: "main".parse()?,
        site: id(14),
        site_name: "r1".parse()?,
        backbone_authorities: vec![trusted(&backbone_ca)],
        bootstrap: credential(Identity::Bootstrap { backbone, site: id(14) })?,
        listen: vec![manage],
        dial: vec!["r2.example.com:5671".parse()?],
    });

    let key = PrivateKey::generate();
    let csr = key.csr();
    let certificate = network_ca.issue_leaf(&Csr::parse(&csr)?, member, LeafUse::Peer, until(1))?;
    let of_authority = |authority: &Authority| Certificate::parse(authority.certificate.as_bytes());
    let chain = Certificate::to_pem_chain(&[of_authority(&backbone_ca)?, of_authority(&root)?]);
    Ok(Genuine {
        invitation,
        bundle,
        csr,
        certificate: certificate.der.as_bytes().to_vec(),
        trust,
        chain,
        document,
        chain_key: backbone_ca.key().clone(),
        signer,
        signer_key,
        anchors: Anchors {
            installation,
            backbone,
            backbone_authorities: vec![backbone_ca.certificate.clone()],
            networks: [(network, vec![network_ca.certificate.clone()])].into(),
        },
        network: network_ca,
        member,
    })
}

/// Reads a text as an invitation or a bundle.
pub fn ticket(text: &str) {
    if let Ok(ticket) = pki::ticket::decode(text) {
        is_read_again(&ticket);
    }
}

/// Reads any content of a ticket that arrived whole, and says whether it is one. Its check line agrees, so that nothing is
/// refused before its content was looked at.
pub fn ticket_content(json: &[u8]) -> bool {
    let mut accepted = 0;
    for text in pki::fuzzing::armoured(json) {
        match pki::ticket::decode(&text) {
            Ok(ticket) => {
                is_read_again(&ticket);
                accepted += 1;
            }
            Err(TicketError::Content(_) | TicketError::UnknownKind(_) | TicketError::NewerFormat(_)) => {}
            Err(TicketError::Damaged(why)) if why.contains("another kind than its content") => {}
            Err(TicketError::TooLarge) => assert!(text.len() > pki::ticket::MAX_LEN),
            Err(error) => panic!("its content was not looked at: {error}"),
        }
    }
    assert!(accepted <= 1, "it is an invitation or a bundle");
    accepted == 1
}

fn is_read_again(ticket: &Ticket) {
    let read = pki::ticket::decode(&pki::ticket::encode(ticket));
    assert_eq!(read.as_ref(), Ok(ticket), "what is read is read again");
}

/// Reads a request for a certificate. What is issued for it is for its key, and for who it is meant for.
pub fn csr(bytes: &[u8]) {
    let Ok(csr) = Csr::parse(bytes) else { return };
    let validity = Validity::backdated(NOW, NOW + jiff::SignedDuration::from_hours(1));
    let issued = GENUINE.network.issue_leaf(&csr, GENUINE.member, LeafUse::Peer, validity).expect("a sound request");
    assert_eq!((issued.key_digest, issued.id), (csr.key_digest(), Some(GENUINE.member)));
}

/// Reads a certificate, and verifies it: nothing is accepted but what was issued.
pub fn certificate(bytes: &[u8]) {
    let _ = Certificate::parse(bytes);
    for usage in [Usage::Client, Usage::Server, Usage::Signing] {
        let verified = pki::verify(&GENUINE.anchors, bytes, usage, NOW);
        assert!(verified.is_err() || bytes == GENUINE.certificate, "{verified:?} was never issued");
    }
}

/// Reads a signed trust document, and verifies it: nothing is adopted but what was signed.
pub fn trust(bytes: &[u8]) {
    let Ok(signed) = serde_json::from_slice::<SignedTrust>(bytes) else { return };
    if let Ok(document) = signed.verify(&GENUINE.anchors, NOW) {
        assert_eq!(document, GENUINE.document, "this was never signed");
    }
}

/// Reads any content of a trust document, and says whether it is adopted. Who may sign has signed it, so that nothing is
/// refused before its content was looked at.
pub fn trust_content(json: &[u8]) -> bool {
    let signed = pki::fuzzing::signed(json.to_vec(), &GENUINE.signer_key, &GENUINE.signer);
    match signed.verify(&GENUINE.anchors, NOW) {
        Ok(document) => {
            let for_whom = (document.format, document.installation, document.backbone);
            let genuine = (TrustDocument::FORMAT, GENUINE.anchors.installation, GENUINE.anchors.backbone);
            assert_eq!(for_whom, genuine, "it is of this format, and for this backbone");
            let written = serde_json::to_vec(&document).expect("a trust document is JSON");
            let again = serde_json::from_slice::<TrustDocument>(&written).expect("what is written is read");
            assert_eq!(again, document, "what is read is read again");
            true
        }
        Err(error @ (TrustError::Signer(_) | TrustError::Signature)) => {
            panic!("its content was not looked at: {error}")
        }
        Err(_) => {
            // What is refused may be a document all the same: of another format, or for others.
            let _ = serde_json::from_slice::<TrustDocument>(json);
            false
        }
    }
}

/// Reads what an administrator imports.
pub fn chain(text: &str) {
    let _ = Certificate::from_pem(text);
    let _ = Certificate::chain_from_pem(text);
    if let Ok(imported) = pki::import_chain(text, &GENUINE.chain_key, NOW) {
        assert!(imported.ca.is_for(&GENUINE.chain_key), "another's authority");
    }
}
