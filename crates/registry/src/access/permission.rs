//! Permissions, roles, and which role has which permission.

use api_types::{Permission, ProjectRights, Role, Word};

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

const _: () = assert!(Word::ALL.len() <= 64, "every word has a bit");

const fn bit(word: Word) -> u64 {
    1 << word as u64
}

/// The words of each permission, counted out once: what somebody may is asked for at every request.
const WORDS: [u64; Permission::ALL.len()] = {
    let mut words = [0; Permission::ALL.len()];
    let mut at = 0;
    while at < Word::ALL.len() {
        words[Word::ALL[at].permission() as usize] |= bit(Word::ALL[at]);
        at += 1;
    }
    words
};

/// What somebody may in one project: a set of words. People have whole permissions; robots may have parts of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(u64);

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
            bits |= WORDS[permissions[at] as usize];
            at += 1;
        }
        Self(bits)
    }

    /// Just these words.
    pub const fn just(words: &[Word]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < words.len() {
            bits |= bit(words[at]);
            at += 1;
        }
        Self(bits)
    }

    /// What these words say, with what they contain.
    pub const fn of_words(words: &[Word]) -> Self {
        let mut rights = Self::just(words);
        let mut at = 0;
        while at < words.len() {
            rights = rights.or(Self::just(words[at].contains()));
            at += 1;
        }
        rights
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

    /// Whether a permission is in the set, all of it.
    pub const fn contain(self, permission: Permission) -> bool {
        self.cover(Self::of(&[permission]))
    }

    /// Whether a word is in the set.
    pub const fn has(self, word: Word) -> bool {
        self.0 & bit(word) != 0
    }

    /// Whether all of another set is in this one.
    pub const fn cover(self, other: Self) -> bool {
        self.0 & other.0 == other.0
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

/// Rights as types, so that a proof of one is no proof of another: `access.repository(actor, name, may::Push)`.
pub mod may {
    use super::{Permission, Rights, Word};

    /// A right that is known when compiling.
    pub trait Right: Copy + Send + Sync + 'static {
        /// The permission that it is, or is a part of.
        const PERMISSION: Permission;
        /// The words that it takes.
        const NEEDS: Rights;
    }

    macro_rules! rights {
        ($($(#[$doc:meta])* $name:ident: $permission:ident = $needs:expr;)*) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl Right for $name {
                const PERMISSION: Permission = Permission::$permission;
                const NEEDS: Rights = $needs;
            }
        )*};
    }

    rights! {
        /// See the project and all that is in its repositories, and pull.
        Pull: Pull = Rights::just(&[Word::RepositoryPull]);
        /// See how much the project may hold.
        SeeConfiguration: SeeConfiguration = Rights::just(&[Word::QuotaRead]);
        /// See the rules that protect tags.
        SeeProtection: SeeConfiguration = Rights::just(&[Word::ImmutableTagList]);
        /// See labels, also beside the artifacts that have them.
        SeeLabels: SeeLabels = Rights::just(&[Word::LabelList]);
        /// See a label that is known by its id.
        ReadLabel: SeeLabels = Rights::just(&[Word::LabelRead]);
        /// See who the members are.
        SeeMembers: SeeMembers = Rights::just(&[Word::MemberList]);
        /// See a member that is known by its id.
        ReadMember: SeeMembers = Rights::just(&[Word::MemberRead]);
        /// See which robots there are.
        SeeRobots: SeeMembers = Rights::just(&[Word::RobotList]);
        /// See a robot that is known by its id.
        ReadRobot: SeeMembers = Rights::just(&[Word::RobotRead]);
        /// Push, and set tags.
        Push: Push = Rights::just(&[Word::RepositoryPush]);
        /// Describe repositories.
        Describe: Push = Rights::just(&[Word::RepositoryUpdate]);
        /// Put labels on artifacts.
        Mark: Push = Rights::just(&[Word::ArtifactLabelCreate]);
        /// Take labels from artifacts.
        Unmark: Push = Rights::just(&[Word::ArtifactLabelDelete]);
        /// Put labels on artifacts and take them away.
        ChangeMarks: Push = Rights::just(&[Word::ArtifactLabelCreate, Word::ArtifactLabelDelete]);
        /// See, change and run the retention rules.
        Retain: Retain = Rights::of(&[Permission::Retain]);
        /// Delete whatever is in repositories, and them, and have it back from the trash.
        Delete: Delete = Rights::just(&[Word::RepositoryDelete, Word::ArtifactDelete, Word::TagDelete]);
        /// Delete repositories.
        DeleteRepositories: Delete = Rights::just(&[Word::RepositoryDelete]);
        /// Delete artifacts and blobs.
        DeleteArtifacts: Delete = Rights::just(&[Word::ArtifactDelete]);
        /// Take tags from artifacts.
        DeleteTags: Delete = Rights::just(&[Word::TagDelete]);
        /// Add rules that protect tags.
        CreateProtection: Delete = Rights::just(&[Word::ImmutableTagCreate]);
        /// Change rules that protect tags.
        UpdateProtection: Delete = Rights::just(&[Word::ImmutableTagUpdate]);
        /// Remove rules that protect tags.
        DeleteProtection: Delete = Rights::just(&[Word::ImmutableTagDelete]);
        /// Create labels.
        CreateLabels: Delete = Rights::just(&[Word::LabelCreate]);
        /// Change labels.
        UpdateLabels: Delete = Rights::just(&[Word::LabelUpdate]);
        /// Delete labels.
        DeleteLabels: Delete = Rights::just(&[Word::LabelDelete]);
        /// Change members, robots and access; read the project's log; delete the project.
        Administer: Administer = Rights::of(&[Permission::Administer]);
    }
}
