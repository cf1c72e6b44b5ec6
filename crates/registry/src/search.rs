//! Finding anything by a part of its name.
//!
//! Projects, repositories and people are found by any part of their names, tags and digests by how they begin; `api:1.2` finds
//! tags that begin with `1.2` in repositories whose names hold `api`. What may not be seen is not found. `db::search` says by which
//! index.

use crate::{
    Access, Actor, Error, Ground, Result,
    access::Visibility,
    db::{Db, search},
};
use api_types::SearchResults;

/// Hits of each kind.
const DEFAULT_LIMIT: u32 = 6;

/// Hits of each kind at most.
const MAX_LIMIT: u32 = 50;

/// The longest text; names are not longer.
const MAX_TEXT: usize = 400;

/// The fewest digits of a digest.
const DIGITS: usize = 6;

/// The service of the search.
#[derive(Clone, Debug)]
pub struct Search {
    db: Db,
    access: Access,
}

impl Search {
    pub(crate) fn new((db, access, _): Ground) -> Self {
        Self { db, access }
    }

    /// Up to `limit` of each kind (0 for the default of 6, at most 50). An empty text finds nothing.
    ///
    /// # Errors
    /// As [`Access::visibility`].
    pub async fn find(&self, actor: &Actor, text: &str, limit: u32) -> Result<SearchResults> {
        let visibility = self.access.visibility(actor).await?;
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_TEXT {
            return Ok(SearchResults::default());
        }
        let limit = if limit == 0 { DEFAULT_LIMIT } else { limit.min(MAX_LIMIT) };
        let administers = match self.access.administrator(actor).await {
            Ok(_) => true,
            Err(Error::AdministratorsOnly | Error::Unauthenticated) => false,
            Err(error) => return Err(error),
        };
        let reader = self.db.reader();
        let (projects, repositories, tags, artifacts, people) = futures::try_join!(
            search::projects(reader, &visibility, text, limit),
            search::repositories(reader, &visibility, text, limit),
            self.tags(&visibility, text, limit),
            self.artifacts(&visibility, text, limit),
            async { if administers { search::people(reader, text, limit).await } else { Ok(Vec::new()) } },
        )?;
        Ok(SearchResults { projects, repositories, tags, artifacts, people })
    }

    async fn tags(&self, visibility: &Visibility, text: &str, limit: u32) -> Result<Vec<api_types::TagHit>> {
        let reader = self.db.reader();
        match text.rsplit_once(':') {
            Some((_, hex)) if is_digest(text) && hex.len() >= DIGITS => Ok(Vec::new()),
            Some((repository, tag)) => search::tags_in(reader, visibility, repository, tag, limit).await,
            // A tag has no slash.
            None if text.contains('/') => Ok(Vec::new()),
            None => search::tags(reader, visibility, text, limit).await,
        }
    }

    async fn artifacts(&self, visibility: &Visibility, text: &str, limit: u32) -> Result<Vec<api_types::ArtifactHit>> {
        let text = text.rsplit_once('@').map_or(text, |(_, digest)| digest).to_ascii_lowercase();
        let (algorithms, hex) = match text.split_once(':') {
            Some((algorithm, hex)) if is_digest(&text) => (vec![algorithm], hex),
            Some(_) => return Ok(Vec::new()),
            None => (vec!["sha256", "sha512"], text.as_str()),
        };
        if hex.len() < DIGITS || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for algorithm in algorithms {
            let left = limit - u32::try_from(found.len()).unwrap_or(limit);
            let start = format!("{algorithm}:{hex}");
            found.extend(search::artifacts(self.db.reader(), visibility, &start, left).await?);
        }
        Ok(found)
    }
}

/// Whether a text is the beginning of a digest with its algorithm.
fn is_digest(text: &str) -> bool {
    let text = text.rsplit_once('@').map_or(text, |(_, digest)| digest);
    let lower = text.to_ascii_lowercase();
    lower.starts_with("sha256:") || lower.starts_with("sha512:")
}

#[cfg(test)]
mod tests;
