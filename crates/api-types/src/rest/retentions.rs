//! Retention: which tags of a project stay.

use super::RuleSelector;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A project's retention.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionPolicy {
    /// The project's id.
    #[serde(default)]
    pub id: i64,
    /// `or`: a tag that any rule keeps stays.
    #[serde(default)]
    pub algorithm: String,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<RetentionPolicyRule>,
    /// When they are followed.
    #[serde(default)]
    pub trigger: Option<RetentionTrigger>,
    /// Whose it is.
    #[serde(default)]
    pub scope: Option<RetentionScope>,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionPolicyRule {
    /// Its number in the project.
    #[serde(default)]
    pub id: i64,
    /// Always 0: all rules count together.
    #[serde(default)]
    pub priority: i64,
    /// Whether it does not count.
    #[serde(default)]
    pub disabled: bool,
    /// `retain`.
    #[serde(default)]
    pub action: String,
    /// What it keeps: `always`, `latestPushedK`, `latestPulledN`, `nDaysSinceLastPush`, `nDaysSinceLastPull`; and beyond Harbor
    /// `newestVersions`, `newestPatches`, `untaggedWithinDays`.
    #[serde(default)]
    pub template: String,
    /// The number that goes with that, under the same name.
    #[serde(default)]
    pub params: BTreeMap<String, RetentionParam>,
    /// Which tags: one selector.
    #[serde(default)]
    pub tag_selectors: Vec<RuleSelector>,
    /// Which repositories: one selector, as `repository`.
    #[serde(default)]
    pub scope_selectors: BTreeMap<String, Vec<RuleSelector>>,
}

/// A number, which some clients send as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RetentionParam {
    /// A number.
    Number(i64),
    /// The same as text.
    Text(String),
}

/// When rules are followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionTrigger {
    /// `Schedule`.
    #[serde(default)]
    pub kind: String,
    /// `cron`: an expression with or without seconds, in UTC; empty where they are followed by hand alone.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// Whose rules they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionScope {
    /// `project`.
    #[serde(default)]
    pub level: String,
    /// The project's id.
    #[serde(rename = "ref")]
    pub reference: i64,
}

/// What is asked of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RetentionRunReq {
    /// Only count what would go.
    #[serde(default)]
    pub dry_run: bool,
}

/// What becomes of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RetentionRunChange {
    /// `stop`.
    #[serde(default)]
    pub action: String,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionExecution {
    /// The job's id.
    pub id: i64,
    /// The project's id.
    pub policy_id: i64,
    /// `Pending`, `InProgress`, `Succeed`, `Failed` or `Stopped`.
    pub status: String,
    /// `Manual` or `Schedule`.
    pub trigger: String,
    /// Whether it only counted.
    pub dry_run: bool,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub start_time: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<OffsetDateTime>,
    /// Tags that it kept, as far as it is; not in Harbor.
    pub kept: u64,
    /// Tags that it took away, or would; not in Harbor.
    pub deleted: u64,
}

/// What rules can be made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionMetadata {
    /// What they can keep.
    pub templates: Vec<RetentionTemplate>,
    /// How repositories are selected.
    pub scope_selectors: Vec<RetentionSelectorKind>,
    /// How tags are selected.
    pub tag_selectors: Vec<RetentionSelectorKind>,
}

/// Something that a rule can keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionTemplate {
    /// Its word.
    pub rule_template: String,
    /// What it keeps.
    pub display_text: String,
    /// `retain`.
    pub action: String,
    /// What it needs.
    pub params: Vec<RetentionTemplateParam>,
}

/// What a template needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionTemplateParam {
    /// `int`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `COUNT` or `DAYS`.
    pub unit: String,
    /// Always true.
    pub required: bool,
}

/// A way to select names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionSelectorKind {
    /// Its word.
    pub kind: String,
    /// What it selects by.
    pub display_text: String,
    /// Of what matches, and of all else.
    pub decorations: Vec<String>,
}
