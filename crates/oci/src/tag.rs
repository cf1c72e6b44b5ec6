//! Tags (distribution specification, "Pulling manifests").

use crate::parsed::parsed_string;
use crate::version::{Version, version};
use crate::version_key::version_key;

/// Why a string is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tag is 1 to 128 letters, digits, underscores, dots and hyphens, and does not start with a dot or hyphen")]
pub struct TagError;

parsed_string! {
    /// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    Tag, TagError, check
}

impl Tag {
    /// A key that puts tags in the order in which people read versions: `v1.2` before `v1.10`, a pre-release before its
    /// release, and tags that start with no number before all versions, so that the newest version is first in a
    /// descending list.
    ///
    /// Keys consist of `0-9a-z`, at most 255 of them, and compare bytewise; databases with a linguistic collation
    /// agree. Different tags may have one key (`1.2` and `v1.2`): order by the tag itself after the key.
    pub fn version_key(&self) -> String {
        version_key(self.as_str())
    }

    /// The tag as a version; `None` for a name, and for an abbreviated commit.
    pub fn version(&self) -> Option<Version> {
        version(self.as_str())
    }
}

fn check(text: &str) -> Result<(), TagError> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    match text.as_bytes() {
        [first, rest @ ..]
            if (first.is_ascii_alphanumeric() || *first == b'_') && rest.len() < 128 && rest.iter().all(allowed) =>
        {
            Ok(())
        }
        _ => Err(TagError),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_follow_the_specification() {
        for tag in ["latest", "1", "_", "V1.2-rc_3", "a".repeat(128).as_str()] {
            assert_eq!(tag.parse::<Tag>().unwrap().as_str(), tag);
        }
        for tag in ["", ".a", "-a", "a b", "a/b", "a:b", "a+b", "é", "a\n", "a".repeat(129).as_str()] {
            assert!(tag.parse::<Tag>().is_err(), "{tag}");
        }
    }

    proptest! {
        #[test]
        fn what_the_regular_expression_makes_is_a_tag(text in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}") {
            prop_assert_eq!(text.parse::<Tag>().unwrap().to_string(), text);
        }

        #[test]
        fn any_string_parses_or_is_refused(text in ".*") {
            if let Ok(tag) = text.parse::<Tag>() {
                prop_assert_eq!(tag.as_str(), text);
            }
        }
    }
}
