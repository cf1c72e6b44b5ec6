//! What stands around every page of a person who is signed in: sidebar, top bar, the drawer on a phone.

mod account;
mod destination;
mod palette;
mod sidebar;
mod topbar;

use crate::{boot::use_boot, boot::use_words, browser, routes};
pub use account::{LanguageButtons, LanguageForm, ThemeForm};
pub use destination::destinations;

use account::AccountMenu;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};
use palette::{Palette, PaletteOpen};
use sidebar::{SIDEBAR_ID, Sidebar};
use topbar::TopBar;

/// Says that the list of the viewer's projects is no longer true, so that the sidebar asks again.
#[derive(Clone, Copy, Debug)]
pub struct ProjectsChanged(RwSignal<u32>);

impl ProjectsChanged {
    /// A project was created, changed or deleted.
    pub fn notify(self) {
        self.0.update(|changes| *changes += 1);
    }
}

/// Whoever changes projects says so here.
///
/// # Panics
/// Outside of [`Frame`].
pub fn use_projects_changed() -> ProjectsChanged {
    expect_context()
}

/// Sidebar, top bar and the page. Whoever is not signed in goes to the sign-in page; whoever must choose a password, there.
/// The services decide for themselves what anybody may see.
#[component]
pub fn Frame() -> impl IntoView {
    let boot = use_boot();
    let location = use_location();
    let here = {
        let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
        if query.is_empty() { path } else { format!("{path}?{}", query.trim_start_matches('?')) }
    };
    match &boot.viewer {
        None => view! { <crate::Elsewhere path=routes::login(&here).to_string() /> }.into_any(),
        Some(viewer) if viewer.must_change_password => {
            view! { <crate::Elsewhere path=routes::password(&here).to_string() /> }.into_any()
        }
        Some(_) => view! { <Framed /> }.into_any(),
    }
}

#[component]
fn Framed() -> impl IntoView {
    let words = use_words().frame;
    provide_context(ProjectsChanged(RwSignal::new(0)));
    let path = use_location().pathname;
    // The drawer has done its work once a page was chosen.
    Effect::new(move |before: Option<()>| {
        path.track();
        if before.is_some() {
            browser::hide_popover(SIDEBAR_ID);
        }
    });
    let palette = PaletteOpen(RwSignal::new(false));
    view! {
        <a class="skip-link" href="#main" rel="external">{words.skip()}</a>
        <div class="frame">
            <Sidebar />
            <div class="work">
                <TopBar palette>
                    <AccountMenu />
                </TopBar>
                <main class="main" id="main" tabindex="-1">
                    <Outlet />
                </main>
            </div>
        </div>
        <Palette open=palette />
    }
}
