//! Projects.

use crate::{Actor, Result, access::ProjectId};
use api_types::{ListQuery, NameCheck, NewProject, Page, ProjectDetail, ProjectSummary};
use oci::ProjectName;

/// The service of projects.
#[derive(Clone, Debug)]
pub struct Projects {}

impl Projects {
    /// Projects that the actor may see. Sort keys: `pushed` (default, newest first), `name`, `size`.
    pub async fn list(&self, actor: &Actor, query: &ListQuery) -> Result<Page<ProjectSummary>> {
        unimplemented!()
    }

    /// One project.
    pub async fn get(&self, actor: &Actor, name: &ProjectName) -> Result<ProjectDetail> {
        unimplemented!()
    }

    /// Whether a name can be had; it tells no more than creating would.
    pub async fn check_name(&self, actor: &Actor, name: &str) -> Result<NameCheck> {
        unimplemented!()
    }

    /// Creates a project; its creator becomes its project admin.
    pub async fn create(&self, actor: &Actor, project: &NewProject) -> Result<ProjectId> {
        unimplemented!()
    }

    /// Changes access and description.
    pub async fn update(&self, actor: &Actor, name: &ProjectName, public: bool, description: &str) -> Result<()> {
        unimplemented!()
    }

    /// Deletes a project with all its repositories; bytes are freed by collection.
    pub async fn delete(&self, actor: &Actor, name: &ProjectName) -> Result<()> {
        unimplemented!()
    }
}
