//! People, their sessions and what they may do.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The person who looks at the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The immutable id.
    pub id: i64,
    /// The name that signs in.
    pub username: String,
    /// The name that is shown; the username where none was given.
    pub display_name: String,
    /// Whether this is a system administrator.
    pub is_admin: bool,
    /// Whether they may create projects.
    pub may_create_projects: bool,
    /// While this is true, nothing but choosing a new password is allowed.
    pub must_change_password: bool,
    /// When the first-day checklist was put away.
    #[serde(with = "time::serde::rfc3339::option")]
    pub checklist_dismissed_at: Option<OffsetDateTime>,
}

/// How a password stands against the policy; each rule is shown ticked or open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent rule")]
pub struct PasswordRules {
    /// How many characters there must be at least.
    pub min_length: u32,
    /// How many there are.
    pub length: u32,
    /// Long enough, and not over 256 characters.
    pub long_enough: bool,
    /// Not one of the 10,000 most common passwords.
    pub uncommon: bool,
    /// Does not contain the user's or the product's name.
    pub without_names: bool,
    /// zxcvbn scores it 3 or better.
    pub hard_to_guess: bool,
    /// zxcvbn's score, 0 (guessed at once) to 4 (strong).
    pub score: u8,
}

impl PasswordRules {
    /// Whether the policy accepts the password.
    pub fn accepted(&self) -> bool {
        self.long_enough && self.uncommon && self.without_names && self.hard_to_guess
    }
}

/// Whether a person can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// With their password.
    Active,
    /// Not yet: they have a one-time link and have not chosen a password.
    Invited,
    /// No: their one-time link has expired before they chose a password.
    LinkExpired,
    /// No: an administrator disabled the account.
    Disabled,
}

/// One row of the list of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSummary {
    /// The immutable id.
    pub id: i64,
    /// The name that signs in.
    pub username: String,
    /// The name that is shown; may be empty.
    pub display_name: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Whether this is a system administrator.
    pub is_admin: bool,
    /// Whether they can sign in.
    pub state: PersonState,
    /// When their one-time link ends.
    #[serde(with = "time::serde::rfc3339::option")]
    pub link_expires_at: Option<OffsetDateTime>,
    /// When they last signed in to the console.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_sign_in_at: Option<OffsetDateTime>,
    /// When the account was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A person with what hangs on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonDetail {
    /// What the list shows.
    pub summary: PersonSummary,
    /// In how many projects they have a role.
    pub projects: u64,
    /// How many access tokens they have.
    pub access_tokens: u64,
    /// In how many projects nobody else is project admin.
    pub alone_in_charge: u64,
}

/// What a new account is made of, beside its password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    /// The name that signs in.
    pub username: String,
    /// The name that is shown; may be empty.
    pub display_name: String,
    /// Where mail reaches them; may be empty.
    pub email: String,
}

/// What an administrator may do with another person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonChange {
    /// Nothing of theirs opens anything until they are enabled.
    Disable,
    /// With all they had before.
    Enable,
    /// Into a system administrator.
    Promote,
    /// Into somebody who is no system administrator.
    Demote,
    /// For good.
    Delete,
}

/// A one-time link as the administrator sees it, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// Whose password it sets.
    pub username: String,
    /// The whole address, with its secret.
    pub address: String,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

impl std::fmt::Debug for PasswordLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordLink").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A browser in which a person is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// The row's id; it opens nothing.
    pub id: i64,
    /// Whether it is the one that asks.
    pub current: bool,
    /// From where it was opened.
    pub address: Option<String>,
    /// By which browser, in the browser's own words.
    pub user_agent: Option<String>,
    /// When it was opened.
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    /// When it was last used, to a minute.
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen_at: OffsetDateTime,
}

/// Who did something, as it is shown: a person, a robot or the server itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorSummary {
    /// What kind of account.
    pub kind: ActorKind,
    /// The name at the time; it stays when the account goes.
    pub name: String,
}

/// The kinds of accounts that act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Nobody signed in.
    Anonymous,
    /// A person, also through an access token.
    User,
    /// A robot.
    Robot,
    /// The server itself.
    System,
}
