//! The two fields of a new password, with the rules beside them.

use crate::{
    AppError,
    boot::use_words,
    components::{Field, Glyph, Icon, PasswordField, WaitForIt, is_about},
    typing::Rest,
};
use api_types::{PasswordRules, Problem};
use leptos::prelude::*;
use std::time::Duration;

/// How long typing must rest before the server is asked about the password.
const REST: Duration = Duration::from_millis(180);

/// How a password stands against the policy, or nothing for a link that opens nothing: its owner may have used it while the
/// question was on its way. The password is sent in the body, never in an address.
#[server(prefix = "/_fn", endpoint = "check_password")]
pub async fn check_password(
    /// The password as far as it is typed.
    password: String,
    /// The key of the one-time link that sets it; empty for the person who is signed in.
    #[server(default)]
    link: String,
    /// The name that somebody wants who has no account yet.
    #[server(default)]
    username: String,
) -> Result<Option<PasswordRules>, AppError> {
    let context = crate::ssr::context()?;
    let people = &context.registry.people;
    let password = password.into();
    if !link.is_empty() {
        return match people.password_rules_for_link(&link.into(), &password).await {
            Err(registry::Error::LinkVoid) => Ok(None),
            rules => crate::ssr::read(rules.map(Some)),
        };
    }
    if context.viewer.is_some() {
        return Ok(Some(people.password_rules(&context.actor, &password)));
    }
    match people.password_rules_to_register(username.trim(), &password).await {
        Err(registry::Error::RegistrationClosed) => Err(crate::ssr::unauthenticated()),
        rules => crate::ssr::read(rules.map(Some)),
    }
}

/// Whose password is being chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// The viewer's own.
    #[default]
    Viewer,
    /// That of a one-time link's owner; the key.
    Link(String),
    /// That of somebody who takes this name.
    New(RwSignal<String>),
}

impl Whose {
    async fn check(self, password: String) -> Result<Option<PasswordRules>, AppError> {
        let (link, username) = match self {
            Self::Viewer => (String::new(), String::new()),
            Self::Link(key) => (key, String::new()),
            Self::New(name) => (String::new(), name.try_get_untracked().unwrap_or_default()),
        };
        check_password(password, link, username).await
    }
}

/// The fields `new_password` and `again`, with strength and rules ticked as one types. Problems are about `new` and `again`.
#[component]
pub fn ChoosePassword(
    /// The form's last problem.
    #[prop(into)]
    problem: Signal<Option<Problem>>,
    /// Whose password it is.
    #[prop(optional)]
    whose: Whose,
    /// Puts the focus on the first field.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let words = use_words().password;
    let typed = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    let shown = RwSignal::new(false);
    let whose = StoredValue::new(whose);
    let note = Signal::derive(move || {
        let (typed, again) = (typed.get(), again.get());
        match again.as_str() {
            "" => None,
            again if again == typed => Some(words.same()),
            again if typed.starts_with(again) => Some(words.same_so_far()),
            _ => Some(words.differs()),
        }
    });
    let wrong = move |field: &'static str| Signal::derive(move || is_about(problem, field).is_some());
    view! {
        <Field id="new_password" name="new" label=words.new() problem>
            <PasswordField
                id="new_password"
                autocomplete="new-password"
                value=typed
                shown
                autofocus=autofocus
                invalid=wrong("new")
            />
            <Rules typed whose />
        </Field>
        <Field id="again" label=words.again() problem>
            <PasswordField
                id="again"
                autocomplete="new-password"
                value=again
                shown
                note=note
                invalid=wrong("again")
            />
        </Field>
    }
}

/// Strength and rules, ticked as one types. What only the server can judge follows a moment later.
#[component]
fn Rules(typed: RwSignal<String>, whose: StoredValue<Whose>) -> impl IntoView {
    let words = use_words().password;
    let policy = Resource::new(|| (), move |()| whose.get_value().check(String::new()));
    let judged = RwSignal::new(None::<PasswordRules>);
    let rest = Rest::of(REST);
    Effect::new(move || {
        let password = typed.get();
        rest.forget();
        if password.is_empty() {
            judged.set(None);
            return;
        }
        // Out of reach, the rules stay open and saving tells.
        rest.ask(whose.get_value().check(password), move |answer| judged.set(answer.ok().flatten()));
    });
    let rules = Signal::derive(move || judged.get().filter(|_| !typed.with(String::is_empty)));
    let length = Memo::new(move |_| typed.with(|typed| typed.chars().count()) as u64);
    view! {
        <WaitForIt
            resource=policy
            view=move |policy| {
                let Some(policy) = policy else { return ().into_any() };
                let minimum = u64::from(policy.min_length);
                let long_enough = move || length.get() >= minimum && length.get() <= 256;
                let length_words = move || match length.get() {
                    0 => words.rule_length(minimum),
                    257.. => words.rule_too_long().to_owned(),
                    now => words.rule_length_now(minimum, now),
                };
                let met = move |rule: fn(&PasswordRules) -> bool| rules.get().is_some_and(|rules| rule(&rules));
                view! {
                    <Strength score=Signal::derive(move || rules.get().map(|rules| rules.score)) />
                    <ul class="password-rules" aria-label=words.rules()>
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
            <span class="strength-word" class:quiet=move || score.get().is_none() aria-live="polite">
                {move || score.get().map_or(words.strength(), |score| words.strength_word(score))}
            </span>
        </div>
    }
}
