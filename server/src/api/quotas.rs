//! Quotas: how much projects may hold, and hold. The quota of a project has the project's id.

use api_types::rest;
use axum::{Json, extract::State};
use registry::{access::ProjectId, numbered::Wanted, projects::ProjectRecord};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Api, Body, Caller, Done, Failure, Listed, Paging, Path, Query, paging::PagingParams, shapes};

/// What the list of quotas takes beside its page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QuotasParams {
    /// Whose quotas: `project`, as there are no others.
    reference: Option<String>,
    /// The id of a project.
    reference_id: Option<i64>,
}

/// The quotas of all projects; for system administrators. Conditions and orders are those of projects.
#[utoipa::path(get, path = "/quotas", tag = "quotas", operation_id = "listQuotas", params(PagingParams, QuotasParams),
    responses((status = 200, body = [rest::Quota])))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    paging: Paging,
    Query(params): Query<QuotasParams>,
) -> Answer<Listed<rest::Quota>> {
    if params.reference.is_some_and(|reference| reference != "project") {
        return Err(Failure::Invalid("reference: only projects have quotas; leave it out".to_owned()));
    }
    let mut query = paging.query.clone();
    if let Some(id) = params.reference_id {
        query = query.with("project_id", Wanted::Is(id.to_string()));
    }
    let page = api.registry().projects.list_quotas(&caller.actor, &query).await?;
    Ok(paging.listed(page, |record| quota(&record)))
}

/// The quota of a project; for system administrators.
#[utoipa::path(get, path = "/quotas/{id}", tag = "quotas", operation_id = "getQuota",
    params(("id" = i64, Path, description = "The project's id")), responses((status = 200, body = rest::Quota)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::Quota>> {
    let record = api.registry().projects.get_quota(&caller.actor, ProjectId(id)).await?;
    Ok(Json(quota(&record)))
}

/// Sets how much a project may hold; for system administrators. What it holds stays, also where that is more.
#[utoipa::path(put, path = "/quotas/{id}", tag = "quotas", operation_id = "updateQuota",
    params(("id" = i64, Path, description = "The project's id")), request_body = rest::QuotaUpdateReq,
    responses((status = 200, description = "Set")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::QuotaUpdateReq>,
) -> Answer<Done> {
    let quota = limit(wanted.hard.storage)?;
    api.registry().projects.set_quota_of(&caller.actor, ProjectId(id), quota).await?;
    Ok(Done)
}

/// A limit as the API writes it.
fn limit(storage: i64) -> Result<Option<u64>, Failure> {
    match storage {
        -1 => Ok(None),
        storage => match u64::try_from(storage) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(Failure::Invalid("hard.storage is a number of bytes, or -1 for no limit".to_owned())),
        },
    }
}

fn quota(record: &ProjectRecord) -> rest::Quota {
    let rest::ProjectSummaryQuota { hard, used } = shapes::quota(record);
    rest::Quota {
        id: record.id.0,
        reference: rest::QuotaRef { id: record.id.0, name: record.name.clone(), owner_name: record.owner_name.clone() },
        hard,
        used,
        creation_time: record.created_at,
        update_time: record.updated_at,
    }
}
