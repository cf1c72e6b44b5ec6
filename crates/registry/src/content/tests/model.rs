//! Sums and counts equal what a recount gives, after any sequence of operations.

use super::{Lab, noise, repo, tag};
use oci::Digest;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["team/a", "team/b", "team/b/deep", "other/a"];

#[derive(Clone, Debug)]
enum Step {
    Push { name: usize, blob: u8 },
    Mount { name: usize, from: usize, blob: u8 },
    Unlink { name: usize, blob: u8 },
    Image { name: usize, tag: u8, blobs: Vec<u8> },
    DeleteTag { name: usize, tag: u8 },
    DeleteTags { name: usize, tags: Vec<u8> },
    DeleteManifest { name: usize, blobs: Vec<u8> },
    DeleteRepository { name: usize },
    Quota { bytes: Option<u16> },
    Collect { grace: bool },
    Restore { nth: usize },
    Forget { nth: usize },
}

fn bytes(blob: u8) -> Vec<u8> {
    noise(u64::from(blob), 40 + usize::from(blob) * 13)
}

fn step() -> impl Strategy<Value = Step> {
    let name = || 0..NAMES.len();
    let blob = || 0_u8..6;
    let blobs = || prop::collection::vec(blob(), 0..4);
    prop_oneof![
        4 => (name(), blob()).prop_map(|(name, blob)| Step::Push { name, blob }),
        3 => (name(), name(), blob()).prop_map(|(name, from, blob)| Step::Mount { name, from, blob }),
        3 => (name(), blob()).prop_map(|(name, blob)| Step::Unlink { name, blob }),
        5 => (name(), 0_u8..4, blobs()).prop_map(|(name, tag, blobs)| Step::Image { name, tag, blobs }),
        2 => (name(), 0_u8..4).prop_map(|(name, tag)| Step::DeleteTag { name, tag }),
        2 => (name(), prop::collection::vec(0_u8..4, 1..3)).prop_map(|(name, tags)| Step::DeleteTags { name, tags }),
        2 => (name(), blobs()).prop_map(|(name, blobs)| Step::DeleteManifest { name, blobs }),
        1 => name().prop_map(|name| Step::DeleteRepository { name }),
        1 => prop::option::of(0_u16..2000).prop_map(|bytes| Step::Quota { bytes }),
        3 => any::<bool>().prop_map(|grace| Step::Collect { grace }),
        3 => (0_usize..3).prop_map(|nth| Step::Restore { nth }),
        1 => (0_usize..3).prop_map(|nth| Step::Forget { nth }),
    ]
}

/// Outcomes differ, and refusals are fine; what counts is what the database says afterwards.
async fn run(lab: &Lab, step: Step) {
    let actor = &lab.actor;
    match step.clone() {
        Step::Push { name, blob } => {
            let bytes = bytes(blob);
            let _ =
                lab.uploads.put(actor, &repo(NAMES[name]), &Digest::sha256(&bytes), None, super::body(&bytes)).await;
        }
        Step::Mount { name, from, blob } => {
            let digest = Digest::sha256(&bytes(blob));
            let _ = lab.blobs.mount(actor, &repo(NAMES[name]), &digest, Some(&repo(NAMES[from]))).await;
        }
        Step::Unlink { name, blob } => {
            let _ = lab.blobs.delete(actor, &repo(NAMES[name]), &Digest::sha256(&bytes(blob))).await;
        }
        Step::Image { name, tag, blobs } => {
            let _ = lab.put(NAMES[name], &format!("t{tag}"), &manifest(&blobs)).await;
        }
        Step::DeleteTag { name, tag } => {
            let _ = lab.delete(NAMES[name], &format!("t{tag}")).await;
        }
        Step::DeleteTags { name, tags } => {
            let tags: Vec<_> = tags.iter().map(|number| tag(&format!("t{number}"))).collect();
            let _ = lab.tags.delete(actor, &repo(NAMES[name]), &tags).await;
        }
        Step::DeleteManifest { name, blobs } => {
            let _ = lab.delete(NAMES[name], super::digest_of(&manifest(&blobs)).as_str()).await;
        }
        Step::DeleteRepository { name } => {
            let _ = lab.repositories.delete(actor, &repo(NAMES[name])).await;
        }
        Step::Restore { nth } | Step::Forget { nth } => {
            let entries = lab.trash.list_all(actor).await.unwrap();
            let Some(entry) = entries.get(nth) else { return };
            let done = if matches!(step, Step::Restore { .. }) {
                lab.trash.restore(actor, entry.id).await.map(drop)
            } else {
                lab.trash.delete_now(actor, entry.id).await
            };
            // Nothing that was only asked for here is ever at fault.
            assert!(done.is_ok() || !super::super::is_failure(done.as_ref().unwrap_err()), "{done:?}");
        }
        Step::Collect { grace } => {
            let grace = std::time::Duration::from_secs(if grace { 3600 } else { 0 });
            let told = lab.collect(true, grace).await;
            let freed = lab.collect(false, grace).await;
            assert_eq!((told.links, told.blobs, told.bytes), (freed.links, freed.blobs, freed.bytes));
            if grace.is_zero() {
                for (what, statement) in super::collection::LEFT {
                    assert_eq!(lab.number(statement).await, 0, "{what}");
                }
            }
        }
        Step::Quota { bytes } => {
            let quota = bytes.map_or("NULL".to_owned(), |bytes| bytes.to_string());
            lab.sql(&format!("UPDATE projects SET storage_quota = {quota} WHERE name = 'team'")).await.unwrap();
        }
    }
}

fn manifest(blobs: &[u8]) -> serde_json::Value {
    let layers: Vec<_> = blobs.iter().map(|blob| super::described(oci::media_type::OCI_LAYER, &bytes(*blob))).collect();
    serde_json::json!({
        "schemaVersion": 2, "mediaType": oci::media_type::OCI_IMAGE,
        "config": super::described(oci::media_type::OCI_EMPTY, &bytes(0)), "layers": layers,
    })
}

/// Rows whose kept sum or count is not what a recount gives.
pub(super) const WRONG: [(&str, &str); 10] = [
    (
        "project storage",
        "SELECT COUNT(*) FROM projects p WHERE storage_used <> (SELECT COALESCE(SUM(b.size), 0) FROM blobs b \
      WHERE b.id IN (SELECT l.blob_id FROM repository_blobs l WHERE l.project_id = p.id))",
    ),
    (
        "repository storage",
        "SELECT COUNT(*) FROM repositories r WHERE storage_used <> (SELECT COALESCE(SUM(b.size), 0) \
      FROM repository_blobs l JOIN blobs b ON b.id = l.blob_id WHERE l.repository_id = r.id)",
    ),
    (
        "links of blobs",
        "SELECT COUNT(*) FROM blobs b WHERE link_count <> \
      (SELECT COUNT(*) FROM repository_blobs l WHERE l.blob_id = b.id)",
    ),
    (
        "links of projects",
        "SELECT COUNT(*) FROM project_blobs p WHERE link_count <> \
      (SELECT COUNT(*) FROM repository_blobs l WHERE l.blob_id = p.blob_id AND l.project_id = p.project_id)",
    ),
    (
        "tags",
        "SELECT COUNT(*) FROM repositories r WHERE tag_count <> (SELECT COUNT(*) FROM tags t WHERE t.repository_id = r.id)",
    ),
    (
        "sizes of tags",
        "SELECT COUNT(*) FROM repositories r WHERE tagged_size <> (SELECT COALESCE(SUM(m.size), 0) \
      FROM tags t JOIN manifests m ON m.id = t.manifest_id WHERE t.repository_id = r.id)",
    ),
    (
        "manifests",
        "SELECT COUNT(*) FROM repositories r WHERE manifest_count <> \
      (SELECT COUNT(*) FROM manifests m WHERE m.repository_id = r.id)",
    ),
    (
        "repositories",
        "SELECT COUNT(*) FROM projects p WHERE repository_count <> \
      (SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.last_pushed_at IS NOT NULL)",
    ),
    ("unnamed layers", "SELECT COUNT(*) FROM manifest_references WHERE blob_id IS NULL AND child_id IS NULL"),
    (
        "live rows of one digest",
        "SELECT COUNT(*) FROM blobs b WHERE (SELECT COUNT(*) FROM blobs o WHERE o.digest = b.digest AND o.state = 'live') > 1",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn kept_sums_equal_a_recount(steps in prop::collection::vec(step(), 1..60), trash in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let week = std::time::Duration::from_hours(if trash { 7 * 24 } else { 0 });
            let lab = Lab::keeping(std::sync::Arc::new(blobstore::MemoryStore::new()), week).await;
            for step in steps {
                lab.pass(1);
                run(&lab, step.clone()).await;
                for (what, statement) in WRONG {
                    assert_eq!(lab.number(statement).await, 0, "{what} after {step:?}");
                }
            }
            // Every object has its row, and every row its object.
            assert_eq!(lab.objects().await as i64, lab.number("SELECT COUNT(*) FROM blobs").await);
        });
    }
}
