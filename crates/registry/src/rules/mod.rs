//! Rules of a project about its tags: which ones nobody can overwrite or delete, and which ones stay.
//!
//! A project's protecting rules are one text in its row, so that a push reads them with what it reads anyway. Whoever moves or deletes
//! tags holds the repository as a [`HeldRepository`](crate::db::held::HeldRepository), which has them, and `db::tags` refuses.
//!
//! What retention does with tags is decided by a function of its rules, the tags and the time ([`Judge`]); [`crate::content::RetentionRules`] asks
//! it and does it.

mod cron;
mod judge;
mod list;
mod pattern;
mod protection;
mod window;

pub(crate) use cron::Cron;
pub(crate) use judge::{Judge, TagFacts};
pub(crate) use list::{Rule, RuleList};
pub(crate) use protection::Protection;
pub use protection::{ProtectionQuery, ProtectionRules};
pub(crate) use window::Window;

use crate::{Error, Result};
use api_types::{RuleScope, Selector};
use pattern::Pattern;

/// Which tags a rule is about, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    repositories: Names,
    tags: Names,
}

#[derive(Clone, Debug)]
struct Names {
    pattern: Pattern,
    except: bool,
}

impl Names {
    fn read(selector: &Selector, field: &'static str) -> Result<Self> {
        let wrong = |error: pattern::PatternError| Error::Invalid {
            field,
            code: "pattern_malformed",
            message: format!("the pattern {error}"),
        };
        Ok(Self { pattern: Pattern::parse(&selector.pattern).map_err(wrong)?, except: selector.except })
    }

    fn mean(&self, name: &str) -> bool {
        self.pattern.matches(name) != self.except
    }
}

impl Scope {
    /// # Errors
    /// [`Error::Invalid`] on `repositories` or `tags` for what is no pattern.
    pub(crate) fn read(scope: &RuleScope) -> Result<Self> {
        let repositories = Names::read(&scope.repositories, "repositories")?;
        Ok(Self { repositories, tags: Names::read(&scope.tags, "tags")? })
    }

    /// Whether tags of this repository may be meant, by the part of its name after the project's.
    pub(crate) fn means_repository(&self, path: &str) -> bool {
        self.repositories.mean(path)
    }

    /// Whether this tag of a repository is meant.
    pub(crate) fn means(&self, path: &str, tag: &str) -> bool {
        self.means_repository(path) && self.tags.mean(tag)
    }
}

/// A rule's scope in words, as it ends a sentence, with marks around patterns: ``tags `v*` in repositories `**` ``.
pub(crate) fn in_words(scope: &RuleScope) -> String {
    let names =
        |selector: &Selector| format!("{}`{}`", if selector.except { "other than " } else { "" }, selector.pattern);
    format!("tags {} in repositories {}", names(&scope.tags), names(&scope.repositories))
}

/// The same scope without what people type around it.
pub(crate) fn trimmed(scope: &RuleScope) -> RuleScope {
    let trim = |selector: &Selector| Selector { pattern: selector.pattern.trim().to_owned(), except: selector.except };
    RuleScope { repositories: trim(&scope.repositories), tags: trim(&scope.tags) }
}
