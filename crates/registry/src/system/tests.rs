#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Error, testing::Lab};
use api_types::{DatabaseKind, Finding};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_administrator_sees_how_database_and_store_are() {
    let lab = Lab::new().await;
    lab.fill("library", 2).await;
    let database = lab.system.database(&lab.admin()).await.unwrap();
    let expected = if test_postgres::is_chosen() { DatabaseKind::Postgres } else { DatabaseKind::Sqlite };
    assert_eq!(database.kind, expected);
    assert!(database.size > 0 && database.version.contains('.'), "{database:?}");
    assert_eq!(database.ahead.is_some(), expected == DatabaseKind::Postgres);
    let store = lab.system.store(&lab.admin(), PATIENCE).await.unwrap();
    // Each repository holds a blob of 100 bytes that all share and one of 10 of its own.
    assert_eq!((store.problem, store.stored), (None, 120));
    let counts = lab.system.counts(&lab.admin()).await.unwrap();
    assert_eq!((counts.projects, counts.repositories, counts.tags, counts.people), (1, 2, 2, 1));
}

#[tokio::test]
async fn nobody_else_sees_or_does_any_of_it() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let report = CheckReport { at: lab.clock.now(), url: None, findings: vec![] };
    for actor in [ada, Actor::anonymous()] {
        let refused = [
            lab.system.database(&actor).await.err(),
            lab.system.store(&actor, PATIENCE).await.err(),
            lab.system.counts(&actor).await.err(),
            lab.system.try_store(&actor).await.err(),
            lab.system.last_check(&actor).await.err(),
            lab.system.keep_check(&actor, &report).await.err(),
        ];
        for error in refused {
            let error = error.unwrap();
            assert!(matches!(error, Error::AdministratorsOnly | Error::Unauthenticated), "{error}");
        }
    }
}

#[tokio::test]
async fn a_trial_leaves_nothing_in_the_store() {
    let lab = Lab::new().await;
    let trial = lab.system.try_store(&lab.admin()).await.unwrap();
    assert_eq!(lab.content.store.list().count().await, 1);
    assert_eq!((trial.refused.len(), &trial.url), (0, &None));
    assert_eq!(trial.end().await, []);
    assert_eq!(lab.content.store.list().count().await, 0);
}

#[tokio::test]
async fn the_last_report_is_kept_for_everybody_who_may_see_it() {
    let lab = Lab::new().await;
    assert_eq!(lab.system.last_check(&lab.admin()).await.unwrap(), None);
    for findings in [vec![Finding::NoPublicUrl], vec![Finding::BodyPassed { bytes: 1 }, Finding::BodyHeldBack]] {
        let report = CheckReport { at: lab.clock.now(), url: Some("https://r.example".to_owned()), findings };
        lab.system.keep_check(&lab.admin(), &report).await.unwrap();
        assert_eq!(lab.system.last_check(&Actor::system()).await.unwrap(), Some(report));
    }
}
