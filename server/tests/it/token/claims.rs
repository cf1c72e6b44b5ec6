//! Tokens that were changed, borrowed or kept too long.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::header;
use serde_json::{Value, json};
use server::{secret_key::Purpose, token::KeyRing};

use crate::harness::{TestApp, problem};

const SCOPE: &str = "repository:library/app:pull";

/// The server's own keys.
fn keys(app: &TestApp) -> KeyRing {
    KeyRing::new(app.keys.key(Purpose::TokenSigning).expose(), None).unwrap()
}

fn parts(token: &str) -> (Value, Value) {
    let part = |at: usize| URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap();
    (serde_json::from_slice(&part(0)).unwrap(), serde_json::from_slice(&part(1)).unwrap())
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A server with an image, and a token that pulls it.
async fn pulled() -> (TestApp, String) {
    let app = TestApp::start().await;
    app.admin().repository("library/app").push_image("v1", "one").await;
    let token = app.admin().token(&[SCOPE]).await;
    assert_eq!(pull(&app, &token).await, 200);
    (app, token)
}

async fn pull(app: &TestApp, token: &str) -> u16 {
    let client = app.anonymous().with_token(token);
    client.repository("library/app").get("manifests/v1").await.status().as_u16()
}

#[tokio::test]
async fn a_token_that_was_changed_is_told_apart() {
    let (app, token) = pulled().await;
    let answer =
        app.anonymous().with_token(format!("{token}x")).get("/v2/library/app/manifests/v1").send().await.unwrap();
    let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    assert!(challenge.ends_with(r#"scope="repository:library/app:pull",error="invalid_token""#), "{challenge}");
    assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()));

    let (header, mut claims) = parts(&token);
    let signature = token.rsplit('.').next().unwrap();
    claims["sub"] = json!("user:2");
    let changed = format!("{}.{}.{signature}", encode(&header), encode(&claims));
    assert_eq!(pull(&app, &changed).await, 401);
}

#[tokio::test]
async fn no_header_but_ours_is_believed() {
    let (app, token) = pulled().await;
    let (header, claims) = parts(&token);
    let signature = token.rsplit('.').next().unwrap();
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    for header in [
        with("alg", json!("none")),
        with("alg", json!("HS256")),
        with("alg", json!("ES256")),
        with("typ", json!("JWT")),
        with("kid", json!("other")),
        with("kid", json!("/dev/null")),
        with("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})),
        with("jku", json!("http://127.0.0.1:1/keys")),
        with("x5u", json!("http://127.0.0.1:1/keys")),
        with("crit", json!(["exp"])),
        json!({"alg": "none"}),
        json!({}),
    ] {
        for signature in [signature, ""] {
            let forged = format!("{}.{}.{signature}", encode(&header), encode(&claims));
            assert_eq!(pull(&app, &forged).await, 401, "{header}");
        }
    }
}

#[tokio::test]
async fn another_installations_token_opens_nothing() {
    let (app, token) = pulled().await;
    let (_, claims) = parts(&token);
    let other = KeyRing::new(&[7; 32], None).unwrap().sign(claims.to_string().as_bytes()).unwrap();
    assert_eq!(pull(&app, &other).await, 401);
}

#[tokio::test]
async fn claims_are_checked_even_under_our_own_signature() {
    let (app, token) = pulled().await;
    let (_, claims) = parts(&token);
    let keys = keys(&app);
    let now = claims["iat"].as_i64().unwrap();
    let signed = |claims: &Value| keys.sign(claims.to_string().as_bytes()).unwrap();
    assert_eq!(pull(&app, &signed(&claims)).await, 200, "as it was");
    for (name, value) in [
        ("iss", json!("other")),
        ("aud", json!("other")),
        ("aud", json!(["slipway"])),
        ("sub", json!("user:999999")),
        ("sub", json!("system")),
        ("sub", json!("admin")),
        ("mark", json!(4711)),
        ("mark", json!("1")),
        ("exp", json!((now + 300).to_string())),
        ("exp", serde_json::from_str(&format!("{}.0", now + 300)).unwrap()),
        ("exp", json!(now - 61)),
        ("exp", json!(now + 100_000)),
        ("exp", Value::Null),
        ("nbf", json!(now.to_string())),
        ("nbf", json!(now + 299)),
        ("iat", json!("x")),
        ("jti", Value::Null),
        ("access", json!("all")),
        ("scope", json!("admin")),
    ] {
        let mut changed = claims.clone();
        changed[name] = value.clone();
        assert_eq!(pull(&app, &signed(&changed)).await, 401, "{name}: {value}");
    }
    for name in ["iss", "aud", "sub", "mark", "jti", "iat", "nbf", "exp", "access"] {
        let mut changed = claims.clone();
        changed.as_object_mut().unwrap().remove(name);
        assert_eq!(pull(&app, &signed(&changed)).await, 401, "without {name}");
    }
    for payload in [b"".as_slice(), b"{}", b"null", b"[]", b"\xff"] {
        assert_eq!(pull(&app, &keys.sign(payload).unwrap()).await, 401);
    }
}

#[tokio::test]
async fn a_token_ends_with_its_life_and_a_minute_for_clocks_apart() {
    let (app, token) = pulled().await;
    app.clock.advance(time::Duration::seconds(320));
    assert_eq!(pull(&app, &token).await, 200);
    app.clock.advance(time::Duration::seconds(41));
    assert_eq!(pull(&app, &token).await, 401, "also though its signature is remembered");
}

#[tokio::test]
async fn a_token_of_a_clock_that_is_ahead_is_taken_within_a_minute() {
    let (app, token) = pulled().await;
    let (_, mut claims) = parts(&token);
    let keys = keys(&app);
    for (ahead, status) in [(55, 200), (110, 401)] {
        let mut shifted = claims.clone();
        for name in ["iat", "nbf", "exp"] {
            shifted[name] = json!(claims[name].as_i64().unwrap() + ahead);
        }
        assert_eq!(pull(&app, &keys.sign(shifted.to_string().as_bytes()).unwrap()).await, status, "{ahead}");
    }
    claims["jti"] = json!("another");
    assert_eq!(pull(&app, &keys.sign(claims.to_string().as_bytes()).unwrap()).await, 200);
}

#[tokio::test]
async fn the_key_before_the_last_change_is_believed_while_it_is_configured() {
    let (app, token) = pulled().await;
    let secret = std::fs::read_to_string(app.folder.path().join("secret.key")).unwrap();
    let (_, claims) = parts(&token);
    let next = "a secret of this test, long enough to be one";
    for (previous, status) in [(Some(secret.trim()), 200), (None, 401)] {
        let mut builder = TestApp::builder().set("secret_key", next);
        if let Some(previous) = previous {
            builder = builder.set("previous_secret_key", previous);
        }
        let rotated = builder.start().await;
        rotated.admin().repository("library/app").push_image("v1", "one").await;
        let old = keys(&app).sign(claims.to_string().as_bytes()).unwrap();
        assert_eq!(pull(&rotated, &old).await, status);
        let (header, _) = parts(&rotated.admin().token(&[SCOPE]).await);
        assert_ne!(header["kid"], parts(&token).0["kid"], "new tokens have the new key");
    }
}
