//! The way around: pages, the viewer's projects, the server's state.

use super::use_projects_changed;
use crate::{
    boot::{Reached, use_boot, use_words},
    components::{Glyph, Icon, WaitForIt},
    pages::projects::list_projects,
    routes,
};
use api_types::ListQuery;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The sidebar's id: on a phone it is a popover that a button opens.
pub const SIDEBAR_ID: &str = "sidebar";

/// How many of the viewer's projects are listed.
const PROJECTS: u32 = 6;

/// One entry.
#[component]
fn NavItem(
    href: &'static str,
    glyph: Glyph,
    label: &'static str,
    #[prop(into)] current: Signal<bool>,
) -> impl IntoView {
    view! {
        <li>
            <a class="nav-item" href=href aria-current=move || current.get().then_some("page")>
                <Icon glyph />
                {label}
            </a>
        </li>
    }
}

/// Pages for administrators: address, sign and name, in the order of the sidebar.
pub fn administration(words: crate::i18n::frame::Frame) -> impl Iterator<Item = (&'static str, Glyph, &'static str)> {
    [
        (routes::ADMIN_USERS, Glyph::Users, words.people()),
        (routes::ADMIN_ROBOTS, Glyph::Bot, words.robots()),
        (routes::ADMIN_LABELS, Glyph::Tag, words.labels()),
        (routes::SYSTEM, Glyph::Server, words.system()),
        (routes::ADMIN_SETTINGS, Glyph::Settings, words.settings()),
    ]
    .into_iter()
}

/// Pages that exist now; below them the viewer's projects.
#[component]
pub fn Sidebar() -> impl IntoView {
    let words = use_words().frame;
    let boot = use_boot();
    let healthy = boot.site.healthy;
    let Reached(reached) = expect_context();
    let path = use_location().pathname;
    let changed = use_projects_changed();
    let mine = Resource::new(
        move || changed.0.get(),
        |_| list_projects(ListQuery { limit: PROJECTS, ..ListQuery::default() }),
    );
    let in_project = move |name: &str| {
        path.with(|path| path.strip_prefix("/projects/").is_some_and(|rest| rest.split('/').next() == Some(name)))
    };
    view! {
        <nav class="sidebar" id=SIDEBAR_ID popover="auto" aria-label=words.main_menu()>
            <div class="sidebar-head">
                <a class="brand" href=routes::OVERVIEW>
                    <Icon glyph=Glyph::Mark class="icon-mark" />
                    "Slipway"
                </a>
                <button
                    type="button"
                    class="button button-ghost button-icon button-touch drawer-only"
                    popovertarget=SIDEBAR_ID
                    popovertargetaction="hide"
                    aria-label=words.close_menu()
                >
                    <Icon glyph=Glyph::X />
                </button>
            </div>
            <div class="sidebar-nav">
                <ul>
                    <NavItem
                        href=routes::OVERVIEW
                        glyph=Glyph::Home
                        label=words.overview()
                        current=Signal::derive(move || path.with(|path| path == routes::OVERVIEW))
                    />
                    <NavItem
                        href=routes::PROJECTS
                        glyph=Glyph::Box
                        label=words.projects()
                        current=Signal::derive(move || path.with(|path| path.starts_with(routes::PROJECTS)))
                    />
                    <NavItem
                        href=routes::ACTIVITY
                        glyph=Glyph::Activity
                        label=words.activity()
                        current=Signal::derive(move || path.with(|path| path == routes::ACTIVITY))
                    />
                </ul>
                <WaitForIt
                    resource=mine
                    view=move |page| {
                        if page.items.is_empty() {
                            return ().into_any();
                        }
                        view! {
                            <h2 id="my-projects">{words.my_projects()}</h2>
                            <ul aria-labelledby="my-projects">
                                {page
                                    .items
                                    .into_iter()
                                    .map(|project| {
                                        let name = project.name.clone();
                                        let initial: String = name.chars().take(1).collect();
                                        view! {
                                            <li>
                                                <a
                                                    class="nav-item"
                                                    href=routes::project(&name).to_string()
                                                    aria-current=move || in_project(&name).then_some("true")
                                                >
                                                    <span class="nav-initial" aria-hidden="true">{initial}</span>
                                                    <span class="truncate">{project.name}</span>
                                                </a>
                                            </li>
                                        }
                                    })
                                    .collect_view()}
                            </ul>
                        }
                        .into_any()
                    }
                />
                {boot
                    .viewer
                    .as_ref()
                    .is_some_and(|viewer| viewer.is_admin)
                    .then(|| {
                        view! {
                            <h2 id="administration">{words.administration()}</h2>
                            <ul aria-labelledby="administration">
                                {administration(words)
                                    .map(|(href, glyph, label)| {
                                        let current = Signal::derive(move || path.with(|path| path.starts_with(href)));
                                        view! { <NavItem href glyph label current /> }
                                    })
                                    .collect_view()}
                            </ul>
                        }
                    })}
            </div>
            <footer class="sidebar-foot">
                <p class="health" class:health-bad=move || !(healthy && reached.get())>
                    {move || match (reached.get(), healthy) {
                        (false, _) => words.unreached(),
                        (true, true) => words.healthy(),
                        (true, false) => words.unhealthy(),
                    }}
                </p>
                <p title=boot.site.url.clone()>{boot.site.host.clone()}</p>
                <p>{words.version(&boot.site.version)}</p>
            </footer>
        </nav>
    }
}
