//! What each word opens.

use super::*;

/// What a robot may that was given these words alone.
async fn opened(lab: &Lab, name: &str, may: &[Word]) -> Vec<&'static str> {
    let team = lab.access.project(&Actor::system(), &project("team"), may::Pull).await.unwrap().id();
    let (robot, _) = lab.robot(Some(team), name, vec![RobotPermission::new(None, may.to_vec())]).await;
    let robot = Actor::new(Subject::Robot(robot), name);
    let app = repo("team/app");
    let mut opened = Vec::new();
    macro_rules! ask {
        ($($right:ident),* $(,)?) => {$(
            if lab.access.repository(&robot, &app, may::$right).await.is_ok() {
                opened.push(stringify!($right));
            }
        )*};
    }
    ask!(
        Pull,
        SeeConfiguration,
        SeeProtection,
        SeeLabels,
        ReadLabel,
        SeeMembers,
        ReadMember,
        SeeRobots,
        ReadRobot,
        Push,
        Describe,
        Mark,
        Unmark,
        ChangeMarks,
        Retain,
        Delete,
        DeleteRepositories,
        DeleteArtifacts,
        DeleteTags,
        CreateProtection,
        UpdateProtection,
        DeleteProtection,
        CreateLabels,
        UpdateLabels,
        DeleteLabels,
        Administer,
    );
    opened
}

#[tokio::test]
async fn each_word_opens_what_it_says_and_no_part_of_administration_or_retention_opens_anything() {
    let lab = Lab::new().await;
    lab.project("team", false).await;
    for (at, word) in Word::ALL.into_iter().enumerate() {
        let expected: &[&str] = match word {
            Word::RepositoryPull => &["Pull"],
            Word::QuotaRead => &["SeeConfiguration"],
            Word::ImmutableTagList => &["SeeProtection"],
            Word::LabelList => &["SeeLabels"],
            Word::LabelRead => &["ReadLabel"],
            Word::MemberList => &["SeeMembers"],
            Word::MemberRead => &["ReadMember"],
            Word::RobotList => &["SeeRobots"],
            Word::RobotRead => &["ReadRobot"],
            Word::RepositoryPush => &["Push"],
            Word::RepositoryUpdate => &["Describe"],
            Word::ArtifactLabelCreate => &["Mark"],
            Word::ArtifactLabelDelete => &["Unmark"],
            Word::RepositoryDelete => &["DeleteRepositories"],
            Word::ArtifactDelete => &["DeleteArtifacts"],
            Word::TagDelete => &["DeleteTags"],
            Word::ImmutableTagCreate => &["CreateProtection"],
            Word::ImmutableTagUpdate => &["UpdateProtection"],
            Word::ImmutableTagDelete => &["DeleteProtection"],
            Word::LabelCreate => &["CreateLabels"],
            Word::LabelUpdate => &["UpdateLabels"],
            Word::LabelDelete => &["DeleteLabels"],
            _ => &[],
        };
        assert_eq!(opened(&lab, &format!("robot{at}"), &[word]).await, expected, "{word}");
    }
    let delete = [Word::RepositoryDelete, Word::ArtifactDelete, Word::TagDelete];
    let expected = ["Delete", "DeleteRepositories", "DeleteArtifacts", "DeleteTags"];
    assert_eq!(opened(&lab, "deletes", &delete).await, expected);
    assert_eq!(opened(&lab, "retains", &Word::all_of(&[Retain])).await, ["Retain"]);
    let all_but_one = &Word::all_of(&[Administer])[1..];
    assert!(opened(&lab, "half", all_but_one).await.is_empty());
    assert_eq!(opened(&lab, "all", &Word::ALL).await.len(), 26);
}

#[tokio::test]
async fn a_registry_token_for_deleting_is_granted_for_tags_or_for_artifacts() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let wanted = Actions { pull: true, push: true, delete: true };
    for (name, may, expected) in [
        ("tags", Word::TagDelete, Actions { delete: true, ..Actions::NONE }),
        ("artifacts", Word::ArtifactDelete, Actions { delete: true, ..Actions::NONE }),
        ("repositories", Word::RepositoryDelete, Actions::NONE),
        ("marks", Word::ArtifactLabelCreate, Actions::NONE),
        ("push", Word::RepositoryPush, Actions { push: true, ..Actions::NONE }),
    ] {
        let (robot, _) = lab.robot(Some(team), name, vec![RobotPermission::new(None, vec![may])]).await;
        let robot = Actor::new(Subject::Robot(robot), name);
        let grant = lab.access.grant(&robot, &repo("team/app"), wanted).await.unwrap();
        assert_eq!(grant.actions, expected, "{may}");
    }
}
