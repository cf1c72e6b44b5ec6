//! Artifacts.

use api_types::rest;
use axum::{Json, extract::State};
use oci::RepositoryName;
use registry::content::{ArtifactPage, Beside, Parts};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Answer, Api, BASE, Caller, Created, Done, Failure, Listed, Paging, Path, Query,
    names::{self, ArtifactAt, RepositoryAt},
    paging::PagingParams,
    shapes,
};

/// What comes with an artifact.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ArtifactParams {
    /// Its tags; yes unless this says no.
    with_tag: Option<bool>,
    /// Its labels; no unless this says yes, and not for those who may not see labels.
    with_label: Option<bool>,
}

impl ArtifactParams {
    fn beside(&self) -> Beside {
        Beside { tags: self.with_tag.unwrap_or(true), labels: self.with_label.unwrap_or(false) }
    }
}

/// A repository's artifacts: those that stand for themselves, and every other that a tag names.
///
/// Beside the usual conditions there are `tags=*` for those with a tag and `tags=nil` for those without, and `labels=(1 2)` for
/// those with these labels, by their ids.
#[utoipa::path(get, path = "/projects/{project_name}/repositories/{repository_name}/artifacts", tag = "artifacts",
    operation_id = "listArtifacts",
    params(RepositoryAt,
        PagingParams, ArtifactParams),
    responses((status = 200, body = [rest::Artifact])))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<RepositoryAt>,
    paging: Paging,
    Query(params): Query<ArtifactParams>,
) -> Answer<Listed<rest::Artifact>> {
    let name = at.repository(&api, &caller).await?;
    let beside = params.beside();
    let found = api.registry().artifacts.list_records(&caller.actor, &name, &paging.query, beside).await?;
    let place = place(&found, &name);
    Ok(paging.listed(found.page, |artifact| shapes::artifact(artifact, &place, beside.tags)))
}

/// What is copied.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CopyParams {
    /// `project/repository:tag` or `project/repository@digest`.
    from: String,
}

/// Copies an artifact from another repository: with its children, what is attached to it, and all of its tags, as in Harbor. It takes
/// the right to pull there and to push here.
#[utoipa::path(post, path = "/projects/{project_name}/repositories/{repository_name}/artifacts", tag = "artifacts",
    operation_id = "CopyArtifact",
    params(RepositoryAt, CopyParams),
    responses((status = 201, description = "Copied", headers(("Location" = String, description = "Its address"))),
        (status = 412, description = "A rule protects a tag that would move", body = rest::Errors)))]
pub async fn copy(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<RepositoryAt>,
    Query(params): Query<CopyParams>,
) -> Answer<Created> {
    let name = at.repository(&api, &caller).await?;
    let (source, reference) = names::named_artifact(&params.from)?;
    api.registry().artifacts.copy(&caller.actor, (&source, &reference), &name).await?;
    let (project, path) = (name.project(), names::encoded(&name));
    Ok(Created(format!("{BASE}/projects/{project}/repositories/{path}/artifacts/{reference}")))
}

/// One artifact by tag or digest.
#[utoipa::path(get, path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}",
    tag = "artifacts", operation_id = "getArtifact",
    params(ArtifactAt, ArtifactParams),
    responses((status = 200, body = rest::Artifact)))]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ArtifactAt>,
    Query(params): Query<ArtifactParams>,
) -> Answer<Json<rest::Artifact>> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    let beside = params.beside();
    let mut found = api.registry().artifacts.get_record(&caller.actor, &name, &reference, beside).await?;
    let place = place(&found, &name);
    let artifact = found.page.items.pop().ok_or(Failure::NoSuchAddress)?;
    Ok(Json(shapes::artifact(artifact, &place, beside.tags)))
}

/// What becomes of an artifact's parts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeletionParams {
    /// Whether those go too that nothing else holds: children of an index, what is attached to it. Slipway's own.
    #[serde(default)]
    parts: bool,
}

/// Deletes an artifact with all its tags, also where one tag asks for it. Its parts stay, unless it is said that they go.
#[utoipa::path(delete, path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}",
    tag = "artifacts", operation_id = "deleteArtifact",
    params(ArtifactAt, DeletionParams),
    responses((status = 200, description = "Deleted"),
        (status = 412, description = "A rule protects one of the tags that would go", body = rest::Errors)))]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ArtifactAt>,
    Query(params): Query<DeletionParams>,
) -> Answer<Done> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    let parts = if params.parts { Parts::Go } else { Parts::Stay };
    api.registry().manifests.delete_whole(&caller.actor, &name, &reference, parts).await?;
    Ok(Done)
}

fn place(found: &ArtifactPage, name: &RepositoryName) -> shapes::Place {
    shapes::Place { project: found.project, repository: found.repository, name: name.to_string() }
}
