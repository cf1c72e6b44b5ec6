//! Small marks beside a name.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// What a colour stands for. It never says it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A fact.
    #[default]
    Neutral,
    /// What this is about.
    Accent,
    /// Good; only for what was proven good.
    Success,
    /// Look at it.
    Warning,
    /// Bad.
    Danger,
    /// Something to read.
    Info,
}

/// A word, an icon, or both, on a soft ground.
#[component]
pub fn Badge(
    /// Its colour.
    #[prop(optional)]
    tone: Tone,
    /// An icon before the word.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Explains it on hover, and names it where it shows only an icon.
    #[prop(optional, into)]
    title: Option<String>,
    /// More classes: `badge-count`, `badge-mono`.
    #[prop(optional)]
    class: &'static str,
    /// The word; without one the badge is a square with the icon.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let tone = match tone {
        Tone::Neutral => "",
        Tone::Accent => "badge-accent",
        Tone::Success => "badge-success",
        Tone::Warning => "badge-warning",
        Tone::Danger => "badge-danger",
        Tone::Info => "badge-info",
    };
    let square = if children.is_none() { "badge-icon" } else { "" };
    let only_icon = children.is_none();
    let name = if only_icon { title.clone() } else { None };
    view! {
        <span class=format!("badge {tone} {square} {class}") title=title>
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {name.map(|name| view! { <span class="visually-hidden">{name}</span> })}
            {children.map(|children| children())}
        </span>
    }
}
