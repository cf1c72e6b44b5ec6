//! What a browser may do with our answers.

use http::{HeaderMap, HeaderName, HeaderValue, header};

const CSP: HeaderName = header::CONTENT_SECURITY_POLICY;
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Nothing may be loaded or run.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// Everything a page could ask a person for is off; copying to the clipboard needs no entry.
const ALL_OFF: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), \
     fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), \
     payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
     xr-spatial-tracking=()",
);

/// A year. Other names of the domain are not ours to decide for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// For pages: scripts need the answer's nonce.
pub fn page(headers: &mut HeaderMap, nonce: &str, https: bool) {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("a nonce is of URL-safe base64");
    headers.insert(CSP, policy);
    personal(headers, https);
}

/// For answers with data that are no pages.
pub fn data(headers: &mut HeaderMap, https: bool) {
    headers.insert(CSP, NOTHING);
    personal(headers, https);
}

/// For what everybody gets alike and may keep.
pub fn asset(headers: &mut HeaderMap, https: bool) {
    headers.insert(CSP, NOTHING);
    common(headers, https);
}

fn personal(headers: &mut HeaderMap, https: bool) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(COOP, SAME_ORIGIN);
    headers.insert(PERMISSIONS, ALL_OFF);
    common(headers, https);
}

fn common(headers: &mut HeaderMap, https: bool) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, SAME_ORIGIN);
    headers.insert(CORP, SAME_ORIGIN);
    keep_to_tls(headers, https);
}

/// Where the client sees HTTPS it shall see nothing else for a year.
pub fn keep_to_tls(headers: &mut HeaderMap, https: bool) {
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
