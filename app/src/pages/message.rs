//! Pages that are nothing but a message.

use crate::components::Failure;
use api_types::{Problem, ProblemKind};
use leptos::prelude::*;

/// There is no such page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! { <Failure problem=Problem::new(ProblemKind::NotFound, "page_not_found", "This page does not exist.") /> }
}
