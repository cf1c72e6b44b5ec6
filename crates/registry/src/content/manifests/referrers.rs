//! What refers to a manifest.

use super::Manifests;
use crate::{Actor, Error, Result, access::may, db};
use oci::{Descriptor, Digest, RepositoryName};

/// Rows of a page at most.
const LIMIT: usize = 1_000;

/// Referrers of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferrerPage {
    /// Descriptors with artifact type and annotations.
    pub manifests: Vec<Descriptor>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl Manifests {
    /// What refers to a subject, stored or not (`end-12`), in the order in which it came, at most 1,000 a page. A repository
    /// that nothing was pushed to has no referrers, which is no error.
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
        let more = rows.len() > LIMIT;
        rows.truncate(LIMIT);
        let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
        let manifests = rows.into_iter().map(descriptor).collect::<Result<_>>()?;
        Ok(ReferrerPage { manifests, next })
    }
}

fn descriptor(row: db::referrers::Referrer) -> Result<Descriptor> {
    let digest = db::manifests::parsed_digest(&row.digest, "manifests")?;
    let wrong = || Error::Inconsistent { table: "manifests", column: "annotations", row: row.id.to_string() };
    let annotations = serde_json::from_str(&row.annotations).map_err(|_| wrong())?;
    let mut descriptor = Descriptor::new(row.media_type, digest, row.content_size);
    descriptor.artifact_type = row.artifact_type;
    descriptor.annotations = annotations;
    Ok(descriptor)
}
