//! Names of projects, which are the first part of their repositories' names.

use crate::NameError;
use crate::parsed::parsed_string;
use crate::repository_name::check_length;

parsed_string! {
    /// A project's name: `^[a-z0-9]+(?:[._-][a-z0-9]+)*$`, at most 255 bytes. Every one is also a valid first part of a
    /// repository's name.
    ProjectName, NameError, check
}

fn check(text: &str) -> Result<(), NameError> {
    check_length(text)?;
    let words_are_whole = text
        .split(['.', '_', '-'])
        .all(|word| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9')));
    if words_are_whole { Ok(()) } else { Err(NameError::Project) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::RepositoryName;
    use proptest::prelude::*;

    #[test]
    fn projects_have_single_separators_and_no_slash() {
        for name in ["library", "a", "0", "a-b.c_d"] {
            assert_eq!(name.parse::<ProjectName>().unwrap().as_str(), name);
        }
        for name in ["", "a/b", "a__b", "a--b", "a.-b", "A", "-a", "a-", "é", "a b", "a".repeat(256).as_str()] {
            assert!(name.parse::<ProjectName>().is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_project_can_have_repositories(text in "[a-z0-9._-]{1,12}") {
            if let Ok(project) = text.parse::<ProjectName>() {
                let repository = RepositoryName::from_parts(&project, "app").unwrap();
                prop_assert_eq!(repository.project(), text);
            }
        }
    }
}
