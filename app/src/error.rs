//! What server functions answer when they do not succeed.

use crate::{boot::answered, browser};
use api_types::{Problem, ProblemKind};
use leptos::{
    prelude::*,
    server_fn::{
        ServerFn,
        codec::JsonEncoding,
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A failure of a server function, with the status of its [`ProblemKind`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError(pub Problem);

/// What an action answers: done, or refused for a reason that the person can do something about.
///
/// A refusal is an answer and not an error, so that a wrong password is not reported in the browser's console. A form without
/// scripts gets it as an [`AppError`] instead, which travels back in the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer<T> {
    /// It happened.
    Done(T),
    /// It did not, and nothing has changed.
    Refused(Problem),
}

/// What an action answers, whatever it is about.
pub trait Refusable {
    /// Why it was refused.
    fn refusal(&self) -> Option<&Problem>;
}

impl<T> Refusable for Answer<T> {
    fn refusal(&self) -> Option<&Problem> {
        match self {
            Self::Done(_) => None,
            Self::Refused(problem) => Some(problem),
        }
    }
}

/// What the last run of an action said, if anything went wrong.
pub fn problem_of<T>(value: Option<&Result<Answer<T>, AppError>>) -> Option<Problem> {
    match value? {
        Ok(Answer::Done(_)) => None,
        Ok(Answer::Refused(problem)) | Err(AppError(problem)) => Some(problem.clone()),
    }
}

/// The problem of an action's last run, which without scripts is what this page answers.
pub fn last_problem<S, T>(action: ServerAction<S>) -> Signal<Option<Problem>>
where
    S: ServerFn<Output = Answer<T>, Error = AppError> + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let first = answered::<S>().and_then(|answered| answered.problem.clone());
    Signal::derive(move || {
        let problem = action.value().with(|value| problem_of(value.as_ref()));
        problem.or_else(|| first.clone())
    })
}

/// The problem of an action's last run, until somebody edits the form; and what the form's `on:input` has to call for that.
pub fn fresh_problem<S, T>(
    action: ServerAction<S>,
) -> (Signal<Option<Problem>>, impl Fn() + Copy + Send + Sync + 'static)
where
    S: ServerFn<Output = Answer<T>, Error = AppError> + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let edited = RwSignal::new(None::<usize>);
    let version = action.version();
    let last = last_problem(action);
    let problem = Signal::derive(move || last.get().filter(|_| edited.get() != Some(version.get())));
    (problem, move || edited.set(Some(version.get_untracked())))
}

/// Does something each time that an action is done.
pub fn when_done<S, T>(action: ServerAction<S>, then: impl Fn(T) + 'static)
where
    S: ServerFn<Output = Answer<T>, Error = AppError> + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    Effect::new(move || {
        if let Some(Ok(Answer::Done(done))) = action.value().get() {
            then(done);
        }
    });
}

/// Loads the address that an action answers with, as a new document. Busy from the click until that document is there.
pub fn follow<S>(action: ServerAction<S>) -> Signal<bool>
where
    S: ServerFn<Output = Answer<String>, Error = AppError> + Clone + Send + Sync + 'static,
{
    when_done(action, |next: String| browser::load(&next));
    Signal::derive(move || action.pending().get() || matches!(action.value().get(), Some(Ok(Answer::Done(_)))))
}

impl AppError {
    /// A failure with nothing but its kind, code and English message.
    pub fn new(kind: ProblemKind, code: &str, message: &str) -> Self {
        Self(Problem::new(kind, code, message))
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::new(ProblemKind::Offline, "offline", "The server was not reached."),
            // A proxy's error page, or the answer of another release of the server.
            ServerFnErrorErr::Deserialization(_) => {
                Self::new(ProblemKind::Unavailable, "unreadable_answer", "The server's answer was not understood.")
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                crate::refuse_arguments();
                let message = "The form was not filled in as the server expects it.";
                Self::new(ProblemKind::Invalid, "invalid_request", message)
            }
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::Response(_) => {
                Self::new(ProblemKind::Internal, "internal", "The server made a mistake.")
            }
        }
    }
}

/// The HTTP status that stands for a kind of problem.
pub fn status_of(kind: ProblemKind) -> u16 {
    match kind {
        ProblemKind::Unauthenticated => 401,
        ProblemKind::PasswordChangeRequired | ProblemKind::Forbidden => 403,
        ProblemKind::NotFound => 404,
        ProblemKind::Invalid => 422,
        ProblemKind::Conflict => 409,
        ProblemKind::TooManyRequests => 429,
        ProblemKind::Unavailable | ProblemKind::Offline => 503,
        ProblemKind::Internal => 500,
    }
}
