//! The words in which robots are given something: a resource and an action, as Harbor names them.
//!
//! This is the one table of them. A robot has what its words say and no more: each is checked by itself, or is part of what
//! another one says ([`Word::contains`]), or is given only beside others without which it would do nothing, or more than it says
//! ([`Word::beside`]). To add a word, put it into the table, and a type for it into the registry's `access::may`.

use crate::Permission;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! words {
    ($($name:ident: $resource:literal, $action:literal, $permission:ident;)*) => {
        /// Something that a robot can be given in a project.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(into = "&'static str", try_from = "String")]
        pub enum Word {
            $(
                #[doc = concat!("`", $resource, ":", $action, "`")]
                $name,
            )*
        }

        impl Word {
            /// Every word, those of a permission together.
            pub const ALL: [Self; TABLE.len()] = [$(Self::$name),*];
        }

        /// Resource, action, both, and the permission, by the order of [`Word::ALL`].
        const TABLE: [(&str, &str, &str, Permission); [$($resource),*].len()] =
            [$(($resource, $action, concat!($resource, ":", $action), Permission::$permission)),*];
    };
}

words! {
    RepositoryPull: "repository", "pull", Pull;
    RepositoryList: "repository", "list", Pull;
    RepositoryRead: "repository", "read", Pull;
    ArtifactList: "artifact", "list", Pull;
    ArtifactRead: "artifact", "read", Pull;
    ArtifactAdditionRead: "artifact-addition", "read", Pull;
    AccessoryList: "accessory", "list", Pull;
    TagList: "tag", "list", Pull;
    ProjectRead: "project", "read", Pull;
    MetadataList: "metadata", "list", Pull;
    MetadataRead: "metadata", "read", Pull;
    QuotaRead: "quota", "read", SeeConfiguration;
    ImmutableTagList: "immutable-tag", "list", SeeConfiguration;
    LabelList: "label", "list", SeeLabels;
    LabelRead: "label", "read", SeeLabels;
    MemberList: "member", "list", SeeMembers;
    MemberRead: "member", "read", SeeMembers;
    RobotList: "robot", "list", SeeMembers;
    RobotRead: "robot", "read", SeeMembers;
    RepositoryPush: "repository", "push", Push;
    RepositoryUpdate: "repository", "update", Push;
    ArtifactCreate: "artifact", "create", Push;
    ArtifactLabelCreate: "artifact-label", "create", Push;
    ArtifactLabelDelete: "artifact-label", "delete", Push;
    TagCreate: "tag", "create", Push;
    TagRetentionCreate: "tag-retention", "create", Retain;
    TagRetentionDelete: "tag-retention", "delete", Retain;
    TagRetentionList: "tag-retention", "list", Retain;
    TagRetentionOperate: "tag-retention", "operate", Retain;
    TagRetentionRead: "tag-retention", "read", Retain;
    TagRetentionUpdate: "tag-retention", "update", Retain;
    RepositoryDelete: "repository", "delete", Delete;
    ArtifactDelete: "artifact", "delete", Delete;
    TagDelete: "tag", "delete", Delete;
    ImmutableTagCreate: "immutable-tag", "create", Delete;
    ImmutableTagDelete: "immutable-tag", "delete", Delete;
    ImmutableTagUpdate: "immutable-tag", "update", Delete;
    LabelCreate: "label", "create", Delete;
    LabelDelete: "label", "delete", Delete;
    LabelUpdate: "label", "update", Delete;
    ProjectUpdate: "project", "update", Administer;
    ProjectDelete: "project", "delete", Administer;
    MetadataCreate: "metadata", "create", Administer;
    MetadataUpdate: "metadata", "update", Administer;
    MetadataDelete: "metadata", "delete", Administer;
    MemberCreate: "member", "create", Administer;
    MemberUpdate: "member", "update", Administer;
    MemberDelete: "member", "delete", Administer;
    RobotCreate: "robot", "create", Administer;
    RobotUpdate: "robot", "update", Administer;
    RobotDelete: "robot", "delete", Administer;
    LogList: "log", "list", Administer;
}

/// All of administration: members, robots and deletion are more than any one of these says.
const ADMINISTRATION: [Word; 12] = [
    Word::ProjectUpdate,
    Word::ProjectDelete,
    Word::MetadataCreate,
    Word::MetadataUpdate,
    Word::MetadataDelete,
    Word::MemberCreate,
    Word::MemberUpdate,
    Word::MemberDelete,
    Word::RobotCreate,
    Word::RobotUpdate,
    Word::RobotDelete,
    Word::LogList,
];

/// Retention is one set of rules, which is changed as a whole.
const RETENTION: [Word; 7] = [
    Word::RepositoryPull,
    Word::TagRetentionCreate,
    Word::TagRetentionDelete,
    Word::TagRetentionList,
    Word::TagRetentionOperate,
    Word::TagRetentionRead,
    Word::TagRetentionUpdate,
];

impl Word {
    /// What it is about: `repository`, `tag`, ….
    pub const fn resource(self) -> &'static str {
        TABLE[self as usize].0
    }

    /// What may be done with that: `pull`, `list`, ….
    pub const fn action(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Both: `tag:list`.
    pub const fn as_str(self) -> &'static str {
        TABLE[self as usize].2
    }

    /// The permission that this is a part of. People have whole permissions, by their role.
    pub const fn permission(self) -> Permission {
        TABLE[self as usize].3
    }

    /// The word of a resource and an action.
    pub fn find(resource: &str, action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.resource() == resource && word.action() == action)
    }

    /// All words of some permissions.
    pub fn all_of(permissions: &[Permission]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|word| permissions.contains(&word.permission())).collect()
    }

    /// What this says as well: whoever may pull reads what there is to be pulled, and whoever may push sets tags.
    pub const fn contains(self) -> &'static [Self] {
        match self {
            Self::RepositoryPull => &[
                Self::RepositoryList,
                Self::RepositoryRead,
                Self::ArtifactList,
                Self::ArtifactRead,
                Self::ArtifactAdditionRead,
                Self::AccessoryList,
                Self::TagList,
                Self::ProjectRead,
                Self::MetadataList,
                Self::MetadataRead,
            ],
            Self::RepositoryPush => &[Self::ArtifactCreate, Self::TagCreate],
            _ => &[],
        }
    }

    /// The words without which this one is not given: by itself it would do nothing, or more than it says.
    pub const fn beside(self) -> &'static [Self] {
        match self {
            Self::RepositoryList
            | Self::RepositoryRead
            | Self::ArtifactList
            | Self::ArtifactRead
            | Self::ArtifactAdditionRead
            | Self::AccessoryList
            | Self::TagList
            | Self::ProjectRead
            | Self::MetadataList
            | Self::MetadataRead
            | Self::QuotaRead
            | Self::LabelList
            | Self::LabelCreate
            | Self::MemberRead
            | Self::RobotList => &[Self::RepositoryPull],
            Self::ArtifactCreate | Self::TagCreate => &[Self::RepositoryPush],
            Self::LabelUpdate | Self::LabelDelete => &[Self::LabelRead],
            _ => match self.permission() {
                Permission::Retain => &RETENTION,
                Permission::Administer => &ADMINISTRATION,
                _ => &[],
            },
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Word> for &'static str {
    fn from(word: Word) -> Self {
        word.as_str()
    }
}

impl TryFrom<String> for Word {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|word| word.as_str() == text).ok_or_else(|| format!("nothing is called {text}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for word in Word::ALL {
            let text = serde_json::to_string(&word).unwrap();
            assert_eq!(text, format!("\"{}:{}\"", word.resource(), word.action()));
            assert_eq!(serde_json::from_str::<Word>(&text).unwrap(), word);
            assert_eq!(Word::find(word.resource(), word.action()), Some(word));
        }
        assert!(serde_json::from_str::<Word>("\"tag:pull\"").is_err());
        assert_eq!(Word::find("*", "*"), None);
    }

    #[test]
    fn what_is_contained_is_given_beside_what_contains_it() {
        for word in Word::ALL {
            for part in word.contains() {
                assert!(part.beside().contains(&word) && part.contains().is_empty(), "{word}: {part}");
            }
        }
    }

    #[test]
    fn administration_and_retention_are_given_whole() {
        let words = |permission| Word::all_of(&[permission]);
        assert_eq!(words(Permission::Administer), ADMINISTRATION);
        assert_eq!(words(Permission::Retain), RETENTION[1..]);
    }
}
