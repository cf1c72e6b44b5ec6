//! People.

use api_types::{NewPerson, Word, rest};
use app::routes;
use axum::{Json, extract::State};
use http::{HeaderName, HeaderValue, StatusCode, header};
use registry::{
    Secret, Subject,
    access::{Rights, UserId, may},
    numbered::Wanted,
    people::IssuedLink,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Answer, Api, Asked, BASE, Body, Caller, Done, Failure, Listed, Paging, Path, Query, paging::PagingParams, shapes,
};

/// Everybody with an account; for system administrators.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "listUsers", params(PagingParams),
    responses((status = 200, body = [rest::UserResp])))]
pub async fn list(State(api): State<Api>, caller: Caller, paging: Paging) -> Answer<Listed<rest::UserResp>> {
    let page = api.registry().people.list_numbered(&caller.actor, &paging.query).await?;
    Ok(paging.listed(page, shapes::person))
}

/// Who is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserSearchParams {
    /// A part of the name.
    username: String,
}

/// People whose names have a part; for system administrators.
#[utoipa::path(get, path = "/users/search", tag = "users", operation_id = "searchUsers",
    params(PagingParams, UserSearchParams), responses((status = 200, body = [rest::UserSearchRespItem])))]
pub async fn search(
    State(api): State<Api>,
    caller: Caller,
    paging: Paging,
    Query(params): Query<UserSearchParams>,
) -> Answer<Listed<rest::UserSearchRespItem>> {
    let query = paging.query.clone().with("username", Wanted::Contains(params.username));
    let page = api.registry().people.list_numbered(&caller.actor, &query).await?;
    Ok(paging.listed(page, |person| rest::UserSearchRespItem { user_id: person.id, username: person.username }))
}

/// Creates a person, who chooses their password with the one-time link that is shown this once; for system administrators.
#[utoipa::path(post, path = "/users", tag = "users", operation_id = "createUser", request_body = rest::UserCreationReq,
    responses((status = 201, body = rest::UserCreated, headers(("Location" = String, description = "Their address"))),
        (status = 409, description = "The name is taken", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    axum::Extension(asked): axum::Extension<Asked>,
    Body(wanted): Body<rest::UserCreationReq>,
) -> Answer<(StatusCode, [(HeaderName, HeaderValue); 1], Json<rest::UserCreated>)> {
    let registry = api.registry();
    registry.access.administrator(&caller.actor).await?;
    no_comment(wanted.comment.as_deref())?;
    if wanted.password.is_some_and(|password| !password.is_empty()) {
        return Err(Failure::Invalid(
            "password: nobody chooses a password for somebody else; leave it out, and give the person the link that comes back"
                .to_owned(),
        ));
    }
    let person = NewPerson {
        username: wanted.username.unwrap_or_default(),
        display_name: wanted.realname.unwrap_or_default(),
        email: wanted.email.unwrap_or_default(),
    };
    let link = registry.people.invite(&caller.actor, &person, false).await?;
    let id = registry.people.get_id(&caller.actor, &link.username).await?;
    let location = HeaderValue::try_from(format!("{BASE}/users/{}", id.0)).unwrap_or(HeaderValue::from_static(BASE));
    let created = rest::UserCreated {
        user_id: id.0,
        password_link: address(&asked, &link),
        password_link_expires_at: link.expires_at,
        username: link.username,
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(created)))
}

/// Whoever asks.
#[utoipa::path(get, path = "/users/current", tag = "users", operation_id = "getCurrentUserInfo",
    responses((status = 200, body = rest::UserResp)))]
pub async fn current(State(api): State<Api>, caller: Caller) -> Answer<Json<rest::UserResp>> {
    let caller = caller.person()?;
    Ok(Json(shapes::person(api.registry().people.own_profile(&caller.actor).await?)))
}

/// Where rights are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PermissionsParams {
    /// `/project/7`: in the project of this id. Elsewhere there is nothing that can be listed.
    scope: Option<String>,
    /// Whether resources stand without the scope before them.
    #[serde(default)]
    relative: bool,
}

/// What the caller may in a project. Nothing in one that does not exist, or that the caller may not know of.
#[utoipa::path(get, path = "/users/current/permissions", tag = "users", operation_id = "getCurrentUserPermissions",
    params(PermissionsParams), responses((status = 200, body = [rest::Permission])))]
pub async fn permissions(
    State(api): State<Api>,
    caller: Caller,
    Query(params): Query<PermissionsParams>,
) -> Answer<Json<Vec<rest::Permission>>> {
    let caller = caller.known()?;
    let scope = params.scope.unwrap_or_default();
    let scope = scope.trim_end_matches('/');
    let rights = match scope.strip_prefix("/project/") {
        Some(project) => rights(&api, &caller, project).await?,
        None => Rights::NONE,
    };
    let words = Word::ALL.into_iter().filter(|word| rights.has(*word)).map(|word| rest::Permission {
        resource: if params.relative { word.resource().to_owned() } else { format!("{scope}/{}", word.resource()) },
        action: word.action().to_owned(),
    });
    Ok(Json(words.collect()))
}

/// What the caller may in a project that an address means.
async fn rights(api: &Api, caller: &Caller, project: &str) -> Result<Rights, Failure> {
    let authorized = match caller.project(api, project).await {
        Ok(name) => api.registry().access.project(&caller.actor, &name, may::Pull).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match authorized {
        Ok(authorized) => Ok(authorized.rights()),
        Err(Failure::Registry(registry::Error::ProjectNotFound { .. } | registry::Error::Forbidden { .. })) => {
            Ok(Rights::NONE)
        }
        Err(failure) => Err(failure),
    }
}

/// One person: oneself, or for system administrators anybody.
#[utoipa::path(get, path = "/users/{user_id}", tag = "users", operation_id = "getUser",
    params(("user_id" = i64, Path, description = "The person's id")), responses((status = 200, body = rest::UserResp)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::UserResp>> {
    let people = &api.registry().people;
    let person = if is_own(&caller, id) {
        people.own_profile(&caller.actor).await?
    } else {
        people.get(&caller.actor, UserId(id)).await?.summary
    };
    Ok(Json(shapes::person(person)))
}

/// Changes one's own name and address. What is left out stays.
#[utoipa::path(put, path = "/users/{user_id}", tag = "users", operation_id = "updateUserProfile",
    params(("user_id" = i64, Path, description = "One's own id")), request_body = rest::UserProfile,
    responses((status = 200, description = "Changed")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::UserProfile>,
) -> Answer<Done> {
    let people = &api.registry().people;
    if !is_own(&caller, id) {
        people.get(&caller.actor, UserId(id)).await?;
        return Err(Failure::Refused("people change their own names and addresses"));
    }
    no_comment(wanted.comment.as_deref())?;
    let now = people.own_profile(&caller.actor).await?;
    let name = wanted.realname.unwrap_or(now.display_name);
    let email = wanted.email.or(now.email).unwrap_or_default();
    people.update_profile(&caller.actor, &name, &email).await?;
    Ok(Done)
}

/// Removes an account for good; for system administrators. What the person pushed and did stays, with their name.
#[utoipa::path(delete, path = "/users/{user_id}", tag = "users", operation_id = "deleteUser",
    params(("user_id" = i64, Path, description = "The person's id")),
    responses((status = 200, description = "Deleted"),
        (status = 409, description = "It is one's own, or the last administrator's", body = rest::Errors)))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    api.registry().people.delete(&caller.actor, UserId(id)).await?;
    Ok(Done)
}

/// Changes one's own password. It ends all sessions of the account.
#[utoipa::path(put, path = "/users/{user_id}/password", tag = "users", operation_id = "updateUserPassword",
    params(("user_id" = i64, Path, description = "One's own id")), request_body = rest::PasswordReq,
    responses((status = 200, description = "Changed")))]
pub async fn set_password(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::PasswordReq>,
) -> Answer<Done> {
    let people = &api.registry().people;
    if !is_own(&caller, id) {
        people.get(&caller.actor, UserId(id)).await?;
        return Err(Failure::Refused(
            "nobody chooses a password for somebody else: POST users/{id}/invitation takes it, and gives a one-time link",
        ));
    }
    if !matches!(caller.actor.subject(), Subject::User(_)) {
        return Err(Failure::Refused("an access token changes no password: sign in with the present one"));
    }
    // While the first password stands, it is replaced in the console alone.
    people.own_profile(&caller.actor).await?;
    let current = wanted.old_password.map(Secret::new);
    let new = Secret::new(wanted.new_password.unwrap_or_default());
    people.change_password(&caller.actor, current.as_ref(), &new).await?;
    Ok(Done)
}

/// Makes somebody a system administrator, or takes that away; for system administrators. They sign in anew.
#[utoipa::path(put, path = "/users/{user_id}/sysadmin", tag = "users", operation_id = "setUserSysAdmin",
    params(("user_id" = i64, Path, description = "The person's id")), request_body = rest::UserSysAdminFlag,
    responses((status = 200, description = "Changed"),
        (status = 409, description = "It is the last administrator", body = rest::Errors)))]
pub async fn set_admin(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::UserSysAdminFlag>,
) -> Answer<Done> {
    api.registry().people.set_admin(&caller.actor, UserId(id), wanted.sysadmin_flag).await?;
    Ok(Done)
}

/// Disables somebody, so that nothing of theirs opens anything, or enables them again with all they had but their sessions; for system
/// administrators.
#[utoipa::path(put, path = "/users/{user_id}/disabled", tag = "users", operation_id = "setUserDisabled",
    params(("user_id" = i64, Path, description = "The person's id")), request_body = rest::UserDisabledFlag,
    responses((status = 200, description = "Changed"),
        (status = 409, description = "It is one's own, or the last administrator's", body = rest::Errors)))]
pub async fn set_disabled(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::UserDisabledFlag>,
) -> Answer<Done> {
    api.registry().people.set_disabled(&caller.actor, UserId(id), wanted.disabled).await?;
    Ok(Done)
}

/// Takes somebody's password, ends their sessions, and gives a one-time link in its place, which is shown this once and ends the one
/// before; for system administrators.
#[utoipa::path(post, path = "/users/{user_id}/invitation", tag = "users", operation_id = "inviteUser",
    params(("user_id" = i64, Path, description = "The person's id")),
    responses((status = 200, body = rest::UserInvitation),
        (status = 409, description = "It is one's own, or the last administrator's", body = rest::Errors)))]
pub async fn invite(
    State(api): State<Api>,
    caller: Caller,
    axum::Extension(asked): axum::Extension<Asked>,
    Path(id): Path<i64>,
) -> Answer<Json<rest::UserInvitation>> {
    let link = api.registry().people.reset(&caller.actor, UserId(id)).await?;
    Ok(Json(rest::UserInvitation {
        password_link: address(&asked, &link),
        password_link_expires_at: link.expires_at,
        username: link.username,
    }))
}

/// Where somebody chooses their password with a link.
fn address(asked: &Asked, link: &IssuedLink) -> String {
    format!("{}{}", asked.0.outside, routes::invitation(link.key.expose()))
}

fn no_comment(comment: Option<&str>) -> Result<(), Failure> {
    match comment {
        None | Some("") => Ok(()),
        Some(_) => Err(Failure::Invalid("comment: comments on people are not kept; leave it out".to_owned())),
    }
}

fn is_own(caller: &Caller, id: i64) -> bool {
    matches!(caller.actor.subject(), Subject::User(user) | Subject::AccessToken(_, user) if user.0 == id)
}
