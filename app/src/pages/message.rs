//! Pages that are nothing but a message.

use crate::boot::use_words;
use crate::components::{Failure, PageTitle};
use api_types::{Problem, ProblemKind};
use leptos::prelude::*;

/// There is no such page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let words = use_words().problems;
    view! {
        <PageTitle title=words.not_found_title().to_owned() />
        <Failure problem=Problem::new(ProblemKind::NotFound, "page_not_found", "This page does not exist.") />
    }
}
