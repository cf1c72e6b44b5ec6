//! The server's half: what a request brings along, the document around the page, statuses and cookies.
//!
//! Together with `lib.rs` this is the only place that knows on which side it runs. The server provides a [`RequestContext`] for each
//! request, as an extension of the request or as a Leptos context; server functions begin with [`context`] or [`signed_in`].

pub mod forms;
pub mod names;
pub mod outcomes;

use crate::{
    Answer, App, AppError,
    boot::{Answered, Boot, PROOF_LIFETIME},
    error::status_of,
    i18n::Locale,
    preferences::{COLUMNS_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, TYPED_NAME_COOKIE, TagColumn, Theme},
    routes::{self, Address},
};
use api_types::{CheckReport, PasswordLink, Problem, ProblemKind, ProcessFacts, ShownSecret, Site, StorePlace, Viewer};
use axum::http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE, REFERER, SET_COOKIE},
    request::Parts,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
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

/// The value of a cookie.
fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then(|| value.to_owned()))
}

/// Language and theme that a request asks for: by cookie, then by `Accept-Language`.
pub fn preferences(headers: &HeaderMap) -> (Locale, Theme) {
    let accepted = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Locale::negotiate);
    let locale =
        cookie(headers, LANGUAGE_COOKIE).and_then(|tag| Locale::find(&tag)).or_else(accepted).unwrap_or_default();
    let theme = cookie(headers, THEME_COOKIE).and_then(|word| Theme::find(&word)).unwrap_or_default();
    (locale, theme)
}

fn requested() -> (Locale, Theme) {
    use_context::<Parts>().map_or_else(Default::default, |parts| preferences(&parts.headers))
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

/// Keeps a preference in a cookie for a year. Scripts may read it: it is no secret.
pub fn remember(name: &str, value: &str) {
    set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000"));
}

/// Keeps the name of a refused sign-in for the page that asks again, where no scripts keep it in its field.
pub fn remember_typed_name(name: &str) {
    if asks_for_html() {
        let value = utf8_percent_encode(name, NON_ALPHANUMERIC);
        set_cookie(&format!("{TYPED_NAME_COOKIE}={value}; Path={}; Max-Age=60; HttpOnly", routes::LOGIN));
    }
}

/// What [`remember_typed_name`] kept; only the sign-in page is sent it.
fn typed_name() -> String {
    use_context::<Parts>()
        .and_then(|parts| cookie(&parts.headers, TYPED_NAME_COOKIE))
        .map(|value| percent_decode_str(&value).decode_utf8_lossy().into_owned())
        .unwrap_or_default()
}

/// The columns of the list of tags that this browser has put away.
fn columns_away() -> Vec<TagColumn> {
    use_context::<Parts>()
        .and_then(|parts| cookie(&parts.headers, COLUMNS_COOKIE))
        .map(|value| TagColumn::read(&value))
        .unwrap_or_default()
}

fn set_cookie(cookie: &str) {
    let secure = find_context().is_some_and(|context| context.site.url.starts_with("https://"));
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{cookie}; SameSite=Lax{secure}");
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(SET_COOKIE, cookie);
    }
}

/// Where the light and dark grounds of the page begin, for the browser's own frame.
const THEME_COLORS: [(&str, &str); 2] = [("light", "#ffffff"), ("dark", "#14191b")];

/// The document around the page.
pub fn shell() -> impl IntoView {
    let (locale, theme) = requested();
    let asset = find_context().map_or((|name| format!("/{name}")) as fn(&str) -> String, |context| context.asset);
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    let script = asset("pkg/app.js");
    let module = asset("pkg/app_bg.wasm");
    // A server that was built without the console's files answers plain pages. The answer to a form without scripts stands at
    // the form's own address, which the scripts know nothing of.
    let is_answer = find_context().is_some_and(|context| context.answered.is_some());
    let built = script != "/pkg/app.js" && !is_answer;
    // Controls that need scripts have their place from the first paint on; the mark says when they work.
    let mark = "document.documentElement.dataset.live=''";
    // Everything is on its way while the document is still being read, but only a whole document can be made alive. Browsers that run no
    // scripts fetch none of it.
    let start = format!(
        "const read=document.readyState==='loading'&&new Promise(r=>addEventListener('DOMContentLoaded',r));\
         const wasm=fetch('{module}');\
         import('{script}').then(async m=>{{await m.default({{module_or_path:wasm}});await read;m.hydrate();\
         document.documentElement.dataset.live='ready'}})"
    );
    let colors = THEME_COLORS.map(|(scheme, color)| {
        let media = (theme == Theme::System).then(|| format!("(prefers-color-scheme: {scheme})"));
        (theme == Theme::System || theme.as_str() == scheme)
            .then(|| leptos::html::meta().name("theme-color").content(color).attr("media", media))
    });

    view! {
        <!DOCTYPE html>
        <html lang=locale.as_str() data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=match theme { Theme::System => "light dark", other => other.as_str() } />
                {colors}
                <link rel="icon" href=asset("favicon.svg") type="image/svg+xml" />
                <link rel="stylesheet" href=asset("pkg/app.css") />
                <link rel="preload" href=asset("fonts/inter.woff2") r#as="font" type="font/woff2" crossorigin="" />
                <link rel="preload" href=asset("fonts/jetbrains-mono.woff2") r#as="font" type="font/woff2" crossorigin="" />
                {built
                    .then(|| {
                        view! {
                            <script nonce=nonce.clone()>{mark}</script>
                            <script type="module" async nonce=nonce.clone()>{start.clone()}</script>
                        }
                    })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(pairs: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_cookie_counts_more_than_the_browser_s_languages() {
        let wanted = headers(&[(COOKIE, "a=b; slipway_language=ko; slipway_theme=dark"), (ACCEPT_LANGUAGE, "en")]);
        assert_eq!(preferences(&wanted), (Locale::Ko, Theme::Dark));
        assert_eq!(preferences(&headers(&[(ACCEPT_LANGUAGE, "ko-KR")])), (Locale::Ko, Theme::System));
        let nonsense = headers(&[(COOKIE, "slipway_language=<script>; slipway_theme=pink"), (ACCEPT_LANGUAGE, ";;,")]);
        assert_eq!(preferences(&nonsense), (Locale::En, Theme::System));
    }
}
