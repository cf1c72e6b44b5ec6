//! Settings of the system.

use api_types::{
    ProjectCreation,
    rest::{ConfigItem, Configurations, ConfigurationsResponse},
};
use axum::{Json, extract::State};
use serde_json::Value;

use super::{Answer, Api, Body, Caller, Done, Failure};

/// What Harbor has a setting for and this has not, as it is.
const AUTH_MODE: &str = "db_auth";
const ROBOT_PREFIX: &str = "robot$";

/// Settings of the system; for system administrators.
#[utoipa::path(get, path = "/configurations", tag = "configurations", operation_id = "getConfigurations",
    responses((status = 200, body = ConfigurationsResponse)))]
pub async fn get(State(api): State<Api>, caller: Caller) -> Answer<Json<ConfigurationsResponse>> {
    let settings = api.registry().settings.get(&caller.actor).await?;
    Ok(Json(ConfigurationsResponse {
        auth_mode: fixed(AUTH_MODE.to_owned()),
        primary_auth_mode: fixed(true),
        project_creation_restriction: editable(restriction(settings.project_creation).to_owned()),
        self_registration: editable(settings.self_registration),
        audit_retention_days: editable(settings.audit_retention_days.into()),
        storage_per_project: editable(
            settings.default_quota.map_or(-1, |quota| i64::try_from(quota).unwrap_or(i64::MAX)),
        ),
        robot_name_prefix: fixed(ROBOT_PREFIX.to_owned()),
        read_only: fixed(false),
    }))
}

/// Changes settings of the system; for system administrators. What is left out stays.
#[utoipa::path(put, path = "/configurations", tag = "configurations", operation_id = "updateConfigurations",
    request_body = Configurations, responses((status = 200, description = "Changed")))]
pub async fn update(State(api): State<Api>, caller: Caller, Body(wanted): Body<Configurations>) -> Answer<Done> {
    api.registry().access.administrator(&caller.actor).await?;
    if let Some((key, value)) = wanted.others.iter().find(|(key, value)| !holds(key, value)) {
        return Err(Failure::Invalid(format!("{key}: Slipway has no such setting to give {value} to; leave it out")));
    }
    let creation = wanted.project_creation_restriction.as_deref().map(creation).transpose()?;
    let quota = wanted.storage_per_project.map(quota).transpose()?;
    let (registration, days) = (wanted.self_registration, wanted.audit_retention_days);
    let changed = api.registry().settings.change(&caller.actor, move |settings| {
        settings.project_creation = creation.unwrap_or(settings.project_creation);
        settings.self_registration = registration.unwrap_or(settings.self_registration);
        settings.audit_retention_days = days.unwrap_or(settings.audit_retention_days);
        settings.default_quota = quota.unwrap_or(settings.default_quota);
    });
    changed.await?;
    Ok(Done)
}

fn fixed<T>(value: T) -> ConfigItem<T> {
    ConfigItem { value, editable: false }
}

fn editable<T>(value: T) -> ConfigItem<T> {
    ConfigItem { value, editable: true }
}

/// Harbor's word for who may create projects.
pub fn restriction(creation: ProjectCreation) -> &'static str {
    match creation {
        ProjectCreation::Everyone => "everyone",
        ProjectCreation::Administrators => "adminonly",
    }
}

fn creation(word: &str) -> Result<ProjectCreation, Failure> {
    let all = [ProjectCreation::Everyone, ProjectCreation::Administrators];
    let found = all.into_iter().find(|creation| restriction(*creation) == word);
    found.ok_or_else(|| Failure::Invalid("project_creation_restriction is everyone or adminonly".to_owned()))
}

/// Bytes, or no limit for -1.
fn quota(bytes: i64) -> Result<Option<u64>, Failure> {
    match bytes {
        -1 => Ok(None),
        bytes => u64::try_from(bytes).map(Some).map_err(|_| {
            Failure::Invalid("storage_per_project is a number of bytes, or -1 without a limit".to_owned())
        }),
    }
}

/// Whether a setting that there is not is asked to be what holds anyway: off, or nothing.
fn holds(key: &str, value: &Value) -> bool {
    match (key, value) {
        (_, Value::Null | Value::Bool(false)) => true,
        ("auth_mode", Value::String(text)) => text == AUTH_MODE,
        ("robot_name_prefix", Value::String(text)) => text == ROBOT_PREFIX,
        ("primary_auth_mode", Value::Bool(on)) => *on,
        (_, Value::String(text)) => text.is_empty(),
        _ => false,
    }
}
