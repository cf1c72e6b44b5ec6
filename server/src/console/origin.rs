//! Which requests may change something in a person's name, and where forms may lead.
//!
//! A browser sends our cookies along with whatever another site has it send, as far as `SameSite` lets it; server functions check
//! nothing of that themselves.

use http::{HeaderMap, Method, header};

use crate::outside::PublicUrl;

/// Whether a request comes from a page of ours, as far as that matters for its method.
///
/// Browsers say so in `Sec-Fetch-Site`, which no script can set; the ones that do not (and all of them, on plain HTTP)
/// name the page's origin in `Origin`. A request that changes something and has neither is refused.
pub fn is_ours(method: &Method, headers: &HeaderMap, outside: &PublicUrl) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers
            .get(header::ORIGIN)
            .and_then(|origin| origin.to_str().ok())
            .and_then(|origin| PublicUrl::parse(origin).ok())
            .is_some_and(|origin| origin == *outside),
    }
}

/// Where an answer to a form may send the browser: the path of an address of ours, else the start page.
///
/// Without scripts a form returns to its `Referer`, which the browser chooses; what another origin put there is not
/// followed.
pub fn safe_location(location: &str, outside: &PublicUrl) -> String {
    let path = match location.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            match PublicUrl::parse(&format!("{scheme}://{}", &rest[..end])) {
                Ok(origin) if origin.host() == outside.host() => &rest[end..],
                _ => "/",
            }
        }
        None => location,
    };
    let safe = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\');
    if safe { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::HeaderValue;

    use super::*;

    fn ours(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers =
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
        is_ours(method, &headers, &PublicUrl::parse("https://r.example").unwrap())
    }

    #[test]
    fn a_change_needs_a_page_of_ours() {
        let site = "sec-fetch-site";
        assert!(ours(&Method::POST, &[(site, "same-origin")]));
        for other in ["cross-site", "same-site", "none", "", "Same-Origin"] {
            assert!(!ours(&Method::POST, &[(site, other)]), "{other}");
            // What the browser knows better, `Origin` does not mend.
            assert!(!ours(&Method::POST, &[(site, other), ("origin", "https://r.example")]), "{other}");
        }
        assert!(ours(&Method::POST, &[("origin", "https://r.example")]));
        assert!(ours(&Method::POST, &[("origin", "https://R.example:443")]));
        for origin in
            ["http://r.example", "https://r.example:8443", "https://evil.example", "null", "https://r.example.evil"]
        {
            assert!(!ours(&Method::POST, &[("origin", origin)]), "{origin}");
        }
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!ours(&method, &[]));
        }
    }

    #[test]
    fn reading_is_free() {
        assert!(ours(&Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(ours(&Method::HEAD, &[]));
    }

    #[test]
    fn a_form_leads_to_a_path_of_ours() {
        let outside = PublicUrl::parse("https://r.example").unwrap();
        for (location, path) in [
            ("/projects?x=1#y", "/projects?x=1#y"),
            ("https://r.example/projects", "/projects"),
            // Without `trusted_proxies` we do not know our own scheme.
            ("http://r.example/projects", "/projects"),
            ("https://r.example", "/"),
            ("https://evil.example/projects", "/"),
            ("https://r.example@evil.example/", "/"),
            ("https://r.example.evil.example/", "/"),
            ("//evil.example", "/"),
            ("https://r.example//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\\b", "/"),
            ("/a b", "/"),
            ("javascript:alert(1)", "/"),
            ("projects", "/"),
            ("", "/"),
        ] {
            assert_eq!(safe_location(location, &outside), path, "{location}");
        }
    }
}
