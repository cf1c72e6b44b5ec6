//! What retention does with each tag of a repository: a function of rules, tags and time, and nothing else.
//!
//! A rule is *about* tags: those that its patterns match, and where it speaks of versions, those that are versions. It *keeps* some of
//! them. A tag stays if any rule keeps it, and if no rule is about it; protected tags stay whatever rules say. No rule is about tags
//! by which something is attached to an image that is there, so they take nobody's place among the newest.

use super::{Protection, Scope};
use crate::{Error, Result};
use api_types::{Fate, Keep, RetentionRule};
use oci::Version;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

/// Microseconds of a day.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// What is known of a tag.
#[derive(Clone, Debug)]
pub(crate) struct TagFacts {
    pub(crate) name: String,
    /// Absent for a name that is none.
    pub(crate) version: Option<Version>,
    pub(crate) pushed_at: i64,
    pub(crate) pulled_at: Option<i64>,
    /// Whether it attaches something (`sha256-….sig`) to an image of the repository.
    pub(crate) attached: bool,
}

/// The rules of a project that count, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judge {
    rules: Vec<(i64, Scope, Keep)>,
    protection: Protection,
}

impl Judge {
    /// Of the rules those that count, and `also` this one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a scope that is none.
    pub(crate) fn new(rules: &[RetentionRule], also: Option<i64>, protection: Protection) -> Result<Self> {
        let counting = rules.iter().filter(|rule| rule.enabled || also == Some(rule.id));
        let read = counting.map(|rule| Ok::<_, Error>((rule.id, Scope::read(&rule.scope)?, rule.keep)));
        Ok(Self { rules: read.collect::<Result<_>>()?, protection })
    }

    /// Whether any rule is about tags of this repository, or about its artifacts without one.
    pub(crate) fn is_about(&self, path: &str) -> bool {
        self.rules.iter().any(|(_, scope, _)| scope.means_repository(path))
    }

    /// What becomes of each tag of a repository, in the order in which they are given.
    pub(crate) fn tags(&self, path: &str, tags: &[TagFacts], now: i64) -> Vec<Fate> {
        let mut about: Vec<Vec<i64>> = vec![Vec::new(); tags.len()];
        let mut kept: Vec<Option<i64>> = vec![None; tags.len()];
        for (id, scope, keep) in &self.rules {
            let is_meant = |at: &usize| !tags[*at].attached && scope.means(path, &tags[*at].name);
            let meant = judged(*keep, (0..tags.len()).filter(is_meant).collect(), tags);
            for at in keeps(*keep, &meant, tags, now) {
                kept[at].get_or_insert(*id);
            }
            for at in meant {
                about[at].push(*id);
            }
        }
        let fate = |at: usize, rules: Vec<i64>| match (self.protection.of(path, &tags[at].name), kept[at]) {
            (Some(scope), _) => Fate::Protected { scope: scope.clone() },
            (None, Some(rule)) => Fate::Kept { rule },
            (None, None) if tags[at].attached => Fate::Attached,
            (None, None) if rules.is_empty() => Fate::Untouched,
            (None, None) => Fate::Goes { rules },
        };
        about.into_iter().enumerate().map(|(at, rules)| fate(at, rules)).collect()
    }

    /// Whether any rule asks when something was pulled.
    pub(crate) fn minds_pulls(&self) -> bool {
        self.rules.iter().any(|(_, _, keep)| matches!(keep, Keep::NewestPulled { .. } | Keep::UsedWithin { .. }))
    }

    /// What becomes of an artifact that has had no tag since `untagged_at` and that nothing else holds.
    pub(crate) fn untagged(&self, path: &str, untagged_at: i64, now: i64) -> Fate {
        let about = self.rules.iter().filter_map(|(id, scope, keep)| match keep {
            Keep::UntaggedWithin { days } if scope.means_repository(path) => Some((*id, since(now, *days))),
            _ => None,
        });
        let about: Vec<(i64, i64)> = about.collect();
        match about.iter().find(|(_, since)| untagged_at >= *since) {
            Some((rule, _)) => Fate::Kept { rule: *rule },
            None if about.is_empty() => Fate::Untouched,
            None => Fate::Goes { rules: about.into_iter().map(|(id, _)| id).collect() },
        }
    }

    /// Artifacts that have had no tag since before this time may go; `None` where none may.
    pub(crate) fn untagged_before(&self, path: &str, now: i64) -> Option<i64> {
        let rules = self.rules.iter().filter_map(|(_, scope, keep)| match keep {
            Keep::UntaggedWithin { days } if scope.means_repository(path) => Some(since(now, *days)),
            _ => None,
        });
        rules.min()
    }
}

fn since(now: i64, days: u32) -> i64 {
    now.saturating_sub(i64::from(days).saturating_mul(DAY))
}

/// Of the tags that are meant, those that a rule of this kind can speak of.
fn judged(keep: Keep, mut meant: Vec<usize>, tags: &[TagFacts]) -> Vec<usize> {
    let least = match keep {
        Keep::UntaggedWithin { .. } => return Vec::new(),
        Keep::NewestVersions { .. } => 1,
        Keep::NewestPatches { .. } => 3,
        _ => return meant,
    };
    meant.retain(|at| tags[*at].version.as_ref().is_some_and(|version| version.numbers.len() >= least));
    meant
}

/// Of the tags that a rule is about, those that it keeps.
fn keeps(keep: Keep, about: &[usize], tags: &[TagFacts], now: i64) -> Vec<usize> {
    let newest = |count: u32, key: fn(&TagFacts) -> Option<i64>| {
        let mut order = about.to_vec();
        order.sort_by_key(|at| (Reverse(key(&tags[*at])), Reverse(tags[*at].pushed_at), tags[*at].name.as_str()));
        order.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        order
    };
    let within = |days: u32, time: fn(&TagFacts) -> i64| {
        let since = since(now, days);
        about.iter().copied().filter(|at| time(&tags[*at]) >= since).collect()
    };
    match keep {
        Keep::Always => about.to_vec(),
        Keep::NewestPushed { count } => newest(count, |tag| Some(tag.pushed_at)),
        Keep::NewestPulled { count } => newest(count, |tag| tag.pulled_at),
        Keep::PushedWithin { days } => within(days, |tag| tag.pushed_at),
        Keep::UsedWithin { days } => {
            within(days, |tag| tag.pulled_at.map_or(tag.pushed_at, |at| at.max(tag.pushed_at)))
        }
        Keep::NewestVersions { count } => greatest(count, about, tags, 0),
        Keep::NewestPatches { count } => greatest(count, about, tags, 2),
        Keep::UntaggedWithin { .. } => Vec::new(),
    }
}

/// The greatest versions of each series and of the same first numbers; spellings of one version (`1.2`, `v1.2`) are one.
///
/// `1.14` beside `1.14.2` stands for the newest of several and moves along: it takes no place, and stays while one of them does.
fn greatest(count: u32, about: &[usize], tags: &[TagFacts], numbers: usize) -> Vec<usize> {
    let versions = about.iter().filter_map(|at| Some((*at, tags[*at].version.as_ref()?)));
    let versions: Vec<(usize, &Version)> = versions.collect();
    let stands_for = beginnings(versions.iter().map(|(_, version)| *version));
    let (standing, own): (Vec<_>, Vec<_>) = versions
        .into_iter()
        .partition(|(_, version)| !version.is_pre_release && stands_for.contains(&beginning(version)));
    let group =
        |version: &Version| (version.series.clone(), version.numbers.iter().take(numbers).cloned().collect::<Vec<_>>());
    let mut keys: HashMap<_, BTreeSet<&str>> = HashMap::new();
    for (_, version) in &own {
        keys.entry(group(version)).or_default().insert(&version.key);
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let least: HashMap<_, &str> = keys
        .into_iter()
        .filter_map(|(group, keys)| Some((group, *keys.iter().rev().take(count).next_back()?)))
        .collect();
    let mut kept = own;
    kept.retain(|(_, version)| least.get(&group(version)).is_some_and(|least| version.key.as_str() >= *least));
    let stay = beginnings(kept.iter().map(|(_, version)| *version));
    kept.extend(standing.into_iter().filter(|(_, version)| stay.contains(&beginning(version))));
    kept.into_iter().map(|(at, _)| at).collect()
}

/// A series and some first numbers.
type Beginning<'a> = (&'a str, &'a [String]);

fn beginning(version: &Version) -> Beginning<'_> {
    (&version.series, &version.numbers)
}

/// What these versions begin with, all that is shorter than they are.
fn beginnings<'a>(versions: impl Iterator<Item = &'a Version>) -> HashSet<Beginning<'a>> {
    let mut all = HashSet::new();
    for version in versions {
        all.extend((1..version.numbers.len()).map(|length| (version.series.as_str(), &version.numbers[..length])));
    }
    all
}

#[cfg(test)]
mod tests;
