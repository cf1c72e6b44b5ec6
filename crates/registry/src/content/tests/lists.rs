//! Lists in pages, over thousands of rows.

use super::{Lab, repo};
use crate::{Actor, Error, Result, Subject, access::UserId, db};
use api_types::{ArtifactKind, ListQuery, NewestTag, Page};
use std::future::Future;

const NAME: &str = "team/app";
const ROWS: usize = 2_345;

/// A repository with thousands of tags whose times and versions are in disorder and often equal.
async fn many_tags() -> Lab {
    let lab = Lab::new().await;
    lab.image(NAME, "seed", "amd64", &[b"one"]).await;
    lab.image(NAME, "other", "arm64", &[b"two"]).await;
    lab.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) \
         INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_name, pushed_at) \
         SELECT 1, 'v' || (i * 7919 % 10007) || CASE WHEN i % 3 = 0 THEN '-RC' ELSE '' END, \
         substr(CAST(10000 + i * 31 % 97 AS TEXT), 2), CASE WHEN i % 5 = 0 THEN 2 ELSE 1 END, 1, 'ada', i * 17 % 101 FROM n",
        ROWS - 2
    ))
    .await
    .unwrap();
    lab
}

/// Walks a list to its end and back, and checks that totals and offsets are true.
pub(super) async fn walk<T, F>(fetch: impl Fn(ListQuery) -> F, query: &ListQuery) -> (Vec<T>, Vec<T>)
where
    F: Future<Output = Result<Page<T>>>,
{
    let (mut forward, mut cursor, mut last) = (Vec::new(), String::new(), None);
    loop {
        let page = fetch(ListQuery { cursor, ..query.clone() }).await.unwrap();
        assert_eq!(page.offset as usize, forward.len());
        assert_eq!(page.previous.is_some(), page.offset > 0);
        let end = page.offset as usize + page.items.len();
        assert_eq!(page.next.is_some(), end < page.total as usize);
        forward.extend(page.items);
        let Some(next) = page.next else {
            assert_eq!(forward.len(), page.total as usize);
            last = page.previous.or(last);
            break;
        };
        cursor = next;
    }
    // From the last page back to the first; the last page itself is what is left over.
    let mut backward: Vec<T> = Vec::new();
    let mut cursor = last;
    let mut first = false;
    while let Some(text) = cursor.take() {
        let page = fetch(ListQuery { cursor: text, ..query.clone() }).await.unwrap();
        first = page.offset == 0;
        cursor = page.previous;
        let mut items = page.items;
        items.append(&mut backward);
        backward = items;
    }
    assert!(first || forward.len() <= query.limit.max(50) as usize);
    (forward, backward)
}

#[tokio::test]
async fn pages_forward_and_back_are_the_sorted_whole() {
    let lab = many_tags().await;
    for (sort, order) in [
        ("pushed", "pushed_at DESC, id DESC"),
        ("", "pushed_at DESC, id DESC"),
        ("nonsense", "pushed_at DESC, id DESC"),
        ("name", "name, id"),
        ("version", "version_key DESC, id DESC"),
    ] {
        let sorted: Vec<String> = lab.texts(&format!("SELECT name FROM tags ORDER BY {order}")).await;
        let query = ListQuery { sort: sort.into(), limit: 100, ..ListQuery::default() };
        let fetch = |query: ListQuery| {
            let lab = &lab;
            async move { lab.tags.list(&lab.actor, &repo(NAME), &query, None).await }
        };
        let (forward, backward) = walk(fetch, &query).await;
        let names: Vec<String> = forward.into_iter().map(|row| row.name).collect();
        assert_eq!(names, sorted, "{sort}");
        let names: Vec<String> = backward.into_iter().map(|row| row.name).collect();
        assert_eq!(names, sorted[..names.len()], "{sort}");
        assert_eq!(names.len(), 2300, "all pages before the last");
    }
}

#[tokio::test]
async fn going_back_past_the_start_shows_the_first_page_whole() {
    let lab = many_tags().await;
    let list = |query: ListQuery| {
        let lab = &lab;
        async move { lab.tags.list(&lab.actor, &repo(NAME), &query, None).await.unwrap() }
    };
    let query =
        |cursor: Option<String>, limit| ListQuery { cursor: cursor.unwrap_or_default(), limit, ..ListQuery::default() };
    let second = list(query(list(query(None, 30)).await.next, 50)).await;
    assert_eq!(second.offset, 30);
    let back = list(query(second.previous, 50)).await;
    assert_eq!((back.offset, back.items.len(), back.previous), (0, 50, None));
}

#[tokio::test]
async fn a_filter_finds_parts_of_names_in_any_case() {
    let lab = many_tags().await;
    for (filter, condition) in
        [("rc", "LOWER(name) LIKE '%rc%'"), ("V12", "name LIKE '%v12%'"), ("_", "FALSE"), ("%", "FALSE")]
    {
        let expected = lab.number(&format!("SELECT COUNT(*) FROM tags WHERE {condition}")).await as u64;
        let query = ListQuery { filter: filter.into(), ..ListQuery::default() };
        let page = lab.tags.list(&lab.actor, &repo(NAME), &query, None).await.unwrap();
        assert_eq!(page.total, expected, "{filter}");
    }
    let arm = lab.number("SELECT COUNT(*) FROM tags WHERE manifest_id = 2").await as u64;
    let digest = lab.texts("SELECT digest FROM manifests WHERE id = 2").await.remove(0);
    for (filter, expected) in [(digest.as_str(), arm), (&digest[..70], 0)] {
        let query = ListQuery { filter: filter.into(), ..ListQuery::default() };
        let page = lab.tags.list(&lab.actor, &repo(NAME), &query, None).await.unwrap();
        assert_eq!((page.total, page.items.len() as u64), (expected, expected.min(50)), "{filter}");
        assert!(page.items.iter().all(|tag| tag.digest == digest));
    }
    for (platform, expected) in
        [("linux/arm64", arm), ("linux/amd64", ROWS as u64 - arm), ("linux/arm", 0), ("linux/arm64/v9", 0), ("%/%", 0)]
    {
        let page = lab.tags.list(&lab.actor, &repo(NAME), &ListQuery::default(), Some(platform)).await.unwrap();
        assert_eq!(page.total, expected, "{platform}");
    }
}

#[tokio::test]
async fn artifacts_of_one_kind_are_turned_page_by_page() {
    let lab = Lab::new().await;
    lab.image(NAME, "seed", "amd64", &[b"one"]).await;
    lab.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) \
         INSERT INTO manifests (repository_id, digest, media_type, kind, platforms, annotations, size, content_size, content, \
         pushed_by_kind, pushed_by_name, pushed_at) \
         SELECT m.repository_id, substr(m.digest, 1, 60) || (10000000000 + i), m.media_type, \
         CASE i % 3 WHEN 0 THEN 'signature' WHEN 1 THEN 'index' ELSE 'image' END, '[]', '{}', i * 13 % 37, 1, m.content, \
         1, 'ada', i * 17 % 101 FROM n, manifests m",
    )
    .await
    .unwrap();
    for (sort, order) in [("", "pushed_at"), ("size", "size")] {
        for kind in ArtifactKind::ALL {
            let of_kind = format!("FROM manifests WHERE kind = '{}' ORDER BY {order} DESC, id DESC", kind.as_str());
            let sorted = lab.texts(&format!("SELECT digest {of_kind}")).await;
            let fetch = |query: ListQuery| {
                let lab = &lab;
                async move { lab.artifacts.list(&lab.actor, &repo(NAME), &query, Some(kind)).await }
            };
            let query = ListQuery { sort: sort.into(), limit: 20, ..ListQuery::default() };
            let (forward, _) = walk(fetch, &query).await;
            let digests: Vec<String> = forward.into_iter().map(|row| row.digest).collect();
            assert_eq!(digests, sorted, "{kind:?} by {order}");
        }
    }
    let seed = ListQuery { filter: "SEED".into(), ..ListQuery::default() };
    for (kind, expected) in [(None, 1), (Some(ArtifactKind::Image), 1), (Some(ArtifactKind::Index), 0)] {
        let page = lab.artifacts.list(&lab.actor, &repo(NAME), &seed, kind).await.unwrap();
        assert_eq!(page.total, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn a_list_of_artifacts_reads_no_more_tags_than_it_shows() {
    let lab = many_tags().await;
    let read = db::tags::first_names(lab.content.db.reader(), &[1, 2], 10).await.unwrap();
    assert_eq!(read.len(), 20);
    let page = lab.artifacts.list(&lab.actor, &repo(NAME), &ListQuery::default(), None).await.unwrap();
    // Newest first.
    for (artifact, manifest) in page.items.iter().zip([2, 1]) {
        let first = format!("SELECT name FROM tags WHERE manifest_id = {manifest} ORDER BY id LIMIT 10");
        assert_eq!(artifact.tags, lab.texts(&first).await);
        let of_this: Vec<_> = read.iter().filter(|(id, _)| *id == manifest).map(|(_, name)| name).collect();
        assert_eq!(of_this, artifact.tags.iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused_and_one_of_another_order_starts_over() {
    let lab = many_tags().await;
    let list = |cursor: &str, sort: &str| {
        let (lab, query) = (&lab, ListQuery { cursor: cursor.into(), sort: sort.into(), ..ListQuery::default() });
        async move { lab.tags.list(&lab.actor, &repo(NAME), &query, None).await }
    };
    for wrong in ["x", "====", "e30", "eyJvIjoicHVzaGVkIiwiayI6e30sInQiOjF9"] {
        assert!(matches!(list(wrong, "").await, Err(Error::Invalid { field: "cursor", .. })), "{wrong}");
    }
    let next = list("", "name").await.unwrap().next.unwrap();
    assert_eq!(list(&next, "pushed").await.unwrap().offset, 0);
    assert_eq!(list(&next, "name").await.unwrap().offset, 50);
}

#[tokio::test]
async fn tag_names_come_in_byte_order_after_the_last() {
    let lab = many_tags().await;
    let mut sorted: Vec<String> = lab.texts("SELECT name FROM tags").await;
    sorted.sort_unstable();
    let (mut names, mut last) = (Vec::new(), None);
    loop {
        let page = lab.tags.names(&lab.actor, &repo(NAME), 999, last.as_deref()).await.unwrap();
        names.extend_from_slice(&page.names);
        last = names.last().cloned();
        if !page.more {
            break;
        }
    }
    assert_eq!(names, sorted);
    let none = lab.tags.names(&lab.actor, &repo(NAME), 0, None).await.unwrap();
    assert_eq!((none.names.len(), none.more), (0, false));
    let most = lab.tags.names(&lab.actor, &repo(NAME), 5_000, None).await.unwrap();
    assert_eq!((most.names.len(), most.more), (1_000, true));
    let between = lab.tags.names(&lab.actor, &repo(NAME), 1, Some("v1")).await.unwrap().names.clone();
    assert_eq!(Some(&between[0]), sorted.iter().find(|name| name.as_str() > "v1"));
}

#[tokio::test]
async fn repositories_are_listed_once_something_was_pushed() {
    let lab = Lab::new().await;
    lab.push("team/blobs/only", b"bytes").await;
    let mut digests = Vec::new();
    for (name, size) in [("team/b", 10), ("team/a/deep", 300), ("team/c", 20)] {
        lab.pass(1);
        digests.push(lab.image(name, "v1", "amd64", &[&vec![7; size]]).await);
    }
    let list = |sort: &'static str, filter: &'static str| {
        let lab = &lab;
        let query = ListQuery { sort: sort.into(), filter: filter.into(), ..ListQuery::default() };
        async move {
            let page = lab.repositories.list(&lab.actor, &"team".parse().unwrap(), &query).await.unwrap();
            page.items.into_iter().map(|row| row.path).collect::<Vec<_>>()
        }
    };
    assert_eq!(list("pushed", "").await, ["c", "a/deep", "b"]);
    assert_eq!(list("name", "").await, ["a/deep", "b", "c"]);
    assert_eq!(list("size", "").await, ["a/deep", "c", "b"]);
    assert_eq!(list("name", "DEE").await, ["a/deep"]);
    let detail = lab.repositories.get(&lab.actor, &repo("team/a/deep")).await.unwrap();
    assert_eq!((detail.summary.tags, detail.summary.artifacts), (1, 1));
    let newest = NewestTag { name: "v1".to_owned(), digest: digests[1].to_string(), kind: ArtifactKind::Image };
    assert_eq!(detail.newest, Some(newest));
    assert_eq!(detail.platforms, ["linux/amd64"]);
    let hidden = lab.repositories.get(&lab.actor, &repo("team/blobs/only")).await;
    assert!(matches!(hidden, Err(Error::RepositoryNotFound { .. })));
    assert_eq!(lab.number("SELECT repository_count FROM projects WHERE name = 'team'").await, 3);
}

#[tokio::test]
async fn the_catalog_holds_what_one_may_pull_in_the_order_of_whole_names() {
    let lab = Lab::new().await;
    lab.sql("INSERT INTO projects (name, public, created_at, updated_at) VALUES ('open-source', TRUE, 0, 0), ('open.x', TRUE, 0, 0)")
        .await
        .unwrap();
    let mut all = Vec::new();
    for project in ["team", "open", "open-source", "other", "open.x"] {
        for path in ["app", "app-2", "app/sub", "b"] {
            let name = format!("{project}/{path}");
            lab.image(&name, "v1", "amd64", &[]).await;
            all.push(name);
        }
    }
    all.sort_unstable();
    let walk = |actor: Actor, limit: u32| {
        let lab = &lab;
        async move {
            let (mut names, mut last): (Vec<String>, Option<String>) = (Vec::new(), None);
            loop {
                let page = lab.repositories.catalog(&actor, limit, last.as_deref()).await.unwrap();
                assert!(page.names.len() <= limit as usize);
                names.extend_from_slice(&page.names);
                last = names.last().cloned();
                if !page.more {
                    return names;
                }
            }
        }
    };
    for limit in [1, 3, 7, 1000] {
        assert_eq!(walk(lab.actor.clone(), limit).await, all, "{limit}");
    }
    let public: Vec<String> = all.iter().filter(|name| name.starts_with("open")).cloned().collect();
    assert_eq!(walk(Actor::anonymous(), 5).await, public);
    lab.sql("INSERT INTO users (id, username, created_at) VALUES (7, 'ada', 0)").await.unwrap();
    lab.sql("INSERT INTO members (project_id, user_id, role, created_at) SELECT id, 7, 5, 0 FROM projects WHERE name = 'other'")
        .await
        .unwrap();
    let hers: Vec<String> = all.iter().filter(|name| !name.starts_with("team")).cloned().collect();
    assert_eq!(walk(Actor::new(Subject::User(UserId(7)), "ada"), 6).await, hers);
    for last in ["open", "open/", "open/app/", "open0", "zzz", "", "a"] {
        let page = lab.repositories.catalog(&lab.actor, 1000, Some(last)).await.unwrap();
        let expected: Vec<_> = all.iter().filter(|name| name.as_str() > last).cloned().collect();
        assert_eq!(page.names, expected, "{last}");
    }
}
