//! Turning the pages of a list.

use crate::{boot::use_words, i18n::format::number, routes::Address};
use api_types::Page;
use leptos::prelude::*;

/// What the pager needs of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    first: u64,
    last: u64,
    total: u64,
    previous: Option<String>,
    next: Option<String>,
}

impl<T> From<&Page<T>> for Position {
    fn from(page: &Page<T>) -> Self {
        let rows = page.items.len() as u64;
        Self {
            first: page.offset + u64::from(rows > 0),
            last: page.offset + rows,
            total: page.total,
            previous: page.previous.clone(),
            next: page.next.clone(),
        }
    }
}

/// "1–50 of 12,431", and links to the pages beside this one.
#[component]
pub fn Pager(
    /// Where this page stands.
    #[prop(into)]
    position: Position,
    /// The list's address with its filter and sort, without a cursor.
    base: Address,
    /// The query parameter of the cursor, where the page has another list beside this one.
    #[prop(default = "cursor")]
    key: &'static str,
    /// What else leads on from the list's end.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let words = use_words().common;
    let range = words.range(number(position.first), number(position.last), number(position.total));
    let range = if position.total == 0 { words.no_rows().to_owned() } else { range };
    view! {
        <div class="pager">
            <span>{range}</span>
            {children.map(|children| children())}
            <Turns previous=position.previous next=position.next base key />
        </div>
    }
}

/// Links to the pages beside this one; nothing where there are none.
#[component]
pub fn Turns(
    /// The cursor of the page before.
    previous: Option<String>,
    /// The cursor of the page after.
    next: Option<String>,
    /// The list's address without a cursor.
    base: Address,
    /// The query parameter of the cursor. With one of its own the list is a part of the page, which stays where it is scrolled to.
    #[prop(default = "cursor")]
    key: &'static str,
) -> impl IntoView {
    let words = use_words().common;
    let turns = previous.is_some() || next.is_some();
    let stay = (key != "cursor").then_some("");
    let link = move |cursor: Option<String>, rel: &'static str, word: &'static str| match cursor {
        Some(cursor) => {
            let href = base.clone().with(key, cursor).to_string();
            view! { <a class="button" rel=rel href=href data-noscroll=stay>{word}</a> }.into_any()
        }
        None => view! { <span class="button" aria-disabled="true">{word}</span> }.into_any(),
    };
    turns.then(|| {
        view! {
            <nav aria-label=words.pages()>
                {link(previous, "prev", words.previous())} {link(next, "next", words.next())}
            </nav>
        }
    })
}
