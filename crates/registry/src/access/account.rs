//! What is known of an account while it is decided what it may do.

use super::{ProjectId, UserId, authorized::Scope, permission::Rights};
use api_types::{Permission, Role, TokenLevel, Word};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;

/// An account as the database has it, at most a second old.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The name to show: a user's name, or a robot's full name.
    pub(crate) name: Arc<str>,
    /// Disabled or revoked.
    pub(crate) disabled: bool,
    /// When it ends by itself.
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// What kind, with what decides about rights.
    pub(crate) kind: AccountKind,
}

#[derive(Clone, Debug)]
pub(crate) enum AccountKind {
    /// A person, or a person through an access token.
    Person {
        user: UserId,
        is_admin: bool,
        must_change_password: bool,
        /// Grows with each change of the password.
        password_version: i64,
        /// The access token's narrowing.
        narrowed: Option<TokenScope>,
    },
    /// A robot with what it was given.
    Robot {
        /// The project that it is of, with its name; absent for one of the system.
        home: Option<(ProjectId, Arc<str>)>,
        given: Arc<[RobotPermission]>,
        present: SecretMark,
        /// The secret before that, and until when it works beside the present one.
        previous: Option<(SecretMark, OffsetDateTime)>,
    },
}

/// Which secret of an account was shown, without telling it. What came of showing it, such as a registry token, ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretMark(pub i64);

impl SecretMark {
    /// Where nothing was shown, and for access tokens: they have one secret for life.
    pub const NONE: Self = Self(0);

    /// A person's password, by the count of its changes.
    pub(crate) const fn of_password(version: i64) -> Self {
        Self(version)
    }

    /// A robot's secret, by the SHA-256 that is stored: a part of it tells secrets of 256 random bits apart.
    pub(crate) fn of_robot(secret_hash: &[u8]) -> Self {
        Self(secret_hash.first_chunk::<8>().map_or(0, |part| i64::from_be_bytes(*part)))
    }
}

impl Account {
    /// Whether it may act at all.
    pub(crate) fn stands(&self, now: OffsetDateTime) -> bool {
        !self.disabled && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether a secret that was right when it was shown is right now.
    pub(crate) fn still_takes(&self, shown: SecretMark, now: OffsetDateTime) -> bool {
        match &self.kind {
            // Whatever becomes of its owner's password.
            AccountKind::Person { narrowed: Some(_), .. } => shown == SecretMark::NONE,
            AccountKind::Person { password_version, .. } => shown == SecretMark::of_password(*password_version),
            AccountKind::Robot { present, previous, .. } => {
                shown == *present || previous.is_some_and(|(previous, end)| shown == previous && now < end)
            }
        }
    }

    /// Whether a delivered password must be replaced before anything else.
    pub(crate) fn must_change_password(&self) -> bool {
        matches!(self.kind, AccountKind::Person { must_change_password: true, .. })
    }

    /// Whether it administers the whole system.
    pub(crate) fn administers(&self) -> bool {
        match &self.kind {
            AccountKind::Person { is_admin, narrowed, .. } => {
                *is_admin && narrowed.as_ref().is_none_or(TokenScope::administers)
            }
            AccountKind::Robot { .. } => false,
        }
    }

    /// What the account itself may in a project, where the person behind it has this role.
    pub(crate) fn rights(&self, project: ProjectId, role: Option<Role>) -> Rights {
        match &self.kind {
            AccountKind::Person { is_admin, narrowed, .. } => {
                let own = if *is_admin { Rights::ALL } else { role.map_or(Rights::NONE, Rights::of_role) };
                narrowed.as_ref().map_or(own, |scope| own.and(scope.rights_in(project)))
            }
            AccountKind::Robot { given, .. } => rights_given(given, project),
        }
    }

    /// Which projects the account sees, and an access token's narrowing of that.
    pub(crate) fn visibility(&self) -> (Scope, Option<Arc<[ProjectId]>>) {
        match &self.kind {
            AccountKind::Person { user, is_admin, narrowed, .. } => {
                let scope = if *is_admin { Scope::All } else { Scope::Member(*user) };
                let only = narrowed.as_ref().and_then(|scope| scope.projects.as_ref());
                (scope, only.map(|only| only.iter().copied().map(ProjectId).collect()))
            }
            AccountKind::Robot { given, .. } => {
                // To see a project is to see what is in it.
                let pulls = || given.iter().filter(|given| given.may.contains(&Word::RepositoryPull));
                if pulls().any(|given| given.project.is_none()) {
                    return (Scope::All, None);
                }
                (Scope::Projects(pulls().filter_map(|given| given.project).map(ProjectId).collect()), None)
            }
        }
    }
}

/// How much of a person's rights an access token has (`access_tokens.scope`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenScope {
    /// How far it goes.
    pub level: TokenLevel,
    /// In which projects, by id; in all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Arc<[i64]>>,
}

impl TokenScope {
    /// The most that the token allows in a project.
    pub(crate) fn rights_in(&self, project: ProjectId) -> Rights {
        use Permission::{Delete, Pull, Push, Retain, SeeConfiguration, SeeLabels, SeeMembers};
        if self.projects.as_ref().is_some_and(|projects| !projects.contains(&project.0)) {
            return Rights::NONE;
        }
        match self.level {
            TokenLevel::Read => Rights::of(&[Pull, SeeConfiguration, SeeLabels, SeeMembers]),
            TokenLevel::Write => Rights::of(&[Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain, Delete]),
            TokenLevel::Admin => Rights::ALL,
        }
    }

    /// Whether an administrator stays one through this token.
    pub(crate) fn administers(&self) -> bool {
        self.level == TokenLevel::Admin && self.projects.is_none()
    }
}

/// What a robot was given in one project or in all (an element of `robots.permissions`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RobotPermission {
    /// The project's id; all projects where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<i64>,
    /// What it may, as it was asked for.
    pub(crate) may: Vec<Word>,
    /// Whether `allow` was written beside these words, to be told again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) says_allow: bool,
}

impl RobotPermission {
    /// These words in the project of this id, or in all.
    pub(crate) fn new(project: Option<i64>, may: Vec<Word>) -> Self {
        Self { project, may, says_allow: false }
    }
}

/// All that a robot was given in a project.
fn rights_given(given: &[RobotPermission], project: ProjectId) -> Rights {
    given
        .iter()
        .filter(|given| given.project.is_none_or(|id| id == project.0))
        .fold(Rights::NONE, |rights, given| rights.or(Rights::of_words(&given.may)))
}
