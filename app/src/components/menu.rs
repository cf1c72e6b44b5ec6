//! Menus that open without scripts.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// An icon that opens a list of actions: [`MenuLink`]s, buttons of class `menu-item`, `<hr>`s.
#[component]
pub fn Menu(
    /// What the menu is for.
    #[prop(into)]
    label: String,
    /// Smaller, inside of a row.
    #[prop(optional)]
    small: bool,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let class = if small { "button button-ghost button-icon button-small" } else { "button button-icon" };
    view! {
        <details class="menu" name="menu">
            <summary class=class title=label.clone()>
                <Icon glyph=Glyph::Ellipsis label=label.clone() />
            </summary>
            <div class="menu-panel">{children()}</div>
        </details>
    }
}

/// One entry that leads somewhere.
#[component]
pub fn MenuLink(
    /// Where to.
    #[prop(into)]
    href: String,
    /// A sign before the words.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Leads to something that destroys.
    #[prop(optional)]
    danger: bool,
    /// Keeps the page where it is scrolled to: for dialogs.
    #[prop(optional)]
    stay: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=if danger { "menu-item menu-item-danger" } else { "menu-item" } href=href data-noscroll=stay.then_some("")>
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {children()}
        </a>
    }
}

/// One of several views by links: a sort, a filter. Shows what is chosen.
#[component]
pub fn Picker(
    /// What is picked.
    #[prop(into)]
    label: String,
    /// Name, address and whether it is the chosen one.
    #[prop(into)]
    options: Signal<Vec<(String, String, bool)>>,
) -> impl IntoView {
    let picked = move || options.get().into_iter().find(|(_, _, chosen)| *chosen).map(|(name, _, _)| name);
    view! {
        <details class="menu menu-start picker" name="menu">
            <summary class="button">
                <span class="picker-name">{label}</span>
                <span class="picked">{picked}</span>
                <Icon glyph=Glyph::ChevronDown />
            </summary>
            <div class="menu-panel">
                {move || {
                    options
                        .get()
                        .into_iter()
                        .map(|(name, href, chosen)| {
                            view! {
                                <a class="menu-item" href=href data-noscroll="" aria-current=chosen.then_some("true")>
                                    <span>{name}</span>
                                    {chosen.then(|| view! { <Icon glyph=Glyph::Check /> })}
                                </a>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </details>
    }
}
