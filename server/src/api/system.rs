//! The server as a whole: ping, health, what it is, and how much there is.

use api_types::rest::{ComponentHealthStatus, GeneralInfo, OverallHealthStatus, Statistic};
use axum::{Json, extract::State};

use super::{Answer, Api, Asked, Caller, configurations};
use crate::build_info;

/// Whether the API answers.
///
/// It looks at nothing: see `/health`.
#[utoipa::path(get, path = "/ping", tag = "system", operation_id = "getPing", security(()),
    responses((status = 200, description = "Pong", body = String, content_type = "text/plain")))]
pub async fn ping() -> &'static str {
    "Pong"
}

/// Whether database and store answer.
///
/// 200 either way, as Harbor answers it; `/readyz` is for load balancers.
#[utoipa::path(get, path = "/health", tag = "system", operation_id = "getHealth", security(()),
    responses((status = 200, body = OverallHealthStatus)))]
pub async fn health(State(api): State<Api>) -> Json<OverallHealthStatus> {
    let ready = api.0.health.is_ready().await;
    let status = |ready| if ready { "healthy" } else { "unhealthy" }.to_owned();
    let component =
        |name: &str, ready, error| ComponentHealthStatus { name: name.to_owned(), status: status(ready), error };
    let error = (!ready).then(|| "database or store does not answer; the log says more".to_owned());
    let components = vec![component("core", true, None), component("database and store", ready, error)];
    Json(OverallHealthStatus { status: status(ready), components })
}

/// What clients may know before they sign in; the version is for those who did.
#[utoipa::path(get, path = "/systeminfo", tag = "system", operation_id = "getSystemInfo",
    responses((status = 200, body = GeneralInfo)))]
pub async fn info(
    State(api): State<Api>,
    caller: Caller,
    axum::Extension(asked): axum::Extension<Asked>,
) -> Answer<Json<GeneralInfo>> {
    let outside = &asked.0.outside;
    let settings = api.registry().settings.system().await?;
    let restriction = configurations::restriction(settings.project_creation);
    Ok(Json(GeneralInfo {
        current_time: api.0.clock.now(),
        registry_url: outside.host().to_owned(),
        external_url: outside.to_string(),
        auth_mode: "db_auth".to_owned(),
        primary_auth_mode: true,
        project_creation_restriction: restriction.to_owned(),
        self_registration: settings.self_registration,
        has_ca_root: false,
        harbor_version: (!caller.actor.is_anonymous()).then(|| build_info::VERSION.to_owned()),
        read_only: false,
        notification_enable: false,
    }))
}

/// How many projects and repositories the caller sees.
#[utoipa::path(get, path = "/statistics", tag = "system", operation_id = "getStatistic",
    responses((status = 200, body = Statistic)))]
pub async fn statistics(State(api): State<Api>, caller: Caller) -> Answer<Json<Statistic>> {
    let caller = caller.known()?;
    let counted = api.registry().projects.statistics(&caller.actor).await?;
    Ok(Json(Statistic {
        private_project_count: counted.private_projects,
        private_repo_count: counted.private_repositories,
        public_project_count: counted.public_projects,
        public_repo_count: counted.public_repositories,
        total_project_count: counted.private_projects + counted.public_projects,
        total_repo_count: counted.private_repositories + counted.public_repositories,
        total_storage_consumption: counted.stored,
    }))
}
