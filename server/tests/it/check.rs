//! The look from outside: what it finds at a server, who may have it looked, and what its probe tells to whom. What proxies do wrong
//! is in `end2end/tests/check.test.mjs`, what is concluded from what was seen in unit tests of `server::check`.

use api_types::{Finding, Severity, StoreStep};
use reqwest::Method;
use server::check::ProbeKey;
use test_s3::{Fault, Operation};

use crate::{
    harness::{ADMIN_PASSWORD, Authority, Process, TestApp},
    v2::bucket,
};

const PROBE: &str = "/v2/_probe";

/// The findings that are not as they should be.
fn wrong(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.severity() != Severity::Passed).collect()
}

#[tokio::test]
async fn the_probe_counts_bytes_for_those_who_hold_a_token_of_the_installation() {
    let app = TestApp::start().await;
    let (token, proof) = ProbeKey::new(&app.keys).token(registry::Clock::now(&app.clock)).unwrap();
    let request = app.anonymous().post(PROBE).header("slipway-probe", &token).body(vec![7; 3_000_000]);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let seen: serde_json::Value = answer.json().await.unwrap();
    assert_eq!((seen["bytes"].as_u64(), seen["peer"].as_str()), (Some(3_000_000), Some("127.0.0.1")));
    assert_eq!(seen["proof"].as_str(), Some(proof.as_str()));
    let request = app.anonymous().post(PROBE).header("slipway-probe", &token).body(vec![7; 9 << 20]);
    // It may have closed before all was sent.
    assert!(request.send().await.map_or(413, |answer| answer.status().as_u16()) == 413);
}

#[tokio::test]
async fn without_such_a_token_there_is_no_probe() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    let token = |app: &TestApp, now| ProbeKey::new(&app.keys).token(now).unwrap().0;
    let good = token(&app, registry::Clock::now(&app.clock));
    let (signed, forged) = (good.rsplit_once('.').unwrap().0, token(&other, registry::Clock::now(&app.clock)));
    let tokens = [
        String::new(),
        "1.2.3".to_owned(),
        signed.to_owned(),
        format!("{signed}."),
        forged,
        token(&app, registry::Clock::now(&app.clock) - time::Duration::hours(1)),
        token(&app, registry::Clock::now(&app.clock) + time::Duration::hours(1)),
    ];
    let nowhere = app.anonymous().post("/v2/_nowhere").send().await.unwrap();
    let (status, body) = (nowhere.status(), nowhere.text().await.unwrap());
    for token in tokens {
        let answer = app.anonymous().post(PROBE).header("slipway-probe", &token).body("hello").send().await.unwrap();
        assert_eq!(answer.status(), status, "{token}");
        assert_eq!(answer.text().await.unwrap().replace("_probe", "_nowhere"), body, "{token}");
    }
    let reading = app.anonymous().get(PROBE).header("slipway-probe", good).send().await.unwrap();
    assert_eq!(reading.status(), status);
}

#[tokio::test]
async fn all_is_well_with_a_server_that_clients_reach_themselves() {
    let app = TestApp::start().await;
    let report = app.examiner(&[("public_url", &app.url(""))]).look().await;
    assert_eq!(wrong(report.findings.clone()), vec![], "{report:?}");
    for expected in ["Reached", "Ours", "RealmGood", "ClientDirect", "BodyPassed", "DatabaseGood", "StoreGood"] {
        let found = report.findings.iter().any(|finding| format!("{finding:?}").starts_with(expected));
        assert!(found, "{expected}: {report:?}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_set_or_that_leads_nowhere_is_named() {
    let app = TestApp::start().await;
    let report = app.examiner(&[]).look().await;
    assert_eq!(wrong(report.findings), vec![Finding::NoPublicUrl]);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let report = app.examiner(&[("public_url", &format!("http://127.0.0.1:{port}"))]).look().await;
    assert!(matches!(&wrong(report.findings)[..], [Finding::NotReached { .. }]));
    let report = app.examiner(&[("public_url", "https://no-such-host.invalid")]).look().await;
    assert!(matches!(&wrong(report.findings)[..], [Finding::NameUnknown { .. }]));
    let report = app.examiner(&[("public_url", &app.url("").replace("http:", "https:"))]).look().await;
    assert!(matches!(&wrong(report.findings)[..], [Finding::NoTls { .. }]));
}

#[tokio::test]
async fn a_server_that_thinks_it_is_elsewhere_sends_clients_there() {
    let app = TestApp::builder().set("public_url", "https://registry.example.com").start().await;
    let report = app.examiner(&[("public_url", &app.url(""))]).look().await;
    assert!(matches!(&wrong(report.findings)[..], [Finding::RealmHost { .. }]));
}

#[tokio::test]
async fn another_installation_at_the_address_is_a_stranger() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    let report = other.examiner(&[("public_url", &app.url(""))]).look().await;
    assert!(matches!(&wrong(report.findings)[..], [Finding::SomebodyElse { .. }]));
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_named_and_what_is_behind_it_is_looked_at_all_the_same() {
    let authority = Authority::new();
    let files = authority.files();
    let (certificate, key) = (files.certificate(), files.key());
    let tls = [("tls.certificate", certificate.to_str().unwrap()), ("tls.key", key.to_str().unwrap())];
    let app = TestApp::builder().set(tls[0].0, tls[0].1).set(tls[1].0, tls[1].1).start().await;
    let url = format!("https://localhost:{}", app.address.port());
    let report = app.examiner(&[tls[0], tls[1], ("public_url", &url)]).look().await;
    assert!(matches!(&wrong(report.findings.clone())[..], [Finding::CertificateUntrusted { .. }]), "{report:?}");
    assert!(report.findings.iter().any(|finding| matches!(finding, Finding::BodyPassed { .. })), "{report:?}");
}

#[tokio::test]
async fn what_a_bucket_refuses_is_named_and_nothing_is_left_in_it() {
    let (app, memory, proxy) = bucket::start(&[]).await;
    let settings = [
        ("storage.s3.bucket", test_s3::BUCKET),
        ("storage.s3.endpoint", proxy.url.as_str()),
        ("storage.s3.access_key", test_s3::ACCESS_KEY),
        ("storage.s3.secret_key", test_s3::SECRET_KEY),
    ];
    let examiner = app.examiner(&settings);
    let look = async || {
        let of_the_store = |finding: &Finding| !matches!(finding, Finding::NoPublicUrl);
        wrong(examiner.look().await.findings).into_iter().filter(of_the_store).collect::<Vec<_>>()
    };
    assert_eq!(look().await, vec![]);
    assert_eq!((memory.keys().len(), memory.uploads()), (0, 0));
    for (operation, step) in [
        (Operation::Put, StoreStep::Put),
        (Operation::Create, StoreStep::Multipart),
        (Operation::Parts, StoreStep::Multipart),
        (Operation::Abort, StoreStep::Multipart),
        (Operation::Uploads, StoreStep::List),
    ] {
        proxy.fail_always(operation, Fault::Deny);
        let found = look().await;
        let expected = |found: &Finding| matches!(found, Finding::StoreRefused { step: refused, reason } if *refused == step && reason.contains("AccessDenied"));
        assert!(found.len() == 1 && expected(&found[0]), "{operation:?}: {found:?}");
        proxy.heal();
    }
    proxy.fail_always(Operation::Get, Fault::Deny);
    let found = look().await;
    assert!(
        matches!(
            &found[..],
            [Finding::StoreRefused { step: StoreStep::Get, .. }, Finding::BucketRefused { status: 403, .. }]
        ),
        "{found:?}"
    );
    proxy.heal();
    for operation in [Operation::Delete, Operation::DeleteMany] {
        proxy.fail_always(operation, Fault::Deny);
    }
    let found = look().await;
    assert!(matches!(&found[..], [Finding::StoreRefused { step: StoreStep::Delete, .. }]), "{found:?}");
}

#[tokio::test]
async fn clients_that_cannot_reach_the_bucket_are_told_of() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let elsewhere = format!("http://127.0.0.1:{port}");
    let (app, _, proxy) = bucket::start(&[("public_endpoint", &elsewhere)]).await;
    let settings = [("storage.s3.bucket", test_s3::BUCKET), ("storage.s3.endpoint", proxy.url.as_str())];
    let found = wrong(app.examiner(&settings).look().await.findings);
    assert!(
        matches!(&found[..], [Finding::NoPublicUrl, Finding::BucketNotReached { host, .. }] if host.contains(&port.to_string())),
        "{found:?}"
    );
}

#[tokio::test]
async fn administrators_have_it_looked_and_see_what_was_found_without_scripts_too() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/admin/system").await;
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("Not checked yet") && page.contains("action=\"/_fn/check_connection\""), "{page}");

    let form = admin.request(Method::POST, "/_fn/check_connection").header("sec-fetch-site", "same-origin");
    let answer = admin.send(form.header("content-type", crate::harness::FORM).body("")).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (302, "/admin/system"));
    let page = admin.open("/admin/system").await.text().await.unwrap();
    assert!(page.contains("public_url") && page.contains("1 warning"), "{page}");
}

#[tokio::test]
async fn nobody_else_sees_the_system_or_has_it_looked() {
    let app = TestApp::start().await;
    let mut person = app.signed_in("ada").await;
    assert_eq!(person.open("/admin/system").await.status(), 403);
    assert_eq!(person.read("get_system").await.status(), 403);
    assert_eq!(person.call("check_connection", &[]).await.status(), 403);
    let mut stranger = app.browser();
    assert_eq!(stranger.read("get_system").await.status(), 401);
    assert_eq!(stranger.call("check_connection", &[]).await.status(), 401);
    assert_eq!(app.registry.system.last_check(&registry::Actor::system()).await.unwrap(), None);
}

#[tokio::test]
async fn the_program_prints_what_it_finds_and_fails_where_somebody_is_kept_from_something() {
    let process = Process::start(&[]);
    let run = |more: &[&str]| process.beside("check", more);
    let (code, text) = run(&["--public-url", &process.url()]);
    assert!(code == Some(0) && text.contains("0 failures, 0 warnings"), "{code:?} {text}");
    assert!(text.contains("; 8.59 GB was announced"), "with a plain space, as it is searched for: {text}");
    let (code, text) = run(&["--public-url", "https://no-such-host.invalid"]);
    assert!(code == Some(1) && text.contains("FAILURE  Address") && text.contains("DNS record"), "{code:?} {text}");
    let (code, text) = run(&["--public-url", &process.url(), "--json"]);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, report["failures"].as_u64()), (Some(0), Some(0)), "{text}");
    assert_eq!(report["findings"][0]["severity"], "passed");
    let (code, text) = run(&["--data-dir", "elsewhere"]);
    assert!(code == Some(1) && text.contains("elsewhere/secret.key"), "{code:?} {text}");
    assert!(!text.contains(ADMIN_PASSWORD));
}
