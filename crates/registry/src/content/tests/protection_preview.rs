//! What is shown of protected tags before anybody is refused is what a push is told.

use super::{
    Lab,
    protection::{rules, scope},
    repo, tag,
};
use crate::{Error, rules::ProtectionQuery};
use api_types::ProtectionPreview;
use oci::ProjectName;
use std::collections::BTreeSet;

fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// Three tags in a repository, and one in another.
async fn lab() -> Lab {
    let lab = Lab::new().await;
    for (name, tag) in [("team/app", "v1"), ("team/app", "v2"), ("team/app", "edge"), ("team/base", "v1")] {
        lab.image(name, tag, "amd64", &[tag.as_bytes()]).await;
    }
    lab
}

async fn preview(lab: &Lab, query: ProtectionQuery) -> ProtectionPreview {
    rules(lab).preview(&lab.actor, &team(), &query).await.unwrap()
}

/// Each tag with the rules that protect it, in order.
fn told(preview: &ProtectionPreview) -> Vec<String> {
    let line = |it: &api_types::ProtectionVerdict| format!("{}:{} {:?}", it.repository, it.tag, it.rules);
    let mut lines: Vec<String> = preview.page.items.iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn each_tag_is_shown_with_the_rules_for_which_a_push_is_refused() {
    let lab = lab().await;
    for (repositories, tags) in [("**", "v*"), ("app", "v1")] {
        rules(&lab).create(&lab.actor, &team(), &scope(repositories, tags), true).await.unwrap();
    }
    let shown = preview(&lab, ProtectionQuery::default()).await;
    assert_eq!(told(&shown), ["app:edge []", "app:v1 [1, 2]", "app:v2 [1]", "base:v1 [1]"]);
    assert_eq!((shown.protected, shown.unprotected, shown.rules.len()), (3, 1, 2));
    for verdict in &shown.page.items {
        let name = format!("team/{}", verdict.repository);
        let other = lab.image_manifest(&name, "amd64", &[b"another layer"]).await;
        let refused = matches!(lab.put(&name, &verdict.tag, &other).await, Err(Error::TagProtected { .. }));
        assert_eq!(refused, !verdict.rules.is_empty(), "{verdict:?}");
    }
    let only = |protected| ProtectionQuery { protected: Some(protected), ..ProtectionQuery::default() };
    assert_eq!(told(&preview(&lab, only(true)).await).len(), 3);
    let open = preview(&lab, only(false)).await;
    assert_eq!((told(&open), open.page.total), (vec!["app:edge []".to_owned()], 1));
    assert_eq!((open.protected, open.unprotected), (3, 1), "of all, whatever is shown");
}

#[tokio::test]
async fn one_rule_is_shown_alone_and_as_if_it_held_where_it_is_off() {
    let lab = lab().await;
    rules(&lab).create(&lab.actor, &team(), &scope("app", "v1, edge"), true).await.unwrap();
    let off = rules(&lab).create(&lab.actor, &team(), &scope("**", "v*"), false).await.unwrap();
    assert_eq!(preview(&lab, ProtectionQuery::default()).await.protected, 2);
    let alone = preview(&lab, ProtectionQuery { rule: Some(off), ..ProtectionQuery::default() }).await;
    assert_eq!(told(&alone), ["app:v1 [1, 2]", "app:v2 [2]", "base:v1 [2]"]);
    assert_eq!((alone.protected, alone.unprotected, alone.page.total), (4, 0, 3));
    let other = lab.image_manifest("team/app", "amd64", &[b"another layer"]).await;
    lab.put("team/app", "v2", &other).await.unwrap();
}

#[tokio::test]
async fn a_deleted_repository_is_left_out_and_a_long_list_has_pages() {
    let lab = lab().await;
    lab.repositories.delete(&lab.actor, &repo("team/base")).await.unwrap();
    let digest = lab.head("team/app", "v1").await.unwrap();
    for at in 0..117 {
        lab.tags.create(&lab.actor, &repo("team/app"), &tag(&format!("t{at:03}")), &digest).await.unwrap();
    }
    rules(&lab).create(&lab.actor, &team(), &scope("**", "t*"), true).await.unwrap();
    let mut query = ProtectionQuery::default();
    let (mut seen, mut pages) = (BTreeSet::new(), 0);
    loop {
        let preview = preview(&lab, query.clone()).await;
        assert_eq!((preview.protected, preview.unprotected, preview.page.total), (117, 3, 120));
        seen.extend(told(&preview));
        pages += 1;
        let Some(next) = preview.page.next else { break };
        query.cursor = next;
    }
    assert_eq!((seen.len(), pages), (120, 3));
    query.cursor = "x".to_owned();
    let wrong = rules(&lab).preview(&lab.actor, &team(), &query).await;
    assert!(matches!(wrong, Err(Error::Invalid { field: "cursor", .. })), "{wrong:?}");
}
