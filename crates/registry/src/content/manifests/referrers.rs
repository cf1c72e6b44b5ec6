//! What refers to a manifest.

use super::Manifests;
use crate::{
    Actor, Error, Result,
    access::may,
    db::{
        self,
        referrers::{Described, Words},
    },
};
use oci::{Descriptor, Digest, MAX_MANIFEST_SIZE, RepositoryName};

/// Rows of a page at most.
const LIMIT: usize = 1_000;

/// Bytes of a page's JSON at most: it is an index, and clients need not take a larger one than a manifest may be. Only a referrer
/// that is as large by itself takes more.
const BYTES: usize = MAX_MANIFEST_SIZE;

/// Bytes of JSON around what a descriptor says, and around all of them.
const FRAME: usize = 128;

/// Referrers of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferrerPage {
    /// Descriptors with artifact type and annotations.
    pub manifests: Vec<Descriptor>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl Manifests {
    /// What refers to a subject, stored or not (`end-12`), in the order in which it came: at most 1,000 a page, and no more
    /// than a manifest may be large. A repository that nothing was pushed to has no referrers, which is no error.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is none; as [`crate::Access::repository`] for pulling.
    pub async fn referrers(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<ReferrerPage> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let after = match cursor {
            None => 0,
            Some(text) => text.parse().map_err(|_| Error::Invalid {
                field: "cursor",
                code: "cursor_malformed",
                message: "the page's cursor is malformed: start at the first page".to_owned(),
            })?,
        };
        let Some(id) = repository.id() else { return Ok(ReferrerPage { manifests: Vec::new(), next: None }) };
        let limit = db::sql::signed(LIMIT as u64 + 1);
        let reader = self.content.db.reader();
        let mut rows = db::referrers::list(reader, id, subject.as_str(), artifact_type, after, limit).await?;
        let mut more = rows.len() > LIMIT;
        rows.truncate(LIMIT);
        let (mut manifests, mut last, mut bytes) = (Vec::new(), after, FRAME);
        for mut row in rows {
            let words = match row.words.take() {
                Some(words) => Some(words),
                None => db::referrers::words(reader, row.id).await?,
            };
            if let Some(words) = words {
                bytes += length(&row, &words);
                if bytes > BYTES && !manifests.is_empty() {
                    more = true;
                    break;
                }
                last = row.id;
                manifests.push(descriptor(row, words)?);
            }
        }
        Ok(ReferrerPage { manifests, next: more.then(|| last.to_string()) })
    }
}

/// Bytes of its descriptor as JSON, about.
fn length(row: &Described, words: &Words) -> usize {
    let artifact_type = words.artifact_type.as_ref().map_or(0, String::len);
    FRAME + row.digest.len() + row.media_type.len() + artifact_type + words.annotations.len()
}

fn descriptor(row: Described, words: Words) -> Result<Descriptor> {
    let digest = db::manifests::parsed_digest(&row.digest, "manifests")?;
    let wrong = || Error::Inconsistent { table: "manifests", column: "annotations", row: row.id.to_string() };
    let annotations = serde_json::from_str(&words.annotations).map_err(|_| wrong())?;
    let mut descriptor = Descriptor::new(row.media_type, digest, row.content_size);
    descriptor.artifact_type = words.artifact_type;
    descriptor.annotations = annotations;
    Ok(descriptor)
}
