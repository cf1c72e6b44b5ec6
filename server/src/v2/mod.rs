//! The registry protocol: the OCI distribution specification 1.1 and what its main branch adds, and Docker's use of it.
//!
//! [`V2::answer`] parses the path once, finds out who is asking ([`authenticate`]), and calls one function a method and
//! address in the file of its noun: [`blobs`], [`uploads`], [`manifests`], [`tags`], [`catalog`], [`referrers`]. These
//! take what they need out of the request, call one method of a service, and answer. What may be done is decided in the
//! services; here is only decided whether a better token would help. Whatever goes wrong is a [`Failure`], which becomes
//! an answer in one place.
//!
//! Cookies mean nothing here, and no answer can be shown as a page: blobs and manifests are other people's content on
//! the console's origin.
//!
//! To add an endpoint: a variant of `oci::Route`, its methods in [`methods`], its scope in [`Needs::of`], an arm in the
//! dispatch below, a row in `tests/it/v2/authz_matrix.rs`.

mod authenticate;
mod blobs;
mod body;
mod catalog;
mod conditional;
mod error;
mod headers;
mod manifests;
mod needs;
mod query;
mod referrers;
mod refusal;
mod tags;
mod uploads;

pub(crate) use self::headers::protect;
pub use self::{needs::methods, query::Query, refusal::Refusal};

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response, StatusCode, request};
use oci::Route;
use registry::{Registry, Subject};

use self::{
    authenticate::Caller,
    body::RequestBody,
    error::{Asked, Failure},
    headers::JSON,
    needs::Needs,
    refusal::Seeker,
};
use crate::{arrival::Arrival, metrics::Running, outside::Trust, token::Realm, whole::Room};

/// Answers everything under `/v2`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct V2 {
    registry: Registry,
    realm: Realm,
    trust: Arc<Trust>,
    uploads: Running,
    room: Room,
}

/// One request whose sender is known, as the handlers get it.
struct Call<'a> {
    registry: &'a Registry,
    /// Counts the uploads whose bodies are being received.
    uploads: &'a Running,
    /// For manifests that are being pushed.
    room: &'a Room,
    asked: &'a Asked<'a>,
    caller: Caller,
    query: Query<'a>,
}

impl Call<'_> {
    fn head(&self) -> &request::Parts {
        self.asked.head
    }

    fn is_head(&self) -> bool {
        self.asked.head.method == Method::HEAD
    }

    /// Who does not find a project. Nobody in particular may yet be somebody who sees it.
    async fn seeker(&self) -> registry::Result<Seeker> {
        let user = match *self.caller.account.subject() {
            Subject::Anonymous => return Err(registry::Error::Unauthenticated),
            Subject::Robot(_) => return Ok(Seeker::Robot),
            Subject::System => return Ok(Seeker::Creator),
            Subject::User(user) | Subject::AccessToken(_, user) => user,
        };
        let viewer = self.registry.people.find_viewer(user).await?;
        let may_create = viewer.is_some_and(|viewer| viewer.may_create_projects);
        Ok(if may_create { Seeker::Creator } else { Seeker::Person })
    }
}

type Answer = Result<Response<Body>, Failure>;

impl V2 {
    /// The protocol over a registry, with tokens of `realm`. `uploads` counts those under way, and `room` is for manifests.
    pub fn new(registry: Registry, realm: Realm, trust: Arc<Trust>, uploads: Running, room: Room) -> Self {
        Self { registry, realm, trust, uploads, room }
    }

    /// Answers one request.
    pub async fn answer(&self, arrival: &Arrival, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let mut asked = Asked { head: &head, arrival, trust: &self.trust, needs: Needs::Nothing };
        let body = RequestBody::new(body);
        let mut response = match self.route(&mut asked, &body).await {
            Ok(response) => response,
            Err(failure) => failure.answer(&asked),
        };
        // What is left of a body ends the connection, and while it is sent its client does not look for an answer. A server that stops
        // has no time for that.
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            body.read_away(&head).await;
        }
        protect(response.headers_mut());
        response
    }

    async fn route(&self, asked: &mut Asked<'_>, body: &RequestBody) -> Answer {
        let head = asked.head;
        let reads = matches!(head.method, Method::GET | Method::HEAD);
        let route = Route::parse(head.uri.path())
            .map_err(|error| Failure::Route(if reads { error.when_reading() } else { error }))?
            .ok_or(Failure::NoSuchAddress)?;
        let allowed = methods(&route);
        if !allowed.contains(&head.method) {
            return Err(Failure::Method(allowed));
        }
        let query = Query::parse(head.uri.query());
        asked.needs = Needs::of(&route, &head.method, &query);
        let asked = &*asked;
        let caller = self.authenticate(asked).await?;
        let (registry, uploads, room) = (&self.registry, &self.uploads, &self.room);
        let call = Call { registry, uploads, room, asked, caller, query };
        match dispatch(&call, &route, body).await {
            Err(Failure::Registry(registry::Error::ProjectNotFound { name })) => {
                Err(Failure::NoProject(name, call.seeker().await?))
            }
            answer => answer,
        }
    }
}

async fn dispatch(call: &Call<'_>, route: &Route, body: &RequestBody) -> Answer {
    match (route, &call.head().method) {
        (Route::Base, _) => base(call),
        (Route::Catalog, _) => catalog::list(call).await,
        (Route::Tags(name), _) => tags::list(call, name).await,
        (Route::Referrers(name, digest), _) => referrers::list(call, name, digest).await,
        (Route::Manifest(name, reference), &Method::PUT) => manifests::put(call, name, reference, body).await,
        (Route::Manifest(name, reference), &Method::DELETE) => manifests::delete(call, name, reference).await,
        (Route::Manifest(name, reference), _) => manifests::get(call, name, reference).await,
        (Route::Blob(name, digest), &Method::DELETE) => blobs::delete(call, name, digest).await,
        (Route::Blob(name, digest), &Method::HEAD) => blobs::head(call, name, digest).await,
        (Route::Blob(name, digest), _) => blobs::get(call, name, digest).await,
        (Route::Uploads(name), _) => uploads::begin(call, name, body).await,
        (Route::Upload(name, id), &Method::PATCH) => uploads::append(call, name, id, body).await,
        (Route::Upload(name, id), &Method::PUT) => uploads::commit(call, name, id, body).await,
        (Route::Upload(name, id), &Method::DELETE) => uploads::cancel(call, name, id).await,
        (Route::Upload(name, id), _) => uploads::status(call, name, id).await,
    }
}

/// `end-1`. Never 200 without an account, public projects or not: this is where `docker login` looks.
fn base(call: &Call<'_>) -> Answer {
    if call.caller.account.is_anonymous() {
        return Err(Failure::Registry(registry::Error::Unauthenticated));
    }
    Ok(json(b"{}".as_slice()))
}

/// 200 with a JSON body.
pub(crate) fn json(bytes: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut response = empty(StatusCode::OK);
    let bytes = bytes.into();
    response.headers_mut().insert(http::header::CONTENT_LENGTH, bytes.len().into());
    response.headers_mut().insert(http::header::CONTENT_TYPE, JSON);
    *response.body_mut() = Body::from(bytes);
    response
}

/// An answer without a body, with room for the headers that will come.
fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().reserve(16);
    response
}
