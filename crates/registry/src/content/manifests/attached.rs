//! What is attached to a manifest: by its referrers, by the attestations in its own index, by cosign's tags.

use crate::{Result, access::RepositoryId, content::kind, db};
use api_types::{ArtifactKind, Attachments};
use oci::{Digest, Manifest};

/// How many referrers and children are looked at; three facts are not worth more.
const LOOK_AT: usize = 100;

/// Finds out anew what is attached to a manifest, if it is there.
pub(in crate::content) async fn refresh(
    txn: &db::Transaction,
    repository: RepositoryId,
    digest: &Digest,
) -> Result<()> {
    let Some(manifest) = db::manifests::find_id(txn, repository, digest.as_str()).await? else { return Ok(()) };
    let mut attached = Attachments::default();
    for (referrer, kind) in db::referrers::newest_kinds(txn, repository, digest.as_str(), LOOK_AT).await? {
        attached = kind::joined(attached, of(txn, referrer, kind).await?);
    }
    for (child, kind) in db::manifests::attesting_children(txn, manifest, LOOK_AT).await? {
        attached = kind::joined(attached, of(txn, child, kind).await?);
    }
    let tags = kind::cosign_tags(digest);
    for tag in db::tags::among(txn, repository, &tags.each_ref().map(String::as_str)).await? {
        attached = kind::joined(attached, of(txn, tag.manifest, ArtifactKind::Attestation).await?);
    }
    db::manifests::set_attached(txn, manifest, attached).await
}

/// What one manifest attaches. Only a statement must be opened to know that.
async fn of(txn: &db::Transaction, manifest: i64, kind: ArtifactKind) -> Result<Attachments> {
    let none = Attachments::default();
    Ok(match kind {
        ArtifactKind::Signature => Attachments { signature: true, ..none },
        ArtifactKind::Sbom => Attachments { sbom: true, ..none },
        ArtifactKind::Attestation => db::manifests::content(txn, manifest)
            .await?
            .and_then(|bytes| Manifest::parse(&bytes, None).ok())
            .map_or(none, |manifest| kind::attachments_of(&manifest)),
        _ => none,
    })
}
