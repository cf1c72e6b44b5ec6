//! Statements about robots, and how their names are written.

use super::{
    actors::Creator,
    from_micros,
    numbered::{Holds, Key, NumberedList},
    page::{KeyType, List, Order},
    sql::{self, anywhere},
};
use crate::{
    Error, Result,
    access::{ProjectId, RobotId, RobotPermission, UserId},
    numbered::{Numbered, NumberedQuery},
};
use api_types::{ListQuery, Page};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use time::OffsetDateTime;

/// A robot's full name as Harbor spells it: `robot$ci` of the system, `robot$library+ci` of a project.
pub(crate) fn full_name(project: Option<&str>, name: &str) -> String {
    match project {
        Some(project) => format!("robot${project}+{name}"),
        None => format!("robot${name}"),
    }
}

/// The same in the spelling that shells and CI variables leave alone: `robot+ci`, `robot+library+ci`.
pub(crate) fn safe_name(project: Option<&str>, name: &str) -> String {
    full_name(project, name).replacen('$', "+", 1)
}

/// The project and the name in a robot's full name, in either spelling. `None`: it is no robot's name. People's names never
/// look like one.
pub(crate) fn parse_name(full: &str) -> Option<(Option<&str>, &str)> {
    let rest = full.strip_prefix("robot")?.strip_prefix(['$', '+'])?;
    Some(rest.split_once('+').map_or((None, rest), |(project, name)| (Some(project), name)))
}

/// A robot as signing in needs it.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct RobotSecrets {
    pub(crate) id: i64,
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) previous_secret_hash: Option<Vec<u8>>,
    pub(crate) previous_until: Option<i64>,
}

/// What the robot of a name, or of the name that it had before its project was renamed, signs in with.
pub(crate) async fn find_secrets(
    connection: &impl ConnectionTrait,
    project: Option<&str>,
    name: &str,
) -> Result<Option<RobotSecrets>> {
    const COLUMNS: &str = "SELECT r.id, r.secret_hash, r.previous_secret_hash, r.previous_until FROM robots r";
    let Some(project) = project else {
        let statement = format!("{COLUMNS} WHERE r.project_id IS NULL AND r.name = $1");
        return sql::find(connection, &statement, [name.into()]).await;
    };
    // No name is a project's and a former one's at once.
    let statement = format!(
        "{COLUMNS} WHERE r.name = $2 AND r.project_id = COALESCE((SELECT p.id FROM projects p WHERE p.name = $1), \
         (SELECT a.project_id FROM project_aliases a WHERE a.name = $1))"
    );
    sql::find(connection, &statement, [project.into(), name.into()]).await
}

/// A new robot.
#[derive(Clone, Debug)]
pub(crate) struct NewRow {
    pub(crate) project: Option<ProjectId>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) permissions: Vec<RobotPermission>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_by: Option<Creator>,
    pub(crate) created_at: i64,
}

/// # Errors
/// [`Error::RobotNameTaken`] if the project, or the system, has a robot of this name.
pub(crate) async fn insert(connection: &impl ConnectionTrait, robot: &NewRow) -> Result<RobotId> {
    // The index does not hold robots of the system apart: where there is no project, no two are equal.
    let taken = "SELECT id FROM robots WHERE name = $1 AND COALESCE(project_id, 0) = $2";
    let home = robot.project.map_or(0, |project| project.0);
    super::locks::name(connection, "robot", &format!("{home}/{}", robot.name)).await?;
    if sql::find_value::<i64>(connection, taken, [robot.name.as_str().into(), home.into()]).await?.is_some() {
        return Err(Error::RobotNameTaken { name: robot.name.clone() });
    }
    let statement = "INSERT INTO robots (project_id, name, description, secret_hash, permissions, expires_at, created_by, \
         created_by_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    let [created_by, created_by_name] = Creator::values(robot.created_by.as_ref());
    let values = [
        robot.project.map(|project| project.0).into(),
        robot.name.as_str().into(),
        robot.description.as_str().into(),
        robot.secret_hash.to_vec().into(),
        written(&robot.permissions)?.into(),
        robot.expires_at.into(),
        created_by,
        created_by_name,
        robot.created_at.into(),
    ];
    Ok(RobotId(sql::get_value(connection, statement, values).await?))
}

fn written(permissions: &[RobotPermission]) -> Result<String> {
    serde_json::to_string(permissions).map_err(|error| Error::Internal(Box::new(error)))
}

/// A robot as lists and forms show it.
#[derive(Clone, Debug)]
pub(crate) struct Robot {
    pub(crate) id: RobotId,
    pub(crate) name: String,
    /// Where it is at home: the project's id and present name.
    pub(crate) home: Option<(ProjectId, String)>,
    pub(crate) description: String,
    pub(crate) given: Vec<RobotPermission>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) disabled: bool,
    pub(crate) last_used_at: Option<OffsetDateTime>,
    pub(crate) last_used_from: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) created_by: Option<String>,
    pub(crate) rotated_at: Option<OffsetDateTime>,
    pub(crate) previous_until: Option<OffsetDateTime>,
}

const COLUMNS: &str = "r.id, r.name, r.project_id, p.name, r.description, r.permissions, r.expires_at, r.disabled_at, \
                       r.last_used_at, r.last_used_from, r.created_at, r.created_by_name, r.rotated_at, \
                       r.previous_until";

const FROM: &str = "robots r LEFT JOIN projects p ON p.id = r.project_id";

/// The orders of lists. What never ends stands last, and so does what was never used.
const ORDERS: [Order; 3] = [
    Order { name: "name", key: "r.name", key_type: KeyType::Text, tie: "r.id", descending: false },
    Order {
        name: "expires",
        key: "COALESCE(r.expires_at, 9223372036854775807)",
        key_type: KeyType::Number,
        tie: "r.id",
        descending: false,
    },
    Order {
        name: "used",
        key: "COALESCE(r.last_used_at, 0)",
        key_type: KeyType::Number,
        tie: "r.id",
        descending: true,
    },
];

/// A page of the robots of a project, or of those of the system. The filter looks at names and descriptions.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    home: Option<ProjectId>,
    query: &ListQuery,
) -> Result<Page<Robot>> {
    let mut values = Vec::new();
    let mut condition = "r.project_id IS NULL".to_owned();
    if let Some(home) = home {
        values.push(home.0.into());
        "r.project_id = $1".clone_into(&mut condition);
    }
    let filter = query.filter.trim().to_lowercase();
    if !filter.is_empty() {
        values.push(anywhere(&filter).into());
        let place = values.len();
        condition = format!(
            "{condition} AND (r.name LIKE ${place} ESCAPE '\\' OR LOWER(r.description) LIKE ${place} ESCAPE '\\')"
        );
    }
    let list = List {
        columns: COLUMNS,
        from: FROM,
        count_from: "robots r",
        condition: &condition,
        values: &values,
        orders: &ORDERS,
    };
    list.page(connection, query, robot).await
}

/// What conditions and orders of numbered pages may name.
const KEYS: &[Key] = &[
    Key::new("name", "r.name", Holds::Text),
    Key::new("id", "r.id", Holds::Number),
    Key::new("description", "r.description", Holds::Text),
    Key::new("creation_time", "r.created_at", Holds::Time),
];

/// A numbered page of the robots of a project, or of those of the system, by name where no order is asked for.
pub(crate) async fn list_numbered(
    connection: &impl ConnectionTrait,
    home: Option<ProjectId>,
    query: &NumberedQuery,
) -> Result<Numbered<Robot>> {
    let (condition, values) = match home {
        Some(home) => ("r.project_id = $1", vec![home.0.into()]),
        None => ("r.project_id IS NULL", Vec::new()),
    };
    let condition = condition.to_owned();
    let list = NumberedList { columns: COLUMNS, from: FROM, condition, values, keys: KEYS, order: "r.name, r.id" };
    list.page(connection, query, robot).await
}

/// One robot, unless its project was deleted.
pub(crate) async fn find(connection: &impl ConnectionTrait, id: RobotId) -> Result<Option<Robot>> {
    let statement = format!("SELECT {COLUMNS} FROM {FROM} WHERE r.id = $1 AND p.deleted_at IS NULL");
    sql::one(connection, &statement, [id.0.into()]).await?.as_ref().map(robot).transpose()
}

fn robot(row: &QueryResult) -> Result<Robot> {
    let id: i64 = row.try_get_by_index(0)?;
    let home: Option<i64> = row.try_get_by_index(2)?;
    let project: Option<String> = row.try_get_by_index(3)?;
    let permissions: String = row.try_get_by_index(5)?;
    let disabled_at: Option<i64> = row.try_get_by_index(7)?;
    let time = |at| Ok::<_, Error>(row.try_get_by_index::<Option<i64>>(at)?.map(from_micros));
    Ok(Robot {
        id: RobotId(id),
        name: row.try_get_by_index(1)?,
        home: home.map(ProjectId).zip(project),
        description: row.try_get_by_index(4)?,
        given: super::access::given(&permissions, home, id)?,
        expires_at: time(6)?,
        disabled: disabled_at.is_some(),
        last_used_at: time(8)?,
        last_used_from: row.try_get_by_index(9)?,
        created_at: from_micros(row.try_get_by_index(10)?),
        created_by: row.try_get_by_index(11)?,
        rotated_at: time(12)?,
        previous_until: time(13)?,
    })
}

/// Changes what a robot is for, what it may, and when it ends; `false` if it is gone.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    robot: RobotId,
    (description, permissions, expires_at): (&str, &[RobotPermission], Option<i64>),
) -> Result<bool> {
    let statement = "UPDATE robots SET description = $2, permissions = $3, expires_at = $4 WHERE id = $1";
    let values = [robot.0.into(), description.into(), written(permissions)?.into(), expires_at.into()];
    Ok(sql::execute(connection, statement, values).await? > 0)
}

/// Puts a robot out of use, or into use again; `false` if it is so already or gone.
pub(crate) async fn set_disabled(
    connection: &impl ConnectionTrait,
    robot: RobotId,
    disabled_at: Option<i64>,
) -> Result<bool> {
    let statement = if disabled_at.is_some() {
        "UPDATE robots SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL"
    } else {
        "UPDATE robots SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NOT NULL"
    };
    Ok(sql::execute(connection, statement, [robot.0.into(), disabled_at.into()]).await? > 0)
}

/// A new secret for a robot.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    pub(crate) robot: RobotId,
    pub(crate) secret_hash: [u8; 32],
    /// Until when the present secret goes on working, if at all.
    pub(crate) previous_until: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    /// When the secret that is replaced was made by a rotation, as whoever asks has seen it.
    pub(crate) seen: Option<i64>,
    pub(crate) now: i64,
}

/// Replaces a robot's secret; `false` if it was replaced since it was `seen`, or the robot is gone.
pub(crate) async fn rotate(connection: &impl ConnectionTrait, rotation: &Rotation) -> Result<bool> {
    let previous = if rotation.previous_until.is_some() { "secret_hash" } else { "NULL" };
    let statement = format!(
        "UPDATE robots SET secret_hash = $2, previous_secret_hash = {previous}, previous_until = $3, expires_at = $4, \
         rotated_at = $5 WHERE id = $1 AND COALESCE(rotated_at, 0) = $6"
    );
    let values = [
        rotation.robot.0.into(),
        rotation.secret_hash.to_vec().into(),
        rotation.previous_until.into(),
        rotation.expires_at.into(),
        rotation.now.into(),
        rotation.seen.unwrap_or(0).into(),
    ];
    Ok(sql::execute(connection, &statement, values).await? > 0)
}

/// Removes a robot; `false` if it is gone already.
pub(crate) async fn delete(connection: &impl ConnectionTrait, robot: RobotId) -> Result<bool> {
    Ok(sql::execute(connection, "DELETE FROM robots WHERE id = $1", [robot.0.into()]).await? > 0)
}

/// A robot whose end is near.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct ExpiringRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) project: Option<String>,
    pub(crate) expires_at: i64,
}

/// Whose robots are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Administered {
    /// All, and those of the system.
    Everything,
    /// Those of the system.
    System,
    /// Those of the projects that a person is the project admin of.
    By(UserId),
    /// Those of one project.
    Project(ProjectId),
}

/// Robots in use whose end lies between two times, first come first; a few.
pub(crate) async fn list_expiring(
    connection: &impl ConnectionTrait,
    administered: Administered,
    (from, to): (i64, i64),
    limit: u32,
) -> Result<Vec<ExpiringRow>> {
    let mut values = vec![from.into(), to.into()];
    let condition = match administered {
        Administered::Everything => "",
        Administered::System => " AND r.project_id IS NULL",
        Administered::By(user) => {
            values.push(user.0.into());
            " AND r.project_id IN (SELECT project_id FROM members WHERE user_id = $3 AND role = 1)"
        }
        Administered::Project(project) => {
            values.push(project.0.into());
            " AND r.project_id = $3"
        }
    };
    let statement = format!(
        "SELECT r.id, r.name, p.name AS project, r.expires_at FROM robots r LEFT JOIN projects p ON p.id = r.project_id \
         WHERE r.expires_at > $1 AND r.expires_at <= $2 AND r.disabled_at IS NULL \
         AND p.deleted_at IS NULL{condition} \
         ORDER BY r.expires_at, r.id LIMIT {limit}"
    );
    sql::list(connection, &statement, values).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_robot() {
        for name in ["robot$library+ci", "robot+library+ci"] {
            assert_eq!(parse_name(name), Some((Some("library"), "ci")), "{name}");
        }
        for name in ["robot$ci", "robot+ci"] {
            assert_eq!(parse_name(name), Some((None, "ci")), "{name}");
        }
        for name in ["robot", "robots", "ada", "robot-ci", "Robot$ci", ""] {
            assert_eq!(parse_name(name), None, "{name}");
        }
        assert_eq!(parse_name(&full_name(Some("a.b"), "c-d")), Some((Some("a.b"), "c-d")));
        assert_eq!(
            (safe_name(Some("a.b"), "c"), safe_name(None, "c")),
            ("robot+a.b+c".to_owned(), "robot+c".to_owned())
        );
    }
}
