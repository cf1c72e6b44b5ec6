//! Quotas: how much projects may hold, and hold. They cannot be set yet.

use api_types::rest;
use axum::{Json, extract::State};
use registry::{access::ProjectId, projects::ProjectRecord};

use super::{Answer, Api, Caller, Listed, Paging, Path, paging::PagingParams, shapes};

/// The quotas of all projects; for system administrators. Conditions and orders are those of projects.
#[utoipa::path(get, path = "/quotas", tag = "quotas", operation_id = "listQuotas", params(PagingParams),
    responses((status = 200, body = [rest::Quota])))]
pub async fn list(State(api): State<Api>, caller: Caller, paging: Paging) -> Answer<Listed<rest::Quota>> {
    let page = api.registry().projects.list_quotas(&caller.actor, &paging.query).await?;
    Ok(paging.listed(page, |record| quota(&record)))
}

/// The quota of a project; for system administrators.
#[utoipa::path(get, path = "/quotas/{id}", tag = "quotas", operation_id = "getQuota",
    params(("id" = i64, Path, description = "The project's id")), responses((status = 200, body = rest::Quota)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::Quota>> {
    let record = api.registry().projects.get_quota(&caller.actor, ProjectId(id)).await?;
    Ok(Json(quota(&record)))
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
