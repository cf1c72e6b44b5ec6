//! What operators and their machines look at.

use crate::harness::{Raw, TestApp};

#[tokio::test]
async fn a_server_that_has_started_is_alive_and_ready() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.anonymous().get(path).send().await.unwrap().status(), 200, "{path}");
        assert_eq!(app.anonymous().head(path).send().await.unwrap().status(), 200, "{path}");
        assert_eq!(app.anonymous().post(path).send().await.unwrap().status(), 405, "{path}");
    }
}

#[tokio::test]
async fn a_server_without_its_store_is_alive_but_not_ready() {
    let app = TestApp::start().await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let uploads = app.folder.path().join("uploads");
    std::fs::remove_dir_all(&uploads).unwrap();
    std::fs::write(&uploads, "in the way").unwrap();
    assert_eq!(app.anonymous().get("/readyz").send().await.unwrap().status(), 503);
    assert_eq!(app.anonymous().get("/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready() {
    let app = TestApp::builder().set("http.shutdown_delay", "60s").start().await;
    let mut resting = Raw::connect(app.address).await;
    resting.send("GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(resting.status().await, 200);
    app.drain.start();
    let mut late = Raw::connect(app.address).await;
    for raw in [&mut late, &mut resting] {
        raw.send("GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let (head, body) = raw.answer().await;
        assert!(head.starts_with("HTTP/1.1 503"), "{head}");
        assert_eq!(body, b"stopping\n");
        assert!(raw.until_closed().await.is_empty());
    }
    assert_eq!(app.anonymous().get("/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn metrics_count_requests_by_part_and_status() {
    let app = TestApp::start().await;
    app.anonymous().get("/healthz").send().await.unwrap().bytes().await.unwrap();
    app.anonymous().get("/v2/").send().await.unwrap().bytes().await.unwrap();
    app.anonymous().get("/v2/library/a/manifests/b").send().await.unwrap().bytes().await.unwrap();
    let page = app.anonymous().get("/metrics").send().await.unwrap().text().await.unwrap();
    for line in [
        "slipway_requests_total{part=\"health\",status=\"200\"} 1",
        "slipway_requests_total{part=\"base\",status=\"401\"} 1",
        "slipway_requests_total{part=\"manifests\",status=\"401\"} 1",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
}

#[tokio::test]
async fn metrics_are_for_the_networks_that_may_see_them() {
    let closed = TestApp::builder().set("metrics.allow", "192.0.2.0/24").start().await;
    assert_eq!(closed.anonymous().get("/metrics").send().await.unwrap().status(), 404);
    // Nobody becomes somebody else by a header, unless the operator trusts the peer.
    let spoofed = closed.anonymous().get("/metrics").header("x-forwarded-for", "192.0.2.1").send().await.unwrap();
    assert_eq!(spoofed.status(), 404);
    let proxied =
        TestApp::builder().set("metrics.allow", "192.0.2.0/24").set("trusted_proxies", "127.0.0.1").start().await;
    let seen = proxied.anonymous().get("/metrics").header("x-forwarded-for", "192.0.2.1").send().await.unwrap();
    assert_eq!(seen.status(), 200);
}
