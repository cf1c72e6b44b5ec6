//! REST under `/api/v2.0`, with Harbor's paths, shapes and conventions for what clients of Harbor use.
//!
//! Handlers are one file a noun. Each takes what it needs through extractors ([`Caller`], [`Paging`], [`Path`], [`Query`],
//! [`Body`]), calls one service, and answers; who may do what is decided in the services. Whatever goes wrong is a [`Failure`],
//! which becomes an answer in one place ([`failure`]).
//!
//! The router and its document are made of the same list of handlers ([`openapi::routes`]), so neither has an address that the
//! other lacks. What Harbor has and this does not is answered with 501 and a word about it ([`not_served`]), never as if it had
//! been done.
//!
//! To add an address: a handler with `#[utoipa::path]`, its name in [`openapi::routes`], its shapes in `api_types::rest`, its rows
//! in `tests/it/api/authz_matrix.rs`.

mod access_tokens;
mod artifacts;
mod audit;
mod body;
mod caller;
mod configurations;
mod docs;
mod failure;
mod filter;
mod immutable_tag_rules;
mod labels;
mod members;
mod names;
mod not_served;
mod openapi;
mod paging;
mod permissions;
mod projects;
mod query;
mod quotas;
mod repositories;
mod retentions;
mod robots;
mod search;
mod selectors;
mod sessions;
mod shapes;
mod system;
mod tags;
mod trash;
mod users;

pub use docs::ADDRESSES as DOCS;
pub use openapi::document;

use std::sync::{Arc, OnceLock};

use axum::{Router, body::Body as HttpBody, response::IntoResponse};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};
use registry::{Clock, Registry};
use tower::ServiceExt;

use self::{
    body::Body,
    caller::Caller,
    failure::{Failure, Told},
    names::Path,
    paging::{Listed, Paging},
    query::Query,
};
use crate::{
    arrival::Arrival,
    console::{headers, sessions::Sessions},
    health::Health,
    outside::PublicUrl,
    whole::{Room, Taken},
};

/// Where it is.
pub const BASE: &str = "/api/v2.0";

/// The header that says that a project is named and not numbered.
const IS_RESOURCE_NAME: HeaderName = HeaderName::from_static("x-is-resource-name");

/// The header that asks for the project's name, not its number, in the address of a new one.
const NAME_IN_LOCATION: HeaderName = HeaderName::from_static("x-resource-name-in-location");

/// Answers everything under `/api`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    sessions: Sessions,
    health: Health,
    clock: Arc<dyn Clock>,
    room: Room,
    router: OnceLock<Router>,
}

/// One request, for whoever needs to know more of it than a handler takes.
#[derive(Clone, Debug)]
struct Asked(Arc<AskedInner>);

#[derive(Debug)]
struct AskedInner {
    arrival: Arrival,
    outside: PublicUrl,
    /// Whether it turned out to be sent by nobody in particular.
    anonymous: OnceLock<bool>,
    /// Whether a script of a page sent it, which is to ask nobody for a password.
    scripted: bool,
    /// What its body takes of the memory for bodies, until it is answered.
    taken: OnceLock<Taken>,
}

type Answer<T> = Result<T, Failure>;

impl Api {
    /// The API over a registry; `sessions` are the console's, and `room` is for bodies.
    pub fn new(registry: Registry, sessions: Sessions, health: Health, clock: Arc<dyn Clock>, room: Room) -> Self {
        Self(Arc::new(Inner { registry, sessions, health, clock, room, router: OnceLock::new() }))
    }

    fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Answers one request. `outside` is how its sender sees this server.
    pub async fn answer(
        &self,
        arrival: &Arrival,
        outside: &PublicUrl,
        mut request: Request<HttpBody>,
    ) -> Response<HttpBody> {
        if let Some(response) = docs::answer(&request, outside) {
            return response;
        }
        let asked = Asked(Arc::new(AskedInner {
            arrival: arrival.clone(),
            outside: outside.clone(),
            anonymous: OnceLock::new(),
            scripted: request.headers().contains_key("sec-fetch-mode"),
            taken: OnceLock::new(),
        }));
        request.extensions_mut().insert(asked.clone());
        without_slash(request.uri_mut());
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let Ok(mut response) = self.router().clone().oneshot(request).await;
        if let Some(Told(failure)) = response.extensions_mut().remove() {
            let mut answer = failure.answer(&asked, &method, &path);
            // What the router knows of other methods.
            if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
                answer.headers_mut().insert(header::ALLOW, allow);
            }
            response = answer;
        }
        headers::data(response.headers_mut(), outside.is_https());
        response
    }

    fn router(&self) -> &Router {
        self.0.router.get_or_init(|| {
            let served = openapi::routes().split_for_parts().0;
            let served = served.fallback(not_served::answer).method_not_allowed_fallback(not_served::answer_method);
            Router::new().nest(BASE, served).fallback(not_served::answer).with_state(self.clone())
        })
    }
}

/// Takes a slash from the end of an address: Harbor's clients differ about it.
fn without_slash(uri: &mut Uri) {
    let Some(path) = uri.path().strip_suffix('/').filter(|path| !path.is_empty()) else { return };
    let text = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    if let Ok(changed) = text.parse() {
        *uri = changed;
    }
}

/// 201, and where the new thing is.
struct Created(String);

impl IntoResponse for Created {
    fn into_response(self) -> axum::response::Response {
        let location = HeaderValue::try_from(self.0).unwrap_or(HeaderValue::from_static(BASE));
        (StatusCode::CREATED, [(header::LOCATION, location)]).into_response()
    }
}

/// 200 without a body, as Harbor answers what was changed or deleted.
struct Done;

impl IntoResponse for Done {
    fn into_response(self) -> axum::response::Response {
        StatusCode::OK.into_response()
    }
}
