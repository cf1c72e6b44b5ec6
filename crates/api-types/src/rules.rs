//! Rules of a project about its tags.

use crate::Page;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

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

/// Whether a tag is protected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionVerdict {
    /// The repository, by the part of its name after the project's.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// When it was pushed or moved.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
    /// The numbers of the rules that protect it; of none where it can be overwritten and deleted.
    pub rules: Vec<i64>,
}

/// Which tags rules protect, a page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionPreview {
    /// The rules that the verdicts name.
    pub rules: Vec<ProtectionRule>,
    /// The page, by repository and tag.
    pub page: Page<ProtectionVerdict>,
    /// Tags that are protected, on all pages.
    pub protected: u64,
    /// Tags that are not.
    pub unprotected: u64,
}

/// What a rule of retention keeps; of what it is about, all else goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "keep", rename_all = "snake_case")]
pub enum Keep {
    /// Every tag.
    Always,
    /// The tags that were pushed last, in each repository.
    NewestPushed {
        /// How many.
        count: u32,
    },
    /// The tags that were pulled last, in each repository.
    NewestPulled {
        /// How many.
        count: u32,
    },
    /// Tags that were pushed, or moved, within this time.
    PushedWithin {
        /// In days.
        days: u32,
    },
    /// Tags that were pulled or pushed within this time.
    UsedWithin {
        /// In days.
        days: u32,
    },
    /// The greatest versions of each series (`alpine`, `slim`, none) in each repository. Only about tags that are versions.
    NewestVersions {
        /// How many of a series.
        count: u32,
    },
    /// The greatest versions of each minor version (`1.14`) and series. Only about tags with a patch version.
    NewestPatches {
        /// How many of a minor version.
        count: u32,
    },
    /// Artifacts without a tag that were pushed within this time. Only about what has no tag and nothing else holds.
    UntaggedWithin {
        /// In days.
        days: u32,
    },
}

impl Keep {
    /// Its word and its number, as forms have them. [`Keep::Always`] has no number and says 1.
    pub fn parts(self) -> (&'static str, u32) {
        match self {
            Self::Always => ("always", 1),
            Self::NewestPushed { count } => ("newest_pushed", count),
            Self::NewestPulled { count } => ("newest_pulled", count),
            Self::PushedWithin { days } => ("pushed_within", days),
            Self::UsedWithin { days } => ("used_within", days),
            Self::NewestVersions { count } => ("newest_versions", count),
            Self::NewestPatches { count } => ("newest_patches", count),
            Self::UntaggedWithin { days } => ("untagged_within", days),
        }
    }

    /// What a word and a number stand for; `None` for a word that [`Keep::parts`] never gives.
    pub fn from_parts(word: &str, number: u32) -> Option<Self> {
        Some(match word {
            "always" => Self::Always,
            "newest_pushed" => Self::NewestPushed { count: number },
            "newest_pulled" => Self::NewestPulled { count: number },
            "pushed_within" => Self::PushedWithin { days: number },
            "used_within" => Self::UsedWithin { days: number },
            "newest_versions" => Self::NewestVersions { count: number },
            "newest_patches" => Self::NewestPatches { count: number },
            "untagged_within" => Self::UntaggedWithin { days: number },
            _ => return None,
        })
    }
}

/// A rule of a project's retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRule {
    /// Its number in the project, never given twice.
    pub id: i64,
    /// What it is about. Of artifacts without a tag only the repositories count.
    pub scope: RuleScope,
    /// What of that it keeps.
    #[serde(flatten)]
    pub keep: Keep,
    /// Whether it counts.
    pub enabled: bool,
}

/// When something happens again and again, as people say it, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "every", rename_all = "snake_case")]
pub enum ScheduleShape {
    /// Every hour.
    Hourly {
        /// The minute.
        minute: u8,
    },
    /// Every day.
    Daily {
        /// The hour.
        hour: u8,
        /// The minute.
        minute: u8,
    },
    /// Every week.
    Weekly {
        /// The day; Sunday is 0.
        weekday: u8,
        /// The hour.
        hour: u8,
        /// The minute.
        minute: u8,
    },
    /// Every month.
    Monthly {
        /// The day.
        day: u8,
        /// The hour.
        hour: u8,
        /// The minute.
        minute: u8,
    },
    /// On some days, at some hours.
    Sometimes(Moments),
    /// As the expression says.
    Other,
}

/// Moments that come again and again, in UTC: the hours of each day that all three fields of days mean. Bits stand for the values of
/// a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// The minute.
    pub minute: u8,
    /// The hours.
    pub hours: u64,
    /// The days of the month.
    pub days: u64,
    /// The months; January is 1.
    pub months: u64,
    /// The days of the week; Sunday is 0.
    pub weekdays: u64,
}

/// When retention runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionSchedule {
    /// The cron expression, as it was given.
    pub cron: String,
    /// The same as people say it.
    pub shape: ScheduleShape,
    /// The next time.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next: Option<OffsetDateTime>,
}

/// What a cron expression means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleCheck {
    /// As people say it.
    pub shape: ScheduleShape,
    /// The next times, the first first.
    pub next: Vec<ScheduleTime>,
}

/// A time of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleTime {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// A project's retention.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Its rules, the oldest first. A tag that any of them keeps stays, and so does one that none is about.
    pub rules: Vec<RetentionRule>,
    /// When it runs by itself; by hand alone where absent.
    pub schedule: Option<RetentionSchedule>,
}

/// What retention would do with a tag or an artifact, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionVerdict {
    /// The repository, by the part of its name after the project's.
    pub repository: String,
    /// The tag, or of an artifact without one the digest.
    pub name: String,
    /// Whether it is a tag.
    pub is_tag: bool,
    /// When it was pushed or moved.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
    /// When it was last pulled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub pulled_at: Option<OffsetDateTime>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// It stays, because no rule is about it.
    Untouched,
    /// It stays, because a rule protects it from everybody.
    Protected {
        /// The rule's scope.
        scope: RuleScope,
    },
    /// It stays, because it attaches something to an image that is there.
    Attached,
    /// It stays, because this rule keeps it.
    Kept {
        /// The rule's number.
        rule: i64,
    },
    /// It goes: rules are about it, and none keeps it.
    Goes {
        /// The numbers of those rules.
        rules: Vec<i64>,
    },
}

impl Fate {
    /// Whether it goes.
    pub fn goes(&self) -> bool {
        matches!(self, Self::Goes { .. })
    }
}

/// What retention would do, a page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPreview {
    /// The rules that the verdicts name.
    pub rules: Vec<RetentionRule>,
    /// The page, by repository and tag.
    pub page: Page<RetentionVerdict>,
    /// Tags that stay, on all pages.
    pub keeps: u64,
    /// Tags that go.
    pub deletes: u64,
    /// Artifacts without a tag that go.
    pub untagged: u64,
}
