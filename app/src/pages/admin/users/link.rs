//! Showing a one-time link, once.

use crate::{
    boot::{use_boot, use_words},
    components::{CopyButton, Dialog, Notice, NoticeTone, Rich},
    i18n::format::moment,
};
use api_types::PasswordLink;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The link with what to do with it; the rest of a dialog.
#[component]
pub fn LinkShown(link: PasswordLink, close: Signal<String>) -> impl IntoView {
    let all = use_words();
    let words = all.users;
    view! {
        <div class="dialog-body form">
            <p><Rich text=words.link_text(&link.username) /></p>
            <div class="secret">
                <code class="secret-text">{link.address.clone()}</code>
                <CopyButton text=Signal::stored(link.address) />
            </div>
            <Notice tone=NoticeTone::Warning title=words.link_once() text=words.link_ends(moment(all.locale, link.expires_at)) />
        </div>
        <div class="dialog-foot">
            <a class="button button-primary" data-noscroll="" href=move || close.get()>{words.link_done()}</a>
        </div>
    }
}

/// The dialog with a link that a form without scripts has just made.
#[component]
pub fn LinkFromForm(close: Signal<String>) -> impl IntoView {
    let words = use_words().users;
    let link = use_boot().shown_once.as_ref().and_then(|text| serde_json::from_str::<PasswordLink>(text).ok());
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("once").is_some()));
    link.map(|link| {
        let title = words.link_title(&link.username);
        let link = StoredValue::new(link);
        view! {
            <Dialog title open close>
                {move || view! { <LinkShown link=link.get_value() close /> }}
            </Dialog>
        }
    })
}
