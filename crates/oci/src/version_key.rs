//! A natural order for tags, as a string that any database can sort by.
//!
//! A tag is read as a list of tokens, each of which starts with a digit that ranks its kind:
//!
//! | rank | token | then |
//! |---|---|---|
//! | 1 | a pre-release word after a number (`rc`, `beta`, …) | how near to the release it is |
//! | 3 | the end | |
//! | 5 | other words (`alpine`, `slim`) | their letters in lower case, ended by `0` |
//! | 6 | a number after `-` or `_` | its length and its digits |
//! | 7 | any other number | its length and its digits |
//!
//! So `1.2-rc1` < `1.2` < `1.2-alpine` < `1.2-1` < `1.2.1`. In front stands the class: 1 for names, 2 for what starts
//! with a number.

/// The longest key in bytes. A tag of 128 characters can make a longer one; what is cut off leaves a tie, never a wrong
/// order.
const MAX_KEY_LENGTH: usize = 255;

/// Words that mean "before the release", with their distance from it.
pub(crate) const PRE_RELEASES: [(&str, u8); 19] = [
    ("a", b'1'),
    ("alpha", b'1'),
    ("b", b'2'),
    ("beta", b'2'),
    ("c", b'4'),
    ("canary", b'0'),
    ("cr", b'4'),
    ("dev", b'0'),
    ("devel", b'0'),
    ("ea", b'2'),
    ("m", b'2'),
    ("milestone", b'2'),
    ("nightly", b'0'),
    ("pre", b'3'),
    ("preview", b'3'),
    ("prerelease", b'3'),
    ("rc", b'4'),
    ("snapshot", b'0'),
    ("unstable", b'0'),
];

/// See [`Tag::version_key`](crate::Tag::version_key).
pub(crate) fn version_key(tag: &str) -> String {
    let mut key = String::with_capacity(32);
    key.push(if starts_with_a_version(tag) { '2' } else { '1' });
    let mut seen_number = false;
    let mut separator = None;
    let mut rest = tag;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let (digits, after) = rest.split_at(run(rest, |c| c.is_ascii_digit()));
            push_number(&mut key, digits, separator);
            (rest, seen_number, separator) = (after, true, None);
        } else if first.is_ascii_alphabetic() {
            let (word, after) = rest.split_at(run(rest, |c| c.is_ascii_alphabetic()));
            let word = word.to_ascii_lowercase();
            rest = after;
            // The v of a version says nothing, and what separates it separates its number.
            if word != "v" || !after.starts_with(|c: char| c.is_ascii_digit()) {
                push_word(&mut key, &word, seen_number);
                separator = None;
            }
        } else {
            separator = Some(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    key.push('3');
    key.truncate(MAX_KEY_LENGTH);
    key
}

/// Whether it is a number, perhaps after a `v`, and no abbreviated commit (seven or more hex digits with a letter among
/// them).
pub(crate) fn starts_with_a_version(tag: &str) -> bool {
    let number = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let commit =
        tag.len() >= 7 && tag.bytes().all(|b| b.is_ascii_hexdigit()) && tag.bytes().any(|b| b.is_ascii_alphabetic());
    number.starts_with(|c: char| c.is_ascii_digit()) && !commit
}

/// How many bytes at the start satisfy `is`; tags are ASCII, so these are characters.
pub(crate) fn run(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

fn push_number(key: &mut String, digits: &str, separator: Option<char>) {
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    key.push(if matches!(separator, Some('-' | '_')) { '6' } else { '7' });
    match u32::try_from(digits.len()).ok().and_then(|length| char::from_digit(length, 36)) {
        Some(length) if length != 'z' => key.push(length),
        _ => key.extend(["z", &format!("{:03}", digits.len())]),
    }
    key.push_str(digits);
}

fn push_word(key: &mut String, word: &str, seen_number: bool) {
    if let Some((_, nearness)) = PRE_RELEASES.iter().find(|(name, _)| seen_number && *name == word) {
        key.push('1');
        key.push(char::from(*nearness));
    } else {
        key.push('5');
        key.push_str(word);
        key.push('0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_sort_as_people_read_versions() {
        let in_order = [
            "_",
            "edge",
            "latest",
            "release-1.2-rc1",
            "release-1.2",
            "release-1.10",
            "release-v1.11",
            "sha-abcdef",
            "stable",
            "3f2a91c",
            "0.9",
            "v1",
            "1-alpine",
            "1.0.0-alpha.1",
            "1.0.0-alpha.2",
            "1.0.0-beta",
            "1.0.0-rc.1",
            "1.0.0-rc.2",
            "1.0.0-rc.10",
            "v1.0.0",
            "1.0.0-alpine",
            "1.0.0-alpine3.9",
            "1.0.0-alpine3.19",
            "1.0.0-slim",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.1",
            "V1.2",
            "1.2.9",
            "1.10b1",
            "1.10rc1",
            "v1.10",
            "2.0-SNAPSHOT",
            "2.0",
            "22.04",
            "2024-01-02",
            "2024-01-15",
            "20240115",
            "99999999999999999999999999999999999",
            "100000000000000000000000000000000000",
        ];
        for pair in in_order.windows(2) {
            assert!(
                version_key(pair[0]) < version_key(pair[1]),
                "{} {} / {} {}",
                pair[0],
                version_key(pair[0]),
                pair[1],
                version_key(pair[1])
            );
        }
    }

    #[test]
    fn spellings_of_one_version_have_one_key() {
        assert_eq!(version_key("1.2"), version_key("v1.2"));
        assert_eq!(version_key("1.2"), version_key("V1.02"));
        assert_eq!(version_key("1.2-RC1"), version_key("1.2-rc1"));
    }

    proptest! {
        #[test]
        fn keys_are_short_and_plain(tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}") {
            let key = version_key(&tag);
            prop_assert!(key.len() <= MAX_KEY_LENGTH);
            prop_assert!(key.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()), "{}", key);
        }

        #[test]
        fn numbers_sort_by_value(
            a in proptest::collection::vec(any::<u32>(), 1..5),
            b in proptest::collection::vec(any::<u32>(), 1..5),
        ) {
            let text = |parts: &[u32]| parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            prop_assert_eq!(version_key(&text(&a)).cmp(&version_key(&text(&b))), a.cmp(&b));
        }
    }
}
