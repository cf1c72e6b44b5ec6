//! `end-1`, and what holds for every answer.

use reqwest::{Method, header};

use crate::harness::{ADMIN_PASSWORD, TestApp, problem};

fn challenge(response: &reqwest::Response) -> String {
    response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_shows_nothing_is_sent_to_the_realm() {
    let app = TestApp::start().await;
    let realm = format!(r#"Bearer realm="http://{}/service/token",service="slipway""#, app.address);
    for path in ["/v2", "/v2/"] {
        let answer = app.anonymous().get(path).send().await.unwrap();
        assert_eq!(answer.headers()["docker-distribution-api-version"], "registry/2.0");
        assert_eq!(challenge(&answer), realm);
        assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()));
    }
    let answer = app.anonymous().head("/v2/").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), challenge(&answer)), (401, realm));
}

#[tokio::test]
async fn a_challenge_names_the_scope_even_where_everybody_may_pull() {
    let app = TestApp::start().await;
    for (method, path, scope) in [
        (Method::GET, "/v2/_catalog", "registry:catalog:*"),
        (Method::GET, "/v2/library/a/manifests/latest", "repository:library/a:pull"),
        (Method::POST, "/v2/library/a/blobs/uploads/", "repository:library/a:pull,push"),
        (Method::DELETE, "/v2/library/a/manifests/latest", "repository:library/a:delete"),
        (
            Method::POST,
            "/v2/library/a/blobs/uploads/?mount=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855&from=library/b",
            "repository:library/a:pull,push repository:library/b:pull",
        ),
    ] {
        let answer = app.anonymous().request(method, path).send().await.unwrap();
        assert!(challenge(&answer).ends_with(&format!(r#",scope="{scope}""#)), "{}", challenge(&answer));
        assert_eq!(answer.status(), 401);
    }
}

#[tokio::test]
async fn credentials_and_tokens_of_an_account_open_it() {
    let app = TestApp::start().await;
    for client in [app.admin(), app.admin().bearer(&[]).await, app.user("ada").await] {
        let answer = client.get("/v2/").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "{}".to_owned()));
    }
    let nobody = app.anonymous().bearer(&["repository:library/a:pull"]).await;
    let answer = nobody.get("/v2/").send().await.unwrap();
    assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()), "a token of nobody is no account");
}

#[tokio::test]
async fn what_makes_no_sense_as_credentials_is_answered_with_a_challenge() {
    let app = TestApp::start().await;
    for value in ["", "Bearer", "Bearer ", "Bearer x", "Basic", "Basic !!", "Basic YWRh", "Digest x", "\u{e9}"] {
        let request = app.anonymous().get("/v2/").header(header::AUTHORIZATION, value.as_bytes());
        let answer = request.send().await.unwrap();
        assert!(challenge(&answer).starts_with("Bearer realm="), "{value}");
        assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()), "{value}");
    }
    let wrong = app.anonymous().get("/v2/").basic_auth("admin", Some("wrong")).send().await.unwrap();
    assert_eq!(problem(wrong).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn the_realm_is_where_the_client_sees_us() {
    let app = TestApp::builder().set("public_url", "https://registry.example.com").start().await;
    let answer = app.anonymous().get("/v2/").send().await.unwrap();
    assert!(challenge(&answer).starts_with(r#"Bearer realm="https://registry.example.com/service/token","#));
}

#[tokio::test]
async fn cookies_mean_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    for path in ["/v2/", "/v2/_catalog", "/service/token"] {
        assert_eq!(browser.open(path).await.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn no_answer_can_be_a_page() {
    let app = TestApp::start().await;
    app.admin().repository("library/a").push_image("v1", "<script>alert(1)</script>").await;
    for path in ["/v2/", "/v2/library/a/manifests/v1", "/v2/library/a/tags/list", "/v2/nothing", "/service/token"] {
        for client in [app.admin(), app.anonymous()] {
            let answer = client.get(path).send().await.unwrap();
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
            let policy = &answer.headers()["content-security-policy"];
            assert_eq!(policy, "default-src 'none'; sandbox; frame-ancestors 'none'", "{path}");
            assert!(answer.headers().contains_key("x-request-id"), "{path}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_there_are() {
    let app = TestApp::start().await;
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (path, allowed) in [
        ("/v2/".to_owned(), "GET, HEAD"),
        ("/v2/_catalog".to_owned(), "GET, HEAD"),
        ("/v2/library/a/tags/list".to_owned(), "GET, HEAD"),
        (format!("/v2/library/a/referrers/{digest}"), "GET, HEAD"),
        ("/v2/library/a/manifests/v1".to_owned(), "GET, HEAD, PUT, DELETE"),
        (format!("/v2/library/a/blobs/{digest}"), "GET, HEAD, DELETE"),
        ("/v2/library/a/blobs/uploads/".to_owned(), "POST"),
        ("/v2/library/a/blobs/uploads/1".to_owned(), "GET, HEAD, PATCH, PUT, DELETE"),
    ] {
        for method in [Method::OPTIONS, Method::TRACE, Method::from_bytes(b"BREW").unwrap()] {
            let answer = app.admin().request(method, &path).send().await.unwrap();
            assert_eq!(answer.headers()[header::ALLOW], allowed, "{path}");
            assert_eq!(problem(answer).await, (405, "UNSUPPORTED".to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_address_is_not_found() {
    let app = TestApp::start().await;
    for path in ["/v2/a", "/v2/library/a/", "/v2/library/a/tags", "/v2/library/a/blobs/", "/v2/_catalog/"] {
        let answer = app.admin().get(path).send().await.unwrap();
        assert_eq!(problem(answer).await, (404, "NAME_UNKNOWN".to_owned()), "{path}");
    }
    for (path, code) in [
        ("/v2/Library/a/tags/list", "NAME_INVALID"),
        ("/v2/library//a/tags/list", "NAME_INVALID"),
        ("/v2/library/..%2fa/tags/list", "NAME_INVALID"),
        ("/v2/library/a/blobs/sha256:ab", "DIGEST_INVALID"),
        ("/v2/library/a/blobs/md5:d41d8cd98f00b204e9800998ecf8427e", "DIGEST_INVALID"),
        (
            "/v2/library/a/referrers/sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            "DIGEST_INVALID",
        ),
    ] {
        let answer = app.admin().get(path).send().await.unwrap();
        assert_eq!(problem(answer).await, (400, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn wrong_passwords_are_slowed_down() {
    let app = TestApp::start().await;
    app.user("ada").await;
    let mut last = 401;
    for _ in 0..10 {
        let answer = app.anonymous().get("/v2/").basic_auth("ada", Some("wrong")).send().await.unwrap();
        last = answer.status().as_u16();
        if last == 429 {
            assert!(answer.headers()[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 0);
            assert_eq!(problem(answer).await.1, "TOOMANYREQUESTS");
            break;
        }
    }
    assert_eq!(last, 429);
    let admin = app.anonymous().get("/v2/").basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
    assert_eq!(admin.status(), 200, "others are not held up");
}
