//! Tags of an artifact.

use api_types::rest;
use axum::extract::State;

use super::{
    Answer, Api, BASE, Body, Caller, Created, Done, Failure, Listed, Paging, Path,
    names::{self, ArtifactAt, TagAt},
    paging::PagingParams,
    shapes,
};

/// The tags of an artifact.
#[utoipa::path(get, path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags",
    tag = "artifacts", operation_id = "listTags",
    params(ArtifactAt, PagingParams),
    responses((status = 200, body = [rest::Tag])))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ArtifactAt>,
    paging: Paging,
) -> Answer<Listed<rest::Tag>> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    let page = api.registry().artifacts.list_tags(&caller.actor, &name, &reference, &paging.query).await?;
    Ok(paging.listed(page, shapes::tag))
}

/// Gives an artifact a tag that the repository does not have yet.
#[utoipa::path(post, path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags",
    tag = "artifacts", operation_id = "createTag",
    params(ArtifactAt),
    request_body = rest::TagReq,
    responses((status = 201, description = "Created", headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "The repository has the tag already", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ArtifactAt>,
    Body(wanted): Body<rest::TagReq>,
) -> Answer<Created> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    let tag = wanted.name.parse().map_err(|error| Failure::Invalid(format!("name: {error}")))?;
    api.registry().tags.add(&caller.actor, &name, &tag, &reference).await?;
    let (project, path) = (name.project(), names::encoded(&name));
    Ok(Created(format!("{BASE}/projects/{project}/repositories/{path}/artifacts/{reference}/tags/{tag}")))
}

/// Takes a tag from an artifact, which stays.
#[utoipa::path(delete, path = "/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags/{tag_name}",
    tag = "artifacts", operation_id = "deleteTag",
    params(TagAt),
    responses((status = 200, description = "Deleted"),
        (status = 412, description = "A rule protects the tag", body = rest::Errors)))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(at): Path<TagAt>) -> Answer<Done> {
    let (name, reference) = at.artifact(&api, &caller).await?;
    let tag = at.tag_name.parse();
    let tag = tag.map_err(|_| Failure::NotFound(format!("tag {} does not exist in {name}", at.tag_name)))?;
    api.registry().tags.remove(&caller.actor, &name, &tag, &reference).await?;
    Ok(Done)
}
