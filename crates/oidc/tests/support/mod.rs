//! A provider that says whatever a test wants, and keys that sign.

use std::sync::{Arc, Mutex};

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use oidc::{Provider, ProviderError, Refused, Settings};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

pub(crate) fn part(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// A key that signs.
pub(crate) struct Signer {
    kid: String,
    kind: Kind,
}

enum Kind {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    pub(crate) fn ec(kid: &str) -> Self {
        let rng = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &rng).unwrap();
        Self { kid: kid.to_owned(), kind: Kind::Ec(pair) }
    }

    pub(crate) fn ed(kid: &str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { kid: kid.to_owned(), kind: Kind::Ed(Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap()) }
    }

    pub(crate) fn published(&self) -> Value {
        match &self.kind {
            Kind::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig",
                    "x": part(&point[1..33]), "y": part(&point[33..])})
            }
            Kind::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": part(pair.public_key().as_ref())})
            }
        }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let alg = match self.kind {
            Kind::Ec(_) => "ES256",
            Kind::Ed(_) => "EdDSA",
        };
        self.sign_as(&json!({"alg": alg, "kid": self.kid}), claims)
    }

    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header.to_string().as_bytes()), part(claims.to_string().as_bytes()));
        let signature = match &self.kind {
            Kind::Ec(pair) => pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec(),
            Kind::Ed(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", part(&signature))
    }
}

/// What is answered at a path: a status and a body.
type Answers = Vec<(&'static str, u16, Value)>;

/// A provider over HTTP, which counts how often it is asked for its keys.
pub(crate) struct Publisher {
    pub(crate) issuer: String,
    state: Arc<Mutex<(Answers, Vec<String>)>>,
}

impl Publisher {
    pub(crate) async fn start(keys: &[&Signer]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let publisher = Self { issuer, state: Arc::default() };
        let issuer = &publisher.issuer;
        publisher.answers(
            "/.well-known/openid-configuration",
            200,
            json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks"), "token_endpoint": format!("{issuer}/token"),
                "device_authorization_endpoint": format!("{issuer}/device")}),
        );
        publisher.publishes(keys);
        let state = Arc::clone(&publisher.state);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 8_192];
                let mut read = 0;
                // The head, and whatever of the body comes along with it.
                while !String::from_utf8_lossy(&request[..read]).contains("\r\n\r\n") {
                    read += stream.read(&mut request[read..]).await.unwrap();
                }
                let head = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let (status, body) = {
                    let mut state = state.lock().unwrap();
                    state.1.push(head.clone());
                    let found = state.0.iter().rev().find(|(at, ..)| *at == path);
                    found.map_or((404, Value::Null), |(_, status, body)| (*status, body.clone()))
                };
                let body = body.to_string();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nlocation: /jwks\r\nconnection: close\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                );
                // Who has read enough has gone.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        publisher
    }

    /// What is answered at a path from now on.
    pub(crate) fn answers(&self, path: &'static str, status: u16, body: Value) {
        self.state.lock().unwrap().0.push((path, status, body));
    }

    pub(crate) fn publishes(&self, keys: &[&Signer]) {
        // Keys that are none are passed over, too.
        let mut all = vec![json!({"kty": "oct"}), json!({"kty": 7}), json!("key")];
        all.extend(keys.iter().map(|key| key.published()));
        self.answers("/jwks", 200, json!({"keys": all}));
    }

    /// The requests for a path until now.
    pub(crate) fn requests(&self, path: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.1.iter().filter(|head| head.split(' ').nth(1) == Some(path)).cloned().collect()
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new(self.issuer.clone(), "skx".to_owned())
    }

    pub(crate) fn provider(&self) -> Provider {
        Provider::new(self.settings()).unwrap()
    }

    pub(crate) fn claims(&self) -> Value {
        let now = Timestamp::now().as_second();
        json!({"iss": self.issuer, "sub": "ada", "aud": "skx", "iat": now, "exp": now + 300, "groups": ["a", "b"]})
    }

    pub(crate) fn with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[claim] = value;
        claims
    }
}

pub(crate) async fn refused(provider: &Provider, token: &str) -> Refused {
    match provider.verify(token, Timestamp::now()).await {
        Err(ProviderError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}
