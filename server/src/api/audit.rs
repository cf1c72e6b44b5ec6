//! The audit log.

use api_types::{AuditEvent, AuditResult, rest};
use axum::extract::State;
use oci::ProjectName;
use registry::audit::{AuditRecord, Listed as Which};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Api, Caller, Listed, Paging, Path, Query, names::ProjectNameAt, paging::PagingParams};

/// Where the list goes on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CursorParams {
    /// From the `Link` of the page before; it counts for more than `page`.
    cursor: Option<String>,
}

/// What was done, newest first: by everybody for system administrators, else by oneself.
///
/// `X-Total-Count` counts up to 10,000. `Link` leads on through the whole log, as quick at its end as at its beginning. Keys of `q`:
/// `username`, `resource`, `resource_type`, `operation`, and `op_time` as a range.
#[utoipa::path(get, path = "/audit-logs", tag = "audit log", operation_id = "listAuditLogs",
    params(PagingParams, CursorParams), responses((status = 200, body = [rest::AuditLog])))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    paging: Paging,
    Query(at): Query<CursorParams>,
) -> Answer<Listed<rest::AuditLog>> {
    read(&api, &caller, None, Which::Done, (&paging, &at), done).await
}

/// What was done, and which sign-ins and passwords failed, as `/audit-logs`.
#[utoipa::path(get, path = "/auditlog-exts", tag = "audit log", operation_id = "listAuditLogExts",
    params(PagingParams, CursorParams), responses((status = 200, body = [rest::AuditLogExt])))]
pub async fn list_all(
    State(api): State<Api>,
    caller: Caller,
    paging: Paging,
    Query(at): Query<CursorParams>,
) -> Answer<Listed<rest::AuditLogExt>> {
    read(&api, &caller, None, Which::All, (&paging, &at), tried).await
}

/// What was done in a project, as `/audit-logs`: by everybody for its admins, else by oneself.
#[utoipa::path(get, path = "/projects/{project_name}/logs", tag = "audit log", operation_id = "getLogs",
    params(ProjectNameAt, PagingParams, CursorParams), responses((status = 200, body = [rest::AuditLog])))]
pub async fn list_of_project(
    State(api): State<Api>,
    caller: Caller,
    Path(place): Path<ProjectNameAt>,
    paging: Paging,
    Query(at): Query<CursorParams>,
) -> Answer<Listed<rest::AuditLog>> {
    let project = caller.project(&api, &place.project_name).await?;
    read(&api, &caller, Some(project), Which::Done, (&paging, &at), done).await
}

/// What was done in a project and what failed there, as `/audit-logs`: by everybody for its admins, else by oneself.
#[utoipa::path(get, path = "/projects/{project_name}/auditlog-exts", tag = "audit log", operation_id = "getLogExts",
    params(ProjectNameAt, PagingParams, CursorParams), responses((status = 200, body = [rest::AuditLogExt])))]
pub async fn list_all_of_project(
    State(api): State<Api>,
    caller: Caller,
    Path(place): Path<ProjectNameAt>,
    paging: Paging,
    Query(at): Query<CursorParams>,
) -> Answer<Listed<rest::AuditLogExt>> {
    let project = caller.project(&api, &place.project_name).await?;
    read(&api, &caller, Some(project), Which::All, (&paging, &at), tried).await
}

async fn read<T>(
    api: &Api,
    caller: &Caller,
    project: Option<ProjectName>,
    which: Which,
    (paging, at): (&Paging, &CursorParams),
    shape: fn(AuditRecord) -> T,
) -> Answer<Listed<T>> {
    let (audit, cursor) = (&api.registry().audit, at.cursor.as_deref().unwrap_or_default());
    let page = audit.list_numbered(&caller.actor, project.as_ref(), which, &paging.query, cursor).await?;
    Ok(paging.listed_to((page.items, page.total), page.next.as_deref(), shape))
}

fn done(AuditRecord { event, resource_type, operation }: AuditRecord) -> rest::AuditLog {
    rest::AuditLog {
        id: event.id,
        username: event.actor.name,
        resource: event.resource,
        resource_type,
        operation,
        op_time: event.at,
    }
}

fn tried(record: AuditRecord) -> rest::AuditLogExt {
    rest::AuditLogExt {
        operation_description: description(&record.event),
        operation_result: record.event.result == AuditResult::Success,
        event: done(record),
    }
}

/// How often, and from where.
fn description(event: &AuditEvent) -> String {
    let times = if event.times == 1 { "once".to_owned() } else { format!("{} times", event.times) };
    event.address.as_ref().map_or_else(|| times.clone(), |address| format!("{times} from {address}"))
}
