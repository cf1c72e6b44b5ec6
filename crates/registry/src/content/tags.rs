//! Tags.

use super::NamePage;
use crate::{Actor, Result};
use api_types::{DeletionPreview, ListQuery, Page, TagSummary};
use oci::{RepositoryName, Tag};

/// The service of tags.
#[derive(Clone, Debug)]
pub struct Tags {}

impl Tags {
    /// Tag names in lexical order after `last`, at most `limit` (1 to 1,000; `end-8a`, `end-8b`).
    pub async fn names(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        limit: u32,
        last: Option<&str>,
    ) -> Result<NamePage> {
        unimplemented!()
    }

    /// Tags as the console shows them. Sort keys: `pushed` (default, newest first), `name`, `version` (newest first).
    /// `platform` keeps those that have it (`linux/arm64`).
    pub async fn list(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        query: &ListQuery,
        platform: Option<&str>,
    ) -> Result<Page<TagSummary>> {
        unimplemented!()
    }

    /// What deleting these tags would do.
    pub async fn preview_deletion(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        tags: &[Tag],
    ) -> Result<DeletionPreview> {
        unimplemented!()
    }

    /// Deletes tags, all or none, and the manifests that nothing else holds. Unknown tags are an error.
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName, tags: &[Tag]) -> Result<()> {
        unimplemented!()
    }

    /// Points a new or existing tag at a manifest that the repository has.
    pub async fn create(&self, actor: &Actor, name: &RepositoryName, tag: &Tag, digest: &oci::Digest) -> Result<()> {
        unimplemented!()
    }
}
