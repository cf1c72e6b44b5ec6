//! Heads of tables. Rows are written out by the pages: `<table class="table">` with cells of class `cell-main`, `cell-side`, `cell-sub`,
//! `cell-end`, `cell-wide`, which say where a cell goes on a phone (see `style/components/table.css`).

use super::{Glyph, Icon};
use leptos::prelude::*;

/// The head of a column that a list can be sorted by, as a link.
#[component]
pub fn SortHead(
    /// The column's name.
    #[prop(into)]
    label: String,
    /// The address of the list in this order.
    #[prop(into)]
    href: String,
    /// Whether it is in this order now.
    current: bool,
    /// Whether this order starts with the newest or largest.
    #[prop(optional)]
    descending: bool,
    /// Classes of the cell: `number`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let (order, glyph) = if descending { ("descending", Glyph::ArrowDown) } else { ("ascending", Glyph::ArrowUp) };
    view! {
        <th scope="col" class=class aria-sort=current.then_some(order)>
            <a class="sort" href=href data-noscroll="">
                {label}
                {current.then(|| view! { <Icon glyph /> })}
            </a>
        </th>
    }
}
