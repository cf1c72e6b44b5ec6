//! What proxies say, as far as it shows outside. The tables of spoofing attempts are unit tests of `server::outside`.

use crate::harness::TestApp;

async fn realm(app: &TestApp, headers: &[(&'static str, &str)]) -> String {
    let mut request = app.anonymous().get("/v2/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    challenge.split('"').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn the_realm_is_where_the_client_reached_us() {
    let app = TestApp::start().await;
    assert_eq!(realm(&app, &[]).await, app.url("/service/token"));
    assert_eq!(realm(&app, &[("host", "Registry.Example:5000")]).await, "http://registry.example:5000/service/token");
    let spoofed = [("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")];
    assert_eq!(realm(&app, &spoofed).await, app.url("/service/token"));
}

#[tokio::test]
async fn behind_a_load_balancer_the_realm_is_https() {
    let app = TestApp::builder().set("trusted_proxies", "127.0.0.0/8").start().await;
    let balancer =
        [("host", "registry.example.com"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.5")];
    assert_eq!(realm(&app, &balancer).await, "https://registry.example.com/service/token");
}

#[tokio::test]
async fn a_host_that_could_break_out_is_not_repeated() {
    let app = TestApp::start().await;
    for host in ["a\"b", "evil.example/path", "a@b", "a b", "a,b"] {
        let realm = realm(&app, &[("host", host)]).await;
        assert_eq!(realm, format!("http://localhost:{}/service/token", app.address.port()), "{host}");
    }
}
