//! The id of a request: in its answer, in the log, and in what a person can quote.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The one that the request brings, if it looks like an id; else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        match headers.get(&HEADER) {
            Some(value) if is_sane(value.as_bytes()) => Self(value.clone()),
            _ => Self::new(),
        }
    }

    /// A new one, 16 hexadecimal digits: distinct in this process, and distinct from other processes' by chance. It is
    /// no secret.
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        static START: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| getrandom::u64().unwrap_or_default());
        // Steps of an odd number visit every value once; this one (2^64 over the golden ratio) scatters them.
        let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(*START);
        let mut text = [0; 16];
        for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        Self(HeaderValue::from_bytes(&text).expect("hexadecimal digits are a header value"))
    }

    /// As a text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As a header.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

fn is_sane(value: &[u8]) -> bool {
    (1..=128).contains(&value.len())
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:=/+".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_looks_like_one_is_kept_and_any_other_replaced() {
        let long = "a".repeat(129);
        for (given, kept) in [
            ("0af7651916cd43dd8448eb211c80319c", true),
            ("Root=1-67891233-abcdef012345678912345678", true),
            ("", false),
            ("a b", false),
            ("<script>", false),
            ("a\"b", false),
            (long.as_str(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(given.as_bytes()).expect("a header value"));
            assert_eq!(RequestId::of(&headers).as_str() == given, kept, "{given}");
        }
    }

    #[test]
    fn new_ids_differ() {
        let ids: std::collections::HashSet<_> =
            (0..10_000).map(|_| RequestId::of(&HeaderMap::new()).as_str().to_owned()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 16));
    }
}
