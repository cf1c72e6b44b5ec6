#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Permission, access::Rights, testing::Lab};
use std::time::Duration;

fn team() -> ProjectName {
    "team".parse().unwrap()
}

fn query(sort: &str, filter: &str, limit: u32) -> ListQuery {
    ListQuery { sort: sort.to_owned(), filter: filter.to_owned(), limit, ..ListQuery::default() }
}

async fn rights(lab: &crate::Registry, actor: &Actor) -> Rights {
    lab.access.project(actor, &team(), may::Pull).await.map(|proof| proof.rights()).unwrap_or_default()
}

/// A project `team` with its admin `ada`, and `eve` who is in no project.
async fn lab() -> (Lab, Actor, Actor) {
    let lab = Lab::new().await;
    let (ada, eve) = (lab.person("ada").await, lab.person("eve").await);
    let project = api_types::NewProject { name: "team".to_owned(), public: false, description: String::new() };
    lab.projects.create(&ada, &project).await.unwrap();
    (lab, ada, eve)
}

#[tokio::test]
async fn whoever_is_added_may_at_once_what_the_role_says_and_is_listed_with_who_added_them() {
    let (lab, ada, eve) = lab().await;
    assert_eq!(rights(&lab, &eve).await, Rights::NONE);
    lab.pass(Duration::from_secs(60));
    let id = lab.members.add(&ada, &team(), " EVE ", Role::Developer).await.unwrap();
    assert_eq!(rights(&lab, &eve).await, Rights::of_role(Role::Developer));
    let page = lab.members.list(&eve, &team(), &query("", "", 0)).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|member| (member.person.username.as_str(), member.role)).collect();
    assert_eq!(told, [("ada", Role::ProjectAdmin), ("eve", Role::Developer)]);
    let member = lab.members.get(&ada, &team(), id).await.unwrap();
    assert_eq!(member, page.items[1]);
    assert_eq!(member.added_by, Some(ada.summary()));
    assert_eq!(member.since, lab.clock.now());
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'member.add' AND actor_name = 'ada' \
         AND resource = 'eve' AND details LIKE '%developer%' AND project_id IS NOT NULL";
    assert_eq!(lab.number(recorded).await, 1);
}

#[tokio::test]
async fn a_name_that_nobody_has_a_disabled_account_and_a_member_are_refused_beside_the_field() {
    let (lab, ada, _) = lab().await;
    lab.person("out").await;
    lab.sql("UPDATE users SET disabled_at = 1 WHERE username = 'out'").await;
    for (name, expected) in [("nobody", "person_unknown"), ("out", "person_unknown"), ("  ", "person_empty")] {
        let refused = lab.members.add(&ada, &team(), name, Role::Guest).await.unwrap_err().problem();
        assert_eq!((refused.code.as_str(), refused.field.as_deref()), (expected, Some("username")), "{name}");
    }
    let refused = lab.members.add(&ada, &team(), "ada", Role::Guest).await.unwrap_err().problem();
    assert_eq!((refused.code.as_str(), refused.field.as_deref()), ("member_exists", Some("username")));
    assert!(rights(&lab, &ada).await.contain(Permission::Administer), "the role stays");
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'member.add'").await, 0);
}

#[tokio::test]
async fn a_role_that_is_changed_or_taken_counts_at_once_here_and_within_a_second_elsewhere() {
    let (lab, ada, eve) = lab().await;
    let replica = lab.replica().await;
    let id = lab.members.add(&ada, &team(), "eve", Role::Maintainer).await.unwrap();
    assert_eq!(rights(&replica, &eve).await, Rights::of_role(Role::Maintainer));
    lab.members.change(&ada, &team(), id, Role::Guest).await.unwrap();
    assert_eq!(rights(&lab, &eve).await, Rights::of_role(Role::Guest));
    lab.pass(Duration::from_secs(1));
    assert_eq!(rights(&replica, &eve).await, Rights::of_role(Role::Guest));
    lab.members.remove(&ada, &team(), id).await.unwrap();
    assert_eq!(rights(&lab, &eve).await, Rights::NONE);
    lab.pass(Duration::from_secs(1));
    assert_eq!(rights(&replica, &eve).await, Rights::NONE);
    for action in ["member.change", "member.remove"] {
        let recorded = format!("SELECT COUNT(*) FROM audit_events WHERE action = '{action}' AND resource = 'eve'");
        assert_eq!(lab.number(&recorded).await, 1, "{action}");
    }
}

#[tokio::test]
async fn a_membership_that_is_gone_or_of_another_project_is_not_found() {
    let (lab, ada, _) = lab().await;
    let other = lab.project("other", false).await;
    let max = lab.person("max").await;
    lab.member(other, &max, Role::Guest).await;
    let foreign = MemberId(lab.number(&format!("SELECT id FROM members WHERE project_id = {}", other.0)).await);
    let gone = lab.members.add(&ada, &team(), "eve", Role::Guest).await.unwrap();
    lab.members.remove(&ada, &team(), gone).await.unwrap();
    let again = lab.members.add(&ada, &team(), "eve", Role::Guest).await.unwrap();
    assert_ne!(again, gone, "what was meant for the old membership does not meet the new one");
    for id in [foreign, gone, MemberId(0)] {
        let not_found = |error: Error| matches!(error, Error::MemberNotFound { .. });
        assert!(not_found(lab.members.get(&ada, &team(), id).await.unwrap_err()));
        assert!(not_found(lab.members.change(&ada, &team(), id, Role::Developer).await.unwrap_err()));
        assert!(not_found(lab.members.remove(&ada, &team(), id).await.unwrap_err()));
    }
    assert_eq!(lab.number("SELECT COUNT(*) FROM members").await, 3);
}

#[tokio::test]
async fn members_are_seen_from_guest_on_and_changed_by_project_admins_only() {
    let (lab, ada, eve) = lab().await;
    let id = lab.members.add(&ada, &team(), "eve", Role::LimitedGuest).await.unwrap();
    for role in [Role::LimitedGuest, Role::Guest, Role::Developer, Role::Maintainer, Role::ProjectAdmin] {
        lab.members.change(&ada, &team(), id, role).await.unwrap();
        let sees = lab.members.list(&eve, &team(), &query("", "", 0)).await;
        assert_eq!(sees.is_ok(), role >= Role::Guest, "{role:?}");
        let admin = role == Role::ProjectAdmin;
        assert_eq!(lab.members.find_people(&eve, &team(), "a").await.is_ok(), admin, "{role:?}");
        let added = lab.members.add(&eve, &team(), "nobody", Role::Guest).await.unwrap_err();
        assert_eq!(matches!(added, Error::Invalid { .. }), admin, "{role:?}: {added}");
        if !admin {
            assert!(matches!(added, Error::Forbidden { .. }), "{role:?}");
            let changed = lab.members.change(&eve, &team(), id, Role::ProjectAdmin).await;
            assert!(matches!(changed, Err(Error::Forbidden { .. })), "{role:?}");
            let removed = lab.members.remove(&eve, &team(), id).await;
            assert!(matches!(removed, Err(Error::Forbidden { .. })), "{role:?}");
        }
    }
}

#[tokio::test]
async fn to_strangers_a_foreign_project_is_like_one_that_does_not_exist() {
    let (lab, _, eve) = lab().await;
    let ask = async |actor: &Actor, project: &str| {
        let name: ProjectName = project.parse().unwrap();
        let errors = [
            lab.members.list(actor, &name, &query("", "", 0)).await.unwrap_err(),
            lab.members.get(actor, &name, MemberId(1)).await.unwrap_err(),
            lab.members.find_people(actor, &name, "a").await.unwrap_err(),
            lab.members.add(actor, &name, "eve", Role::Guest).await.unwrap_err(),
            lab.members.change(actor, &name, MemberId(1), Role::Guest).await.unwrap_err(),
            lab.members.remove(actor, &name, MemberId(1)).await.unwrap_err(),
        ];
        errors.map(|error| error.to_string().replace(project, "…"))
    };
    for actor in [&eve, &Actor::anonymous()] {
        assert_eq!(ask(actor, "team").await, ask(actor, "none").await);
    }
}

#[tokio::test]
async fn the_last_project_admin_may_step_down_and_a_system_administrator_repairs_it() {
    let (lab, ada, _) = lab().await;
    let id = MemberId(lab.number("SELECT id FROM members").await);
    lab.members.change(&ada, &team(), id, Role::Guest).await.unwrap();
    let refused = lab.members.change(&ada, &team(), id, Role::ProjectAdmin).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    lab.members.change(&lab.admin(), &team(), id, Role::ProjectAdmin).await.unwrap();
    lab.members.remove(&ada, &team(), id).await.unwrap();
    assert_eq!(rights(&lab, &ada).await, Rights::NONE);
    lab.members.add(&lab.admin(), &team(), "ada", Role::ProjectAdmin).await.unwrap();
    assert!(rights(&lab, &ada).await.contain(Permission::Administer));
}

#[tokio::test]
async fn the_list_is_sorted_narrowed_and_turned() {
    let (lab, ada, _) = lab().await;
    let roles = [Role::Guest, Role::Developer, Role::LimitedGuest, Role::Maintainer, Role::ProjectAdmin];
    for at in 0..12 {
        lab.person(&format!("p{at:02}")).await;
        lab.pass(Duration::from_secs(1));
        lab.members.add(&ada, &team(), &format!("p{at:02}"), roles[at % 5]).await.unwrap();
    }
    lab.sql("UPDATE users SET display_name = 'Mira Sandoval' WHERE username = 'p07'").await;
    let found = lab.members.list(&ada, &team(), &query("", "SANDO", 0)).await.unwrap();
    assert_eq!((found.total, found.items[0].person.display_name.as_str()), (1, "Mira Sandoval"));
    assert_eq!(lab.members.list(&ada, &team(), &query("", "%", 0)).await.unwrap().total, 0);
    for (sort, first, last) in [("name", "ada", "p11"), ("role", "p09", "p02"), ("since", "p11", "ada")] {
        let whole = lab.members.list(&ada, &team(), &query(sort, "", 100)).await.unwrap();
        let names: Vec<_> = whole.items.iter().map(|member| member.person.username.as_str()).collect();
        assert_eq!((names[0], names[12]), (first, last), "{sort}");
        let mut ask = query(sort, "", 5);
        let mut turned = Vec::new();
        loop {
            let page = lab.members.list(&ada, &team(), &ask).await.unwrap();
            assert_eq!((page.offset, page.total), (turned.len() as u64, 13), "{sort}");
            turned.extend(page.items);
            let Some(next) = page.next else { break };
            ask.cursor = next;
        }
        assert_eq!(turned, whole.items, "{sort}");
    }
}

#[tokio::test]
async fn people_are_found_by_how_their_names_begin() {
    let (lab, ada, _) = lab().await;
    for name in ["mira", "miriam", "amir", "out", "m_x"] {
        lab.person(name).await;
    }
    lab.sql("UPDATE users SET display_name = 'Amir El Mirza' WHERE username = 'amir'").await;
    lab.sql("UPDATE users SET display_name = 'Mira Out', disabled_at = 1 WHERE username = 'out'").await;
    lab.members.add(&ada, &team(), "miriam", Role::Guest).await.unwrap();
    let found = async |text: &str| {
        let found = lab.members.find_people(&ada, &team(), text).await.unwrap();
        found.into_iter().map(|one| (one.person.username, one.role)).collect::<Vec<_>>()
    };
    let expected = [("amir", None), ("mira", None), ("miriam", Some(Role::Guest))];
    assert_eq!(found(" MIR").await, expected.map(|(name, role)| (name.to_owned(), role)));
    assert_eq!(found("m_").await, [("m_x".to_owned(), None)]);
    assert_eq!(found("%").await, []);
    assert_eq!(found(" ").await, []);
    for at in 0..20 {
        lab.person(&format!("zoe{at}")).await;
    }
    assert_eq!(found("zoe").await.len(), 8);
}
