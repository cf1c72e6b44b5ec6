//! Failures of the platform itself, before or beside the services: as a [`Problem`] for scripts, as text for people.

use api_types::{Problem, ProblemKind};
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::request_id::RequestId;

/// The status that stands for a kind of problem.
pub fn status(kind: ProblemKind) -> StatusCode {
    StatusCode::from_u16(app::error::status_of(kind)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Whether a browser shows the answer to a person.
pub fn is_shown(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|value| value.as_bytes().windows(9).any(|part| part == b"text/html"))
}

/// Answers with a problem, under the id that the log has it.
pub fn answer(mut problem: Problem, id: &RequestId, shown: bool) -> Response<Body> {
    let status = status(problem.kind);
    if status.is_server_error() {
        problem.request_id = Some(id.as_str().into());
    }
    let retry_after = problem.retry_after_seconds;
    let (media_type, body) = if shown {
        let id = if status.is_server_error() { format!("\n\nRequest {}", id.as_str()) } else { String::new() };
        ("text/plain; charset=utf-8", format!("{}{id}\n", problem.message).into_bytes())
    } else {
        ("application/json", serde_json::to_vec(&problem).expect("a problem always serializes"))
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
