//! The console: pages and server functions, each in the name of this browser's session.
//!
//! Before anything of the console runs: a request that changes something comes from a page of ours ([`origin`]), the
//! session is found ([`sessions`]), and a person who has to choose a password gets nothing but the form for it.

pub mod headers;
pub mod known_browsers;
pub mod origin;
pub mod sessions;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use api_types::{Problem, ProblemKind, Site, Viewer};
use app::{
    boot::Answered,
    pages::password::OPEN_FUNCTIONS,
    routes::EXPORT,
    ssr::{Examiner, PageAnswer, RequestContext},
};
use axum::{Router, body::Body, response::IntoResponse};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use leptos::{
    config::LeptosOptions,
    prelude::{provide_context, use_context},
};
use leptos_axum::LeptosRoutes;
use registry::{Actor, Clock, Registry, Subject};
use tower::ServiceExt;

use self::sessions::{BrowserSession, Sessions};
use crate::{
    arrival::Arrival,
    assets,
    audit::export,
    build_info,
    health::{self, Health},
    outside::PublicUrl,
    problem,
    route::Part,
    whole::{COME_AGAIN, Incomplete, NO_ROOM, Room},
};

/// Where a new password is chosen.
const PASSWORD_PAGE: &str = "/password";

/// What pages call by themselves; it keeps nobody signed in.
const BACKGROUND: &str = "/_fn/background/";

/// Forms are small; nothing is uploaded through the console.
const LARGEST_FORM: usize = 1 << 20;

/// Answers the console's requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Console(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    sessions: Sessions,
    health: Health,
    examiner: Arc<dyn Examiner>,
    clock: Arc<dyn Clock>,
    room: Room,
}

impl Console {
    /// The console over a registry; `room` is for forms.
    pub fn new(
        registry: Registry,
        sessions: Sessions,
        health: Health,
        examiner: Arc<dyn Examiner>,
        clock: Arc<dyn Clock>,
        room: Room,
    ) -> Self {
        Self(Arc::new(Inner { registry, sessions, health, examiner, clock, room }))
    }

    /// Finds the routes, so that the first person does not wait for it.
    pub fn warm_up(&self) {
        let _ = pages();
    }

    /// Answers a request for a page or a server function. `outside` is how the browser sees this server.
    pub async fn answer(&self, arrival: &Arrival, outside: &PublicUrl, request: Request<Body>) -> Response<Body> {
        let shown = problem::is_shown(request.headers());
        let mut response = match self.handle(arrival, outside, request).await {
            Ok(response) => response,
            Err(Failure::Redirect(path)) => see_other(path),
            Err(Failure::Problem(problem)) => problem::answer(problem, &arrival.id, shown),
            Err(Failure::Method) => health::text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n"),
        };
        if !response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
            headers::data(response.headers_mut(), outside.is_https());
        }
        response
    }

    async fn handle(
        &self,
        arrival: &Arrival,
        outside: &PublicUrl,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        check(arrival.part, &request, outside)?;
        let https = outside.is_https();
        let by_itself = request.uri().path().starts_with(BACKGROUND);
        let session = self.0.sessions.of(request.headers(), arrival.origin(), https, by_itself).await;
        let session = session.map_err(|error| Self::failure(arrival, &error))?;
        Box::pin(self.in_session(arrival, outside, request, Arc::new(session))).await
    }

    async fn in_session(
        &self,
        arrival: &Arrival,
        outside: &PublicUrl,
        request: Request<Body>,
        session: Arc<BrowserSession>,
    ) -> Result<Response<Body>, Failure> {
        let viewer = match session.user() {
            Some(user) => self.0.registry.people.find_viewer(user).await,
            None => Ok(None),
        };
        let viewer = viewer.map_err(|error| Self::failure(arrival, &error))?;
        if viewer.as_ref().is_some_and(|viewer| viewer.must_change_password) {
            only_the_password_form(arrival.part, request.uri().path())?;
        }
        let nonce = nonce();
        let actor = viewer.as_ref().map_or_else(Actor::anonymous, actor).coming_from(arrival.origin());
        let context = RequestContext {
            registry: self.0.registry.clone(),
            actor,
            viewer,
            site: self.site(outside),
            examiner: Arc::clone(&self.0.examiner),
            session: session.clone(),
            session_expired: session.has_expired(),
            nonce: nonce.clone(),
            request_id: arrival.id.as_str().into(),
            client: arrival.client,
            now: self.0.clock.now(),
            asset: assets::address,
            answered: None,
            page_answer: PageAnswer::default(),
        };
        let mut response = if request.uri().path() == EXPORT {
            let exported = export::answer(&context, request.uri()).await;
            exported.map_err(|error| Self::failure(arrival, &error))?
        } else if arrival.part == Part::Function {
            let asked = context.clone();
            let provide = move || provide(asked.clone());
            let (head, body) = request.into_parts();
            let whole = self.0.room.whole(body, LARGEST_FORM).await;
            let (form, _taken) = whole.map_err(|error| Failure::Problem(unreadable_form(&error)))?;
            if leptos::server_fn::axum::get_server_fn_service(head.uri.path(), head.method.clone()).is_none() {
                return Err(Failure::Problem(no_such_function(head.uri.path())));
            }
            let request = Request::from_parts(head.clone(), Body::from(form.clone()));
            let response = leptos_axum::handle_server_fns_with_context(provide, request).await.into_response();
            match context.page_answer.take() {
                Some((page, answered)) => {
                    let answered = Answered { typed: typed(&form), function: head.uri.path().to_owned(), ..answered };
                    let mut response = Box::pin(self.answer_page(head, &page, answered, context)).await?;
                    headers::page(response.headers_mut(), &nonce, outside.is_https());
                    response
                }
                None => lead_home(response, outside),
            }
        } else {
            let mut response = self.rendered(request.into_parts().0, context).await?;
            headers::page(response.headers_mut(), &nonce, outside.is_https());
            response
        };
        session.write_cookies(response.headers_mut());
        Ok(response)
    }

    /// A page that answers a form without scripts.
    async fn answer_page(
        &self,
        mut head: Parts,
        page: &str,
        answered: Answered,
        context: RequestContext,
    ) -> Result<Response<Body>, Failure> {
        head.method = Method::GET;
        head.uri = page.parse().map_err(|_| Failure::Redirect("/"))?;
        head.headers.remove(header::CONTENT_TYPE);
        head.headers.remove(header::CONTENT_LENGTH);
        let status = answered.problem.as_ref().map(|problem| problem::status(problem.kind));
        let mut response =
            self.rendered(head, RequestContext { answered: Some(Arc::new(answered)), ..context }).await?;
        if let Some(status) = status.filter(|_| response.status() == StatusCode::OK) {
            *response.status_mut() = status;
        }
        Ok(response)
    }

    /// A page, rendered to its end before it is sent: one that breaks off or takes too long is answered as such, and never
    /// leaves half a page.
    async fn rendered(&self, head: Parts, context: RequestContext) -> Result<Response<Body>, Failure> {
        let request_id = Arc::clone(&context.request_id);
        let mut request = Request::from_parts(head, Body::empty());
        request.extensions_mut().insert(context);
        let whole = async {
            let Ok(response) = pages().router.clone().oneshot(request).await;
            let (head, body) = response.into_parts();
            body.collect().await.map(|body| Response::from_parts(head, Body::from(body.to_bytes())))
        };
        match tokio::time::timeout(RENDERING, whole).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => {
                tracing::error!(
                    request_id = &*request_id,
                    error = &error as &dyn std::error::Error,
                    "a page broke off"
                );
            }
            Err(_) => tracing::error!(request_id = &*request_id, limit = ?RENDERING, "a page took too long"),
        }
        let message = "The server could not finish this page. Try again.";
        Err(Failure::Problem(Problem::new(ProblemKind::Unavailable, "page_unfinished", message)))
    }

    fn site(&self, outside: &PublicUrl) -> Site {
        Site {
            url: outside.to_string(),
            host: outside.host().to_owned(),
            version: build_info::VERSION.to_owned(),
            healthy: self.0.health.last_known(),
            kept_seconds: self.0.registry.trash.time().as_secs(),
        }
    }

    fn failure(arrival: &Arrival, error: &registry::Error) -> Failure {
        let problem = error.problem();
        if problem::status(problem.kind).is_server_error() {
            let error = error as &dyn std::error::Error;
            tracing::error!(request_id = arrival.id.as_str(), error, "a session could not be read");
        }
        Failure::Problem(problem)
    }
}

/// The pages.
struct Pages {
    router: Router,
    addresses: Vec<String>,
}

/// The address of every page, as the router has it: `/projects/{project}`.
pub fn addresses() -> &'static [String] {
    &pages().addresses
}

/// The pages, for every console of this process. Found at the first use, because finding the routes means rendering
/// the console once; and once only, before the first page: while Leptos finds routes, whatever a page loads in any thread of
/// the process is put to sleep for ever, and the page with it (<https://github.com/leptos-rs/leptos/issues/4773>).
fn pages() -> &'static Pages {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    PAGES.get_or_init(find_pages)
}

/// The request's context comes with the request.
fn find_pages() -> Pages {
    let options = LeptosOptions::builder().output_name("app").build();
    let found = leptos_axum::generate_route_list(app::App);
    let addresses = found.iter().map(|page| page.path().to_owned()).collect();
    let context = || {
        let parts: Option<Parts> = use_context();
        if let Some(context) = parts.and_then(|parts| parts.extensions.get::<RequestContext>().cloned()) {
            provide(context);
        }
    };
    let anything_else = leptos_axum::render_app_async_with_context(context, app::shell);
    let router = Router::new()
        .leptos_routes_with_context(&options, found, context, app::shell)
        .fallback(anything_else)
        .with_state(options);
    Pages { router, addresses }
}

/// Gives a request's context to what renders it.
fn provide(context: RequestContext) {
    provide_context(leptos::nonce::Nonce::from_value(context.nonce.clone()));
    provide_context(context);
}

/// What a form holds, but for passwords.
fn typed(form: &[u8]) -> Vec<(String, String)> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(form).unwrap_or_default();
    fields.into_iter().filter(|(name, _)| !name.contains("password")).collect()
}

fn unreadable_form(error: &Incomplete) -> Problem {
    if matches!(error, Incomplete::NoRoom) {
        let problem = Problem::new(ProblemKind::TooManyRequests, "too_many_bodies", NO_ROOM);
        return Problem { retry_after_seconds: Some(COME_AGAIN), ..problem };
    }
    let message = format!("The form is larger than {} KiB, or broke off on its way.", LARGEST_FORM / 1024);
    Problem::new(ProblemKind::Invalid, "invalid_request", message)
}

/// An address that a page of another release knows, or a method that the function does not take.
fn no_such_function(path: &str) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "no_such_function",
        format!("The console has nothing at {path} for this method."),
    )
}

/// The longest that a page may take to be rendered; what it waits for is the database.
const RENDERING: Duration = Duration::from_secs(10);

/// Why a request is not handed on.
enum Failure {
    Redirect(&'static str),
    Problem(Problem),
    Method,
}

/// What can be told from the request alone.
fn check(part: Part, request: &Request<Body>, outside: &PublicUrl) -> Result<(), Failure> {
    let (method, headers) = (request.method(), request.headers());
    if part == Part::Page {
        return if matches!(*method, Method::GET | Method::HEAD) { Ok(()) } else { Err(Failure::Method) };
    }
    if !origin::is_ours(method, headers, outside) {
        let message = format!(
            "This request changes something and did not come from a page of {outside}. If you opened the console under \
             another address, go there; behind a proxy, set public_url or trusted_proxies."
        );
        return Err(Failure::Problem(Problem::new(ProblemKind::Forbidden, "foreign_origin", message)));
    }
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let is_form = form.as_deref() == Some("application/x-www-form-urlencoded");
    if !matches!(*method, Method::GET | Method::HEAD) && !is_form {
        let message = "The console takes application/x-www-form-urlencoded.";
        return Err(Failure::Problem(Problem::new(ProblemKind::Invalid, "not_a_form", message)));
    }
    Ok(())
}

/// Everything else waits until a password was chosen.
fn only_the_password_form(part: Part, path: &str) -> Result<(), Failure> {
    match part {
        Part::Page if path == PASSWORD_PAGE => Ok(()),
        Part::Page => Err(Failure::Redirect(PASSWORD_PAGE)),
        _ if OPEN_FUNCTIONS.contains(&path) => Ok(()),
        _ => Err(Failure::Problem(registry::Error::PasswordChangeRequired.problem())),
    }
}

/// Sees to it that a form's answer leads to a page of ours.
fn lead_home(mut response: Response<Body>, outside: &PublicUrl) -> Response<Body> {
    if let Some(location) = response.headers().get(header::LOCATION) {
        let path = origin::safe_location(location.to_str().unwrap_or_default(), outside);
        let path = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

fn see_other(path: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(path));
    response
}

fn actor(viewer: &Viewer) -> Actor {
    Actor::new(Subject::User(registry::access::UserId(viewer.id)), viewer.username.as_str())
}

/// 128 bits, new for each answer.
fn nonce() -> Arc<str> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives randomness, or nothing here is safe");
    URL_SAFE_NO_PAD.encode(bytes).into()
}
