//! What hangs on what: manifests with their children and referrers, however deep they are nested.

use crate::{Result, access::RepositoryId, db};
use std::collections::{HashMap, HashSet};

/// Manifests with all their children and referrers, and what holds each of them.
#[derive(Debug, Default)]
pub(super) struct Graph {
    subjects: HashMap<i64, i64>,
    parents: HashMap<i64, Vec<i64>>,
    children: HashMap<i64, Vec<i64>>,
    referrers: HashMap<i64, Vec<i64>>,
    /// Tags by their manifests.
    tags: HashMap<i64, Vec<i64>>,
}

/// Manifests with all their children and referrers, read level by level, and no further once they are more than `most`.
pub(super) async fn reached(
    connection: &impl db::Connection,
    repository: RepositoryId,
    start: Vec<i64>,
    most: Option<usize>,
) -> Result<HashSet<i64>> {
    let mut seen: HashSet<i64> = HashSet::new();
    let mut layer = start;
    // A statement that gives as many leaves no doubt that they are too many.
    let limit = most.map(|most| most + 1);
    while !layer.is_empty() {
        layer.retain(|id| seen.insert(*id));
        if most.is_some_and(|most| seen.len() > most) {
            break;
        }
        let mut next = db::references::children(connection, &layer, limit).await?;
        let referrers = db::referrers::of_manifests(connection, repository, &layer, limit).await?;
        next.extend(referrers.into_iter().map(|(referrer, _)| referrer));
        layer = next;
    }
    Ok(seen)
}

impl Graph {
    pub(super) async fn around(
        connection: &impl db::Connection,
        repository: RepositoryId,
        start: Vec<i64>,
    ) -> Result<Self> {
        let mut graph = Self::default();
        let all: Vec<i64> = reached(connection, repository, start, None).await?.into_iter().collect();
        for (child, parent) in db::references::parents(connection, &all).await? {
            graph.parents.entry(child).or_default().push(parent);
            graph.children.entry(parent).or_default().push(child);
        }
        for (referrer, subject) in db::referrers::subjects_of(connection, repository, &all).await? {
            graph.subjects.insert(referrer, subject);
            graph.referrers.entry(subject).or_default().push(referrer);
        }
        for tag in db::tags::of_manifests(connection, &all).await? {
            graph.tags.entry(tag.manifest).or_default().push(tag.id);
        }
        Ok(graph)
    }

    /// What hangs on `start`, and nothing of what holds it, which may be without end; `None` for more than `most` manifests.
    pub(super) async fn beneath(
        connection: &impl db::Connection,
        repository: RepositoryId,
        start: &[i64],
        most: usize,
    ) -> Result<Option<Self>> {
        let seen = reached(connection, repository, start.to_vec(), Some(most)).await?;
        if seen.len() > most {
            return Ok(None);
        }
        let mut graph = Self::default();
        let all: Vec<i64> = seen.iter().copied().collect();
        for (parent, child) in db::references::children_of_each(connection, &all).await? {
            // One that was pushed meanwhile came too late.
            if seen.contains(&child) {
                graph.children.entry(parent).or_default().push(child);
            }
        }
        for (referrer, subject) in db::referrers::subjects_of(connection, repository, &all).await? {
            graph.referrers.entry(subject).or_default().push(referrer);
        }
        Ok(Some(graph))
    }

    /// All that hangs on `start`: children, and referrers too where they count.
    pub(super) fn below(&self, start: &[i64], with_referrers: bool) -> Vec<i64> {
        let mut all: Vec<i64> = Vec::new();
        let mut seen: HashSet<i64> = HashSet::new();
        let mut layer = start.to_vec();
        while !layer.is_empty() {
            layer.retain(|id| seen.insert(*id));
            all.extend(&layer);
            layer = layer.iter().flat_map(|id| self.on(*id, with_referrers)).collect();
        }
        all
    }

    /// `start` with all that hangs on it, children before whatever names them, and the first one as late as it can be.
    pub(super) fn in_order(&self, start: &[i64]) -> Vec<i64> {
        let mut order: Vec<i64> = Vec::new();
        let mut seen: HashSet<i64> = HashSet::new();
        // What was looked into comes once more, after its children. Names are digests, so it is never among what is below it.
        let mut next: Vec<(i64, bool)> = self.below(start, true).into_iter().map(|id| (id, false)).collect();
        while let Some((id, children_are_there)) = next.pop() {
            if children_are_there {
                order.push(id);
            } else if seen.insert(id) {
                next.push((id, true));
                next.extend(self.on(id, false).map(|child| (child, false)));
            }
        }
        order
    }

    /// What hangs on a manifest: its children and, where that is asked for, its referrers.
    fn on(&self, id: i64, with_referrers: bool) -> impl Iterator<Item = i64> {
        let referrers = with_referrers.then_some(&self.referrers);
        let kinds = std::iter::once(&self.children).chain(referrers);
        kinds.filter_map(move |found| found.get(&id)).flatten().copied()
    }

    /// Goes down from `start` over all children and referrers, and leaves out what something outside holds, with all that hangs on
    /// that. Looks at each name in a manifest a few times, however deep they are nested.
    pub(super) fn closure(&self, start: &[i64], going: &HashSet<i64>, start_goes: bool) -> Vec<i64> {
        let fixed: HashSet<i64> = if start_goes { start.iter().copied().collect() } else { HashSet::new() };
        let mut all = self.below(start, true);
        let set: HashSet<i64> = all.iter().copied().collect();
        let tagged = |id: &i64| self.tags.get(id).is_some_and(|tags| tags.iter().any(|tag| !going.contains(tag)));
        let held = |id: &i64| {
            tagged(id)
                || self.parents.get(id).is_some_and(|parents| parents.iter().any(|parent| !set.contains(parent)))
                || self.subjects.get(id).is_some_and(|subject| !set.contains(subject))
        };
        let mut kept: HashSet<i64> = HashSet::new();
        let mut next: Vec<i64> = all.iter().copied().filter(held).collect();
        while let Some(id) = next.pop() {
            if !fixed.contains(&id) && kept.insert(id) {
                next.extend(self.on(id, true));
            }
        }
        all.retain(|id| !kept.contains(id));
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::time::{Duration, Instant};

    /// Indexes of which each names the one before it, from `depth` down to 0.
    fn chain(depth: i64) -> Graph {
        let mut graph = Graph::default();
        for id in 1..=depth {
            graph.children.insert(id, vec![id - 1]);
            graph.parents.insert(id - 1, vec![id]);
        }
        graph
    }

    #[test]
    fn how_deep_things_are_nested_costs_no_square_of_it() {
        const DEPTH: i64 = 20_000;
        let began = Instant::now();
        let mut graph = chain(DEPTH);
        graph.tags.insert(DEPTH, vec![1, 2]);
        let none = HashSet::new();
        assert_eq!(graph.closure(&[DEPTH], &HashSet::from([1]), false), [] as [i64; 0], "the other tag holds it all");
        assert_eq!(graph.closure(&[DEPTH], &HashSet::from([1, 2]), false).len(), 20_001);
        graph.tags.insert(DEPTH / 2, vec![3]);
        let goes = graph.closure(&[DEPTH], &none, true);
        assert_eq!((goes.len(), goes.last()), (10_000, Some(&(DEPTH / 2 + 1))), "down to what has a tag of its own");
        // Level by level, each with a look at all that is left, it is half a minute and more.
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn what_is_kept_keeps_what_hangs_on_it_and_what_goes_does_not() {
        // 3 names 2 and 1, 2 names 1; 4 names 1 and stays.
        let mut graph = Graph::default();
        for (parent, children) in [(3, vec![2, 1]), (2, vec![1]), (4, vec![1])] {
            for child in &children {
                graph.parents.entry(*child).or_default().push(parent);
            }
            graph.children.insert(parent, children);
        }
        graph.subjects.insert(5, 1);
        graph.referrers.insert(1, vec![5]);
        let none = HashSet::new();
        let goes = |graph: &Graph, start: &[i64], fixed| {
            let mut goes = graph.closure(start, &none, fixed);
            goes.sort_unstable();
            goes
        };
        assert_eq!(goes(&graph, &[3], true), [2, 3], "1 has another index, and keeps what is attached to it");
        assert_eq!(goes(&graph, &[2], true), [2]);
        assert_eq!(goes(&graph, &[2], false), [] as [i64; 0], "3 holds it");
        graph.parents.insert(1, vec![3, 2]);
        assert_eq!(goes(&graph, &[3], true), [1, 2, 3, 5]);
        // A tag that stays is no reason where it shall go anyhow.
        graph.tags.insert(3, vec![1]);
        assert_eq!(goes(&graph, &[3], false), [] as [i64; 0]);
        assert_eq!(goes(&graph, &[3], true), [1, 2, 3, 5]);
    }

    #[test]
    fn children_stand_before_what_names_them_and_the_root_last_where_nothing_names_it() {
        // 3 names 2 and 1, 2 names 1; 4 is attached to 3, and 5, an index, is attached to 1.
        let mut graph = Graph::default();
        graph.children.insert(3, vec![2, 1]);
        graph.children.insert(2, vec![1]);
        graph.referrers.insert(3, vec![4]);
        graph.referrers.insert(1, vec![5]);
        let place = |order: &[i64], id: i64| order.iter().position(|other| *other == id).unwrap();
        let order = graph.in_order(&[3]);
        assert_eq!((order.len(), order.last()), (5, Some(&3)));
        assert!(place(&order, 1) < place(&order, 2), "{order:?}");
        // What is attached to the root may be an index that names it.
        graph.children.insert(4, vec![3]);
        let order = graph.in_order(&[3]);
        assert_eq!((order.len(), order.last()), (5, Some(&4)));
        assert!(place(&order, 1) < place(&order, 2) && place(&order, 2) < place(&order, 3), "{order:?}");
        assert_eq!(chain(20_000).in_order(&[20_000]).first(), Some(&0), "and nothing of it recurses");
    }
}
