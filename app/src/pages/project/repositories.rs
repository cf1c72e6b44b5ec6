//! A project's repositories, or how to push the first one.

use super::PushSteps;
use crate::{
    AppError,
    boot::{use_boot, use_words},
    browser,
    components::pager::Position,
    components::{
        Ago, Bytes, Command, Empty, FilterForm, Glyph, LinkButton, Loaded, Pager, Picker, Rich, SkeletonRows, Snippet,
        SortHead,
    },
    i18n::format::number,
    routes::{self, Address},
};
use api_types::{ListQuery, Page, ProjectDetail, RepositorySummary};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// How often an empty project looks whether something has arrived.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// After how many looks it stops; a page that was left open asks nobody for ever.
const LOOKS: u32 = 1200;

/// A project's repositories.
#[server(prefix = "/_fn", endpoint = "repositories", input = GetUrl)]
pub async fn list_repositories(project: String, query: ListQuery) -> Result<Page<RepositorySummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.repositories.list(&context.actor, &project, &query).await)
}

/// Whether a project holds anything yet. The page asks by itself, so it keeps no session alive.
#[server(prefix = "/_fn/background", endpoint = "project_has_content", input = GetUrl)]
pub async fn project_has_content(project: String) -> Result<bool, AppError> {
    Ok(super::load_project(project).await?.summary.repositories > 0)
}

/// The list, or the empty state.
#[component]
pub fn Repositories(project: ProjectDetail) -> impl IntoView {
    if project.summary.repositories == 0 {
        view! { <NoRepositories project /> }.into_any()
    } else {
        view! { <RepositoryList project=project.summary.name total=project.summary.repositories /> }.into_any()
    }
}

#[component]
fn RepositoryList(project: String, total: u64) -> impl IntoView {
    let words = use_words().project;
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let name = StoredValue::new(project);
    let repositories = Resource::new(move || query.get(), move |query| list_repositories(name.get_value(), query));
    let address = move |sort: &str| {
        let query = ListQuery { cursor: String::new(), sort: sort.to_owned(), ..query.get() };
        routes::project(&name.get_value()).with_list(&query)
    };
    let sorts = Signal::derive(move || {
        let current = query.get().sort;
        [
            ("", words.sort_pushed()),
            ("name", words.sort_name()),
            ("size", words.sort_size()),
            ("pulls", words.sort_pulls()),
        ]
        .into_iter()
        .map(|(key, label)| (label.to_owned(), address(key).to_string(), current == key))
        .collect::<Vec<_>>()
    });
    let rows = move |page: Page<RepositorySummary>| {
        let query = query.get();
        if page.items.is_empty() {
            return view! {
                <Empty glyph=Glyph::Search title=words.no_match(&query.filter) boxed=true>
                    <LinkButton href=routes::project(&name.get_value()).to_string()>{words.clear_filter()}</LinkButton>
                </Empty>
            }
            .into_any();
        }
        let base = routes::project(&name.get_value()).with_list(&ListQuery { cursor: String::new(), ..query.clone() });
        let position = Position::from(&page);
        let by = |key: &str| query.sort == key;
        view! {
            <table class="table">
                <thead>
                    <tr>
                        <SortHead label=words.repository() href=address("name").to_string() current=by("name") />
                        <th scope="col" class="number col-80">{words.tags()}</th>
                        <th scope="col" class="number col-96 cell-extra">{words.artifacts()}</th>
                        <SortHead label=words.size() href=address("size").to_string() current=by("size") descending=true class="number col-120" />
                        <SortHead label=words.pulls() href=address("pulls").to_string() current=by("pulls") descending=true class="number col-96" />
                        <SortHead label=words.pushed() href=address("").to_string() current=by("") descending=true class="col-152" />
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(|repository| view! { <RepositoryRow repository /> }).collect_view()}</tbody>
            </table>
            <Pager position base />
        }
        .into_any()
    };
    view! {
        <div class="toolbar">
            <FilterForm
                id="filter-repositories"
                label=words.filter(total)
                path=routes::project(&name.get_value()).to_string()
                filter=Signal::derive(move || query.with(|query| query.filter.clone()))
                keep=Signal::derive(move || vec![("sort", query.with(|query| query.sort.clone()))])
            />
            <Picker label=use_words().common.sort() options=sorts />
        </div>
        <Loaded part=true resource=repositories skeleton=|| view! { <SkeletonRows columns=5 /> } view=rows />
    }
}

#[component]
fn RepositoryRow(repository: RepositorySummary) -> impl IntoView {
    let words = use_words();
    view! {
        <tr>
            <td class="cell-main">
                <a href=routes::repository(&repository.name).to_string()>{repository.path}</a>
            </td>
            <td class="number cell-side">
                <span class="wide-only">{number(repository.tags)}</span>
                <span class="narrow-only">{words.project.tags_n(repository.tags)}</span>
            </td>
            <td class="number cell-extra">{number(repository.artifacts)}</td>
            <td class="number cell-sub"><Bytes size=repository.storage_used /></td>
            <td class="number cell-wide">{number(repository.pulls)}</td>
            <td class="cell-end">
                <span class="cell-label narrow-only">{words.project.pushed()}</span>
                {match repository.last_pushed_at {
                    Some(at) => view! { <Ago at in_sentence=true /> }.into_any(),
                    None => view! { <span class="quiet">{words.common.never()}</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

#[component]
fn NoRepositories(project: ProjectDetail) -> impl IntoView {
    let words = use_words();
    let name = project.summary.name;
    if !project.may.push {
        return view! { <Empty glyph=Glyph::Package title=words.project.nothing_yet() text=words.project.nothing_yet_text() boxed=true /> }
            .into_any();
    }
    look_for_the_first_push(name.clone());
    let text = words.first_push;
    let here: Address = routes::project(&name);
    view! {
        <div class="columns">
            <section>
                <div class="section-intro">
                    <h2 class="section-title">{text.title()}</h2>
                    <p class="second">{text.lead()}</p>
                </div>
                <PushSteps project=name.clone() here>
                    <li class="step step-waiting">
                        <span class="step-number" aria-hidden="true"></span>
                        <div class="step-body" role="status">
                            <p class="live-only">{text.waiting()}</p>
                            <p class="plain-only">{text.waiting_still()}</p>
                        </div>
                    </li>
                </PushSteps>
            </section>
            <PushAside project=name />
        </div>
    }
    .into_any()
}

/// What else a newcomer may want to know.
#[component]
fn PushAside(project: String) -> impl IntoView {
    let text = use_words().first_push;
    let site = use_boot().site.clone();
    let plain_http = site.url.starts_with("http://");
    // Docker speaks plain HTTP to this very machine without being told to.
    let trusted = ["localhost", "127.", "[::1]"].iter().any(|start| site.host.starts_with(start));
    let flag = if plain_http { " --insecure" } else { "" };
    let copy = Snippet::shell(format!("crane copy{flag} busybox:1.37 ‹{}/{project}/busybox:1.37›", site.host));
    view! {
        <aside>
            <section>
                <h2>{text.none_at_hand()}</h2>
                <p>{text.none_at_hand_text()}</p>
                <Command snippet=Signal::stored(copy) />
            </section>
            {(plain_http && !trusted)
                .then(|| {
                    view! {
                        <section>
                            <h2>{text.http()}</h2>
                            <p><Rich text=text.http_text(&site.host) /></p>
                        </section>
                    }
                })}
            <section>
                <h2>{text.shared_layers()}</h2>
                <p>{text.shared_layers_text()}</p>
            </section>
        </aside>
    }
}

/// Shows the repositories as soon as there are any.
fn look_for_the_first_push(project: String) {
    Effect::new(move || {
        let project = project.clone();
        let looks = StoredValue::new(0_u32);
        let look = move || {
            looks.update_value(|looks| *looks += 1);
            let project = project.clone();
            leptos::task::spawn_local(async move {
                if project_has_content(project).await == Ok(true) {
                    browser::reload();
                }
            });
        };
        if let Ok(looking) = set_interval_with_handle(
            move || {
                if looks.try_get_value().is_some_and(|looks| looks < LOOKS) {
                    look();
                }
            },
            LOOK_EVERY,
        ) {
            on_cleanup(move || looking.clear());
        }
    });
}
