//! Where one is, and the way to anything else.

use super::{SIDEBAR_ID, sidebar::administration};
use crate::{
    boot::use_words,
    browser,
    components::{Glyph, Icon, SearchField},
    routes,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_location};

const SEARCH_ID: &str = "search";

/// Breadcrumbs left, search and account right.
#[component]
pub fn TopBar(
    /// What stands at the right end.
    children: Children,
) -> impl IntoView {
    let words = use_words().frame;
    browser::focus_on_search_keys(SEARCH_ID);
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
                    <Form action=routes::PROJECTS method="get">
                        <SearchField
                            name="filter"
                            id=SEARCH_ID
                            label=words.search()
                            value=Signal::stored(String::new())
                            key="/"
                        />
                    </Form>
                </search>
                <a
                    class="button button-ghost button-icon button-touch topbar-search-link drawer-only"
                    href=routes::PROJECTS
                    aria-label=words.search()
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
    let words = use_words().frame;
    let path = use_location().pathname;
    let steps = move || {
        path.with(|path| {
            if path == routes::OVERVIEW {
                return vec![(words.overview().to_owned(), routes::OVERVIEW.to_owned())];
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
