//! Scripts, styles, fonts and icons: compressed at build time, named by their content, embedded into the program.
//!
//! The table is the program's and not the library's, so that neither waits for the other when they are built.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use axum::body::Body;

/// One file in the forms it is sent in.
#[derive(Debug)]
pub struct Asset {
    /// The name it is known by in the code: `pkg/app.js`.
    pub name: &'static str,
    /// The address it has in this build.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// Whether the address changes when the content does.
    pub immutable: bool,
    /// Names the content; without quotes.
    pub etag: &'static str,
    /// As it is.
    pub plain: &'static [u8],
    /// Compressed by brotli, where that is worth it.
    pub br: Option<&'static [u8]>,
    /// Compressed by gzip, where that is worth it.
    pub gz: Option<&'static [u8]>,
}

static ASSETS: OnceLock<&'static [Asset]> = OnceLock::new();

/// Says which files this process serves, in the order of their paths. Of several calls the first counts.
pub fn embed(assets: &'static [Asset]) {
    debug_assert!(assets.is_sorted_by_key(|asset| asset.path), "files are looked up by their paths");
    let _ = ASSETS.set(assets);
}

fn embedded() -> &'static [Asset] {
    ASSETS.get().copied().unwrap_or_default()
}

/// The address of a file in this build, such as `/pkg/app.0f3a9c.js` for `pkg/app.js`.
///
/// In a server that was built without the console's assets it is the name as a path, where nothing is.
pub fn address(name: &str) -> String {
    let found = embedded().iter().find(|asset| asset.name == name);
    found.map_or_else(|| format!("/{name}"), |asset| asset.path.to_owned())
}

/// Whether a path is that of an asset.
pub fn is_asset(path: &str) -> bool {
    find(embedded(), path).is_some()
}

/// Answers a request for a path that [`is_asset`] knows, or 404.
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
    serve(embedded(), method, path, headers)
}

fn find<'a>(assets: &'a [Asset], path: &str) -> Option<&'a Asset> {
    assets.binary_search_by(|asset| asset.path.cmp(path)).ok().map(|place| &assets[place])
}

fn serve(assets: &'static [Asset], method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let Some(asset) = find(assets, path) else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (bytes, encoding) = match (asset.br, asset.gz) {
        (Some(br), _) if accepts(accepted, "br") => (br, Some("br")),
        (_, Some(gz)) if accepts(accepted, "gzip") => (gz, Some("gzip")),
        _ => (asset.plain, None),
    };
    let etag = format!("\"{}{}\"", asset.etag, encoding.map(|name| format!("-{name}")).unwrap_or_default());
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    });
    let out = response.headers_mut();
    out.reserve(12);
    out.insert(header::ETAG, HeaderValue::try_from(etag).expect("hexadecimal digits and a name"));
    let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if asset.br.is_some() || asset.gz.is_some() {
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    out.insert(header::CONTENT_LENGTH, bytes.len().into());
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if *method == Method::GET {
        *response.body_mut() = Body::from(Bytes::from_static(bytes));
    }
    response
}

/// Whether a coding may be used (RFC 9110, 12.5.3): it is named, or `*` is, without `q=0`.
fn accepts(accepted: &str, coding: &str) -> bool {
    let mut any = false;
    for item in accepted.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let refused = parameters
            .split(';')
            .filter_map(|parameter| parameter.trim().strip_prefix("q="))
            .any(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        let name = name.trim();
        if name.eq_ignore_ascii_case(coding) {
            return !refused;
        }
        if name == "*" {
            any = !refused;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http_body_util::BodyExt;

    use super::*;

    static TABLE: &[Asset] = &[
        Asset {
            name: "fonts/a.woff2",
            path: "/fonts/a.00.woff2",
            media_type: "font/woff2",
            immutable: true,
            etag: "f0",
            plain: b"font",
            br: None,
            gz: None,
        },
        Asset {
            name: "pkg/app.js",
            path: "/pkg/app.00.js",
            media_type: "text/javascript; charset=utf-8",
            immutable: true,
            etag: "a0",
            plain: b"plain",
            br: Some(b"br"),
            gz: Some(b"gz"),
        },
        Asset {
            name: "robots.txt",
            path: "/robots.txt",
            media_type: "text/plain; charset=utf-8",
            immutable: false,
            etag: "r0",
            plain: b"robots",
            br: None,
            gz: None,
        },
    ];

    fn get(method: &Method, path: &str, name: &'static str, value: &'static str) -> Response<Body> {
        let headers = [(name.parse().unwrap(), HeaderValue::from_static(value))].into_iter().collect();
        serve(TABLE, method, path, &headers)
    }

    async fn body(response: Response<Body>) -> Bytes {
        response.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn the_best_coding_that_is_accepted_is_sent() {
        for (accepted, sent) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gz"),
            ("br;q=0, gzip;q=0.5", "gz"),
            ("br;q=0, gzip;q=0.000", "plain"),
            ("*", "br"),
            ("*;q=0", "plain"),
            ("BR", "br"),
            ("brotli, gzipx", "plain"),
            ("", "plain"),
        ] {
            let response = get(&Method::GET, "/pkg/app.00.js", "accept-encoding", accepted);
            let coding = match sent {
                "gz" => Some("gzip"),
                "br" => Some("br"),
                _ => None,
            };
            let header =
                response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header.as_deref(), coding, "{accepted}");
            assert_eq!(response.headers()[header::VARY], "accept-encoding");
            assert_eq!(body(response).await, sent, "{accepted}");
        }
    }

    #[tokio::test]
    async fn a_head_request_gets_the_headers_alone() {
        let response = get(&Method::HEAD, "/pkg/app.00.js", "accept-encoding", "gzip");
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "2");
        assert!(body(response).await.is_empty());
    }

    #[test]
    fn named_content_is_kept_for_ever_and_fixed_names_for_an_hour() {
        let cache = |path| get(&Method::GET, path, "accept", "*/*").headers()[header::CACHE_CONTROL].clone();
        assert_eq!(cache("/fonts/a.00.woff2"), "public, max-age=31536000, immutable");
        assert_eq!(cache("/robots.txt"), "public, max-age=3600");
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        for (tag, status) in
            [("\"a0\"", 304), ("W/\"a0\"", 304), ("\"x\", \"a0\"", 304), ("*", 304), ("\"a0-br\"", 200), ("a0", 200)]
        {
            assert_eq!(get(&Method::GET, "/pkg/app.00.js", "if-none-match", tag).status(), status, "{tag}");
        }
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        assert_eq!(get(&Method::GET, "/pkg/app.01.js", "accept", "*/*").status(), 404);
        assert_eq!(get(&Method::GET, "/pkg/../robots.txt", "accept", "*/*").status(), 404);
        assert_eq!(get(&Method::POST, "/robots.txt", "accept", "*/*").status(), 405);
    }
}
