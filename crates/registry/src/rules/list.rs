//! Rules of a project in the order in which they were made, each with a number of its own that is given once.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Rules of a project at most, of each sort.
const MOST: usize = 50;

/// A rule that has a number.
pub(crate) trait Rule: Clone {
    /// Its number; 0 until it has one.
    fn id(&self) -> i64;

    /// The same under this number.
    fn numbered(self, id: i64) -> Self;

    /// Whether the other one would do nothing that this one does not.
    fn says(&self, other: &Self) -> bool;
}

/// The rules of one sort, as the project's row has them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RuleList<R> {
    /// The last number that was given.
    last: i64,
    rules: Vec<R>,
}

impl<R> Default for RuleList<R> {
    fn default() -> Self {
        Self { last: 0, rules: Vec::new() }
    }
}

impl<R: Rule> RuleList<R> {
    pub(crate) fn rules(&self) -> &[R] {
        &self.rules
    }

    /// Gives a rule a number.
    ///
    /// # Errors
    /// [`Error::RuleExists`]; [`Error::Invalid`] for one too many.
    pub(crate) fn add(&mut self, rule: R, project: &str) -> Result<R> {
        if self.rules.len() >= MOST {
            return Err(Error::Invalid {
                field: "tags",
                code: "too_many_rules",
                message: format!(
                    "a project has at most {MOST} of these rules: one rule can have several patterns, a,b"
                ),
            });
        }
        self.require_news(&rule, project)?;
        self.last += 1;
        let rule = rule.numbered(self.last);
        self.rules.push(rule.clone());
        Ok(rule)
    }

    /// Changes the rule of the same number.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`], [`Error::RuleExists`].
    pub(crate) fn set(&mut self, rule: R, project: &str) -> Result<R> {
        let place = self.place(rule.id(), project)?;
        self.require_news(&rule, project)?;
        self.rules[place] = rule.clone();
        Ok(rule)
    }

    /// The rule of a number.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`].
    pub(crate) fn get(&self, id: i64, project: &str) -> Result<R> {
        self.place(id, project).map(|place| self.rules[place].clone())
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// [`Error::RuleNotFound`].
    pub(crate) fn remove(&mut self, id: i64, project: &str) -> Result<R> {
        self.place(id, project).map(|place| self.rules.remove(place))
    }

    /// Puts these in the place of all others. Those whose numbers are known keep them.
    ///
    /// # Errors
    /// As [`RuleList::add`].
    pub(crate) fn replace(&mut self, rules: &[R], project: &str) -> Result<()> {
        let before = std::mem::take(&mut self.rules);
        for rule in rules {
            let is = |other: &R| other.id() == rule.id();
            if before.iter().any(is) && !self.rules.iter().any(is) && self.rules.len() < MOST {
                self.require_news(rule, project)?;
                self.rules.push(rule.clone());
            } else {
                self.add(rule.clone().numbered(0), project)?;
            }
        }
        Ok(())
    }

    fn place(&self, id: i64, project: &str) -> Result<usize> {
        let missing = || Error::RuleNotFound { id, project: project.to_owned() };
        self.rules.iter().position(|rule| rule.id() == id).ok_or_else(missing)
    }

    fn require_news(&self, rule: &R, project: &str) -> Result<()> {
        let says_it = |other: &R| other.id() != rule.id() && other.says(rule);
        if self.rules.iter().any(says_it) { Err(Error::RuleExists { project: project.to_owned() }) } else { Ok(()) }
    }
}
