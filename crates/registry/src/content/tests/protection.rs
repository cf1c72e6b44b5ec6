//! Protected tags: nobody overwrites or deletes them, on any path; and what does neither still works.

use super::{Lab, described, digest_of, model::WRONG, repo, tag};
use crate::{Error, Result, access::may, content::Parts, db, rules::ProtectionRules};
use api_types::{RuleScope, Selector, TrashKind};
use blobstore::MemoryStore;
use oci::{Digest, ProjectName, Reference, media_type};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const NAME: &str = "team/app";

fn team() -> ProjectName {
    "team".parse().unwrap()
}

pub(super) fn scope(repositories: &str, tags: &str) -> RuleScope {
    let selector = |pattern: &str| Selector { pattern: pattern.to_owned(), except: false };
    RuleScope { repositories: selector(repositories), tags: selector(tags) }
}

pub(super) fn rules(lab: &Lab) -> ProtectionRules {
    ProtectionRules::new((lab.content.db.clone(), lab.content.access.clone(), lab.clock.clone()))
}

async fn protect(lab: &Lab, repositories: &str, tags: &str) -> i64 {
    rules(lab).create(&lab.actor, &team(), &scope(repositories, tags), true).await.unwrap()
}

/// `v1`, protected, and `edge`, not; with a trash.
async fn lab() -> (Lab, Digest) {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"first"]).await;
    lab.image(NAME, "edge", "amd64", &[b"edge"]).await;
    protect(&lab, "**", "v*").await;
    (lab, digest)
}

fn protected<T: std::fmt::Debug>(result: Result<T>) {
    match result {
        Err(Error::TagProtected { name, tag, .. }) => assert_eq!((name.as_str(), tag.as_str()), (NAME, "v1")),
        other => panic!("{other:?}"),
    }
}

/// The tag stands where it stood, everything that it needs is there, and nothing half done is left.
async fn unharmed(lab: &Lab, digest: &Digest) {
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), *digest);
    assert_eq!(lab.read(NAME, &Digest::sha256(b"first")).await.unwrap(), b"first");
    assert_eq!(lab.number("SELECT COUNT(*) FROM trash").await, 0);
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action LIKE '%delete%'").await, 0);
    for (what, statement) in WRONG {
        assert_eq!(lab.number(statement).await, 0, "{what}");
    }
}

async fn index_of(lab: &Lab, reference: &str, children: &[&Value]) -> Value {
    let named: Vec<_> =
        children.iter().map(|child| described(media_type::OCI_IMAGE, child.to_string().as_bytes())).collect();
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(NAME, reference, &index).await.unwrap();
    index
}

#[tokio::test]
async fn a_push_by_tag_cannot_overwrite() {
    let (lab, digest) = lab().await;
    let other = lab.image_manifest(NAME, "amd64", &[b"second"]).await;
    protected(lab.put(NAME, "v1", &other).await);
    unharmed(&lab, &digest).await;
}

#[tokio::test]
async fn a_push_with_tags_in_its_query_cannot_overwrite_and_sets_none_of_them() {
    let (lab, digest) = lab().await;
    let other = lab.image_manifest(NAME, "amd64", &[b"second"]).await;
    let new = super::NewManifest {
        reference: Reference::Digest(digest_of(&other)),
        tags: vec![tag("new"), tag("v1")],
        content_type: None,
        bytes: other.to_string().into(),
    };
    protected(lab.manifests.put(&lab.actor, &repo(NAME), new).await);
    assert!(matches!(lab.head(NAME, "new").await, Err(Error::ManifestNotFound { .. })));
    unharmed(&lab, &digest).await;
}

#[tokio::test]
async fn the_same_image_is_pushed_again_and_new_tags_are_made() {
    let (lab, digest) = lab().await;
    assert_eq!(lab.image(NAME, "v1", "amd64", &[b"first"]).await, digest);
    lab.image(NAME, "v2", "amd64", &[b"second"]).await;
    lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &digest).await.unwrap();
    unharmed(&lab, &digest).await;
    let third = lab.image_manifest(NAME, "amd64", &[b"third"]).await;
    assert!(
        matches!(lab.put(NAME, "v2", &third).await, Err(Error::TagProtected { .. })),
        "it is protected from its first push on"
    );
}

#[tokio::test]
async fn it_is_deleted_neither_by_tag_nor_by_digest() {
    let (lab, digest) = lab().await;
    protected(lab.delete(NAME, "v1").await);
    protected(lab.delete(NAME, digest.as_str()).await);
    protected(lab.manifests.delete_whole(&lab.actor, &repo(NAME), &"v1".parse().unwrap(), Parts::Stay).await);
    lab.tags.create(&lab.actor, &repo(NAME), &tag("beside"), &digest).await.unwrap();
    protected(lab.manifests.delete_whole(&lab.actor, &repo(NAME), &"beside".parse().unwrap(), Parts::Go).await);
    unharmed(&lab, &digest).await;
}

#[tokio::test]
async fn an_image_that_its_index_names_is_not_deleted_either() {
    let (lab, digest) = lab().await;
    let (amd, arm) =
        (lab.image_manifest(NAME, "amd64", &[b"first"]).await, lab.image_manifest(NAME, "arm64", &[b"arm"]).await);
    for image in [&amd, &arm] {
        lab.put(NAME, digest_of(image).as_str(), image).await.unwrap();
    }
    let inner = index_of(&lab, "inner", &[&amd, &arm]).await;
    let named = json!([described(media_type::OCI_INDEX, inner.to_string().as_bytes())]);
    let outer = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(NAME, "v2", &outer).await.unwrap();
    lab.delete(NAME, "inner").await.unwrap();
    for reference in [digest_of(&arm), digest_of(&inner)] {
        let refused = lab.delete(NAME, reference.as_str()).await;
        assert!(matches!(&refused, Err(Error::TagProtected { tag, .. }) if tag == "v2"), "{refused:?}");
    }
    assert_eq!(lab.head(NAME, digest_of(&arm).as_str()).await.unwrap(), digest_of(&arm));
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
}

#[tokio::test]
async fn the_console_deletes_it_neither_alone_nor_among_others_and_says_so_before() {
    let (lab, digest) = lab().await;
    for tags in [vec![tag("v1")], vec![tag("edge"), tag("v1")]] {
        let preview = lab.tags.preview_deletion(&lab.actor, &repo(NAME), &tags).await.unwrap();
        assert_eq!(preview.protected, ["v1"]);
        protected(lab.tags.delete(&lab.actor, &repo(NAME), &tags).await);
    }
    assert!(lab.head(NAME, "edge").await.is_ok(), "all or none");
    let preview = lab.tags.preview_deletion(&lab.actor, &repo(NAME), &[tag("edge")]).await.unwrap();
    assert!(preview.protected.is_empty());
    protected(lab.tags.remove(&lab.actor, &repo(NAME), &tag("v1"), &Reference::Digest(digest.clone())).await);
    let detail = lab.artifacts.get(&lab.actor, &repo(NAME), &"v1".parse().unwrap(), None, "").await.unwrap();
    assert_eq!(detail.deletion.protected, ["v1"]);
    let listed = lab.tags.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
    let marked: Vec<_> = listed.items.iter().map(|tag| (tag.name.as_str(), tag.protected_by.is_some())).collect();
    assert_eq!(marked, [("edge", false), ("v1", true)]);
    let weighed = lab.storage.tags(&lab.actor, &repo(NAME), "", false).await.unwrap().tags;
    let mut marked: Vec<_> = weighed.iter().map(|tag| (tag.name.as_str(), tag.protected_by.is_some())).collect();
    marked.sort_unstable();
    assert_eq!(marked, [("edge", false), ("v1", true)], "where tags are chosen by what they hold");
    unharmed(&lab, &digest).await;
}

#[tokio::test]
async fn it_is_not_moved_back_to_where_it_was_before() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    let before = lab.image(NAME, "v1", "amd64", &[b"before"]).await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"first"]).await;
    protect(&lab, "**", "v*").await;
    protected(lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &before).await);
    unharmed(&lab, &digest).await;
}

#[tokio::test]
async fn its_repository_and_its_project_stay() {
    let (lab, digest) = lab().await;
    protected(lab.repositories.delete(&lab.actor, &repo(NAME)).await);
    protected(lab.projects.delete(&lab.actor, &team()).await);
    unharmed(&lab, &digest).await;
    // Others go.
    lab.image("team/other", "edge", "amd64", &[b"x"]).await;
    lab.repositories.delete(&lab.actor, &repo("team/other")).await.unwrap();
    let id = rules(&lab).list(&lab.actor, &team()).await.unwrap()[0].id;
    rules(&lab).delete(&lab.actor, &team(), id).await.unwrap();
    lab.projects.delete(&lab.actor, &team()).await.unwrap();
}

#[tokio::test]
async fn a_repository_goes_where_the_rule_is_about_others_or_was_switched_off() {
    let (lab, _) = lab().await;
    let id = rules(&lab).list(&lab.actor, &team()).await.unwrap()[0].id;
    rules(&lab).update(&lab.actor, &team(), id, &scope("release/**", "v*"), true).await.unwrap();
    lab.image("team/release/app", "v1", "amd64", &[b"x"]).await;
    assert!(matches!(
        lab.repositories.delete(&lab.actor, &repo("team/release/app")).await,
        Err(Error::TagProtected { .. })
    ));
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    rules(&lab).set_enabled(&lab.actor, &team(), id, false).await.unwrap();
    lab.repositories.delete(&lab.actor, &repo("team/release/app")).await.unwrap();
}

#[tokio::test]
async fn a_repository_with_many_tags_is_looked_through_to_the_last() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"first"]).await;
    let manifest = lab.number(&format!("SELECT id FROM manifests WHERE digest = '{digest}'")).await;
    for at in 0..1_100 {
        lab.sql(&format!(
            "INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_name, pushed_at) \
             SELECT repository_id, 'a{at:04}', '', id, 0, '', 0 FROM manifests WHERE id = {manifest}"
        ))
        .await
        .unwrap();
    }
    protect(&lab, "**", "v*").await;
    protected(lab.repositories.delete(&lab.actor, &repo(NAME)).await);
    protected(lab.projects.delete(&lab.actor, &team()).await);
}

#[tokio::test]
async fn what_comes_back_from_the_trash_does_not_take_its_place() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    lab.image(NAME, "v1", "amd64", &[b"before"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    let digest = lab.image(NAME, "v1", "amd64", &[b"first"]).await;
    protect(&lab, "**", "v*").await;
    let entry = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].id;
    assert_eq!(lab.trash.restore(&lab.actor, entry).await.unwrap().kept, ["v1"]);
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
}

#[tokio::test]
async fn what_was_deleted_before_it_was_protected_comes_back_and_is_not_ended_early() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    for (name, whole) in [(NAME, false), ("team/whole", true)] {
        let digest = lab.image(name, "v1", "amd64", &[b"first"]).await;
        if whole {
            lab.repositories.delete(&lab.actor, &repo(name)).await.unwrap();
        } else {
            lab.tags.delete(&lab.actor, &repo(name), &[tag("v1")]).await.unwrap();
        }
        let rule = protect(&lab, "**", "v*").await;
        let entry = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].clone();
        assert_eq!(entry.kind == TrashKind::Repository, whole);
        let ended = lab.trash.delete_now(&lab.actor, entry.id).await;
        assert!(matches!(&ended, Err(Error::TagProtected { tag, .. }) if tag == "v1"), "{ended:?}");
        lab.trash.restore(&lab.actor, entry.id).await.unwrap();
        assert_eq!(lab.head(name, "v1").await.unwrap(), digest);
        let gone = lab.tags.delete(&lab.actor, &repo(name), &[tag("v1")]).await;
        assert!(matches!(gone, Err(Error::TagProtected { .. })), "{gone:?}");
        rules(&lab).delete(&lab.actor, &team(), rule).await.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_project_is_not_ended_early_while_its_trash_has_what_is_protected() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    for (name, whole) in [(NAME, false), ("team/whole", true)] {
        let digest = lab.image(name, "v1", "amd64", &[b"first"]).await;
        if whole {
            lab.repositories.delete(&lab.actor, &repo(name)).await.unwrap();
        } else {
            lab.tags.delete(&lab.actor, &repo(name), &[tag("v1")]).await.unwrap();
        }
        let rule = protect(&lab, "**", "v*").await;
        let inside = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].id;
        lab.projects.delete(&lab.actor, &team()).await.unwrap();
        let project = lab.trash.list_projects(&lab.actor, None).await.unwrap()[0].id;
        let ended = lab.trash.delete_now(&lab.actor, project).await;
        assert!(matches!(&ended, Err(Error::TagProtected { tag, .. }) if tag == "v1"), "{ended:?}");
        lab.trash.restore(&lab.actor, project).await.unwrap();
        lab.trash.restore(&lab.actor, inside).await.unwrap();
        assert_eq!(lab.head(name, "v1").await.unwrap(), digest);
        rules(&lab).delete(&lab.actor, &team(), rule).await.unwrap();
        lab.repositories.delete(&lab.actor, &repo(name)).await.unwrap();
    }
    lab.projects.delete(&lab.actor, &team()).await.unwrap();
    let project = lab.trash.list_projects(&lab.actor, None).await.unwrap()[0].id;
    lab.trash.delete_now(&lab.actor, project).await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_trash_harms_no_tag_that_stands() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    lab.image(NAME, "v1", "amd64", &[b"first"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    let digest = lab.image(NAME, "v1", "amd64", &[b"first"]).await;
    protect(&lab, "**", "v*").await;
    lab.pass(25 * 3600);
    lab.maintenance.sweep().await.unwrap();
    lab.collect(false, Duration::ZERO).await;
    unharmed_content(&lab, &digest).await;
}

async fn unharmed_content(lab: &Lab, digest: &Digest) {
    assert_eq!(lab.number("SELECT COUNT(*) FROM trash").await, 0, "its time is over");
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), *digest);
    assert_eq!(lab.read(NAME, &Digest::sha256(b"first")).await.unwrap(), b"first");
}

#[tokio::test]
async fn a_blob_that_it_needs_is_in_use() {
    let (lab, digest) = lab().await;
    let refused = lab.blobs.delete(&lab.actor, &repo(NAME), &Digest::sha256(b"first")).await;
    assert!(matches!(refused, Err(Error::BlobInUse { .. })), "{refused:?}");
    unharmed(&lab, &digest).await;
}

#[tokio::test]
async fn rules_with_exceptions_protect_all_else() {
    let (lab, _) = lab().await;
    let id = rules(&lab).list(&lab.actor, &team()).await.unwrap()[0].id;
    let except = |pattern: &str| Selector { pattern: pattern.to_owned(), except: true };
    let all_else = RuleScope { repositories: except("scratch/**"), tags: except("edge, nightly-*") };
    rules(&lab).update(&lab.actor, &team(), id, &all_else, true).await.unwrap();
    let project = lab.content.access.project(&lab.actor, &team(), may::Pull).await.unwrap().id();
    let protection = db::protection::read(lab.content.db.reader(), project).await.unwrap();
    for (path, name, is) in [
        ("app", "v1", true),
        ("app", "latest", true),
        ("app", "edge", false),
        ("app", "nightly-7", false),
        ("scratch/x", "v1", false),
        ("scratch", "v1", true),
    ] {
        assert_eq!(protection.of(path, name).is_some(), is, "{path}:{name}");
    }
}

#[tokio::test]
async fn rules_are_kept_with_numbers_of_their_own_and_recorded() {
    let (lab, _) = lab().await;
    let rules = rules(&lab);
    let second = rules.create(&lab.actor, &team(), &scope(" app ", " latest"), false).await.unwrap();
    let again = rules.create(&lab.actor, &team(), &scope("app", "latest"), true).await;
    assert!(matches!(again, Err(Error::RuleExists { .. })), "{again:?}");
    rules.delete(&lab.actor, &team(), second).await.unwrap();
    for refused in [
        rules.delete(&lab.actor, &team(), second).await,
        rules.set_enabled(&lab.actor, &team(), second, true).await,
        rules.update(&lab.actor, &team(), second, &scope("**", "x"), true).await,
    ] {
        assert!(matches!(refused, Err(Error::RuleNotFound { .. })), "{refused:?}");
    }
    let third = rules.create(&lab.actor, &team(), &scope("app", "latest"), true).await.unwrap();
    assert!(third > second, "a number is given once");
    for (field, scope) in [("tags", scope("**", "{a")), ("tags", scope("**", " ")), ("repositories", scope("[a", "**"))]
    {
        let refused = rules.create(&lab.actor, &team(), &scope, true).await;
        assert!(matches!(refused, Err(Error::Invalid { field: wrong, .. }) if wrong == field), "{scope:?}");
    }
    for at in 2..50 {
        rules.create(&lab.actor, &team(), &scope("app", &format!("t{at}")), true).await.unwrap();
    }
    let many = rules.create(&lab.actor, &team(), &scope("app", "one-more"), true).await;
    assert!(matches!(many, Err(Error::Invalid { code: "too_many_rules", .. })), "{many:?}");
    let told = lab.texts("SELECT details FROM audit_events WHERE action = 'protection.delete'").await;
    assert_eq!(told.len(), 1);
    let told: Value = serde_json::from_str(&told[0]).unwrap();
    assert_eq!((&told["rule"], &told["tags"]["pattern"]), (&json!(second), &json!("latest")));
}

/// Protected and others, pushed, moved and deleted at random: what is protected never moves once it stands.
#[tokio::test]
async fn whatever_happens_a_protected_tag_stands_where_it_was_first_put() {
    use std::collections::HashMap;
    let (lab, _) = lab().await;
    let mut stands: HashMap<String, Digest> = HashMap::new();
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let names = ["v1", "v2", "v3", "edge", "main"];
    for _ in 0..300 {
        let name = names[random(5) as usize];
        let content = [b'a' + random(4) as u8];
        let image = lab.image_manifest(NAME, "amd64", &[&content]).await;
        match random(6) {
            0 | 1 => drop(lab.put(NAME, name, &image).await),
            2 => drop(lab.delete(NAME, name).await),
            3 => drop(lab.delete(NAME, digest_of(&image).as_str()).await),
            4 => drop(lab.tags.delete(&lab.actor, &repo(NAME), &[tag(name), tag("edge")]).await),
            _ => {
                if let Some(entry) = lab.trash.list(&lab.actor, &team(), None).await.unwrap().first() {
                    drop(lab.trash.restore(&lab.actor, entry.id).await);
                }
            }
        }
        for name in ["v1", "v2", "v3"] {
            match (lab.head(NAME, name).await, stands.get(name)) {
                (Ok(now), Some(before)) => assert_eq!(now, *before),
                (Ok(now), None) => drop(stands.insert(name.to_owned(), now)),
                (Err(_), before) => assert!(before.is_none(), "{name} is gone"),
            }
        }
    }
    assert_eq!(stands.len(), 3);
}
