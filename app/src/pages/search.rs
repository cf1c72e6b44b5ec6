//! `/search`: everything that has a name, by a part of it, with pages and commands. The palette ([`crate::frame`]) shows the same.

use crate::{
    AppError,
    boot::{use_boot, use_words},
    components::{Empty, Glyph, Icon, LinkButton, Loaded, PageHead, SearchField, SkeletonRows},
    frame::destinations,
    i18n, routes,
};
use api_types::SearchResults;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::{components::Form, hooks::use_query_map};

/// Hits of each kind on the page; the palette shows fewer.
const PAGE: u32 = 50;

/// What the viewer may see and the text finds.
#[server(prefix = "/_fn", endpoint = "search", input = GetUrl)]
pub async fn search(
    #[server(default)] text: String,
    /// Hits of each kind; 0 for a few.
    #[server(default)]
    limit: u32,
) -> Result<SearchResults, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.search.find(&context.actor, &text, limit).await)
}

/// One thing that can be gone to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its sign.
    pub glyph: Glyph,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub href: String,
}

impl Hit {
    /// A thing with a page.
    pub fn new(glyph: Glyph, name: impl Into<String>, href: impl Into<String>) -> Self {
        Self { glyph, name: name.into(), href: href.into() }
    }
}

/// The results by kind, those that there are.
pub fn groups(words: i18n::search::Search, found: &SearchResults) -> Vec<(&'static str, Vec<Hit>)> {
    let projects = found.projects.iter().map(|hit| {
        let glyph = if hit.public { Glyph::Globe } else { Glyph::Lock };
        Hit::new(glyph, &hit.name, routes::project(&hit.name))
    });
    let repositories = found.repositories.iter().map(|name| Hit::new(Glyph::Box, name, routes::repository(name)));
    let tags = found.tags.iter().map(|hit| {
        Hit::new(Glyph::Tag, format!("{}:{}", hit.repository, hit.tag), routes::tag(&hit.repository, &hit.tag))
    });
    let artifacts = found.artifacts.iter().map(|hit| {
        let name = format!("{}@{}", hit.repository, routes::shorten(&hit.digest));
        Hit::new(Glyph::Package, name, routes::artifact(&hit.repository, &hit.digest))
    });
    let people = found.people.iter().map(|hit| {
        let name = if hit.display_name.is_empty() || hit.display_name == hit.username {
            hit.username.clone()
        } else {
            format!("{} ({})", hit.display_name, hit.username)
        };
        Hit::new(Glyph::User, name, routes::Address::new(routes::ACTIVITY).with("person", &hit.username))
    });
    [
        (words.projects(), projects.collect::<Vec<_>>()),
        (words.repositories(), repositories.collect()),
        (words.tags(), tags.collect()),
        (words.artifacts(), artifacts.collect()),
        (words.people(), people.collect()),
    ]
    .into_iter()
    .filter(|(_, hits)| !hits.is_empty())
    .collect()
}

/// The page.
#[component]
pub fn SearchPage() -> impl IntoView {
    let words = use_words().search;
    let query = use_query_map();
    let text = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let found = Resource::new(move || text.get(), |text| search(text, PAGE));
    let field = RwSignal::new(text.get_untracked());
    Effect::new(move || field.set(text.get()));
    view! {
        <PageHead title=words.title()>
            <p class="page-lead">{words.lead()}</p>
        </PageHead>
        <search>
            <Form action=routes::SEARCH method="get">
                <div class="toolbar">
                    <SearchField name="q" id="search-page" label=words.field() value=field on_type=Callback::new(move |typed| field.set(typed)) />
                </div>
            </Form>
        </search>
        <Loaded
            part=true
            resource=found
            skeleton=|| view! { <SkeletonRows columns=1 /> }
            view=move |found| view! { <Results text=text.get_untracked() found /> }.into_any()
        />
    }
}

#[component]
fn Results(text: String, found: SearchResults) -> impl IntoView {
    let catalogue = use_words();
    let words = catalogue.search;
    if text.trim().is_empty() {
        return view! { <div class="hits"><Empty glyph=Glyph::Search title=words.ask() boxed=true /></div> }.into_any();
    }
    let mut groups = groups(words, &found);
    groups.extend(destinations(catalogue, use_boot().viewer.as_ref(), &text));
    if groups.is_empty() {
        return view! {
            <div class="hits">
                <Empty glyph=Glyph::Search title=words.nothing(&text) text=words.nothing_hint() boxed=true>
                    <LinkButton icon=Glyph::Box href=routes::PROJECTS.to_owned()>{words.browse()}</LinkButton>
                </Empty>
            </div>
        }
        .into_any();
    }
    groups
        .into_iter()
        .map(|(title, hits)| {
            let rows = hits
                .into_iter()
                .map(|hit| {
                    view! {
                        <li>
                            <a class="hit" href=hit.href>
                                <Icon glyph=hit.glyph />
                                <span>{hit.name}</span>
                            </a>
                        </li>
                    }
                })
                .collect_view();
            view! {
                <section class="hits">
                    <h2>{title}</h2>
                    <ul>{rows}</ul>
                </section>
            }
        })
        .collect_view()
        .into_any()
}
