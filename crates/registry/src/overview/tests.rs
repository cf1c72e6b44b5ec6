#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    people::ClientInfo,
    testing::{Lab, PASSWORD, secret},
};
use api_types::{NewProject, Role};
use std::time::Duration;

#[tokio::test]
async fn a_fresh_registry_has_nothing_to_show_but_the_checklist() {
    let lab = Lab::new().await;
    let overview = lab.overview.get(&lab.admin()).await.unwrap();
    let expected = Checklist { password: true, ..Checklist::default() };
    assert_eq!(overview.checklist, Some(expected));
    assert_eq!((overview.stored, overview.referenced, overview.tags), (0, 0, 0));
    assert_eq!(overview.recent_pushes, []);
    assert_eq!((overview.projects.len(), overview.projects_total), (1, 1));
}

#[tokio::test]
async fn each_step_of_the_first_day_is_ticked_when_it_is_done() {
    let lab = Lab::new().await;
    let admin = lab.admin();
    let checklist = async || lab.overview.get(&admin).await.unwrap().checklist.unwrap();
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    lab.projects.create(&admin, &project).await.unwrap();
    assert!(checklist().await.project);
    let client = ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None };
    lab.sign_in.with_credentials("admin", &secret(PASSWORD), client).await.unwrap();
    assert!(checklist().await.login && !checklist().await.push);
    lab.fill("team", 1).await;
    assert!(checklist().await.push && !checklist().await.robot);
    lab.robot(None, "ci", vec![]).await;
    assert!(checklist().await.robot);
    lab.people.dismiss_checklist(&admin).await.unwrap();
    assert_eq!(lab.overview.get(&admin).await.unwrap().checklist, None);
}

#[tokio::test]
async fn only_administrators_have_a_checklist() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    for actor in [ada, Actor::anonymous(), Actor::system()] {
        assert_eq!(lab.overview.get(&actor).await.unwrap().checklist, None);
    }
}

#[tokio::test]
async fn sums_traffic_and_pushes_are_those_of_the_projects_that_one_sees() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let team = lab.project("team", false).await;
    lab.project("secret", false).await;
    lab.member(team, &ada, Role::Guest).await;
    lab.fill("team", 2).await;
    lab.fill("secret", 3).await;
    lab.fill("library", 1).await;

    // Each repository holds a blob of 100 bytes that all share and one of 10 of its own, and one tag of 110.
    let all = lab.overview.get(&lab.admin()).await.unwrap();
    assert_eq!((all.stored, all.referenced, all.tags), (100 + 6 * 10, 6 * 110, 6));
    assert_eq!(all.recent_pushes.len(), 6);
    let hers = lab.overview.get(&ada).await.unwrap();
    assert_eq!((hers.stored, hers.referenced, hers.tags), (120 + 110, 3 * 110, 3));
    let seen: Vec<&str> = hers.recent_pushes.iter().map(|push| push.repository.as_str()).collect();
    assert_eq!(seen, ["library/r0", "team/r1", "team/r0"], "newest first");
    assert_eq!(hers.recent_pushes[0].pushed_by.name, "system");
    assert_eq!(hers.traffic.iter().map(|day| day.pushes).sum::<u64>(), 3);
    let public = lab.overview.get(&Actor::anonymous()).await.unwrap();
    assert_eq!((public.stored, public.tags, public.recent_pushes.len()), (110, 1, 1));
}

#[tokio::test]
async fn what_was_deleted_is_in_no_sum_but_that_of_the_whole_store() {
    let lab = Lab::keeping(Duration::from_hours(24)).await;
    let ada = lab.person("ada").await;
    let team = lab.project("team", false).await;
    lab.member(team, &ada, Role::Guest).await;
    lab.fill("team", 2).await;
    lab.fill("library", 1).await;
    lab.repositories.delete(&Actor::system(), &"team/r1".parse().unwrap()).await.unwrap();
    lab.tags.delete(&Actor::system(), &"library/r0".parse().unwrap(), &["v1".parse().unwrap()]).await.unwrap();
    let hers = lab.overview.get(&ada).await.unwrap();
    let listed: u64 = hers.projects.iter().map(|project| project.storage_used).sum();
    assert_eq!((hers.stored, listed), (110, 110));
    assert_eq!(lab.overview.get(&Actor::anonymous()).await.unwrap().stored, 0);
    assert_eq!(lab.overview.get(&lab.admin()).await.unwrap().stored, 100 + 3 * 10, "the trash takes room in the store");
}

#[tokio::test]
async fn traffic_has_a_row_for_each_of_fourteen_days_and_today_last() {
    let lab = Lab::new().await;
    lab.fill("library", 1).await;
    lab.pass(Duration::from_hours(13 * 24));
    let traffic = lab.overview.get(&lab.admin()).await.unwrap().traffic;
    assert_eq!(traffic.len(), 14);
    assert_eq!(traffic[13].day, lab.clock.now().date());
    assert!(traffic.windows(2).all(|days| days[0].day.next_day() == Some(days[1].day)));
    assert_eq!((traffic[0].pushes, traffic[1].pushes), (1, 0));
    lab.pass(Duration::from_hours(24));
    let traffic = lab.overview.get(&lab.admin()).await.unwrap().traffic;
    assert!(traffic.iter().all(|day| day.pushes == 0));
}

#[tokio::test]
async fn no_more_than_ten_pushes_and_six_projects_are_shown() {
    let lab = Lab::new().await;
    for project in 0..12 {
        lab.project(&format!("p{project:02}"), true).await;
        lab.fill(&format!("p{project:02}"), 2).await;
    }
    let overview = lab.overview.get(&Actor::anonymous()).await.unwrap();
    assert_eq!((overview.recent_pushes.len(), overview.projects.len(), overview.projects_total), (10, 6, 13));
    let newest: Vec<&str> = overview.projects.iter().map(|project| project.name.as_str()).collect();
    assert_eq!(newest[..2], ["p11", "p10"]);
    assert_eq!(overview.recent_pushes[0].repository, "p11/r1");
}
