//! `/`: what is going on?

mod checklist;
mod traffic;

use crate::{
    AppError,
    boot::use_words,
    components::{
        ActorSign, Ago, ButtonKind, Bytes, Empty, Glyph, Icon, Loaded, Meter, PageHead, Skeleton, StackBar, StackPart,
    },
    i18n::format::{bytes, percent},
    pages::{projects::NewProjectButton, robots::ExpiringNotice},
    routes,
};
use api_types::{Overview, ProjectSummary, RecentPush};
use checklist::{ChecklistLine, DismissChecklist};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use traffic::TrafficChart;

/// What is going on, as far as the viewer may see.
#[server(prefix = "/_fn", endpoint = "get_overview", input = GetUrl)]
pub async fn get_overview() -> Result<Overview, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.overview.get(&context.actor).await)
}

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let words = use_words().overview;
    let dismiss = ServerAction::<DismissChecklist>::new();
    let overview = Resource::new(move || dismiss.version().get(), |_| get_overview());
    view! {
        <PageHead
            title=words.title()
            actions=move || {
                view! {
                    <NewProjectButton kind=ButtonKind::Primary />
                }
            }
        />
        <Loaded
            part=true
            resource=overview
            skeleton=Waiting
            view=move |overview| {
                let Overview { checklist, stored, referenced, tags, traffic, recent_pushes, projects, projects_total, expiring } = overview;
                let first = projects.first().map(|project| project.name.clone());
                view! {
                    <div class="stack">
                        <ExpiringNotice expiring />
                        {checklist.map(|checklist| view! { <ChecklistLine checklist project=first dismiss /> })}
                        <div class="grid">
                            <StorageCard stored referenced tags />
                            <section class="card span-7">
                                <TrafficChart days=traffic />
                            </section>
                            <RecentPushes pushes=recent_pushes />
                            <MyProjects projects total=projects_total />
                        </div>
                    </div>
                }
                .into_any()
            }
        />
    }
}

#[component]
fn Waiting() -> impl IntoView {
    view! {
        <div class="stack" aria-busy="true">
            <Skeleton class="skeleton-full" />
            <div class="grid">
                <div class="span-5"><Skeleton class="skeleton-block" /></div>
                <div class="span-7"><Skeleton class="skeleton-block" /></div>
            </div>
        </div>
    }
}

/// Bytes kept, and bytes that sharing layers saves.
#[component]
fn StorageCard(stored: u64, referenced: u64, tags: u64) -> impl IntoView {
    let words = use_words().overview;
    // What is stored but not yet tagged makes the sum smaller than the store.
    let saved = referenced.saturating_sub(stored);
    let row = |swatch: &'static str, name: &'static str, size: u64| {
        view! {
            <li class="figure-row">
                <span class="legend-item">
                    <span class=format!("swatch {swatch}")></span>
                    {name}
                </span>
                <strong>
                    <Bytes size />
                </strong>
            </li>
        }
    };
    let parts = vec![
        StackPart { amount: stored, fill: "fill-1", title: format!("{}: {}", words.stored_once(), bytes(stored)) },
        StackPart { amount: saved, fill: "fill-2", title: format!("{}: {}", words.saved(), bytes(saved)) },
    ];
    view! {
        <section class="card span-5">
            <div class="card-head">
                <h2>{words.storage()}</h2>
                <a class="link card-link" href=routes::Address::new(routes::PROJECTS).with("sort", "size").to_string()>
                    {words.by_project()}
                </a>
            </div>
            <p class="figure">{bytes(stored)}" "<small>{words.on_disk()}</small></p>
            <div class="figure-bar">
                <StackBar parts label=words.storage_bar(bytes(stored), bytes(saved)) />
            </div>
            <ul class="figure-rows">
                {row("swatch-1", words.stored_once(), stored)} {row("swatch-2", words.saved(), saved)}
            </ul>
            <p class="card-note">
                {if tags == 0 {
                    words.storage_empty().to_owned()
                } else {
                    words.storage_sum(tags, bytes(referenced), percent(saved, referenced))
                }}
            </p>
        </section>
    }
}

/// As many as fit beside the projects.
const PUSHES_SHOWN: usize = 6;

/// The last pushes, each a link to what was pushed.
#[component]
fn RecentPushes(pushes: Vec<RecentPush>) -> impl IntoView {
    let words = use_words().overview;
    view! {
        <section class="card card-flush span-7">
            <div class="card-head">
                <h2>{words.recent()}</h2>
                {(!pushes.is_empty()).then(|| view! { <a class="link card-link" href=routes::ACTIVITY>{words.all_activity()}</a> })}
            </div>
            {if pushes.is_empty() {
                view! { <Empty glyph=Glyph::Upload title=words.recent_empty() text=words.recent_empty_text() /> }.into_any()
            } else {
                view! {
                    <ul class="rows">
                        {pushes
                            .into_iter()
                            .take(PUSHES_SHOWN)
                            .map(|push| {
                                let href = routes::tag(&push.repository, &push.tag).to_string();
                                let title = format!("{}:{}", push.repository, push.tag);
                                view! {
                                    <li>
                                        <a class="row push" href=href title=title>
                                            <ActorSign actor=push.pushed_by.clone() />
                                            <span class="push-name">
                                                <span>{push.repository}</span>
                                                <strong>{format!(":{}", push.tag)}</strong>
                                            </span>
                                            <span class="push-actor" title=push.pushed_by.name.clone()>
                                                {push.pushed_by.name.clone()}
                                            </span>
                                            <span class="push-time">
                                                <Ago at=push.pushed_at />
                                            </span>
                                        </a>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                }
                .into_any()
            }}
        </section>
    }
}

/// The viewer's projects by last push.
#[component]
fn MyProjects(projects: Vec<ProjectSummary>, total: u64) -> impl IntoView {
    let words = use_words().overview;
    view! {
        <section class="card card-flush span-5">
            <div class="card-head">
                <h2>{words.mine()}</h2>
                {(total > 0).then(|| view! { <a class="link card-link" href=routes::PROJECTS>{words.all_projects(total)}</a> })}
            </div>
            {if projects.is_empty() {
                view! {
                    <Empty glyph=Glyph::Box title=words.mine_empty() text=words.mine_empty_text() />
                }
                .into_any()
            } else {
                view! { <ul class="rows">{projects.into_iter().map(|project| view! { <MyProject project /> }).collect_view()}</ul> }
                .into_any()
            }}
        </section>
    }
}

#[component]
fn MyProject(project: ProjectSummary) -> impl IntoView {
    let all = use_words();
    let words = all.overview;
    let glyph = if project.public { Glyph::Globe } else { Glyph::Lock };
    let repositories = match project.repositories {
        0 => words.repos_none().to_owned(),
        repositories => words.repos(repositories),
    };
    let used = project.storage_used;
    view! {
        <li>
            <a class="row" href=routes::project(&project.name).to_string()>
                <Icon glyph label=all.terms.access(project.public) />
                <span class="row-main row-name" title=project.name.clone()>{project.name.clone()}</span>
                <span class="project-repos wide-only">{repositories}</span>
                <span class="project-meter wide-only">
                    {project.storage_quota.map(|quota| view! { <Meter part=used whole=quota /> })}
                </span>
                <span class="project-storage">
                    {bytes(used)}" "
                    <span class="quiet">
                        {project.storage_quota.map_or_else(|| words.no_quota().to_owned(), |quota| words.of_quota(bytes(quota)))}
                    </span>
                </span>
            </a>
        </li>
    }
}
