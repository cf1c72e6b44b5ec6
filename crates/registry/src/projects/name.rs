//! What a project may be called, with a word for every mistake.

use crate::{Error, Result};
use oci::ProjectName;

/// The longest name: a repository's whole name has at most 255 bytes, and must have room for more than the project.
const MAX_LENGTH: usize = 200;

/// Names that the console's own addresses take.
const RESERVED: [&str; 1] = ["new"];

/// The first mistake in a name: a stable word and a sentence. `None`: it is a name.
pub(super) fn mistake(name: &str) -> Option<(&'static str, String)> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator = |c: char| matches!(c, '.' | '_' | '-');
    let simple = |code, message: &str| Some((code, message.to_owned()));
    if name.is_empty() {
        return simple("name_empty", "a name is needed");
    }
    if name.len() > MAX_LENGTH {
        return Some(("name_too_long", format!("a name may have at most {MAX_LENGTH} characters")));
    }
    if name.contains('/') {
        return simple("name_slash", "a project's name has no slash; repositories come after it: project/repository");
    }
    if name.contains(char::is_whitespace) {
        return simple("name_space", "a name has no spaces; use a hyphen");
    }
    if name.contains(char::is_uppercase) {
        return simple("name_upper_case", "a name has no capital letters");
    }
    if let Some(c) = name.chars().find(|c| !is_word(*c) && !is_separator(*c)) {
        let message = format!("a name has lower-case letters, digits, dots, underscores and hyphens, but not {c}");
        return Some(("name_character", message));
    }
    if !name.starts_with(is_word) || !name.ends_with(is_word) {
        return simple("name_edge", "a name begins and ends with a letter or digit");
    }
    if name.as_bytes().windows(2).any(|pair| pair.iter().all(|byte| is_separator(char::from(*byte)))) {
        return simple("name_separators", "dots, underscores and hyphens stand alone in a name, not side by side");
    }
    if RESERVED.contains(&name) {
        return Some(("name_reserved", format!("the name {name} is used by the console; choose another")));
    }
    None
}

/// The name, if it is one.
///
/// # Errors
/// [`Error::Invalid`] on `name`.
pub(super) fn parse(name: &str) -> Result<ProjectName> {
    if let Some((code, message)) = mistake(name) {
        return Err(Error::Invalid { field: "name", code, message });
    }
    name.parse().map_err(|error: oci::NameError| Error::Invalid {
        field: "name",
        code: "name_character",
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_mistake_has_its_own_word() {
        for (name, code) in [
            ("", "name_empty"),
            ("team/app", "name_slash"),
            ("my team", "name_space"),
            ("Team", "name_upper_case"),
            ("tëam", "name_character"),
            ("team!", "name_character"),
            ("-team", "name_edge"),
            ("team.", "name_edge"),
            ("my--team", "name_separators"),
            ("my._team", "name_separators"),
            ("new", "name_reserved"),
            ("a".repeat(201).as_str(), "name_too_long"),
        ] {
            assert_eq!(mistake(name).map(|(code, _)| code), Some(code), "{name}");
        }
        for name in ["library", "a", "0", "my-team", "a.b_c-d", "a".repeat(200).as_str()] {
            assert_eq!(parse(name).unwrap().as_str(), name);
        }
    }

    proptest! {
        #[test]
        fn what_has_no_mistake_is_a_name(name in "[a-z0-9._-]{1,12}|.{0,12}") {
            prop_assert_eq!(mistake(&name).is_none(), name != "new" && name.parse::<ProjectName>().is_ok());
        }
    }
}
