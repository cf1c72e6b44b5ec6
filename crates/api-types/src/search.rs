//! The search over everything that has a name.

use serde::{Deserialize, Serialize};

/// What a text finds, each kind with its best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResults {
    /// Projects.
    pub projects: Vec<ProjectHit>,
    /// Repositories, by their full names.
    pub repositories: Vec<String>,
    /// Tags.
    pub tags: Vec<TagHit>,
    /// Artifacts, by the digest that begins with the text.
    pub artifacts: Vec<ArtifactHit>,
    /// People; for administrators.
    pub people: Vec<PersonHit>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectHit {
    /// Its name.
    pub name: String,
    /// Whether everybody may pull.
    pub public: bool,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagHit {
    /// The repository's full name.
    pub repository: String,
    /// The tag.
    pub tag: String,
}

/// An artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactHit {
    /// The repository's full name.
    pub repository: String,
    /// The whole digest.
    pub digest: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonHit {
    /// The name that signs in.
    pub username: String,
    /// The name that is shown.
    pub display_name: String,
}

impl SearchResults {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.projects.is_empty()
            && self.repositories.is_empty()
            && self.tags.is_empty()
            && self.artifacts.is_empty()
            && self.people.is_empty()
    }
}
