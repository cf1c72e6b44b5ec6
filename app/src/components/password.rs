//! A password field that can show what was typed.

use super::{Glyph, Icon};
use crate::boot::use_words;
use leptos::prelude::*;

/// The control of a password; it stands inside of a [`super::Field`].
#[component]
pub fn PasswordField(
    /// The element's id, and the form field's name where that has no other.
    id: &'static str,
    /// The form field's name.
    #[prop(optional)]
    name: Option<&'static str>,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    /// What was typed, for whoever looks at it live.
    #[prop(optional, into)]
    value: Option<RwSignal<String>>,
    /// Whether the field is wrong.
    #[prop(optional, into)]
    invalid: Signal<bool>,
    /// Puts the focus here when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// A word after the text, instead of the button that shows it.
    #[prop(optional, into)]
    note: Option<Signal<Option<&'static str>>>,
    /// Whether the text is shown, where two fields share the switch.
    #[prop(optional)]
    shown: Option<RwSignal<bool>>,
) -> impl IntoView {
    let words = use_words().common;
    let shown = shown.unwrap_or_else(|| RwSignal::new(false));
    let typed = move |event| {
        if let Some(value) = value {
            value.set(event_target_value(&event));
        }
    };
    let has_note = note.is_some();
    view! {
        <div class="input-group">
            <input
                class="input input-large"
                id=id
                name=name.unwrap_or(id)
                type=move || if shown.get() { "text" } else { "password" }
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                required
                maxlength="1024"
                autofocus=autofocus
                aria-invalid=move || invalid.get().then_some("true")
                aria-describedby=format!("{id}-about")
                on:input=typed
            />
            {note.map(|note| view! { <span class="input-note" aria-live="polite">{move || note.get()}</span> })}
            {(!has_note)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="input-action live-only"
                            aria-controls=id
                            aria-label=move || if shown.get() { words.hide_password() } else { words.show_password() }
                            on:click=move |_| shown.update(|shown| *shown = !*shown)
                        >
                            {move || {
                                let glyph = if shown.get() { Glyph::EyeOff } else { Glyph::Eye };
                                view! { <Icon glyph /> }
                            }}
                            {move || if shown.get() { words.hide() } else { words.show() }}
                        </button>
                    }
                })}
        </div>
    }
}
