//! What happened and what to do about it, where it happened.

use super::{Glyph, Icon, Rich};
use leptos::prelude::*;

/// How serious it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeTone {
    /// Good to know.
    #[default]
    Info,
    /// It worked.
    Success,
    /// It works, but look at it.
    Warning,
    /// It did not work.
    Danger,
}

/// A box with what happened in bold and what to do below.
#[component]
pub fn Notice(
    /// How serious it is.
    #[prop(optional)]
    tone: NoticeTone,
    /// What happened.
    #[prop(into)]
    title: String,
    /// Why, and what to do.
    #[prop(optional, into)]
    text: Option<String>,
) -> impl IntoView {
    let (class, glyph) = match tone {
        NoticeTone::Info => ("notice notice-info", Glyph::Info),
        NoticeTone::Success => ("notice notice-success", Glyph::CircleCheck),
        NoticeTone::Warning => ("notice notice-warning", Glyph::TriangleAlert),
        NoticeTone::Danger => ("notice notice-danger", Glyph::CircleAlert),
    };
    let role = if tone == NoticeTone::Danger { "alert" } else { "status" };
    view! {
        <div class=class role=role>
            <Icon glyph />
            <div>
                <strong>{title}</strong>
                {text.map(|text| view! { <p><Rich text /></p> })}
            </div>
        </div>
    }
}
