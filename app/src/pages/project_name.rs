//! What is known of a project's name while somebody types it.

use crate::{
    AppError,
    boot::use_words,
    components::{Glyph, Icon, Rich},
    typing::Rest,
};
use api_types::{NameCheck, Problem, ProblemKind};
use leptos::prelude::*;
use std::time::Duration;

/// How long typing must rest before the server is asked about the name.
const REST: Duration = Duration::from_millis(200);

/// What is known of the name in the field.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Nothing, and nothing is asked.
    Nothing,
    /// The server was asked.
    Asking,
    /// What it said.
    Checked(NameCheck),
}

impl Known {
    /// Whether the name cannot be had.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Checked(NameCheck::Taken | NameCheck::Malformed { .. }))
    }
}

/// Asks the server about the name whenever typing rests, unless it is the one that the project has.
pub fn watch_name<F, A>(name: RwSignal<String>, present: &str, check: F) -> RwSignal<Known>
where
    F: Fn(String) -> A + Send + Sync + 'static,
    A: Future<Output = Result<NameCheck, AppError>> + 'static,
{
    let present = present.to_owned();
    let known = RwSignal::new(Known::Nothing);
    let rest = Rest::of(REST);
    Effect::new(move || {
        let wanted = name.with(|name| name.trim().to_owned());
        rest.forget();
        if wanted.is_empty() || wanted == present {
            known.set(Known::Nothing);
            return;
        }
        known.set(Known::Asking);
        // Out of reach, nothing is said; sending the form will tell.
        rest.ask(check(wanted), move |answer| known.set(answer.map_or(Known::Nothing, Known::Checked)));
    });
    known
}

/// What is known of the name, in a word inside of the field, so that nothing moves as one types.
#[component]
pub fn NameWord(
    /// What is known.
    known: RwSignal<Known>,
) -> impl IntoView {
    let words = use_words().new_project;
    let state = move || {
        known.with(|known| match known {
            Known::Nothing => ("", None, ""),
            Known::Asking => ("", None, words.checking()),
            Known::Checked(NameCheck::Free) => ("good", Some(Glyph::Check), words.free()),
            Known::Checked(NameCheck::Taken) => ("bad", Some(Glyph::CircleAlert), words.taken()),
            Known::Checked(NameCheck::Malformed { .. }) => ("bad", Some(Glyph::CircleAlert), words.malformed()),
        })
    };
    view! {
        <span class=move || format!("field-known live-only {}", state().0) id="name-known" aria-live="polite">
            {move || state().1.map(|glyph| view! { <Icon glyph /> })}
            {move || state().2}
        </span>
    }
}

/// Which rule a name breaks.
#[component]
pub fn NameMistake(
    /// What is known.
    known: RwSignal<Known>,
) -> impl IntoView {
    let words = use_words().problems;
    let mistake = move || match known.get() {
        Known::Checked(NameCheck::Malformed { code, message }) => {
            Some(words.explain(&Problem::new(ProblemKind::Invalid, code, message)))
        }
        _ => None,
    };
    move || {
        mistake().map(|text| {
            view! {
                <p class="field-error">
                    <Icon glyph=Glyph::CircleAlert />
                    <span>
                        <Rich text />
                    </span>
                </p>
            }
        })
    }
}
