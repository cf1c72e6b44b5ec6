//! Repositories.

use api_types::rest;
use axum::{Json, extract::State};

use super::{
    Answer, Api, Body, Caller, Done, Listed, Paging, Path,
    names::{ProjectNameAt, RepositoryAt},
    paging::PagingParams,
    shapes,
};

/// Repositories of all projects that the caller sees.
#[utoipa::path(get, path = "/repositories", tag = "repositories", operation_id = "listAllRepositories",
    params(PagingParams), responses((status = 200, body = [rest::Repository])))]
pub async fn list_all(State(api): State<Api>, caller: Caller, paging: Paging) -> Answer<Listed<rest::Repository>> {
    let page = api.registry().repositories.list_all_records(&caller.actor, &paging.query).await?;
    Ok(paging.listed(page, shapes::repository))
}

/// A project's repositories.
#[utoipa::path(get, path = "/projects/{project_name}/repositories", tag = "repositories", operation_id = "listRepositories",
    params(ProjectNameAt, PagingParams),
    responses((status = 200, body = [rest::Repository])))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectNameAt>,
    paging: Paging,
) -> Answer<Listed<rest::Repository>> {
    let project = caller.project(&api, &at.project_name).await?;
    let page = api.registry().repositories.list_records(&caller.actor, &project, &paging.query).await?;
    Ok(paging.listed(page, shapes::repository))
}

/// One repository.
#[utoipa::path(get, path = "/projects/{project_name}/repositories/{repository_name}", tag = "repositories",
    operation_id = "getRepository",
    params(RepositoryAt),
    responses((status = 200, body = rest::Repository)))]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<RepositoryAt>,
) -> Answer<Json<rest::Repository>> {
    let name = at.repository(&api, &caller).await?;
    Ok(Json(shapes::repository(api.registry().repositories.get_record(&caller.actor, &name).await?)))
}

/// Changes the description of a repository.
#[utoipa::path(put, path = "/projects/{project_name}/repositories/{repository_name}", tag = "repositories",
    operation_id = "updateRepository",
    params(RepositoryAt),
    request_body = rest::RepositoryReq, responses((status = 200, description = "Changed")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<RepositoryAt>,
    Body(wanted): Body<rest::RepositoryReq>,
) -> Answer<Done> {
    let name = at.repository(&api, &caller).await?;
    api.registry().repositories.describe(&caller.actor, &name, &wanted.description).await?;
    Ok(Done)
}

/// Deletes a repository with all its artifacts and tags.
#[utoipa::path(delete, path = "/projects/{project_name}/repositories/{repository_name}", tag = "repositories",
    operation_id = "deleteRepository",
    params(RepositoryAt),
    responses((status = 200, description = "Deleted"),
        (status = 412, description = "A rule protects a tag of it", body = rest::Errors)))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(at): Path<RepositoryAt>) -> Answer<Done> {
    let name = at.repository(&api, &caller).await?;
    api.registry().repositories.delete(&caller.actor, &name).await?;
    Ok(Done)
}
