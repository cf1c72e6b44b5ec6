//! The list of robots.

use super::{Home, Scene, list_expiring_robots, list_robots, words::summary};
use crate::{
    boot::{use_now, use_words},
    components::{
        Ago, Badge, ButtonKind, Empty, FilterForm, Glyph, Icon, LinkButton, Loaded, Menu, MenuLink, Notice, NoticeTone,
        Pager, Picker, SkeletonRows, SortHead, Tone, WaitForIt, pager::Position,
    },
    i18n::format,
    routes,
};
use api_types::{
    CredentialKind, CredentialState, ExpiringCredential, ListQuery, Page, RobotAccess, RobotSummary, Word,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use time::OffsetDateTime;

/// The list with its toolbar, what needs a look, and how to begin where there is none.
#[component]
pub fn RobotList(scene: Scene) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let saved = query_map.with_untracked(|query| query.get("saved").is_some());
    let robots = Resource::new(
        move || (query.get(), scene.changes.get()),
        move |(query, _)| list_robots(scene.home.with_value(|home| home.name().to_owned()), query),
    );
    let address = move |sort: &str| {
        let query = ListQuery { cursor: String::new(), sort: sort.to_owned(), ..query.get() };
        scene.address().with_list(&query).to_string()
    };
    let sorts = Signal::derive(move || {
        let current = query.get().sort;
        [("", text.sort_name()), ("expires", text.sort_expires()), ("used", text.sort_used())]
            .into_iter()
            .map(|(key, label)| (label.to_owned(), address(key), current == key))
            .collect::<Vec<_>>()
    });
    let rows = move |page: Page<RobotSummary>| {
        let query = query.get_untracked();
        if page.items.is_empty() && query.filter.is_empty() {
            return view! { <div class="robots-none"><NoRobots scene /></div> }.into_any();
        }
        let by = |key: &str| query.sort == key;
        let base = scene.address().with_list(&ListQuery { cursor: String::new(), ..query.clone() });
        let position = Position::from(&page);
        let none = page.items.is_empty();
        view! {
            {if none {
                view! {
                    <Empty glyph=Glyph::Search title=text.no_match(&query.filter) boxed=true>
                        <LinkButton href=scene.address().to_string()>{text.clear_filter()}</LinkButton>
                    </Empty>
                }
                .into_any()
            } else {
                view! {
                    <table class="table">
                        <thead>
                            <tr>
                                <SortHead label=text.robot() href=address("") current=by("") />
                                <th scope="col">{text.state()}</th>
                                <th scope="col">{text.may()}</th>
                                <SortHead label=text.expires() href=address("expires") current=by("expires") />
                                <SortHead label=text.used() href=address("used") current=by("used") descending=true />
                                {scene
                                    .may_change
                                    .then(|| {
                                        view! {
                                            <th scope="col" class="cell-actions">
                                                <span class="visually-hidden">{words.common.more_actions()}</span>
                                            </th>
                                        }
                                    })}
                            </tr>
                        </thead>
                        <tbody>
                            {page.items.into_iter().map(|robot| view! { <RobotRow robot scene /> }).collect_view()}
                        </tbody>
                    </table>
                    <Pager position base />
                }
                .into_any()
            }}
        }
        .into_any()
    };
    view! {
        {saved.then(|| view! { <div class="list-notice"><Notice tone=NoticeTone::Success title=text.saved() /></div> })}
        {scene.may_change.then(|| view! { <Expiring scene /> })}
        <div class="robot-list">
            <div class="toolbar">
                <FilterForm
                    id="filter-robots"
                    label=text.filter()
                    path=scene.home.with_value(Home::path)
                    filter=Signal::derive(move || query.with(|query| query.filter.clone()))
                    keep=Signal::derive(move || query.with(|query| kept(scene, query)))
                />
                <Picker label=words.common.sort() options=sorts />
                {scene
                    .may_change
                    .then(|| {
                        view! {
                            <LinkButton
                                kind=ButtonKind::Primary
                                icon=Glyph::Plus
                                class="toolbar-end"
                                href=scene.address().with("new", "1").to_string()
                            >
                                {text.new()}
                            </LinkButton>
                        }
                    })}
            </div>
            <Loaded part=true resource=robots skeleton=|| view! { <SkeletonRows columns=5 /> } view=rows />
        </div>
    }
}

/// What needs a look, asked for again after each change. Whoever may not change robots is not told.
#[component]
fn Expiring(scene: Scene) -> impl IntoView {
    let expiring = Resource::new(
        move || scene.changes.get(),
        move |_| list_expiring_robots(scene.home.with_value(|home| home.name().to_owned())),
    );
    view! {
        <WaitForIt resource=expiring view=|expiring| view! { <ExpiringNotice expiring at_home=true /> }.into_any() />
    }
}

/// What the address of a project's tab, or of a filtered list, keeps.
fn kept(scene: Scene, query: &ListQuery) -> Vec<(&'static str, String)> {
    let tab = scene.home.with_value(|home| matches!(home, Home::Project(_)));
    vec![("tab", if tab { "robots".to_owned() } else { String::new() }), ("sort", query.sort.clone())]
}

#[component]
fn NoRobots(scene: Scene) -> impl IntoView {
    let text = use_words().robots;
    if !scene.may_change {
        return view! { <Empty glyph=Glyph::Bot title=text.empty() text=text.empty_member() boxed=true /> }.into_any();
    }
    view! {
        <Empty glyph=Glyph::Bot title=text.empty() text=text.empty_text() boxed=true>
            <LinkButton kind=ButtonKind::Primary icon=Glyph::Plus href=scene.address().with("new", "1").to_string()>
                {text.new()}
            </LinkButton>
        </Empty>
    }
    .into_any()
}

/// Robots and tokens that end soon or have just ended, each with the way to it.
#[component]
pub fn ExpiringNotice(
    /// Which.
    expiring: Vec<ExpiringCredential>,
    /// On the page of their project, where they need not say which.
    #[prop(optional)]
    at_home: bool,
) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let now = use_now();
    let line = move |credential: &ExpiringCredential| {
        let id = credential.id.to_string();
        let (name, href) = match &credential.kind {
            CredentialKind::ProjectRobot(project) => {
                let name = if at_home { credential.name.clone() } else { format!("{project}+{}", credential.name) };
                (name, routes::project_robots(project).with("rotate", id))
            }
            CredentialKind::SystemRobot => {
                (credential.name.clone(), routes::Address::new(routes::ADMIN_ROBOTS).with("rotate", id))
            }
            CredentialKind::AccessToken => (credential.name.clone(), routes::Address::new(routes::ACCOUNT_TOKENS)),
        };
        let (locale, now, at) = (words.locale, now.get_untracked(), credential.expires_at);
        let told = if credential.expired {
            text.has_expired(name, format::ago_in_sentence(locale, now, at))
        } else {
            text.expires_soon(name, format::until(locale, now, at))
        };
        view! { <li><a class="link" href=href.to_string()>{told}</a></li> }
    };
    (!expiring.is_empty()).then(|| {
        let count = expiring.len() as u64;
        let title = match expiring.iter().filter(|credential| credential.expired).count() {
            0 => text.expiring_title(count),
            over if over == expiring.len() => text.expired_title(count),
            _ => text.both_title(format::number(count)),
        };
        view! {
            <div class="notice notice-warning expiring" role="status">
                <Icon glyph=Glyph::TriangleAlert />
                <div>
                    <strong>{title}</strong>
                    <ul>{expiring.iter().map(line).collect_view()}</ul>
                </div>
            </div>
        }
    })
}

#[component]
fn RobotRow(robot: RobotSummary, scene: Scene) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let now = use_now();
    let id = robot.id.to_string();
    let address = |key: &'static str| scene.address().with(key, &id).to_string();
    let (edit, rotate, delete) = (address("edit"), address("rotate"), address("delete"));
    let disabled = robot.state == CredentialState::Disabled;
    let turn = address(if disabled { "enable" } else { "disable" });
    let name = robot.name.clone();
    view! {
        <tr>
            <td class="cell-main">
                <span title=robot.login.clone()>
                    {if scene.may_change {
                        view! { <a href=edit.clone()>{name}</a> }.into_any()
                    } else {
                        name.into_any()
                    }}
                </span>
                {(!robot.description.is_empty()).then(|| view! { <span class="cell-note">{robot.description.clone()}</span> })}
            </td>
            <td class="cell-side"><StateBadge state=robot.state /></td>
            <td class="cell-sub cell-rights">
                <MayText access=robot.access.clone() of_system=robot.project.is_none() />
            </td>
            <td class="cell-sub">
                <Ends at=robot.expires_at state=robot.state />
                {robot
                    .previous_until
                    .map(|until| {
                        let told = move || text.previous_works(format::until(words.locale, now.get(), until));
                        view! { <span class="cell-note">{told}</span> }
                    })}
            </td>
            <td class="cell-end"><LastUsed at=robot.last_used_at from=robot.last_used_from.clone() /></td>
            {scene
                .may_change
                .then(|| {
                    view! {
                        <td class="cell-actions">
                            <Menu label=words.common.more_actions() small=true>
                                <MenuLink icon=Glyph::Pencil href=edit>{text.edit()}</MenuLink>
                                <MenuLink icon=Glyph::Refresh stay=true href=rotate>{text.rotate()}</MenuLink>
                                <hr />
                                {if disabled {
                                    view! {
                                        <MenuLink icon=Glyph::CircleCheck stay=true href=turn>{text.enable()}</MenuLink>
                                    }
                                    .into_any()
                                } else {
                                    view! { <MenuLink icon=Glyph::Minus stay=true href=turn>{text.disable()}</MenuLink> }.into_any()
                                }}
                                <MenuLink icon=Glyph::Trash danger=true stay=true href=delete>{text.delete()}</MenuLink>
                            </Menu>
                        </td>
                    }
                })}
        </tr>
    }
}

/// How a robot or token stands, in a word.
#[component]
pub fn StateBadge(state: CredentialState) -> impl IntoView {
    let text = use_words().robots;
    let tone = match state {
        CredentialState::Active => Tone::Neutral,
        CredentialState::ExpiresSoon | CredentialState::Disabled => Tone::Warning,
        CredentialState::Expired => Tone::Danger,
    };
    view! { <Badge tone>{text.stands(state)}</Badge> }
}

/// When something ends: a day, or how long it is until then.
#[component]
pub fn Ends(at: Option<OffsetDateTime>, state: CredentialState) -> impl IntoView {
    let words = use_words();
    let now = use_now();
    let told = move || match at {
        None => words.common.never().to_owned(),
        Some(at) if state == CredentialState::ExpiresSoon => format::until(words.locale, now.get(), at),
        Some(at) => format::full_day(words.locale, at.date()),
    };
    view! {
        <span class="cell-label narrow-only">{words.robots.expires()}</span>
        <time
            class=if at.is_some() { "nowrap" } else { "quiet" }
            datetime=at.map(format::machine)
            title=at.map(|at| format::moment(words.locale, at))
        >
            {told}
        </time>
    }
}

/// When and from where something was last used.
#[component]
pub fn LastUsed(at: Option<OffsetDateTime>, from: Option<String>) -> impl IntoView {
    let words = use_words();
    view! {
        <span class="cell-label narrow-only">{words.robots.used()}</span>
        {match at {
            None => view! { <span class="quiet">{words.common.never()}</span> }.into_any(),
            Some(at) => view! {
                <Ago at in_sentence=true />
                {from.map(|from| view! { <span class="cell-note mono">{from}</span> })}
            }
            .into_any(),
        }}
    }
}

/// What a robot may, in words; and where, if it is one of the system. One that was made through the API may have something
/// else in each project.
#[component]
fn MayText(access: Vec<RobotAccess>, of_system: bool) -> impl IntoView {
    let text = use_words().robots;
    if access.is_empty() {
        return view! { <span class="quiet">{text.in_none()}</span> }.into_any();
    }
    let mut groups: Vec<(Vec<Word>, Vec<Option<String>>)> = Vec::new();
    for RobotAccess { project, may, .. } in access {
        match groups.iter_mut().find(|(same, _)| *same == may) {
            Some((_, projects)) => projects.push(project),
            None => groups.push((may, vec![project])),
        }
    }
    groups
        .into_iter()
        .map(|(may, projects)| {
            let may = summary(text, &may);
            let places = match projects.into_iter().collect::<Option<Vec<String>>>() {
                Some(names) => text.in_some(names.join(", ")),
                None => text.in_all().to_owned(),
            };
            view! {
                <span class="cell-part">
                    {may} {of_system.then(|| view! { <span class="cell-note">{places}</span> })}
                </span>
            }
        })
        .collect_view()
        .into_any()
}
