//! What a client asks a token for.

use oci::RepositoryName;
use registry::access::Actions;

/// How many scopes one token can hold; a pull needs one, a push that mounts from elsewhere two or three.
pub const MOST: usize = 64;

/// One thing asked for: `<type>:<name>:<actions>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `repository:<name>:pull,push,delete`, where `*` is all three.
    Repository(RepositoryName, Actions),
    /// `registry:catalog:*`.
    Catalog,
}

/// All that a request asks for, each repository once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Repositories and the union of what is wanted in each, in the order of the request.
    pub repositories: Vec<(RepositoryName, Actions)>,
    /// Whether the catalog is wanted.
    pub catalog: bool,
}

/// More scopes than a token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token holds at most {MOST} scopes; ask for fewer at a time")]
pub struct TooManyScopes;

impl Scope {
    /// Reads one scope. The type comes first, the actions last, and all between is the name, which may hold colons. What
    /// this registry does not know (other types, other actions, names that cannot exist) is nothing that could be granted.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        // A class, as in `repository(plugin)`, is of Docker Hub.
        let kind = kind.split_once('(').map_or(kind, |(kind, _)| kind);
        match (kind, name) {
            ("repository", name) => Some(Self::Repository(name.parse().ok()?, parse_actions(actions))),
            ("registry", "catalog") if actions.split(',').any(|action| action == "*") => Some(Self::Catalog),
            _ => None,
        }
    }
}

impl Wanted {
    /// Reads `scope` parameters, each of one or more scopes between spaces.
    pub fn parse<'a>(parameters: impl IntoIterator<Item = &'a str>) -> Result<Self, TooManyScopes> {
        let mut wanted = Self::default();
        let scopes =
            parameters.into_iter().flat_map(|parameter| parameter.split(' ')).filter(|scope| !scope.is_empty());
        for (count, scope) in scopes.enumerate() {
            if count == MOST {
                return Err(TooManyScopes);
            }
            match Scope::parse(scope) {
                Some(Scope::Catalog) => wanted.catalog = true,
                Some(Scope::Repository(name, actions)) => wanted.add(name, actions),
                None => {}
            }
        }
        Ok(wanted)
    }

    fn add(&mut self, name: RepositoryName, more: Actions) {
        match self.repositories.iter_mut().find(|(known, _)| *known == name) {
            Some((_, actions)) => {
                actions.pull |= more.pull;
                actions.push |= more.push;
                actions.delete |= more.delete;
            }
            None => self.repositories.push((name, more)),
        }
    }
}

fn parse_actions(text: &str) -> Actions {
    let mut actions = Actions::NONE;
    for action in text.split(',') {
        match action {
            "pull" => actions.pull = true,
            "push" => actions.push = true,
            "delete" => actions.delete = true,
            "*" => actions = Actions { pull: true, push: true, delete: true },
            _ => {}
        }
    }
    actions
}

/// Actions as scopes and claims name them, such as `pull,push`.
pub fn action_names(actions: Actions) -> impl Iterator<Item = &'static str> {
    [(actions.pull, "pull"), (actions.push, "push"), (actions.delete, "delete")]
        .into_iter()
        .filter_map(|(granted, name)| granted.then_some(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn repository(name: &str, actions: &str) -> Scope {
        Scope::Repository(name.parse().unwrap(), parse_actions(actions))
    }

    #[test]
    fn the_type_comes_first_and_the_actions_last() {
        let table = [
            ("repository:team/app:pull", Some(repository("team/app", "pull"))),
            ("repository:team/app:pull,push", Some(repository("team/app", "pull,push"))),
            ("repository:team/app:push,pull", Some(repository("team/app", "pull,push"))),
            ("repository:team/app:*", Some(repository("team/app", "pull,push,delete"))),
            ("repository:team/app:fly", Some(repository("team/app", ""))),
            ("repository:team/app:", Some(repository("team/app", ""))),
            ("repository(plugin):team/app:pull", Some(repository("team/app", "pull"))),
            ("registry:catalog:*", Some(Scope::Catalog)),
            ("registry:catalog:pull", None),
            ("registry:other:*", None),
            // A host is no part of a repository's name.
            ("repository:localhost:5000/team/app:pull", None),
            ("repository:Team/app:pull", None),
            ("repository:pull", None),
            ("repository", None),
            ("", None),
            ("x:y:z", None),
        ];
        for (text, scope) in table {
            assert_eq!(Scope::parse(text), scope, "{text}");
        }
    }

    #[test]
    fn scopes_are_repeated_or_between_spaces_and_each_repository_counts_once() {
        let wanted =
            Wanted::parse(["repository:a:pull repository:b:push", "repository:a:push  registry:catalog:*", ""]);
        assert_eq!(
            wanted,
            Ok(Wanted {
                repositories: vec![
                    ("a".parse().unwrap(), parse_actions("pull,push")),
                    ("b".parse().unwrap(), parse_actions("push"))
                ],
                catalog: true,
            })
        );
    }

    #[test]
    fn there_is_an_end_to_scopes() {
        let many = vec!["repository:a:pull"; MOST];
        assert_eq!(Wanted::parse(many.iter().copied()).unwrap().repositories.len(), 1);
        assert_eq!(Wanted::parse([many.join(" ").as_str(), "repository:b:pull"]), Err(TooManyScopes));
    }
}
