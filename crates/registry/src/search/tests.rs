#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::Lab;
use api_types::Role;

async fn names(lab: &Lab, actor: &Actor, text: &str) -> Vec<String> {
    let found = lab.search.find(actor, text, 0).await.unwrap();
    let projects = found.projects.into_iter().map(|hit| hit.name);
    let tags = found.tags.into_iter().map(|hit| format!("{}:{}", hit.repository, hit.tag));
    let artifacts = found.artifacts.into_iter().map(|hit| format!("{}@{}", hit.repository, hit.digest));
    let people = found.people.into_iter().map(|hit| hit.username);
    projects.chain(found.repositories).chain(tags).chain(artifacts).chain(people).collect()
}

#[tokio::test]
async fn names_are_found_by_any_part_and_tags_by_their_beginning() {
    let lab = Lab::new().await;
    lab.project("payments", false).await;
    lab.fill("payments", 2).await;
    let admin = lab.admin();
    assert_eq!(names(&lab, &admin, "ment").await, ["payments", "payments/r0", "payments/r1"]);
    assert_eq!(names(&lab, &admin, "PAYMENTS/R1").await, ["payments/r1"]);
    assert_eq!(names(&lab, &admin, "v1").await, ["payments/r1:v1", "payments/r0:v1"]);
    assert_eq!(names(&lab, &admin, "r1:v").await, ["payments/r1:v1"]);
    assert_eq!(names(&lab, &admin, "r1:").await, ["payments/r1:v1"]);
    assert_eq!(names(&lab, &admin, "1").await, ["payments/r1"]);
    assert_eq!(names(&lab, &admin, "adm").await, ["admin"]);
    for nothing in ["", "  ", "%", "_", "'", "\\", "nothing"] {
        assert_eq!(names(&lab, &admin, nothing).await, Vec::<String>::new(), "{nothing:?}");
    }
}

#[tokio::test]
async fn a_digest_is_found_by_its_first_digits() {
    let lab = Lab::new().await;
    lab.project("payments", false).await;
    lab.fill("payments", 1).await;
    let admin = lab.admin();
    let name = "payments/r0".parse().unwrap();
    let digest = lab.manifests.get(&admin, &name, &"v1".parse().unwrap(), true).await.unwrap().digest.to_string();
    let hex = digest.strip_prefix("sha256:").unwrap();
    let whole = format!("payments/r0@{digest}");
    for text in [&hex[..6], &hex[..12], &hex.to_uppercase(), &digest, &digest[..13], &whole] {
        assert!(names(&lab, &admin, text).await.contains(&whole), "{text}");
    }
    assert!(names(&lab, &admin, &hex[..5]).await.is_empty());
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    let lab = Lab::new().await;
    let secret = lab.project("secret", false).await;
    lab.project("open", true).await;
    lab.fill("secret", 1).await;
    lab.fill("open", 1).await;
    let (ada, bob) = (lab.person("ada").await, lab.person("bob").await);
    lab.member(secret, &bob, Role::LimitedGuest).await;
    assert_eq!(names(&lab, &ada, "secret").await, Vec::<String>::new());
    assert_eq!(names(&lab, &ada, "v1").await, ["open/r0:v1"]);
    assert_eq!(names(&lab, &ada, "r0:v1").await, ["open/r0:v1"]);
    assert_eq!(names(&lab, &Actor::anonymous(), "r0").await, ["open/r0"]);
    assert_eq!(names(&lab, &bob, "secret").await, ["secret", "secret/r0"]);
    assert_eq!(names(&lab, &bob, "v1").await.len(), 2);
    assert_eq!(names(&lab, &ada, "bob").await, Vec::<String>::new(), "people are for administrators");
    let name = "secret/r0".parse().unwrap();
    let digest = lab.manifests.get(&bob, &name, &"v1".parse().unwrap(), true).await.unwrap().digest.to_string();
    assert_eq!(names(&lab, &ada, &digest).await, Vec::<String>::new());
    assert_eq!(names(&lab, &bob, &digest).await, [format!("secret/r0@{digest}")]);
    lab.projects.delete(&Actor::system(), &"secret".parse().unwrap()).await.unwrap();
    assert_eq!(names(&lab, &lab.admin(), "secret").await, Vec::<String>::new());
}

#[tokio::test]
async fn one_s_own_tag_is_found_behind_any_number_of_others() {
    let lab = Lab::new().await;
    lab.project("others", false).await;
    lab.fill("others", 1).await;
    let mine = lab.project("mine", false).await;
    lab.fill("mine", 1).await;
    lab.sql(
        "INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_name, pushed_at) \
         SELECT t.repository_id, 'v0.' || n.n, 'v', t.manifest_id, 3, 'system', 0 FROM tags t, repositories r, projects p, \
         (WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600) SELECT n FROM n) n \
         WHERE t.repository_id = r.id AND r.project_id = p.id AND p.name = 'others'",
    )
    .await;
    let ada = lab.person("ada").await;
    lab.member(mine, &ada, Role::Guest).await;
    assert_eq!(names(&lab, &ada, "v").await, ["mine/r0:v1"]);
}
