//! Who may do what: the actors, the permissions, and the one function that decides.

mod actor;

pub use actor::{Actions, Actor, Grant, ProjectId, RepositoryId, Subject, UserId, RobotId, AccessTokenId};

use crate::Result;
use oci::RepositoryName;

/// One thing that somebody may be allowed to do in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the project at all, list repositories, artifacts and tags, pull.
    Pull,
    /// Push, create repositories, edit their descriptions, create tags.
    Push,
    /// Delete tags, artifacts and repositories.
    Delete,
    /// See members and robots.
    SeeMembers,
    /// Change members, robots, access; delete the project.
    Administer,
}

/// Decides. Looks at the database for what the subject may do now; nothing is remembered for more than a second.
#[derive(Clone, Debug)]
pub struct Access {}

impl Access {
    /// What the actor may do in the named repository now, as a grant for a token: for the token realm.
    ///
    /// A project that does not exist and one that the actor may not know of both give [`Actions::NONE`] and no project.
    pub async fn grant(&self, actor: &Actor, name: &RepositoryName, wanted: Actions) -> Result<Grant> {
        unimplemented!()
    }
}
