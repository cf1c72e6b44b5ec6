//! What administrators do with other people's accounts. Nobody takes away the last administrator who can sign in, however many try
//! at once.

use super::{People, links, profile};
use crate::{
    Actor, Error, Result, Subject,
    access::UserId,
    db::{
        self, Transaction, audit,
        users::{NewUser, UserRow},
    },
    numbered::{Numbered, NumberedQuery},
};
use api_types::{ListQuery, NewPerson, Page, PersonDetail, PersonSummary};
use links::IssuedLink;

impl People {
    /// Everybody with an account. Sort keys: `name` (default), `created` (newest first), `seen` (last sign-in first). The filter
    /// looks through names and addresses.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`]; [`Error::Invalid`] for a cursor that is none.
    pub async fn list(&self, actor: &Actor, query: &ListQuery) -> Result<Page<PersonSummary>> {
        self.access.administrator(actor).await?;
        db::people::list(self.db.reader(), query, self.now()).await
    }

    /// Everybody with an account, by the number of a page.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`]; [`Error::Invalid`] on `q` or `sort` for keys and values that there are not.
    pub async fn list_numbered(&self, actor: &Actor, query: &NumberedQuery) -> Result<Numbered<PersonSummary>> {
        self.access.administrator(actor).await?;
        db::people::list_numbered(self.db.reader(), query, self.now()).await
    }

    /// One person, with what hangs on them.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`].
    pub async fn get(&self, actor: &Actor, user: UserId) -> Result<PersonDetail> {
        self.access.administrator(actor).await?;
        let person = db::people::find(self.db.reader(), user, self.now()).await?;
        person.ok_or_else(|| Error::UserNotFound { name: user.0.to_string() })
    }

    /// The id of a name, for the operator's command line and REST.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`].
    pub async fn get_id(&self, actor: &Actor, username: &str) -> Result<UserId> {
        self.access.administrator(actor).await?;
        db::people::get_id(self.db.reader(), username).await
    }

    /// Creates a person who chooses their own password with the link that comes back; its key is shown this once.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UsernameTaken`], and [`Error::Invalid`] on `username`, `display_name` or `email`.
    pub async fn invite(&self, actor: &Actor, person: &NewPerson, admin: bool) -> Result<IssuedLink> {
        self.access.administrator(actor).await?;
        let now = self.now();
        let user = NewUser { password_version: 1, is_admin: admin, created_at: now, ..profile::new_user(person)? };
        let link = links::make(&user.username, now)?;
        let event = audit::Event::new(actor, "user.create", user.username.as_str());
        let event = event.with(serde_json::json!({ "admin": admin, "link_expires_at": link.expires_at.to_string() }));
        self.db
            .write((user, link.stored(), event), |txn, (user, (hash, expires_at), event)| {
                Box::pin(async move {
                    let id = db::users::insert(txn, user).await?;
                    db::password_links::set(txn, id, hash, *expires_at).await?;
                    audit::record(txn, event, user.created_at).await
                })
            })
            .await?;
        Ok(link)
    }

    /// Takes somebody's password, ends their sessions, and gives a new one-time link. The operator ([`Actor::system`]), who sees the
    /// link at the command line, may do this with the last administrator too.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`], [`Error::OwnAccount`], [`Error::LastAdministrator`].
    pub async fn reset(&self, actor: &Actor, user: UserId) -> Result<IssuedLink> {
        self.access.administrator(actor).await?;
        somebody_else(actor, user)?;
        let now = self.now();
        let name = self.get(actor, user).await?.summary.username;
        let link = links::make(&name, now)?;
        self.db
            .write((actor.clone(), user, link.stored(), now), |txn, (actor, user, (hash, expires_at), now)| {
                Box::pin(async move {
                    let operator = *actor.subject() == Subject::System;
                    let row = if operator { existing(txn, *user).await? } else { dispensable(txn, *user).await? };
                    db::people::clear_password(txn, *user).await?;
                    db::password_links::set(txn, *user, hash, *expires_at).await?;
                    db::sessions::delete_of(txn, *user, None).await?;
                    audit::record(txn, &audit::Event::new(actor, "user.reset", row.username), *now).await
                })
            })
            .await?;
        self.access.forget();
        Ok(link)
    }

    /// Disables somebody: they are signed out and their password, access tokens and registry tokens open nothing. Or enables them
    /// again, with all they had. Idempotent.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`], [`Error::OwnAccount`], [`Error::LastAdministrator`].
    pub async fn set_disabled(&self, actor: &Actor, user: UserId, disabled: bool) -> Result<()> {
        self.access.administrator(actor).await?;
        somebody_else(actor, user)?;
        self.db
            .write((actor.clone(), user, disabled, self.now()), |txn, (actor, user, disabled, now)| {
                Box::pin(async move {
                    let row = if *disabled { dispensable(txn, *user).await? } else { existing(txn, *user).await? };
                    if db::people::set_disabled(txn, *user, disabled.then_some(*now)).await? {
                        db::sessions::delete_of(txn, *user, None).await?;
                        let action = if *disabled { "user.disable" } else { "user.enable" };
                        audit::record(txn, &audit::Event::new(actor, action, row.username), *now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.access.forget();
        Ok(())
    }

    /// Makes somebody a system administrator, or takes that away. They sign in anew in any case. Idempotent.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`], [`Error::LastAdministrator`].
    pub async fn set_admin(&self, actor: &Actor, user: UserId, admin: bool) -> Result<()> {
        self.access.administrator(actor).await?;
        self.db
            .write((actor.clone(), user, admin, self.now()), |txn, (actor, user, admin, now)| {
                Box::pin(async move {
                    let row = if *admin { existing(txn, *user).await? } else { dispensable(txn, *user).await? };
                    if db::people::set_admin(txn, *user, *admin).await? {
                        db::sessions::delete_of(txn, *user, None).await?;
                        let action = if *admin { "user.promote" } else { "user.demote" };
                        audit::record(txn, &audit::Event::new(actor, action, row.username), *now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.access.forget();
        Ok(())
    }

    /// Deletes somebody with their memberships, access tokens and sessions. What they pushed and did stays, with their name.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`], [`Error::OwnAccount`], [`Error::LastAdministrator`].
    pub async fn delete(&self, actor: &Actor, user: UserId) -> Result<()> {
        self.access.administrator(actor).await?;
        somebody_else(actor, user)?;
        self.db
            .write((actor.clone(), user, self.now()), |txn, (actor, user, now)| {
                Box::pin(async move {
                    let row = dispensable(txn, *user).await?;
                    db::people::delete(txn, *user).await?;
                    audit::record(txn, &audit::Event::new(actor, "user.delete", row.username), *now).await
                })
            })
            .await?;
        self.access.forget();
        Ok(())
    }
}

fn somebody_else(actor: &Actor, user: UserId) -> Result<()> {
    match *actor.subject() {
        Subject::User(own) | Subject::AccessToken(_, own) if own == user => Err(Error::OwnAccount),
        _ => Ok(()),
    }
}

async fn existing(txn: &Transaction, user: UserId) -> Result<UserRow> {
    let row = db::users::find_by_id(txn, user).await?;
    row.ok_or_else(|| Error::UserNotFound { name: user.0.to_string() })
}

/// A person without whom somebody can still administer the system. Until the transaction ends no other one decides about that.
async fn dispensable(txn: &Transaction, user: UserId) -> Result<UserRow> {
    db::locks::name(txn, "administrators", "").await?;
    let row = existing(txn, user).await?;
    if row.administers() && !db::people::another_administers(txn, user).await? {
        return Err(Error::LastAdministrator { name: row.username });
    }
    Ok(row)
}

#[cfg(test)]
mod tests;
