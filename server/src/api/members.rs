//! Members of projects.

use api_types::rest;
use axum::{Json, extract::State};
use registry::{
    access::{MemberId, UserId},
    numbered::Wanted,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Answer, Api, BASE, Body, Caller, Created, Done, Failure, Listed, Paging, Path, Query,
    names::{MemberAt, ProjectAt},
    paging::PagingParams,
    shapes,
};

/// What the list of members takes beside its page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembersParams {
    /// A part of the name.
    entityname: Option<String>,
}

/// A project's members.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/members", tag = "members", operation_id = "listProjectMembers",
    params(ProjectAt, PagingParams, MembersParams),
    responses((status = 200, body = [rest::ProjectMemberEntity]),
        (status = 409, description = "The project has another name now, which the message tells", body = rest::Errors)))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
    paging: Paging,
    Query(params): Query<MembersParams>,
) -> Answer<Listed<rest::ProjectMemberEntity>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let mut query = paging.query.clone();
    if let Some(name) = params.entityname.filter(|name| !name.is_empty()) {
        query = query.with("entity_name", Wanted::Contains(name));
    }
    let (id, page) = api.registry().members.list_numbered(&caller.actor, &project, &query).await?;
    Ok(paging.listed(page, |member| shapes::member(id, member)))
}

/// Gives a person a role. Whose account is disabled is not found.
#[utoipa::path(post, path = "/projects/{project_name_or_id}/members", tag = "members", operation_id = "createProjectMember",
    params(ProjectAt), request_body = rest::ProjectMember,
    responses((status = 201, description = "Created", headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "The person is a member already", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
    Body(wanted): Body<rest::ProjectMember>,
) -> Answer<Created> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    if wanted.member_group.is_some_and(|group| !group.is_null()) {
        return Err(Failure::Invalid("member_group: there are no groups yet; name a person".to_owned()));
    }
    let role = wanted.role_id.ok_or_else(|| Failure::Invalid("role_id is missing".to_owned()))?;
    let role = shapes::role(role)?;
    let rest::UserEntity { user_id, username } = wanted.member_user.unwrap_or_default();
    let members = &api.registry().members;
    // Harbor's clients send a 0 for what they leave out.
    let id = match user_id.filter(|id| *id != 0) {
        Some(id) => members.add_by_id(&caller.actor, &project, UserId(id), role).await?,
        None => members.add(&caller.actor, &project, &username.unwrap_or_default(), role).await?,
    };
    Ok(Created(format!("{BASE}/projects/{}/members/{}", at.project_name_or_id, id.0)))
}

/// One member.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/members/{mid}", tag = "members",
    operation_id = "getProjectMember", params(MemberAt),
    responses((status = 200, body = rest::ProjectMemberEntity),
        (status = 409, description = "The project has another name now, which the message tells", body = rest::Errors)))]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<MemberAt>,
) -> Answer<Json<rest::ProjectMemberEntity>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let member = api.registry().members.get(&caller.actor, &project, MemberId(at.mid)).await?;
    let record = api.registry().projects.get_record(&caller.actor, &project).await?;
    Ok(Json(shapes::member(record.id, member)))
}

/// Gives a member another role.
#[utoipa::path(put, path = "/projects/{project_name_or_id}/members/{mid}", tag = "members",
    operation_id = "updateProjectMember", params(MemberAt), request_body = rest::RoleRequest,
    responses((status = 200, description = "Changed")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<MemberAt>,
    Body(wanted): Body<rest::RoleRequest>,
) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let role = shapes::role(wanted.role_id)?;
    api.registry().members.change(&caller.actor, &project, MemberId(at.mid), role).await?;
    Ok(Done)
}

/// Takes a member out of the project.
#[utoipa::path(delete, path = "/projects/{project_name_or_id}/members/{mid}", tag = "members",
    operation_id = "deleteProjectMember", params(MemberAt),
    responses((status = 200, description = "Removed")))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(at): Path<MemberAt>) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    api.registry().members.remove(&caller.actor, &project, MemberId(at.mid)).await?;
    Ok(Done)
}
