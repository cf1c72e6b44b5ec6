//! Rules of a project about its tags.

use serde::{Deserialize, Serialize};

/// Which names are meant: those that a pattern matches, or all others. A pattern has `*`, `**`, `?`, `[a-z]`, `{a,b}`, and commas
/// between alternatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// The pattern.
    pub pattern: String,
    /// Whether those are meant that it does not match.
    #[serde(default)]
    pub except: bool,
}

/// Which tags a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleScope {
    /// Their repositories, by the part of the name after the project's.
    pub repositories: Selector,
    /// The tags themselves.
    pub tags: Selector,
}

/// A rule that lets nobody overwrite or delete the tags that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionRule {
    /// Its number in the project, never given twice.
    pub id: i64,
    /// Which tags.
    pub scope: RuleScope,
    /// Whether it holds.
    pub enabled: bool,
}
