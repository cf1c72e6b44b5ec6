//! Where one is, and the way to anything else.

use super::{SIDEBAR_ID, palette::PaletteOpen, sidebar::administration};
use crate::{
    boot::use_words,
    components::{Glyph, Icon, SearchField},
    pages::project::trash::trash_address,
    routes,
};
use leptos::prelude::*;
use leptos_router::{
    components::Form,
    hooks::{use_location, use_query_map},
};

const SEARCH_ID: &str = "search";

/// Breadcrumbs left, search and account right.
#[component]
pub fn TopBar(
    /// Opened by the field and its link.
    palette: PaletteOpen,
    /// What stands at the right end.
    children: Children,
) -> impl IntoView {
    let (words, search) = (use_words().frame, use_words().search);
    let open = move |event: leptos::ev::MouseEvent| {
        // With a key held down it is a link like any other.
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            palette.0.set(true);
        }
    };
    view! {
        <header class="topbar">
            <div class="topbar-inner">
                <button
                    type="button"
                    class="button button-ghost button-icon button-touch drawer-only"
                    popovertarget=SIDEBAR_ID
                    aria-label=words.open_menu()
                >
                    <Icon glyph=Glyph::Menu />
                </button>
                <Breadcrumbs />
                <search class="topbar-search sidebar-only" title=words.search_hint()>
                    <div class="plain-only">
                        <Form action=routes::SEARCH method="get">
                            <SearchField name="q" id=SEARCH_ID label=search.field() value=Signal::stored(String::new()) />
                        </Form>
                    </div>
                    <button type="button" class="input-group topbar-palette live-only" aria-haspopup="dialog" on:click=open>
                        <Icon glyph=Glyph::Search />
                        <span class="topbar-palette-name">{search.field()}</span>
                        <kbd class="keycap" aria-hidden="true">"/"</kbd>
                    </button>
                </search>
                <a
                    class="button button-ghost button-icon button-touch topbar-search-link drawer-only"
                    href=routes::SEARCH
                    aria-label=search.title()
                    on:click=open
                >
                    <Icon glyph=Glyph::Search />
                </a>
                {children()}
            </div>
        </header>
    }
}

/// The steps from the top to this page, read off the address.
#[component]
fn Breadcrumbs() -> impl IntoView {
    let (words, search, projects) = (use_words().frame, use_words().search, use_words().projects);
    let path = use_location().pathname;
    let query = use_query_map();
    let deleted = Memo::new(move |_| query.with(|query| query.get("deleted").is_some()));
    let steps = move || {
        path.with(|path| {
            if path == routes::OVERVIEW {
                return vec![(words.overview().to_owned(), routes::OVERVIEW.to_owned())];
            }
            for (page, name) in [(routes::ACTIVITY, words.activity()), (routes::SEARCH, search.title())] {
                if path == page {
                    return vec![(name.to_owned(), page.to_owned())];
                }
            }
            if path.starts_with(routes::ACCOUNT) {
                return vec![(words.your_account().to_owned(), routes::ACCOUNT.to_owned())];
            }
            if path.starts_with(routes::ADMIN) {
                let page = administration(words).find(|(href, ..)| path.starts_with(href));
                // The group has no page of its own; its first one stands for it.
                return page.map(|(href, _, name)| (name.to_owned(), href.to_owned())).into_iter().collect();
            }
            if !path.starts_with(routes::PROJECTS) {
                return Vec::new();
            }
            let mut steps = vec![(words.projects().to_owned(), routes::PROJECTS.to_owned())];
            if path == routes::NEW_PROJECT {
                steps.push((words.new_project().to_owned(), routes::NEW_PROJECT.to_owned()));
            } else if path == routes::PROJECTS && deleted.get() {
                steps.push((projects.deleted().to_owned(), trash_address("").to_string()));
            } else {
                steps.extend(routes::trail(path).into_iter().map(|(name, address)| (name, address.to_string())));
            }
            steps
        })
    };
    view! {
        <nav class="breadcrumbs" aria-label=words.breadcrumbs()>
            <ol>
                {move || {
                    let steps = steps();
                    let last = steps.len().saturating_sub(1);
                    steps
                        .into_iter()
                        .enumerate()
                        .map(|(index, (name, href))| {
                            let step = if index == last {
                                view! { <span aria-current="page" title=name.clone()>{name.clone()}</span> }.into_any()
                            } else {
                                view! { <a href=href title=name.clone()>{name.clone()}</a> }.into_any()
                            };
                            view! { <li>{step}</li> }
                        })
                        .collect_view()
                }}
            </ol>
        </nav>
    }
}
