//! Every size that is shown, and every order by size, is what counts.

use super::{
    Lab,
    lists::walk,
    noise,
    quota::team,
    quota_released::{delete, push},
    repo,
};
use api_types::ListQuery;
use blobstore::MemoryStore;
use std::{sync::Arc, time::Duration};

async fn lab() -> Lab {
    Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await
}

#[tokio::test]
async fn a_repository_is_told_by_what_counts_of_it() {
    let lab = lab().await;
    for (tag, layer) in [("v1", noise(1, 600)), ("v2", noise(2, 300)), ("v3", noise(3, 50))] {
        push(&lab, "team/app", tag, &layer).await.unwrap();
    }
    push(&lab, "team/beside", "v1", &noise(2, 300)).await.unwrap();
    let told = async || {
        let found = lab.repositories.get(&lab.actor, &repo("team/app")).await.unwrap();
        let stored = lab.storage.tags(&lab.actor, &repo("team/app"), "", false).await.unwrap().repository;
        assert_eq!((stored.held, stored.own), (found.summary.storage_used, found.storage_own));
        (found.summary.storage_used, found.storage_own)
    };
    assert_eq!(told().await, (952, 650));
    delete(&lab, "team/app", &["v1"]).await;
    assert_eq!(told().await, (352, 50));
    for sort in ["", "name", "size", "pulls"] {
        let query = ListQuery { sort: sort.to_owned(), ..ListQuery::default() };
        let page = lab.repositories.list(&lab.actor, &team(), &query).await.unwrap();
        let mut listed: Vec<_> = page.items.iter().map(|row| (row.path.as_str(), row.storage_used)).collect();
        listed.sort_unstable();
        assert_eq!(listed, [("app", 352), ("beside", 302)], "{sort}");
    }
    let entry = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].id;
    lab.trash.restore(&lab.actor, entry).await.unwrap();
    assert_eq!(told().await, (952, 650));
    // What another one shares with it is its own once that one's is deleted: a tag, or the whole repository.
    delete(&lab, "team/beside", &["v1"]).await;
    assert_eq!(told().await, (952, 952));
    push(&lab, "team/beside", "v2", &noise(2, 300)).await.unwrap();
    assert_eq!(told().await, (952, 650));
    lab.repositories.delete(&lab.actor, &repo("team/beside")).await.unwrap();
    assert_eq!(told().await, (952, 952));
}

#[tokio::test]
async fn by_size_repositories_are_turned_page_by_page_in_the_order_of_what_counts() {
    let lab = lab().await;
    // What counts is the larger, the less is linked; and there are several of each size.
    for at in 0..9_u64 {
        let (name, step) = (format!("team/r{at}"), at as usize % 3);
        push(&lab, &name, "stays", &noise(at, 100 + 10 * step)).await.unwrap();
        push(&lab, &name, "goes", &noise(100 + at, 900 - 90 * step)).await.unwrap();
        if at != 4 {
            delete(&lab, &name, &["goes"]).await;
        }
    }
    // Blob by blob, as the images name them.
    let counted = "SELECT r.path || ' ' || CAST(SUM(b.size) AS BIGINT) FROM repositories r \
                   JOIN (SELECT DISTINCT repository_id, blob_id FROM manifest_references) n ON n.repository_id = r.id \
                   JOIN blobs b ON b.id = n.blob_id GROUP BY r.id, r.path ORDER BY SUM(b.size) DESC, r.id DESC";
    let sorted = lab.texts(counted).await;
    assert_eq!((sorted[0].as_str(), sorted[8].as_str()), ("r4 922", "r0 102"));

    let listed = |query: ListQuery| {
        let lab = &lab;
        async move { lab.repositories.list(&lab.actor, &team(), &query).await }
    };
    let query = ListQuery { sort: "size".to_owned(), limit: 2, ..ListQuery::default() };
    let (forward, backward) = walk(listed, &query).await;
    let forward: Vec<_> = forward.iter().map(|row| format!("{} {}", row.path, row.storage_used)).collect();
    assert_eq!(forward, sorted);
    let backward: Vec<_> = backward.iter().map(|row| format!("{} {}", row.path, row.storage_used)).collect();
    assert_eq!(backward, sorted[..8]);

    // The tab about storage has this order where none is asked for.
    let stored = |query: ListQuery| {
        let lab = &lab;
        async move { lab.storage.project(&lab.actor, &team(), &query).await.map(|told| told.repositories) }
    };
    let (forward, _) = walk(stored, &ListQuery { limit: 4, ..ListQuery::default() }).await;
    let forward: Vec<_> = forward.iter().map(|row| format!("{} {}", row.path, row.held)).collect();
    assert_eq!(forward, sorted);
    lab.is_exact().await;
}
