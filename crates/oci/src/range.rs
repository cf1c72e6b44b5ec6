//! The `Range` header on blobs (RFC 9110, section 14; distribution specification, "Pulling blobs").

use std::ops::Range;

/// Reads a `Range` header.
#[derive(Clone, Copy, Debug)]
pub struct ByteRange;

/// What a `Range` header asks of content of a known size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeOutcome {
    /// All of it, with 200: no range, one that is malformed or of another unit (which RFC 9110 says to ignore), or
    /// several at once.
    Whole,
    /// These bytes, with 206; never empty, and inside the content.
    Partial(Range<u64>),
    /// None of it exists, or it ends before it starts: 416 with `Content-Range: bytes */<size>`.
    Unsatisfiable,
}

impl ByteRange {
    /// Understands `bytes=first-last`, `bytes=first-` and `bytes=-last` against content of `size` bytes. Numbers too
    /// large for 64 bits count as the largest.
    pub fn parse(header: &str, size: u64) -> RangeOutcome {
        Self::find(header, size).unwrap_or(RangeOutcome::Whole)
    }

    fn find(header: &str, size: u64) -> Option<RangeOutcome> {
        let (unit, set) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = set.trim().split_once('-')?;
        if first.is_empty() {
            let suffix = position(last)?;
            return Some(match suffix {
                0 => RangeOutcome::Unsatisfiable,
                // A suffix of nothing is all of it, and an empty range has no Content-Range.
                _ if size == 0 => RangeOutcome::Whole,
                _ => RangeOutcome::Partial(size.saturating_sub(suffix)..size),
            });
        }
        let first = position(first)?;
        let last = if last.is_empty() { u64::MAX } else { position(last)? };
        // A range that ends before it starts is invalid; section 14.2 lets a server ignore or reject it. Nobody who
        // asks for it wants all of a layer.
        if last < first || first >= size {
            return Some(RangeOutcome::Unsatisfiable);
        }
        Some(RangeOutcome::Partial(first..last.saturating_add(1).min(size)))
    }
}

/// A decimal number of digits alone.
fn position(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::RangeOutcome::{Partial, Unsatisfiable, Whole};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn single_ranges_are_answered_and_everything_else_ignored() {
        let table = [
            ("bytes=0-9", 100, Partial(0..10)),
            ("bytes=0-0", 100, Partial(0..1)),
            ("bytes=99-", 100, Partial(99..100)),
            ("bytes=90-1000", 100, Partial(90..100)),
            ("bytes=0-18446744073709551616", 100, Partial(0..100)),
            ("bytes=-10", 100, Partial(90..100)),
            ("bytes=-1000", 100, Partial(0..100)),
            ("Bytes=1-2", 100, Partial(1..3)),
            ("bytes= 1-2 ", 100, Partial(1..3)),
            ("bytes=100-", 100, Unsatisfiable),
            ("bytes=100-200", 100, Unsatisfiable),
            ("bytes=18446744073709551616-", 100, Unsatisfiable),
            ("bytes=-0", 100, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=2-1", 100, Unsatisfiable),
            ("bytes=500-0", 2048, Unsatisfiable),
            ("bytes=-1", 0, Whole),
            ("bytes=0-1,5-6", 100, Whole),
            ("bytes=-", 100, Whole),
            ("bytes=", 100, Whole),
            ("bytes", 100, Whole),
            ("", 100, Whole),
            ("0-9", 100, Whole),
            ("lines=0-9", 100, Whole),
            ("bytes=a-b", 100, Whole),
            ("bytes=+1-2", 100, Whole),
            ("bytes=1-2-3", 100, Whole),
            ("bytes=--1", 100, Whole),
        ];
        for (header, size, outcome) in table {
            assert_eq!(ByteRange::parse(header, size), outcome, "{header} of {size}");
        }
    }

    proptest! {
        #[test]
        fn ranges_agree_with_counting(
            first in proptest::option::of(0_u64..40),
            last in proptest::option::of(0_u64..40),
            size in 0_u64..30,
        ) {
            let text = |part: Option<u64>| part.map_or(String::new(), |part| part.to_string());
            let wanted = |at: &u64| match (first, last) {
                (Some(first), Some(last)) => first <= *at && *at <= last,
                (Some(first), None) => first <= *at,
                (None, Some(last)) => size - *at <= last,
                (None, None) => true,
            };
            let bytes: Vec<u64> = (0..size).filter(wanted).collect();
            match ByteRange::parse(&format!("bytes={}-{}", text(first), text(last)), size) {
                Partial(range) => {
                    prop_assert!(!range.is_empty());
                    prop_assert_eq!(range.collect::<Vec<_>>(), bytes);
                }
                Unsatisfiable => prop_assert!(bytes.is_empty()),
                Whole => prop_assert!(first.is_none() && (last.is_none() || size == 0)),
            }
        }

        #[test]
        fn no_header_makes_it_panic_or_leave_the_content(header in "(bytes=)?[0-9, -]{0,25}|.*", size in any::<u64>()) {
            if let Partial(range) = ByteRange::parse(&header, size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
