//! `/admin/…`: what administrators do for everybody.

pub mod settings;
pub mod system;
pub mod users;

pub use settings::SettingsPage;
pub use system::SystemPage;
pub use users::UsersPage;

use crate::{boot::use_boot, components::Failure};
use api_types::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_router::components::Outlet;

/// Keeps these pages from everybody else, who would find nothing on them: the services decide for themselves.
#[component]
pub fn Administration() -> impl IntoView {
    if use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin) {
        return view! { <Outlet /> }.into_any();
    }
    let message = "only a system administrator may do this";
    view! { <Failure problem=Problem::new(ProblemKind::Forbidden, "administrators_only", message) /> }.into_any()
}
