//! Tags that are versions, taken apart: for rules that speak of the newest ones.

use crate::version_key::{PRE_RELEASES, run, starts_with_a_version, version_key};

/// A tag that is read as a version: `1.14.2`, `v2.0-rc.1`, `22.04-slim`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The numbers between its dots, without zeros in front of them. There is at least one.
    pub numbers: Vec<String>,
    /// The words that come after them and say of what kind it is (`alpine`, `slim`), in lower case; of versions of one series
    /// the greater is the newer. Words that mean "before the release" are none.
    pub series: String,
    /// Whether it comes before a release: `1.0-rc.1`.
    pub is_pre_release: bool,
    /// Puts versions of a series in order, see [`Tag::version_key`](crate::Tag::version_key).
    pub key: String,
}

/// See [`Tag::version`](crate::Tag::version).
pub(crate) fn version(tag: &str) -> Option<Version> {
    if !starts_with_a_version(tag) {
        return None;
    }
    let mut rest = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let mut numbers = Vec::new();
    loop {
        let (digits, after) = rest.split_at(run(rest, |c| c.is_ascii_digit()));
        numbers.push(match digits.trim_start_matches('0') {
            "" => "0".to_owned(),
            significant => significant.to_owned(),
        });
        rest = after;
        match rest.strip_prefix('.') {
            Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => rest = after,
            _ => break,
        }
    }
    let (mut series, mut is_pre_release) = (Vec::new(), false);
    for word in rest.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
        let word = word.to_ascii_lowercase();
        if PRE_RELEASES.iter().any(|(known, _)| *known == word) {
            is_pre_release = true;
        } else if word != "v" {
            series.push(word);
        }
    }
    Some(Version { numbers, series: series.join("-"), is_pre_release, key: version_key(tag) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn versions_are_taken_apart() {
        for (tag, numbers, series, is_pre_release) in [
            ("1.14.2", "1 14 2", "", false),
            ("v1.2", "1 2", "", false),
            ("7", "7", "", false),
            ("1.02.0", "1 2 0", "", false),
            ("2.0-rc.1", "2 0", "", true),
            ("1.10b1", "1 10", "", true),
            ("1.14.2-alpine3.19", "1 14 2", "alpine", false),
            ("3.12-slim-bookworm", "3 12", "slim-bookworm", false),
            ("3.12-rc2-Slim", "3 12", "slim", true),
            ("1.2.3-1", "1 2 3", "", false),
            ("2024-01-15", "2024", "", false),
            ("20240115", "20240115", "", false),
            ("1.0.", "1 0", "", false),
        ] {
            let version = version(tag).unwrap();
            assert_eq!(version.numbers.join(" "), numbers, "{tag}");
            assert_eq!((version.series.as_str(), version.is_pre_release), (series, is_pre_release), "{tag}");
        }
    }

    #[test]
    fn names_are_no_versions() {
        for tag in ["latest", "main", "release-1.2", "3f2a91c", "sha-0011223", "v", "vnext", "_1"] {
            assert_eq!(version(tag), None, "{tag}");
        }
    }
}
