//! `/password`: choose a new one.

mod choose;

use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    components::{
        Button, ButtonKind, Command, Field, Notice, NoticeTone, PageTitle, PasswordField, Rich, Snippet, is_about,
    },
    error::{follow, fresh_problem},
    pages::{door::Door, login::SignOut},
    preferences::{SetLanguage, SetTheme},
    routes,
};

pub use choose::{CheckPassword, ChoosePassword, Whose, check_password};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// What remains for a person who has to choose a password first: the paths of the functions that this page needs.
pub const OPEN_FUNCTIONS: [&str; 5] =
    [CheckPassword::PATH, ChangePassword::PATH, SignOut::PATH, SetTheme::PATH, SetLanguage::PATH];

/// Replaces the viewer's password and gives this browser a new session; the answer says where to go on.
#[server(prefix = "/_fn", endpoint = "change_password")]
pub async fn change_password(
    /// The present password; empty where the delivered one is being replaced.
    #[server(default)]
    current: String,
    /// The new one.
    new_password: String,
    /// The new one, typed again.
    again: String,
    /// Where to go on.
    next: String,
) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::context()?;
    if context.viewer.is_none() {
        return Err(crate::ssr::unauthenticated());
    }
    if new_password != again {
        return crate::ssr::refuse_field("again", "password_differs", "The two passwords differ.");
    }
    let current = (!current.is_empty()).then(|| current.into());
    let people = &context.registry.people;
    let shown = match people.change_password(&context.actor, current.as_ref(), &new_password.into()).await {
        Ok(shown) => shown,
        Err(error) => return crate::ssr::answer(Err(error)),
    };
    crate::ssr::read(context.session.renew(context.actor.name(), shown).await)?;
    let next = routes::safe_return(&next);
    crate::ssr::send_to(&next);
    Ok(Answer::Done(next))
}

/// The page.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let words = use_words().password;
    let boot = use_boot();
    let query = use_query_map();
    let next = query.with_untracked(|query| routes::safe_return(&query.get("next").unwrap_or_default()));
    let Some(viewer) = boot.viewer.clone() else {
        return view! { <crate::Elsewhere path=routes::login(routes::PASSWORD).to_string() /> }.into_any();
    };
    let forced = viewer.must_change_password;
    let reason = match (forced, viewer.username.as_str()) {
        (true, "admin") => Reason::Delivered,
        (true, _) => Reason::Given,
        (false, _) => Reason::Wanted,
    };

    view! {
        <Door wide=true>
            <PageTitle title=words.title().to_owned() />
            <div class="door-box">
                <div class="door-form">
                    <h1>{words.title()}</h1>
                    <p class="door-lead">
                        <Rich text=words.lead(&viewer.username) />
                    </p>
                    <PasswordForm username=viewer.username next forced />
                    <div class="door-way-out">
                        {if forced {
                            view! {
                                <form method="post" action=SignOut::url()>
                                    <button type="submit" class="button button-ghost">{words.sign_out()}</button>
                                </form>
                            }
                                .into_any()
                        } else {
                            view! { <a class="button button-ghost" href=routes::OVERVIEW>{words.back()}</a> }.into_any()
                        }}
                    </div>
                </div>
                <Reasons reason />
            </div>
        </Door>
    }
    .into_any()
}

/// The form that replaces the viewer's password.
#[component]
pub fn PasswordForm(
    /// The viewer's name.
    username: String,
    /// Where to go on.
    next: String,
    /// Whether nothing else opens until it was replaced; then the present one is not asked for.
    #[prop(optional)]
    forced: bool,
) -> impl IntoView {
    let words = use_words().password;
    let class = if forced { "button-large button-wide" } else { "button-large" };
    let action = ServerAction::<ChangePassword>::new();
    let (problem, edited) = fresh_problem(action);
    let busy = follow(action);
    let current_is_wrong = Signal::derive(move || is_about(problem, "current").is_some());
    let general = move || {
        let problem = problem.get()?;
        let beside = ["current", "new", "again"];
        let is_beside = problem.field.as_deref().is_some_and(|field| beside.contains(&field));
        (!is_beside).then(|| {
            let text = use_words().problems.explain(&problem);
            view! { <Notice tone=NoticeTone::Danger title=words.failed_title() text /> }
        })
    };

    view! {
        <ActionForm action attr:class="form" on:input=move |_| edited()>
            {general}
            // Password managers file the new password under this name.
            <input type="hidden" name="username" autocomplete="username" value=username disabled />
            {(!forced)
                .then(|| {
                    view! {
                        <Field id="current" label=words.current() problem>
                            <PasswordField
                                id="current"
                                autocomplete="current-password"
                                autofocus=true
                                invalid=current_is_wrong
                            />
                        </Field>
                    }
                })}
            <ChoosePassword problem autofocus=forced />
            <input type="hidden" name="next" value=next />
            <Button kind=ButtonKind::Primary class=class busy>
                {move || match (busy.get(), forced) {
                    (true, _) => words.submitting(),
                    (false, true) => words.submit_and_open(),
                    (false, false) => words.submit(),
                }}
            </Button>
        </ActionForm>
    }
}

/// Why somebody is on this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// The server's first account still has the password that everybody knows.
    Delivered,
    /// An administrator gave this account its password.
    Given,
    /// They want to.
    Wanted,
}

/// Why this page, and what saving means.
#[component]
fn Reasons(reason: Reason) -> impl IntoView {
    let words = use_words().password;
    let section = |title: &'static str, text: &'static str| {
        view! {
            <section>
                <h2>{title}</h2>
                <p>
                    <Rich text />
                </p>
            </section>
        }
    };
    let saving = section(words.save_means(), words.save_means_text());
    let sections = match reason {
        Reason::Delivered => view! {
            {section(words.why(), words.why_text())}
            {section(words.blocked(), words.blocked_text())}
            {saving}
            <section>
                <h2>{words.without_form()}</h2>
                <p>{words.without_form_text()}</p>
                <Command snippet=Signal::stored(Snippet::file("SLIPWAY_ADMIN_PASSWORD_FILE=‹/run/secrets/slipway-admin›")) />
            </section>
        }
        .into_any(),
        Reason::Given => view! {
            {section(words.why(), words.why_given_text())}
            {section(words.blocked(), words.blocked_text())}
            {saving}
            {section(words.good(), words.good_text())}
        }
        .into_any(),
        Reason::Wanted => view! {
            {section(words.good(), words.good_text())}
            {saving}
            {section(words.elsewhere(), words.elsewhere_text())}
        }
        .into_any(),
    };
    view! { <aside class="door-reasons">{sections}</aside> }
}
