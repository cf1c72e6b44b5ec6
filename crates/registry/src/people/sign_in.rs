//! Signing in.

use crate::{Actor, Result, Secret, access::UserId};
use std::net::IpAddr;

/// Checks credentials, slowly for guessers and quickly for those who showed the right ones a moment ago.
#[derive(Clone, Debug)]
pub struct SignIn {}

/// Where an attempt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The client's address as far as trusted proxies tell.
    pub address: IpAddr,
    /// Whether this browser signed in to the same account before (a cookie proves it): it passes the account's delay.
    pub known_browser: bool,
}

/// A person who gave the right password.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub user: UserId,
    /// As an actor.
    pub actor: Actor,
    /// Whether the default password must be replaced before anything else.
    pub must_change_password: bool,
}

impl SignIn {
    /// A person at the console. The default password signs in, with `must_change_password`.
    pub async fn with_password(
        &self,
        username: &str,
        password: &Secret<String>,
        client: ClientInfo,
    ) -> Result<SignedIn> {
        unimplemented!()
    }

    /// A client of `/v2` or the token realm: a person's password or access token, or a robot's secret.
    /// The default password is refused with [`crate::Error::PasswordChangeRequired`]. A right password is remembered for a
    /// few minutes under a keyed hash, so that it costs one argon2 and not a thousand; disabling the account or changing
    /// its password ends that within a second.
    pub async fn with_credentials(&self, username: &str, secret: &Secret<String>, client: ClientInfo) -> Result<Actor> {
        unimplemented!()
    }

    /// The account of a token's subject as it is now; [`crate::Error::WrongCredentials`] when it is gone or disabled.
    pub async fn resume(&self, subject: &crate::Subject) -> Result<Actor> {
        unimplemented!()
    }
}
