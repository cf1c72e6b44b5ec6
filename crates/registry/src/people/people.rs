//! Accounts.

use crate::{Actor, Result, Secret, access::UserId};
use api_types::{PasswordRules, Viewer};

/// The password that `admin` has until it is replaced at the first sign-in, unless the operator set another.
pub const DEFAULT_ADMIN_PASSWORD: &str = "Harbor12345";

/// The service of accounts.
#[derive(Clone, Debug)]
pub struct People {}

impl People {
    /// The person as the console shows them; `None` once the account is gone or disabled.
    pub async fn find_viewer(&self, user: UserId) -> Result<Option<Viewer>> {
        unimplemented!()
    }

    /// Whether `admin` still has the default password, for the start-up message.
    pub async fn default_password_stands(&self) -> Result<bool> {
        unimplemented!()
    }

    /// How a password stands against the policy for this actor. Writes and logs nothing.
    pub fn password_rules(&self, actor: &Actor, password: &Secret<String>) -> PasswordRules {
        unimplemented!()
    }

    /// Replaces the actor's own password. `current` is needed unless the default one is being replaced right after
    /// signing in with it. Ends all other sessions of the account.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: Option<&Secret<String>>,
        new: &Secret<String>,
    ) -> Result<()> {
        unimplemented!()
    }

    /// Sets somebody's password and ends all their sessions; for the operator ([`Actor::system`]).
    pub async fn reset_password(&self, actor: &Actor, username: &str, new: &Secret<String>) -> Result<()> {
        unimplemented!()
    }

    /// Puts the first-day checklist away.
    pub async fn dismiss_checklist(&self, actor: &Actor) -> Result<()> {
        unimplemented!()
    }

    /// Creates a person; for administrators and the operator.
    pub async fn create(
        &self,
        actor: &Actor,
        username: &str,
        password: &Secret<String>,
        admin: bool,
    ) -> Result<UserId> {
        unimplemented!()
    }
}
