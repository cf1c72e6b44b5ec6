#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    Permission,
    access::{RobotPermission, Subject, Word},
    numbered::SortKey,
    testing::Lab,
};
use api_types::{ListQuery, Role};
use oci::{Reference, RepositoryName};
use std::time::Duration;

fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// The artifact that [`lab`] pushes.
fn at(project: &str) -> (RepositoryName, Reference) {
    (format!("{project}/r0").parse().unwrap(), "v1".parse().unwrap())
}

fn new(name: &str) -> NewLabel {
    NewLabel { name: name.to_owned(), ..NewLabel::default() }
}

fn renamed(name: &str) -> LabelChange {
    LabelChange { name: Some(name.to_owned()), ..LabelChange::default() }
}

/// Private projects `team` and `other` with an artifact in each.
async fn lab() -> (Lab, ProjectId) {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    lab.project("other", false).await;
    for project in ["team", "other"] {
        lab.fill(project, 1).await;
    }
    (lab, team)
}

/// The labels of an artifact, as its page has them.
async fn marks(lab: &Lab, project: &str) -> Vec<String> {
    let (name, reference) = at(project);
    let shown = lab.artifacts.get(&lab.admin(), &name, &reference, None, "").await.unwrap();
    shown.summary.labels.into_iter().map(|label| label.name).collect()
}

#[tokio::test]
async fn a_name_is_given_once_in_each_home() {
    let (lab, _) = lab().await;
    let (admin, team, other) = (lab.admin(), team(), "other".parse().unwrap());
    let taken = |error: Error| {
        let problem = error.problem();
        assert_eq!((problem.code.as_str(), problem.field.as_deref()), ("label_name_taken", Some("name")));
    };
    let mut made = Vec::new();
    for home in [Some(&team), Some(&other), None] {
        made.push(lab.labels.create(&admin, home, &new(" stable ")).await.unwrap());
        taken(lab.labels.create(&admin, home, &new("stable")).await.unwrap_err());
        let edge = lab.labels.create(&admin, home, &new("edge")).await.unwrap();
        taken(lab.labels.update(&admin, edge, &renamed("stable")).await.unwrap_err());
        lab.labels.update(&admin, edge, &renamed("edge")).await.unwrap();
    }
    for (id, global) in made.into_iter().zip([false, false, true]) {
        let record = lab.labels.get(&admin, id).await.unwrap();
        assert_eq!((record.label.name.as_str(), record.label.global), ("stable", global));
        assert_eq!(record.project.is_none(), global);
    }
}

#[tokio::test]
async fn of_two_who_take_a_name_at_once_one_gets_it() {
    let (lab, _) = lab().await;
    let replica = lab.replica().await;
    for round in 0..5 {
        let label = new(&format!("stable-{round}"));
        let admin = lab.admin();
        let (one, other) =
            tokio::join!(lab.labels.create(&admin, None, &label), replica.labels.create(&admin, None, &label));
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
        let refused = one.err().or(other.err()).unwrap();
        assert!(matches!(refused, Error::LabelNameTaken { .. }), "{refused}");
    }
    assert_eq!(lab.number("SELECT COUNT(*) FROM labels").await, 5);
}

#[tokio::test]
async fn what_is_no_label_is_refused_beside_its_field() {
    let (lab, _) = lab().await;
    let id = lab.labels.create(&lab.admin(), None, &new("fine")).await.unwrap();
    for (name, description, color, field, code) in [
        ("", "", "", "name", "name_empty"),
        ("a\u{7}", "", "", "name", "label_name_malformed"),
        (&*"x".repeat(129), "", "", "name", "label_name_malformed"),
        ("a", &*"x".repeat(501), "", "description", "description_too_long"),
        ("a", "", "48960C", "color", "color_malformed"),
        ("a", "", "#fff", "color", "color_malformed"),
        ("a", "", "#48960C;", "color", "color_malformed"),
        ("a", "", "#48960é", "color", "color_malformed"),
    ] {
        let label = NewLabel { name: name.to_owned(), description: description.to_owned(), color: color.to_owned() };
        let change = LabelChange {
            name: Some(label.name.clone()),
            description: Some(label.description.clone()),
            color: Some(label.color.clone()),
        };
        for refused in [
            lab.labels.create(&lab.admin(), None, &label).await.unwrap_err(),
            lab.labels.update(&lab.admin(), id, &change).await.unwrap_err(),
        ] {
            let problem = refused.problem();
            assert_eq!((problem.field.as_deref(), problem.code.as_str()), (Some(field), code), "{name:?} {color:?}");
        }
    }
    let korean = NewLabel { name: "안정".repeat(64), description: String::new(), color: "#abCDef".to_owned() };
    lab.labels.create(&lab.admin(), None, &korean).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM labels").await, 2);
}

#[tokio::test]
async fn labels_are_seen_by_guests_put_by_developers_and_looked_after_by_maintainers() {
    let (lab, project) = lab().await;
    let eve = lab.person("eve").await;
    let admin = lab.admin();
    let id = lab.labels.create(&admin, Some(&team()), &new("stable")).await.unwrap();
    let seen = lab.labels.create(&admin, Some(&team()), &new("seen")).await.unwrap();
    let (name, reference) = at("team");
    lab.labels.add(&admin, &name, &reference, seen).await.unwrap();
    for role in [Role::LimitedGuest, Role::Guest, Role::Developer, Role::Maintainer, Role::ProjectAdmin] {
        lab.member(project, &eve, role).await;
        let (reads, pushes, deletes) = (role >= Role::Guest, role >= Role::Developer, role >= Role::Maintainer);
        let forbidden = |error: &Error| matches!(error, Error::Forbidden { .. });
        let checks = [
            (reads, lab.labels.list(&eve, Some(&team())).await.map(drop), true),
            (reads, lab.labels.list_usable(&eve, &team()).await.map(drop), true),
            (reads, lab.labels.list_numbered(&eve, Some(&team()), &NumberedQuery::default()).await.map(drop), true),
            (reads, lab.labels.get(&eve, id).await.map(drop), false),
            (pushes, lab.labels.add(&eve, &name, &reference, id).await, true),
            (pushes, lab.labels.remove(&eve, &name, &reference, id).await, true),
            (pushes, lab.labels.change(&eve, &name, &reference, vec![id], Vec::new()).await, true),
            (deletes, lab.labels.update(&eve, id, &renamed(&format!("by-{role:?}"))).await, reads),
            (deletes, lab.labels.create(&eve, Some(&team()), &new(&format!("{role:?}"))).await.map(drop), true),
        ];
        for (at, (allowed, result, known)) in checks.into_iter().enumerate() {
            match result {
                Ok(()) => assert!(allowed, "{role:?} {at}"),
                // What one may not see is not there.
                Err(error) if known => assert!(!allowed && forbidden(&error), "{role:?} {at}: {error}"),
                Err(error) => assert!(!allowed && matches!(error, Error::LabelNotFound), "{role:?} {at}: {error}"),
            }
        }
        let shown = lab.artifacts.get(&eve, &name, &reference, None, "").await.unwrap();
        assert_eq!(!shown.summary.labels.is_empty(), reads, "{role:?}");
        let listed = lab.artifacts.list(&eve, &name, &ListQuery::default(), None).await.unwrap();
        assert_eq!(listed.items[0].labels, shown.summary.labels, "{role:?}");
        lab.labels.change(&admin, &name, &reference, Vec::new(), vec![id]).await.unwrap();
    }
    lab.labels.add(&admin, &name, &reference, id).await.unwrap();
    let (robot, _) = lab
        .robot(
            Some(project),
            "ci",
            vec![RobotPermission::new(Some(project.0), Word::all_of(&[Permission::Pull, Permission::Push]))],
        )
        .await;
    let robot = Actor::new(Subject::Robot(robot), "robot$team+ci");
    lab.labels.remove(&robot, &name, &reference, id).await.unwrap();
    assert!(matches!(lab.labels.get(&robot, id).await, Err(Error::LabelNotFound)));
    assert!(matches!(lab.labels.delete(&robot, id).await, Err(Error::LabelNotFound)));
    lab.labels.delete(&eve, id).await.unwrap();
}

#[tokio::test]
async fn to_strangers_a_label_of_others_is_like_one_that_does_not_exist() {
    let (lab, _) = lab().await;
    let eve = lab.person("eve").await;
    let id = lab.labels.create(&lab.admin(), Some(&team()), &new("stable")).await.unwrap();
    let (name, reference) = at("team");
    lab.labels.add(&lab.admin(), &name, &reference, id).await.unwrap();
    for actor in [&eve, &Actor::anonymous()] {
        let ask = async |id: LabelId| {
            let errors = [
                lab.labels.get(actor, id).await.unwrap_err(),
                lab.labels.update(actor, id, &renamed("x")).await.unwrap_err(),
                lab.labels.delete(actor, id).await.unwrap_err(),
            ];
            errors.map(|error| error.to_string())
        };
        assert_eq!(ask(id).await, ask(LabelId(id.0 + 1_000)).await);
        for project in ["team", "none"] {
            let name: ProjectName = project.parse().unwrap();
            let hidden = |error| matches!(error, Error::ProjectNotFound { .. });
            assert!(hidden(lab.labels.list(actor, Some(&name)).await.unwrap_err()));
            assert!(hidden(lab.labels.list_usable(actor, &name).await.unwrap_err()));
            assert!(hidden(lab.labels.create(actor, Some(&name), &new("x")).await.unwrap_err()));
            let (name, reference) = at(project);
            assert!(hidden(lab.labels.add(actor, &name, &reference, id).await.unwrap_err()));
            assert!(hidden(lab.labels.remove(actor, &name, &reference, id).await.unwrap_err()));
        }
    }
    assert_eq!(marks(&lab, "team").await, ["stable"]);
}

#[tokio::test]
async fn in_a_public_project_everybody_sees_labels_and_strangers_change_nothing() {
    let (lab, _) = lab().await;
    lab.project("open", true).await;
    lab.fill("open", 1).await;
    let (open, (name, reference)): (ProjectName, _) = ("open".parse().unwrap(), at("open"));
    let id = lab.labels.create(&lab.admin(), Some(&open), &new("stable")).await.unwrap();
    lab.labels.add(&lab.admin(), &name, &reference, id).await.unwrap();
    for actor in [lab.person("eve").await, Actor::anonymous()] {
        assert_eq!(lab.labels.get(&actor, id).await.unwrap().label.name, "stable");
        assert_eq!(lab.labels.list(&actor, Some(&open)).await.unwrap()[0].artifacts, 1);
        let shown = lab.artifacts.get(&actor, &name, &reference, None, "").await.unwrap();
        assert_eq!(shown.summary.labels[0].name, "stable");
        for refused in [
            lab.labels.update(&actor, id, &renamed("x")).await.unwrap_err(),
            lab.labels.delete(&actor, id).await.unwrap_err(),
            lab.labels.remove(&actor, &name, &reference, id).await.unwrap_err(),
        ] {
            assert!(matches!(refused, Error::Forbidden { .. } | Error::Unauthenticated), "{refused}");
        }
    }
}

#[tokio::test]
async fn labels_of_the_system_are_used_everywhere_and_changed_by_administrators() {
    let (lab, project) = lab().await;
    let (admin, eve) = (lab.admin(), lab.person("eve").await);
    lab.member(project, &eve, Role::ProjectAdmin).await;
    let id = lab.labels.create(&admin, None, &new("approved")).await.unwrap();
    let own = lab.labels.create(&eve, Some(&team()), &new("zebra")).await.unwrap();
    let usable = lab.labels.list_usable(&eve, &team()).await.unwrap();
    let told: Vec<_> = usable.iter().map(|label| (label.name.as_str(), label.global)).collect();
    assert_eq!(told, [("zebra", false), ("approved", true)], "one's own first");
    let (name, reference) = at("team");
    lab.labels.add(&eve, &name, &reference, id).await.unwrap();
    lab.labels.add(&eve, &name, &reference, own).await.unwrap();
    assert_eq!(marks(&lab, "team").await, ["approved", "zebra"]);
    let page = lab.labels.list_numbered(&eve, None, &NumberedQuery::default()).await.unwrap();
    assert_eq!((page.total, page.items[0].label.id), (1, id.0));
    let only_administrators = |error| matches!(error, Error::AdministratorsOnly);
    assert!(only_administrators(lab.labels.list(&eve, None).await.unwrap_err()), "it counts in all projects");
    assert!(only_administrators(lab.labels.create(&eve, None, &new("mine")).await.unwrap_err()));
    assert!(only_administrators(lab.labels.update(&eve, id, &renamed("mine")).await.unwrap_err()));
    assert!(only_administrators(lab.labels.delete(&eve, id).await.unwrap_err()));
    for refused in [
        lab.labels.list_numbered(&Actor::anonymous(), None, &NumberedQuery::default()).await.unwrap_err(),
        lab.labels.create(&Actor::anonymous(), None, &new("mine")).await.unwrap_err(),
    ] {
        assert!(matches!(refused, Error::Unauthenticated), "{refused}");
    }
    let (name, reference) = at("other");
    let foreign = lab.labels.add(&admin, &name, &reference, own).await.unwrap_err();
    assert!(matches!(foreign, Error::LabelNotFound), "a project's label is its own: {foreign}");
    lab.labels.add(&admin, &name, &reference, id).await.unwrap();
    assert_eq!(lab.labels.list(&admin, None).await.unwrap()[0].artifacts, 2);
}

#[tokio::test]
async fn a_mark_is_put_once_taken_once_and_on_record() {
    let (lab, _) = lab().await;
    let admin = lab.admin();
    let stable = lab.labels.create(&admin, Some(&team()), &new("stable")).await.unwrap();
    let edge = lab.labels.create(&admin, Some(&team()), &new("edge")).await.unwrap();
    let (name, reference) = at("team");
    lab.labels.add(&admin, &name, &reference, stable).await.unwrap();
    let again = lab.labels.add(&admin, &name, &reference, stable).await.unwrap_err();
    assert!(again.to_string().contains("team/r0:v1 has the label stable"), "{again}");
    let missing = lab.labels.remove(&admin, &name, &reference, edge).await.unwrap_err();
    assert!(matches!(missing, Error::LabelNotFound), "{missing}");
    // A form that was open for a while.
    let change = async |add: &[LabelId], remove: &[LabelId]| {
        lab.labels.change(&admin, &name, &reference, add.to_vec(), remove.to_vec()).await
    };
    change(&[stable, edge], &[]).await.unwrap();
    change(&[], &[stable]).await.unwrap();
    change(&[], &[stable]).await.unwrap();
    assert_eq!(marks(&lab, "team").await, ["edge"]);
    let gone = LabelId(edge.0 + 1_000);
    assert!(matches!(change(&[stable, gone], &[edge]).await, Err(Error::LabelNotFound)));
    assert_eq!(marks(&lab, "team").await, ["edge"], "all or nothing");
    let unknown = lab.labels.add(&admin, &name, &"none".parse().unwrap(), stable).await.unwrap_err();
    assert!(matches!(unknown, Error::ManifestNotFound { .. }), "{unknown}");
    for (action, label, times) in [("label.add", "stable", 1), ("label.add", "edge", 1), ("label.remove", "stable", 1)]
    {
        let recorded = format!(
            "SELECT COUNT(*) FROM audit_events WHERE action = '{action}' AND resource = 'team/r0:v1' \
             AND details LIKE '%\"label\":\"{label}\"%' AND project_id IS NOT NULL"
        );
        assert_eq!(lab.number(&recorded).await, times, "{action} {label}");
    }
}

#[tokio::test]
async fn an_artifact_has_no_more_labels_than_a_page_shows() {
    let (lab, _) = lab().await;
    let (admin, (name, reference)) = (lab.admin(), at("team"));
    let mut ids = Vec::new();
    for number in 0..51 {
        ids.push(lab.labels.create(&admin, Some(&team()), &new(&format!("l{number:02}"))).await.unwrap());
    }
    let last = ids.pop().unwrap();
    lab.labels.change(&admin, &name, &reference, ids.clone(), Vec::new()).await.unwrap();
    let refused = lab.labels.add(&admin, &name, &reference, last).await.unwrap_err();
    assert_eq!(refused.problem().code, "too_many_marks");
    lab.labels.change(&admin, &name, &reference, vec![last], vec![ids[0]]).await.unwrap();
    assert_eq!(marks(&lab, "team").await.len(), 50);
}

#[tokio::test]
async fn a_home_has_five_hundred_labels_and_no_more() {
    let (lab, id) = lab().await;
    let (admin, team) = (lab.admin(), team());
    for (home, column) in [(Some(&team), id.0.to_string()), (None, "NULL".to_owned())] {
        lab.sql(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 499) \
             INSERT INTO labels (project_id, name, description, color, created_at, updated_at) \
             SELECT CAST({column} AS BIGINT), 'l' || i, '', '#111111', 0, 0 FROM n"
        ))
        .await;
        let last = lab.labels.create(&admin, home, &new("last")).await.unwrap();
        let refused = lab.labels.create(&admin, home, &new("more")).await.unwrap_err().problem();
        assert_eq!((refused.code.as_str(), refused.field.as_deref()), ("too_many_labels", Some("name")));
        lab.labels.delete(&admin, last).await.unwrap();
        lab.labels.create(&admin, home, &new("more")).await.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_label_leaves_artifacts_and_a_deleted_artifact_leaves_its_labels() {
    let (lab, _) = lab().await;
    let admin = lab.admin();
    let stable = lab.labels.create(&admin, Some(&team()), &new("stable")).await.unwrap();
    let edge = lab.labels.create(&admin, Some(&team()), &new("edge")).await.unwrap();
    let (name, reference) = at("team");
    for label in [stable, edge] {
        lab.labels.add(&admin, &name, &reference, label).await.unwrap();
    }
    lab.labels.delete(&admin, edge).await.unwrap();
    assert!(matches!(lab.labels.delete(&admin, edge).await, Err(Error::LabelNotFound)));
    assert_eq!(marks(&lab, "team").await, ["stable"]);
    lab.manifests.delete_whole(&admin, &name, &reference, crate::content::Parts::Stay).await.unwrap();
    let left = lab.labels.list(&admin, Some(&team())).await.unwrap();
    assert_eq!((left.len(), left[0].artifacts), (1, 0));
    assert_eq!(lab.number("SELECT COUNT(*) FROM artifact_labels").await, 0);
    for (action, label) in [("label.create", "stable"), ("label.create", "edge"), ("label.delete", "edge")] {
        let recorded = format!("SELECT COUNT(*) FROM audit_events WHERE action = '{action}' AND resource = '{label}'");
        assert_eq!(lab.number(&recorded).await, 1, "{action}");
    }
}

#[tokio::test]
async fn the_labels_of_a_deleted_project_are_gone_with_it() {
    let (lab, _) = lab().await;
    let admin = lab.admin();
    let id = lab.labels.create(&admin, Some(&team()), &new("stable")).await.unwrap();
    let global = lab.labels.create(&admin, None, &new("approved")).await.unwrap();
    let (name, reference) = at("team");
    for label in [id, global] {
        lab.labels.add(&admin, &name, &reference, label).await.unwrap();
    }
    lab.projects.delete(&admin, &team()).await.unwrap();
    assert!(matches!(lab.labels.get(&admin, id).await, Err(Error::LabelNotFound)));
    assert_eq!(lab.labels.get(&admin, global).await.unwrap().label.name, "approved");
    assert_eq!(lab.number("SELECT COUNT(*) FROM labels").await, 1);
    assert_eq!(lab.number("SELECT COUNT(*) FROM artifact_labels").await, 0);
    // Another project of the name begins without any.
    lab.project("team", false).await;
    assert!(lab.labels.list(&admin, Some(&team())).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_project_that_is_renamed_keeps_its_labels() {
    let (lab, _) = lab().await;
    let admin = lab.admin();
    let id = lab.labels.create(&admin, Some(&team()), &new("stable")).await.unwrap();
    let (name, reference) = at("team");
    lab.labels.add(&admin, &name, &reference, id).await.unwrap();
    lab.projects.rename(&admin, &team(), "crew").await.unwrap();
    lab.pass(Duration::from_secs(1));
    assert_eq!(lab.labels.get(&admin, id).await.unwrap().label.name, "stable");
    assert_eq!(marks(&lab, "crew").await, ["stable"]);
    lab.labels.delete(&admin, id).await.unwrap();
}

#[tokio::test]
async fn a_numbered_page_is_sorted_and_narrowed_by_what_a_label_has_and_nothing_else() {
    let (lab, _) = lab().await;
    let admin = lab.admin();
    for (name, color) in [("a", "#111111"), ("c", ""), ("b", "#222222")] {
        lab.pass(Duration::from_secs(1));
        let label = NewLabel { color: color.to_owned(), ..new(name) };
        lab.labels.create(&admin, Some(&team()), &label).await.unwrap();
    }
    let ask = async |sort: &str, descending| {
        let sort = vec![SortKey { name: sort.to_owned(), descending }];
        let query = NumberedQuery { sort, ..NumberedQuery::default() };
        let page = lab.labels.list_numbered(&admin, Some(&team()), &query).await?;
        Ok::<_, Error>(page.items.into_iter().map(|record| record.label.name).collect::<String>())
    };
    assert_eq!(ask("name", true).await.unwrap(), "cba");
    assert_eq!(ask("creation_time", false).await.unwrap(), "acb");
    assert_eq!(ask("color", true).await.unwrap(), "bac");
    assert!(matches!(ask("project_id", true).await, Err(Error::Invalid { field: "sort", .. })));
}
