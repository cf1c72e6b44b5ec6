//! Where whoever asks is signed in to the console. Harbor has nothing like it.

use api_types::{SessionSummary, rest};
use axum::extract::State;

use super::{Answer, Api, Caller, Done, Failure, Listed, Paging, Path, paging::PagingParams};

/// One's own sessions, the one that was used last first; the newest hundred.
#[utoipa::path(get, path = "/users/current/sessions", tag = "sessions", operation_id = "listSessions",
    params(PagingParams), responses((status = 200, body = [rest::Session])))]
pub async fn list(State(api): State<Api>, caller: Caller, paging: Paging) -> Answer<Listed<rest::Session>> {
    let caller = caller.person()?;
    paging.listed_of(api.registry().sessions.list(&caller.actor, None).await?, shape)
}

/// Ends all of one's own sessions, also the one that asks, if one does.
#[utoipa::path(delete, path = "/users/current/sessions", tag = "sessions", operation_id = "endSessions",
    responses((status = 200, description = "Ended")))]
pub async fn end_all(State(api): State<Api>, caller: Caller) -> Answer<Done> {
    let caller = caller.person()?;
    api.registry().sessions.end_others(&caller.actor, None).await?;
    Ok(Done)
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/users/current/sessions/{session_id}", tag = "sessions", operation_id = "endSession",
    params(("session_id" = i64, Path, description = "The session's id")),
    responses((status = 200, description = "Ended")))]
pub async fn end(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    let caller = caller.person()?;
    if api.registry().sessions.end(&caller.actor, id).await? {
        Ok(Done)
    } else {
        Err(Failure::NotFound(format!("you have no session {id}")))
    }
}

fn shape(session: SessionSummary) -> rest::Session {
    rest::Session {
        id: session.id,
        address: session.address.unwrap_or_default(),
        user_agent: session.user_agent.unwrap_or_default(),
        creation_time: session.opened_at,
        last_used_time: session.last_seen_at,
    }
}
