//! `/projects`: what is there?

use crate::{
    AppError,
    boot::{use_boot, use_words},
    components::pager::Position,
    components::{
        Ago, ButtonKind, Bytes, Empty, FilterForm, Glyph, Icon, LinkButton, Loaded, Meter, PageHead, Pager, Picker,
        SkeletonRows, SortHead,
    },
    i18n::format::{bytes, number},
    pages::project::trash::{TrashList, trash_address},
    routes::{self, Address},
};
use api_types::{ListQuery, Page, ProjectSummary};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// Projects that the viewer may see. Sort keys: `pushed`, `name`, `size`.
#[server(prefix = "/_fn", endpoint = "list_projects", input = GetUrl)]
pub async fn list_projects(
    /// Filter, order and place.
    #[server(default)]
    query: ListQuery,
) -> Result<Page<ProjectSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.projects.list(&context.actor, &query).await)
}

/// The order where the address names none.
const DEFAULT_SORT: &str = "pushed";

fn sorted(query: &ListQuery, sort: &str) -> Address {
    let sort = if sort == DEFAULT_SORT { "" } else { sort };
    Address::new(routes::PROJECTS).with("filter", &query.filter).with("sort", sort)
}

fn sort_of(query: &ListQuery) -> &str {
    if query.sort.is_empty() { DEFAULT_SORT } else { &query.sort }
}

/// The page.
#[component]
pub fn ProjectsPage() -> impl IntoView {
    let query = use_query_map();
    let deleted = Memo::new(move |_| query.with(|query| query.get("deleted").is_some()));
    move || {
        if deleted.get() { view! { <DeletedProjects /> }.into_any() } else { view! { <PresentProjects /> }.into_any() }
    }
}

/// Projects in the trash.
#[component]
fn DeletedProjects() -> impl IntoView {
    let words = use_words().projects;
    view! {
        <PageHead
            title=words.deleted()
            actions=move || {
                view! { <LinkButton icon=Glyph::Box href=routes::PROJECTS.to_owned()>{words.back()}</LinkButton> }
            }
        />
        <TrashList project=String::new() empty=(words.deleted_empty(), words.deleted_empty_text()) lead=words.deleted_lead() />
    }
}

#[component]
fn PresentProjects() -> impl IntoView {
    let words = use_words().projects;
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let projects = Resource::new(move || query.get(), list_projects);
    let options = Signal::derive(move || {
        let query = query.get();
        [("pushed", words.sort_pushed()), ("name", words.sort_name()), ("size", words.sort_size())]
            .map(|(key, name)| (name.to_owned(), sorted(&query, key).to_string(), sort_of(&query) == key))
            .to_vec()
    });

    view! {
        <PageHead
            title=words.title()
            actions=move || {
                view! {
                    <NewProjectButton kind=ButtonKind::Primary />
                }
            }
        >
            <p class="page-lead">{words.lead()}</p>
        </PageHead>
        <div class="toolbar">
            <FilterForm
                id="filter"
                label=words.filter()
                path=routes::PROJECTS
                filter=Signal::derive(move || query.with(|query| query.filter.clone()))
                keep=Signal::derive(move || vec![("sort", query.with(|query| query.sort.clone()))])
            />
            <Picker label=use_words().common.sort() options />
        </div>
        <Loaded
            part=true
            resource=projects
            skeleton=|| view! { <SkeletonRows columns=5 /> }
            view=move |page| view! { <ProjectsTable page query=query.get_untracked() /> }.into_any()
        />
    }
}

/// Leads to the projects in the trash.
#[component]
fn DeletedLink() -> impl IntoView {
    view! {
        <LinkButton kind=ButtonKind::Ghost class="button-touch" icon=Glyph::Trash href=trash_address("").to_string()>
            {use_words().projects.deleted()}
        </LinkButton>
    }
}

/// Whether the viewer may create projects.
pub fn may_create_projects() -> bool {
    use_boot().viewer.as_ref().is_some_and(|viewer| viewer.may_create_projects)
}

/// Leads to the form that creates a project, or says why there is none.
#[component]
pub fn NewProjectButton(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
) -> impl IntoView {
    let words = use_words().projects;
    if may_create_projects() {
        view! { <LinkButton kind icon=Glyph::Plus href=routes::NEW_PROJECT.to_owned()>{words.new()}</LinkButton> }
            .into_any()
    } else {
        view! {
            <span class="fact">
                <Icon glyph=Glyph::Lock />
                <span>{words.closed()}</span>
            </span>
        }
        .into_any()
    }
}

#[component]
fn ProjectsTable(page: Page<ProjectSummary>, query: ListQuery) -> impl IntoView {
    let words = use_words().projects;
    if page.items.is_empty() {
        let hint = if may_create_projects() { words.empty_text() } else { words.empty_closed_text() };
        let empty = if query.filter.is_empty() {
            view! {
                <Empty glyph=Glyph::Box title=words.empty() text=hint boxed=true>
                    <NewProjectButton />
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty glyph=Glyph::Search title=words.no_match(&query.filter) text=words.no_match_text() boxed=true>
                    <LinkButton href=routes::PROJECTS.to_owned()>{words.clear_filter()}</LinkButton>
                </Empty>
            }
            .into_any()
        };
        return view! {
            {empty}
            <p class="pager"><DeletedLink /></p>
        }
        .into_any();
    }
    let position = Position::from(&page);
    let base = sorted(&query, sort_of(&query));
    let head = |key: &'static str, label: &'static str, descending: bool, class: &'static str| {
        let href = sorted(&query, key).to_string();
        let current = sort_of(&query) == key;
        view! { <SortHead label href current descending class /> }
    };
    view! {
        <table class="table">
            <thead>
                <tr>
                    {head("name", words.name(), false, "")}
                    <th scope="col" class="col-120">{words.access()}</th>
                    <th scope="col" class="cell-extra col-152">{words.role()}</th>
                    <th scope="col" class="number col-120">{words.repositories()}</th>
                    {head("size", words.storage(), true, "number col-220")}
                    {head("pushed", words.pushed(), true, "col-120")}
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(|project| view! { <ProjectRow project /> }).collect_view()}</tbody>
        </table>
        <Pager position base><DeletedLink /></Pager>
    }
    .into_any()
}

#[component]
fn ProjectRow(project: ProjectSummary) -> impl IntoView {
    let all = use_words();
    let words = all.projects;
    let admin = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin);
    let role = match project.role {
        Some(role) => view! { <span>{all.terms.role(role)}</span> }.into_any(),
        None if admin => view! { <span title=words.by_right()>{all.terms.system_admin()}</span> }.into_any(),
        None => view! { <span class="quiet">{words.visitor()}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-main">
                <a href=routes::project(&project.name).to_string()>{project.name.clone()}</a>
            </td>
            <td class="cell-sub">
                <AccessWord public=project.public />
            </td>
            <td class="cell-extra">{role}</td>
            <td class="cell-wide number">
                {if project.repositories == 0 {
                    view! { <span class="quiet">{all.overview.repos_none()}</span> }.into_any()
                } else {
                    number(project.repositories).into_any()
                }}
            </td>
            <td class="cell-sub number">
                <Storage used=project.storage_used quota=project.storage_quota />
            </td>
            <td class="cell-side">
                <span class="cell-label narrow-only">{words.pushed()}</span>
                {match project.last_pushed_at {
                    Some(at) => view! { <Ago at in_sentence=true /> }.into_any(),
                    None => view! { <span class="quiet">{all.common.never()}</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

/// Private or public, with its sign.
#[component]
pub fn AccessWord(
    /// Whether everybody may pull.
    public: bool,
) -> impl IntoView {
    let glyph = if public { Glyph::Globe } else { Glyph::Lock };
    view! {
        <span class="fact">
            <Icon glyph />
            {use_words().terms.access(public)}
        </span>
    }
}

/// Bytes used, and how much of the quota that is.
#[component]
pub fn Storage(
    /// Bytes in use.
    used: u64,
    /// Bytes allowed.
    quota: Option<u64>,
) -> impl IntoView {
    let words = use_words();
    match quota {
        Some(quota) => {
            let label = words.projects.quota_used(bytes(used), bytes(quota));
            view! {
                <span class="storage">
                    <Meter part=used whole=quota label />
                    <span>
                        <Bytes size=used />
                        " "
                        <span class="quiet">{words.overview.of_quota(bytes(quota))}</span>
                    </span>
                </span>
            }
            .into_any()
        }
        None => view! { <Bytes size=used /> }.into_any(),
    }
}
