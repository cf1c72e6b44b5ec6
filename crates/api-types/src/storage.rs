//! Who holds how much of a project's storage.

use crate::{Page, PlatformSummary, RuleScope};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The storage of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectStorage {
    /// Bytes that count towards the quota: of the distinct blobs that the project links, without those that only what was deleted
    /// holds.
    pub held: u64,
    /// Of these, bytes that other projects hold too, so that the rest is what this project alone holds. Only system administrators
    /// are told.
    pub elsewhere: Option<u64>,
    /// Bytes allowed; absent without a quota, and for those who may not know it.
    pub quota: Option<u64>,
    /// Bytes that pulling every tag would move.
    pub pulled: u64,
    /// Bytes beside these that nothing but the trash holds.
    pub trashed: u64,
    /// The repositories.
    pub repositories: Page<RepositoryStorage>,
    /// The images that move the most bytes when they are pulled, the largest first; a few.
    pub largest: Vec<TagPlace>,
    /// The largest of those that nobody has pulled yet; a few.
    pub never_pulled: Vec<TagPlace>,
}

/// What a repository holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryStorage {
    /// The full name.
    pub name: String,
    /// The name after the project's.
    pub path: String,
    /// Bytes that pulling every tag would move.
    pub pulled: u64,
    /// Bytes of the distinct blobs that it links and that count.
    pub held: u64,
    /// Of these, bytes that no other repository of the project links.
    pub own: u64,
    /// How many tags.
    pub tags: u64,
    /// When something was last pulled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pulled_at: Option<OffsetDateTime>,
}

/// A tag and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagPlace {
    /// The repository's full name.
    pub repository: String,
    /// The tag; of several for one image the first.
    pub tag: String,
    /// Bytes that a pull moves.
    pub size: u64,
    /// When the image was pushed.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
}

/// The storage of a repository, tag by tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagStoragePage {
    /// The repository itself.
    pub repository: RepositoryStorage,
    /// The tags, the largest first.
    pub tags: Vec<TagStorage>,
    /// Cursor of what follows.
    pub next: Option<String>,
    /// Cursor of what stands before.
    pub previous: Option<String>,
    /// Whether the viewer may delete tags.
    pub may_delete: bool,
}

/// What a tag holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagStorage {
    /// The tag.
    pub name: String,
    /// Where it runs.
    pub platforms: Vec<PlatformSummary>,
    /// Bytes that a pull moves, for one platform.
    pub pulled: u64,
    /// Bytes of the distinct blobs that it names, for all platforms and with what is attached to it alone.
    pub held: u64,
    /// Of these, bytes that nothing else in the project holds: what deleting this tag alone would free.
    pub own: u64,
    /// When the image was pushed.
    #[serde(with = "time::serde::rfc3339")]
    pub pushed_at: OffsetDateTime,
    /// When the image was last pulled, by whatever name.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_pulled_at: Option<OffsetDateTime>,
    /// The rule that lets nobody move or delete it, where there is one.
    pub protected_by: Option<RuleScope>,
}
