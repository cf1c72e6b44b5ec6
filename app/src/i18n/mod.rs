//! Every word of the console in every language, and how numbers, sizes and times are written.
//!
//! A file per part of the console holds its messages, each with all languages side by side, so that a missing translation does not
//! compile:
//!
//! ```text
//! messages! {
//!     /// The sign-in page.
//!     Login {
//!         title: "Sign in", "로그인";                                       // words.login.title()
//!         goes_on(place): "to continue to **{place}**", "**{place}** 페이지로 이동"; // words.login.goes_on("a/b")
//!         tags(n count): one "{n} tag", other "{n} tags", "태그 {n}개";        // words.login.tags(3)
//!     }
//! }
//! ```
//!
//! `**…**` and `` `…` `` are shown by [`crate::components::rich::Rich`]. Messages are sentences, not fragments to be glued together.

#[macro_use]
mod messages;
mod account;
pub mod activity;
pub mod admin;
mod artifact;
pub mod backups;
mod common;
pub mod connection;
mod doors;
mod facts;
pub mod format;
pub mod frame;
pub mod fsck;
pub mod jobs;
pub mod labels;
mod members;
mod overview;
mod problems;
pub mod project;
mod projects;
mod repository;
pub mod retention;
pub mod robots;
pub mod rules;
mod schedule;
pub mod search;
mod storage;
mod system;
pub mod trash;

use serde::{Deserialize, Serialize};

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Locale {
    /// All of them, as they are offered.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// The language's tag, for cookies, forms and `lang`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language's name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// The language of a tag such as `ko` or `ko-KR`; `None` for one that the console does not speak.
    pub fn find(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|locale| locale.as_str().eq_ignore_ascii_case(primary))
    }

    /// The first language of an `Accept-Language` header (RFC 9110, section 12.5.4) that the console speaks, by weight.
    pub fn negotiate(accept_language: &str) -> Option<Self> {
        let mut best = None;
        for range in accept_language.split(',').take(20) {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            if let Some(locale) = Self::find(tag)
                && weight > 0.0
                && best.is_none_or(|(_, heaviest)| weight > heaviest)
            {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $part:ident: $kind:ty,)*) => {
        /// Every word, part by part, in one language.
        #[derive(Clone, Copy, Debug)]
        pub struct Catalogue {
            /// The language.
            pub locale: Locale,
            $($(#[$doc])* pub $part: $kind,)*
        }

        impl Catalogue {
            /// The catalogue of a language.
            pub fn new(locale: Locale) -> Self {
                Self { locale, $($part: <$kind>::in_language(locale),)* }
            }
        }
    };
}

catalogue! {
    /// Words that occur everywhere.
    common: common::Common,
    /// Kinds of things: roles, access, platforms.
    terms: common::Terms,
    /// Sidebar, top bar, account menu.
    frame: frame::Frame,
    /// The sign-in page.
    login: doors::Login,
    /// The page that chooses a new password.
    password: doors::Password,
    /// Asking for the password again.
    step_up: doors::StepUp,
    /// The overview.
    overview: overview::Overview,
    /// The list of projects.
    projects: projects::Projects,
    /// The form that creates a project.
    new_project: projects::NewProject,
    /// A project's page.
    project: project::Project,
    /// The empty state that teaches how to push.
    first_push: project::FirstPush,
    /// How much a project may hold.
    quota: project::Quota,
    /// A project's settings.
    project_settings: project::ProjectSettings,
    /// A project's members.
    members: members::Members,
    /// Why somebody may do what they may in a project.
    rights: members::Rights,
    /// A repository's page.
    repository: repository::Repository,
    /// The box that shows how to pull.
    pull: repository::Pull,
    /// An artifact's page.
    artifact: artifact::Artifact,
    /// Robots of a project and of the system.
    robots: robots::Robots,
    /// Access tokens of a person.
    tokens: robots::Tokens,
    /// A secret that is shown once.
    secret: robots::Secret,
    /// A person's own account.
    account: account::Account,
    /// The list of people.
    users: admin::Users,
    /// What a one-time link opens.
    invitation: doors::Invitation,
    /// The form that creates one's own account.
    register: doors::Register,
    /// The settings of the whole system.
    admin_settings: admin::AdminSettings,
    /// The page of the system.
    system: system::System,
    /// What a look from outside found.
    connection: connection::Connection,
    /// The card of jobs on the system page.
    jobs: jobs::Jobs,
    /// The card of the storage check on the system page, and what it finds.
    fsck: fsck::Fsck,
    /// The card of backups on the system page.
    backups: backups::Backups,
    /// What was deleted and can be restored.
    trash: trash::Trash,
    /// Which tags of a project stay.
    retention: retention::Retention,
    /// A project's rules about its tags.
    rules: rules::Rules,
    /// What artifacts are marked with.
    labels: labels::Labels,
    /// Who holds how much of a project's storage.
    storage: storage::Storage,
    /// The audit log.
    activity: activity::Activity,
    /// What an event of it holds beside its sentence.
    facts: facts::Facts,
    /// The search.
    search: search::Search,
    /// What went wrong.
    problems: problems::Problems,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_that_is_spoken_wins() {
        assert_eq!(Locale::negotiate("de, ko-KR;q=0.8, en;q=0.9"), Some(Locale::En));
        assert_eq!(Locale::negotiate("ko,en-US;q=0.9"), Some(Locale::Ko));
        assert_eq!(Locale::negotiate("fr, *;q=0.5"), None);
        assert_eq!(Locale::negotiate("ko;q=0"), None);
        assert_eq!(Locale::negotiate(",;q=,;;"), None);
    }
}
