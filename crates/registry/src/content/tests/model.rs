//! What projects hold is what a model says, and sums and counts are what a recount gives, after any sequence of operations.

use super::{Lab, noise, repo, tag};
use crate::Result;
use oci::Digest;
use proptest::prelude::*;

pub(super) const NAMES: [&str; 4] = ["team/a", "team/b", "team/b/deep", "other/a"];

#[derive(Clone, Debug)]
pub(super) enum Step {
    Push {
        name: usize,
        blob: u8,
    },
    Mount {
        name: usize,
        from: usize,
        blob: u8,
    },
    Unlink {
        name: usize,
        blob: u8,
    },
    Image {
        name: usize,
        tag: u8,
        blobs: Vec<u8>,
    },
    /// Points a tag at an image that is there.
    Tag {
        name: usize,
        tag: u8,
        blobs: Vec<u8>,
    },
    DeleteTag {
        name: usize,
        tag: u8,
    },
    DeleteTags {
        name: usize,
        tags: Vec<u8>,
    },
    DeleteManifest {
        name: usize,
        blobs: Vec<u8>,
    },
    DeleteRepository {
        name: usize,
    },
    Quota {
        bytes: Option<u16>,
    },
    Collect {
        grace: bool,
    },
    /// Keeps so many tags of each repository of `team`.
    Retain {
        count: u8,
    },
    Restore {
        nth: usize,
    },
    Forget {
        nth: usize,
    },
    /// All that is in the trash is past its time.
    Expire,
    /// The process dies so many microseconds after it began with a step, and another one starts.
    Kill {
        after: u16,
        step: Box<Step>,
    },
}

pub(super) fn bytes(blob: u8) -> Vec<u8> {
    noise(u64::from(blob), 40 + usize::from(blob) * 13)
}

/// Any step.
pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        160 => change(),
        15 => (0_usize..3).prop_map(|nth| Step::Restore { nth }),
        10 => (1_u8..4).prop_map(|count| Step::Retain { count }),
        5 => (0_u16..4000, change()).prop_map(|(after, step)| Step::Kill { after, step: Box::new(step) }),
        1 => Just(Step::Expire),
    ]
}

/// A step of which the model says whether it can be done.
fn change() -> impl Strategy<Value = Step> {
    let name = || 0..NAMES.len();
    let blob = || 0_u8..6;
    let blobs = || prop::collection::vec(blob(), 0..4);
    prop_oneof![
        4 => (name(), blob()).prop_map(|(name, blob)| Step::Push { name, blob }),
        3 => (name(), name(), blob()).prop_map(|(name, from, blob)| Step::Mount { name, from, blob }),
        3 => (name(), blob()).prop_map(|(name, blob)| Step::Unlink { name, blob }),
        5 => (name(), 0_u8..4, blobs()).prop_map(|(name, tag, blobs)| Step::Image { name, tag, blobs }),
        2 => (name(), 0_u8..4, blobs()).prop_map(|(name, tag, blobs)| Step::Tag { name, tag, blobs }),
        2 => (name(), 0_u8..4).prop_map(|(name, tag)| Step::DeleteTag { name, tag }),
        2 => (name(), prop::collection::vec(0_u8..4, 1..3)).prop_map(|(name, tags)| Step::DeleteTags { name, tags }),
        2 => (name(), blobs()).prop_map(|(name, blobs)| Step::DeleteManifest { name, blobs }),
        1 => name().prop_map(|name| Step::DeleteRepository { name }),
        1 => prop::option::of(1_u16..700).prop_map(|bytes| Step::Quota { bytes }),
        3 => any::<bool>().prop_map(|grace| Step::Collect { grace }),
        1 => (0_usize..3).prop_map(|nth| Step::Forget { nth }),
    ]
}

/// Whether it happened. Refusals are fine: the model says which, and the database what came of it.
pub(super) async fn run(lab: &Lab, step: &Step) -> Result<bool> {
    let actor = &lab.actor;
    match step {
        Step::Push { name, blob } => {
            let bytes = bytes(*blob);
            let (name, digest) = (repo(NAMES[*name]), Digest::sha256(&bytes));
            lab.uploads.put(actor, &name, &digest, None, super::body(&bytes)).await?;
        }
        Step::Mount { name, from, blob } => {
            let digest = Digest::sha256(&bytes(*blob));
            let from = repo(NAMES[*from]);
            return Ok(lab.blobs.mount(actor, &repo(NAMES[*name]), &digest, Some(&from)).await?.is_some());
        }
        Step::Unlink { name, blob } => {
            lab.blobs.delete(actor, &repo(NAMES[*name]), &Digest::sha256(&bytes(*blob))).await?;
        }
        Step::Image { name, tag, blobs } => {
            lab.put(NAMES[*name], &format!("t{tag}"), &manifest(blobs)).await?;
        }
        Step::Tag { name, tag: number, blobs } => {
            let digest = super::digest_of(&manifest(blobs));
            lab.tags.create(actor, &repo(NAMES[*name]), &tag(&format!("t{number}")), &digest).await?;
        }
        Step::DeleteTag { name, tag } => lab.delete(NAMES[*name], &format!("t{tag}")).await?,
        Step::DeleteTags { name, tags } => {
            let tags: Vec<_> = tags.iter().map(|number| tag(&format!("t{number}"))).collect();
            lab.tags.delete(actor, &repo(NAMES[*name]), &tags).await?;
        }
        Step::DeleteManifest { name, blobs } => {
            lab.delete(NAMES[*name], super::digest_of(&manifest(blobs)).as_str()).await?;
        }
        Step::DeleteRepository { name } => lab.repositories.delete(actor, &repo(NAMES[*name])).await?,
        Step::Restore { nth } | Step::Forget { nth } => {
            let entries = lab.trash.list_all(actor, None).await?;
            let Some(entry) = entries.get(*nth) else { return Ok(false) };
            match step {
                Step::Restore { .. } => drop(lab.trash.restore(actor, entry.id).await?),
                _ => lab.trash.delete_now(actor, entry.id).await?,
            }
        }
        Step::Expire => {
            lab.sql("UPDATE trash SET expires_at = 1").await?;
            lab.trash.sweep().await?;
        }
        Step::Collect { grace } => {
            let grace = std::time::Duration::from_secs(if *grace { 3600 } else { 0 });
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
            lab.projects.set_quota(actor, &"team".parse().unwrap(), bytes.map(u64::from)).await?;
        }
        Step::Retain { count } => {
            super::retention::keep_newest(lab, u32::from(*count)).await;
        }
        Step::Kill { .. } => unreachable!("no process kills itself"),
    }
    Ok(true)
}

pub(super) fn manifest(blobs: &[u8]) -> serde_json::Value {
    let layers: Vec<_> = blobs.iter().map(|blob| super::described(oci::media_type::OCI_LAYER, &bytes(*blob))).collect();
    serde_json::json!({
        "schemaVersion": 2, "mediaType": oci::media_type::OCI_IMAGE,
        "config": super::described(oci::media_type::OCI_EMPTY, &bytes(0)), "layers": layers,
    })
}

/// Rows that are not as they should be, beside sums and counts, which [`crate::projects::Projects::verify_sums`] looks at.
pub(super) const WRONG: [(&str, &str); 3] = [
    ("unnamed layers", "SELECT COUNT(*) FROM manifest_references WHERE blob_id IS NULL AND child_id IS NULL"),
    (
        "named links that count as deleted",
        "SELECT COUNT(*) FROM repository_blobs l WHERE l.leased_at <= 0 AND EXISTS (SELECT 1 FROM manifest_references n \
         WHERE n.repository_id = l.repository_id AND n.blob_id = l.blob_id)",
    ),
    (
        "live rows of one digest",
        "SELECT COUNT(*) FROM blobs b WHERE (SELECT COUNT(*) FROM blobs o WHERE o.digest = b.digest AND o.state = 'live') > 1",
    ),
];
