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
