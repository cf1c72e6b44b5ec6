//! The console: pages, components and server functions, compiled twice — rendering on the server (`ssr`), taking over in the browser
//! (`hydrate`).
//!
//! * `pages` own resources and actions and compose `components`, which take plain values and fetch nothing.
//! * `frame` is what stands around every page of a person who is signed in.
//! * `i18n` has every word, in every language, and how numbers, sizes and times are written.
//! * `routes` builds and reads every address.
//! * `ssr` is the only other place that knows on which side it runs.
//!
//! To add a page: an address in [`routes`], a module in [`pages`], its words in [`i18n`], a `<Route>` in [`App`], what is opened of it in
//! `server/tests/it/pages/authz_matrix.rs`.

#![recursion_limit = "256"]
#![allow(
    missing_docs,
    reason = "the macro of server functions makes public structs of their arguments, which the functions' docs speak of"
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::option_option,
    clippy::too_many_arguments,
    clippy::unused_async,
    reason = "components own their properties, some of which may be left out though they are optional by themselves, and are as long as their \
              markup; server functions have an argument for each field of their form, and are asynchronous on one side"
)]
#![allow(
    clippy::new_ret_no_self,
    clippy::wrong_self_convention,
    reason = "the catalogue's words are named as they read"
)]

pub mod boot;
pub mod browser;
pub mod components;
pub mod error;
pub mod frame;
pub mod i18n;
pub mod pages;
pub mod preferences;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod ssr;
pub mod typing;

pub use error::{Answer, AppError};
#[cfg(feature = "ssr")]
pub use ssr::shell;

use api_types::ProblemKind;
use boot::Boot;
use components::toast::Toasts;
use frame::Frame;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};
use pages::{
    account::{Account, AccountPasswordPage, AppearancePage, DevicesPage, ProfilePage},
    activity::ActivityPage,
    admin::{Administration, SettingsPage, SystemPage, UsersPage},
    invitation::InvitationPage,
    labels::LabelsPage,
    login::LoginPage,
    message::NotFoundPage,
    new_project::NewProjectPage,
    overview::OverviewPage,
    password::PasswordPage,
    place::PlacePage,
    project::ProjectPage,
    projects::ProjectsPage,
    register::RegisterPage,
    robots::SystemRobotsPage,
    search::SearchPage,
    tokens::TokensPage,
};

/// The whole console.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = SharedValue::new(initial_boot).into_inner();
    boot::provide(boot);
    components::toast::provide();
    let is_routing = RwSignal::new(false);
    browser::mind_menus();

    view! {
        <Title formatter=|title: String| if title.is_empty() { "Slipway".to_owned() } else { format!("{title} · Slipway") } />
        <Router set_is_routing=is_routing>
            <Show when=move || is_routing.get()>
                <div class="route-progress" aria-hidden="true"></div>
            </Show>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/password") view=PasswordPage ssr=SsrMode::Async />
                <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async />
                <Route path=path!("/invitation") view=InvitationPage ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                    <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async />
                    <Route path=path!("/activity") view=ActivityPage ssr=SsrMode::Async />
                    <Route path=path!("/projects") view=ProjectsPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/new") view=NewProjectPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:project") view=ProjectPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:project/*rest") view=PlacePage ssr=SsrMode::Async />
                    <ParentRoute path=path!("/account") view=Account ssr=SsrMode::Async>
                        <Route path=path!("") view=ProfilePage ssr=SsrMode::Async />
                        <Route path=path!("/password") view=AccountPasswordPage ssr=SsrMode::Async />
                        <Route path=path!("/tokens") view=TokensPage ssr=SsrMode::Async />
                        <Route path=path!("/devices") view=DevicesPage ssr=SsrMode::Async />
                        <Route path=path!("/appearance") view=AppearancePage ssr=SsrMode::Async />
                    </ParentRoute>
                    <ParentRoute path=path!("/admin") view=Administration ssr=SsrMode::Async>
                        <Route path=path!("/users") view=UsersPage ssr=SsrMode::Async />
                        <Route path=path!("/robots") view=SystemRobotsPage ssr=SsrMode::Async />
                        <Route path=path!("/labels") view=LabelsPage ssr=SsrMode::Async />
                        <Route path=path!("/system") view=SystemPage ssr=SsrMode::Async />
                        <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async />
                    </ParentRoute>
                    <Route path=path!("/*any") view=NotFoundPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
        <Toasts />
    }
}

/// What the server knows when it starts to render; the browser reads it from the page.
fn initial_boot() -> Boot {
    #[cfg(feature = "ssr")]
    let boot = ssr::boot();
    #[cfg(not(feature = "ssr"))]
    let boot = Boot::default();
    boot
}

/// Leads to another page: in the browser at once, on the server by the answer's status.
#[component]
pub fn Elsewhere(
    /// Which one.
    path: String,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    ssr::set_found();
    view! { <Redirect path /> }
}

/// Has a call of a server function whose arguments were not understood answer so; does nothing in the browser.
fn refuse_arguments() {
    #[cfg(feature = "ssr")]
    ssr::set_bad_request();
}

/// Has the page answer with the status that fits a problem; does nothing in the browser.
pub fn answer_with(kind: ProblemKind) {
    #[cfg(feature = "ssr")]
    ssr::set_status(kind);
    #[cfg(not(feature = "ssr"))]
    let _ = kind;
}
