//! Buttons, and links that look like buttons.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// How much a button asks for attention. At most one primary button stands on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The page's main action.
    Primary,
    /// Any other action.
    #[default]
    Secondary,
    /// An action that stays in the background.
    Ghost,
    /// Opens something that destroys.
    Danger,
    /// Destroys; only in a dialog that said what.
    DangerSolid,
}

impl ButtonKind {
    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Secondary => "button",
            Self::Ghost => "button button-ghost",
            Self::Danger => "button button-danger",
            Self::DangerSolid => "button button-danger-solid",
        }
    }
}

/// A button. It submits its form unless `on_press` is given.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// An icon before the words.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// More classes: `button-large`, `button-wide`.
    #[prop(optional)]
    class: &'static str,
    /// While true the button turns and does nothing.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// While true it cannot be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The form field it fills when it submits.
    #[prop(optional)]
    name: Option<&'static str>,
    /// With which value.
    #[prop(optional, into)]
    value: Option<String>,
    /// What happens in the browser; such a button is no use without scripts and is hidden then.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// The words on it.
    children: Children,
) -> impl IntoView {
    let live = if on_press.is_some() { "live-only" } else { "" };
    let press = move |_| {
        if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    view! {
        <button
            type=if on_press.is_some() { "button" } else { "submit" }
            class=format!("{} {class} {live}", kind.class())
            name=name
            value=value
            disabled=move || disabled.get()
            aria-busy=move || busy.get().then_some("true")
            on:click=press
        >
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {children()}
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// Where to.
    #[prop(into)]
    href: Signal<String>,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// An icon before the words.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// More classes: `button-large`, `button-icon`.
    #[prop(optional)]
    class: &'static str,
    /// Its name where it shows only an icon.
    #[prop(optional, into)]
    label: Option<String>,
    /// Loads a new document instead of changing this one.
    #[prop(optional)]
    external: bool,
    /// The words on it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <a
            href=move || href.get()
            class=format!("{} {class}", kind.class())
            title=label.clone()
            aria-label=label
            rel=external.then_some("external")
        >
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {children.map(|children| children())}
        </a>
    }
}
