//! How every resource is shown: skeleton, content, or what went wrong.

use super::{Glyph, Icon, PageTitle, Rich};
use crate::{
    AppError, answer_with,
    boot::{Reached, use_words},
    browser,
    components::{Button, ButtonKind, LinkButton},
    routes,
};
use api_types::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Serialize, de::DeserializeOwned};

/// Shows a resource: `skeleton` while it loads for the first time, then what `view` makes of it, or a [`Failure`].
/// While it loads again (another page, another sort) the old content stays.
///
/// The server may make a resource inside of another's view twice and drop the first while it waits, yet sends what came of it. So a
/// resource calls one server function: a second one after an `await` could find that the request's context is gone.
#[component]
pub fn Loaded<T, V>(
    /// What is loaded.
    resource: Resource<Result<T, AppError>>,
    /// What stands there meanwhile, in the size of what comes.
    #[prop(into)]
    skeleton: ViewFnOnce,
    /// Makes a view of it.
    view: V,
    /// Whether it is a part of a page that has its own heading, such as a list under a title.
    #[prop(optional)]
    part: bool,
) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: Fn(T) -> AnyView + Send + Sync + 'static,
{
    let show = StoredValue::new(view);
    view! {
        <Transition fallback=skeleton>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(value) => show.with_value(|show| show(value)),
                    Err(AppError(problem)) => {
                        let retry = Callback::new(move |()| resource.refetch());
                        view! { <Failure problem retry part /> }.into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// Waits for a resource without showing anything while it loads, and nothing if it fails: for what a page can do without.
#[component]
pub fn WaitForIt<T, V>(
    /// What is loaded.
    resource: Resource<Result<T, AppError>>,
    /// Makes a view of it.
    view: V,
) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: Fn(T) -> AnyView + Send + Sync + 'static,
{
    let show = StoredValue::new(view);
    view! {
        <Transition>
            {move || Suspend::new(async move { resource.await.ok().map(|value| show.with_value(|show| show(value))) })}
        </Transition>
    }
}

/// A problem as a page with its title, or in the place of the part that it kept from being shown. On the server it also sets the
/// answer's status.
#[component]
pub fn Failure(
    /// What went wrong.
    problem: Problem,
    /// Tries again.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
    /// Whether the page around it has a heading and a title of its own.
    #[prop(optional)]
    part: bool,
) -> impl IntoView {
    let words = use_words();
    answer_with(problem.kind);
    if let Some(Reached(reached)) = use_context().filter(|_| problem.kind == ProblemKind::Offline) {
        Effect::new(move || reached.set(false));
        // Whatever takes this place came from the server.
        Owner::on_cleanup(move || {
            let _ = reached.try_set(true);
        });
    }
    let location = use_location();
    let here = Memo::new(move |_| {
        let (path, query) = (location.pathname.get(), location.search.get());
        if query.is_empty() { path } else { format!("{path}?{}", query.trim_start_matches('?')) }
    });
    let glyph = match problem.kind {
        ProblemKind::Unauthenticated | ProblemKind::PasswordChangeRequired => Glyph::Key,
        ProblemKind::Forbidden => Glyph::Lock,
        ProblemKind::NotFound => Glyph::Scan,
        ProblemKind::Offline => Glyph::WifiOff,
        _ => Glyph::TriangleAlert,
    };
    let retryable = matches!(problem.kind, ProblemKind::Unavailable | ProblemKind::Internal | ProblemKind::Offline);
    let button = match problem.kind {
        ProblemKind::Unauthenticated => view! {
            <LinkButton
                kind=ButtonKind::Primary
                external=true
                href=Signal::derive(move || routes::login(&here.get()).to_string())
            >
                {words.problems.sign_in()}
            </LinkButton>
        }
        .into_any(),
        ProblemKind::PasswordChangeRequired => view! {
            <LinkButton
                kind=ButtonKind::Primary
                external=true
                href=Signal::derive(move || routes::password(&here.get()).to_string())
            >
                {words.problems.choose_password()}
            </LinkButton>
        }
        .into_any(),
        _ if retryable => view! {
            <Button
                icon=Glyph::Refresh
                on_press=retry.unwrap_or_else(|| Callback::new(|()| browser::reload()))
            >
                {words.common.try_again()}
            </Button>
            <LinkButton kind=ButtonKind::Ghost href=routes::OVERVIEW.to_owned()>{words.problems.home()}</LinkButton>
        }
        .into_any(),
        _ => view! {
            <LinkButton href=routes::OVERVIEW.to_owned()>{words.problems.home()}</LinkButton>
            <LinkButton kind=ButtonKind::Ghost href=routes::PROJECTS.to_owned()>{words.problems.projects()}</LinkButton>
        }
        .into_any(),
    };
    let title = words.problems.title(problem.kind);
    let heading = if part {
        view! { <h2>{title}</h2> }.into_any()
    } else {
        view! {
            <PageTitle title />
            <h1>{title}</h1>
        }
        .into_any()
    };
    view! {
        <div class="message-page" class:message-part=part role="alert">
            <Icon glyph class="icon-large" />
            {heading}
            <p><Rich text=words.problems.explain(&problem) /></p>
            <div class="empty-actions">{button}</div>
        </div>
    }
}
