//! Artifacts, as the console looks into them.

use crate::{Actor, Result};
use api_types::{ArtifactDetail, ArtifactSummary, ListQuery, Page};
use oci::{Digest, Reference, RepositoryName};

/// The service of artifacts.
#[derive(Clone, Debug)]
pub struct Artifacts {}

impl Artifacts {
    /// All manifests of a repository, untagged and children too. Sort keys: `pushed` (default, newest first), `size`.
    pub async fn list(&self, actor: &Actor, name: &RepositoryName, query: &ListQuery) -> Result<Page<ArtifactSummary>> {
        unimplemented!()
    }

    /// One artifact with its inside; of an index, the child `platform` or else the first one that runs somewhere.
    pub async fn get(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        platform: Option<&Digest>,
    ) -> Result<ArtifactDetail> {
        unimplemented!()
    }
}
