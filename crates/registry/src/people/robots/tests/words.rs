//! In which words robots are given something.

use super::*;

fn access(project: Option<&str>, may: &[Word]) -> RobotAccess {
    RobotAccess::new(project.map(ToOwned::to_owned), may.to_vec())
}

fn with(name: &str, access: Vec<RobotAccess>) -> NewRobot {
    NewRobot { access, ..new(name, &[]) }
}

#[tokio::test]
async fn what_a_robot_was_given_is_told_in_the_words_and_the_order_it_was_asked_for() {
    let lab = Lab::new().await;
    let (_, ada, _) = team(&lab).await;
    lab.project("other", false).await;
    let asked = [Word::TagDelete, Word::RepositoryPull, Word::TagList, Word::ArtifactLabelCreate];
    let twice = [&asked[..], &asked[..2]].concat();
    let home = project("team");
    let robot = lab.robots.create(&ada, Some(&home), &with("words", vec![access(None, &twice)])).await.unwrap();
    let told = async || lab.robots.get(&lab.admin(), robot.id).await.unwrap().access;
    assert_eq!(told().await, [access(Some("team"), &asked)]);

    let change = RobotChange { access: Some(vec![access(None, &[Word::RepositoryPush])]), ..RobotChange::default() };
    lab.robots.update(&ada, robot.id, &change).await.unwrap();
    assert_eq!(told().await, [access(Some("team"), &[Word::RepositoryPush])]);
    let said = RobotAccess { says_allow: true, ..access(Some("team"), &[Word::RepositoryPull]) };
    let change = RobotChange { access: Some(vec![said.clone()]), ..RobotChange::default() };
    lab.robots.update(&ada, robot.id, &change).await.unwrap();
    assert_eq!(told().await, [said]);

    let places = vec![access(Some("other"), &[Word::RepositoryPull]), access(None, &[Word::RepositoryPush])];
    let system = lab.robots.create(&lab.admin(), None, &with("words", places.clone())).await.unwrap();
    assert_eq!(lab.robots.get(&lab.admin(), system.id).await.unwrap().access, places);
}

#[tokio::test]
async fn a_word_that_belongs_beside_others_is_refused_without_them_and_given_with_them() {
    let lab = Lab::new().await;
    let (_, ada, robot) = team(&lab).await;
    let give = async |may: &[Word]| {
        let change = RobotChange { access: Some(vec![access(None, may)]), ..RobotChange::default() };
        lab.robots.update(&ada, robot.id, &change).await
    };
    for word in Word::ALL {
        let alone = give(&[word]).await;
        let missing: Vec<_> = word.beside().iter().filter(|other| **other != word).collect();
        if missing.is_empty() {
            alone.unwrap();
        } else {
            let refused = alone.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: "may", code: "permissions_incomplete", .. }), "{word}");
            let told = refused.to_string();
            assert!(missing.iter().all(|other| told.contains(other.as_str())), "{told}");
        }
        let mut whole = vec![word];
        whole.extend(missing);
        give(&whole).await.unwrap();
        assert_eq!(lab.robots.get(&ada, robot.id).await.unwrap().access[0].may, whole);
    }
}

#[tokio::test]
async fn a_robot_that_administers_gives_the_words_that_it_has_and_no_other_of_the_same_permission() {
    let lab = Lab::new().await;
    let (id, _, _) = team(&lab).await;
    let mut own = Word::all_of(&[Permission::Administer]);
    own.extend([Word::RepositoryPull, Word::TagDelete, Word::RobotRead]);
    let (boss, _) = lab.robot(Some(id), "boss", vec![RobotPermission::new(Some(id.0), own)]).await;
    let boss = Actor::new(Subject::Robot(boss), "robot$team+boss");
    let home = project("team");
    let give = async |name: &str, may: &[Word]| {
        lab.robots.create(&boss, Some(&home), &with(name, vec![access(None, may)])).await
    };
    give("cleaner", &[Word::RepositoryPull, Word::TagList, Word::TagDelete]).await.unwrap();
    for more in [Word::ArtifactDelete, Word::RepositoryDelete, Word::RepositoryPush, Word::QuotaRead] {
        let refused = give("more", &[Word::RepositoryPull, more]).await;
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "{more}");
    }
}
