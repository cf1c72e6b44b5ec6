//! Times and sizes as people read them, with the exact value on hover.

use crate::{
    boot::{use_now, use_words},
    i18n::format,
};
use leptos::prelude::*;
use time::OffsetDateTime;

/// How long ago something was; it stays true while the page is open.
#[component]
pub fn Ago(
    /// When.
    at: OffsetDateTime,
    /// Whether other words stand before it, if only on a phone.
    #[prop(optional)]
    in_sentence: bool,
) -> impl IntoView {
    let locale = use_words().locale;
    let now = use_now();
    let ago = if in_sentence { format::ago_in_sentence } else { format::ago };
    view! {
        <time class="nowrap" datetime=format::machine(at) title=format::moment(locale, at)>
            {move || ago(locale, now.get(), at)}
        </time>
    }
}

/// A moment in full.
#[component]
pub fn Moment(
    /// When.
    at: OffsetDateTime,
) -> impl IntoView {
    let locale = use_words().locale;
    view! { <time datetime=format::machine(at)>{format::moment(locale, at)}</time> }
}

/// A size in three figures.
#[component]
pub fn Bytes(
    /// In bytes.
    size: u64,
) -> impl IntoView {
    let words = use_words().common;
    view! { <span class="nowrap" title=words.bytes(size)>{format::size_in_column(size)}</span> }
}
