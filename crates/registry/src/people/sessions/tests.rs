#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::Lab;
use std::time::Duration;

fn record(lab: &Lab, id: u8, user: Option<UserId>) -> SessionRecord {
    SessionRecord {
        id_hash: [id; 32],
        user,
        data: vec![1, 2, 3],
        expires_at: lab.clock.now() + Duration::from_mins(1),
        address: Some("192.0.2.1".to_owned()),
        user_agent: Some("Chromium".to_owned()),
    }
}

#[tokio::test]
async fn a_session_is_found_as_it_was_stored_until_it_expires() {
    let lab = Lab::new().await;
    let record = record(&lab, 1, Some(UserId(1)));
    assert!(lab.sessions.save(&record, true).await.unwrap());
    assert_eq!(lab.sessions.find(&[1; 32]).await.unwrap(), Some(record));
    assert_eq!(lab.sessions.find(&[2; 32]).await.unwrap(), None);
    lab.pass(Duration::from_mins(1));
    assert_eq!(lab.sessions.find(&[1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn an_id_is_given_once() {
    let lab = Lab::new().await;
    let record = record(&lab, 1, None);
    assert!(lab.sessions.save(&record, true).await.unwrap());
    assert!(!lab.sessions.save(&record, true).await.unwrap());
}

#[tokio::test]
async fn saving_changes_a_session_but_never_revives_one() {
    let lab = Lab::new().await;
    let mut record = record(&lab, 1, None);
    lab.sessions.save(&record, true).await.unwrap();
    record.user = Some(UserId(1));
    record.expires_at += Duration::from_mins(1);
    assert!(lab.sessions.save(&record, false).await.unwrap());
    assert_eq!(lab.sessions.find(&[1; 32]).await.unwrap().as_ref(), Some(&record));
    lab.sessions.delete(&[1; 32]).await.unwrap();
    assert!(!lab.sessions.save(&record, false).await.unwrap());
    assert_eq!(lab.sessions.find(&[1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn all_of_a_persons_sessions_end_but_the_one_that_is_kept() {
    let lab = Lab::new().await;
    let ada = crate::testing::user_of(&lab.person("ada").await);
    for (id, user) in [(1, UserId(1)), (2, UserId(1)), (3, ada)] {
        lab.sessions.save(&record(&lab, id, Some(user)), true).await.unwrap();
    }
    lab.sessions.end_others(&lab.admin(), Some(&[2; 32])).await.unwrap();
    for (id, stands) in [(1, false), (2, true), (3, true)] {
        assert_eq!(lab.sessions.find(&[id; 32]).await.unwrap().is_some(), stands, "{id}");
    }
    lab.sessions.end_others(&lab.admin(), None).await.unwrap();
    assert_eq!(lab.sessions.find(&[2; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_only() {
    let lab = Lab::new().await;
    let (admin, ada) = (lab.admin(), lab.person("ada").await);
    for (id, user) in [(1, UserId(1)), (2, UserId(1)), (3, crate::testing::user_of(&ada))] {
        lab.pass(Duration::from_secs(1));
        lab.sessions.save(&record(&lab, id, Some(user)), true).await.unwrap();
    }
    let own = lab.sessions.list(&admin, Some(&[1; 32])).await.unwrap();
    assert_eq!(own.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true], "last used first");
    assert_eq!(own[0].user_agent.as_deref(), Some("Chromium"));
    let others = lab.sessions.list(&ada, None).await.unwrap();
    assert_eq!(others.len(), 1);
    assert!(!lab.sessions.end(&admin, others[0].id).await.unwrap());
    assert!(lab.sessions.find(&[3; 32]).await.unwrap().is_some(), "of somebody else");
    assert!(lab.sessions.end(&admin, own[0].id).await.unwrap());
    assert!(!lab.sessions.end(&admin, own[0].id).await.unwrap());
    assert_eq!(lab.sessions.find(&[2; 32]).await.unwrap(), None);
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'session.end'").await, 1);
    lab.pass(Duration::from_mins(2));
    assert_eq!(lab.sessions.list(&admin, None).await.unwrap(), [], "the expired are not shown");
    for actor in [Actor::anonymous(), Actor::system(), admin.narrowed(vec![])] {
        assert!(matches!(lab.sessions.list(&actor, None).await, Err(Error::AccountNeeded)), "{actor:?}");
        assert!(matches!(lab.sessions.end(&actor, 1).await, Err(Error::AccountNeeded)), "{actor:?}");
        assert!(matches!(lab.sessions.end_others(&actor, None).await, Err(Error::AccountNeeded)), "{actor:?}");
    }
}

#[tokio::test]
async fn administrators_end_all_of_anybodys_sessions() {
    let lab = Lab::new().await;
    let ada = crate::testing::user_of(&lab.person("ada").await);
    for (id, user) in [(1, UserId(1)), (2, ada), (3, ada)] {
        lab.sessions.save(&record(&lab, id, Some(user)), true).await.unwrap();
    }
    lab.sessions.end_all_of(&Actor::system(), ada).await.unwrap();
    for (id, stands) in [(1, true), (2, false), (3, false)] {
        assert_eq!(lab.sessions.find(&[id; 32]).await.unwrap().is_some(), stands, "{id}");
    }
    lab.sessions.end_all_of(&lab.admin(), UserId(1)).await.unwrap();
    assert_eq!(lab.sessions.find(&[1; 32]).await.unwrap(), None, "one's own too");
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'session.end_all' AND resource = 'ada'";
    assert_eq!(lab.number(recorded).await, 1);
    let nobody = lab.sessions.end_all_of(&lab.admin(), UserId(4711)).await;
    assert!(matches!(nobody, Err(Error::UserNotFound { .. })));
}

#[tokio::test]
async fn a_disabled_person_has_no_session() {
    let lab = Lab::new().await;
    lab.sessions.save(&record(&lab, 1, Some(UserId(1))), true).await.unwrap();
    lab.sql("UPDATE users SET disabled_at = 1").await;
    assert_eq!(lab.sessions.find(&[1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn the_sweep_takes_what_has_expired_and_leaves_the_rest() {
    let lab = Lab::new().await;
    lab.sessions.save(&record(&lab, 1, None), true).await.unwrap();
    lab.pass(Duration::from_secs(30));
    lab.sessions.save(&record(&lab, 2, None), true).await.unwrap();
    lab.sql("INSERT INTO sign_in_attempts (key, next_allowed_at, updated_at) VALUES ('account:old', 0, 0)").await;
    lab.pass(Duration::from_secs(30));
    lab.maintenance.sweep().await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM sessions").await, 1);
    assert!(lab.sessions.find(&[2; 32]).await.unwrap().is_some());
    assert_eq!(lab.number("SELECT COUNT(*) FROM sign_in_attempts").await, 0);
}
