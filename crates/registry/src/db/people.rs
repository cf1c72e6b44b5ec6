//! Statements about people as administrators and they themselves see them.

use super::{
    from_micros,
    numbered::{Holds, Key, NumberedList},
    page::{KeyType, List, Order},
    sql::{self, anywhere, unsigned},
};
use crate::{
    Error, Result,
    access::UserId,
    numbered::{Numbered, NumberedQuery},
};
use api_types::{ListQuery, Page, PersonDetail, PersonState, PersonSummary};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// The columns of a [`PersonSummary`].
const COLUMNS: &str = "u.id, u.username, u.display_name, u.email, u.is_admin, u.disabled_at, \
                       u.password_hash IS NOT NULL, u.link_expires_at, u.last_sign_in_at, u.created_at";

/// The orders of the list. Who never signed in comes last.
const ORDERS: [Order; 3] = [
    Order { name: "name", key: "lower(u.username)", key_type: KeyType::Text, tie: "u.id", descending: false },
    Order { name: "created", key: "u.created_at", key_type: KeyType::Number, tie: "u.id", descending: true },
    Order {
        name: "seen",
        key: "COALESCE(u.last_sign_in_at, 0)",
        key_type: KeyType::Number,
        tie: "u.id",
        descending: true,
    },
];

/// A page of everybody.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    query: &ListQuery,
    now: i64,
) -> Result<Page<PersonSummary>> {
    let mut values: Vec<Value> = Vec::new();
    let mut condition = "TRUE".to_owned();
    let filter = query.filter.trim().to_lowercase();
    if !filter.is_empty() {
        values.push(anywhere(&filter).into());
        let columns = ["u.username", "u.display_name", "COALESCE(u.email, '')"];
        let parts = columns.map(|column| format!("lower({column}) LIKE $1 ESCAPE '\\'"));
        condition = format!("({})", parts.join(" OR "));
    }
    let list = List {
        columns: COLUMNS,
        from: "users u",
        count_from: "users u",
        condition: &condition,
        values: &values,
        orders: &ORDERS,
    };
    list.page(connection, query, |row| summary(row, now)).await
}

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("user_id", "u.id", Holds::Number),
    Key::new("username", "u.username", Holds::Text),
    Key::new("realname", "u.display_name", Holds::Text),
    Key::new("email", "COALESCE(u.email, '')", Holds::Text),
    Key::new("sysadmin_flag", "u.is_admin", Holds::Flag),
    Key::new("creation_time", "u.created_at", Holds::Time),
];

/// A page of everybody by its number, by name where no order is asked for.
pub(crate) async fn list_numbered(
    connection: &impl ConnectionTrait,
    query: &NumberedQuery,
    now: i64,
) -> Result<Numbered<PersonSummary>> {
    let list = NumberedList {
        columns: COLUMNS,
        from: "users u",
        condition: "TRUE".to_owned(),
        values: Vec::new(),
        keys: KEYS,
        order: "lower(u.username), u.id",
    };
    list.page(connection, query, |row| summary(row, now)).await
}

/// One person, with what hangs on them.
pub(crate) async fn find(connection: &impl ConnectionTrait, user: UserId, now: i64) -> Result<Option<PersonDetail>> {
    let statement = format!(
        "SELECT {COLUMNS}, (SELECT COUNT(*) FROM members WHERE user_id = u.id), \
         (SELECT COUNT(*) FROM access_tokens WHERE user_id = u.id AND revoked_at IS NULL), \
         (SELECT COUNT(*) FROM members m WHERE m.user_id = u.id AND m.role = 1 AND NOT EXISTS \
           (SELECT 1 FROM members o WHERE o.project_id = m.project_id AND o.role = 1 AND o.user_id <> m.user_id)) \
         FROM users u WHERE u.id = $1"
    );
    let row = sql::one(connection, &statement, [user.0.into()]).await?;
    row.map(|row| {
        Ok(PersonDetail {
            summary: summary(&row, now)?,
            projects: unsigned(row.try_get_by_index(10)?),
            access_tokens: unsigned(row.try_get_by_index(11)?),
            alone_in_charge: unsigned(row.try_get_by_index(12)?),
        })
    })
    .transpose()
}

fn summary(row: &QueryResult, now: i64) -> Result<PersonSummary> {
    let disabled_at: Option<i64> = row.try_get_by_index(5)?;
    let has_password: bool = row.try_get_by_index(6)?;
    let link_expires_at: Option<i64> = row.try_get_by_index(7)?;
    let last_sign_in_at: Option<i64> = row.try_get_by_index(8)?;
    let state = match (disabled_at, has_password, link_expires_at) {
        (Some(_), ..) => PersonState::Disabled,
        (None, true, _) => PersonState::Active,
        (None, false, Some(end)) if now < end => PersonState::Invited,
        (None, false, _) => PersonState::LinkExpired,
    };
    Ok(PersonSummary {
        id: row.try_get_by_index(0)?,
        username: row.try_get_by_index(1)?,
        display_name: row.try_get_by_index(2)?,
        email: row.try_get_by_index(3)?,
        is_admin: row.try_get_by_index(4)?,
        state,
        link_expires_at: link_expires_at.map(from_micros),
        last_sign_in_at: last_sign_in_at.map(from_micros),
        created_at: from_micros(row.try_get_by_index(9)?),
    })
}

/// Changes the name that is shown and the address.
pub(crate) async fn set_profile(
    connection: &impl ConnectionTrait,
    user: UserId,
    display_name: &str,
    email: Option<&str>,
) -> Result<bool> {
    let statement = "UPDATE users SET display_name = $2, email = $3 WHERE id = $1";
    let values = [user.0.into(), display_name.into(), email.map(str::to_owned).into()];
    Ok(sql::execute(connection, statement, values).await? > 0)
}

/// Disables somebody, or enables them; `false` if nothing changed.
pub(crate) async fn set_disabled(connection: &impl ConnectionTrait, user: UserId, since: Option<i64>) -> Result<bool> {
    let statement = match since {
        Some(_) => "UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL",
        None => "UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NOT NULL",
    };
    Ok(sql::execute(connection, statement, [user.0.into(), since.into()]).await? > 0)
}

/// Makes somebody an administrator, or no longer; `false` if nothing changed.
pub(crate) async fn set_admin(connection: &impl ConnectionTrait, user: UserId, admin: bool) -> Result<bool> {
    let statement = "UPDATE users SET is_admin = $2 WHERE id = $1 AND is_admin <> $2";
    Ok(sql::execute(connection, statement, [user.0.into(), admin.into()]).await? > 0)
}

/// Takes a person's password away.
pub(crate) async fn clear_password(connection: &impl ConnectionTrait, user: UserId) -> Result<()> {
    let statement = "UPDATE users SET password_hash = NULL, password_version = password_version + 1, \
         must_change_password = $2 WHERE id = $1";
    sql::execute(connection, statement, [user.0.into(), false.into()]).await?;
    Ok(())
}

/// Removes a person with their memberships, access tokens and sessions; `false` if they are gone.
pub(crate) async fn delete(connection: &impl ConnectionTrait, user: UserId) -> Result<bool> {
    Ok(sql::execute(connection, "DELETE FROM users WHERE id = $1", [user.0.into()]).await? > 0)
}

/// Whether, beside one person, somebody can sign in who administers the system. One transaction at a time asks this before it
/// takes an administrator away.
pub(crate) async fn another_administers(connection: &impl ConnectionTrait, user: UserId) -> Result<bool> {
    let statement = "SELECT id FROM users WHERE is_admin AND disabled_at IS NULL AND password_hash IS NOT NULL \
         AND id <> $1 LIMIT 1";
    Ok(sql::find_value::<i64>(connection, statement, [user.0.into()]).await?.is_some())
}

/// The id of a name.
pub(crate) async fn get_id(connection: &impl ConnectionTrait, username: &str) -> Result<UserId> {
    let id = sql::find_value::<i64>(connection, "SELECT id FROM users WHERE username = $1", [username.into()]).await?;
    id.map(UserId).ok_or_else(|| Error::UserNotFound { name: username.to_owned() })
}
