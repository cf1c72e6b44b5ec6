#![allow(clippy::unwrap_used)]

use api_types::{ClockPlace, Finding, Severity};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use time::macros::datetime;
use tokio_rustls::rustls::{RootCertStore, pki_types::CertificateDer};

use super::{address, bucket, certificate, clock, is_private, outgoing::Answer, probe::Seen};
use crate::outside::PublicUrl;

const NOW: time::OffsetDateTime = datetime!(2026-11-28 12:00 UTC);

fn url(text: &str) -> PublicUrl {
    PublicUrl::parse(text).unwrap()
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: &'static [u8]) -> Answer {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
    let (status, body) = (StatusCode::from_u16(status).unwrap(), Bytes::from_static(body));
    Answer { status, headers: headers.collect(), body }
}

#[test]
fn a_realm_with_another_scheme_or_host_is_named() {
    let judged = |url: &str, challenge: &str| {
        let headers = HeaderMap::from_iter([(header::WWW_AUTHENTICATE, HeaderValue::from_str(challenge).unwrap())]);
        address::realm(&self::url(url), StatusCode::UNAUTHORIZED, &headers)
    };
    let bearer = |realm: &str| format!("Bearer realm=\"{realm}/service/token\",service=\"slipway\"");
    let good = judged("https://r.example", &bearer("https://r.example"));
    assert!(matches!(good, Finding::RealmGood { .. }), "{good:?}");
    let scheme = judged("https://r.example", &bearer("http://r.example"));
    assert!(matches!(&scheme, Finding::RealmScheme { expected, .. } if expected.starts_with("https://r.example/")));
    for (outside, realm) in [
        ("https://r.example", "https://10.0.0.7:8080"),
        ("https://r.example:8443", "https://r.example"),
        ("https://r.example", "http://localhost:8080"),
    ] {
        let host = judged(outside, &bearer(realm));
        assert!(matches!(host, Finding::RealmHost { .. }), "{host:?}");
    }
    for status in [StatusCode::OK, StatusCode::UNAUTHORIZED] {
        let missing = address::realm(&url("https://r.example"), status, &HeaderMap::new());
        assert_eq!(missing, Finding::RealmMissing { status: status.as_u16() });
    }
}

#[test]
fn a_redirect_of_the_protocol_is_a_loop_or_leads_away() {
    let judged = |status, location: &str| {
        address::leads_elsewhere(&url("https://r.example"), &answer(status, &[("location", location)], b""))
    };
    for location in ["https://r.example/v2/", "https://R.example:443/v2/", "/v2/", "/v2"] {
        assert!(matches!(judged(301, location), Some(Finding::RedirectLoop { .. })), "{location}");
    }
    for location in ["https://other.example/v2/", "http://r.example/v2/", "/login", "mailto:x", ""] {
        assert!(matches!(judged(302, location), Some(Finding::RedirectedAway { .. })), "{location}");
    }
    assert_eq!(judged(401, "https://r.example/v2/"), None);
}

#[test]
fn who_answers_instead_of_us_is_a_proxy_in_trouble_or_a_stranger() {
    for status in [502, 503, 504] {
        let judged = address::somebody_else(StatusCode::from_u16(status).unwrap());
        assert_eq!(judged, Finding::GatewayFailed { status });
    }
    for status in [200, 404, 401, 405, 500] {
        let judged = address::somebody_else(StatusCode::from_u16(status).unwrap());
        assert_eq!(judged, Finding::SomebodyElse { status });
    }
}

fn seen(peer: &str, named: Option<&str>, trusted: bool) -> Seen {
    Seen {
        proof: String::new(),
        version: "1".to_owned(),
        bytes: 5,
        peer: peer.parse().unwrap(),
        client: "203.0.113.7".parse().unwrap(),
        named: named.map(str::to_owned),
        trusted,
    }
}

#[test]
fn whoever_stands_between_has_to_be_trusted_and_to_say_who_asks() {
    let local = "198.51.100.2".parse().unwrap();
    let judged = |peer: &str, named: Option<&str>, trusted, ends_elsewhere| {
        address::client(&seen(peer, named, trusted), local, ends_elsewhere)
    };
    let proxy = "10.0.0.5";
    let peer = proxy.parse().unwrap();
    let forged = Some(address::FORGED);
    // We ourselves reached it: what we said of ourselves came as we said it.
    assert_eq!(judged("198.51.100.2", forged, false, false), Finding::ClientDirect { client: local });
    assert_eq!(judged(proxy, Some("203.0.113.7"), false, true), Finding::ProxyUntrusted { peer });
    assert_eq!(judged(proxy, None, true, true), Finding::ClientHidden { peer });
    assert_eq!(judged(proxy, forged, false, true), Finding::ClientHidden { peer });
    assert_eq!(judged(proxy, forged, true, true), Finding::ClientForged { peer });
    let client = "203.0.113.7".parse().unwrap();
    assert_eq!(judged(proxy, Some("203.0.113.7"), true, true), Finding::ClientKnown { client, peer });
    // A proxy on the same machine is told from none by the TLS that ended in it.
    assert_eq!(judged("198.51.100.2", forged, false, true), Finding::ClientHidden { peer: local });
}

#[test]
fn a_body_that_is_refused_or_cut_short_is_not_passed() {
    let whole = Some(Seen { bytes: 2048, ..seen("10.0.0.5", None, false) });
    assert_eq!(address::body(2048, Ok((StatusCode::OK, whole.clone()))), Finding::BodyPassed { bytes: 2048 });
    let refused = address::body(2048, Ok((StatusCode::PAYLOAD_TOO_LARGE, None)));
    assert_eq!(refused, Finding::BodyRefused { bytes: 2048, status: 413 });
    for broken in
        [address::body(4096, Ok((StatusCode::OK, whole))), address::body(4096, Err(&"connection reset".to_owned()))]
    {
        assert!(matches!(broken, Finding::BodyBroke { bytes: 4096, .. }), "{broken:?}");
    }
}

#[test]
fn clocks_that_are_seconds_apart_are_a_warning_and_a_minute_is_a_failure() {
    for (milliseconds, severity) in [
        (0, Severity::Passed),
        (4_999, Severity::Passed),
        (-5_000, Severity::Warning),
        (59_999, Severity::Warning),
        (-60_000, Severity::Failure),
    ] {
        assert_eq!(clock::finding(ClockPlace::Database, milliseconds).severity(), severity, "{milliseconds}");
    }
}

#[test]
fn the_date_of_an_answer_tells_its_clock_to_the_second() {
    let of = |date: &str| {
        let headers = HeaderMap::from_iter([(header::DATE, HeaderValue::from_str(date).unwrap())]);
        clock::of_answer(ClockPlace::Outside, &headers, NOW, NOW + time::Duration::milliseconds(700))
    };
    let place = ClockPlace::Outside;
    assert_eq!(of("Sat, 28 Nov 2026 12:00:00 GMT"), Some(Finding::ClockGood { place, milliseconds: 0 }));
    assert_eq!(of("Sat, 28 Nov 2026 12:00:30 GMT"), Some(Finding::ClockOff { place, milliseconds: 30_000 }));
    assert_eq!(of("Sat, 28 Nov 2026 11:59:00 GMT"), Some(Finding::ClockOff { place, milliseconds: -59_700 }));
    assert_eq!(of("yesterday"), None);
}

/// A chain that an authority signed for `r.example` between two days, and that authority.
fn chain(from: (i32, u8, u8), until: (i32, u8, u8)) -> (Vec<CertificateDer<'static>>, RootCertStore) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["r.example".to_owned()]).unwrap();
    (params.not_before, params.not_after) =
        (date_time_ymd(from.0, from.1, from.2), date_time_ymd(until.0, until.1, until.2));
    let certificate = params.signed_by(&KeyPair::generate().unwrap(), &authority).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    (vec![certificate.der().clone()], roots)
}

#[test]
fn a_certificate_is_good_ends_soon_or_is_out_of_its_time() {
    for (from, until, expected) in [
        ((2026, 11, 1), (2027, 1, 31), Finding::CertificateGood { days: 63 }),
        ((2026, 11, 1), (2026, 12, 4), Finding::CertificateEndsSoon { days: 5 }),
        ((2026, 9, 1), (2026, 11, 28), Finding::CertificateExpired),
        ((2026, 11, 29), (2027, 1, 31), Finding::CertificateNotYetValid),
    ] {
        let (chain, roots) = chain(from, until);
        assert_eq!(certificate::finding(&chain, "r.example", roots, NOW), expected);
    }
}

#[test]
fn a_certificate_of_strangers_or_for_others_is_refused() {
    let (chain, roots) = chain((2026, 11, 1), (2027, 1, 31));
    let other = certificate::finding(&chain, "other.example", roots.clone(), NOW);
    assert!(matches!(&other, Finding::CertificateForOthers { host, .. } if host == "other.example"), "{other:?}");
    let (_, strangers) = self::chain((2026, 11, 1), (2027, 1, 31));
    for (chain, roots) in [(&chain[..], strangers), (&[], roots)] {
        let untrusted = certificate::finding(chain, "r.example", roots, NOW);
        assert!(matches!(untrusted, Finding::CertificateUntrusted { .. }), "{untrusted:?}");
    }
}

#[test]
fn a_bucket_has_to_hand_out_what_was_stored_to_everybody() {
    let (inside, outside) = ("10.0.0.9".parse().unwrap(), "198.51.100.2".parse().unwrap());
    let authority = "s3.example".parse().unwrap();
    let judged = |address, public, answer| {
        let outside = bucket::Outside { host: Some("r.example"), address: public };
        bucket::answered(&authority, address, outside, &answer, b"sample")
    };
    let host = "s3.example".to_owned();
    let good = || answer(200, &[], b"sample");
    assert_eq!(judged(outside, Some(outside), good()), Finding::BucketReached { host: host.clone() });
    assert_eq!(judged(inside, Some(inside), good()), Finding::BucketReached { host: host.clone() });
    assert_eq!(judged(inside, None, good()), Finding::BucketReached { host: host.clone() });
    let private = judged(inside, Some(outside), good());
    assert_eq!(private, Finding::BucketPrivate { host: host.clone(), address: inside });
    let refused = judged(outside, None, answer(403, &[], b"<Error/>"));
    assert_eq!(refused, Finding::BucketRefused { host: host.clone(), status: 403 });
    let other = judged(outside, None, answer(200, &[], b"other"));
    assert_eq!(other, Finding::BucketRefused { host, status: 200 });
    let elsewhere = judged(outside, None, answer(307, &[("location", "https://x")], b""));
    assert!(matches!(elsewhere, Finding::BucketNotReached { .. }), "{elsewhere:?}");
}

#[test]
fn a_bucket_beside_the_server_is_not_reached_by_everybody() {
    let (reached, private, short) = ("reached", "private", "short");
    for (host, address, public_host, public, expected) in [
        ("s3.example", "10.0.0.9", Some("r.example"), Some("10.0.0.2"), reached),
        ("s3.example", "127.0.0.1", Some("r.example"), Some("10.0.0.2"), private),
        ("localhost:9000", "::1", Some("r.example"), Some("10.0.0.2"), private),
        ("127.0.0.1:9000", "127.0.0.1", Some("localhost"), Some("::1"), reached),
        ("localhost:9000", "127.0.0.1", Some("127.0.0.1"), Some("127.0.0.1"), reached),
        ("garage:3900", "10.0.0.9", Some("r.example"), Some("10.0.0.2"), short),
        ("garage:3900", "10.0.0.9", Some("r.example"), Some("198.51.100.2"), private),
        ("minio", "198.51.100.9", Some("r.example"), Some("198.51.100.2"), short),
        ("minio.", "10.0.0.9", Some("r.example"), None, short),
        ("garage:3900", "10.0.0.9", Some("Garage"), Some("10.0.0.9"), reached),
        ("garage:3900", "10.0.0.9", None, None, reached),
        ("[fd00::9]:3900", "fd00::9", Some("r.example"), Some("10.0.0.2"), reached),
    ] {
        let address = address.parse().unwrap();
        let outside = bucket::Outside { host: public_host, address: public.map(|public| public.parse().unwrap()) };
        let answer = answer(200, &[], b"sample");
        let judged = bucket::answered(&host.parse().unwrap(), address, outside, &answer, b"sample");
        let host = host.to_owned();
        let expected = match expected {
            "private" => Finding::BucketPrivate { host, address },
            "short" => Finding::BucketShortName { host },
            _ => Finding::BucketReached { host },
        };
        assert_eq!(judged, expected, "{address} beside {public:?}");
        assert_eq!(judged.severity() == Severity::Passed, matches!(judged, Finding::BucketReached { .. }));
    }
}

#[test]
fn private_addresses_are_known() {
    for address in
        ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1"]
    {
        assert!(is_private(address.parse().unwrap()), "{address}");
    }
    for address in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2001:4860::8888", "::ffff:8.8.8.8"] {
        assert!(!is_private(address.parse().unwrap()), "{address}");
    }
}
