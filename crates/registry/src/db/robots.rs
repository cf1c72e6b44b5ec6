//! Statements about robots, and how their names are written.

use super::sql;
use crate::{
    Error, Result,
    access::{ProjectId, RobotId, RobotPermission},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// A robot's full name as Harbor spells it: `robot$ci` of the system, `robot$library+ci` of a project.
pub(crate) fn full_name(project: Option<&str>, name: &str) -> String {
    match project {
        Some(project) => format!("robot${project}+{name}"),
        None => format!("robot${name}"),
    }
}

/// The project and the name in a robot's full name: Harbor's spelling, or `robot+ci` and `robot+library+ci`, which
/// shells and CI variables leave alone. `None`: it is no robot's name. People's names never look like one.
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
    let statement = format!("{COLUMNS} JOIN projects p ON p.id = r.project_id WHERE p.name = $1 AND r.name = $2");
    sql::find(connection, &statement, [project.into(), name.into()]).await
}

/// A new robot.
#[derive(Clone, Debug)]
pub(crate) struct NewRobot {
    pub(crate) project: Option<ProjectId>,
    pub(crate) name: String,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) permissions: Vec<RobotPermission>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_at: i64,
}

/// # Errors
/// [`Error::RobotNameTaken`] if the project, or the system, has a robot of this name.
pub(crate) async fn insert(connection: &impl ConnectionTrait, robot: &NewRobot) -> Result<RobotId> {
    // The index does not hold robots of the system apart: where there is no project, no two are equal.
    let taken = "SELECT id FROM robots WHERE name = $1 AND COALESCE(project_id, 0) = $2";
    let home = robot.project.map_or(0, |project| project.0);
    super::locks::name(connection, "robot", &format!("{home}/{}", robot.name)).await?;
    if sql::find_value::<i64>(connection, taken, [robot.name.as_str().into(), home.into()]).await?.is_some() {
        return Err(Error::RobotNameTaken { name: robot.name.clone() });
    }
    let permissions = serde_json::to_string(&robot.permissions).map_err(|error| Error::Internal(Box::new(error)))?;
    let statement = "INSERT INTO robots (project_id, name, secret_hash, permissions, expires_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let values = [
        robot.project.map(|project| project.0).into(),
        robot.name.as_str().into(),
        robot.secret_hash.to_vec().into(),
        permissions.into(),
        robot.expires_at.into(),
        robot.created_at.into(),
    ];
    Ok(RobotId(sql::get_value(connection, statement, values).await?))
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
    }
}
