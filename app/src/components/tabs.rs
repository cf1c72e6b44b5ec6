//! Parts of a page, each with an address of its own.

use super::Badge;
use crate::i18n::format::number;
use leptos::prelude::*;

/// A row of [`Tab`]s.
#[component]
pub fn Tabs(
    /// What they are parts of.
    #[prop(into)]
    label: String,
    /// The tabs.
    children: Children,
) -> impl IntoView {
    view! { <nav class="tabs" aria-label=label>{children()}</nav> }
}

/// One part.
#[component]
pub fn Tab(
    /// Its name.
    #[prop(into)]
    name: String,
    /// Its address.
    #[prop(into)]
    href: String,
    /// Whether it is shown.
    current: bool,
    /// How many things are in it.
    #[prop(optional, into)]
    count: Option<u64>,
) -> impl IntoView {
    view! {
        <a class="tab" href=href data-noscroll="" aria-current=current.then_some("page")>
            {name}
            {count.map(|count| view! { <Badge class="badge-count">{number(count)}</Badge> })}
        </a>
    }
}
