// What the fuzz targets do with what arrives from outside: tickets, requests for certificates, certificates, chains, trust
// documents. An ordinary test includes this file as well.

use std::sync::LazyLock;

use jiff::Timestamp;
use model::{
    GenericUuid, Identity, SpiffeId,
    ticket::{FORMAT, InvitationTicket, Ticket},
    trust::{AuthorityTrust, NetworkTrust, TrustDocument},
};
use pki::{Anchors, Authority, AuthorityKind, Certificate, Csr, LeafUse, PrivateKey, SignedTrust, Usage, Validity};

/// One of each, as it ought to be.
pub struct Genuine {
    pub ticket: String,
    pub csr: Vec<u8>,
    pub certificate: Vec<u8>,
    pub trust: Vec<u8>,
    pub chain: String,
    chain_key: PrivateKey,
    document: TrustDocument,
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
    let (signer, key) = backbone_ca.issue_leaf_with_new_key(signer, LeafUse::TrustSigner, until(1))?;
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
    let trust = serde_json::to_vec(&SignedTrust::sign(&document, &key, &signer))?;

    let claim = of(Identity::Invitation { network, invitation: id(13) });
    let (claim, key) = network_ca.issue_leaf_with_new_key(claim, LeafUse::Client, until(1))?;
    let ticket = pki::ticket::encode(&Ticket::Invitation(InvitationTicket {
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
        claim: model::ticket::Credential { certificate: claim.to_pem(), key: key.to_pem().to_string() },
        access: vec!["r1.example.com:5671".parse()?],
    }));

    let key = PrivateKey::generate();
    let csr = key.csr();
    let certificate = network_ca.issue_leaf(&Csr::parse(&csr)?, member, LeafUse::Peer, until(1))?;
    let of_authority = |authority: &Authority| Certificate::parse(authority.certificate.as_bytes());
    let chain = Certificate::to_pem_chain(&[of_authority(&backbone_ca)?, of_authority(&root)?]);
    Ok(Genuine {
        ticket,
        csr,
        certificate: certificate.der.as_bytes().to_vec(),
        trust,
        chain,
        chain_key: backbone_ca.key().clone(),
        document,
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

/// Reads a text as an invitation or a bundle, and as what is inside their armour.
pub fn ticket(text: &str) {
    if let Ok(ticket) = pki::ticket::decode(text) {
        assert_eq!(pki::ticket::decode(&pki::ticket::encode(&ticket)), Ok(ticket), "what is read is read again");
    }
    if let Ok(ticket) = serde_json::from_str::<Ticket>(text) {
        let _ = pki::ticket::decode(&pki::ticket::encode(&ticket));
    }
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

/// Reads a trust document, and verifies it: nothing is adopted but what was signed.
pub fn trust(bytes: &[u8]) {
    let _ = serde_json::from_slice::<TrustDocument>(bytes);
    let Ok(signed) = serde_json::from_slice::<SignedTrust>(bytes) else { return };
    if let Ok(document) = signed.verify(&GENUINE.anchors, NOW) {
        assert_eq!(document, GENUINE.document, "this was never signed");
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
