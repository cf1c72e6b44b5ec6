//! `/account/password`: a new password.

use crate::{
    boot::{use_boot, use_words},
    components::{Notice, NoticeTone, Rich},
    pages::password::PasswordForm,
    routes,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn AccountPasswordPage() -> impl IntoView {
    let words = use_words();
    let changed = use_query_map().with_untracked(|query| query.get("saved").is_some());
    let username = use_boot().viewer.as_ref().map(|viewer| viewer.username.clone()).unwrap_or_default();
    let next = routes::saved(routes::ACCOUNT_PASSWORD).to_string();
    view! {
        <div class="stack form-page settings">
            {changed.then(|| view! { <Notice tone=NoticeTone::Success title=words.password.changed() /> })}
            <section class="card card-split">
                <p class="second card-lead">{words.password.save_means_text_here()} " " <Rich text=words.password.elsewhere_text() /></p>
                <PasswordForm username next />
            </section>
        </div>
    }
}
