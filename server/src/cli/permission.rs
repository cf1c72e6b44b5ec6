//! What may be done in a project, in the words of `docs/robots.md`.

use api_types::{Permission, Word};

/// Short for what most robots are given.
const SHORT: [(&str, &[Word]); 4] = [
    ("everything", &Word::ALL),
    ("pull", &[Word::RepositoryPull]),
    ("push", &[Word::RepositoryPush]),
    ("delete", &[Word::TagDelete, Word::ArtifactDelete, Word::RepositoryDelete]),
];

/// What one word of a flag stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub Vec<Word>);

/// Takes what [`words`] tells, word by word.
pub fn parse(text: &str) -> Result<Words, String> {
    let wanted = text.trim();
    if let Some((_, words)) = SHORT.into_iter().find(|(short, _)| *short == wanted) {
        return Ok(Words(words.to_vec()));
    }
    let found = Word::ALL.into_iter().find(|word| word.as_str() == wanted);
    found.map(|word| Words(vec![word])).ok_or_else(|| {
        let short = SHORT.map(|(short, _)| short).join(", ");
        format!("expected {short}, or a resource and an action such as tag:delete")
    })
}

/// Some words, the short ones first.
pub fn words(given: &[Word]) -> String {
    let mut left = given.to_vec();
    let mut told = Vec::new();
    for (short, words) in SHORT {
        if words.iter().all(|word| left.contains(word)) {
            left.retain(|word| !words.contains(word));
            told.push(short);
        }
    }
    told.extend(left.into_iter().map(Word::as_str));
    told.join(",")
}

/// The word for a permission that a person has by a role.
pub fn right(permission: Permission) -> &'static str {
    match permission {
        Permission::Pull => "pull",
        Permission::SeeConfiguration => "see_configuration",
        Permission::SeeLabels => "see_labels",
        Permission::SeeMembers => "see_members",
        Permission::Push => "push",
        Permission::Retain => "retain",
        Permission::Delete => "delete",
        Permission::Administer => "administer",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_word_leads_back_to_what_it_says() {
        for word in Word::ALL {
            assert_eq!(parse(word.as_str()), Ok(Words(vec![word])));
            assert_eq!(parse(&words(&[word])), Ok(Words(vec![word])));
        }
        for (short, given) in SHORT {
            assert_eq!(words(&parse(short).unwrap().0), short);
            assert_eq!(words(given), short);
        }
        assert!(parse("own").is_err_and(|told| told.contains("pull, push, delete, or a resource")));
    }

    #[test]
    fn what_has_a_short_word_is_told_by_it() {
        let given = [Word::LabelRead, Word::RepositoryPush, Word::TagDelete, Word::RepositoryPull];
        assert_eq!(words(&given), "pull,push,label:read,tag:delete");
    }
}
