//! Rules about tags.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Which names are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleSelector {
    /// Only `doublestar`; `label` is not served.
    #[serde(default)]
    pub kind: String,
    /// `matches` or `excludes` for tags, `repoMatches` or `repoExcludes` for repositories.
    #[serde(default)]
    pub decoration: String,
    /// The pattern: `*`, `**`, `?`, `[a-z]`, `{a,b}`.
    #[serde(default)]
    pub pattern: String,
    /// Text that Harbor's pages keep here. It is taken and not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extras: Option<String>,
}

/// A rule that lets nobody overwrite or delete tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImmutableRule {
    /// Its number in the project.
    #[serde(default)]
    pub id: i64,
    /// Always 0: all rules hold together.
    #[serde(default)]
    pub priority: i64,
    /// Whether it does not hold.
    #[serde(default)]
    pub disabled: bool,
    /// `immutable`.
    #[serde(default)]
    pub action: String,
    /// `immutable_template`.
    #[serde(default)]
    pub template: String,
    /// Which tags: one selector.
    #[serde(default)]
    pub tag_selectors: Vec<RuleSelector>,
    /// Which repositories: one selector, as `repository`.
    #[serde(default)]
    pub scope_selectors: BTreeMap<String, Vec<RuleSelector>>,
}
