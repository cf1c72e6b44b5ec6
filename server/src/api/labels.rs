//! Labels, and which artifacts are marked with them.

use api_types::{LabelChange, NewLabel, rest};
use axum::{Json, extract::State};
use oci::ProjectName;
use registry::{
    access::{LabelId, ProjectId},
    numbered::Wanted,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Answer, Api, BASE, Body, Caller, Created, Done, Failure, Listed, Paging, Path, Query,
    names::{ArtifactAt, ArtifactLabelAt},
    paging::PagingParams,
    shapes,
};

/// Whose labels are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LabelsParams {
    /// `g` for those of the system, `p` for those of a project.
    scope: Option<String>,
    /// The project, where the scope is `p`.
    project_id: Option<i64>,
    /// A part of the name.
    name: Option<String>,
}

/// The labels of the system, for everybody who is signed in, or of a project.
#[utoipa::path(get, path = "/labels", tag = "labels", operation_id = "ListLabels", params(PagingParams, LabelsParams),
    responses((status = 200, body = [rest::Label]),
        (status = 404, description = "The project does not exist, or the caller may not know of it", body = rest::Errors)))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    paging: Paging,
    Query(params): Query<LabelsParams>,
) -> Answer<Listed<rest::Label>> {
    let project = home(&api, &caller, params.scope.as_deref(), params.project_id).await?;
    let mut query = paging.query.clone();
    if let Some(name) = params.name.filter(|name| !name.is_empty()) {
        query = query.with("name", Wanted::Contains(name));
    }
    let page = api.registry().labels.list_numbered(&caller.actor, project.as_ref(), &query).await?;
    Ok(paging.listed(page, shapes::label))
}

/// Creates a label: of the system, by its administrators, or of a project, by its maintainers.
#[utoipa::path(post, path = "/labels", tag = "labels", operation_id = "CreateLabel", request_body = rest::LabelReq,
    responses((status = 201, description = "Created", headers(("Location" = String, description = "Its address"))),
        (status = 404, description = "The project does not exist, or the caller may not know of it", body = rest::Errors),
        (status = 409, description = "There is a label of this name", body = rest::Errors)))]
pub async fn create(State(api): State<Api>, caller: Caller, Body(wanted): Body<rest::LabelReq>) -> Answer<Created> {
    let project = home(&api, &caller, wanted.scope.as_deref(), wanted.project_id).await?;
    let label = NewLabel {
        name: wanted.name.unwrap_or_default(),
        description: wanted.description.unwrap_or_default(),
        color: wanted.color.unwrap_or_default(),
    };
    let id = api.registry().labels.create(&caller.actor, project.as_ref(), &label).await?;
    Ok(Created(format!("{BASE}/labels/{}", id.0)))
}

/// One label.
#[utoipa::path(get, path = "/labels/{label_id}", tag = "labels", operation_id = "GetLabelByID",
    params(("label_id" = i64, Path, description = "The label's id")), responses((status = 200, body = rest::Label)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::Label>> {
    Ok(Json(shapes::label(api.registry().labels.get(&caller.actor, LabelId(id)).await?)))
}

/// Changes a label. What is left out stays; its scope and project do.
#[utoipa::path(put, path = "/labels/{label_id}", tag = "labels", operation_id = "UpdateLabel",
    params(("label_id" = i64, Path, description = "The label's id")), request_body = rest::LabelReq,
    responses((status = 200, description = "Changed"),
        (status = 409, description = "There is a label of this name", body = rest::Errors)))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::LabelReq>,
) -> Answer<Done> {
    let labels = &api.registry().labels;
    let present = shapes::label(labels.get(&caller.actor, LabelId(id)).await?);
    let moves = wanted.scope.is_some_and(|scope| scope != present.scope)
        || wanted.project_id.is_some_and(|project| project != present.project_id);
    if moves {
        return Err(Failure::Invalid("labels keep their scope and project: create another one".to_owned()));
    }
    let change = LabelChange { name: wanted.name, description: wanted.description, color: wanted.color };
    labels.update(&caller.actor, LabelId(id), &change).await?;
    Ok(Done)
}

/// Deletes a label, also from every artifact that is marked with it.
#[utoipa::path(delete, path = "/labels/{label_id}", tag = "labels", operation_id = "DeleteLabel",
    params(("label_id" = i64, Path, description = "The label's id")), responses((status = 200, description = "Deleted")))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    api.registry().labels.delete(&caller.actor, LabelId(id)).await?;
    Ok(Done)
}

/// Marks an artifact with a label of its project or of the system.
#[utoipa::path(post, path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels",
    tag = "artifacts", operation_id = "addLabel", params(ArtifactAt), request_body = rest::LabelRef,
    responses((status = 200, description = "Marked"),
        (status = 409, description = "The artifact has the label already", body = rest::Errors)))]
pub async fn add(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ArtifactAt>,
    Body(label): Body<rest::LabelRef>,
) -> Answer<Done> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    api.registry().labels.add(&caller.actor, &name, &reference, LabelId(label.id)).await?;
    Ok(Done)
}

/// Takes a label from an artifact.
#[utoipa::path(delete,
    path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels/{label_id}",
    tag = "artifacts", operation_id = "removeLabel", params(ArtifactLabelAt),
    responses((status = 200, description = "Taken away")))]
pub async fn remove(State(api): State<Api>, caller: Caller, Path(at): Path<ArtifactLabelAt>) -> Answer<Done> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    api.registry().labels.remove(&caller.actor, &name, &reference, LabelId(at.label_id)).await?;
    Ok(Done)
}

/// The project that a scope means; none for the system.
async fn home(
    api: &Api,
    caller: &Caller,
    scope: Option<&str>,
    project: Option<i64>,
) -> Result<Option<ProjectName>, Failure> {
    match (scope, project) {
        // Clients send a 0 along.
        (Some("g"), None | Some(0)) => Ok(None),
        (Some("p"), Some(id)) => Ok(Some(api.registry().projects.name_of(&caller.actor, ProjectId(id)).await?)),
        (Some("p"), None) => Err(Failure::Invalid("labels of a project have a project_id beside scope=p".to_owned())),
        (Some("g"), Some(_)) => Err(Failure::Invalid("labels of scope g belong to no project_id".to_owned())),
        _ => Err(Failure::Invalid("scope is g for labels of the system, or p for those of a project".to_owned())),
    }
}
