//! What somebody lacks who sees a project and may not do something in it: whom to ask depends on it.

use super::{
    ProjectId,
    account::{Account, AccountKind},
    permission::{Named, Rights},
};
use api_types::Permission;
use std::fmt;

/// What is missing, as words for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A role in the project.
    Role(&'static str),
    /// Robots of a project work in that one alone: its name.
    Home(String),
    /// The project's own robot was not given it.
    ProjectRobot,
    /// A robot of the system was not given it.
    SystemRobot,
    /// The access token was made for less, or for other projects, whatever its owner may.
    AccessToken,
}

impl Lack {
    /// Of an account that lacks the permission, or the part of it that was needed.
    pub(super) fn of(account: &Account, project: ProjectId, permission: Permission, needs: Rights) -> Self {
        match &account.kind {
            AccountKind::Robot { home: Some((id, _)), .. } if *id == project => Self::ProjectRobot,
            AccountKind::Robot { home: Some((_, name)), .. } => Self::Home(name.to_string()),
            AccountKind::Robot { home: None, .. } => Self::SystemRobot,
            AccountKind::Person { narrowed: Some(scope), .. } if !scope.rights_in(project).cover(needs) => {
                Self::AccessToken
            }
            AccountKind::Person { .. } => Self::Role(permission.needed()),
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "{role} is needed"),
            Self::Home(home) => write!(f, "a robot of project {home} works in {home} alone"),
            Self::ProjectRobot | Self::SystemRobot => f.write_str("the robot was not given it"),
            Self::AccessToken => f.write_str("the access token was not made for it"),
        }
    }
}
