//! Robots.

use api_types::{CredentialState, Lifetime, NewRobot, Overlap, RobotAccess, RobotChange, RobotSummary, rest};
use axum::{Json, extract::State};
use http::{HeaderValue, StatusCode, header};
use registry::{
    access::{ProjectId, RobotId},
    numbered::{Condition, Wanted},
};
use time::{Duration, OffsetDateTime};

use super::{
    Answer, Api, BASE, Body, Caller, Done, Failure, Listed, Paging, Path, paging::PagingParams, permissions, projects,
};

/// Days that a robot lives where nothing is said, as in Harbor.
const DAYS: i64 = 30;

/// Robots of the system, or with `q=Level=project,ProjectID=7` those of a project.
#[utoipa::path(get, path = "/robots", tag = "robots", operation_id = "ListRobot", params(PagingParams),
    responses((status = 200, body = [rest::Robot]),
        (status = 404, description = "The project does not exist, or the caller may not know of it", body = rest::Errors)))]
pub async fn list(State(api): State<Api>, caller: Caller, paging: Paging) -> Answer<Listed<rest::Robot>> {
    let mut query = paging.query.clone();
    let project = taken(&mut query.conditions, "ProjectID").map(|text| text.parse::<i64>());
    let level = taken(&mut query.conditions, "Level");
    let project = match (level.as_deref(), project) {
        (_, Some(Err(_))) => return Err(Failure::Invalid("ProjectID is a number".to_owned())),
        (Some("system") | None, None) => None,
        (Some("project") | None, Some(Ok(id))) => {
            Some(api.registry().projects.name_of(&caller.actor, ProjectId(id)).await?)
        }
        (Some("project"), None) => {
            return Err(Failure::Invalid(
                "robots of projects are listed by project: q=Level=project,ProjectID=7".to_owned(),
            ));
        }
        _ => return Err(Failure::Invalid("Level is system or project, and a project has a ProjectID".to_owned())),
    };
    let page = api.registry().robots.list_numbered(&caller.actor, project.as_ref(), &query).await?;
    Ok(paging.listed(page, shape))
}

/// Takes a condition out of those that a list gets, if it asks for one value. Harbor's clients write these in any case.
fn taken(conditions: &mut Vec<Condition>, key: &str) -> Option<String> {
    let is = |condition: &Condition| condition.key.eq_ignore_ascii_case(key);
    let place = conditions.iter().position(is)?;
    match conditions.remove(place).wanted {
        Wanted::Is(text) => Some(text),
        _ => Some(String::new()),
    }
}

/// Creates a robot. Its secret is shown this once.
#[utoipa::path(post, path = "/robots", tag = "robots", operation_id = "CreateRobot", request_body = rest::RobotCreate,
    responses((status = 201, body = rest::RobotCreated, headers(("Location" = String, description = "Its address"))),
        (status = 404, description = "The project does not exist, or the caller may not know of it", body = rest::Errors),
        (status = 409, description = "The name is taken", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<rest::RobotCreate>,
) -> Answer<(StatusCode, [(header::HeaderName, HeaderValue); 1], Json<rest::RobotCreated>)> {
    if wanted.secret.is_some_and(|secret| !secret.is_empty()) {
        return Err(Failure::Invalid("secret: secrets are made here, and shown once; leave it out".to_owned()));
    }
    let of_project = match wanted.level.as_deref() {
        Some("project") | None => true,
        Some("system") => false,
        Some(_) => return Err(Failure::Invalid("level is system or project".to_owned())),
    };
    let access = access(of_project, &wanted.permissions)?;
    let project = match access.as_slice() {
        [RobotAccess { project: Some(name), .. }] if of_project => Some(projects::named(name)?),
        _ => None,
    };
    let days = wanted.duration.unwrap_or(DAYS);
    let robot = NewRobot { name: wanted.name, description: wanted.description, access, lifetime: lifetime(days)? };
    let robots = &api.registry().robots;
    let created = robots.create(&caller.actor, project.as_ref(), &robot).await?;
    if wanted.disable {
        robots.set_disabled(&caller.actor, created.id, true).await?;
    }
    let location =
        HeaderValue::try_from(format!("{BASE}/robots/{}", created.id.0)).unwrap_or(HeaderValue::from_static(BASE));
    let shown = rest::RobotCreated {
        id: created.id.0,
        name: created.name,
        secret: created.secret.expose().clone(),
        creation_time: api.0.clock.now(),
        expires_at: seconds(created.expires_at),
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)))
}

/// One robot.
#[utoipa::path(get, path = "/robots/{robot_id}", tag = "robots", operation_id = "GetRobotByID",
    params(("robot_id" = i64, Path, description = "The robot's id")), responses((status = 200, body = rest::Robot)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::Robot>> {
    Ok(Json(shape(api.registry().robots.get(&caller.actor, RobotId(id)).await?)))
}

/// Changes a robot. What is left out stays; its name and home do. A project's robot has permissions in that project alone.
#[utoipa::path(put, path = "/robots/{robot_id}", tag = "robots", operation_id = "UpdateRobot",
    params(("robot_id" = i64, Path, description = "The robot's id")), request_body = rest::RobotUpdate,
    responses((status = 200, description = "Changed")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::RobotUpdate>,
) -> Answer<Done> {
    let robots = &api.registry().robots;
    let robot = robots.get(&caller.actor, RobotId(id)).await?;
    let of_project = robot.project.is_some();
    let level = if of_project { "project" } else { "system" };
    let renamed = wanted.name.is_some_and(|name| ![&robot.name, &robot.login, &robot.harbor_login].contains(&&name));
    if renamed || wanted.level.is_some_and(|wanted| wanted != level) {
        return Err(Failure::Invalid("robots keep their name and level: create another one".to_owned()));
    }
    let access = wanted.permissions.as_deref().map(|permissions| access(of_project, permissions)).transpose()?;
    let before = days(robot.created_at, robot.expires_at);
    let lifetime = match wanted.duration.filter(|duration| *duration != before) {
        Some(duration) => Some(lifetime(duration)?),
        None => None,
    };
    let change = RobotChange { description: wanted.description, access, lifetime };
    robots.update(&caller.actor, RobotId(id), &change).await?;
    if let Some(disabled) = wanted.disable {
        robots.set_disabled(&caller.actor, RobotId(id), disabled).await?;
    }
    Ok(Done)
}

/// Gives a robot a new secret, which is shown this once. The one before ends now.
#[utoipa::path(patch, path = "/robots/{robot_id}", tag = "robots", operation_id = "RefreshSec",
    params(("robot_id" = i64, Path, description = "The robot's id")), request_body = rest::RobotSec,
    responses((status = 200, body = rest::RobotSec),
        (status = 409, description = "It was given a new secret meanwhile", body = rest::Errors)))]
pub async fn refresh(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::RobotSec>,
) -> Answer<Json<rest::RobotSec>> {
    if wanted.secret.is_some_and(|secret| !secret.is_empty()) {
        return Err(Failure::Invalid("secret: secrets are made here, and shown once; leave it empty".to_owned()));
    }
    let robots = &api.registry().robots;
    let seen = robots.get(&caller.actor, RobotId(id)).await?.rotated_at;
    let created = robots.rotate(&caller.actor, RobotId(id), Overlap::None, None, seen).await?;
    Ok(Json(rest::RobotSec { secret: Some(created.secret.expose().clone()) }))
}

/// Removes a robot for good.
#[utoipa::path(delete, path = "/robots/{robot_id}", tag = "robots", operation_id = "DeleteRobot",
    params(("robot_id" = i64, Path, description = "The robot's id")), responses((status = 200, description = "Deleted")))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    api.registry().robots.delete(&caller.actor, RobotId(id)).await?;
    Ok(Done)
}

/// What a robot is given. A namespace is the name of a project, never its number.
fn access(of_project: bool, permissions: &[rest::RobotPermission]) -> Result<Vec<RobotAccess>, Failure> {
    let mut access = Vec::new();
    for given in permissions {
        if given.kind != "project" {
            return Err(Failure::Invalid(
                "permissions: a robot can be given something in projects, not in the system".to_owned(),
            ));
        }
        if given
            .access
            .iter()
            .any(|one| one.effect.as_deref().is_some_and(|effect| !effect.is_empty() && effect != "allow"))
        {
            return Err(Failure::Invalid("permissions: nothing can be denied; leave it out".to_owned()));
        }
        let may = permissions::of(&given.access)?;
        let project = (given.namespace != "*").then(|| given.namespace.clone());
        let says_allow = given.access.iter().any(|one| one.effect.as_deref() == Some("allow"));
        access.push(RobotAccess { says_allow, ..RobotAccess::new(project, may) });
    }
    if of_project && !matches!(access.as_slice(), [RobotAccess { project: Some(_), .. }]) {
        return Err(Failure::Invalid("a robot of a project has permissions in one project, by its name".to_owned()));
    }
    Ok(access)
}

/// How long something lives, in days as Harbor counts them.
///
/// # Errors
/// [`Failure::Invalid`] for no days and fewer, but for -1.
pub fn lifetime(days: i64) -> Result<Lifetime, Failure> {
    match days {
        -1 => Ok(Lifetime::Never),
        _ => u32::try_from(days)
            .ok()
            .filter(|days| *days > 0)
            .map(Lifetime::Days)
            .ok_or_else(|| Failure::Invalid("duration is a number of days, or -1 for ever".to_owned())),
    }
}

/// Days from its creation to its end, as Harbor counts.
fn days(from: OffsetDateTime, to: Option<OffsetDateTime>) -> i64 {
    to.map_or(-1, |to| ((to - from) + Duration::hours(12)).whole_days())
}

fn seconds(end: Option<OffsetDateTime>) -> i64 {
    end.map_or(-1, OffsetDateTime::unix_timestamp)
}

fn shape(robot: RobotSummary) -> rest::Robot {
    let permissions = robot.access.iter().map(|given| rest::RobotPermission {
        kind: "project".to_owned(),
        namespace: given.project.clone().unwrap_or_else(|| "*".to_owned()),
        access: permissions::told(given),
    });
    rest::Robot {
        permissions: permissions.collect(),
        id: robot.id,
        name: robot.harbor_login,
        description: robot.description,
        level: if robot.project.is_some() { "project" } else { "system" }.to_owned(),
        duration: days(robot.created_at, robot.expires_at),
        editable: true,
        disable: robot.state == CredentialState::Disabled,
        expires_at: seconds(robot.expires_at),
        creation_time: robot.created_at,
        update_time: robot.rotated_at.unwrap_or(robot.created_at),
    }
}
