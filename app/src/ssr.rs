//! The server's half: what a request brings along, the document around the page, statuses and cookies.
//!
//! Together with `lib.rs` this is the only place that knows on which side it runs. The server provides a [`RequestContext`] for each
//! request, as an extension of the request or as a Leptos context; server functions begin with [`context`] or [`signed_in`].

mod cookies;
mod document;
pub mod forms;
pub mod names;
pub mod outcomes;

pub use cookies::{preferences, remember, remember_typed_name};
pub use document::shell;

use crate::{
    Answer, AppError,
    boot::{Answered, Boot, PROOF_LIFETIME},
    error::status_of,
    routes::{self, Address},
};
use api_types::{CheckReport, PasswordLink, Problem, ProblemKind, ProcessFacts, ShownSecret, Site, StorePlace, Viewer};
use axum::http::{
    StatusCode,
    header::{ACCEPT, REFERER},
    request::Parts,
};
use cookies::{columns_away, requested, typed_name};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use registry::{
    Actor, Registry,
    access::SecretMark,
    people::{ClientInfo, IssuedLink, SignedIn},
};
use std::{
    fmt::Debug,
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};
use time::OffsetDateTime;

/// One request to the console; in the context of every page and server function.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The services.
    pub registry: Registry,
    /// Who acts: the person of the session, or anonymous.
    pub actor: Actor,
    /// The same person as pages show them.
    pub viewer: Option<Viewer>,
    /// The server as the outside sees it.
    pub site: Site,
    /// What looks at this server from outside.
    pub examiner: Arc<dyn Examiner>,
    /// This browser's session.
    pub session: Arc<dyn Session>,
    /// Whether the browser showed a session that has ended, so that the person learns why they are signed out.
    pub session_expired: bool,
    /// The value of `nonce` for scripts and styles of this answer.
    pub nonce: Arc<str>,
    /// What the log has this request under.
    pub request_id: Arc<str>,
    /// The client's address as far as trusted proxies tell.
    pub client: IpAddr,
    /// When the request came.
    pub now: OffsetDateTime,
    /// The address of a file of the build, by its name: `(request.asset)("pkg/app.js")`.
    pub asset: fn(name: &str) -> String,
    /// What the page shows of the form that it answers.
    pub answered: Option<Arc<Answered>>,
    /// Where a server function leaves what its form is to be answered with.
    pub page_answer: PageAnswer,
}

/// The page that a form without scripts is answered with, instead of a redirect.
#[derive(Clone, Debug, Default)]
pub struct PageAnswer(Arc<Mutex<Option<(String, Answered)>>>);

impl PageAnswer {
    /// The address of the page and what it is to show, if there is anything to show.
    pub fn take(&self) -> Option<(String, Answered)> {
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.filter(|(_, answered)| {
            let Answered { problem, shown, link, outcome, .. } = answered;
            problem.is_some() || shown.is_some() || link.is_some() || outcome.is_some()
        })
    }

    fn change(&self, change: impl FnOnce(&mut Answered)) {
        let mut answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, answered)) = answer.as_mut() {
            change(answered);
        }
    }
}

/// Has a form without scripts be answered with this page of ours if it is refused, which then still has what was typed, or
/// if it has something to show ([`show_once`], [`outcomes`]). Call it first.
pub fn answer_on(page: &Address) {
    if asks_for_html()
        && let Some(context) = find_context()
    {
        let mut answer = context.page_answer.0.lock().unwrap_or_else(PoisonError::into_inner);
        *answer = Some((page.to_string(), Answered::default()));
    }
}

/// Shows a secret this once: to the live page in the answer, and without scripts on the page of [`answer_on`].
pub fn show_once(secret: ShownSecret) -> ShownSecret {
    if let Some(context) = find_context() {
        context.page_answer.change(|answered| answered.shown = Some(secret.clone()));
    }
    secret
}

/// What the administrator sees of a one-time link that was just made, this once: like [`show_once`].
pub fn show_link(issued: &IssuedLink) -> Result<PasswordLink, AppError> {
    let context = context()?;
    let address = format!("{}{}", context.site.url, routes::invitation(issued.key.expose()));
    let link = PasswordLink { username: issued.username.clone(), address, expires_at: issued.expires_at };
    context.page_answer.change(|answered| answered.link = Some(link.clone()));
    Ok(link)
}

/// The future of a session's method.
pub type SessionFuture<'a> = Pin<Box<dyn Future<Output = registry::Result<()>> + Send + 'a>>;

/// This browser's session, as pages need it. What changes is stored at once; the cookie goes out with the answer.
pub trait Session: Debug + Send + Sync {
    /// Opens the session of a person who has just proved who they are, under a new id, and remembers that this browser
    /// signed in to this account.
    fn sign_in<'a>(&'a self, username: &'a str, person: &'a SignedIn) -> SessionFuture<'a>;

    /// Ends the session of this person.
    fn sign_out<'a>(&'a self, person: &'a Actor) -> SessionFuture<'a>;

    /// Goes on under a new id, after the person's sessions were ended by a new password, and remembers that this browser knows it.
    fn renew<'a>(&'a self, username: &'a str, shown: SecretMark) -> SessionFuture<'a>;

    /// Notes that the person has just given their password again.
    fn prove(&self) -> SessionFuture<'_>;

    /// Where an attempt to sign in to an account comes from.
    fn attempt(&self, username: &str) -> ClientInfo;

    /// What the database knows this session by.
    fn key(&self) -> Option<[u8; 32]>;

    /// When the person last proved who they are; for what asks for the password again.
    fn signed_in_at(&self) -> Option<OffsetDateTime>;
}

/// Looks at this server from outside, and knows how it was started.
pub trait Examiner: Debug + Send + Sync {
    /// This process.
    fn process(&self) -> ProcessFacts;

    /// Where the blobs are.
    fn place(&self) -> StorePlace;

    /// Looks; takes up to a minute.
    fn examine(&self) -> Pin<Box<dyn Future<Output = CheckReport> + Send + '_>>;
}

fn find_context() -> Option<RequestContext> {
    use_context()
}

/// The request's context.
///
/// # Errors
/// Internal, when the server did not provide one.
pub fn context() -> Result<RequestContext, AppError> {
    find_context().ok_or_else(|| fail(Problem::new(ProblemKind::Internal, "internal", "The request has no context.")))
}

/// The context of a request of somebody who is signed in and has chosen a password of their own.
///
/// # Errors
/// Unauthenticated, or that the password must be changed first.
pub fn signed_in() -> Result<RequestContext, AppError> {
    let context = context()?;
    match &context.viewer {
        Some(viewer) if viewer.must_change_password => Err(fail(Problem::new(
            ProblemKind::PasswordChangeRequired,
            "password_change_required",
            "The default password must be replaced first.",
        ))),
        Some(_) => Ok(context),
        None => Err(unauthenticated()),
    }
}

/// As [`signed_in`], for what matters: the person proved who they are within the last ten minutes, or does so now by their
/// password, which counts for the next ten minutes. The form shows [`crate::components::StepUp`].
///
/// ```text
/// let context = match crate::ssr::stepped_up(password).await? {
///     Answer::Done(context) => context,
///     Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
/// };
/// ```
///
/// # Errors
/// As [`signed_in`] and [`answer`]: a refusal on the field `password` when that is needed and absent, or wrong.
pub async fn stepped_up(password: Option<String>) -> Result<Answer<RequestContext>, AppError> {
    let context = signed_in()?;
    if context.session.signed_in_at().is_some_and(|at| context.now <= at + PROOF_LIFETIME) {
        return Ok(Answer::Done(context));
    }
    let password = password.filter(|password| !password.is_empty()).map(registry::Secret::from);
    let people = &context.registry.people;
    let proven = match people.confirm_password(&context.actor, password.as_ref(), context.client).await {
        Ok(()) => context.session.prove().await,
        Err(error) => Err(error),
    };
    answer(proven.map(|()| context))
}

/// Nobody is signed in.
pub fn unauthenticated() -> AppError {
    fail(Problem::new(ProblemKind::Unauthenticated, "unauthenticated", "Sign in first."))
}

/// What a page knows from its first moment.
pub fn boot() -> Boot {
    let (locale, theme) = requested();
    find_context().map_or_else(Boot::default, |context| Boot {
        icons: (context.asset)("icons.svg"),
        site: context.site,
        viewer: context.viewer,
        session_expired: context.session_expired,
        typed_name: typed_name(),
        proved_at: context.session.signed_in_at(),
        columns_away: columns_away(),
        locale,
        theme,
        now: context.now,
        answered: context.answered,
    })
}

/// Whether a browser asks for a page, rather than the live page for data.
fn asks_for_html() -> bool {
    use_context::<Parts>()
        .and_then(|parts| parts.headers.get(ACCEPT)?.to_str().ok().map(|accept| accept.contains("text/html")))
        .unwrap_or(false)
}

/// Has the answer carry the status of a problem.
pub fn set_status(kind: ProblemKind) {
    if let Some(options) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(status_of(kind))
    {
        options.set_status(status);
    }
}

/// Has the answer to a call say that its arguments were not understood. A form without scripts is sent back to its page with that.
pub fn set_bad_request() {
    if !asks_for_html()
        && let Some(options) = use_context::<ResponseOptions>()
    {
        options.set_status(StatusCode::BAD_REQUEST);
    }
}

/// Has the answer be a redirect for every client, browsers or not.
pub fn set_found() {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(StatusCode::FOUND);
    }
}

/// A problem as the error of a server function, with its status on the answer. A form without scripts is sent back to its page
/// with the problem in the address, so its redirect keeps the status.
pub fn fail(problem: Problem) -> AppError {
    let is_call = use_context::<Parts>().is_some_and(|parts| parts.uri.path().starts_with("/_fn/"));
    if is_call && !asks_for_html() {
        set_status(problem.kind);
    }
    if is_call && let Some(context) = find_context() {
        context.page_answer.change(|answered| answered.problem = Some(problem.clone()));
    }
    AppError(problem)
}

/// The result of a service as the result of a server function that reads.
///
/// # Errors
/// The service's error as a problem.
pub fn read<T>(result: registry::Result<T>) -> Result<T, AppError> {
    result.map_err(|error| fail(problem_of(&error)))
}

/// The result of a service as the answer of an action.
///
/// # Errors
/// What nobody at the page can do anything about, and everything for a form without scripts (see [`Answer`]).
pub fn answer<T>(result: registry::Result<T>) -> Result<Answer<T>, AppError> {
    match result {
        Ok(value) => Ok(Answer::Done(value)),
        Err(error) => refuse(problem_of(&error)),
    }
}

/// A refusal as the answer of an action; see [`answer`].
///
/// # Errors
/// As in [`answer`].
pub fn refuse<T>(problem: Problem) -> Result<Answer<T>, AppError> {
    let expected = matches!(
        problem.kind,
        ProblemKind::Invalid | ProblemKind::Conflict | ProblemKind::TooManyRequests | ProblemKind::Forbidden
    ) || problem.code == "wrong_credentials";
    if expected && !asks_for_html() { Ok(Answer::Refused(problem)) } else { Err(fail(problem)) }
}

/// Refuses a form because of one of its fields; see [`answer`].
///
/// # Errors
/// As in [`answer`].
pub fn refuse_field<T>(field: &str, code: &str, message: &str) -> Result<Answer<T>, AppError> {
    refuse(Problem::new(ProblemKind::Invalid, code, message).on_field(field))
}

/// The problem, after the cause of a failure of ours went to the log: this is the one place where console requests log it.
fn problem_of(error: &registry::Error) -> Problem {
    let mut problem = error.problem();
    if matches!(problem.kind, ProblemKind::Internal | ProblemKind::Unavailable) {
        let id = find_context().map(|context| context.request_id.as_ref().into());
        tracing::error!(error = error as &dyn std::error::Error, request_id = id, "a console request failed");
        problem.request_id = problem.request_id.or(id);
    }
    problem
}

/// Sends a form without scripts to another page; the live page is told by the answer instead.
pub fn send_to(path: &str) {
    if asks_for_html() {
        leptos_axum::redirect(path);
    }
}

/// Signs in whoever has just chosen a password for an account, and sends them to the overview.
///
/// # Errors
/// Why there is nobody to sign in.
pub async fn let_in(context: &RequestContext, person: registry::Result<SignedIn>) -> Result<Answer<String>, AppError> {
    let signed_in = match person {
        Ok(signed_in) => signed_in,
        Err(error) => return answer(Err(error)),
    };
    read(context.session.sign_in(signed_in.actor.name(), &signed_in).await)?;
    send_to(routes::OVERVIEW);
    Ok(Answer::Done(routes::OVERVIEW.to_owned()))
}

/// Sends a form without scripts back to the very page it stood on.
pub fn send_back() {
    let page = use_context::<Parts>().and_then(|parts| {
        let referer = parts.headers.get(REFERER)?.to_str().ok()?.parse::<axum::http::Uri>().ok()?;
        referer.path_and_query().map(ToString::to_string)
    });
    send_to(page.as_deref().filter(|page| routes::is_ours(page)).unwrap_or(routes::OVERVIEW));
}
