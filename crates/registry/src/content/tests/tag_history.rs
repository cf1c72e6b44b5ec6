//! Where a tag has pointed, and moving it back.

use super::{Lab, repo, tag};
use crate::{Actor, Error, db};
use api_types::{ListQuery, Page, TagMove};

const NAME: &str = "team/app";

async fn page_of(lab: &Lab, cursor: &str) -> Page<TagMove> {
    let query = ListQuery { cursor: cursor.to_owned(), ..ListQuery::default() };
    lab.tags.history(&lab.actor, &repo(NAME), &tag("v1"), &query).await.unwrap()
}

#[tokio::test]
async fn a_tag_is_moved_back_to_where_it_pointed_before() {
    let lab = Lab::new().await;
    let first = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.pass(1);
    let second = lab.image(NAME, "v1", "amd64", &[b"two"]).await;
    let moves = page_of(&lab, "").await.items;
    let told: Vec<_> = moves
        .iter()
        .map(|moved| (moved.digest.as_deref(), moved.previous.as_deref(), moved.current, moved.present))
        .collect();
    assert_eq!(
        told,
        [(Some(second.as_str()), Some(first.as_str()), true, true), (Some(first.as_str()), None, false, true)]
    );
    assert_eq!(moves[0].by.name, "system");
    assert!(moves[0].at > moves[1].at);

    lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &first).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), first);
    let moves = page_of(&lab, "").await.items;
    assert_eq!((moves.len(), moves[0].previous.as_deref()), (3, Some(second.as_str())));
}

#[tokio::test]
async fn a_deleted_tag_keeps_its_history_and_comes_back_while_its_manifest_is_there() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.delete(NAME, "v1").await.unwrap();
    let moves = page_of(&lab, "").await.items;
    assert_eq!((moves[0].digest.as_deref(), moves[0].current), (None, false));
    assert!(moves[1].present);
    lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &digest).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);

    lab.delete(NAME, digest.as_str()).await.unwrap();
    let moves = page_of(&lab, "").await.items;
    assert!(moves.iter().all(|moved| !moved.present && !moved.current), "{moves:?}");
    let gone = lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &digest).await;
    assert!(matches!(gone, Err(Error::ManifestNotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn the_history_of_a_tag_is_for_those_who_may_pull_it() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    let ask = async |actor: &Actor, name: &str, cursor: &str| {
        let query = ListQuery { cursor: cursor.to_owned(), ..ListQuery::default() };
        lab.tags.history(actor, &repo(NAME), &tag(name), &query).await
    };
    let hidden = ask(&Actor::anonymous(), "v1", "").await;
    assert!(matches!(hidden, Err(Error::ProjectNotFound { .. } | Error::Unauthenticated)), "{hidden:?}");
    let unknown = ask(&lab.actor, "v9", "").await;
    assert!(matches!(unknown, Err(Error::TagNotFound { .. })), "{unknown:?}");
    let malformed = ask(&lab.actor, "v1", "x").await;
    assert!(matches!(malformed, Err(Error::Invalid { field: "cursor", .. })), "{malformed:?}");
}

#[tokio::test]
async fn a_long_history_is_told_page_by_page_and_its_first_line_alone_is_current() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.image(NAME, "v2", "amd64", &[b"one"]).await;
    lab.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130) \
         INSERT INTO tag_events (project_id, repository_id, tag, digest, previous_digest, actor_kind, actor_name, at) \
         SELECT e.project_id, e.repository_id, e.tag, e.digest, e.digest, e.actor_kind, e.actor_name, e.at + i \
         FROM n, tag_events e",
    )
    .await
    .unwrap();
    let happened = lab.texts("SELECT CAST(at AS TEXT) FROM tag_events WHERE tag = 'v1' ORDER BY id DESC").await;
    let (mut told, mut cursor) = (Vec::new(), String::new());
    let last = loop {
        let page = page_of(&lab, &cursor).await;
        assert_eq!((page.total, page.offset), (131, told.len() as u64));
        told.extend(page.items.clone());
        let Some(next) = page.next.clone() else { break page };
        cursor = next;
    };
    let times: Vec<_> = told.iter().map(|moved| db::micros(moved.at).to_string()).collect();
    assert_eq!(times, happened);
    let current: Vec<_> = told.iter().map(|moved| moved.current).collect();
    assert!(current[0] && !current[1..].contains(&true), "{current:?}");
    let before = page_of(&lab, &last.previous.unwrap()).await;
    assert_eq!((before.offset, before.items), (50, told[50..100].to_vec()));
}
