//! Which methods an address has, and what a token must grant for them.

use std::fmt;

use http::Method;
use oci::{RepositoryName, Route};
use registry::access::Actions;

use super::query::Query;
use crate::token::action_names;

/// The methods of an address; any other is answered with 405.
pub fn methods(route: &Route) -> &'static [Method] {
    match route {
        Route::Base | Route::Catalog | Route::Tags(_) | Route::Referrers(..) => &[Method::GET, Method::HEAD],
        Route::Manifest(..) => &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE],
        Route::Blob(..) => &[Method::GET, Method::HEAD, Method::DELETE],
        Route::Uploads(_) => &[Method::POST],
        Route::Upload(..) => &[Method::GET, Method::HEAD, Method::PATCH, Method::PUT, Method::DELETE],
    }
}

/// What a request needs a token for; its `Display` is the `scope` of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Only to be somebody.
    Nothing,
    /// The catalog.
    Catalog,
    /// Actions in a repository, and pull from the one that a blob is mounted from.
    Repository(RepositoryName, Actions, Option<RepositoryName>),
}

const PULL: Actions = Actions { pull: true, push: false, delete: false };
const PUSH: Actions = Actions { pull: true, push: true, delete: false };
const DELETE: Actions = Actions { pull: false, push: false, delete: true };

impl Needs {
    /// What a method on an address needs.
    pub fn of(route: &Route, method: &Method, query: &Query<'_>) -> Self {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match route {
            Route::Base => Self::Nothing,
            Route::Catalog => Self::Catalog,
            Route::Tags(name) | Route::Referrers(name, _) => Self::Repository(name.clone(), PULL, None),
            Route::Manifest(name, _) | Route::Blob(name, _) => {
                let actions = if reads {
                    PULL
                } else if method == Method::DELETE {
                    DELETE
                } else {
                    PUSH
                };
                Self::Repository(name.clone(), actions, None)
            }
            Route::Uploads(name) => {
                let source = query.get("mount").and(query.get("from")).and_then(|from| from.parse().ok());
                Self::Repository(name.clone(), PUSH, source.filter(|source| source != name))
            }
            // Where an upload stands concerns only those who push it.
            Route::Upload(name, _) => Self::Repository(name.clone(), PUSH, None),
        }
    }

    /// The same, and to pull from the repository that a blob is to be mounted from.
    #[must_use]
    pub fn and_pull_from(self, source: RepositoryName) -> Self {
        match self {
            Self::Repository(name, actions, _) => Self::Repository(name, actions, Some(source)),
            other => other,
        }
    }

    /// The repositories and the actions in each.
    fn repositories(&self) -> impl Iterator<Item = (&RepositoryName, Actions)> {
        let (target, source) = match self {
            Self::Nothing | Self::Catalog => (None, None),
            Self::Repository(name, actions, source) => (Some((name, *actions)), source.as_ref()),
        };
        target.into_iter().chain(source.map(|name| (name, PULL)))
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::Catalog {
            return f.write_str("registry:catalog:*");
        }
        for (index, (name, actions)) in self.repositories().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            write!(f, "repository:{name}:")?;
            for (index, action) in action_names(actions).enumerate() {
                if index > 0 {
                    f.write_str(",")?;
                }
                f.write_str(action)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn scope(method: &Method, target: &str) -> String {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Needs::of(&Route::parse(path).unwrap().unwrap(), method, &Query::parse(query)).to_string()
    }

    #[test]
    fn a_challenge_names_what_the_request_needs() {
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let mount = format!("/v2/a/b/blobs/uploads/?mount={digest}");
        let table = [
            (Method::GET, "/v2/".to_owned(), ""),
            (Method::GET, "/v2/_catalog".to_owned(), "registry:catalog:*"),
            (Method::GET, "/v2/a/b/tags/list".to_owned(), "repository:a/b:pull"),
            (Method::HEAD, "/v2/a/b/manifests/v1".to_owned(), "repository:a/b:pull"),
            (Method::PUT, "/v2/a/b/manifests/v1".to_owned(), "repository:a/b:pull,push"),
            (Method::DELETE, "/v2/a/b/manifests/v1".to_owned(), "repository:a/b:delete"),
            (Method::GET, format!("/v2/a/b/blobs/{digest}"), "repository:a/b:pull"),
            (Method::DELETE, format!("/v2/a/b/blobs/{digest}"), "repository:a/b:delete"),
            (Method::GET, format!("/v2/a/b/referrers/{digest}"), "repository:a/b:pull"),
            (Method::POST, "/v2/a/b/blobs/uploads/".to_owned(), "repository:a/b:pull,push"),
            (Method::POST, mount.clone(), "repository:a/b:pull,push"),
            (Method::POST, format!("{mount}&from=c"), "repository:a/b:pull,push repository:c:pull"),
            (Method::POST, format!("{mount}&from=a/b"), "repository:a/b:pull,push"),
            (Method::POST, format!("{mount}&from=C"), "repository:a/b:pull,push"),
            (Method::POST, "/v2/a/b/blobs/uploads/?from=c".to_owned(), "repository:a/b:pull,push"),
            (Method::GET, "/v2/a/b/blobs/uploads/1".to_owned(), "repository:a/b:pull,push"),
            (Method::DELETE, "/v2/a/b/blobs/uploads/1".to_owned(), "repository:a/b:pull,push"),
        ];
        for (method, target, expected) in table {
            assert_eq!(scope(&method, &target), expected, "{method} {target}");
        }
    }
}
