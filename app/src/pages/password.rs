//! `/password`: choose a new one.

use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    browser,
    components::{
        Button, ButtonKind, Command, Field, Glyph, Icon, Notice, NoticeTone, PageTitle, PasswordField, Rich, Snippet,
        WaitForIt,
    },
    error::fresh_problem,
    pages::{door::Door, login::SignOut},
    preferences::{SetLanguage, SetTheme},
    routes,
};
use api_types::PasswordRules;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// How long typing must rest before the server is asked about the password.
const REST: Duration = Duration::from_millis(180);

/// What remains for a person who has to choose a password first: the paths of the functions that this page needs.
pub const OPEN_FUNCTIONS: [&str; 5] =
    [CheckPassword::PATH, ChangePassword::PATH, SignOut::PATH, SetTheme::PATH, SetLanguage::PATH];

/// How a password stands against the policy. It is sent in the body, never in an address.
#[server(prefix = "/_fn", endpoint = "check_password")]
pub async fn check_password(
    /// The password as far as it is typed.
    password: String,
) -> Result<PasswordRules, AppError> {
    let context = crate::ssr::context()?;
    if context.viewer.is_none() {
        return Err(crate::ssr::unauthenticated());
    }
    Ok(context.registry.people.password_rules(&context.actor, &password.into()))
}

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
    if let Err(error) = people.change_password(&context.actor, current.as_ref(), &new_password.into()).await {
        return crate::ssr::answer(Err(error));
    }
    crate::ssr::read(context.session.renew().await)?;
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

    let action = ServerAction::<ChangePassword>::new();
    let (problem, edited) = fresh_problem(action);
    Effect::new(move || {
        if let Some(Ok(Answer::Done(next))) = action.value().get() {
            browser::load(&next);
        }
    });
    let done = move || matches!(action.value().get(), Some(Ok(Answer::Done(_))));
    let busy = Signal::derive(move || action.pending().get() || done());
    let on = move |fields: &'static [&'static str]| {
        Signal::derive(move || {
            problem.with(|problem| {
                problem
                    .as_ref()
                    .and_then(|problem| problem.field.as_deref())
                    .is_some_and(|field| fields.contains(&field))
            })
        })
    };

    let typed = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    let shown = RwSignal::new(false);
    let note = Signal::derive(move || {
        let (typed, again) = (typed.get(), again.get());
        match again.as_str() {
            "" => None,
            again if again == typed => Some(words.same()),
            again if typed.starts_with(again) => Some(words.same_so_far()),
            _ => Some(words.differs()),
        }
    });
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
        <Door wide=true>
            <PageTitle title=words.title().to_owned() />
            <div class="door-box">
                <div class="door-form">
                    <h1>{words.title()}</h1>
                    <p class="door-lead">
                        <Rich text=words.lead(&viewer.username) />
                    </p>
                    <ActionForm action attr:class="form" on:input=move |_| edited()>
                        {general}
                        // Password managers file the new password under this name.
                        <input type="hidden" name="username" autocomplete="username" value=viewer.username disabled />
                        {(!forced)
                            .then(|| {
                                view! {
                                    <Field id="current" label=words.current() problem>
                                        <PasswordField
                                            id="current"
                                            autocomplete="current-password"
                                            autofocus=true
                                            invalid=on(&["current"])
                                        />
                                    </Field>
                                }
                            })}
                        <Field id="new_password" name="new" label=words.new() problem>
                            <PasswordField
                                id="new_password"
                                autocomplete="new-password"
                                value=typed
                                shown
                                autofocus=forced
                                invalid=on(&["new"])
                            />
                            <Rules typed again />
                        </Field>
                        <Field id="again" label=words.again() problem>
                            <PasswordField
                                id="again"
                                autocomplete="new-password"
                                value=again
                                shown
                                note=note
                                invalid=on(&["again"])
                            />
                        </Field>
                        <input type="hidden" name="next" value=next />
                        <Button kind=ButtonKind::Primary class="button-large button-wide" busy>
                            {move || match (busy.get(), forced) {
                                (true, _) => words.submitting(),
                                (false, true) => words.submit_and_open(),
                                (false, false) => words.submit(),
                            }}
                        </Button>
                    </ActionForm>
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

/// Strength and rules, ticked as one types. What only the server can judge follows a moment later.
#[component]
fn Rules(typed: RwSignal<String>, again: RwSignal<String>) -> impl IntoView {
    let words = use_words().password;
    let policy = Resource::new(|| (), |()| check_password(String::new()));
    let judged = RwSignal::new(None::<(String, PasswordRules)>);
    let ask = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move || {
        let password = typed.get();
        if let Some(waiting) = ask.get_value() {
            waiting.clear();
        }
        if password.is_empty() {
            judged.set(None);
            return;
        }
        let asking = move || {
            leptos::task::spawn_local(async move {
                // Out of reach, the rules stay open and saving tells.
                if let Ok(rules) = check_password(password.clone()).await {
                    judged.try_set(Some((password, rules)));
                }
            });
        };
        ask.set_value(set_timeout_with_handle(asking, REST).ok());
    });
    let rules = Signal::derive(move || {
        judged.with(|judged| judged.as_ref().map(|(_, rules)| *rules)).filter(|_| !typed.with(String::is_empty))
    });
    let length = Memo::new(move |_| typed.with(|typed| typed.chars().count()) as u64);
    view! {
        <WaitForIt
            resource=policy
            view=move |policy| {
                let minimum = u64::from(policy.min_length);
                let long_enough = move || length.get() >= minimum && length.get() <= 256;
                let length_words = move || match length.get() {
                    0 => words.rule_length(minimum),
                    257.. => words.rule_too_long().to_owned(),
                    now => words.rule_length_now(minimum, now),
                };
                let met = move |rule: fn(&PasswordRules) -> bool| rules.get().is_some_and(|rules| rule(&rules));
                let twice = move || !typed.with(String::is_empty) && typed.get() == again.get();
                view! {
                    <Strength score=Signal::derive(move || rules.get().map(|rules| rules.score)) />
                    <ul class="rules" aria-label=words.rules()>
                        <Rule met=Signal::derive(long_enough) text=Signal::derive(length_words) />
                        <Rule
                            met=Signal::derive(move || met(|rules| rules.hard_to_guess))
                            text=Signal::stored(words.rule_hard().to_owned())
                        />
                        <Rule
                            met=Signal::derive(move || met(|rules| rules.uncommon))
                            text=Signal::stored(words.rule_uncommon().to_owned())
                        />
                        <Rule
                            met=Signal::derive(move || met(|rules| rules.without_names))
                            text=Signal::stored(words.rule_names().to_owned())
                        />
                        <Rule met=Signal::derive(twice) text=Signal::stored(words.rule_twice().to_owned()) />
                    </ul>
                }
                .into_any()
            }
        />
    }
}

/// One rule, open or met.
#[component]
fn Rule(met: Signal<bool>, text: Signal<String>) -> impl IntoView {
    let words = use_words().password;
    view! {
        <li class="rule" class:rule-met=move || met.get()>
            {move || {
                let glyph = if met.get() { Glyph::Check } else { Glyph::Circle };
                view! { <Icon glyph /> }
            }}
            <span>
                {move || text.get()}
                <span class="visually-hidden">{move || if met.get() { words.met() } else { words.open() }}</span>
            </span>
        </li>
    }
}

/// Four strokes, as many as the score has.
#[component]
fn Strength(score: Signal<Option<u8>>) -> impl IntoView {
    let words = use_words().password;
    let class = move || format!("strength strength-{} live-only", score.get().unwrap_or(0));
    let strokes = (0..4_u8).map(|stroke| {
        let on = move || score.get().is_some_and(|score| stroke < score.max(1));
        view! { <rect x=format!("{}%", f32::from(stroke) * 25.4) width="23.8%" height="4" rx="2" class:on=on></rect> }
    });
    view! {
        <div class=class>
            <svg aria-hidden="true" height="4">
                {strokes.collect_view()}
            </svg>
            <span class="strength-word" aria-live="polite">
                {move || score.get().map(|score| words.strength_word(score))}
            </span>
        </div>
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
