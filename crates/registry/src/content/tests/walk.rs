//! Walks of random steps, of a registry and of the model beside it.
//!
//! `make model` takes 100,000 steps, 5,000 for each seed. What comes of each step is what the model says; all that is held is compared
//! after each step of a short walk, and of a long one from time to time, after each collection, restoring and kill, and at the end. A
//! failure prints the shortest walk that was found to fail as well, in whose last step the two part.

use super::{
    Lab,
    model::{self, Step},
    reference::Model,
};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// How many walks there are, each of a seed of its own.
const SEEDS: u8 = 20;

/// Steps of a walk that is compared after each of them.
const SHORT: usize = 60;

/// After so many steps of a longer walk all is compared in any case.
const SELDOM: usize = 20;

/// For how long a failing walk is tried without some of its steps.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a registry shows, beside what counts of it: what projects hold, quotas, repositories, links and whether a deletion has
/// released them, artifacts, tags with the second in which they were pushed, and what is in the trash.
const TOLD: [&str; 7] = [
    "SELECT 'used ' || name || ' ' || storage_used FROM projects WHERE name IN ('team', 'other')",
    "SELECT 'quota ' || name || ' ' || storage_quota FROM projects WHERE storage_quota IS NOT NULL",
    "SELECT 'repository ' || p.name || '/' || r.path FROM repositories r JOIN projects p ON p.id = r.project_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'link ' || p.name || '/' || r.path || ' ' || b.digest || CASE WHEN l.leased_at <= 0 THEN ' released' ELSE '' END \
     FROM repository_blobs l \
     JOIN repositories r ON r.id = l.repository_id JOIN projects p ON p.id = r.project_id JOIN blobs b ON b.id = l.blob_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'image ' || p.name || '/' || r.path || ' ' || m.digest FROM manifests m \
     JOIN repositories r ON r.id = m.repository_id JOIN projects p ON p.id = r.project_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'tag ' || p.name || '/' || r.path || ':' || t.name || ' ' || m.digest || ' ' || \
     ((t.pushed_at - 1800000000000000) / 1000000) FROM tags t \
     JOIN manifests m ON m.id = t.manifest_id JOIN repositories r ON r.id = t.repository_id \
     JOIN projects p ON p.id = r.project_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'trash ' || p.name || '/' || t.path || CASE WHEN t.kind = 'repository' THEN ' whole' ELSE ' part' END \
     FROM trash t JOIN projects p ON p.id = t.project_id",
];

/// A process that serves, and the model. The process dies with its runtime: each task ends where it waits.
struct Walk {
    runtime: Runtime,
    lab: Arc<Lab>,
    model: Model,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl Walk {
    fn new(trash: bool) -> Self {
        let runtime = runtime();
        let week = Duration::from_hours(if trash { 7 * 24 } else { 0 });
        let lab = runtime.block_on(Lab::keeping(Arc::new(blobstore::MemoryStore::new()), week));
        Self { runtime, lab: Arc::new(lab), model: Model::new(trash) }
    }

    fn take(&mut self, step: &Step, compares: bool) {
        match step {
            // A server goes on with what its client's last statement began, and nobody can tell when that is over.
            Step::Kill { step, .. } if test_postgres::is_chosen() => self.run(step),
            Step::Kill { after, step } => self.kill(Duration::from_micros(u64::from(*after)), step),
            step => self.run(step),
        }
        if compares || matches!(step, Step::Kill { .. } | Step::Restore { .. } | Step::Collect { .. }) {
            self.compare(step);
        }
    }

    fn run(&mut self, step: &Step) {
        let outcome = self.runtime.block_on(model::run(&self.lab, step));
        // Nothing that was only asked for here is ever at fault.
        assert!(!outcome.as_ref().is_err_and(super::super::is_failure), "{outcome:?}");
        self.model.follow(step, &outcome);
    }

    /// Whatever the process was at happened, or did not. Work that takes many transactions is finished by the next process.
    fn kill(&mut self, after: Duration, step: &Step) {
        let (lab, last) = (Arc::clone(&self.lab), step.clone());
        self.runtime.spawn(async move { model::run(&lab, &last).await });
        thread::sleep(after);
        std::mem::replace(&mut self.runtime, runtime()).shutdown_timeout(Duration::from_secs(10));
        let entered = self.runtime.enter();
        self.lab = Arc::new(self.runtime.block_on(self.lab.beside()));
        drop(entered);
        self.runtime.block_on(async {
            // The last statement of the dead may be on its way to the file; who writes now comes after it. Leases run out.
            self.lab.sql("UPDATE jobs SET lease_until = 0 WHERE finished_at IS NULL").await.unwrap();
            while let Some(ended) = self.lab.jobs.run(None, std::future::pending()).await.unwrap() {
                assert!(matches!(ended, crate::jobs::Ended::Done), "{ended:?}");
            }
        });
        if let Step::Collect { .. } = step {
            self.run(step);
            return;
        }
        let mut after = self.model.clone();
        after.apply(step);
        if after.told() == self.told() {
            self.model = after;
        }
    }

    fn told(&self) -> Vec<String> {
        let mut told = self.runtime.block_on(self.lab.texts(&TOLD.join(" UNION ALL ")));
        for project in ["team", "other"] {
            told.push(format!("counted {project} {}", self.runtime.block_on(self.lab.counted(project))));
        }
        told.sort();
        told
    }

    fn compare(&self, step: &Step) {
        assert_eq!(self.told(), self.model.told(), "after {step:?}");
        self.runtime.block_on(self.lab.is_exact());
    }

    /// Every object has its row, and every row its object, once what a dead process left behind has been collected.
    fn end(self, killed: bool) {
        if killed {
            self.runtime.block_on(self.lab.collect_strays(false));
        }
        self.runtime.block_on(async {
            let rows = self.lab.number("SELECT COUNT(*) FROM blobs WHERE state <> 'stray'").await;
            assert_eq!(self.lab.objects().await as i64, rows);
        });
    }
}

/// Takes the steps; all is compared after each `every` of them. `taken` counts them.
fn walk(steps: &[Step], trash: bool, every: usize, taken: &mut usize) {
    let mut walk = Walk::new(trash);
    for (at, step) in steps.iter().enumerate() {
        *taken = at + 1;
        // Less than an hour in all: then a collection with a grace of an hour takes nothing, not even what was deleted.
        walk.lab.pass(i64::from(at < 3000));
        walk.model.pass(u32::from(at < 3000));
        walk.take(step, taken.is_multiple_of(every) || *taken == steps.len());
    }
    walk.end(steps.iter().any(|step| matches!(step, Step::Kill { .. })));
}

/// How many of the steps are taken until it shows that they fail, if they do.
fn failing(steps: &[Step], trash: bool, every: usize) -> Option<usize> {
    let mut taken = 0;
    let failed = catch_unwind(AssertUnwindSafe(|| walk(steps, trash, every, &mut taken))).is_err();
    failed.then_some(taken)
}

/// A part of the steps that fails as well, up to the first one after which it shows.
fn shrunk(mut steps: Vec<Step>, trash: bool) -> Vec<Step> {
    let begun = Instant::now();
    if let Some(taken) = failing(&steps, trash, 1) {
        steps.truncate(taken);
    }
    let mut part = steps.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < steps.len() && begun.elapsed() < PATIENCE {
            let mut without = steps.clone();
            without.drain(at..(at + part).min(steps.len()));
            match failing(&without, trash, 1) {
                Some(taken) => {
                    without.truncate(taken);
                    steps = without;
                }
                None => at += part,
            }
        }
        part /= 2;
    }
    steps
}

/// The steps of a seed, and whether they are taken with a trash.
fn of_seed(seed: u8, length: usize) -> (Vec<Step>, bool) {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), random);
    let steps = vec(model::step(), length).new_tree(&mut runner).unwrap().current();
    (steps, !seed.is_multiple_of(4))
}

/// Walks of all seeds, several at once; one that fails, and how far it came.
fn first_to_fail(length: usize) -> Option<(u8, usize)> {
    let every = if length > SHORT { SELDOM } else { 1 };
    // Half of the time each waits: for a disk, or for a collection that rests.
    let walkers = 2 * thread::available_parallelism().map_or(1, NonZero::get);
    let (next, failed) = (AtomicU8::new(0), Mutex::new(None));
    let walker = || {
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= SEEDS {
                return;
            }
            let (steps, trash) = of_seed(seed, length);
            if let Some(taken) = failing(&steps, trash, every) {
                next.store(SEEDS, Relaxed);
                failed.lock().unwrap().get_or_insert((seed, taken));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..walkers.min(usize::from(SEEDS)) {
            scope.spawn(walker);
        }
    });
    failed.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_held_is_what_a_model_says_and_what_a_recount_gives(
        steps in vec(model::step(), 1..60),
        trash in any::<bool>(),
    ) {
        walk(&steps, trash, 1, &mut 0);
    }
}

#[test]
fn long_walks_end_where_the_model_does() {
    let length = std::env::var("SLIPWAY_MODEL_STEPS").map_or(SHORT, |steps| steps.parse().unwrap());
    let Some((seed, taken)) = first_to_fail(length) else { return };
    let (mut steps, trash) = of_seed(seed, length);
    steps.truncate(taken);
    let steps = shrunk(steps, trash);
    println!("seed {seed}, trash {trash}: {steps:#?}");
    // Once more, so that the reason comes last.
    walk(&steps, trash, 1, &mut 0);
    panic!("seed {seed} fails after {taken} of its steps, and what is left of them only now and then");
}
