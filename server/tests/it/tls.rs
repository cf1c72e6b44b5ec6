//! TLS that ends here: what is spoken, how long it may take, which certificate is shown, and how the outside looks.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use server::{
    listener::{self, Counters, Drain, Limits, Tls, ToTls},
    outside::PublicUrl,
};

use crate::harness::{ADMIN_PASSWORD, Authority, PATIENCE, Raw, TestApp, Toy, in_calm, relaxed};

const SHORT: Duration = Duration::from_secs(1);
const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const HTTP1: &[&str] = &["http/1.1"];

fn toy(authority: &Authority, limits: Limits) -> Toy {
    Toy::over(Some(Tls::load(&authority.files().config()).unwrap()), limits)
}

#[tokio::test]
async fn http_1_is_spoken_with_and_without_a_word_of_it() {
    let authority = Authority::new();
    let toy = toy(&authority, relaxed());
    for protocols in [HTTP1, &[]] {
        let mut raw = authority.connect(toy.address, protocols).await.unwrap();
        for _ in 0..2 {
            raw.send(GET).await;
            assert_eq!(raw.answer().await.1, b"hello");
        }
        raw.send("GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert_eq!(raw.answer().await.1, b"127.0.0.1");
        assert!(raw.until_closed().await.is_empty());
    }
}

#[tokio::test]
async fn http_2_is_spoken_with_those_who_offer_it() {
    let authority = Authority::new();
    let toy = toy(&authority, relaxed());
    let mut raw = authority.connect(toy.address, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(raw.0.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    raw.ask_in_http2(0x87, "hello").await;
}

#[tokio::test]
async fn bodies_of_any_size_go_both_ways() {
    let authority = Authority::new();
    let toy = toy(&authority, relaxed());
    let mut raw = authority.connect(toy.address, HTTP1).await.unwrap();
    for size in [1, 16 << 10, (16 << 10) + 1, 5_000_000] {
        raw.send(format!("PUT /count HTTP/1.1\r\nhost: a\r\ncontent-length: {size}\r\n\r\n")).await;
        raw.send(vec![b'x'; size]).await;
        tokio::io::AsyncWriteExt::flush(&mut raw.0).await.unwrap();
        assert_eq!(raw.answer().await.1, size.to_string().as_bytes());
    }
    raw.send("GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut body = vec![0; 5_000_000];
    tokio::io::AsyncReadExt::read_exact(&mut raw.0, &mut body).await.unwrap();
    assert!(body.ends_with(&[b'x'; 1000]));
}

#[tokio::test]
async fn a_handshake_has_the_time_of_headers_and_silence_is_no_excuse() {
    in_calm(async || {
        let authority = Authority::new();
        let toy = toy(&authority, Limits { header_timeout: SHORT, ..relaxed() });
        let began = Instant::now();
        let (mut silent, mut slow) = (Raw::connect(toy.address).await, Raw::connect(toy.address).await);
        // A handshake that would be 512 bytes long.
        slow.send([22, 3, 1, 2, 0, 1]).await;
        assert!(silent.until_closed().await.is_empty());
        slow.until_closed().await;
        assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
        assert_eq!(toy.counters.timed_out.load(Ordering::Relaxed), 2);
        // Once it is over, a connection may rest for longer.
        let mut raw = authority.connect(toy.address, HTTP1).await.unwrap();
        tokio::time::sleep(SHORT * 2).await;
        raw.send(GET).await;
        assert_eq!(raw.status().await, 200);
    })
    .await;
}

#[tokio::test]
async fn headers_that_crawl_inside_of_tls_end_the_connection() {
    in_calm(async || {
        let authority = Authority::new();
        let toy = toy(&authority, Limits { header_timeout: SHORT, ..relaxed() });
        let mut raw = authority.connect(toy.address, HTTP1).await.unwrap();
        raw.send("GET / HTTP/1.1\r\nhost: a\r\n").await;
        raw.until_closed().await;
        assert_eq!(toy.counters.timed_out.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    let authority = Authority::new();
    let toy = toy(&authority, Limits { write_timeout: SHORT, ..relaxed() });
    let mut raw = authority.connect(toy.address, HTTP1).await.unwrap();
    raw.send("GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let dropped = async {
        while toy.counters.open.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, dropped).await.expect("the server drops it");
}

#[tokio::test]
async fn a_handshake_takes_a_place() {
    let authority = Authority::new();
    let toy = toy(&authority, Limits { max_connections: 1, ..relaxed() });
    let silent = Raw::connect(toy.address).await;
    let waiting = authority.connect(toy.address, HTTP1);
    tokio::pin!(waiting);
    assert!(tokio::time::timeout(SHORT, &mut waiting).await.is_err(), "there was no place");
    drop(silent);
    let mut raw = waiting.await.unwrap();
    raw.send(GET).await;
    assert_eq!(raw.status().await, 200);
}

#[tokio::test]
async fn who_speaks_plain_http_is_told_so() {
    let authority = Authority::new();
    let toy = toy(&authority, relaxed());
    let mut raw = Raw::connect(toy.address).await;
    raw.send(GET).await;
    let answer = String::from_utf8(raw.until_closed().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
}

#[tokio::test]
async fn stopping_lets_running_requests_end() {
    let authority = Authority::new();
    let toy = toy(&authority, relaxed());
    let mut running = authority.connect(toy.address, HTTP1).await.unwrap();
    let (mut shaking, mut resting) =
        (Raw::connect(toy.address).await, authority.connect(toy.address, HTTP1).await.unwrap());
    shaking.send([22, 3, 1]).await;
    running.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await;
    toy.answers.arrived.notified().await;
    toy.drain.start();
    assert!(resting.until_closed().await.is_empty());
    shaking.until_closed().await;
    toy.answers.go.notify_one();
    let (head, body) = running.answer().await;
    assert_eq!((head.to_lowercase().contains("connection: close"), body.as_slice()), (true, b"waited".as_slice()));
    tokio::time::timeout(PATIENCE, toy.task).await.expect("it has stopped").unwrap();
}

#[tokio::test]
async fn a_new_certificate_is_used_and_a_broken_one_is_not() {
    let (authority, next) = (Authority::new(), Authority::new());
    let files = authority.files();
    let tls = Tls::load(&files.config()).unwrap();
    let toy = Toy::over(Some(tls.clone()), relaxed());
    let mut before = authority.connect(toy.address, HTTP1).await.unwrap();

    let good = next.issue("localhost");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    let of_another = (next.issue("localhost").0, next.issue("localhost").1);
    for unfit in [(broken, good.1.clone()), (good.0.clone(), String::new()), of_another] {
        files.put(&unfit);
        tls.look();
        assert!(authority.connect(toy.address, HTTP1).await.is_ok(), "{unfit:?}");
    }
    std::fs::remove_file(files.key()).unwrap();
    tls.look();
    assert!(authority.connect(toy.address, HTTP1).await.is_ok());

    files.put(&good);
    tls.look();
    let mut after = next.connect(toy.address, HTTP1).await.unwrap();
    assert!(authority.connect(toy.address, HTTP1).await.is_err());
    for raw in [&mut before, &mut after] {
        raw.send(GET).await;
        assert_eq!(raw.status().await, 200, "a connection goes on with what it began with");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_names_its_file() {
    let authority = Authority::new();
    let files = authority.files();
    let (good, other) = (authority.issue("localhost"), authority.issue("localhost"));
    for (pair, named) in [
        ((String::new(), good.1.clone()), "certificate.pem holds no certificate"),
        ((good.0.clone(), good.0.clone()), "key.pem holds no private key"),
        ((good.0.clone(), other.1), "cannot be used together"),
    ] {
        files.put(&pair);
        let error = Tls::load(&files.config()).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
    std::fs::remove_file(files.certificate()).unwrap();
    let error = Tls::load(&files.config()).unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("certificate.pem"), "{error}");
}

#[tokio::test]
async fn the_outside_is_https_without_a_word_of_configuration() {
    let authority = Authority::new();
    let files = authority.files();
    let app = TestApp::builder()
        .set("tls.certificate", files.certificate().to_str().unwrap())
        .set("tls.key", files.key().to_str().unwrap())
        .start()
        .await;
    let port = app.address.port();
    let mut raw = authority.connect(app.address, HTTP1).await.unwrap();
    raw.send(format!("GET /v2/ HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n")).await;
    let (head, _) = raw.answer().await;
    assert!(head.contains(&format!("realm=\"https://localhost:{port}/service/token\"")), "{head}");
    assert!(head.to_lowercase().contains("strict-transport-security: max-age=31536000"), "{head}");

    let form = format!("username=admin&password={ADMIN_PASSWORD}&next=/");
    raw.send(format!(
        "POST /_fn/sign_in HTTP/1.1\r\nhost: localhost:{port}\r\norigin: https://localhost:{port}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    ))
    .await;
    let (head, _) = raw.answer().await;
    let cookie = head.lines().find(|line| line.to_lowercase().starts_with("set-cookie: __host-")).expect(&head);
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");
}

/// Where plain HTTP is redirected from.
fn plain(public_url: Option<&str>) -> SocketAddr {
    let listener = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let to = ToTls::new(public_url.map(|url| PublicUrl::parse(url).unwrap()), 8443);
    tokio::spawn(listener::serve(listener, None, to, relaxed(), Arc::<Counters>::default(), Drain::default()));
    address
}

#[tokio::test]
async fn plain_http_is_redirected() {
    for (public_url, request, location) in [
        (None, "GET /projects?x=1 HTTP/1.1\r\nhost: r.example:80\r\n", Some("https://r.example:8443/projects?x=1")),
        (None, "POST //evil.example HTTP/1.1\r\nhost: r.example\r\n", Some("https://r.example:8443//evil.example")),
        (None, "GET / HTTP/1.1\r\nhost: [::1]:8080\r\n", Some("https://[::1]:8443/")),
        (Some("https://r.example"), "GET /v2/ HTTP/1.1\r\nhost: evil.example\r\n", Some("https://r.example/v2/")),
        (None, "GET / HTTP/1.1\r\nhost: a/b\r\n", None),
        (None, "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n", None),
    ] {
        let mut raw = Raw::connect(plain(public_url)).await;
        raw.send(format!("{request}\r\n")).await;
        let (head, _) = raw.answer().await;
        match location {
            Some(location) => {
                assert!(head.starts_with("HTTP/1.1 308"), "{request}: {head}");
                assert!(head.contains(&format!("location: {location}\r\n")), "{request}: {head}");
            }
            None => assert!(head.starts_with("HTTP/1.1 400"), "{request}: {head}"),
        }
        assert!(!head.to_lowercase().contains("strict-transport-security"), "{head}");
    }
}
