//! Permissions, roles, and which role has which permission.

use api_types::{Permission, ProjectRights, Role};

/// What a permission is called in messages, and who has it.
pub(crate) trait Named {
    /// What is tried, as a word for messages.
    fn action(self) -> &'static str;

    /// The weakest role that has it, as words for messages.
    fn needed(self) -> &'static str;
}

impl Named for Permission {
    fn action(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::SeeConfiguration => "reading the configuration",
            Self::SeeLabels => "seeing labels",
            Self::SeeMembers => "seeing members",
            Self::Push => "push",
            Self::Retain => "changing retention rules",
            Self::Delete => "delete",
            Self::Administer => "administration",
        }
    }

    fn needed(self) -> &'static str {
        match self {
            Self::Pull | Self::SeeConfiguration => "the role limited guest",
            Self::SeeLabels | Self::SeeMembers => "the role guest",
            Self::Push | Self::Retain => "the role developer",
            Self::Delete => "the role maintainer",
            Self::Administer => "the role project admin",
        }
    }
}

const fn bit(permission: Permission) -> u16 {
    1 << permission as u16
}

/// A set of permissions in one project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(u16);

impl Rights {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything, as a system administrator has.
    pub const ALL: Self = Self::of(&Permission::ALL);
    /// What everybody may in a public project.
    pub const PUBLIC: Self = Self::of(&[Permission::Pull, Permission::SeeLabels]);

    /// Exactly these.
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < permissions.len() {
            bits |= bit(permissions[at]);
            at += 1;
        }
        Self(bits)
    }

    /// What a role has.
    pub const fn of_role(role: Role) -> Self {
        use Permission::{Administer, Delete, Pull, Push, Retain, SeeConfiguration, SeeLabels, SeeMembers};
        match role {
            Role::LimitedGuest => Self::of(&[Pull, SeeConfiguration]),
            Role::Guest => Self::of(&[Pull, SeeConfiguration, SeeLabels, SeeMembers]),
            Role::Developer => Self::of(&[Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain]),
            Role::Maintainer => Self::of(&[Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain, Delete]),
            Role::ProjectAdmin => {
                Self::of(&[Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain, Delete, Administer])
            }
        }
    }

    /// Whether a permission is in the set.
    pub const fn contain(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// As a page wants to know them.
    pub const fn for_page(self) -> ProjectRights {
        ProjectRights {
            push: self.contain(Permission::Push),
            delete: self.contain(Permission::Delete),
            retain: self.contain(Permission::Retain),
            see_members: self.contain(Permission::SeeMembers),
            administer: self.contain(Permission::Administer),
        }
    }
}

/// Roles as the database and Harbor's API number them.
pub(crate) mod role_number {
    use api_types::Role;

    /// The number of a role.
    pub(crate) const fn of(role: Role) -> i16 {
        match role {
            Role::ProjectAdmin => 1,
            Role::Developer => 2,
            Role::Guest => 3,
            Role::Maintainer => 4,
            Role::LimitedGuest => 5,
        }
    }

    /// The role of a number.
    pub(crate) const fn find(number: i16) -> Option<Role> {
        Some(match number {
            1 => Role::ProjectAdmin,
            2 => Role::Developer,
            3 => Role::Guest,
            4 => Role::Maintainer,
            5 => Role::LimitedGuest,
            _ => return None,
        })
    }
}

/// Permissions as types, so that a proof of one is no proof of another: `access.repository(actor, name, may::Push)`.
pub mod may {
    use super::Permission;

    /// A permission that is known when compiling.
    pub trait Right: Copy + Send + Sync + 'static {
        /// Which one.
        const PERMISSION: Permission;
    }

    macro_rules! rights {
        ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl Right for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*};
    }

    rights! {
        /// [`Permission::Pull`].
        Pull,
        /// [`Permission::SeeConfiguration`].
        SeeConfiguration,
        /// [`Permission::SeeLabels`].
        SeeLabels,
        /// [`Permission::SeeMembers`].
        SeeMembers,
        /// [`Permission::Push`].
        Push,
        /// [`Permission::Retain`].
        Retain,
        /// [`Permission::Delete`].
        Delete,
        /// [`Permission::Administer`].
        Administer,
    }
}
