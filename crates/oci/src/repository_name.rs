//! Names of repositories (distribution specification, "Pulling manifests").

use crate::ProjectName;
use crate::parsed::parsed_string;

/// Why a string is no repository or project name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No character at all.
    #[error("the name is empty")]
    Empty,
    /// Longer than 255 characters.
    #[error("the name is longer than {MAX_NAME_LENGTH} characters")]
    TooLong,
    /// A repository's name outside the grammar.
    #[error(
        "a repository's name is lower-case letters and digits, separated by dots, underscores or hyphens, \
         in parts joined by single slashes"
    )]
    Repository,
    /// A project's name outside the grammar.
    #[error("a project's name is lower-case letters and digits, separated by single dots, underscores or hyphens")]
    Project,
}

/// The longest name in bytes. Clients bound host, slash and name together by 255 (distribution specification, "Pulling
/// manifests").
pub(crate) const MAX_NAME_LENGTH: usize = 255;

parsed_string! {
    /// A repository's whole name: `library/alpine`, `team/app/api`.
    ///
    /// The grammar is the specification's, `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`,
    /// with at most 255 bytes. The first part names the project. A name of one part is valid here; whether a repository
    /// may stand without a project is not the grammar's business.
    RepositoryName, NameError, check
}

impl RepositoryName {
    /// `<project>/<path>`.
    pub fn from_parts(project: &ProjectName, path: &str) -> Result<Self, NameError> {
        Self::try_from(format!("{project}/{path}"))
    }

    /// The part before the first slash. It may be none that a [`ProjectName`] can be (`a__b`); no project has such a
    /// name then.
    pub fn project(&self) -> &str {
        self.as_str().split_once('/').map_or(self.as_str(), |(project, _)| project)
    }

    /// What follows the project; `None` for a name of one part.
    pub fn path(&self) -> Option<&str> {
        self.as_str().split_once('/').map(|(_, path)| path)
    }
}

fn check(text: &str) -> Result<(), NameError> {
    check_length(text)?;
    if text.split('/').all(|part| is_part(part.as_bytes())) { Ok(()) } else { Err(NameError::Repository) }
}

pub(crate) fn check_length(text: &str) -> Result<(), NameError> {
    match text.len() {
        0 => Err(NameError::Empty),
        length if length > MAX_NAME_LENGTH => Err(NameError::TooLong),
        _ => Ok(()),
    }
}

/// Runs of letters and digits between separators: one dot, one or two underscores, or any number of hyphens.
fn is_part(part: &[u8]) -> bool {
    let mut rest = part;
    loop {
        let word = rest.iter().take_while(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9')).count();
        if word == 0 {
            return false;
        }
        rest = &rest[word..];
        let separator = match rest {
            [] => return true,
            [b'_', b'_', ..] => 2,
            [b'.' | b'_', ..] => 1,
            [b'-', ..] => rest.iter().take_while(|byte| **byte == b'-').count(),
            _ => return false,
        };
        rest = &rest[separator..];
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_follow_the_specification() {
        for name in
            ["a", "0", "library/alpine", "a.b/c_d/e__f/g-h/i---j", "team/app/api/v2/blobs", "a".repeat(255).as_str()]
        {
            assert_eq!(name.parse::<RepositoryName>().unwrap().as_str(), name);
        }
        for name in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "A",
            "a/B",
            "a..b",
            "a.-b",
            "a_.b",
            "a___b",
            ".a",
            "a.",
            "-a",
            "a-",
            "_a",
            "a_",
            "a b",
            "a:b",
            "é",
            "a/..",
            "a\0",
            "a\n",
            "a%2fb",
            "a".repeat(256).as_str(),
        ] {
            assert!(name.parse::<RepositoryName>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_first_part_is_the_project() {
        let name: RepositoryName = "team/app/api".parse().unwrap();
        assert_eq!((name.project(), name.path()), ("team", Some("app/api")));
        let name: RepositoryName = "alpine".parse().unwrap();
        assert_eq!((name.project(), name.path()), ("alpine", None));
    }

    #[test]
    fn parts_make_a_name_only_if_the_whole_is_one() {
        let project: ProjectName = "team".parse().unwrap();
        assert_eq!(RepositoryName::from_parts(&project, "app/api").unwrap().as_str(), "team/app/api");
        assert_eq!(RepositoryName::from_parts(&project, ""), Err(NameError::Repository));
        assert_eq!(RepositoryName::from_parts(&project, &"a".repeat(251)), Err(NameError::TooLong));
    }

    #[test]
    fn an_error_says_what_a_name_is() {
        let message = "A".parse::<RepositoryName>().unwrap_err().to_string();
        assert!(message.starts_with("a repository's name is lower-case letters and digits"), "{message}");
        assert!(message.ends_with("hyphens, in parts joined by single slashes"), "{message}");
    }

    proptest! {
        #[test]
        fn what_the_regular_expression_makes_is_a_name(
            parts in proptest::collection::vec(r"[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,3}", 1..5),
        ) {
            let name = parts.join("/");
            let parsed: RepositoryName = name.parse().unwrap();
            let rebuilt: Vec<&str> = std::iter::once(parsed.project()).chain(parsed.path()).collect();
            prop_assert_eq!(rebuilt.join("/"), name);
        }

        #[test]
        fn any_string_parses_or_is_refused(text in "[a-zA-Z0-9._/-]{0,20}|.*") {
            if let Ok(name) = text.parse::<RepositoryName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
