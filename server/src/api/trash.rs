//! What was deleted, and the way back. Harbor has nothing like it.

use api_types::{TrashEntry, TrashKind, rest};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Api, Caller, Done, Path, Query, names::ProjectNameAt};

/// Where a page begins.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// The number of the last entry of the page before.
    before: Option<i64>,
}

/// Deleted projects that the caller can restore, the newest first, 200 at a time: those that they were project admin of, and all
/// for system administrators.
#[utoipa::path(get, path = "/trash", tag = "trash", operation_id = "listDeletedProjects",
    params(Before), responses((status = 200, body = [rest::TrashItem])))]
pub async fn list_projects(
    State(api): State<Api>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<Json<Vec<rest::TrashItem>>> {
    let entries = api.registry().trash.list_projects(&caller.actor, before).await?;
    Ok(Json(entries.into_iter().map(item).collect()))
}

/// What a project has in the trash, the newest first, 200 at a time; for those who may delete in it.
#[utoipa::path(get, path = "/projects/{project_name}/trash", tag = "trash", operation_id = "listTrash",
    params(ProjectNameAt, Before), responses((status = 200, body = [rest::TrashItem]),
        (status = 409, description = "The project has another name now, which the message tells", body = rest::Errors)))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectNameAt>,
    Query(Before { before }): Query<Before>,
) -> Answer<Json<Vec<rest::TrashItem>>> {
    let project = caller.project(&api, &at.project_name).await?;
    let entries = api.registry().trash.list(&caller.actor, &project, before).await?;
    Ok(Json(entries.into_iter().map(item).collect()))
}

/// Puts something back, to the same digests. Tags that point at something newer by now stay as they are.
#[utoipa::path(post, path = "/trash/{trash_id}/restore", tag = "trash", operation_id = "restoreFromTrash",
    params(("trash_id" = i64, Path, description = "Its number in the trash")),
    responses((status = 200, body = rest::TrashRestored),
        (status = 409, description = "A project or repository was created under its name since, or the quota has no room for it", body = rest::Errors)))]
pub async fn restore(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::TrashRestored>> {
    let restored = api.registry().trash.restore(&caller.actor, id).await?;
    Ok(Json(rest::TrashRestored {
        place: restored.repository,
        tags: restored.tags,
        kept: restored.kept,
        artifacts: restored.artifacts,
    }))
}

/// Lets something go before its time; for system administrators.
#[utoipa::path(delete, path = "/trash/{trash_id}", tag = "trash", operation_id = "deleteFromTrash",
    params(("trash_id" = i64, Path, description = "Its number in the trash")),
    responses((status = 200, description = "Gone for good"),
        (status = 412, description = "A rule that was made since protects a tag of it", body = rest::Errors)))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    api.registry().trash.delete_now(&caller.actor, id).await?;
    Ok(Done)
}

fn item(entry: TrashEntry) -> rest::TrashItem {
    let kind = match entry.kind {
        TrashKind::Tags => "tags",
        TrashKind::Artifacts => "artifacts",
        TrashKind::Repository => "repository",
        TrashKind::Project => "project",
    };
    rest::TrashItem {
        id: entry.id,
        kind: kind.to_owned(),
        place: entry.repository,
        name: entry.name,
        repositories: entry.repositories,
        tags: entry.tags,
        tag_names: entry.tag_names,
        artifacts: entry.artifacts,
        deleted_by: entry.deleted_by.name,
        deletion_time: entry.deleted_at,
        expires_at: entry.expires_at,
    }
}
