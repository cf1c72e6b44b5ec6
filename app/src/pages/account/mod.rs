//! `/account`: what a person does for themselves.

mod appearance;
mod devices;
mod password;
mod profile;

use crate::{
    boot::{use_boot, use_words},
    components::{PageHead, Tab, Tabs},
    routes,
};
pub use appearance::AppearancePage;
pub use devices::DevicesPage;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};
pub use password::AccountPasswordPage;
pub use profile::ProfilePage;

/// The head and the tabs around each of the pages.
#[component]
pub fn Account() -> impl IntoView {
    let words = use_words().account;
    let path = use_location().pathname;
    let viewer = use_boot().viewer.clone();
    let tabs = [
        (routes::ACCOUNT, words.profile()),
        (routes::ACCOUNT_PASSWORD, words.password()),
        (routes::ACCOUNT_TOKENS, use_words().frame.access_tokens()),
        (routes::ACCOUNT_DEVICES, words.devices()),
        (routes::ACCOUNT_APPEARANCE, words.appearance()),
    ];
    view! {
        <PageHead title=words.title()>
            {viewer.map(|viewer| view! { <p class="page-lead">{words.signed_in_as(&viewer.username)}</p> })}
        </PageHead>
        <Tabs label=words.tabs()>
            {move || {
                let path = path.get();
                tabs.map(|(href, name)| view! { <Tab name href=href current=path.trim_end_matches('/') == href /> })
                    .collect_view()
            }}
        </Tabs>
        <Outlet />
    }
}
