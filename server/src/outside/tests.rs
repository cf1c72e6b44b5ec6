#![allow(clippy::unwrap_used)]

use http::HeaderValue;

use super::*;

const PROXY: &str = "10.0.0.1";
const STRANGER: &str = "198.51.100.9";

fn trust(public_url: Option<&str>) -> Trust {
    trust_in(ProxyHeaders::XForwarded, public_url)
}

fn trust_in(family: ProxyHeaders, public_url: Option<&str>) -> Trust {
    let proxies = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    Trust::new(public_url.map(|url| PublicUrl::parse(url).unwrap()), proxies, family, 8080, false)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn outside(peer: &str, pairs: &[(&'static str, &str)]) -> String {
    trust(None).outside(peer.parse().unwrap(), &Uri::from_static("/"), &headers(pairs)).to_string()
}

fn client(peer: &str, lines: &[&str]) -> String {
    let pairs: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
    trust(None).client(peer.parse().unwrap(), &headers(&pairs)).to_string()
}

#[test]
fn a_request_names_its_own_host() {
    assert_eq!(outside(STRANGER, &[("host", "Registry.Example.com:8080")]), "http://registry.example.com:8080");
    assert_eq!(outside(STRANGER, &[("host", "registry.example.com:80")]), "http://registry.example.com");
    assert_eq!(outside(STRANGER, &[("host", "[::1]:8080")]), "http://[::1]:8080");
    assert_eq!(outside(STRANGER, &[]), "http://localhost:8080");
}

#[test]
fn the_target_of_http2_names_the_host() {
    let uri = Uri::from_static("http://registry.example.com/v2/");
    let url = trust(None).outside(STRANGER.parse().unwrap(), &uri, &HeaderMap::new());
    assert_eq!(url.to_string(), "http://registry.example.com");
}

#[test]
fn a_trusted_proxy_says_scheme_and_host() {
    let from_the_balancer = [("host", "registry.example.com"), ("x-forwarded-proto", "https")];
    assert_eq!(outside(PROXY, &from_the_balancer), "https://registry.example.com");
    let renamed =
        [("host", "10.0.0.2:8080"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "r.example.com:443")];
    assert_eq!(outside(PROXY, &renamed), "https://r.example.com");
    assert_eq!(outside("::ffff:10.0.0.1", &from_the_balancer), "https://registry.example.com");
}

#[test]
fn a_stranger_is_not_believed() {
    let spoofed = [
        ("host", "registry.example.com"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example.com"),
        ("forwarded", "for=127.0.0.1;host=evil.example.com;proto=https"),
    ];
    assert_eq!(outside(STRANGER, &spoofed), "http://registry.example.com");
    assert_eq!(client(STRANGER, &["127.0.0.1"]), STRANGER);
}

#[test]
fn the_forwarded_header_that_a_proxy_passes_on_is_not_believed() {
    let passed_on = [
        ("host", "registry.example.com"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "for=127.0.0.1;host=evil.example.com;proto=https"),
    ];
    assert_eq!(outside(PROXY, &passed_on), "http://registry.example.com");
}

#[test]
fn public_url_settles_it() {
    let trust = trust(Some("https://registry.example.com:8443/"));
    let spoofed = headers(&[("host", "evil.example.com"), ("x-forwarded-host", "evil.example.com")]);
    for peer in [PROXY, STRANGER] {
        let url = trust.outside(peer.parse().unwrap(), &Uri::from_static("/"), &spoofed);
        assert_eq!(
            (url.to_string().as_str(), url.host()),
            ("https://registry.example.com:8443", "registry.example.com:8443")
        );
    }
}

#[test]
fn public_urls_are_scheme_and_host() {
    for wrong in [
        "registry.example.com",
        "ftp://registry.example.com",
        "https://",
        "https://a/b",
        "https://a?b",
        "https://user@a",
        "https://a:0",
        "https://a:99999",
        "https://a:",
        "https://a b",
        "https://[::1",
        "https://a//",
    ] {
        assert!(PublicUrl::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(PublicUrl::parse("HTTPS://A.example:443").unwrap().to_string(), "https://a.example");
}

#[test]
fn hosts_that_could_break_out_are_not_taken() {
    for host in [
        "evil\"><script>",
        "a b",
        "a,b",
        "a/b",
        "a\\b",
        "a@b",
        "a#b",
        "a?b",
        "a%0d%0ab",
        "a:80:80",
        "a:+80",
        "a:080",
        "-:x",
        "..",
        "",
        "[::1]x",
        "[::1]:",
        "[zz]",
        "ä.example",
        "$(reboot)",
    ] {
        let seen = outside(STRANGER, &[("host", host)]);
        assert_eq!(seen, "http://localhost:8080", "{host}");
        // With a comma it is a list, of which the last counts.
        if !host.contains(',') {
            let seen = outside(PROXY, &[("x-forwarded-host", host), ("host", "good.example")]);
            assert_eq!(seen, "http://good.example", "{host}");
        }
    }
    assert_eq!(outside(STRANGER, &[("host", &"a".repeat(300))]), "http://localhost:8080");
}

#[test]
fn unknown_schemes_are_not_taken() {
    for proto in ["javascript", "HTTPSX", "https\thttp", "on", ""] {
        let seen = outside(PROXY, &[("host", "a.example"), ("x-forwarded-proto", proto)]);
        assert_eq!(seen, "http://a.example", "{proto}");
    }
}

#[test]
fn the_client_is_the_first_untrusted_address_from_the_right() {
    for (lines, expected) in [
        (&["203.0.113.5"][..], "203.0.113.5"),
        (&["127.0.0.1, 203.0.113.5"], "203.0.113.5"),
        (&["127.0.0.1", "203.0.113.5, 10.0.0.7"], "203.0.113.5"),
        (&["10.9.9.9, 203.0.113.5, 10.0.0.7, fd00::1"], "203.0.113.5"),
        (&["203.0.113.5:4711"], "203.0.113.5"),
        (&["[2001:db8::5]:4711"], "2001:db8::5"),
        (&["::ffff:203.0.113.5"], "203.0.113.5"),
        // Nobody trusted wrote further left of what cannot be read, and who is meant is not the proxy.
        (&["203.0.113.5, unknown"], "0.0.0.0"),
        (&["203.0.113.5, <script>, 10.0.0.7"], "0.0.0.0"),
        (&["unix:"], "0.0.0.0"),
        (&["203.0.113.5, "], "0.0.0.0"),
        (&["203.0.113.5", ""], "0.0.0.0"),
        // The proxy itself asks.
        (&[""], PROXY),
        (&[], PROXY),
        // All of them are ours: the outermost.
        (&["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
    ] {
        assert_eq!(client(PROXY, lines), expected, "{lines:?}");
    }
}

#[test]
fn bytes_that_are_no_text_hide_nobody_behind_a_proxy() {
    for (line, expected) in [(&b"\xff, 203.0.113.5"[..], "203.0.113.5"), (b"203.0.113.5, \xff", "0.0.0.0")] {
        let mut headers = headers(&[("host", "r.example"), ("x-forwarded-proto", "https")]);
        headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        headers.append("x-forwarded-proto", HeaderValue::from_bytes(b"\xff, https").unwrap());
        let peer = PROXY.parse().unwrap();
        assert_eq!(trust(None).client(peer, &headers).to_string(), expected);
        assert_eq!(trust(None).outside(peer, &Uri::from_static("/"), &headers).to_string(), "https://r.example");
    }
}

#[test]
fn what_the_outermost_trusted_proxy_wrote_counts() {
    // The client wrote `http`; the edge appended `https` and the inner proxy `http`.
    let chain = [
        ("host", "r.example"),
        ("x-forwarded-for", "127.0.0.1, 203.0.113.5, 10.0.0.7"),
        ("x-forwarded-proto", "http, https, http"),
    ];
    assert_eq!(outside(PROXY, &chain), "https://r.example");
    // The edge overwrote it and the inner proxy passed it on.
    let passed = [("host", "r.example"), ("x-forwarded-for", "203.0.113.5, 10.0.0.7"), ("x-forwarded-proto", "https")];
    assert_eq!(outside(PROXY, &passed), "https://r.example");
    // One proxy that appends, and a client that spoofs.
    let spoofed = [("host", "r.example"), ("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", "https, http")];
    assert_eq!(outside(PROXY, &spoofed), "http://r.example");
}

#[test]
fn a_header_of_thousands_of_addresses_is_read_only_so_far() {
    let long = vec!["10.0.0.3"; 5000].join(",");
    assert_eq!(client(PROXY, &[&format!("203.0.113.5,{long}")]), "10.0.0.3");
}

#[test]
fn the_forwarded_header_is_read_where_the_operator_says_that_proxies_write_it() {
    let trust = trust_in(ProxyHeaders::Forwarded, None);
    let see = |lines: &[&str]| {
        let mut pairs: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
        pairs.extend([("host", "r.example"), ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "https")]);
        let headers = headers(&pairs);
        let peer = PROXY.parse().unwrap();
        (trust.client(peer, &headers).to_string(), trust.outside(peer, &Uri::from_static("/"), &headers).to_string())
    };
    let pair = |client: &str, url: &str| (client.to_owned(), url.to_owned());
    assert_eq!(see(&[]), pair(PROXY, "http://r.example"));
    assert_eq!(see(&["For=203.0.113.5;Proto=HTTPS;host=o.example"]), pair("203.0.113.5", "https://o.example"));
    let spoofed = "for=127.0.0.1;proto=http;host=evil.example";
    assert_eq!(see(&[spoofed, "for=\"[2001:db8::5]:1\"; proto=https"]), pair("2001:db8::5", "https://r.example"));
    let chain = "for=203.0.113.5;proto=https;host=o.example, for=10.0.0.7;proto=http;host=inner.example";
    assert_eq!(see(&[spoofed, chain]), pair("203.0.113.5", "https://o.example"));
    for hidden in ["for=unknown", "for=_hidden", "for=\"203.0.113.5, 10.0.0.7", "proto", "=", ";;,"] {
        assert_eq!(see(&[hidden]), pair("0.0.0.0", "http://r.example"), "{hidden}");
    }
}

#[test]
fn where_tls_ends_here_the_scheme_is_https_unless_a_trusted_proxy_says_otherwise() {
    let proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let trust = Trust::new(None, proxies, ProxyHeaders::XForwarded, 443, true);
    let outside = |peer: &str, pairs: &[(&'static str, &str)]| {
        trust.outside(peer.parse().unwrap(), &Uri::from_static("/"), &headers(pairs)).to_string()
    };
    assert_eq!(outside(STRANGER, &[("host", "r.example:443"), ("x-forwarded-proto", "http")]), "https://r.example");
    assert_eq!(outside(PROXY, &[("host", "r.example"), ("x-forwarded-proto", "http")]), "http://r.example");
    assert_eq!(outside(STRANGER, &[]), "https://localhost");
}

#[test]
fn the_same_host_over_tls_has_the_port_of_tls() {
    for (authority, port, url) in [
        ("r.example", 443, "https://r.example"),
        ("R.example:80", 443, "https://r.example"),
        ("r.example:8080", 8443, "https://r.example:8443"),
        ("[::1]:80", 8443, "https://[::1]:8443"),
        ("[::1]", 443, "https://[::1]"),
    ] {
        assert_eq!(PublicUrl::over_tls(authority, port).unwrap().to_string(), url, "{authority}");
    }
    for authority in ["", "a b", "a@b", "a/b", "[::1"] {
        assert_eq!(PublicUrl::over_tls(authority, 443), None, "{authority}");
    }
}
