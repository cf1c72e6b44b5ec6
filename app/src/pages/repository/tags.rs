//! A repository's tags: how to pull, filter, sort and select.

mod delete;
mod history;

use super::{
    Changes, NothingLeft, Part,
    columns::{self, ColumnChoice},
};
use crate::{
    AppError,
    boot::use_words,
    components::pager::Position,
    components::{
        ActorName, Ago, Attached, Badge, Bytes, DigestText, Empty, FilterForm, Glyph, LinkButton, Loaded, Menu,
        MenuLink, Pager, Picker, PlatformList, SkeletonRows, SortHead, Tone, use_go,
    },
    pages::{project::ProtectedBadge, pull::PullBox},
    routes::{self, Address},
};
use api_types::{ListQuery, Page, ProjectRights, RepositoryDetail, TagSummary};
use delete::{DeleteTags, Selection};
use history::TagHistory;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use std::collections::BTreeSet;

/// A page of tags.
#[server(prefix = "/_fn", endpoint = "tags", input = GetUrl)]
pub async fn list_tags(repository: String, query: ListQuery, platform: String) -> Result<Page<TagSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let platform = (!platform.is_empty()).then_some(platform.as_str());
    crate::ssr::read(context.registry.tags.list(&context.actor, &name, &query, platform).await)
}

/// What the list's address says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct View {
    query: ListQuery,
    platform: String,
}

impl View {
    fn address(&self, repository: &str) -> Address {
        routes::repository(repository).with_list(&self.query).with("platform", &self.platform)
    }
}

/// The tab.
#[component]
pub fn TagList(repository: RepositoryDetail) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let query_map = use_query_map();
    let here = Memo::new(move |_| {
        query_map.with(|map| View { query: routes::list_query(map), platform: map.get("platform").unwrap_or_default() })
    });
    let summary = repository.summary.clone();
    let name = StoredValue::new(summary.name.clone());
    let Changes(changes) = expect_context();
    let tags = Resource::new(
        move || (here.get(), changes.get()),
        move |(view, _)| list_tags(name.get_value(), view.query, view.platform),
    );
    let selected = RwSignal::new(BTreeSet::<String>::new());
    let sorted = move |sort: &str| {
        let view = here.get_untracked();
        let query = ListQuery { sort: sort.to_owned(), cursor: String::new(), ..view.query };
        View { query, ..view }.address(&name.get_value()).to_string()
    };
    let sorts = Signal::derive(move || {
        let current = here.get().query.sort;
        [("", text.sort_pushed()), ("name", text.sort_name()), ("version", text.sort_version())]
            .into_iter()
            .map(|(key, label)| (label.to_owned(), sorted(key), current == key))
            .collect::<Vec<_>>()
    });
    let platforms = repository.platforms.clone();
    let several = platforms.len() > 1;
    let platform_options = Signal::derive(move || {
        let view = here.get();
        std::iter::once((words.common.any().to_owned(), String::new()))
            .chain(platforms.iter().map(|platform| (platform.clone(), platform.clone())))
            .map(|(label, platform)| {
                let query = ListQuery { cursor: String::new(), ..view.query.clone() };
                let chosen = view.platform == platform;
                (label, View { query, platform }.address(&name.get_value()).to_string(), chosen)
            })
            .collect::<Vec<_>>()
    });
    let (may, artifacts) = (repository.may, summary.artifacts);
    let may_delete = may.delete;
    let rows = move |page: Page<TagSummary>| {
        if page.items.is_empty() {
            return view! { <NoTags view=here.get_untracked() repository=name.get_value() artifacts may /> }.into_any();
        }
        view! { <TagTable page repository=name here selected may_delete sorted=Callback::new(move |sort: &'static str| sorted(sort)) /> }.into_any()
    };
    view! {
        {repository
            .newest
            .clone()
            .map(|newest| {
                view! {
                    <PullBox
                        repository=summary.name.clone()
                        tag=Some(newest.name)
                        digest=Some(newest.digest)
                        kind=newest.kind
                        public=repository.public
                        here=here.get_untracked().address(&summary.name)
                    />
                }
            })}
        <div class="tags selectable" class:has-selection=move || !selected.with(BTreeSet::is_empty)>
            <div class="toolbar">
                <FilterForm
                    id="filter-tags"
                    label=text.filter_tags(summary.tags)
                    path=routes::repository(&summary.name).to_string()
                    filter=Signal::derive(move || here.with(|view| view.query.filter.clone()))
                    keep=Signal::derive(move || {
                        here.with(|view| vec![("sort", view.query.sort.clone()), ("platform", view.platform.clone())])
                    })
                />
                <Picker label=words.common.sort() options=sorts />
                {several.then(|| view! { <Picker label=text.platform() options=platform_options /> })}
                <ColumnChoice />
            </div>
            <Loaded part=true resource=tags skeleton=|| view! { <SkeletonRows columns=6 /> } view=rows />
        </div>
        {may_delete.then(|| view! { <DeleteTags repository=name here selected /> })}
        <TagHistory repository=name here may_push=repository.may.push />
    }
}

#[component]
fn TagTable(
    page: Page<TagSummary>,
    repository: StoredValue<String>,
    here: Memo<View>,
    selected: RwSignal<BTreeSet<String>>,
    may_delete: bool,
    sorted: Callback<&'static str, String>,
) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let view = here.get_untracked();
    let by = |key: &str| view.query.sort == key;
    let position = Position::from(&page);
    let base = View { query: ListQuery { cursor: String::new(), ..view.query.clone() }, ..view.clone() }
        .address(&repository.get_value());
    let free = page.items.iter().filter(|tag| tag.protected_by.is_none());
    let names: Vec<String> = free.map(|tag| tag.name.clone()).collect();
    let any_free = !names.is_empty();
    let all = StoredValue::new(names);
    let all_selected = move || {
        any_free && selected.with(|selected| all.with_value(|all| all.iter().all(|name| selected.contains(name))))
    };
    let some_selected =
        move || selected.with(|selected| all.with_value(|all| all.iter().any(|name| selected.contains(name))));
    let newest = newest_names(&page.items);
    let hidden = columns::hidden();
    let go = use_go();
    // Tags that were ticked on other pages go along; without scripts the form sends those of this one.
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let asked = selected.with_untracked(|selected| {
            selected
                .iter()
                .fold(here.get_untracked().address(&repository.get_value()), |address, tag| address.with("delete", tag))
        });
        go(&asked.to_string());
    };
    view! {
        <form method="get" on:submit=on_submit>
            {may_delete.then(|| view! { <Selection repository selected /> })}
            <table class=move || format!("table {}", hidden.get())>
                <thead>
                    <tr>
                        {may_delete
                            .then(|| {
                                view! {
                                    <th scope="col" class="cell-tick">
                                        <input
                                            class="tick live-only"
                                            type="checkbox"
                                            aria-label=words.common.select_all()
                                            disabled=!any_free
                                            prop:checked=all_selected
                                            prop:indeterminate=move || some_selected() && !all_selected()
                                            on:change=move |event| {
                                                let on = event_target_checked(&event);
                                                let names = all.get_value();
                                                selected.update(|selected| {
                                                    for name in names {
                                                        if on { selected.insert(name); } else { selected.remove(&name); }
                                                    }
                                                });
                                            }
                                        />
                                        <span class="visually-hidden plain-only">{words.common.select()}</span>
                                    </th>
                                }
                            })}
                        <SortHead label=text.tag() href=sorted.run("name") current=by("name") class="col-tag" />
                        <th scope="col" class="col-platforms">{text.platforms()}</th>
                        <th scope="col" class="col-size number">{text.size()}</th>
                        <th scope="col" class="col-digest">{text.digest()}</th>
                        <SortHead label=text.pushed() href=sorted.run("") current=by("") descending=true class="col-pushed" />
                        <th scope="col" class="col-pulled cell-extra">{text.last_pulled()}</th>
                        <th scope="col" class="col-attached cell-extra">{text.attached()}</th>
                        <th scope="col" class="cell-actions"><span class="visually-hidden">{words.common.more_actions()}</span></th>
                    </tr>
                </thead>
                <tbody>
                    {page
                        .items
                        .into_iter()
                        .map(|tag| {
                            let beside = newest.contains(&tag.name);
                            view! { <TagRow tag repository=repository.get_value() selected may_delete beside /> }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </form>
        <Pager position base />
    }
    .into_any()
}

/// The versions that `latest` stands beside: those of the same digest, where `latest` is on the page.
fn newest_names(tags: &[TagSummary]) -> BTreeSet<String> {
    let latest = tags.iter().find(|tag| tag.name == "latest").map(|tag| &tag.digest);
    tags.iter().filter(|tag| is_version(&tag.name) && Some(&tag.digest) == latest).map(|tag| tag.name.clone()).collect()
}

/// `1.14.2`, `v2`; not `main`.
fn is_version(tag: &str) -> bool {
    tag.strip_prefix('v').unwrap_or(tag).starts_with(|first: char| first.is_ascii_digit())
}

#[component]
fn TagRow(
    tag: TagSummary,
    repository: String,
    selected: RwSignal<BTreeSet<String>>,
    may_delete: bool,
    beside: bool,
) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let href = routes::tag(&repository, &tag.name).to_string();
    let delete = routes::repository(&repository).with("delete", &tag.name).to_string();
    let history = routes::repository(&repository).with("history", &tag.name).to_string();
    let project = routes::project_of(&repository).to_owned();
    let is_protected = tag.protected_by.is_some();
    let name = StoredValue::new(tag.name.clone());
    let is_selected = move || selected.with(|selected| name.with_value(|name| selected.contains(name)));
    view! {
        <tr class:selected=is_selected>
            {may_delete
                .then(|| {
                    view! {
                        <td class="cell-tick">
                            <input
                                class="tick"
                                type="checkbox"
                                name="delete"
                                value=tag.name.clone()
                                aria-label=words.common.select_row(&tag.name)
                                disabled=is_protected
                                prop:checked=is_selected
                                on:change=move |event| {
                                    let on = event_target_checked(&event);
                                    selected.update(|selected| {
                                        if on { selected.insert(name.get_value()); } else { selected.remove(&name.get_value()); }
                                    });
                                }
                            />
                        </td>
                    }
                })}
            <td class="cell-main mono">
                <span class="cell-line">
                    <a href=href.clone()>{tag.name.clone()}</a>
                    {beside.then(|| view! { <Badge tone=Tone::Accent>"latest"</Badge> })}
                    {tag.protected_by.map(|scope| view! { <ProtectedBadge scope /> })}
                </span>
            </td>
            <td class="col-platforms cell-sub"><PlatformList platforms=tag.platforms /></td>
            <td class="col-size number cell-sub"><Bytes size=tag.size /></td>
            <td class="col-digest cell-wide"><DigestText digest=tag.digest /></td>
            <td class="cell-side">
                <span class="pushed"><Ago at=tag.pushed_at /> <ActorName actor=tag.pushed_by project /></span>
            </td>
            <td class="col-pulled cell-extra">
                {match tag.last_pulled_at {
                    Some(at) => view! { <Ago at /> }.into_any(),
                    None => view! { <span class="quiet">{words.common.never()}</span> }.into_any(),
                }}
            </td>
            <td class="col-attached cell-extra cell-end"><Attached attached=tag.attached /></td>
            <td class="cell-actions">
                <Menu label=words.common.more_actions() small=true>
                    <MenuLink icon=Glyph::ArrowRight href>{text.open()}</MenuLink>
                    <MenuLink icon=Glyph::Undo stay=true href=history>{text.history()}</MenuLink>
                    {may_delete
                        .then(|| {
                            view! { <MenuLink icon=Glyph::Trash danger=true stay=true href=delete>{text.delete_tag()}</MenuLink> }
                        })}
                </Menu>
            </td>
        </tr>
    }
}

#[component]
fn NoTags(view: View, repository: String, artifacts: u64, may: ProjectRights) -> impl IntoView {
    let text = use_words().repository;
    let all = routes::repository(&repository).to_string();
    let (title, hint) = if !view.query.filter.is_empty() {
        (text.no_match(&view.query.filter), text.no_match_text())
    } else if !view.platform.is_empty() {
        (text.no_platform_match(&view.platform), "")
    } else if artifacts == 0 {
        return view! { <NothingLeft title=text.no_tags() repository may /> }.into_any();
    } else {
        let untagged = Part::Artifacts.address(&repository).to_string();
        return view! {
            <Empty glyph=Glyph::Tag title=text.no_tags() text=text.no_tags_text() boxed=true>
                <LinkButton href=untagged>{text.see_artifacts()}</LinkButton>
            </Empty>
        }
        .into_any();
    };
    view! {
        <Empty glyph=Glyph::Search title text=hint boxed=true>
            <LinkButton href=all>{text.clear_filter()}</LinkButton>
        </Empty>
    }
    .into_any()
}
