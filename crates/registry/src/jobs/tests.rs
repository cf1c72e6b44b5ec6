//! Who gets a job, keeps it, loses it and ends it.

#![allow(clippy::unwrap_used)]

use super::{Ended, JobRequest};
use crate::{Actor, Error, testing::Lab};
use api_types::{JobEvent, JobKind, JobState};
use std::{future, time::Duration};

const COLLECTION: JobRequest = JobRequest::Collection { dry_run: false, grace: None };

async fn run(lab: &Lab, id: i64) -> Option<Ended> {
    lab.jobs.run(Some(id), future::pending()).await.unwrap()
}

async fn state(lab: &Lab, id: i64) -> JobState {
    lab.jobs.get(&lab.admin(), id).await.unwrap().summary.state
}

#[tokio::test]
async fn a_kind_of_job_is_unfinished_once_at_a_time() {
    let lab = Lab::new().await;
    let first = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    let again = lab.jobs.request(&lab.admin(), JobRequest::Collection { dry_run: true, grace: None }).await;
    assert!(matches!(again, Err(Error::JobUnfinished { id }) if id == first), "{again:?}");
    assert!(matches!(run(&lab, first).await, Some(Ended::Done)));
    let second = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    let listed: Vec<_> =
        lab.jobs.list(&lab.admin()).await.unwrap().into_iter().map(|job| (job.id, job.state)).collect();
    assert_eq!(listed, [(second, JobState::Queued), (first, JobState::Succeeded)]);
}

#[tokio::test]
async fn one_of_several_processes_gets_the_job() {
    let lab = Lab::new().await;
    let other = lab.replica().await;
    let id = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    let (one, two) = tokio::join!(run(&lab, id), run(&other, id));
    assert!(one.is_some() != two.is_some(), "{one:?} {two:?}");
    assert_eq!(lab.number("SELECT fence * 10 + attempts FROM jobs").await, 11);
}

#[tokio::test]
async fn what_a_dead_holder_left_goes_on_once_its_lease_has_run_out() {
    let lab = Lab::new().await;
    let id = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    lab.sql("UPDATE jobs SET state = 'running', lease_owner = 'dead/1', lease_until = 9000000000000000, fence = 1, attempts = 1")
        .await;
    assert!(run(&lab, id).await.is_none());
    lab.sql("UPDATE jobs SET lease_until = 1").await;
    assert!(matches!(run(&lab, id).await, Some(Ended::Done)));
    let job = lab.jobs.get(&lab.admin(), id).await.unwrap();
    assert_eq!((job.summary.attempts, job.summary.holder), (1, None), "it got on");
    assert!(matches!(job.log[0].event, JobEvent::Taken { attempt: 2, .. }), "{:?}", job.log);
}

#[tokio::test]
async fn a_process_that_stops_leaves_the_job_to_the_next_one_at_once() {
    let lab = Lab::new().await;
    let id = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    // A first push makes the collection rest, which is when it hears of the stop.
    lab.project("team", false).await;
    lab.fill("team", 3).await;
    let ended = lab.jobs.run(Some(id), future::ready(())).await.unwrap();
    if !matches!(ended, Some(Ended::Done)) {
        assert!(matches!(ended, Some(Ended::Released)), "{ended:?}");
        let job = lab.jobs.get(&lab.admin(), id).await.unwrap();
        assert_eq!((job.summary.state, job.summary.attempts), (JobState::Queued, 0), "that was no attempt");
        assert!(matches!(run(&lab.replica().await, id).await, Some(Ended::Done)));
    }
    assert_eq!(state(&lab, id).await, JobState::Succeeded);
}

#[tokio::test]
async fn a_job_that_breaks_is_tried_again_later_and_given_up_in_the_end() {
    let lab = Lab::new().await;
    let id = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    lab.sql("UPDATE jobs SET payload = '{}'").await;
    for attempt in 1..=5_u64 {
        let ended = run(&lab, id).await;
        assert!(matches!(ended, Some(Ended::Broke(_))), "{ended:?}");
        assert!(run(&lab, id).await.is_none(), "not at once");
        let job = lab.jobs.get(&lab.admin(), id).await.unwrap().summary;
        assert_eq!(job.attempts, attempt);
        assert!(job.error.unwrap().contains("jobs.payload"));
        assert_eq!(job.state, if attempt < 5 { JobState::Queued } else { JobState::Failed });
        lab.sql("UPDATE jobs SET run_at = 0").await;
    }
    assert!(run(&lab, id).await.is_none());
    lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
}

#[tokio::test]
async fn a_job_that_nobody_works_on_is_stopped_at_once_and_another_one_when_it_hears_of_it() {
    let lab = Lab::new().await;
    let waiting = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    lab.jobs.cancel(&lab.admin(), waiting).await.unwrap();
    assert_eq!(state(&lab, waiting).await, JobState::Cancelled);
    assert!(run(&lab, waiting).await.is_none());
    assert!(matches!(lab.jobs.cancel(&lab.admin(), waiting).await, Err(Error::JobNotFound { .. })));

    let id = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    lab.sql("UPDATE jobs SET cancelled_at = 1 WHERE finished_at IS NULL").await;
    assert!(matches!(run(&lab, id).await, Some(Ended::Cancelled)));
    assert_eq!(state(&lab, id).await, JobState::Cancelled);
}

#[tokio::test]
async fn nobody_but_administrators_has_to_do_with_jobs() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let id = lab.jobs.request(&lab.admin(), COLLECTION).await.unwrap();
    for actor in [ada, Actor::anonymous()] {
        let refused = [
            lab.jobs.list(&actor).await.err(),
            lab.jobs.get(&actor, id).await.err(),
            lab.jobs.request(&actor, COLLECTION).await.err(),
            lab.jobs.cancel(&actor, id).await.err(),
        ];
        for error in refused {
            assert!(matches!(error, Some(Error::AdministratorsOnly | Error::Unauthenticated)), "{error:?}");
        }
    }
    assert_eq!(state(&lab, id).await, JobState::Queued);
    let audited = "SELECT COUNT(*) FROM audit_events WHERE action = 'job.request' AND actor_name = 'admin'";
    assert_eq!(lab.number(audited).await, 1);
}

#[tokio::test]
async fn the_schedule_asks_once_an_interval_over_all_processes() {
    let lab = Lab::new().await;
    let other = lab.replica().await;
    let hour = Duration::from_hours(1);
    for lab in [&lab, &other, &lab] {
        lab.jobs.schedule(COLLECTION, hour).await.unwrap();
    }
    assert_eq!(lab.number("SELECT COUNT(*) FROM jobs").await, 1);
    let ended = other.jobs.run(None, future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)));
    other.jobs.schedule(COLLECTION, hour).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM jobs").await, 1);
    // A dry run is none.
    lab.sql("UPDATE jobs SET created_at = 0").await;
    lab.jobs.request(&lab.admin(), JobRequest::Collection { dry_run: true, grace: None }).await.unwrap();
    assert!(lab.jobs.run(None, future::pending()).await.unwrap().is_some());
    lab.jobs.schedule(COLLECTION, hour).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM jobs").await, 3);
    let due = tokio::time::timeout(Duration::from_secs(60), lab.jobs.due(JobKind::Collection)).await;
    due.expect("there is one").unwrap();
}

#[tokio::test]
async fn a_check_that_takes_long_keeps_no_other_kind_of_job_waiting() {
    let lab = Lab::new().await;
    lab.project("team", false).await;
    lab.fill("team", 1).await;
    // A byte a second.
    let check = JobRequest::Fsck { deep: true, rate: Some(1) };
    let check = lab.jobs.request(&lab.admin(), check).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let checking = lab.jobs.run_any(JobKind::Fsck, async {
        let _ = stopped.await;
    });
    let backing_up = async {
        while state(&lab, check).await != JobState::Running {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let backup = lab.jobs.request(&lab.admin(), JobRequest::Backup).await.unwrap();
        lab.jobs.due(JobKind::Backup).await.unwrap();
        assert!(lab.jobs.run_any(JobKind::Collection, future::pending()).await.unwrap().is_none(), "of another kind");
        assert!(matches!(lab.jobs.run_any(JobKind::Backup, future::pending()).await.unwrap(), Some(Ended::Done)));
        assert_eq!((state(&lab, backup).await, state(&lab, check).await), (JobState::Succeeded, JobState::Running));
        stop.send(()).unwrap();
    };
    let (checked, ()) = tokio::join!(checking, backing_up);
    assert!(matches!(checked.unwrap(), Some(Ended::Released)));
}

#[tokio::test]
async fn old_jobs_are_forgotten() {
    let lab = Lab::new().await;
    for _ in 0..60 {
        lab.sql(
            "INSERT INTO jobs (kind, state, payload, progress, log, requested_by, run_at, created_at, finished_at) \
             VALUES ('collection', 'succeeded', '{}', '{\"report\":{\"dry_run\":false,\"phase\":\"done\",\"done\":0,\"total\":0,\
             \"links\":0,\"blobs\":0,\"bytes\":0,\"objects\":0,\"object_bytes\":0}}', '[]', 'system', 0, 0, 1)",
        )
        .await;
    }
    lab.jobs.schedule(COLLECTION, Duration::from_hours(1)).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM jobs").await, 51);
    assert_eq!(lab.jobs.list(&lab.admin()).await.unwrap().len(), 20);
}
