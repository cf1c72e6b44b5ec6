//! A project's storage: which repositories and tags hold it, what they alone hold, what is large and what nobody pulls.

mod tags;

use super::Part;
use crate::{
    AppError,
    boot::use_words,
    components::pager::Position,
    components::{
        Ago, Bytes, Empty, Glyph, LinkButton, Loaded, Meter, Pager, SkeletonRows, SortHead, StackBar, StackPart,
    },
    i18n::format::{bytes, number, percent},
    routes::{self, Address},
};
use api_types::{ListQuery, Page, ProjectStorage, RepositoryStorage, TagPlace};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use tags::RepositoryTags;

/// What a project holds, repository by repository.
#[server(prefix = "/_fn", endpoint = "project_storage", input = GetUrl)]
pub async fn load_storage(project: String, query: ListQuery) -> Result<ProjectStorage, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.storage.project(&context.actor, &name, &query).await)
}

/// The address of a repository's tags in the tab; `path` is the name after the project's.
fn inside(project: &str, path: &str) -> Address {
    Part::Storage.address(project).with("in", path)
}

/// The tab: all repositories, or the tags of the one that the address names.
#[component]
pub fn Storage(
    project: String,
    /// Whether the viewer sees the trash.
    may_delete: bool,
) -> impl IntoView {
    let query = use_query_map();
    let path = Memo::new(move |_| query.with(|query| query.get("in").unwrap_or_default()));
    move || {
        let project = project.clone();
        match path.get() {
            path if path.is_empty() => view! { <ProjectOverview project may_delete /> }.into_any(),
            path => view! { <RepositoryTags project path /> }.into_any(),
        }
    }
}

#[component]
fn ProjectOverview(project: String, may_delete: bool) -> impl IntoView {
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let name = StoredValue::new(project);
    let storage = Resource::new(move || query.get(), move |query| load_storage(name.get_value(), query));
    let show = move |storage: ProjectStorage| {
        let project = name.get_value();
        if storage.repositories.total == 0 && storage.held == 0 && storage.trashed == 0 {
            return view! { <Nothing project /> }.into_any();
        }
        let trash = may_delete.then(|| Part::Trash.address(&project).to_string());
        let ProjectStorage { largest, never_pulled, repositories, .. } = storage.clone();
        view! {
            <Figures storage trash />
            <RepositoryTable page=repositories query=query.get_untracked() project=project.clone() />
            <div class="storage-images">
                <Images places=largest never=false project=project.clone() />
                <Images places=never_pulled never=true project />
            </div>
        }
        .into_any()
    };
    view! { <Loaded part=true resource=storage skeleton=|| view! { <SkeletonRows columns=5 /> } view=show /> }
}

#[component]
fn Nothing(project: String) -> impl IntoView {
    let words = use_words();
    let text = words.storage;
    view! {
        <Empty glyph=Glyph::Layers title=text.empty() text=text.empty_text() boxed=true>
            <LinkButton icon=Glyph::Book href=routes::project(&project).to_string()>{words.project.push_commands()}</LinkButton>
        </Empty>
    }
}

/// What is held, of how much, and what sharing saves.
#[component]
fn Figures(
    storage: ProjectStorage,
    /// The address of the trash, for those who see it.
    trash: Option<String>,
) -> impl IntoView {
    let text = use_words().storage;
    let ProjectStorage { held, elsewhere, quota, pulled, trashed, .. } = storage;
    let saved = pulled.saturating_sub(held);
    view! {
        <section class="storage-figures" aria-label=text.title()>
            <div class="card">
                <h2>{text.held()}</h2>
                <p class="figure">{bytes(held)}</p>
                {match quota {
                    Some(quota) => {
                        view! {
                            <Meter part=held whole=quota class="meter-wide" label=text.of_quota(percent(held, quota), bytes(quota)) />
                            <p class="second">{text.of_quota(percent(held, quota), bytes(quota))}</p>
                        }
                            .into_any()
                    }
                    None => view! { <p class="second">{text.no_quota()}</p> }.into_any(),
                }}
            </div>
            <div class="card">
                <h2>{text.pulled()}</h2>
                <p class="figure">{bytes(pulled)}</p>
                <p class="second">
                    {if saved > 0 { text.saved(bytes(saved)) } else { text.pulled_text().to_owned() }}
                </p>
            </div>
            {elsewhere.map(|elsewhere| view! { <OnlyHere held elsewhere /> })}
            {(trashed > 0)
                .then(|| {
                    view! {
                        <div class="card">
                            <h2>{text.trashed()}</h2>
                            <p class="figure">{bytes(trashed)}</p>
                            <p class="second">
                                {text.trashed_text()} " "
                                {trash.map(|href| view! { <a class="link" href=href>{text.open_trash()}</a> })}
                            </p>
                        </div>
                    }
                })}
        </section>
    }
}

/// What no other project holds, for those who may know that others hold the rest.
#[component]
fn OnlyHere(
    /// All bytes that the project holds.
    held: u64,
    /// Of these, bytes that other projects hold too.
    elsewhere: u64,
) -> impl IntoView {
    let text = use_words().storage;
    let own = held.saturating_sub(elsewhere);
    let parts = vec![
        StackPart { amount: own, fill: "fill-1", title: text.own_bytes(bytes(own)) },
        StackPart { amount: elsewhere, fill: "fill-2", title: text.elsewhere_bytes(bytes(elsewhere)) },
    ];
    view! {
        <div class="card">
            <h2>{text.own_project()}</h2>
            <p class="figure">{bytes(own)}</p>
            <StackBar parts label=text.bar(bytes(own), bytes(elsewhere)) />
            <p class="second">
                {if elsewhere > 0 { text.elsewhere(bytes(elsewhere)) } else { text.elsewhere_none().to_owned() }}
            </p>
        </div>
    }
}

/// How much of the largest one it is: what it alone holds, and what it shares.
#[component]
pub(super) fn Share(
    /// Bytes that nothing else holds.
    own: u64,
    /// All bytes that it holds.
    held: u64,
    /// Bytes that the largest one holds.
    largest: u64,
) -> impl IntoView {
    let text = use_words().storage;
    let shared = held.saturating_sub(own);
    let parts = vec![
        StackPart { amount: own, fill: "fill-1", title: text.own_of(bytes(own)) },
        StackPart { amount: shared, fill: "fill-2", title: text.shared_of(bytes(shared)) },
        StackPart { amount: largest.saturating_sub(held), fill: "fill-none", title: String::new() },
    ];
    view! { <StackBar parts label=text.bar(bytes(own), bytes(shared)) /> }
}

/// What the colours mean.
#[component]
pub(super) fn Legend() -> impl IntoView {
    let text = use_words().storage;
    view! {
        <p class="legend">
            <span class="legend-item"><span class="swatch swatch-1"></span>{text.own()}</span>
            <span class="legend-item"><span class="swatch swatch-2"></span>{text.shared()}</span>
        </p>
    }
}

#[component]
fn RepositoryTable(page: Page<RepositoryStorage>, query: ListQuery, project: String) -> impl IntoView {
    let words = use_words();
    let text = words.storage;
    if page.items.is_empty() {
        return view! { <Nothing project /> }.into_any();
    }
    let address = |sort: &str| {
        let query = ListQuery { cursor: String::new(), sort: sort.to_owned(), ..query.clone() };
        Part::Storage.address(&project).with_list(&query)
    };
    let base = address(&query.sort);
    let by = |key: &str| query.sort == key;
    let position = Position::from(&page);
    let largest = page.items.iter().map(|repository| repository.held).max().unwrap_or_default();
    let row = |repository: RepositoryStorage| {
        let shared = repository.held.saturating_sub(repository.own);
        view! {
            <tr>
                <td class="cell-main">
                    <a href=inside(&project, &repository.path).to_string()>{repository.path.clone()}</a>
                </td>
                <td class="cell-share"><Share own=repository.own held=repository.held largest /></td>
                <td class="number cell-side"><Bytes size=repository.held /></td>
                <td class="number cell-sub">
                    <Bytes size=repository.own />
                    <span class="narrow-only">" " {text.own_short()}</span>
                </td>
                <td class="number cell-wide"><Bytes size=shared /></td>
                <td class="number cell-extra"><Bytes size=repository.pulled /></td>
                <td class="number cell-extra">{number(repository.tags)}</td>
                <td class="cell-end nowrap">
                    <span class="cell-label narrow-only">{words.repository.last_pulled()}</span>
                    {match repository.last_pulled_at {
                        Some(at) => view! { <Ago at in_sentence=true /> }.into_any(),
                        None => view! { <span class="quiet">{words.common.never()}</span> }.into_any(),
                    }}
                </td>
            </tr>
        }
    };
    view! {
        <section class="storage-list" aria-labelledby="by-repository">
            <div class="section-line">
                <h2 class="section-title" id="by-repository">{text.repositories()}</h2>
                <Legend />
            </div>
            <table class="table">
                <thead>
                    <tr>
                        <SortHead label=words.project.repository() href=address("name").to_string() current=by("name") />
                        <th scope="col" class="col-share"><span class="visually-hidden">{text.share()}</span></th>
                        <SortHead label=text.all() href=address("").to_string() current=by("") descending=true class="number" />
                        <th scope="col" class="number">{text.own()}</th>
                        <th scope="col" class="number cell-wide">{text.shared()}</th>
                        <th scope="col" class="number cell-extra" title=text.pulled_text()>{text.as_pulled()}</th>
                        <th scope="col" class="number cell-extra">{words.project.tags()}</th>
                        <th scope="col">{words.repository.last_pulled()}</th>
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(row).collect_view()}</tbody>
            </table>
            <Pager position base />
        </section>
    }
    .into_any()
}

/// The largest images, or the largest that nobody has pulled.
#[component]
fn Images(places: Vec<TagPlace>, never: bool, project: String) -> impl IntoView {
    let text = use_words().storage;
    let (id, title, none) = if never {
        ("never-pulled", text.never_title(), text.never_none())
    } else {
        ("largest", text.largest_title(), text.largest_none())
    };
    let most = places.first().map_or(0, |place| place.size);
    let prefix = format!("{project}/");
    let row = |place: TagPlace| {
        let path = place.repository.strip_prefix(&prefix).unwrap_or(&place.repository).to_owned();
        let href = routes::tag(&place.repository, &place.tag).to_string();
        let title = format!("{path}:{}", place.tag);
        view! {
            <li>
                <a class="row" href=href title=title>
                    <span class="push-name">
                        <span>{path}</span>
                        <strong>{format!(":{}", place.tag)}</strong>
                    </span>
                    <Meter part=place.size whole=most track=false />
                    <span class="number"><Bytes size=place.size /></span>
                </a>
            </li>
        }
    };
    view! {
        <section class="card card-flush" aria-labelledby=id>
            <div class="card-head"><h2 id=id>{title}</h2></div>
            {if places.is_empty() {
                view! { <p class="card-note second">{none}</p> }.into_any()
            } else {
                view! { <ul class="rows">{places.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

/// Leads to the tab of all repositories.
#[component]
pub(super) fn BackToAll(project: String) -> impl IntoView {
    let text = use_words().storage;
    view! {
        <p class="storage-back">
            <a class="link" href=Part::Storage.address(&project).to_string()>
                <span aria-hidden="true">"← "</span>
                {text.all_repositories()}
            </a>
        </p>
    }
}
