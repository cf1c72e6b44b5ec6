//! Which tags a rule is about, in Harbor's words for it.

use std::collections::BTreeMap;

use api_types::{RuleScope, Selector, rest};

use super::Failure;

const KIND: &str = "doublestar";
const REPOSITORY: &str = "repository";

/// Decorations: of what matches, and of all else.
const TAGS: [&str; 2] = ["matches", "excludes"];
const REPOSITORIES: [&str; 2] = ["repoMatches", "repoExcludes"];

/// # Errors
/// [`Failure::Invalid`] for what is not served.
pub fn scope(
    tags: &[rest::RuleSelector],
    scopes: &BTreeMap<String, Vec<rest::RuleSelector>>,
) -> Result<RuleScope, Failure> {
    if let Some(other) = scopes.keys().find(|scope| *scope != REPOSITORY) {
        return Err(Failure::Invalid(format!(
            "scope_selectors: there is no scope {other:?} here, only {REPOSITORY:?}"
        )));
    }
    let repositories = scopes.get(REPOSITORY).map(Vec::as_slice).unwrap_or_default();
    Ok(RuleScope {
        repositories: selector(repositories, "scope_selectors.repository", REPOSITORIES)?,
        tags: selector(tags, "tag_selectors", TAGS)?,
    })
}

fn selector(given: &[rest::RuleSelector], field: &str, words: [&str; 2]) -> Result<Selector, Failure> {
    let [selector] = given else {
        let many = given.len();
        return Err(Failure::Invalid(format!("{field} has one selector, not {many}: patterns can be listed, {{a,b}}")));
    };
    if selector.kind != KIND {
        return Err(Failure::Invalid(format!("{field}: selectors are of kind {KIND:?}, not {:?}", selector.kind)));
    }
    let [matches, excludes] = words;
    let except = match selector.decoration.as_str() {
        word if word == matches => false,
        word if word == excludes => true,
        other => {
            return Err(Failure::Invalid(format!(
                "{field}: the decoration is {matches:?} or {excludes:?}, not {other:?}"
            )));
        }
    };
    Ok(Selector { pattern: selector.pattern.clone(), except })
}

/// The selectors of tags and of repositories.
pub fn shapes(scope: &RuleScope) -> (Vec<rest::RuleSelector>, BTreeMap<String, Vec<rest::RuleSelector>>) {
    let repositories = vec![shape(&scope.repositories, REPOSITORIES)];
    (vec![shape(&scope.tags, TAGS)], BTreeMap::from([(REPOSITORY.to_owned(), repositories)]))
}

/// What selectors there are, of repositories and of tags.
pub fn kinds() -> [rest::RetentionSelectorKind; 2] {
    [("Repositories", REPOSITORIES), ("Tags", TAGS)].map(|(text, decorations)| rest::RetentionSelectorKind {
        kind: KIND.to_owned(),
        display_text: text.to_owned(),
        decorations: decorations.map(ToOwned::to_owned).to_vec(),
    })
}

fn shape(selector: &Selector, [matches, excludes]: [&str; 2]) -> rest::RuleSelector {
    rest::RuleSelector {
        kind: KIND.to_owned(),
        decoration: if selector.except { excludes } else { matches }.to_owned(),
        pattern: selector.pattern.clone(),
        extras: None,
    }
}
