//! One-time links, with which a person chooses their own password: 256 random bits, stored as SHA-256, good for three days and for
//! one use.

use super::{ClientInfo, People, SignedIn, policy, tokens};
use crate::{
    Actor, Error, Result, Secret, Subject,
    access::UserId,
    db::{self, audit},
};
use api_types::PasswordRules;
use time::{Duration, OffsetDateTime};

/// How long a link waits for its person.
const LIFETIME: Duration = Duration::hours(72);

/// A link that was just made.
#[derive(Clone, Debug)]
pub struct IssuedLink {
    /// Whose password it sets.
    pub username: String,
    /// What opens it; shown this once.
    pub key: Secret<String>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

impl IssuedLink {
    /// What of it is stored.
    pub(super) fn stored(&self) -> ([u8; 32], i64) {
        (tokens::hash(self.key.expose()), db::micros(self.expires_at))
    }
}

/// A new link for somebody.
pub(super) fn make(username: &str, now: i64) -> Result<IssuedLink> {
    let expires_at = db::from_micros(now) + LIFETIME;
    Ok(IssuedLink { username: username.to_owned(), key: tokens::link_key()?, expires_at })
}

impl People {
    /// Whose password a link sets. Looking does not use it up.
    ///
    /// # Errors
    /// [`Error::LinkVoid`] for one that was used, replaced or has expired, or never was.
    pub async fn link_owner(&self, key: &Secret<String>) -> Result<String> {
        let owner = db::password_links::find_owner(self.db.reader(), &tokens::hash(key.expose()), self.now()).await?;
        owner.map(|owner| owner.username).ok_or(Error::LinkVoid)
    }

    /// How a password stands against the policy for the owner of a link.
    ///
    /// # Errors
    /// As [`People::link_owner`].
    pub async fn password_rules_for_link(
        &self,
        key: &Secret<String>,
        password: &Secret<String>,
    ) -> Result<PasswordRules> {
        let owner = self.link_owner(key).await?;
        Ok(policy::rules(password.expose(), &owner, self.min_length))
    }

    /// Sets the password that a link's owner chose, ends their sessions and uses the link up.
    ///
    /// # Errors
    /// [`Error::LinkVoid`], also for the second of two who use it at once; [`Error::Invalid`] on `new` if the policy refuses it,
    /// which leaves the link as it is.
    pub async fn accept_link(
        &self,
        key: &Secret<String>,
        new: &Secret<String>,
        client: ClientInfo,
    ) -> Result<SignedIn> {
        let key_hash = tokens::hash(key.expose());
        let owner = db::password_links::find_owner(self.db.reader(), &key_hash, self.now()).await?;
        let owner = owner.ok_or(Error::LinkVoid)?;
        policy::check("new", new.expose(), &owner.username, self.min_length)?;
        let hash = self.passwords.hash(new).await?;
        let user = UserId(owner.id);
        let actor = Actor::new(Subject::User(user), owner.username.as_str()).coming_from(client.origin);
        let event = audit::Event::new(&actor, "password.change", owner.username.as_str())
            .with(serde_json::json!({ "by": "link" }));
        let shown = self
            .db
            .write((user, key_hash, hash, event, self.now()), |txn, (user, key_hash, hash, event, now)| {
                Box::pin(async move {
                    if !db::password_links::take(txn, key_hash, *now).await? {
                        return Err(Error::LinkVoid);
                    }
                    let shown = db::users::set_password(txn, *user, hash, false, *now).await?;
                    db::users::note_sign_in(txn, *user, *now).await?;
                    db::sessions::delete_of(txn, *user, None).await?;
                    audit::record(txn, event, *now).await?;
                    Ok(shown)
                })
            })
            .await?;
        self.access.forget();
        Ok(SignedIn { user, actor, shown, must_change_password: false })
    }
}

#[cfg(test)]
mod tests;
