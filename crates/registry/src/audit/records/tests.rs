#![allow(clippy::unwrap_used)]

use super::*;
use crate::{numbered::SortKey, testing::Lab};
use api_types::Role;
use std::time::Duration;

fn query(size: u32, page: u32) -> NumberedQuery {
    NumberedQuery { page, size, ..NumberedQuery::default() }
}

fn where_(key: &str, value: &str) -> NumberedQuery {
    query(100, 1).with(key, Wanted::Is(value.to_owned()))
}

/// Types and operations of the events that a query finds, newest first.
async fn found(lab: &Lab, actor: &Actor, query: &NumberedQuery) -> Vec<(String, String)> {
    let page = lab.audit.list_numbered(actor, None, Listed::All, query, "").await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.into_iter().map(|record| (record.resource_type, record.operation)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}

/// A project `team` with one push, its admin and its guest, who was added last.
async fn lab() -> (Lab, Actor, Actor) {
    let lab = Lab::new().await;
    lab.sql("DELETE FROM audit_events").await;
    let project = lab.project("team", false).await;
    lab.fill("team", 1).await;
    let (ada, bob) = (lab.person("ada").await, lab.person("bob").await);
    lab.member(project, &ada, Role::ProjectAdmin).await;
    lab.pass(Duration::from_secs(1));
    lab.members.add(&ada, &"team".parse().unwrap(), "bob", Role::Guest).await.unwrap();
    (lab, ada, bob)
}

#[tokio::test]
async fn events_are_found_by_what_was_done_to_what_in_harbors_words() {
    let (lab, ..) = lab().await;
    let system = Actor::system();
    let everything = pairs(&[("member", "add"), ("artifact", "create"), ("project", "create")]);
    assert_eq!(found(&lab, &system, &query(100, 1)).await, everything);
    for (key, value, expected) in [
        ("resource_type", "artifact", &everything[1..2]),
        ("resource_type", "manifest", &[]),
        ("resource_type", "m_mber", &[]),
        ("operation", "create", &everything[1..]),
        ("operation", "push", &[]),
        ("operation", "add", &everything[..1]),
        ("resource", "team", &everything[2..]),
        ("resource", "team/r0:v1", &everything[1..2]),
        ("username", "ada", &everything[..1]),
        ("username", "nobody", &[]),
    ] {
        assert_eq!(found(&lab, &system, &where_(key, value)).await, expected, "{key}={value}");
    }
    let part = query(100, 1).with("resource", Wanted::Contains("R0:".to_owned()));
    assert_eq!(found(&lab, &system, &part).await, everything[1..2]);
    let both = where_("operation", "create")
        .with("resource_type", Wanted::AnyOf(vec!["project".to_owned(), "tag".to_owned()]));
    assert_eq!(found(&lab, &system, &both).await, everything[2..]);
}

#[tokio::test]
async fn what_was_refused_is_among_all_but_not_among_what_was_done() {
    let (lab, ..) = lab().await;
    lab.sql("UPDATE audit_events SET result = 'failure' WHERE action = 'member.add'").await;
    let all = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query(100, 1), "").await.unwrap();
    let done = lab.audit.list_numbered(&Actor::system(), None, Listed::Done, &query(100, 1), "").await.unwrap();
    assert_eq!((all.total, done.total, done.items.len()), (3, 2, 2));
}

#[tokio::test]
async fn both_ends_of_a_range_of_time_are_in_it() {
    let (lab, ..) = lab().await;
    let all = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query(100, 1), "").await.unwrap();
    let text =
        |at: usize| all.items[at].event.at.format(&time::format_description::well_known::Rfc3339).map(Some).unwrap();
    let within = |from, to| query(100, 1).with("op_time", Wanted::Between(from, to));
    assert_eq!(found(&lab, &Actor::system(), &within(text(1), text(1))).await.len(), 1);
    assert_eq!(found(&lab, &Actor::system(), &within(text(1), None)).await.len(), 2);
    assert_eq!(found(&lab, &Actor::system(), &within(None, text(1))).await.len(), 2);
    let plain = within(Some("2020-01-01 00:00:00".to_owned()), Some("2021-01-01 00:00:00".to_owned()));
    assert_eq!(found(&lab, &Actor::system(), &plain).await, []);
}

#[tokio::test]
async fn pages_are_counted_near_and_have_cursors_however_far() {
    let (lab, ..) = lab().await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query(1, 1), &cursor).await.unwrap();
        seen.push(page.items[0].event.id);
        let Some(next) = page.next else { break };
        cursor = next;
    }
    for (at, id) in seen.iter().enumerate() {
        let number = u32::try_from(at).unwrap() + 1;
        let page = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query(1, number), "").await.unwrap();
        assert_eq!((page.items[0].event.id, page.total), (*id, 3));
    }
    let beyond = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query(1, 4), "").await.unwrap();
    assert!(beyond.items.is_empty() && beyond.next.is_none());
    let deep = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query(100, 101), "").await;
    assert!(matches!(deep, Err(Error::Invalid { field: "page", .. })));
}

#[tokio::test]
async fn everybody_sees_their_own_and_admins_their_projects() {
    let (lab, ada, bob) = lab().await;
    let team = "team".parse().unwrap();
    let of = async |actor: &Actor, project| {
        let page = lab.audit.list_numbered(actor, project, Listed::All, &query(100, 1), "").await;
        page.map(|page| page.total)
    };
    assert_eq!(of(&ada, Some(&team)).await.unwrap(), 3);
    assert_eq!(of(&ada, None).await.unwrap(), 1);
    assert_eq!((of(&bob, Some(&team)).await.unwrap(), of(&bob, None).await.unwrap()), (0, 0));
    let others = where_("username", "ada");
    let page = lab.audit.list_numbered(&bob, Some(&team), Listed::All, &others, "").await.unwrap();
    assert_eq!(page.items, [], "whoever asks for others finds nothing");
    let eve = lab.person("eve").await;
    assert!(matches!(of(&eve, Some(&team)).await, Err(Error::ProjectNotFound { .. })));
    assert!(matches!(of(&Actor::anonymous(), None).await, Err(Error::Unauthenticated)));
    let (robot, _) = lab.robot(None, "ci", Vec::new()).await;
    let robot = Actor::new(crate::Subject::Robot(robot), "robot$ci");
    assert!(matches!(of(&robot, None).await, Err(Error::AccountNeeded)));
}

#[tokio::test]
async fn what_the_list_does_not_have_is_refused() {
    let (lab, ..) = lab().await;
    let sorted = |name: &str, descending| NumberedQuery {
        sort: vec![SortKey { name: name.to_owned(), descending }],
        ..query(10, 1)
    };
    for (query, field) in [
        (sorted("op_time", false), "sort"),
        (sorted("id", true), "sort"),
        (where_("details", "x"), "q"),
        (where_("op_time", "2026-11-28"), "q"),
        (query(10, 1).with("op_time", Wanted::Between(Some("yesterday".to_owned()), None)), "q"),
        (query(10, 1).with("operation", Wanted::Contains("e".to_owned())), "q"),
        (query(10, 1).with("resource", Wanted::AnyOf(Vec::new())), "q"),
    ] {
        let refused = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &query, "").await;
        assert!(matches!(&refused, Err(Error::Invalid { field: at, .. }) if *at == field), "{query:?}: {refused:?}");
    }
    let newest = lab.audit.list_numbered(&Actor::system(), None, Listed::All, &sorted("op_time", true), "").await;
    assert_eq!(newest.unwrap().total, 3);
}
