//! Radio buttons that explain themselves.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// One choice with what it means; it stands inside of a `fieldset` of class `choices`.
#[component]
pub fn Choice(
    /// The form's field.
    name: &'static str,
    /// What it holds when this is chosen.
    value: &'static str,
    /// A sign before the words.
    glyph: Glyph,
    /// Whether it is chosen from the start.
    checked: bool,
    /// The choice in a few words.
    #[prop(into)]
    title: String,
    /// What it means.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input class="tick" type="radio" name=name value=value checked=checked />
            <span class="choice-name">
                <Icon glyph />
                {title}
            </span>
            <span class="choice-hint">{hint}</span>
        </label>
    }
}
