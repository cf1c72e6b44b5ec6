//! Access tokens of whoever asks; Harbor has one secret a person instead. They are their owner's business alone, and no token makes
//! or lists any.

use api_types::{AccessTokenSummary, Lifetime, NewAccessToken, rest};
use axum::{Json, extract::State};
use http::{HeaderName, HeaderValue, StatusCode, header};
use registry::access::AccessTokenId;

use super::{Answer, Api, BASE, Body, Caller, Done, Failure, Listed, Paging, Path, paging::PagingParams, robots};

/// One's own access tokens that were not revoked, the newest first.
#[utoipa::path(get, path = "/users/current/tokens", tag = "access tokens", operation_id = "listAccessTokens",
    params(PagingParams), responses((status = 200, body = [rest::AccessToken])))]
pub async fn list(State(api): State<Api>, caller: Caller, paging: Paging) -> Answer<Listed<rest::AccessToken>> {
    let caller = caller.person()?;
    let page = api.registry().access_tokens.list_numbered(&caller.actor, &paging.query).await?;
    Ok(paging.listed(page, shape))
}

/// Creates an access token of one's own, for whoever signs in with their password: a token makes no tokens. Its secret is shown
/// this once.
#[utoipa::path(post, path = "/users/current/tokens", tag = "access tokens", operation_id = "createAccessToken",
    request_body = rest::AccessTokenReq,
    responses((status = 201, body = rest::AccessTokenCreated, headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "There is one of this name", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<rest::AccessTokenReq>,
) -> Answer<(StatusCode, [(HeaderName, HeaderValue); 1], Json<rest::AccessTokenCreated>)> {
    let caller = caller.person()?;
    let lifetime = wanted.duration.map_or_else(|| Ok(Lifetime::default()), robots::lifetime)?;
    let token = NewAccessToken { name: wanted.name, level: wanted.level.into(), projects: wanted.projects, lifetime };
    let created = api.registry().access_tokens.create(&caller.actor, &token).await?;
    let location = format!("{BASE}/users/current/tokens/{}", created.id.0);
    let location = HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static(BASE));
    let shown = rest::AccessTokenCreated {
        id: created.id.0,
        username: created.owner,
        secret: created.secret.expose().clone(),
        expires_at: created.expires_at,
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)))
}

/// Ends an access token of one's own at once. One that signs in here ends itself, and no other.
#[utoipa::path(delete, path = "/users/current/tokens/{token_id}", tag = "access tokens", operation_id = "revokeAccessToken",
    params(("token_id" = i64, Path, description = "The token's id")), responses((status = 200, description = "Ended")))]
pub async fn revoke(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    let caller = caller.person()?;
    if api.registry().access_tokens.revoke(&caller.actor, AccessTokenId(id)).await? {
        Ok(Done)
    } else {
        Err(Failure::NotFound(format!("you have no access token {id}")))
    }
}

fn shape(token: AccessTokenSummary) -> rest::AccessToken {
    rest::AccessToken {
        id: token.id,
        name: token.name,
        level: token.level.into(),
        projects: token.projects,
        creation_time: token.created_at,
        expires_at: token.expires_at,
        last_used_time: token.last_used_at,
        last_used_from: token.last_used_from,
    }
}
