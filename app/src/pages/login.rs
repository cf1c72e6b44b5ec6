//! `/login`: who are you?

use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    browser,
    components::{Button, ButtonKind, Field, Notice, NoticeTone, PageTitle, PasswordField, Rich, WaitForIt},
    error::{follow, problem_of},
    pages::{door::Door, register::registration},
    routes,
};
use api_types::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Opens a session. `next` is where to go on; the answer says where that is.
#[server(prefix = "/_fn", endpoint = "sign_in")]
pub async fn sign_in(
    /// The account's name.
    username: String,
    /// Its password.
    password: String,
    /// Where to go on, as the sign-in page was asked.
    next: String,
) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::context()?;
    let signed_in = context
        .registry
        .sign_in
        .with_password(username.trim(), &password.into(), context.session.attempt(username.trim()))
        .await;
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(error) => {
            crate::ssr::remember_typed_name(username.trim());
            return crate::ssr::answer(Err(error));
        }
    };
    crate::ssr::read(context.session.sign_in(username.trim(), &signed_in).await)?;
    let next = routes::safe_return(&next);
    let next = if signed_in.must_change_password { routes::password(&next).to_string() } else { next };
    crate::ssr::send_to(&next);
    Ok(Answer::Done(next))
}

/// Ends the session.
#[server(prefix = "/_fn", endpoint = "sign_out")]
pub async fn sign_out() -> Result<Answer<()>, AppError> {
    let context = crate::ssr::context()?;
    crate::ssr::read(context.session.sign_out(&context.actor).await)?;
    crate::ssr::send_to(&format!("{}?signed_out=1", routes::LOGIN));
    Ok(Answer::Done(()))
}

/// The page.
#[component]
pub fn LoginPage() -> impl IntoView {
    let words = use_words().login;
    let boot = use_boot();
    let query = use_query_map();
    let next = query.with_untracked(|query| routes::safe_return(&query.get("next").unwrap_or_default()));
    if boot.viewer.is_some() {
        return view! { <crate::Elsewhere path=next /> }.into_any();
    }

    let registration = Resource::new(|| (), |()| registration());
    let action = ServerAction::<SignIn>::new();
    let problem = Memo::new(move |_| action.value().with(|value| problem_of(value.as_ref())));
    // After a failure the password is what has to be typed again.
    Effect::new(move || {
        if problem.get().is_some() {
            browser::focus("password");
        }
    });
    let busy = follow(action);
    let invalid = Signal::derive(move || problem.with(|problem| problem.as_ref().is_some_and(is_wrong)));
    let lead = match routes::thing_at(&next) {
        Some(thing) => words.goes_on(thing),
        None => words.to(&boot.site.host),
    };
    let expired = boot.session_expired;
    let typed_name = boot.typed_name.clone();
    let has_name = !typed_name.is_empty();
    let signed_out = query.with_untracked(|query| query.get("signed_out").is_some());
    let notice = move || {
        if let Some(problem) = problem.get() {
            return Some(view! { <SignInFailure problem /> }.into_any());
        }
        if action.version().get() > 0 {
            return None;
        }
        if signed_out {
            return Some(view! { <Notice tone=NoticeTone::Success title=words.signed_out() /> }.into_any());
        }
        expired.then(|| view! { <Notice title=words.expired_title() text=words.expired() /> }.into_any())
    };

    view! {
        <Door>
            <PageTitle title=words.title().to_owned() />
            <div class="door-box door-form">
                <h1>{words.title()}</h1>
                <p class="door-lead">
                    <Rich text=lead />
                </p>
                <ActionForm action attr:class="form">
                    {notice}
                    <Field id="username" label=words.name()>
                        <input
                            class="input input-large"
                            id="username"
                            name="username"
                            type="text"
                            required
                            value=typed_name.clone()
                            autofocus=!has_name
                            autocomplete="username"
                            autocapitalize="none"
                            spellcheck="false"
                            aria-invalid=move || invalid.get().then_some("true")
                            aria-describedby="username-about"
                        />
                    </Field>
                    <Field id="password" label=words.password()>
                        <PasswordField id="password" autocomplete="current-password" invalid autofocus=has_name />
                    </Field>
                    <input type="hidden" name="next" value=next />
                    <Button kind=ButtonKind::Primary class="button-large button-wide" busy>
                        {move || if busy.get() { words.submitting() } else { words.submit() }}
                    </Button>
                </ActionForm>
            </div>
            <p class="door-note">
                <Rich text=words.forgotten() />
            </p>
            <WaitForIt
                resource=registration
                view=|open| {
                    let words = use_words().register;
                    open.then(|| {
                        view! {
                            <p class="door-note">
                                {words.no_account()} " " <a class="link" href=routes::REGISTER>{words.link()}</a>
                            </p>
                        }
                    })
                    .into_any()
                }
            />
        </Door>
    }
    .into_any()
}

fn is_wrong(problem: &Problem) -> bool {
    problem.kind == ProblemKind::Unauthenticated
}

/// Why it did not work, without telling which of the two was wrong.
#[component]
fn SignInFailure(problem: Problem) -> impl IntoView {
    let words = use_words();
    let (title, text) = match problem.kind {
        ProblemKind::Unauthenticated => (words.login.wrong_title(), words.login.wrong().to_owned()),
        ProblemKind::TooManyRequests => (
            words.login.throttled_title(),
            words.login.throttled(words.login.wait(problem.retry_after_seconds.unwrap_or(1))),
        ),
        kind => (words.problems.title(kind), words.problems.explain(&problem)),
    };
    view! { <Notice tone=NoticeTone::Danger title text /> }
}
