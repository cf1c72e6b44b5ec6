//! Statements about who has which role in a project.

use super::{
    actors::{self, ActorColumns},
    from_micros,
    numbered::{Holds, Key, NumberedList},
    page::{KeyType, List, Order},
    sql::{self, anywhere},
};
use crate::{
    Error, Result,
    access::{MemberId, ProjectId, UserId, role_number},
    numbered::{Numbered, NumberedQuery},
};
use api_types::{Candidate, ListQuery, Member, Page, PersonName, Role};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// People that are suggested at most.
const SUGGESTED: u32 = 8;

/// Gives a person a role, instead of the one they have.
pub(crate) async fn set(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    user: UserId,
    role: Role,
    now: i64,
) -> Result<()> {
    let statement = "INSERT INTO members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role";
    let values = [project.0.into(), user.0.into(), role_number::of(role).into(), now.into()];
    sql::execute(connection, statement, values).await?;
    Ok(())
}

/// Somebody who is added.
#[derive(Clone, Debug)]
pub(crate) struct NewMember {
    pub(crate) project: ProjectId,
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) added_by: ActorColumns,
    pub(crate) now: i64,
}

/// Adds somebody who is no member yet; `None` if they are one.
pub(crate) async fn insert(connection: &impl ConnectionTrait, member: &NewMember) -> Result<Option<MemberId>> {
    let statement = "INSERT INTO members (project_id, user_id, role, created_at, added_by_kind, added_by_id, \
         added_by_name) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project_id, user_id) DO NOTHING RETURNING id";
    let [kind, id, name] = member.added_by.values();
    let values = [
        member.project.0.into(),
        member.user.0.into(),
        role_number::of(member.role).into(),
        member.now.into(),
        kind,
        id,
        name,
    ];
    let id: Option<i64> = sql::find_value(connection, statement, values).await?;
    Ok(id.map(MemberId))
}

/// Gives a member another role. `false` if they are no member any more.
pub(crate) async fn change(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    member: MemberId,
    role: Role,
) -> Result<bool> {
    let statement = "UPDATE members SET role = $3 WHERE id = $1 AND project_id = $2";
    let values = [member.0.into(), project.0.into(), role_number::of(role).into()];
    Ok(sql::execute(connection, statement, values).await? > 0)
}

/// Takes somebody out of a project. `false` if they are no member any more.
pub(crate) async fn delete(connection: &impl ConnectionTrait, project: ProjectId, member: MemberId) -> Result<bool> {
    let statement = "DELETE FROM members WHERE id = $1 AND project_id = $2";
    Ok(sql::execute(connection, statement, [member.0.into(), project.0.into()]).await? > 0)
}

const COLUMNS: &str = "m.id, u.id, u.username, u.display_name, m.role, u.disabled_at, m.created_at, m.added_by_kind, \
                       m.added_by_name";

const FROM: &str = "members m JOIN users u ON u.id = m.user_id";

const ORDERS: [Order; 3] = [
    Order { name: "name", key: "u.username", key_type: KeyType::Text, tie: "m.id", descending: false },
    // Harbor's numbers do not follow the roles' strength.
    Order {
        name: "role",
        key: "CAST(CASE m.role WHEN 1 THEN 5 WHEN 4 THEN 4 WHEN 2 THEN 3 WHEN 3 THEN 2 ELSE 1 END AS BIGINT)",
        key_type: KeyType::Number,
        tie: "m.id",
        descending: true,
    },
    Order { name: "since", key: "m.created_at", key_type: KeyType::Number, tie: "m.id", descending: true },
];

/// A page of a project's members; the filter looks at both names.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    query: &ListQuery,
) -> Result<Page<Member>> {
    let mut values: Vec<Value> = vec![project.0.into()];
    let mut condition = "m.project_id = $1".to_owned();
    let filter = query.filter.trim().to_lowercase();
    if !filter.is_empty() {
        values.push(anywhere(&filter).into());
        condition += " AND (LOWER(u.username) LIKE $2 ESCAPE '\\' OR LOWER(u.display_name) LIKE $2 ESCAPE '\\')";
    }
    let list = List {
        columns: COLUMNS,
        from: FROM,
        count_from: FROM,
        condition: &condition,
        values: &values,
        orders: &ORDERS,
    };
    list.page(connection, query, member).await
}

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("id", "m.id", Holds::Number),
    Key::new("entity_id", "u.id", Holds::Number),
    Key::new("entity_name", "u.username", Holds::Text),
    Key::new("role_id", "m.role", Holds::Number),
    Key::new("creation_time", "m.created_at", Holds::Time),
];

/// A page of a project's members by its number, by name where no order is asked for.
pub(crate) async fn list_numbered(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    query: &NumberedQuery,
) -> Result<Numbered<Member>> {
    let list = NumberedList {
        columns: COLUMNS,
        from: FROM,
        condition: "m.project_id = $1".to_owned(),
        values: vec![project.0.into()],
        keys: KEYS,
        order: "u.username, m.id",
    };
    list.page(connection, query, member).await
}

/// One member.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    id: MemberId,
) -> Result<Option<Member>> {
    let statement = format!("SELECT {COLUMNS} FROM {FROM} WHERE m.id = $1 AND m.project_id = $2");
    sql::one(connection, &statement, [id.0.into(), project.0.into()]).await?.as_ref().map(member).transpose()
}

fn member(row: &QueryResult) -> Result<Member> {
    let id: i64 = row.try_get_by_index(0)?;
    let disabled_at: Option<i64> = row.try_get_by_index(5)?;
    let kind: Option<i16> = row.try_get_by_index(7)?;
    let name: Option<String> = row.try_get_by_index(8)?;
    Ok(Member {
        id,
        person: person(row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?),
        role: role(row.try_get_by_index(4)?, id)?,
        disabled: disabled_at.is_some(),
        since: from_micros(row.try_get_by_index(6)?),
        added_by: kind.zip(name).map(|(kind, name)| actors::summary(kind, name)),
    })
}

/// People whose name, or a word of whose shown name, begins like this, by name; with the role that they have in the project.
/// Disabled accounts are left out.
pub(crate) async fn find_people(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    prefix: &str,
) -> Result<Vec<Candidate>> {
    let statement = format!(
        "SELECT u.id, u.username, u.display_name, m.id, m.role FROM users u \
         LEFT JOIN members m ON m.user_id = u.id AND m.project_id = $1 \
         WHERE u.disabled_at IS NULL AND (LOWER(u.username) LIKE $2 ESCAPE '\\' \
         OR LOWER(u.display_name) LIKE $2 ESCAPE '\\' OR LOWER(u.display_name) LIKE $3 ESCAPE '\\') \
         ORDER BY u.username LIMIT {SUGGESTED}"
    );
    let anywhere = anywhere(&prefix.to_lowercase());
    let at_start = anywhere[1..].to_owned();
    let at_word = format!("% {at_start}");
    let rows = sql::all(connection, &statement, [project.0.into(), at_start.into(), at_word.into()]).await?;
    let candidate = |row: &QueryResult| -> Result<Candidate> {
        let member: Option<i64> = row.try_get_by_index(3)?;
        let number: Option<i16> = row.try_get_by_index(4)?;
        Ok(Candidate {
            person: person(row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?),
            role: member.zip(number).map(|(id, number)| role(number, id)).transpose()?,
        })
    };
    rows.iter().map(candidate).collect()
}

pub(super) fn person(id: i64, username: String, display_name: String) -> PersonName {
    let display_name = if display_name.is_empty() { username.clone() } else { display_name };
    PersonName { id, username, display_name }
}

fn role(number: i16, member: i64) -> Result<Role> {
    let unknown = || Error::Inconsistent { table: "members", column: "role", row: member.to_string() };
    role_number::find(number).ok_or_else(unknown)
}

/// How many have which role.
pub(crate) async fn count_by_role(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Vec<(Role, u64)>> {
    let statement = "SELECT role, COUNT(*) FROM members WHERE project_id = $1 GROUP BY role";
    let rows = sql::all(connection, statement, [project.0.into()]).await?;
    let unknown = || Error::Inconsistent { table: "members", column: "role", row: format!("project {}", project.0) };
    rows.iter()
        .map(|row| {
            let role = role_number::find(row.try_get_by_index(0)?).ok_or_else(unknown)?;
            Ok((role, sql::unsigned(row.try_get_by_index(1)?)))
        })
        .collect()
}
