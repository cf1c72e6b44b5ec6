//! The `Content-Range` header on chunks of an upload (end-5, end-6).

use std::fmt;
use std::str::FromStr;

/// Which bytes of a blob a chunk holds; both ends inclusive, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte.
    pub start: u64,
    /// The last byte.
    pub end_inclusive: u64,
}

/// Why a string is no range of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the range of a chunk is written <first byte>-<last byte>")]
pub struct ContentRangeError;

impl ContentRange {
    /// Reads the specification's form `0-1023` and RFC 9110's `bytes 0-1023/*` and `bytes 0-1023/2048`, which some
    /// clients send.
    pub fn parse(header: &str) -> Result<Self, ContentRangeError> {
        let text = header.trim();
        let text = text.strip_prefix("bytes").map_or(text, |rest| rest.trim_start_matches([' ', '=']));
        let (range, total) = text.split_once('/').map_or((text, None), |(range, total)| (range, Some(total)));
        let (start, end) = range.split_once('-').ok_or(ContentRangeError)?;
        let (start, end_inclusive) = (position(start)?, position(end)?);
        let total_fits = match total {
            None | Some("*") => true,
            Some(total) => position(total)? > end_inclusive,
        };
        // One more than the last byte is a length, which has to be a number too.
        if start > end_inclusive || end_inclusive == u64::MAX || !total_fits {
            return Err(ContentRangeError);
        }
        Ok(Self { start, end_inclusive })
    }

    /// How many bytes the chunk has.
    #[expect(clippy::len_without_is_empty, reason = "a range of both ends inclusive is never empty")]
    pub fn len(&self) -> u64 {
        self.end_inclusive - self.start + 1
    }
}

fn position(text: &str) -> Result<u64, ContentRangeError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ContentRangeError);
    }
    text.parse().map_err(|_| ContentRangeError)
}

impl FromStr for ContentRange {
    type Err = ContentRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The specification's form.
impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end_inclusive)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_understood() {
        for header in [
            "0-1023",
            " 0-1023 ",
            "bytes 0-1023/*",
            "bytes 0-1023/2048",
            "bytes 0-1023/1024",
            "bytes=0-1023",
            "bytes 0-1023",
        ] {
            let range = ContentRange::parse(header).unwrap();
            assert_eq!((range.start, range.end_inclusive, range.len()), (0, 1023, 1024), "{header}");
        }
    }

    #[test]
    fn what_names_no_bytes_is_refused() {
        for header in [
            "",
            "-",
            "0",
            "0-",
            "-1",
            "1-0",
            "a-b",
            "+0-1",
            "0-1-2",
            "0-1,3-4",
            "bytes */10",
            "bytes 0-9/9",
            "0-18446744073709551615",
            "0-18446744073709551616",
        ] {
            assert!(ContentRange::parse(header).is_err(), "{header}");
        }
    }

    proptest! {
        #[test]
        fn parse_and_display_are_inverse(a in 0..u64::MAX, b in 0..u64::MAX) {
            let range = ContentRange { start: a.min(b), end_inclusive: a.max(b) };
            prop_assert_eq!(range.to_string().parse::<ContentRange>().unwrap(), range);
        }

        #[test]
        fn no_header_makes_it_panic(header in "(bytes )?[0-9/*-]{0,30}|.*") {
            if let Ok(range) = ContentRange::parse(&header) {
                prop_assert!(range.len() > 0);
            }
        }
    }
}
