//! Repositories.

use crate::{Actor, Result};
use api_types::{ListQuery, Page, RepositoryDetail, RepositorySummary};
use oci::{ProjectName, RepositoryName};

/// The service of repositories.
#[derive(Clone, Debug)]
pub struct Repositories {}

/// Names in lexical order, for `_catalog` and `tags/list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePage {
    /// The names.
    pub names: Vec<String>,
    /// Whether there are more after the last one.
    pub more: bool,
}

impl Repositories {
    /// All repositories that the actor may pull from, after `last`, at most `limit` (1 to 1,000).
    pub async fn catalog(&self, actor: &Actor, limit: u32, last: Option<&str>) -> Result<NamePage> {
        unimplemented!()
    }

    /// A project's repositories. Sort keys: `pushed` (default, newest first), `name`, `size`, `pulls`.
    pub async fn list(
        &self,
        actor: &Actor,
        project: &ProjectName,
        query: &ListQuery,
    ) -> Result<Page<RepositorySummary>> {
        unimplemented!()
    }

    /// One repository.
    pub async fn get(&self, actor: &Actor, name: &RepositoryName) -> Result<RepositoryDetail> {
        unimplemented!()
    }

    /// Changes the description (Markdown, at most 64 KiB).
    pub async fn describe(&self, actor: &Actor, name: &RepositoryName, description: &str) -> Result<()> {
        unimplemented!()
    }

    /// Deletes the repository with all its tags and manifests; bytes are freed by collection.
    pub async fn delete(&self, actor: &Actor, name: &RepositoryName) -> Result<()> {
        unimplemented!()
    }
}
