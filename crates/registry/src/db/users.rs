//! Statements about people.

use super::{from_micros, sql};
use crate::{
    Error, Result,
    access::{SecretMark, UserId},
};
use api_types::{PersonName, Viewer};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// A person as signing in needs them.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) password_hash: Option<String>,
    pub(crate) password_version: i64,
    pub(crate) must_change_password: bool,
    pub(crate) is_admin: bool,
    pub(crate) disabled_at: Option<i64>,
}

impl UserRow {
    /// Whether the password is the one that the account was delivered with.
    pub(crate) fn has_default_password(&self) -> bool {
        self.must_change_password && self.password_version == 0
    }

    /// Whether this is an administrator who can sign in.
    pub(crate) fn administers(&self) -> bool {
        self.is_admin && self.disabled_at.is_none() && self.password_hash.is_some()
    }
}

const COLUMNS: &str = "id, username, password_hash, password_version, must_change_password, is_admin, disabled_at";

/// A person who is created.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewUser {
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) email: Option<String>,
    /// Absent until the person has chosen a password.
    pub(crate) password_hash: Option<String>,
    /// 0 for the default password, 1 for one that somebody chose.
    pub(crate) password_version: i64,
    pub(crate) must_change_password: bool,
    pub(crate) is_admin: bool,
    pub(crate) created_at: i64,
}

pub(crate) async fn find(connection: &impl ConnectionTrait, username: &str) -> Result<Option<UserRow>> {
    let statement = format!("SELECT {COLUMNS} FROM users WHERE username = $1");
    sql::find(connection, &statement, [username.into()]).await
}

pub(crate) async fn find_by_id(connection: &impl ConnectionTrait, user: UserId) -> Result<Option<UserRow>> {
    let statement = format!("SELECT {COLUMNS} FROM users WHERE id = $1");
    sql::find(connection, &statement, [user.0.into()]).await
}

/// A person as it is explained what they may.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct PersonRow {
    pub(crate) id: i64,
    username: String,
    display_name: String,
    pub(crate) is_admin: bool,
    pub(crate) must_change_password: bool,
    pub(crate) disabled_at: Option<i64>,
}

impl PersonRow {
    /// As others see them.
    pub(crate) fn summary(&self) -> PersonName {
        super::members::person(self.id, self.username.clone(), self.display_name.clone())
    }
}

/// The person of a name, in upper or lower case.
pub(crate) async fn find_person(connection: &impl ConnectionTrait, username: &str) -> Result<Option<PersonRow>> {
    // Where both stand beside each other, the exact one.
    let statement = "SELECT id, username, display_name, is_admin, must_change_password, disabled_at FROM users \
         WHERE LOWER(username) = LOWER($1) ORDER BY CASE WHEN username = $1 THEN 0 ELSE 1 END LIMIT 1";
    sql::find(connection, statement, [username.into()]).await
}

/// The person of an id.
pub(crate) async fn find_person_by_id(connection: &impl ConnectionTrait, user: UserId) -> Result<Option<PersonRow>> {
    let statement = "SELECT id, username, display_name, is_admin, must_change_password, disabled_at FROM users \
         WHERE id = $1";
    sql::find(connection, statement, [user.0.into()]).await
}

/// Whether there is nobody yet.
pub(crate) async fn none_exists(connection: &impl ConnectionTrait) -> Result<bool> {
    Ok(sql::find_value::<i64>(connection, "SELECT id FROM users LIMIT 1", []).await?.is_none())
}

/// # Errors
/// [`Error::UsernameTaken`], also where only upper and lower case differ.
pub(crate) async fn insert(connection: &impl ConnectionTrait, user: &NewUser) -> Result<UserId> {
    super::locks::name(connection, "user", &user.username.to_lowercase()).await?;
    let taken = "SELECT id FROM users WHERE lower(username) = lower($1) LIMIT 1";
    if sql::find_value::<i64>(connection, taken, [user.username.as_str().into()]).await?.is_some() {
        return Err(Error::UsernameTaken { name: user.username.clone() });
    }
    let statement = "INSERT INTO users (username, display_name, email, password_hash, password_version, \
         must_change_password, is_admin, created_at, password_changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    let values = [
        user.username.as_str().into(),
        user.display_name.as_str().into(),
        user.email.clone().into(),
        user.password_hash.clone().into(),
        user.password_version.into(),
        user.must_change_password.into(),
        user.is_admin.into(),
        user.created_at.into(),
        user.password_hash.as_ref().map(|_| user.created_at).into(),
    ];
    Ok(UserId(sql::get_value(connection, statement, values).await?))
}

/// Sets a new password; whatever was remembered of the old one is void, and so is a one-time link. The mark of the new one.
///
/// # Errors
/// [`Error::UserNotFound`], which names the id, for somebody who was deleted meanwhile.
pub(crate) async fn set_password(
    connection: &impl ConnectionTrait,
    user: UserId,
    hash: &str,
    must_change: bool,
    now: i64,
) -> Result<SecretMark> {
    let statement = "UPDATE users SET password_hash = $2, password_version = password_version + 1, \
         must_change_password = $3, password_changed_at = $4, link_hash = NULL, link_expires_at = NULL WHERE id = $1 \
         RETURNING password_version";
    let values = [user.0.into(), hash.into(), must_change.into(), now.into()];
    let version: Option<i64> = sql::find_value(connection, statement, values).await?;
    version.map(SecretMark::of_password).ok_or_else(|| Error::UserNotFound { name: user.0.to_string() })
}

/// Replaces the hash of the same password, unless the password was changed meanwhile.
pub(crate) async fn rehash(connection: &impl ConnectionTrait, user: UserId, version: i64, hash: &str) -> Result<()> {
    let statement = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_version = $2";
    sql::execute(connection, statement, [user.0.into(), version.into(), hash.into()]).await?;
    Ok(())
}

pub(crate) async fn note_sign_in(connection: &impl ConnectionTrait, user: UserId, now: i64) -> Result<()> {
    sql::execute(connection, "UPDATE users SET last_sign_in_at = $2 WHERE id = $1", [user.0.into(), now.into()])
        .await?;
    Ok(())
}

pub(crate) async fn dismiss_checklist(connection: &impl ConnectionTrait, user: UserId, now: i64) -> Result<()> {
    let statement = "UPDATE users SET checklist_dismissed_at = $2 WHERE id = $1 AND checklist_dismissed_at IS NULL";
    sql::execute(connection, statement, [user.0.into(), now.into()]).await?;
    Ok(())
}

/// Whether some account still has the password it was delivered with.
pub(crate) async fn default_password_stands(connection: &impl ConnectionTrait) -> Result<bool> {
    let statement = "SELECT id FROM users WHERE must_change_password AND password_version = 0 LIMIT 1";
    Ok(sql::find_value::<i64>(connection, statement, []).await?.is_some())
}

#[derive(FromQueryResult)]
struct ViewerRow {
    id: i64,
    username: String,
    display_name: String,
    is_admin: bool,
    must_change_password: bool,
    checklist_dismissed_at: Option<i64>,
}

/// A person as the console shows them, unless disabled. Who but administrators may create projects is a setting.
pub(crate) async fn find_viewer(connection: &impl ConnectionTrait, user: UserId) -> Result<Option<Viewer>> {
    let statement = "SELECT id, username, display_name, is_admin, must_change_password, checklist_dismissed_at \
         FROM users WHERE id = $1 AND disabled_at IS NULL";
    let row = sql::find::<ViewerRow>(connection, statement, [user.0.into()]).await?;
    Ok(row.map(|row| Viewer {
        id: row.id,
        display_name: if row.display_name.is_empty() { row.username.clone() } else { row.display_name },
        username: row.username,
        is_admin: row.is_admin,
        may_create_projects: row.is_admin,
        must_change_password: row.must_change_password,
        checklist_dismissed_at: row.checklist_dismissed_at.map(from_micros),
    }))
}
