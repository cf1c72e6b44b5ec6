//! Walks of random steps, of a registry and of the model beside it.
//!
//! `make model` takes 100,000 steps; a failure prints the shortest walk that was found to fail as well.

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
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::runtime::Runtime;

/// How many walks there are, each of a seed of its own.
const SEEDS: u8 = 20;

/// How often a failing walk is tried without some of its steps.
const ATTEMPTS: usize = 2000;

/// What a registry shows: quotas, repositories, links, artifacts, tags, and what is in the trash.
const TOLD: [&str; 6] = [
    "SELECT 'quota ' || name || ' ' || storage_quota FROM projects WHERE storage_quota IS NOT NULL",
    "SELECT 'repository ' || p.name || '/' || r.path FROM repositories r JOIN projects p ON p.id = r.project_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'link ' || p.name || '/' || r.path || ' ' || b.digest FROM repository_blobs l \
     JOIN repositories r ON r.id = l.repository_id JOIN projects p ON p.id = r.project_id JOIN blobs b ON b.id = l.blob_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'image ' || p.name || '/' || r.path || ' ' || m.digest FROM manifests m \
     JOIN repositories r ON r.id = m.repository_id JOIN projects p ON p.id = r.project_id \
     WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')",
    "SELECT 'tag ' || p.name || '/' || r.path || ':' || t.name || ' ' || m.digest FROM tags t \
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

    fn take(&mut self, step: &Step) {
        match step {
            // A server goes on with what its client's last statement began, and nobody can tell when that is over.
            Step::Kill { step, .. } if test_postgres::is_chosen() => self.run(step),
            Step::Kill { after, step } => self.kill(Duration::from_micros(u64::from(*after)), step),
            step => self.run(step),
        }
        self.compare(step);
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
        std::thread::sleep(after);
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
        if let Step::Collect { grace } = step {
            if !grace {
                self.run(step);
            }
            return;
        }
        let mut after = self.model.clone();
        after.apply(step);
        if after.told() == self.told() {
            self.model = after;
        }
    }

    fn told(&self) -> Vec<String> {
        self.runtime.block_on(async {
            let mut told = Vec::new();
            for statement in TOLD {
                told.extend(self.lab.texts(statement).await);
            }
            told.sort();
            told
        })
    }

    fn compare(&self, step: &Step) {
        assert_eq!(self.told(), self.model.told(), "after {step:?}");
        self.runtime.block_on(async {
            for (project, used) in self.model.used() {
                let kept = format!("SELECT storage_used FROM projects WHERE name = '{project}'");
                assert_eq!(self.lab.number(&kept).await as u64, used, "{project} after {step:?}");
            }
            self.lab.is_exact().await;
        });
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

fn walk(steps: &[Step], trash: bool) {
    let mut walk = Walk::new(trash);
    for (at, step) in steps.iter().enumerate() {
        // Less than an hour in all: then a collection with a grace of an hour takes nothing.
        walk.lab.pass(i64::from(at < 3000));
        walk.model.pass(u32::from(at < 3000));
        walk.take(step);
    }
    walk.end(steps.iter().any(|step| matches!(step, Step::Kill { .. })));
}

fn fails(steps: &[Step], trash: bool) -> bool {
    catch_unwind(AssertUnwindSafe(|| walk(steps, trash))).is_err()
}

/// A part of the steps that fails as well, and no longer does without any one of its steps.
fn shrunk(mut steps: Vec<Step>, trash: bool) -> Vec<Step> {
    let mut attempts = 0;
    let mut part = steps.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < steps.len() && attempts < ATTEMPTS {
            attempts += 1;
            let mut without = steps.clone();
            without.drain(at..(at + part).min(steps.len()));
            if fails(&without, trash) {
                steps = without;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_held_is_what_a_model_says_and_what_a_recount_gives(
        steps in vec(model::step(), 1..60),
        trash in any::<bool>(),
    ) {
        walk(&steps, trash);
    }
}

#[test]
fn long_walks_end_where_the_model_does() {
    let length = std::env::var("SLIPWAY_MODEL_STEPS").map_or(60, |steps| steps.parse().unwrap());
    for seed in 0..SEEDS {
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), random);
        let steps = vec(model::step(), length).new_tree(&mut runner).unwrap().current();
        let trash = seed % 4 != 0;
        assert!(!fails(&steps, trash), "seed {seed}, trash {trash}: {:#?}", shrunk(steps, trash));
    }
}
