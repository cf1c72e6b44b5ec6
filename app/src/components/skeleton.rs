//! What stands where something is about to be.

use crate::boot::use_words;
use leptos::prelude::*;

/// A grey line in the size of a word.
#[component]
pub fn Skeleton(
    /// `skeleton-narrow`, `skeleton-wide`, `skeleton-block`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! { <span class=format!("skeleton {class}")></span> }
}

/// Rows of a table that is loading.
#[component]
pub fn SkeletonRows(
    /// How many.
    #[prop(default = 8)]
    rows: usize,
    /// How many columns.
    columns: usize,
) -> impl IntoView {
    let words = use_words().common;
    view! {
        <table class="table" aria-busy="true" aria-label=words.loading()>
            <tbody>
                {(0..rows)
                    .map(|_| {
                        view! {
                            <tr>
                                {(0..columns)
                                    .map(|column| {
                                        let class = if column == 0 { "skeleton-wide" } else { "skeleton-narrow" };
                                        let cell = if column == 0 { "cell-main" } else { "cell-sub" };
                                        view! {
                                            <td class=cell>
                                                <Skeleton class />
                                            </td>
                                        }
                                    })
                                    .collect_view()}
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}
