//! Pulls and pushes, gathered in memory and written in batches: a pull writes nothing in its path.
//!
//! A crash loses the last few seconds of counts and nothing else. Clients resolve a tag with HEAD and then GET the manifest by
//! its digest, and an index before the image that it holds, so a short memory of who asked for what ties these together:
//! the tag gets its pull, and the repository counts one pull and not two.

use crate::{Actor, Subject};
use std::{collections::HashMap, fmt, mem, sync::Mutex, time::Duration};

/// How long a request is remembered for the one that belongs to it.
const MEMORY: Duration = Duration::from_mins(1);

/// Microseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Gathers; see the module.
pub(crate) struct Traffic {
    counts: Mutex<Counts>,
    /// Which tag somebody found a manifest by.
    found: moka::sync::Cache<(Subject, i64), i64>,
    /// Who fetched an index of a repository.
    indexes: moka::sync::Cache<(Subject, i64), ()>,
}

/// What was counted since the last flush, by row id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) tags: HashMap<i64, Pulls>,
    pub(crate) manifests: HashMap<i64, Pulls>,
    pub(crate) repositories: HashMap<i64, Pulls>,
    /// Pushes and pulls by repository and day.
    pub(crate) days: HashMap<(i64, i64), (u64, u64)>,
}

/// How often, and when for the last time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pulls {
    pub(crate) count: u64,
    pub(crate) last: i64,
}

/// A manifest that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) repository: i64,
    pub(crate) manifest: i64,
    pub(crate) tag: Option<i64>,
    pub(crate) is_index: bool,
    pub(crate) is_child: bool,
}

/// What a fetched manifest was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pull {
    /// A pull, by this tag if by any.
    Whole(Option<i64>),
    /// Part of the pull of an index.
    Part,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            found: moka::sync::Cache::builder().max_capacity(20_000).time_to_live(MEMORY).build(),
            indexes: moka::sync::Cache::builder().max_capacity(20_000).time_to_live(MEMORY).build(),
        }
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traffic")
    }
}

impl Traffic {
    /// Somebody asked whether it is there.
    pub(crate) fn looked(&self, actor: &Actor, asked: Asked) {
        let Some(tag) = asked.tag else { return };
        let key = (actor.subject().clone(), asked.manifest);
        if self.found.get(&key) != Some(tag) {
            self.found.insert(key, tag);
        }
    }

    /// Somebody fetched it.
    pub(crate) fn pulled(&self, actor: &Actor, asked: Asked, now: i64) -> Pull {
        let Asked { repository, manifest, tag, is_index, is_child } = asked;
        let tag = tag.or_else(|| self.found.get(&(actor.subject().clone(), manifest)));
        let visit = || (actor.subject().clone(), repository);
        // The image that an index was fetched for is part of the same pull.
        let part = is_child && tag.is_none() && self.indexes.contains_key(&visit());
        if is_index && !self.indexes.contains_key(&visit()) {
            self.indexes.insert(visit(), ());
        }
        let mut counts = self.lock();
        if let Some(tag) = tag {
            count(&mut counts.tags, tag, now);
        }
        count(&mut counts.manifests, manifest, now);
        if !part {
            count(&mut counts.repositories, repository, now);
            counts.days.entry((repository, now.div_euclid(DAY))).or_default().1 += 1;
        }
        if part { Pull::Part } else { Pull::Whole(tag) }
    }

    /// Somebody pushed a manifest.
    pub(crate) fn pushed(&self, repository: i64, now: i64) {
        self.lock().days.entry((repository, now.div_euclid(DAY))).or_default().0 += 1;
    }

    /// Takes what was counted.
    pub(crate) fn take(&self) -> Counts {
        mem::take(&mut self.lock())
    }

    /// Gives back what could not be written.
    pub(crate) fn give_back(&self, counts: Counts) {
        let mut now = self.lock();
        add(&mut now.tags, counts.tags);
        add(&mut now.manifests, counts.manifests);
        add(&mut now.repositories, counts.repositories);
        for (key, (pushes, pulls)) in counts.days {
            let day = now.days.entry(key).or_default();
            *day = (day.0 + pushes, day.1 + pulls);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        // Sums are whole between any two statements, also after a panic elsewhere.
        self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Counts {
    /// Takes out up to so many entries of each kind.
    pub(crate) fn split_off(&mut self, entries: usize) -> Self {
        Self {
            tags: part(&mut self.tags, entries),
            manifests: part(&mut self.manifests, entries),
            repositories: part(&mut self.repositories, entries),
            days: part(&mut self.days, entries),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.manifests.is_empty() && self.repositories.is_empty() && self.days.is_empty()
    }
}

/// The day of a time, counted from 1970, UTC.
pub(crate) fn day_of(now: i64) -> i64 {
    now.div_euclid(DAY)
}

fn part<K: Copy + Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, entries: usize) -> HashMap<K, V> {
    let keys: Vec<K> = map.keys().take(entries).copied().collect();
    keys.iter().filter_map(|key| map.remove_entry(key)).collect()
}

fn count(pulls: &mut HashMap<i64, Pulls>, id: i64, now: i64) {
    let pulls = pulls.entry(id).or_default();
    pulls.count += 1;
    pulls.last = pulls.last.max(now);
}

fn add(ours: &mut HashMap<i64, Pulls>, theirs: HashMap<i64, Pulls>) {
    for (id, pulls) in theirs {
        let sum = ours.entry(id).or_default();
        sum.count += pulls.count;
        sum.last = sum.last.max(pulls.last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::UserId;

    const ASKED: Asked = Asked { repository: 1, manifest: 10, tag: None, is_index: false, is_child: false };

    fn user(id: i64) -> Actor {
        Actor::new(Subject::User(UserId(id)), "ada")
    }

    #[test]
    fn a_pull_by_digest_counts_for_the_tag_it_was_found_by() {
        let traffic = Traffic::default();
        traffic.looked(&user(1), Asked { tag: Some(100), ..ASKED });
        traffic.pulled(&user(1), ASKED, 5);
        traffic.pulled(&user(2), ASKED, 6);
        let counts = traffic.take();
        assert_eq!(counts.tags[&100].count, 1);
        assert_eq!((counts.manifests[&10].count, counts.manifests[&10].last), (2, 6));
        assert!(traffic.take().is_empty());
    }

    #[test]
    fn an_index_and_its_image_are_one_pull() {
        let traffic = Traffic::default();
        traffic.pulled(&user(1), Asked { is_index: true, ..ASKED }, 5);
        traffic.pulled(&user(1), Asked { manifest: 11, is_child: true, ..ASKED }, 5);
        // Somebody who pins the image pulls it by itself.
        traffic.pulled(&user(2), Asked { manifest: 11, is_child: true, ..ASKED }, 5);
        let counts = traffic.take();
        assert_eq!(counts.repositories[&1].count, 2);
        assert_eq!(counts.manifests[&11].count, 2);
        assert_eq!(counts.days[&(1, 0)], (0, 2));
    }

    #[test]
    fn what_could_not_be_written_is_not_lost() {
        let traffic = Traffic::default();
        traffic.pulled(&user(1), ASKED, 5);
        traffic.pushed(1, 5);
        let counts = traffic.take();
        traffic.pulled(&user(1), ASKED, 4);
        traffic.give_back(counts);
        let counts = traffic.take();
        assert_eq!((counts.manifests[&10].count, counts.manifests[&10].last), (2, 5));
        assert_eq!(counts.days[&(1, 0)], (1, 2));
    }
}
