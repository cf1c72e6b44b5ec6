//! Who sets quotas, and what new projects may hold.

use super::{name, new};
use crate::{Actor, Error, testing::Lab};
use api_types::{LARGEST_QUOTA, NewQuota, Role, SystemSettings};

async fn quota(lab: &Lab, project: &str) -> Option<u64> {
    lab.projects.get(&Actor::system(), &name(project)).await.unwrap().summary.storage_quota
}

#[tokio::test]
async fn only_administrators_set_quotas_and_the_log_has_from_what_to_what() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let team = lab.project("team", false).await;
    lab.member(team, &ada, Role::ProjectAdmin).await;
    for (actor, project) in [(&ada, "team"), (&ada, "missing")] {
        let refused = lab.projects.set_quota(actor, &name(project), Some(5)).await;
        assert!(matches!(refused, Err(Error::AdministratorsOnly)), "{project}: {refused:?}");
    }
    assert!(matches!(lab.projects.set_quota_of(&ada, team, Some(5)).await, Err(Error::AdministratorsOnly)));
    let nobody = lab.projects.set_quota(&Actor::anonymous(), &name("team"), Some(5)).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated)));
    assert_eq!(quota(&lab, "team").await, None);

    lab.projects.set_quota(&lab.admin(), &name("team"), Some(5)).await.unwrap();
    lab.projects.set_quota(&lab.admin(), &name("team"), Some(5)).await.unwrap();
    assert_eq!(quota(&lab, "team").await, Some(5));
    lab.projects.set_quota_of(&lab.admin(), team, None).await.unwrap();
    assert_eq!(quota(&lab, "team").await, None);
    let events = "SELECT COUNT(*) FROM audit_events WHERE action = 'project.quota'";
    assert_eq!(lab.number(events).await, 2);
    assert_eq!(lab.number(&format!(r#"{events} AND details = '{{"from":5,"to":null}}'"#)).await, 1);
    let missing = lab.projects.set_quota(&lab.admin(), &name("missing"), None).await;
    assert!(matches!(missing, Err(Error::ProjectNotFound { .. })));
}

#[tokio::test]
async fn a_quota_of_nothing_or_beyond_measure_is_a_mistake() {
    let lab = Lab::new().await;
    lab.project("team", false).await;
    for wrong in [0, LARGEST_QUOTA + 1, u64::MAX] {
        let refused = lab.projects.set_quota(&lab.admin(), &name("team"), Some(wrong)).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "quota", .. })), "{wrong}");
        let settings = SystemSettings { default_quota: Some(wrong), ..SystemSettings::default() };
        let refused = lab.settings.update(&lab.admin(), &settings).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "default_quota", .. })), "{wrong}");
    }
    lab.projects.set_quota(&lab.admin(), &name("team"), Some(LARGEST_QUOTA)).await.unwrap();
}

#[tokio::test]
async fn a_new_project_may_hold_what_the_settings_say_unless_an_administrator_says_otherwise() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    lab.project("before", false).await;
    let settings = SystemSettings { default_quota: Some(1_000), ..SystemSettings::default() };
    lab.settings.update(&lab.admin(), &settings).await.unwrap();
    for (project, actor, wanted, given) in [
        ("a", &ada, NewQuota::Default, Some(1_000)),
        // What clients send that do not care.
        ("b", &ada, NewQuota::Unlimited, Some(1_000)),
        ("c", &lab.admin(), NewQuota::Default, Some(1_000)),
        ("d", &lab.admin(), NewQuota::Unlimited, None),
        ("e", &lab.admin(), NewQuota::Bytes(7), Some(7)),
    ] {
        lab.projects.create_with_quota(actor, &new(project, false), wanted).await.unwrap();
        assert_eq!(quota(&lab, project).await, given, "{project}");
    }
    let refused = lab.projects.create_with_quota(&ada, &new("f", false), NewQuota::Bytes(7)).await;
    assert!(matches!(refused, Err(Error::AdministratorsOnly)));
    assert_eq!(quota(&lab, "before").await, None, "projects that exist keep theirs");
}

#[tokio::test]
async fn a_recount_finds_each_sum_that_is_wrong_and_none_that_is_right() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    lab.project("team", false).await;
    lab.fill("team", 3).await;
    assert!(matches!(lab.projects.verify_sums(&ada).await, Err(Error::AdministratorsOnly)));
    assert_eq!(lab.projects.verify_sums(&lab.admin()).await.unwrap(), []);
    for (table, column) in [
        ("projects", "storage_used"),
        ("repositories", "storage_used"),
        ("blobs", "link_count"),
        ("project_blobs", "link_count"),
        ("project_blobs", "size"),
        ("project_blobs", "only_repository_id"),
        ("repositories", "tag_count"),
        ("repositories", "tagged_size"),
        ("repositories", "manifest_count"),
        ("projects", "repository_count"),
    ] {
        lab.sql(&format!("UPDATE {table} SET {column} = {column} + 1")).await;
        let found = lab.projects.verify_sums(&lab.admin()).await.unwrap();
        assert!(!found.is_empty(), "{table}.{column}");
        assert!(found.iter().all(|wrong| wrong.kept == wrong.counted + 1), "{found:?}");
        lab.sql(&format!("UPDATE {table} SET {column} = {column} - 1")).await;
    }
    lab.sql("DELETE FROM project_blobs").await;
    let found = lab.projects.verify_sums(&lab.admin()).await.unwrap();
    assert_eq!(found.len(), 4, "a layer and three configurations");
}
