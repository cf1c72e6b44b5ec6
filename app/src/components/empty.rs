//! What stands where a list has no rows.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// Says why there is nothing and what to do about it.
#[component]
pub fn Empty(
    /// A sign of what would be here.
    glyph: Glyph,
    /// What is missing.
    #[prop(into)]
    title: String,
    /// Why, or what will make it appear.
    #[prop(optional, into)]
    text: Option<String>,
    /// In a box of its own, where it stands in for a table.
    #[prop(optional)]
    boxed: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=if boxed { "empty empty-boxed" } else { "empty" }>
            <Icon glyph />
            <h2>{title}</h2>
            {text.map(|text| view! { <p>{text}</p> })}
            {children.map(|children| view! { <div class="empty-actions">{children()}</div> })}
        </div>
    }
}
