//! The second phase: is every manifest what it was, and do rows say what it names?

use super::{
    Change, Finding, Fsck, PAGE,
    mending::{Broken, Wanted},
};
use crate::{
    Error, Result,
    content::manifests::pulled_size,
    db::{
        self,
        fsck_manifests::{Description, ManifestRow, NamedRow},
        references::ReferenceKind,
    },
};
use api_types::FsckPhase;
use oci::{Digest, Manifest, ManifestKind};

/// Bytes of manifests that are in memory at the same time, beside one that may be larger. Rows of what they name take thirty times as
/// much.
const MANIFEST_BYTES: u64 = 1 << 20;

/// Manifests of the trash that are: each has 4 MiB at most.
const TRASHED: u64 = 4;

/// What is to be said of a manifest by its row alone.
#[derive(Debug)]
enum Look {
    Changed,
    /// What it names, and what its row should say of it where that says something else.
    Names(Vec<Wanted>, Option<Description>),
    /// The bytes are those of the digest, and nobody can read them.
    Unreadable,
}

impl Fsck {
    pub(super) async fn manifests(&mut self) -> Result<()> {
        loop {
            let reader = self.content.db.reader();
            let page = db::fsck_manifests::after(reader, self.state.after, PAGE, MANIFEST_BYTES).await?;
            let Some((first, last)) = page.first().zip(page.last()).map(|(first, last)| (first.id, last.id)) else {
                break;
            };
            let named = db::fsck_manifests::named(reader, first, last).await?;
            let looked =
                tokio::task::spawn_blocking(move || page.into_iter().map(|row| (look(&row), row)).collect::<Vec<_>>());
            let looked = looked.await.map_err(|error| Error::Internal(Box::new(error)))?;
            let count = looked.len() as u64;
            let findings = self.judge_manifests(looked, named).await?;
            self.state.after = last;
            self.state.report.manifests += count;
            self.state.report.done += count;
            self.found(findings).await?;
            self.save().await?;
            self.rest().await;
        }
        self.trashed().await?;
        let total = db::fsck::highest(self.content.db.reader()).await?.iter().sum();
        self.commit(Change::Enter(FsckPhase::Rows, total)).await
    }

    async fn judge_manifests(
        &mut self,
        looked: Vec<(Look, ManifestRow)>,
        named: Vec<NamedRow>,
    ) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut named = named.into_iter().peekable();
        for (look, row) in looked {
            let mut own = Vec::new();
            while let Some(name) = named.next_if(|name| name.manifest <= row.id) {
                // Those in between belong to manifests whose rows are gone.
                own.extend((name.manifest == row.id).then_some(name));
            }
            let (wanted, description) = match look {
                Look::Changed => {
                    findings.push(Finding::Manifest(row));
                    continue;
                }
                Look::Unreadable => continue,
                Look::Names(wanted, description) => (wanted, description),
            };
            if let Some(description) = description {
                findings.push(Finding::Described { row: row.clone(), description });
            }
            if agree(&row, &wanted, &own) {
                if row.damaged {
                    findings.push(Finding::ManifestWhole(row));
                }
                continue;
            }
            let misnamed = self.misnamed(&wanted, &own).await?;
            findings.push(Finding::Names(Broken { row, wanted, named: own, misnamed }));
        }
        Ok(findings)
    }

    /// Looks at the blobs whose rows have another digest than the manifest names.
    async fn misnamed(
        &self,
        wanted: &[Wanted],
        named: &[NamedRow],
    ) -> Result<Vec<(db::fsck::BlobRow, String, super::Verdict)>> {
        let mut misnamed = Vec::new();
        for name in named {
            let wanted = usize::try_from(name.position).ok().and_then(|position| wanted.get(position));
            let (Some(blob), Some(wanted), Some(digest)) = (name.blob, wanted, &name.blob_digest) else { continue };
            if *digest == wanted.digest {
                continue;
            }
            let Some(row) = db::fsck::find_blob(self.content.db.reader(), blob).await? else { continue };
            let verdict = Self::examine(&self.content, &self.throttle, &row, &wanted.digest, true).await?;
            misnamed.push((row, wanted.digest.clone(), verdict));
        }
        Ok(misnamed)
    }

    /// Manifests that wait in the trash to be restored.
    async fn trashed(&mut self) -> Result<()> {
        loop {
            let after = (self.state.trashed.0, self.state.trashed.1.as_str());
            let page = db::fsck_manifests::trashed_after(self.content.db.reader(), after, TRASHED).await?;
            let Some(last) = page.last() else { return Ok(()) };
            self.state.trashed = (last.trash, last.digest.clone());
            self.state.report.manifests += page.len() as u64;
            let changed = page.into_iter().filter(|row| !has_digest(&row.digest, &row.content));
            let findings = changed.map(Finding::Trashed).collect();
            self.found(findings).await?;
            self.save().await?;
        }
    }
}

fn has_digest(digest: &str, content: &[u8]) -> bool {
    digest.parse::<Digest>().is_ok_and(|digest| digest.matches(content))
}

fn look(row: &ManifestRow) -> Look {
    if !has_digest(&row.digest, &row.content) {
        return Look::Changed;
    }
    let as_stated = Manifest::parse(&row.content, Some(&row.description.media_type));
    let Ok(manifest) = as_stated.or_else(|_| Manifest::parse(&row.content, None)) else { return Look::Unreadable };
    let description = Description {
        media_type: manifest.media_type.clone(),
        artifact_type: manifest.effective_artifact_type().map(ToOwned::to_owned),
        subject: manifest.subject.as_ref().map(|subject| subject.digest.to_string()),
        // An index has that of a child, which may have gone since.
        size: match manifest.kind {
            ManifestKind::Image => pulled_size(&manifest),
            ManifestKind::Index => row.description.size,
        },
        content_size: row.content.len() as u64,
    };
    let config = manifest.config.iter().map(|blob| (ReferenceKind::Config, blob));
    let layers = manifest.layers.iter().map(|blob| (ReferenceKind::Layer, blob));
    let children = manifest.manifests.iter().map(|child| (ReferenceKind::Child, child));
    let wanted = config.chain(layers).chain(children).map(|(kind, named)| Wanted {
        kind,
        digest: named.digest.to_string(),
        size: named.size,
        must: kind != ReferenceKind::Child && named.is_distributable(),
    });
    Look::Names(wanted.collect(), (description != row.description).then_some(description))
}

/// Whether rows say what the manifest names, and all of it is there.
fn agree(row: &ManifestRow, wanted: &[Wanted], named: &[NamedRow]) -> bool {
    wanted.len() == named.len()
        && (0_i64..).zip(wanted).zip(named).all(|((position, wanted), named)| {
            let says = named.position == position
                && named.repository == row.repository
                && named.is_kind(wanted.kind)
                && named.digest == wanted.digest;
            let is_there = match (named.blob, named.child) {
                (Some(_), _) => named.linked && named.blob_digest.as_ref() == Some(&wanted.digest),
                (None, Some(_)) => named.child_digest.as_ref() == Some(&wanted.digest),
                (None, None) => !wanted.must,
            };
            says && is_there
        })
}
