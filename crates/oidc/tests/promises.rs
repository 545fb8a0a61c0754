//! ID tokens, good and hostile, and the device flow, over HTTP.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use jiff::Timestamp;
use oidc::{Polled, Provider, ProviderError, Refused, Settings};
use serde_json::{Value, json};
use support::{Publisher, Signer, part, refused};

#[tokio::test]
async fn a_good_token_is_read_whatever_it_is_signed_with() {
    for signer in [Signer::ec("one"), Signer::ed("one")] {
        let publisher = Publisher::start(&[&Signer::ec("other"), &signer]).await;
        let provider = publisher.provider();
        let claims = provider.verify(&signer.sign(&publisher.claims()), Timestamp::now()).await.unwrap();
        assert_eq!((claims.subject.as_str(), claims.texts("groups")), ("ada", vec!["a", "b"]));
        assert_eq!(claims.texts("sub"), ["ada"]);
        assert_eq!((claims.text("groups"), claims.text("nothing"), claims.texts("nothing").len()), (None, None, 0));
        let many = publisher.with("aud", json!(["skx"]));
        let other = provider.verify(&signer.sign(&many), Timestamp::now()).await.unwrap();
        assert_ne!(claims.digest, other.digest);
    }
}

#[tokio::test]
async fn tokens_that_nobody_signed_for_us_are_refused() {
    let (signer, other) = (Signer::ec("one"), Signer::ec("three"));
    let publisher = Publisher::start(&[&signer, &Signer::ed("two")]).await;
    let provider = publisher.provider();
    let good = publisher.claims();
    let unsigned = format!("{}.{}.", part(br#"{"alg":"none"}"#), part(good.to_string().as_bytes()));
    let token = signer.sign(&good);
    let parts: Vec<&str> = token.split('.').collect();
    let root = publisher.with("sub", json!("root")).to_string();
    let altered = format!("{}.{}.{}", parts[0], part(root.as_bytes()), parts[2]);
    let brought = json!({"alg": "ES256", "kid": "one", "jwk": other.published(), "jku": "http://127.0.0.1:1/"});
    for (what, token, why) in [
        ("it is not signed", unsigned, Refused::Algorithm),
        ("a shared secret", signer.sign_as(&json!({"alg": "HS256", "kid": "one"}), &good), Refused::Algorithm),
        (
            "the public key as a secret",
            signer.sign_as(&json!({"alg": "none", "kid": "one"}), &good),
            Refused::Algorithm,
        ),
        ("another key of this name", Signer::ec("one").sign(&good), Refused::Signature),
        ("a key that nobody knows", other.sign(&good), Refused::Key),
        ("a key that it brings along", other.sign_as(&brought, &good), Refused::Signature),
        ("a key of another kind", signer.sign_as(&json!({"alg": "ES256", "kid": "two"}), &good), Refused::Key),
        ("an RSA signature", signer.sign_as(&json!({"alg": "RS256", "kid": "one"}), &good), Refused::Key),
        (
            "something that has to be understood",
            signer.sign_as(&json!({"alg": "ES256", "kid": "one", "crit": ["b64"]}), &good),
            Refused::Malformed,
        ),
        ("it was altered", altered, Refused::Signature),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), Refused::Signature),
        ("no token", String::new(), Refused::Malformed),
        ("no token", "a.b.c".to_owned(), Refused::Malformed),
        ("no token", "..".to_owned(), Refused::Malformed),
        ("encrypted", format!("{token}.a.b"), Refused::Malformed),
        ("padded", format!("{token}=="), Refused::Malformed),
        ("too long", "x".repeat(20_000), Refused::Malformed),
        ("no claims", signer.sign_as(&json!({"alg": "ES256", "kid": "one"}), &json!([1])), Refused::Malformed),
    ] {
        assert_eq!(refused(&provider, &token).await, why, "{what}");
    }
}

#[tokio::test]
async fn tokens_of_somebody_else_or_of_another_time_are_refused_by_their_claim() {
    let signer = Signer::ec("one");
    let publisher = Publisher::start(&[&signer]).await;
    let provider = publisher.provider();
    let now = Timestamp::now().as_second();
    for (claim, value) in [
        ("iss", json!("https://elsewhere.example.com")),
        ("iss", json!(format!("{}/", publisher.issuer))),
        ("aud", json!("another")),
        ("aud", json!([])),
        ("aud", json!(["another", "third"])),
        ("azp", json!("another")),
        ("exp", json!(now - 120)),
        ("nbf", json!(now + 600)),
        ("iat", json!(now + 600)),
        ("iat", json!(now - 3_600)),
        ("nonce", json!("of another sign-in")),
        ("sub", json!("")),
        ("sub", json!("a\u{7}")),
        ("sub", json!("x".repeat(256))),
    ] {
        let why = refused(&provider, &signer.sign(&publisher.with(claim, value.clone()))).await;
        assert!(matches!(why, Refused::Claim { claim: found, .. } if found == claim), "{claim} {value}: {why:?}");
    }
    let several = publisher.with("aud", json!(["skx", "another"]));
    assert!(matches!(refused(&provider, &signer.sign(&several)).await, Refused::Claim { claim: "azp", .. }));
    // A time that is no number is none.
    for claim in ["exp", "iat", "nbf"] {
        let token = signer.sign(&publisher.with(claim, json!("9999999999")));
        assert_eq!(refused(&provider, &token).await, Refused::Malformed, "{claim}");
    }
    for missing in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = publisher.claims();
        claims.as_object_mut().unwrap().remove(missing);
        assert_eq!(refused(&provider, &signer.sign(&claims)).await, Refused::Malformed, "{missing}");
    }
    // Clocks may differ a little.
    for (claim, value) in [("exp", now - 20), ("iat", now + 20), ("nbf", now + 20)] {
        provider.verify(&signer.sign(&publisher.with(claim, json!(value))), Timestamp::now()).await.unwrap();
    }
}

#[tokio::test]
async fn audiences_that_were_configured_are_ours_and_only_those() {
    let signer = Signer::ec("one");
    let publisher = Publisher::start(&[&signer]).await;
    let settings = Settings { audiences: vec!["pipelines".to_owned()], ..publisher.settings() };
    let provider = Provider::new(settings).unwrap();
    for (audience, party, good) in [
        (json!("pipelines"), None, true),
        (json!(["skx", "pipelines"]), None, true),
        (json!(["skx", "account"]), Some("skx"), true),
        (json!(["skx", "account"]), None, false),
        (json!("pipelines"), Some("account"), false),
        (json!("pipe"), None, false),
    ] {
        let mut claims = publisher.with("aud", audience.clone());
        if let Some(party) = party {
            claims["azp"] = json!(party);
        }
        let verified = provider.verify(&signer.sign(&claims), Timestamp::now()).await;
        assert_eq!(verified.is_ok(), good, "{audience} {party:?}: {verified:?}");
    }
}

#[tokio::test]
async fn keys_are_kept_and_looked_for_again_when_they_rotate_and_strangers_do_not_make_that_happen_often() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let publisher = Publisher::start(&[&old]).await;
    let provider = publisher.provider();
    for _ in 0..3 {
        provider.verify(&old.sign(&publisher.claims()), Timestamp::now()).await.unwrap();
    }
    assert_eq!(publisher.requests("/jwks").len(), 1);
    publisher.publishes(&[&new]);
    provider.verify(&new.sign(&publisher.claims()), Timestamp::now()).await.unwrap();
    assert_eq!(refused(&provider, &old.sign(&publisher.claims())).await, Refused::Key);
    for n in 0..20 {
        assert_eq!(refused(&provider, &Signer::ec(&format!("k{n}")).sign(&publisher.claims())).await, Refused::Key);
    }
    assert_eq!(publisher.requests("/jwks").len(), 2);
}

#[tokio::test]
async fn what_does_not_answer_as_the_provider_is_not_believed() {
    let signer = Signer::ec("one");
    let publisher = Publisher::start(&[&signer]).await;
    let token = signer.sign(&publisher.claims());
    let issuer = publisher.issuer.clone();
    let configuration = |changed: &str, value: &str| {
        let mut all = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")});
        all[changed] = json!(value);
        all
    };
    let place = "/.well-known/openid-configuration";
    for (status, body, said) in [
        (200, configuration("issuer", "https://another.example.com"), "calls itself"),
        (200, configuration("jwks_uri", "http://169.254.169.254/latest"), "not https"),
        (200, configuration("token_endpoint", "file:///etc/passwd"), "not https"),
        (200, configuration("jwks_uri", &format!("{issuer}/nothing")), "404"),
        (200, json!("hunter2"), "not what it should be"),
        (200, json!({"issuer": issuer, "jwks_uri": "x".repeat(600_000)}), "too much"),
        // It leads elsewhere: that is not followed.
        (302, json!({}), "302"),
        (500, json!({}), "500"),
    ] {
        publisher.answers(place, status, body);
        let error = publisher.provider().verify(&token, Timestamp::now()).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, ProviderError::Unavailable { .. }) && text.contains(said), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(publisher.requests("/jwks").is_empty());
    let nobody = Provider::new(Settings::new("http://127.0.0.1:1".to_owned(), "skx".to_owned())).unwrap();
    let error = nobody.verify(&token, Timestamp::now()).await.unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:1") && error.contains("refused"), "{error}");
}

fn begun(changed: &str, value: Value) -> Value {
    let mut all = json!({"device_code": "a code", "user_code": "ABCD-EFGH", "verification_uri": "https://id/device",
        "expires_in": 600});
    all[changed] = value;
    all
}

#[tokio::test]
async fn a_device_flow_goes_as_the_provider_says() {
    let publisher = Publisher::start(&[]).await;
    let provider = publisher.provider();
    publisher.answers("/device", 200, begun("interval", json!(1)));
    let found = provider.begin_device().await.unwrap();
    assert_eq!((found.user_code.as_str(), found.expires_in, found.interval), ("ABCD-EFGH", 600, 1));
    publisher.answers("/device", 200, begun("expires_in", json!(86_400)));
    let found = provider.begin_device().await.unwrap();
    assert_eq!((found.expires_in, found.interval), (1_800, 5));
    assert!(!format!("{found:?}").contains("a code"));

    let error = |error: &str| json!({"error": error});
    for (status, answer, polled) in [
        (400, error("authorization_pending"), Polled::Waiting),
        (400, error("slow_down"), Polled::TooSoon),
        (400, error("access_denied"), Polled::Declined),
        (400, error("expired_token"), Polled::Over),
        (400, error("invalid_grant"), Polled::Over),
        (200, json!({"id_token": "a.b.c", "access_token": "x"}), Polled::Token("a.b.c".to_owned().into())),
    ] {
        publisher.answers("/token", status, answer);
        assert_eq!(provider.poll_device("a&b=c").await.unwrap(), polled);
    }
    for (status, answer) in [(200, json!({"access_token": "x"})), (401, error("invalid_client")), (500, json!({}))] {
        publisher.answers("/token", status, answer);
        let error = provider.poll_device("a code").await.unwrap_err();
        assert!(matches!(error, ProviderError::Unavailable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_client_that_has_a_secret_shows_it_to_the_provider_alone() {
    let publisher = Publisher::start(&[]).await;
    publisher.answers("/device", 200, begun("interval", json!(1)));
    let settings = Settings { client_secret: Some("se:cret".into()), ..publisher.settings() };
    Provider::new(settings).unwrap().begin_device().await.unwrap();
    let asked = publisher.requests("/device").remove(0);
    // "skx:se%3Acret"
    assert!(asked.contains("Basic c2t4OnNlJTNBY3JldA==") && !asked.contains("client_id"), "{asked}");
    assert!(!publisher.requests("/.well-known/openid-configuration")[0].contains("Basic"));
}

#[tokio::test]
async fn what_cannot_be_shown_and_who_has_no_device_flow_is_refused() {
    let publisher = Publisher::start(&[]).await;
    let provider = publisher.provider();
    for body in [
        begun("user_code", json!("\u{1b}[2J")),
        begun("verification_uri", json!("https://id/\r\nx")),
        begun("device_code", json!("x".repeat(5_000))),
        begun("expires_in", json!(-1)),
    ] {
        publisher.answers("/device", 200, body);
        let error = provider.begin_device().await.unwrap_err();
        assert!(matches!(error, ProviderError::Unavailable { .. }), "{error}");
    }
    publisher.answers("/device", 400, json!({"error": "unauthorized_client"}));
    let error = provider.begin_device().await.unwrap_err();
    assert!(matches!(&error, ProviderError::NoDeviceFlow(why) if why.contains("unauthorized_client")), "{error}");
    let issuer = &publisher.issuer;
    let without = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")});
    publisher.answers("/.well-known/openid-configuration", 200, without);
    let error = publisher.provider().begin_device().await.unwrap_err();
    assert!(matches!(error, ProviderError::NoDeviceFlow(_)), "{error}");
}
