//! `If-None-Match` and `If-Range` (RFC 9110, 13.1) on content that is known by its digest.

use http::{HeaderMap, HeaderValue, header};

/// Whether the client has the content already: one of its entity tags is ours, or it says `*`. Tags are compared weakly,
/// as a proxy that compressed the content may have weakened ours.
pub fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii)
            .any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag.as_bytes())
    })
}

/// Whether a `Range` counts: there is no `If-Range`, or it is our entity tag. A date never is, as we send none.
pub fn range_counts(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    headers.get(header::IF_RANGE).is_none_or(|value| value == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none_match(values: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(value));
        }
        is_known(&headers, &HeaderValue::from_static("\"sha256:ab\""))
    }

    #[test]
    fn one_of_many_entity_tags_is_enough() {
        for values in [
            &["\"sha256:ab\""][..],
            &["W/\"sha256:ab\""],
            &["*"],
            &["\"x\" , \"sha256:ab\""],
            &["\"x\"", "\"sha256:ab\""],
        ] {
            assert!(none_match(values), "{values:?}");
        }
        for values in [&[][..], &[""], &["sha256:ab"], &["\"sha256:a\""], &["\"x\""]] {
            assert!(!none_match(values), "{values:?}");
        }
    }

    #[test]
    fn a_range_counts_only_of_the_content_that_the_client_has_part_of() {
        let etag = HeaderValue::from_static("\"a\"");
        let with = |value| HeaderMap::from_iter([(header::IF_RANGE, HeaderValue::from_static(value))]);
        assert!(range_counts(&HeaderMap::new(), &etag));
        assert!(range_counts(&with("\"a\""), &etag));
        assert!(!range_counts(&with("W/\"a\""), &etag));
        assert!(!range_counts(&with("\"b\""), &etag));
        assert!(!range_counts(&with("Wed, 21 Oct 2015 07:28:00 GMT"), &etag));
    }
}
