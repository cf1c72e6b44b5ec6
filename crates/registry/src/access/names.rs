//! What names stand for: the projects that have or had them, and repositories.

use super::{Access, ProjectId, RepositoryId};
use crate::{Result, db};
use oci::RepositoryName;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, atomic::AtomicBool},
};

/// What a name stands for now.
#[derive(Debug)]
pub(super) struct ProjectFacts {
    /// As it was asked for.
    pub(super) name: Arc<str>,
    /// Absent when there is no such project.
    pub(super) found: Option<FoundProject>,
    /// Whether it was looked for among former names too.
    pub(super) looked_back: AtomicBool,
}

/// The project that a name stands for.
#[derive(Clone, Debug)]
pub(super) struct FoundProject {
    pub(super) id: ProjectId,
    /// As it is called now.
    pub(super) name: Arc<str>,
    pub(super) public: bool,
}

impl ProjectFacts {
    /// Whether the project was found by a name that it had before.
    pub(super) fn is_former_name(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.name != self.name)
    }

    /// The number that roles are looked up under: for a project that does not exist one that no project has, so that the
    /// look-ups, and so the time they take, are the same as for a project of others.
    pub(super) fn number(&self) -> i64 {
        if let Some(found) = &self.found {
            return found.id.0;
        }
        let mut hasher = DefaultHasher::new();
        self.name.hash(&mut hasher);
        -i64::try_from(hasher.finish() >> 1).unwrap_or(i64::MAX)
    }
}

impl Access {
    /// What a project's name stands for, and what the repository's does where that is found out by the way.
    pub(super) async fn look_up(
        &self,
        name: &str,
        path: &str,
    ) -> Result<(Arc<ProjectFacts>, Option<Option<RepositoryId>>)> {
        if !self.0.db.is_shared() {
            return Ok((self.project_facts(name).await?, None));
        }
        let row = db::access::find_project_and_repository(self.0.db.reader(), name, path).await?;
        let Some((id, public, repository)) = row else { return Ok((self.look_back(name).await?, None)) };
        let name: Arc<str> = name.into();
        let found = Some(FoundProject { id, name: Arc::clone(&name), public });
        Ok((Arc::new(ProjectFacts { name, found, looked_back: AtomicBool::new(false) }), Some(repository)))
    }

    pub(super) async fn project_facts(&self, name: &str) -> Result<Arc<ProjectFacts>> {
        let stamp = self.0.naming.stamp();
        if let Some(facts) = self.0.projects.find(name, stamp) {
            return Ok(facts);
        }
        let facts = match db::access::find_project(self.0.db.reader(), name).await? {
            Some((id, own, public)) => {
                let found = Some(FoundProject { id, name: own.into(), public });
                Arc::new(ProjectFacts { name: name.into(), found, looked_back: AtomicBool::new(false) })
            }
            None => self.look_back(name).await?,
        };
        self.0.projects.keep(name.into(), stamp, Arc::clone(&facts));
        Ok(facts)
    }

    /// What a name that no project has now stood for before.
    async fn look_back(&self, name: &str) -> Result<Arc<ProjectFacts>> {
        let row = db::access::find_renamed_project(self.0.db.reader(), name).await?;
        let found = row.map(|(id, own, public)| FoundProject { id, name: own.into(), public });
        Ok(Arc::new(ProjectFacts { name: name.into(), found, looked_back: AtomicBool::new(true) }))
    }

    /// Only existing repositories are remembered: a push that creates one need not tell.
    pub(super) async fn repository_id(
        &self,
        project: ProjectId,
        name: &RepositoryName,
        path: &str,
    ) -> Result<Option<RepositoryId>> {
        let stamp = self.0.naming.stamp();
        if let Some((owner, id)) = self.0.repositories.find(name.as_str(), stamp)
            && owner == project
        {
            return Ok(Some(id));
        }
        let id = db::access::find_repository(self.0.db.reader(), project, path).await?;
        if let Some(id) = id {
            self.0.repositories.keep(name.as_str().into(), stamp, (project, id));
        }
        Ok(id)
    }
}
